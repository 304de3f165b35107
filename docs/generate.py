"""Writes what is generated: .env.example, docs/commands.md and docs/providers.md.

Run it with `make docs`; a test says when it is needed.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from publisher import providers
from publisher.cli import cli

ROOT = Path(__file__).resolve().parents[1]
GENERAL = {
    "PUBLISHER_STORE": "Where the books are; default: .publisher/books.sqlite3",
    "PUBLISHER_OUTBOX": "Where the outbox writes; default: outbox/",
    "PUBLISHER_SECRET": "Signs links in letters; default: made once and kept",
}
HEAD = """\
# Copy this file to .env and fill in what you use. Secrets live only there.
# With nothing filled in, everything goes to the outbox on this machine.
# Every key also takes a file: PUBLISHER_SECRET_FILE=/run/secrets/publisher
# A second account has its name inside: MASTODON_WORK_TOKEN is channel mastodon:work.
"""


def env_example() -> str:
    """Return .env.example: every key that is read, with one line about it."""
    lines = [HEAD]
    lines += [f"# {text}\n#{key}=\n" for key, text in GENERAL.items()]
    for name, cls in providers.known().items():
        settings = providers.settings_of(cls, name)
        if not settings:
            continue
        lines.append(f"\n# --- {name}: {_first_line(cls)}\n")
        for one in settings:
            default = "" if one.required else f" (default: {one.default})"
            lines.append(f"# {one.doc or one.name}{default}\n#{one.key}=\n")
    return "".join(lines)


def providers_page() -> str:
    """Return docs/providers.md: a table of providers, their settings and limits."""
    lines = [
        "# Providers\n\n",
        "A channel is a provider, or a provider with an account (`mastodon:work`).\n\n",
        "| provider | takes | settings in `.env` | limit | a repeat is |\n",
        "|---|---|---|---|---|\n",
    ]
    for name, cls in providers.known().items():
        limits = cls.limits
        keys = ", ".join(f"`{one.key}`" for one in providers.settings_of(cls, name))
        length = f"{limits.length} {limits.unit}" if limits.length else "none"
        repeat = "harmless" if limits.remembers else "not known, so never made"
        takes = "emails, posts" if name == "outbox" else f"{cls.kind}s"
        lines.append(f"| {name} | {takes} | {keys or '-'} | {length} | {repeat} |\n")
    return "".join(lines)


def _first_line(cls: type[Any]) -> str:
    return (inspect.getdoc(cls) or "").splitlines()[0]


def commands_page() -> str:
    """Return docs/commands.md: the help of every verb, as it is printed."""
    lines = ["# Commands\n\n", "Generated from `publisher --help`; see `make docs`.\n"]
    for path, command in _walk(cli, "publisher"):
        context = click.Context(command, info_name=path, max_content_width=88)
        context.terminal_width = 88
        lines.append(f"\n## {path}\n\n```text\n{command.get_help(context)}\n```\n")
    return "".join(lines)


def _walk(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if not isinstance(command, click.Group):
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        below = command.get_command(context, name)
        if below is not None:
            yield from _walk(below, f"{path} {name}")


def pages() -> Mapping[Path, str]:
    """Return every generated file with its text."""
    return {
        ROOT / ".env.example": env_example(),
        ROOT / "docs" / "commands.md": commands_page(),
        ROOT / "docs" / "providers.md": providers_page(),
    }


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path.relative_to(ROOT)}")
