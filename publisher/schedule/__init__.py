"""Schedules: the files of schedules/ become campaigns, and campaigns have times."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from publisher import files, strict
from publisher.errors import ConfigError, SourceError
from publisher.models import Campaign, Json
from publisher.schedule.sequence import since, subscribed_by, turn
from publisher.schedule.timing import Action, Due, due, in_words, next_runs, runs
from publisher.strict.spans import duration

if TYPE_CHECKING:
    from publisher.schedule.model import ScheduleFile

__all__ = [
    "Action",
    "Due",
    "campaigns",
    "due",
    "duration",
    "in_words",
    "next_runs",
    "read",
    "run_forever",
    "runs",
    "schedule_schema",
    "since",
    "subscribed_by",
    "turn",
]

NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
SUFFIXES = {".yaml", ".yml"}


def campaigns(
    folder: Path,
    *,
    timezone: str = "UTC",
    lists: Sequence[str] = (),
    providers: Sequence[str] = (),
) -> tuple[list[Campaign], list[ConfigError]]:
    """Read every schedule of a folder, by name, and everything that is wrong in it.

    `timezone` is the site's, for files that name none; `lists` and `providers` are what
    a file may name, where they are given. A file with an error gives no campaign; the
    others still do.
    """
    found: dict[str, Campaign] = {}
    errors: list[ConfigError] = []
    known = {"list": lists, "provider": providers}
    for path in _paths(folder):
        campaign, wrong = _examine(path, timezone, f"{folder.name}/{path.name}", known)
        if campaign and campaign.name in found:
            wrong = [_twice(campaign, found[campaign.name])]
        elif campaign:
            found[campaign.name] = campaign
        errors += wrong
    return list(found.values()), errors


def read(path: Path, *, timezone: str = "UTC", where: str = "") -> Campaign:
    """Read one schedule file, or raise what is wrong with it first."""
    campaign, errors = _examine(path, timezone, where or str(path))
    if campaign:
        return campaign
    raise errors[0]


def schedule_schema() -> Json:
    """Return the JSON Schema of a schedule file, for editors."""
    from publisher.schedule.model import ScheduleFile

    return strict.schema(ScheduleFile, title="A schedule of publisher")


def run_forever(
    campaigns: Callable[[], Iterable[Campaign]],
    tick: Callable[[Campaign], datetime | None],
    *,
    stop: Callable[[], bool],
    reload_seconds: float = 5.0,
) -> None:
    """Call `tick` at each time of each campaign until `stop` says so; see `clock`."""
    from publisher.schedule import clock

    clock.run_forever(campaigns, tick, stop=stop, reload_seconds=reload_seconds)


def _paths(folder: Path) -> Sequence[Path]:
    if not folder.is_dir():
        return []
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix in SUFFIXES and not path.name.startswith(".")
    )


def _examine(
    path: Path,
    timezone: str,
    where: str,
    known: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> tuple[Campaign | None, list[ConfigError]]:
    from publisher.schedule.model import ScheduleFile

    try:
        _check_name(path.stem, where)
        text = files.read_text(path, where=where)
    except ConfigError as error:
        return None, [error]
    except SourceError as error:
        wrong = ConfigError(error.message, where=error.where, hint=error.hint)
        return None, [wrong]
    found, errors = strict.examine(ScheduleFile, text, where=where)
    if found is None:
        return None, errors
    strange = list(_strange(found, text, where, known))
    if strange:
        return None, strange
    return found.noun(name=path.stem, timezone=timezone, source=where), []


def _strange(
    found: ScheduleFile, text: str, where: str, known: Mapping[str, Sequence[str]]
) -> Iterator[ConfigError]:
    """Complain of each list and provider that a schedule names and nobody knows."""
    from publisher.text import suggest

    for kind, name, path in _named(found):
        names = known.get(kind, ())
        if not names or name in names:
            continue
        close = suggest(name, names)
        yield ConfigError(
            f'there is no {kind} "{name}"',
            where=strict.locate(text, path, where=where),
            hint=f"Did you mean {close}?" if close else f"Try: {', '.join(names)}",
        )


def _named(found: ScheduleFile) -> Iterator[tuple[str, str, tuple[str | int, ...]]]:
    """Give each list and provider that the file names, with its place in it."""
    if found.email:
        yield "list", found.email.list, ("email", "list")
        for channel, _ in found.email.through:
            yield "provider", channel.split(":")[0], ("email", "through")
    for row, post in enumerate(found.posts):
        for column, channel in enumerate(post.through):
            yield "provider", channel.split(":")[0], ("posts", row, "through", column)


def _check_name(name: str, where: str) -> None:
    """Refuse names that could not stand in an issue's name: "weekly/7"."""
    if NAME.fullmatch(name):
        return
    better = re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-_") or "weekly"
    raise ConfigError(
        "a schedule's file name has small letters, digits and dashes",
        where=where,
        hint=f"Try: rename it to {better}.yaml",
    )


def _twice(campaign: Campaign, first: Campaign) -> ConfigError:
    return ConfigError(
        f"there is a schedule {campaign.name} already, in {first.source}",
        where=campaign.source,
        hint="Try: rename one of them",
    )
