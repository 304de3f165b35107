"""How the books write a time: text, in UTC, of one width, so that it sorts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def written(moment: datetime) -> str:
    """Write an aware time.

    >>> from datetime import timezone, timedelta
    >>> written(datetime(2026, 1, 2, 9, 0, tzinfo=timezone(timedelta(hours=1))))
    '2026-01-02T08:00:00.000000+00:00'
    """
    if moment.tzinfo is None:
        raise ValueError("a time without a zone cannot be written into the books")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def read(text: str) -> datetime:
    """Read back what `written` wrote.

    >>> read(written(datetime(2026, 1, 2, tzinfo=UTC)))
    datetime.datetime(2026, 1, 2, 0, 0, tzinfo=datetime.timezone.utc)
    """
    return datetime.fromisoformat(text)


def stamp(moment: datetime) -> int:
    """Write an aware time as microseconds since 1970, where it stands in many rows.

    >>> moment(stamp(datetime(2026, 1, 2, tzinfo=UTC)))
    datetime.datetime(2026, 1, 2, 0, 0, tzinfo=datetime.timezone.utc)
    """
    if moment.tzinfo is None:
        raise ValueError("a time without a zone cannot be written into the books")
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment(stamp: int) -> datetime:
    """Read back what `stamp` wrote."""
    return _EPOCH + timedelta(microseconds=stamp)
