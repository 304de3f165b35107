"""Who has left, complained, bounced or been erased gets no later message.

Whatever else happens, and in whatever order: only they themselves come back.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
)

from publisher.errors import ConfigError, Rejected, Uncertain
from publisher.models import (
    Channel,
    Consent,
    Event,
    EventKind,
    Kind,
    Limits,
    Receipt,
)
from publisher.project import Project
from tests.conftest import YAML, Letters

START = datetime(2026, 11, 22, 9, tzinfo=UTC)
EVERYBODY = range(8)
NUMBERS = st.sampled_from(EVERYBODY)
SCHEDULE = (
    "articles: {since: always, memory: false}\nemail: {list: weekly, through: smtp%s}\n"
)
LAST = ("gone", "complained", "suppressed")  # nothing brings back who is one of these


@dataclass
class Double:
    """Takes what it is given, and asks first whether it may have it."""

    kind: ClassVar[Kind] = "email"
    limits: ClassVar[Limits] = Limits()
    asked: Callable[[str], None] = field(default=lambda _address: None, repr=False)

    def send(self, message: Any) -> Receipt:
        self.asked(message.recipient.address)
        return Receipt(message.key)


class Desk(Project):
    """The owner's folder, with one channel that is made up."""

    double = Double()

    def channel(self, name: str) -> Channel:
        if name != "smtp":
            return super().channel(name)
        return Channel("smtp", "smtp", "email", Limits(), self.double)


def address(number: int) -> str:
    return f"reader{number}@example.org"


class Readers(RuleBasedStateMachine):
    """Some readers, whose list is written to again and again."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp())
        letters = Letters(self.root)
        letters.write("publisher.yaml", f"{YAML}guards: {{frequency_cap: 99 in 1 day}}")
        letters.write("schedules/weekly.yaml", SCHEDULE % "")
        letters.write("schedules/some.yaml", SCHEDULE % ", segment: 'name = Ana'")
        letters.write("schedules/first.yaml", SCHEDULE % ", canary: {first: 2}")
        self.now = START
        self.desk = Desk(self.root, environ={}, clock=lambda: self.now)
        self.desk.double = Double(self.hand_over)
        self.why: dict[str, str] = {}  # why somebody gets nothing
        self.broken: list[str] = []
        self.left = 0  # messages until the sender is stopped
        self.then: Callable[[], None] | None = None  # what happens in the middle
        for number in EVERYBODY:
            self.add(number, "Ana")
        self.now += timedelta(hours=1)

    def teardown(self) -> None:
        self.desk.books.close()
        shutil.rmtree(self.root)

    # --- what is sent ---

    def hand_over(self, to: str) -> None:
        self.left -= 1
        if to in self.why:
            self.broken.append(f"{to} was {self.why[to]}")
        if self.then and self.left % 2:
            then, self.then = self.then, None
            then()
        if self.left % 5 == 3:
            raise Uncertain("no answer")
        if self.left % 7 == 4:
            raise Rejected("no")

    @rule(
        name=st.sampled_from(["weekly", "some", "first"]),
        count=st.integers(min_value=1, max_value=12),
        again=st.booleans(),
        middle=st.sampled_from(["", "leave", "suppress", "bounced", "forget"]),
        number=NUMBERS,
    )
    def send(
        self, name: str, count: int, middle: str, number: int, *, again: bool
    ) -> None:
        self.left, self.then = count, None
        if middle:
            self.then = lambda: self.go(middle, number)
        with suppress(ConfigError):
            plan = self.desk.plan(name, again=again)
            self.desk.send(plan, stop=lambda: self.left <= 0, stays=False)

    @rule(
        name=st.sampled_from(["weekly", "some", "first"]),
        number=NUMBERS,
        how=st.sampled_from(["leave", "suppress", "complained", "forget"]),
    )
    def go_on_without(self, name: str, number: int, how: str) -> None:
        """Send some of an issue, then lose a reader, then send the rest."""
        for count in (2, 12):
            self.send(name=name, count=count, middle="", number=number, again=False)
            self.go(how, number)

    @rule(name=st.sampled_from(["weekly", "some", "first"]))
    def try_again(self, name: str) -> None:
        issue = next(iter(self.desk.books.ledger.issues(name, limit=1)), None)
        if issue:
            self.desk.books.wishes.retry(issue.id, "failed")
            self.desk.books.canaries.let_pass(issue.id)

    @rule(hours=st.integers(min_value=1, max_value=30))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    # --- who comes ---

    @rule(number=NUMBERS, name=st.sampled_from(["", "Ana"]))
    def add(self, number: int, name: str) -> None:
        with suppress(ConfigError):
            self.desk.books.subscribers.add(
                address(number), name=name, lists=["weekly"], now=self.now
            )
            assert self.why.get(address(number)) not in {*LAST, "forgotten"}
            self.why.pop(address(number), None)

    @rule(numbers=st.sets(NUMBERS), name=st.sampled_from(["", "Ana"]))
    def take_over(self, numbers: set[int], name: str) -> None:
        rows = [{"email": address(n).upper(), "name": name} for n in numbers]
        self.desk.books.subscribers.import_rows(rows, lists=["weekly"], now=self.now)

    @rule(number=NUMBERS)
    def say_yes(self, number: int) -> None:
        said = Consent(act="asked", said_at=self.now, how="form")
        consents = self.desk.books.consents
        consents.ask(address(number), lists=["weekly"], said=said)
        said = Consent(act="confirmed", said_at=self.now, how="link")
        if consents.confirm(address(number), lists=["weekly"], said=said):
            assert self.why.get(address(number)) not in LAST
            self.why.pop(address(number), None)

    # --- who goes ---

    @rule(
        how=st.sampled_from(["leave", "suppress", "bounced", "complained", "forget"]),
        number=NUMBERS,
    )
    def goes(self, how: str, number: int) -> None:
        self.go(how, number)

    def go(self, how: str, number: int) -> None:
        who, books = address(number), self.desk.books
        match how:
            case "leave":
                said = Consent(act="left", said_at=self.now, how="link")
                books.consents.leave(who, lists=["weekly"], said=said)
                self.told(who, "left")
            case "suppress":
                books.subscribers.suppress(who, reason="asked", now=self.now)
                self.told(who, "suppressed")
            case "forget":
                if books.consents.forget(who):
                    self.told(who, "forgotten")
            case _:
                self.hear("bounced" if how == "bounced" else "complained", who)
                self.told(who, "gone" if how == "bounced" else "complained")

    def told(self, who: str, why: str) -> None:
        """Note the strongest reason that somebody gets nothing."""
        if self.why.get(who) not in LAST:
            self.why[who] = why

    def hear(self, kind: EventKind, who: str) -> None:
        from publisher import events

        news = Event(
            id=f"{kind}{self.now.timestamp()}{who}",
            kind=kind,
            at=self.now,
            address=who,
            is_permanent=True,
        )
        with self.desk.books.events.hearing("smtp", now=self.now) as hearing:
            events.act(hearing, [news])

    # --- what always holds ---

    @invariant()
    def nobody_who_is_out_got_anything(self) -> None:
        assert self.broken == []

    @precondition(lambda self: self.desk.books.ledger.issues(limit=1))
    @invariant()
    def the_ledger_adds_up(self) -> None:
        assert self.desk.books.ledger.verify() == []


TestReaders = Readers.TestCase
TestReaders.settings = settings(
    max_examples=int(os.environ.get("EXAMPLES", "8")), stateful_step_count=25
)
