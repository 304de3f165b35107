"""Sequences from the file to the outbox: due, late, killed, paused, again."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from publisher import schedule
from publisher.errors import CheckFailed, ConfigError
from publisher.models import Consent
from publisher.project import Project, sequencing
from publisher.project.running import run_campaign
from publisher.project.sending import hand_over

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage
    from pathlib import Path

    from publisher.models import Plan
    from publisher.project import Ran
    from tests.conftest import Letters

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FILE = """\
when: 3 days after subscribe
email: {template: hello, list: weekly, subject: "Where to begin"}
"""
PAGE = """\
<!doctype html>
<html lang="{{ language }}"><head><title>{{ subject }}</title></head>
<body><p>Dear {{ subscriber.first_name | default("reader") }},</p>
<p>begin here, on {{ issue.date | date }}.</p>
{% if subscriber.city == "Rome" %}<p>See you at the Tiber.</p>{% endif %}
<p>{{ site.postal_address }} <a href="{{ unsubscribe_url }}">Leave</a></p></body></html>
"""
TEXT = """\
{% set preheader %}A first step{% endset %}
Dear {{ subscriber.first_name | default("reader") }}, begin here.
{{ site.postal_address }} {{ unsubscribe_url }}
"""


class World:
    """A folder with a sequence, and a clock that only the test moves."""

    def __init__(self, letters: Letters, file: str = FILE) -> None:
        self.letters = letters
        self.now = NOW
        letters.write("schedules/hi.yaml", file)
        letters.write("templates/email/hello.html.j2", PAGE)
        letters.write("templates/email/hello.txt.j2", TEXT)
        self.project = self.open()

    def open(self) -> Project:
        return Project(self.letters.root, environ={}, clock=lambda: self.now)

    def reopen(self) -> None:
        self.project.close()
        self.project = self.open()

    def change(self, old: str, new: str) -> None:
        text = (self.letters.root / "schedules/hi.yaml").read_text()
        assert old in text
        self.letters.write("schedules/hi.yaml", text.replace(old, new))
        self.reopen()

    def subscribe(self, name: str, **attributes: str) -> None:
        self.project.books.subscribers.add(
            f"{name}@example.org",
            name=name.title(),
            lists=["weekly"],
            attributes=attributes,
            now=self.now,
        )

    def subscribe_many(self, count: int) -> None:
        rows = ({"email": f"reader{n}@example.org"} for n in range(count))
        people = self.project.books.subscribers
        people.import_rows(rows, lists=["weekly"], now=self.now, as_new=True)

    def leave(self, name: str) -> None:
        row = {"email": f"{name}@example.org", "left": "weekly"}
        self.project.books.subscribers.import_rows([row], lists=[], now=self.now)

    def run(self) -> list[str]:
        """Look at the sequence as `publisher run` does each minute."""
        return [ran.result for ran in self.look()]

    def look(self) -> list[Ran]:
        campaign = self.project.campaign("hi")
        assert campaign
        return run_campaign(self.project, campaign, stop=lambda: False)

    def wait(self, span: timedelta) -> None:
        self.now += span

    def plan(self) -> Plan:
        return self.project.plan("hi")

    def got(self) -> list[str]:
        """Who got it, by what is in the outbox."""
        return sorted(
            one["To"].addresses[0].addr_spec.partition("@")[0] for one in self.emails()
        )

    def emails(self) -> list[EmailMessage]:
        return [
            message_from_bytes(path.read_bytes(), policy=policy.default)
            for path in self.letters.messages()
        ]

    def pages(self) -> list[str]:
        """The pages of the emails, as their readers see them."""
        bodies = [one.get_body(("html",)) for one in self.emails()]
        return [body.get_content() for body in bodies if body]


@pytest.fixture
def world(letters: Letters) -> Iterator[World]:
    """A sequence that was seen at `NOW`, when `ana` read the list already."""
    world = World(letters)
    world.wait(-DAY)
    world.subscribe("ana")
    world.wait(DAY)
    assert world.run() == []
    world.wait(HOUR)
    yield world
    world.project.close()


# --- whose turn it is ----------------------------------------------------------------


def test_each_reader_gets_it_once_and_on_their_own_day(world: World) -> None:
    world.subscribe("bo")
    world.wait(DAY)
    world.subscribe("cy")
    world.wait(2 * DAY - timedelta(minutes=1))
    assert (world.run(), world.got()) == ([], [])
    world.wait(timedelta(minutes=1))
    assert (world.run(), world.got()) == (["1 sent, 0 failed"], ["bo"])
    assert world.run() == []
    world.wait(DAY)
    assert (world.run(), world.got()) == (["1 sent, 0 failed"], ["bo", "cy"])
    assert world.project.books.ledger.verify() == []
    counts = world.project.books.ledger.counts("hi/1")
    assert counts["outbox"]["accepted"] == 2


def test_who_left_gets_nothing_and_who_had_it_gets_it_no_more(world: World) -> None:
    for name in ("bo", "cy"):
        world.subscribe(name)
    world.wait(DAY)
    world.leave("bo")
    world.wait(2 * DAY)
    assert (world.run(), world.got()) == (["1 sent, 0 failed"], ["cy"])
    world.leave("cy")
    world.wait(HOUR)
    for name in ("bo", "cy"):
        world.subscribe(name)
    world.wait(3 * DAY)
    assert (world.run(), world.got()) == (["1 sent, 0 failed"], ["bo", "cy"])


def test_a_letter_is_dated_the_day_it_goes(world: World) -> None:
    world.subscribe("bo")
    world.wait(30 * DAY)
    world.run()
    (message,) = world.emails()
    assert message["Date"].datetime == world.now
    assert "20 December 2026" in world.pages()[0]


def test_the_structure_may_be_the_reader_s_own(world: World) -> None:
    world.subscribe("bo", city="Rome")
    world.subscribe("cy", city="Bath")
    world.wait(3 * DAY)
    world.run()
    pages = world.pages()
    assert sorted("Tiber" in page for page in pages) == [False, True]
    assert all("Dear Bo" in page or "Dear Cy" in page for page in pages)


def test_a_step_may_be_an_article(letters: Letters) -> None:
    world = World(
        letters,
        "when: at once after subscribe\narticles: {only: [first-light]}\n"
        "email: {template: letter, list: weekly}\n",
    )
    assert world.run() == []
    world.wait(HOUR)
    world.subscribe("bo")
    assert world.run() == ["1 sent, 0 failed"]
    world.wait(HOUR)
    world.subscribe("cy")
    assert (world.run(), world.got()) == (["1 sent, 0 failed"], ["bo", "cy"])
    (letters.root / "articles/first-light.md").unlink()
    world.reopen()
    world.subscribe("dee")
    assert world.run() == ["no article fits, and readers are due"]
    assert world.plan().size == 0
    assert world.plan().left_out == (("article is not asked for", 1),)


@pytest.mark.parametrize(
    ("since", "got"),
    [("always", ["ana", "bo"]), ("2026-11-20", ["bo"]), ("first seen", [])],
)
def test_who_is_in_it_is_said_by_since(
    since: str, got: list[str], letters: Letters
) -> None:
    world = World(letters, f"since: {since}\n{FILE}")
    world.wait(-9 * HOUR)  # 2026-11-20 00:00 in Rome
    world.wait(-timedelta(microseconds=1))
    world.subscribe("ana")
    world.wait(timedelta(microseconds=1))
    world.subscribe("bo")
    world.wait(9 * DAY)
    planned = world.plan()
    assert (planned.size, planned.step and planned.step.has_begun) == (
        len(got),
        False,
    )
    world.run()
    assert world.got() == got
    world.project.close()


@pytest.mark.parametrize(
    ("subscribed", "spring"), [("2026-03-28T22:30", True), ("2026-10-24T22:30", False)]
)
def test_at_nine_is_nine_on_both_days_when_clocks_change(
    subscribed: str, spring: bool, letters: Letters
) -> None:
    """In Rome it is the next day already; the clock changes in that night."""
    world = World(
        letters,
        FILE.replace("3 days after subscribe", "1 day after subscribe at 09:00")
        + "timezone: Europe/Rome\n",
    )
    world.now = datetime.fromisoformat(f"{subscribed}:00+00:00") - DAY
    world.run()
    world.wait(DAY)
    world.subscribe("bo")
    day = world.now.date() + (2 if not spring else 1) * DAY
    hour = 7 if spring else 8
    if not spring:  # 00:30 in Rome is the 25th, so the turn is on the 26th
        assert day.day == 26
    world.now = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    if spring:
        world.now = datetime(2026, 3, 29, 7, tzinfo=UTC)  # 23:30 was still the 28th
    world.wait(-timedelta(minutes=1))
    assert world.run() == []
    world.wait(timedelta(minutes=1))
    assert world.run() == ["1 sent, 0 failed"]
    world.project.close()


# --- late ----------------------------------------------------------------------------


def away_for_a_week(world: World) -> None:
    for name in ("bo", "cy"):
        world.subscribe(name)
    world.wait(10 * DAY)
    world.subscribe("dee")
    world.wait(3 * DAY)


def test_after_a_week_away_whoever_was_missed_still_gets_it(world: World) -> None:
    away_for_a_week(world)
    assert (world.run(), world.got()) == (["3 sent, 0 failed"], ["bo", "cy", "dee"])


def test_with_skip_the_missed_are_passed_over_for_good(world: World) -> None:
    world.change("when:", "if_missed: skip\nwhen:")
    away_for_a_week(world)
    said = [
        "skipped for 2 readers: later than its grace, and if_missed is skip",
        "1 sent, 0 failed",
    ]
    assert (world.run(), world.got()) == (said, ["dee"])
    assert world.run() == []
    world.project.send(world.plan())
    assert world.got() == ["dee"]
    assert world.project.books.ledger.verify() == []


def test_with_ask_the_missed_wait_for_a_person(world: World) -> None:
    world.change("when:", "if_missed: ask\nwhen:")
    away_for_a_week(world)
    waits = "later than its grace, and if_missed is ask): publisher send hi"
    assert world.run() == [f"2 readers wait for you ({waits}", "1 sent, 0 failed"]
    assert (world.run(), world.got()) == ([], ["dee"])
    step = world.plan().step
    assert step
    assert (step.due, step.asked) == (2, 2)
    report = world.project.send(world.plan())
    assert report.counts["outbox"]["accepted"] == 2
    assert world.got() == ["bo", "cy", "dee"]


def test_who_is_missed_within_the_grace_still_gets_it(world: World) -> None:
    world.change("when:", "if_missed: skip\nwhen:")
    world.subscribe("bo")
    world.wait(3 * DAY + 2 * HOUR - timedelta(microseconds=1))
    assert world.run() == ["1 sent, 0 failed"]


# --- by hand, and before it goes -----------------------------------------------------


def test_the_plan_says_how_many_are_due_and_when_the_next_is(world: World) -> None:
    world.subscribe("bo")
    world.wait(DAY)
    world.subscribe("cy")
    world.subscribe("dee")
    world.wait(2 * DAY)
    planned = world.plan()
    assert planned.step
    step = planned.step
    assert (planned.issue.id, planned.counts()) == ("hi/1", {"outbox": 1})
    assert (step.due, step.waiting, step.next_at) == (1, 2, world.now + DAY)
    assert len(planned.drafts) == 1
    report = world.project.send(planned)
    assert report.counts["outbox"]["accepted"] == 1
    assert [path.rpartition("/")[2] for path in report.made]
    assert world.plan().size == 0
    again = world.project.send(world.plan())
    assert (again.counts, again.made) == ({}, ())


def test_a_report_is_about_what_was_sent_now(world: World) -> None:
    world.subscribe("bo")
    world.wait(3 * DAY)
    first = world.look()[0].report
    world.subscribe("cy")
    world.project.books.subscribers.suppress(
        "cy@example.org", reason="bounced", now=world.now
    )
    world.subscribe("dee")
    world.wait(3 * DAY)
    second = world.look()[0].report
    assert first
    assert second
    assert first.counts["outbox"]["accepted"] == 1
    counts = {state: n for state, n in second.counts["outbox"].items() if n}
    assert counts == {"accepted": 1, "skipped": 1}
    assert second.reasons == (("outbox", "skipped: suppressed", 1),)
    assert [one.rpartition("/")[2] for one in second.made] == ["000000004.eml"]


def test_a_plan_that_drifted_is_refused(world: World) -> None:
    from publisher import plan as planning
    from publisher.errors import PlanChanged

    world.subscribe("bo")
    world.wait(3 * DAY)
    saved = planning.data(world.plan())
    planning.refuse_drift(saved, world.plan())
    world.wait(-2 * DAY)
    world.subscribe("cy")
    world.wait(5 * DAY)
    with pytest.raises(PlanChanged, match="who gets it"):
        world.project.send(world.plan(), saved=saved)
    assert world.got() == []


def test_preview_shows_the_step_and_stores_nothing(world: World) -> None:
    made, shown = world.project.preview("hi")
    assert [one.message.subject for one in shown] == ["Where to begin"]  # type: ignore[union-attr]
    assert (made.issue.id, made.size) == ("hi/1", 1)
    assert world.project.check(made) == []
    assert world.got() == []


def test_a_test_goes_at_once_and_leaves_the_sequence_alone(world: World) -> None:
    world.subscribe("bo")
    plan = world.project.plan("hi", to="me@example.org")
    assert (plan.issue.campaign, plan.size, plan.step) == ("test-hi", 1, None)
    world.project.send(plan)
    assert len(world.letters.messages()) == 1
    world.wait(3 * DAY)
    assert world.run() == ["1 sent, 0 failed"]


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"list": "weekly"}, "--list has no meaning"),
        ({"again": True}, "--again has no meaning"),
        ({"through": "outbox:mastodon"}, "a post has no reader"),
    ],
)
def test_flags_that_have_no_meaning_in_a_sequence_are_refused(
    flags: dict[str, str], words: str, world: World
) -> None:
    with pytest.raises(ConfigError, match=words):
        world.project.plan("hi", **flags)  # type: ignore[arg-type]


def test_what_a_check_finds_stops_it_and_nobody_is_lost(world: World) -> None:
    page = PAGE.replace("{{ site.postal_address }}", "")
    world.letters.write("templates/email/hello.html.j2", page)
    world.reopen()
    world.subscribe("bo")
    world.wait(3 * DAY)
    (ran,) = world.look()
    assert isinstance(ran.error, CheckFailed), ran.result
    with pytest.raises(CheckFailed):
        world.project.send(world.plan())
    world.letters.write("templates/email/hello.html.j2", PAGE)
    world.reopen()
    assert world.run() == ["1 sent, 0 failed"]


def test_a_step_whose_time_comes_in_a_pause_is_skipped(world: World) -> None:
    world.subscribe("cy")
    world.subscribe("bo")
    said = Consent(act="paused", said_at=world.now, how="link")
    until = world.now + 30 * DAY
    world.project.books.pauses.pause("cy@example.org", until=until, said=said)
    world.wait(3 * DAY)
    report = world.look()[0].report
    assert report
    assert report.reasons == (("outbox", "skipped: paused", 1),)
    assert report.counts["outbox"]["accepted"] == 1
    world.wait(40 * DAY)
    world.look()
    assert len(world.got()) == 1, "it does not come after the pause"
    assert world.project.books.ledger.verify() == []


# --- stopped, killed, paused ---------------------------------------------------------


def test_paused_it_waits_and_resumed_it_goes_on(world: World) -> None:
    world.subscribe("bo")
    world.wait(3 * DAY)
    world.project.books.wishes.pause("hi/1")
    assert world.run() == []
    report = world.project.send(world.plan())
    assert report.stopped == (("outbox", "paused; to go on: publisher resume hi/1"),)
    assert world.got() == []
    world.project.books.wishes.resume("hi/1")
    assert (world.run(), world.got()) == (["1 sent, 0 failed"], ["bo"])


def test_cancelled_it_sends_no_more(world: World) -> None:
    world.subscribe("bo")
    world.wait(3 * DAY)
    world.project.books.wishes.cancel("hi/1", now=world.now)
    assert (world.run(), world.plan().size) == ([], 0)
    assert world.got() == []
    assert world.project.books.ledger.verify() == []


def test_who_stops_it_stops_after_what_is_in_hand(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequencing, "CHUNK", 3)
    world.subscribe_many(10)
    world.wait(3 * DAY)
    look = sequencing.Look(world.project, world.plan().step or pytest.fail("no step"))
    look.stop = lambda: len(world.letters.messages()) >= 4
    report = look.send()
    assert len(world.letters.messages()) == 4
    assert report.counts["outbox"]["planned"] == 5
    assert world.plan().size == 6
    assert world.run() == ["6 sent, 0 failed"]
    assert len(world.got()) == len(set(world.got())) == 10


def test_a_mailbox_that_asks_for_time_holds_up_nobody_else(world: World) -> None:
    for name in ("bo", "cy"):
        world.subscribe(name)
        world.wait(3 * DAY)
        sequences = world.project.books.sequences
        if name == "bo":
            assert world.run() == ["1 sent, 0 failed"]
            world.letters.messages()[0].unlink()
            with world.project.books.database.writing() as connection:
                connection.exec_driver_sql(
                    "update deliveries set state = 'planned', receipt = '',"
                    " not_before = 9000000000000000"
                )
            assert list(sequences.open_drafts("hi/1"))
    assert world.run() == ["1 sent, 0 failed, 1 not yet"]
    assert world.got() == ["cy"]


def test_rounds_end_before_there_are_too_many_drafts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequencing, "CHUNK", 2)
    held = []

    def counted(*args: Any, **flags: Any) -> list[tuple[str, str]]:
        held.append(len(args[0].drafts))
        return hand_over(*args, **flags)

    monkeypatch.setattr(sequencing, "hand_over", counted)
    page = PAGE.replace('subscriber.city == "Rome"', "subscriber.id > 0")
    page = page.replace(
        "Tiber", "gate {% if subscriber.id %}{{ subscriber.id }}{% endif %}"
    )
    world.letters.write("templates/email/hello.html.j2", page)
    world.reopen()
    world.subscribe_many(9)
    world.wait(3 * DAY)
    assert world.run() == ["9 sent, 0 failed"]
    assert len(world.project.books.ledger.drafts("hi/1")) == 9
    assert (sum(held), max(held)) == (9, 2)


def test_chunks_send_all_and_keep_few_drafts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequencing, "CHUNK", 7)
    world.subscribe_many(30)
    world.wait(3 * DAY)
    assert world.plan().size == 30
    assert world.run() == ["30 sent, 0 failed"]
    assert len(set(world.got())) == 30
    assert len(world.project.books.ledger.drafts("hi/1")) == 1


KILLED = """
import os, random, signal, sys
from datetime import datetime
from publisher.project import Project, sequencing
from publisher.project.running import run_campaign
from publisher.store import Ledger, Sequences

root, now, seed = sys.argv[1:]
sequencing.CHUNK, sequencing.ROUND = 4, 2
dice = random.Random(int(seed))

def mortal(method):
    def called(*args, **kwargs):
        if dice.random() < 0.05:
            os.kill(os.getpid(), signal.SIGKILL)
        found = method(*args, **kwargs)
        if dice.random() < 0.05:
            os.kill(os.getpid(), signal.SIGKILL)
        return found
    return called

for cls, name in ((Sequences, "take"), (Sequences, "due"), (Ledger, "claim"),
                  (Ledger, "settle"), (Sequences, "begin")):
    setattr(cls, name, mortal(getattr(cls, name)))
clock = lambda: datetime.fromisoformat(now)
with Project(root, environ={}, clock=clock) as project:
    run_campaign(project, project.campaign("hi"), stop=lambda: False)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="nobody is killed there")
def test_killed_anywhere_and_again_nobody_is_lost_or_doubled(world: World) -> None:
    """The outbox knows each key, so what is claimed is written again, once."""
    world.subscribe_many(13)
    world.wait(3 * DAY)
    root, killed = str(world.letters.root), 0
    for seed in range(1, 40):
        command = [sys.executable, "-c", KILLED, root, world.now.isoformat(), str(seed)]
        code = subprocess.run(command, check=False, env=dict(os.environ)).returncode
        if code == 0:
            break
        assert code == -signal.SIGKILL
        killed += 1
    assert code == 0
    assert killed > 1
    assert Counter(world.got()) == {f"reader{n}": 1 for n in range(13)}
    assert world.project.books.ledger.verify() == []
    assert world.project.books.ledger.counts("hi/1")["outbox"]["accepted"] == 13
    assert world.run() == []


# --- whatever happens ----------------------------------------------------------------

WHO = st.sampled_from(["ana", "bo", "cy"])
DELAYS = ("at once after subscribe", "5 hours after subscribe")
AT_NINE = "1 day after subscribe at 09:00"


class Life(RuleBasedStateMachine):
    """Readers come and go for weeks around a clock change; `run` comes now and then."""

    root: Path
    numbers = itertools.count()

    @initialize(
        when=st.sampled_from([*DELAYS, "2 days after subscribe", AT_NINE]),
        if_missed=st.sampled_from(["send", "skip"]),
        begin=st.sampled_from(["2026-03-26T10:30", "2026-10-22T22:10"]),
    )
    def start(self, when: str, if_missed: str, begin: str) -> None:
        from tests.conftest import Letters

        root = self.root / str(next(self.numbers))
        file = FILE.replace("3 days after subscribe", when)
        file = f"timezone: Europe/Rome\nif_missed: {if_missed}\ngrace: 3h\n{file}"
        self.world = World(Letters(root), file)
        self.world.now = datetime.fromisoformat(f"{begin}:00+00:00")
        self.world.run()
        self.world.wait(timedelta(minutes=1))
        self.campaign = self.world.project.campaign("hi") or pytest.fail("no such")
        self.clocks: dict[str, datetime] = {}  # who waits: when their turn is
        self.had: set[str] = set()
        self.on_list: set[str] = set()

    @rule(name=WHO)
    def subscribe(self, name: str) -> None:
        self.world.subscribe(name)
        if name not in self.on_list and name not in self.had:
            self.clocks[name] = schedule.turn(self.campaign, self.world.now)
        self.on_list.add(name)
        self.tick(1)

    @rule(name=WHO)
    def leave(self, name: str) -> None:
        if name in self.on_list:
            self.world.leave(name)
            self.on_list.discard(name)
            self.clocks.pop(name, None)
            self.tick(1)

    @rule(minutes=st.integers(1, 2000))
    def tick(self, minutes: int) -> None:
        self.world.wait(timedelta(minutes=minutes))

    @rule()
    def run(self) -> None:
        now = self.world.now
        due = {one for one, at in self.clocks.items() if at <= now}
        late = {one for one in due if now - self.clocks[one] >= 3 * HOUR}
        skipped = late if self.campaign.if_missed == "skip" else set()
        step = self.world.plan().step
        assert step
        waiting = sorted(at for at in self.clocks.values() if at > now)
        assert (step.due, step.waiting) == (len(due), len(waiting))
        assert step.next_at == next(iter(waiting), None)
        self.world.run()
        self.had |= due - skipped
        for one in due:
            del self.clocks[one]

    @invariant()
    def each_has_it_once(self) -> None:
        if hasattr(self, "world"):
            assert self.world.got() == sorted(self.had)
            assert self.world.project.books.ledger.verify() == []

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.project.close()


def test_whatever_happens_each_gets_a_step_once_and_in_time(tmp_path: Path) -> None:
    Life.root = tmp_path
    run_state_machine_as_test(
        Life, settings=settings(max_examples=12, stateful_step_count=20, deadline=None)
    )
