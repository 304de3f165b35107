"""Cron's five fields, with weekdays by name only."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from publisher.schedule.rhythm import Rhythm

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FIELDS = (
    ("minute", 0, 59),
    ("hour", 0, 23),
    ("day of the month", 1, 31),
    ("month", 1, 12),
)
MONTHS = (
    *("jan", "feb", "mar", "apr", "may", "jun"),
    *("jul", "aug", "sep", "oct", "nov", "dec"),
)
SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)
FORM = 'Try: "0 8 * * fri" (minute hour day month weekday)'


class Misread(Exception):  # noqa: N818  becomes a ConfigError with its place
    """What cannot be read of a phrase, at which character, and what to write."""

    def __init__(self, message: str, *, hint: str, offset: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.offset = offset


def read_cron(text: str) -> Rhythm:
    """Read a cron line, or raise `Misread` at the field that is wrong."""
    from cronsim import CronSim

    fields = list(re.finditer(r"\S+", text.lower()))
    if len(fields) != len(FIELDS) + 1:
        raise Misread(f"a cron line has five fields, not {len(fields)}", hint=FORM)
    for field, (name, low, high) in zip(fields, FIELDS, strict=False):
        _check_field(field, name, low, high)
    weekdays = _weekdays(fields[-1])
    cron = " ".join([*(field.group() for field in fields[:-1]), weekdays])
    try:
        explained = CronSim(cron, SOME_DAY).explain()
        next(CronSim(cron, SOME_DAY))
    except StopIteration:
        raise Misread("this day never comes", hint=FORM) from None
    except Exception as error:  # noqa: BLE001  CronSim's own error and its slips
        raise Misread(f"is not a cron line: {error}", hint=FORM) from None
    return Rhythm(explained[0].lower() + explained[1:], (cron,))


def _check_field(field: re.Match[str], name: str, low: int, high: int) -> None:
    for term in re.finditer(r"[^,]+", field.group()):
        offset = field.start() + term.start()
        span, slash, step = term.group().partition("/")
        if slash and not (step.isdecimal() and int(step) > 0):
            raise Misread(f'"/{step}" is not a step', hint="Try: */15", offset=offset)
        if span == "*" or (name.startswith("day") and span in {"l", "lw"}):
            continue
        ends = [_number(end, name) for end in span.split("-")]
        if len(ends) > 2 or any(end is None or not low <= end <= high for end in ends):  # noqa: PLR2004
            article = "an" if name == "hour" else "a"
            message = f'"{span}" is not {article} {name}'
            raise Misread(message, hint=f"Try: {low} to {high}", offset=offset)


def _number(text: str, name: str) -> int | None:
    if name == "month" and text in MONTHS:
        return MONTHS.index(text) + 1
    return int(text) if text.isdecimal() and text.isascii() else None


def _weekdays(field: re.Match[str]) -> str:
    """Return the weekday field spelled out, without ranges."""
    if field.group() in {"*", "?"}:
        return "*"
    days: list[str] = []
    for term in re.finditer(r"[^,]+", field.group()):
        offset = field.start() + term.start()
        days += _days(term.group(), offset)
    return ",".join(dict.fromkeys(days))


def _days(term: str, offset: int) -> list[str]:
    name, hash_, nth = term.partition("#")
    if hash_ and name in WEEKDAYS and nth in {"1", "2", "3", "4", "5"}:
        return [term]
    ends = term.split("-")
    if all(end in WEEKDAYS for end in ends) and len(ends) <= 2:  # noqa: PLR2004
        first, last = (WEEKDAYS.index(end) for end in (ends[0], ends[-1]))
        # A week is round: "sat-mon" is three days.
        count = (last - first) % 7 + 1
        return [WEEKDAYS[(first + step) % 7] for step in range(count)]
    if re.search(r"\d", term):
        # Names only: to some schedulers weekday 1 is Tuesday, to cron it is Monday.
        raise Misread(
            f'the weekday "{term}" must be a name: some programs count from Sunday, '
            "some from Monday",
            hint=f"Try: {_named(term)}",
            offset=offset,
        )
    raise Misread(f'"{term}" is not a weekday', hint="Try: mon-fri", offset=offset)


def _named(term: str) -> str:
    """Return what cron itself would read: 0 and 7 are Sunday.

    >>> _named("1-5"), _named("7")
    ('mon-fri', 'sun')
    """
    return re.sub(r"[0-7]", lambda day: WEEKDAYS[(int(day.group()) - 1) % 7], term)
