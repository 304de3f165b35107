"""`publisher new`: begin an article or a schedule."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher import files
from publisher.cli.output import in_project, open_project, say
from publisher.errors import ConfigError
from publisher.text import slugify

if TYPE_CHECKING:
    from publisher.project import Project

SCHEDULE = """\
# A campaign: what is sent to whom, and when. See docs/schedules.md.
when: Fri 08:00
timezone: {timezone}
articles: {{since: last issue, at_least: 1, at_most: 12}}
email: {{template: digest, list: {list}}}
"""


@click.group(epilog='Example: publisher new article "A title" --tags sea,craft')
def command() -> None:
    """Begin an article or a schedule."""


@command.command(epilog='Example: publisher new article "A title" --tags sea,craft')
@click.argument("title")
@click.option("--tags", metavar="TAGS", default="", help="Tags, with commas between.")
@in_project
def article(title: str, tags: str, folder: str | None) -> None:
    """Begin an article in Markdown, as a draft."""
    if not title.strip():
        raise click.UsageError("An article needs a title.")
    project = open_project(folder)
    path = _articles_folder(project) / f"{slugify(title)}.md"
    listed = ", ".join(tag.strip() for tag in tags.split(",") if tag.strip())
    _begin(
        path,
        f"---\ntitle: {_quoted(title)}\ndate: {project.clock():%Y-%m-%d}\n"
        f"tags: [{listed}]\ndraft: true\n---\n\n",
    )


@command.command(epilog="Example: publisher new schedule monthly-letter")
@click.argument("name")
@click.option(
    "--list", "list_", metavar="NAME", default="", help="Who gets it; else the first."
)
@in_project
def schedule(name: str, list_: str, folder: str | None) -> None:
    """Begin a campaign: a digest every Friday, to be changed by hand."""
    from publisher.schedule import NAME

    has_letters = any(one.isalnum() for one in name)
    if not has_letters or not NAME.fullmatch(slugify(name)):
        raise click.UsageError("A schedule's name has letters a-z, digits and dashes.")
    project = open_project(folder)
    list_ = list_ or next(iter(project.settings.lists), "weekly")
    project.refuse_list(list_)
    timezone = project.settings.site.timezone
    path = project.root / "schedules" / f"{slugify(name)}.yaml"
    _begin(path, SCHEDULE.format(timezone=timezone, list=list_))


def _articles_folder(project: Project) -> Path:
    for place in project.settings.articles:
        if (project.root / place).is_dir():
            return project.root / place
    return project.root / "articles"


def _quoted(text: str) -> str:
    """Return the text as a YAML string, whatever is in it."""
    import json

    return json.dumps(text, ensure_ascii=False)


def _begin(path: Path, text: str) -> None:
    if path.exists():
        raise ConfigError("exists already", where=str(path), hint="Try: another name")
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write(path, text)
    say(f"made {path}")
