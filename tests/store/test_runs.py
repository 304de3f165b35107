from __future__ import annotations

from datetime import datetime, timedelta

from publisher.store import Books, Run, open_books


def test_a_run_is_taken_once_by_whoever_is_first(
    books: Books, url: str, now: datetime
) -> None:
    with open_books(url) as others:
        assert books.runs.start("weekly", now, now=now)
        assert not others.runs.start("weekly", now, now=now)
        assert others.runs.start("weekly", now + timedelta(days=7), now=now)
        assert others.runs.start("monthly", now, now=now)


def test_the_last_run_is_the_newest_scheduled_time(books: Books, now: datetime) -> None:
    assert books.runs.last("weekly") is None
    for days in (7, 0):
        books.runs.start("weekly", now + timedelta(days=days), now=now)
    assert books.runs.last("weekly") == now + timedelta(days=7)


def test_how_a_run_ended_is_written_down(books: Books, now: datetime) -> None:
    later = now + timedelta(minutes=3)
    books.runs.start("weekly", now, now=now)
    books.runs.start("weekly", later, now=later)
    books.runs.finish("weekly", now, result="sent 3", issue="weekly/1", now=later)
    cut, ended = books.runs.list("weekly")
    assert cut.finished_at is None
    assert ended == Run(
        schedule="weekly",
        scheduled_at=now,
        started_at=now,
        finished_at=later,
        result="sent 3",
        issue="weekly/1",
    )
    assert books.runs.list("monthly") == []
    assert books.runs.list(limit=1) == [cut]
