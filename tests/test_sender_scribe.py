"""The scribe: what is known is written down, however long that takes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

import pytest

from publisher.errors import Blocked
from publisher.models import Outcome, State
from publisher.sender.scribe import HURRY, PATIENCE, Scribe
from publisher.sender.waiting import Halt

if TYPE_CHECKING:
    from publisher.store import Ledger

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
DONE = [Outcome(key="w/1/x/1", state=State.ACCEPTED, receipt="1")]
FULL = Blocked("the disk is full", where="books.sqlite3", hint="Try: free some space")


@dataclass
class Books:
    """A ledger that can be written after so many tries."""

    failures: int = 0
    tries: int = 0
    written: list[Outcome] = field(default_factory=list)

    def settle(self, outcomes: list[Outcome], *, now: datetime) -> None:
        self._try()
        self.written += outcomes

    def release(self, keys: list[str]) -> None:
        self._try()

    def claim(self, *_: object, settled: list[Outcome], **_more: object) -> list[str]:
        self._try()
        self.written += settled
        return ["row"]

    def _try(self) -> None:
        self.tries += 1
        if self.tries <= self.failures:
            raise FULL


@dataclass
class Desk:
    books: Books
    slept: float = 0.0
    stop: Callable[[], bool] = lambda: False
    is_at_ease: bool = False

    def __post_init__(self) -> None:
        self.scribe = Scribe(
            ledger=cast("Ledger", self.books),
            sleep=self._sleep,
            stop=self.stop,
            is_at_ease=self.is_at_ease,
        )

    def _sleep(self, seconds: float) -> None:
        self.slept += seconds


def test_a_receipt_is_written_when_there_is_space_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    desk = Desk(Books(failures=20))
    with caplog.at_level(logging.WARNING):
        desk.scribe.settle(DONE, now=NOW)
    assert desk.books.written == DONE
    assert desk.slept == 10.0
    (said,) = caplog.messages
    assert said.startswith("books.sqlite3: the disk is full; 1 answer waits")


def test_a_claim_with_receipts_is_tried_again_and_one_without_is_not() -> None:
    desk = Desk(Books(failures=3))
    rows = desk.scribe.claim("w/1", "x", 1, now=NOW, settled=DONE)
    assert len(rows) == 1
    assert desk.books.written == DONE
    empty = Desk(Books(failures=3))
    with pytest.raises(Blocked, match="the disk is full"):
        empty.scribe.claim("w/1", "x", 1, now=NOW)
    assert empty.slept == 0


def test_it_gives_up_once_and_not_for_each_thing_anew() -> None:
    desk = Desk(Books(failures=10_000))
    with pytest.raises(Blocked):
        desk.scribe.settle(DONE, now=NOW)
    with pytest.raises(Blocked):
        desk.scribe.release(["w/1/x/2"])
    with pytest.raises(Blocked):
        desk.scribe.settle(DONE, now=NOW)
    assert PATIENCE - 2 < desk.slept <= PATIENCE


def test_who_has_to_end_insists_for_some_seconds() -> None:
    desk = Desk(Books(failures=10_000), stop=lambda: True)
    with pytest.raises(Blocked):
        desk.scribe.settle(DONE, now=NOW)
    assert 2 < desk.slept <= HURRY


def test_who_has_to_end_claims_nothing() -> None:
    desk = Desk(Books(failures=10_000), stop=lambda: True)
    with pytest.raises(Halt, match="stopped"):
        desk.scribe.claim("w/1", "x", 1, now=NOW)


def test_what_may_be_repeated_with_its_key_is_not_insisted_on() -> None:
    desk = Desk(Books(failures=2), is_at_ease=True)
    with pytest.raises(Blocked):
        desk.scribe.settle(DONE, now=NOW)
    assert desk.slept == 0
