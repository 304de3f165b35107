"""Pauses: a reader stays on their lists, and gets nothing until a day."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from publisher.errors import ConfigError

if TYPE_CHECKING:
    from publisher.models import Consent
    from publisher.project.folder import Folder

LONGEST = timedelta(days=366)


def month_after(day: date) -> date:
    """Return the same day of the next month, or that month's last.

    >>> month_after(date(2026, 1, 31)), month_after(date(2026, 12, 5))
    (datetime.date(2026, 2, 28), datetime.date(2027, 1, 5))
    """
    first = (day.replace(day=1) + timedelta(days=31)).replace(day=1)
    return first.replace(day=min(day.day, monthrange(first.year, first.month)[1]))


def day_of(text: str) -> date:
    """Read `2026-12-31`; raise `ConfigError` where it is no day."""
    try:
        return datetime.strptime(text.strip(), "%Y-%m-%d").date()  # noqa: DTZ007
    except ValueError:
        raise ConfigError("this is no day", hint="Try: 2026-12-31") from None


def today(folder: Folder) -> date:
    """Return the day by the site's clock: pauses end when it is another there."""
    return folder.local_now().date()


def pause(folder: Folder, address: str, until: date, *, said: Consent) -> None:
    """Send a reader nothing before that day begins, and let go on what went on.

    Raises `ConfigError` where nobody has the address, or the day is not one of the
    year to come.
    """
    first = today(folder)
    if not first < until <= first + LONGEST:
        month = month_after(first)
        raise ConfigError("the day must be in the year to come", hint=f"Try: {month}")
    end = datetime.combine(until, time(), tzinfo=folder.zone)
    if not folder.books.pauses.pause(address, until=end, said=said):
        raise ConfigError(
            "nobody has this address", hint="Try: publisher subscribers list"
        )


def end_of(folder: Folder, address: str) -> date | None:
    """Return the day on which a reader's pause is over; None where they are in none."""
    end = folder.books.pauses.until(address, now=folder.clock())
    return end.astimezone(folder.zone).date() if end else None
