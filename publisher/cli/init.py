"""`publisher init`: make a new publisher folder with samples."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import click

from publisher import files
from publisher.cli.output import plural, say
from publisher.errors import ConfigError

SAMPLES = ("publisher.yaml", "subscribers.csv", ".env.example", "articles", "schedules")
IGNORED = ".env\n.publisher/\noutbox/\n"
OWN_TEMPLATES = """\
Your own templates go here and win over the shipped ones: email/digest.html.j2,
email/letter.html.j2 (each with its .txt.j2), social/announcement.txt.j2.
"""


@click.command(epilog="Example: publisher init letters && cd letters")
@click.argument("folder", default=".", metavar="[DIR]")
def command(folder: str) -> None:
    """Make a new publisher folder with sample articles and schedules."""
    root = Path(folder)
    if (root / "publisher.yaml").exists():
        raise ConfigError(
            "there is a publisher folder already",
            where=str(root / "publisher.yaml"),
            hint="Try: publisher doctor",
        )
    root.mkdir(parents=True, exist_ok=True)
    made = [name for name in SAMPLES if _copy(name, root)]
    _write(root / ".gitignore", IGNORED)
    _write(root / "templates" / "README.txt", OWN_TEMPLATES)
    say(f"made {root}/ with {', '.join(made)}")
    articles = list((root / "articles").iterdir())
    say(
        f"{plural(len(articles), 'sample article')}; nothing can leave this machine yet"
    )
    here = "" if folder == "." else f"cd {shlex.quote(folder)} && "
    say(f"Try: {here}publisher preview")


def _copy(name: str, root: Path) -> bool:
    """Copy a shipped file or folder, unless the owner has one of that name."""
    source, target = files.shipped(name), root / name
    if target.exists():
        return False
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copyfile(source, target)
    return True


def _write(path: Path, text: str) -> None:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write(path, text)
