"""Writes what is generated: .env.example, docs/commands.md and docs/providers.md.

Run it with `make docs`; a test says when it is needed.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from publisher import providers
from publisher.cli import cli
from publisher.config.returns import KEYS, PREFIX
from publisher.models import Limits

ROOT = Path(__file__).resolve().parents[1]
GENERAL = {
    "PUBLISHER_STORE": "Where the books are; default: .publisher/books.sqlite3",
    "PUBLISHER_OUTBOX": "Where the outbox writes; default: outbox/",
    "PUBLISHER_SECRET": "Signs links in letters; default: made once and kept",
    "PUBLISHER_RESOLVER": "Which DNS resolver doctor asks, 127.0.0.1:5353; default: "
    "this machine's",
}
HEAD = """\
# Copy this file to .env and fill in what you use. Secrets live only there.
# With nothing filled in, everything goes to the outbox on this machine.
# Every key also takes a file: PUBLISHER_SECRET_FILE=/run/secrets/publisher
# A second account has its name inside: MASTODON_WORK_TOKEN is channel mastodon:work.
# What each provider does: docs/channels.md and docs/providers.md

"""
PROVIDERS = """\
# Providers

A channel is a provider, or a provider with an account (`mastodon:work`). Fill in its
settings in `.env` and name it after `through`. A provider of your own is a class of a
few lines: see [Channels](channels.md#your-own-provider).

*In one call* is how many messages it takes at once. The last column says whether a
message may be sent again after an answer that never came, without being doubled. Where
it may not, the delivery is *uncertain* until you or a later word of it decide.

| provider | takes | settings in `.env` | length | in one call | sent again |
|---|---|---|---|---|---|
"""


def env_example() -> str:
    """Return .env.example: every key that is read, with one line about it."""
    lines = [HEAD]
    lines += [f"# {text}\n#{key}=\n" for key, text in GENERAL.items()]
    lines.append("\n# --- bounces: Reads what mail servers send back.\n")
    lines += [f"# {text}\n#{PREFIX}{key}=\n" for key, text in KEYS.items()]
    for name, cls in providers.known().items():
        settings = providers.settings_of(cls, name)
        if not settings:
            continue
        lines.append(f"\n# --- {name}: {_first_line(cls)}\n")
        for one in settings:
            default = _default(one)
            lines.append(f"# {one.doc or one.name}{default}\n#{one.key}=\n")
    return "".join(lines)


def _default(setting: providers.Setting) -> str:
    """Return what stands where nothing is filled in; emptiness needs no word."""
    if setting.required or not f"{setting.default}":
        return ""
    return f" (default: {setting.default})"


def providers_page() -> str:
    """Return docs/providers.md: a table of providers, their settings and limits."""
    lines = [PROVIDERS]
    for name, cls in providers.known().items():
        limits = cls.limits
        keys = ", ".join(f"`{one.key}`" for one in providers.settings_of(cls, name))
        takes = "emails, posts" if name == "outbox" else f"{cls.kind}s"
        cells = (
            name,
            takes,
            keys or "none",
            _length(limits),
            f"{limits.batch}",
            _again(cls),
        )
        lines.append(f"| {' | '.join(cells)} |\n")
    return "".join(lines)


def _length(limits: Limits) -> str:
    """Return how long a post may be, and in what that is counted."""
    if not limits.length:
        return "any"
    unit = "characters" if limits.unit == "mastodon" else limits.unit
    link = f", a link is {limits.link}" if limits.link else ""
    return f"{limits.length} {unit}{link}"


def _again(cls: type[Any]) -> str:
    """Return in words for how long a repeat is no second message."""
    remembers = cls.limits.remembers
    if remembers == timedelta.max:
        return "always"
    if remembers:
        hours = remembers / timedelta(hours=1)
        return f"for {hours:.0f} h" if hours >= 1 else f"for {hours * 60:.0f} min"
    return "after asking it" if hasattr(cls, "find") else "no"


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
