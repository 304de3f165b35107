"""Pause, resume, cancel, hold, resolve and retry, as somebody types them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from publisher.models import Outcome, State
from publisher.project import Project
from publisher.rehearsal import Fake, open_fake
from tests.cli.conftest import Run
from tests.conftest import Letters

READERS = 400
SLOWLY = "50"  # a second: eight seconds for all
SCHEDULE = "articles: {since: always}\nemail: {list: weekly, through: smtp}\n"


@pytest.fixture
def fake() -> Iterator[Fake]:
    with open_fake("smtp") as opened:
        yield opened


@pytest.fixture
def slow(letters: Letters, fake: Fake) -> Letters:
    """Return a folder that sends to hundreds of readers, a few at a time."""
    letters.write("schedules/slow.yaml", SCHEDULE)
    env = {f"SMTP_{name.upper()}": text for name, text in fake.settings.items()}
    env |= {"SMTP_PER_SECOND": SLOWLY, "PUBLISHER_SECRET": "s" * 32}
    letters.write(".env", "".join(f"{key}={text}\n" for key, text in env.items()))
    rows = ({"email": f"r{number}@readers.example.org"} for number in range(READERS))
    with Project(letters.root) as project:
        project.books.subscribers.import_rows(
            rows, lists=["weekly"], now=project.clock()
        )
    return letters


class Sending:
    """`publisher send` in a process of its own."""

    def __init__(self, root: Path, *words: str) -> None:
        command = [sys.executable, "-m", "publisher", "-C", str(root), "send", *words]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, "NO_PROXY": "127.0.0.1"},
            text=True,
        )

    def until(self, is_so: Callable[[], object]) -> None:
        deadline = time.monotonic() + 30
        while not is_so():
            assert time.monotonic() < deadline
            assert self.process.poll() is None, self.process.communicate()[1]
            time.sleep(0.05)

    def ended(self) -> tuple[float, str]:
        """Return after how many seconds it ended, and what it said."""
        began = time.monotonic()
        _, said = self.process.communicate(timeout=20)
        return time.monotonic() - began, said


def counts_of(root: Path, channel: str = "smtp") -> dict[str, int]:
    with Project(root) as project:
        assert project.books.ledger.verify() == []
        found = project.books.ledger.counts("slow/1")[channel]
    return {state: count for state, count in found.items() if count}


def test_a_running_send_is_paused_resumed_and_cancelled_within_a_second(
    slow: Letters, fake: Fake, run_in: Callable[[Path], Run]
) -> None:
    run = run_in(slow.root)
    sending = Sending(slow.root, "slow", "--yes")
    sending.until(lambda: fake.record.taken)
    run("pause", "slow")
    assert "publisher resume slow/1" in run.err
    seconds, said = sending.ended()
    assert seconds < 2  # of which the last half is the end of the process
    assert "paused; to go on: publisher resume slow/1" in said
    before = counts_of(slow.root)
    assert set(before) == {"accepted", "planned"}

    run("send", "slow/1", "--yes", code=3)
    assert "paused" in run.err
    assert counts_of(slow.root) == before

    run("resume", "slow/1")
    sending = Sending(slow.root, "slow/1", "--yes")
    sending.until(lambda: len(fake.record.taken) > before["accepted"])
    run("cancel", "slow/1", "--yes")
    seconds, _ = sending.ended()
    assert seconds < 2
    ended = counts_of(slow.root)
    assert ended["accepted"] == len(fake.record.taken)
    assert ended["skipped"] == READERS - ended["accepted"]
    run("resume", "slow/1", code=1)
    assert "slow/1 is cancelled, for good" in run.err


def test_what_is_cancelled_while_it_is_held_sends_nothing(
    slow: Letters, fake: Fake, run_in: Callable[[Path], Run]
) -> None:
    run = run_in(slow.root)
    sending = Sending(slow.root, "slow", "--yes", "--hold", "10m")
    sending.until(lambda: Project(slow.root).books.ledger.issue("slow/1"))
    time.sleep(0.5)
    run("cancel", "slow", "--yes")
    assert "0 messages had left" in run.err
    seconds, said = sending.ended()
    assert seconds < 2
    assert "slow/1 is held until" in said
    assert fake.record.calls == 0
    assert counts_of(slow.root) == {"skipped": READERS}
    assert "every delivery is accounted for" in (run("verify") or run.err)


def test_a_hold_outlives_the_process_and_a_run_does_not_wait_for_it(
    slow: Letters, fake: Fake, run_in: Callable[[Path], Run]
) -> None:
    slow.write("schedules/slow.yaml", "hold: 10m\n" + SCHEDULE)
    run = run_in(slow.root)
    sending = Sending(slow.root, "slow", "--yes")
    sending.until(lambda: Project(slow.root).books.ledger.issue("slow/1"))
    time.sleep(0.5)
    sending.process.send_signal(signal.SIGKILL)
    sending.ended()
    with Project(slow.root) as project:
        plan = project.plan("slow")
        assert plan.resumes
        start = project.start_of(plan)
        assert start is not None
        assert 500 < (start - project.clock()).total_seconds() <= 600
        report = project.send(plan, stays=False)
    assert report.held_until == start
    assert "to undo it: publisher cancel slow/1" in report.stopped[0][1]
    assert fake.record.calls == 0
    run("cancel", "slow", "--yes")


def test_a_hold_ends_and_then_it_is_sent(letters: Letters, run: Run) -> None:
    letters.write("schedules/slow.yaml", "hold: 1m\n" + SCHEDULE)
    run("subscribers", "add", "ana@example.org", "--list", "weekly")
    run("send", "slow", "--yes")  # to the outbox: nothing to undo
    assert "held" not in run.err
    assert counts_of(letters.root, "outbox:smtp") == {"accepted": 1}


@pytest.fixture
def unsettled(letters: Letters, run: Run) -> Letters:
    """Return a folder with an issue of which three deliveries ended badly."""
    letters.write("schedules/slow.yaml", SCHEDULE.replace("smtp", "outbox"))
    for number in range(4):
        run("subscribers", "add", f"r{number}@example.org", "--list", "weekly")
    with Project(letters.root) as project:
        plan = project.plan("slow")
        ledger, now = project.books.ledger, project.clock()
        ledger.begin(plan.issue, plan.drafts, plan.deliveries, plan.audiences)
        rows = ledger.claim("slow/1", "outbox", 4, now=now)
        ends = [State.UNCERTAIN, State.UNCERTAIN, State.FAILED, State.ACCEPTED]
        outcomes = [
            Outcome(key=row.key, state=state, reason="no answer", receipt="1")
            for row, state in zip(rows, ends, strict=True)
        ]
        ledger.settle(outcomes, now=now)
    return letters


def test_what_is_uncertain_is_settled_by_somebodys_word(
    unsettled: Letters, run: Run
) -> None:
    shown = run("resolve", "slow")
    assert "slow/1/email/000000001  outbox   no answer" in shown
    assert "@" not in shown + run.err
    run("resolve", "slow", "--arrived", "slow/1/email/000000001")
    run("resolve", "slow", "--again", "all")
    assert "1 planned again. Try: publisher send slow/1" in run.err
    assert counts_of(unsettled.root, "outbox") == {
        "accepted": 2,
        "planned": 1,
        "failed": 1,
    }
    assert json.loads(run("resolve", "slow", "--json"))["uncertain"] == []
    run("resolve", "slow", "--failed", "slow/1/email/000000001", code=2)
    assert "is not uncertain in slow/1" in run.err


def test_what_failed_is_sent_again_and_what_may_have_arrived_only_if_told(
    unsettled: Letters, run: Run
) -> None:
    run("retry", "slow", code=2)
    assert "--failed, or --uncertain" in run.err
    run("retry", "slow", "--failed", code=3)
    assert counts_of(unsettled.root, "outbox") == {"accepted": 2, "uncertain": 2}
    run("retry", "slow", "--uncertain", code=2)
    assert "2 messages may arrive twice; add --yes if that may be" in run.err
    run("retry", "slow", "--uncertain", "--yes")
    assert counts_of(unsettled.root, "outbox") == {"accepted": 4}
    run("retry", "slow", "--failed")
    assert "nothing to retry in slow/1" in run.err


def test_watching_ends_with_the_issue(unsettled: Letters, run: Run) -> None:
    (line,) = run("status", "slow", "--watch", "--json").splitlines()
    assert json.loads(line)["counts"]["outbox"]["uncertain"] == 2
    run("status", "slow", "--watch")
    assert "4 of 4, 3 not sent" in run.err
    run("status", "--watch", code=2)
    assert "--watch follows one issue" in run.err


@pytest.mark.parametrize("verb", ["pause", "resume", "cancel"])
def test_an_issue_that_is_not_there_or_at_its_end_is_named(
    unsettled: Letters, run: Run, verb: str
) -> None:
    run(verb, "slwo/1", code=1)
    assert "there is no issue slwo/1 in the books. Did you mean slow/1?" in run.err
    yes = ["--yes"] if verb == "cancel" else []
    run(verb, "slow/1", *yes, code=1)
    assert "slow/1 has nothing left to send" in run.err


def test_nobody_cancels_by_accident(unsettled: Letters, run: Run) -> None:
    with Project(unsettled.root) as project:
        project.retry("slow", "failed")
    run("cancel", "slow", code=2)
    assert "nobody is there to ask; add --yes to cancel it" in run.err
    run("cancel", "slow", "--yes")
    assert "1 message had left" in run.err
    assert "2 more may have" in run.err


def test_what_a_killed_sender_had_in_hand_is_in_doubt_once_it_is_cancelled(
    unsettled: Letters, run: Run
) -> None:
    with Project(unsettled.root) as project:
        project.retry("slow", "failed")
        now = project.clock()
        assert project.books.ledger.claim("slow/1", "outbox", 1, now=now)
    run("cancel", "slow", "--yes")
    assert counts_of(unsettled.root, "outbox") == {"accepted": 1, "uncertain": 3}


def test_a_test_is_decided_on_the_command_line(letters: Letters, run: Run) -> None:
    test = 'test: {subjects: ["One", "Two"], share: 50}'
    letters.write(
        "schedules/slow.yaml",
        f"articles: {{since: always}}\nemail:\n  list: weekly\n  {test}\n",
    )
    with Project(letters.root) as project:
        rows = ({"email": f"r{number}@example.org"} for number in range(100))
        project.books.subscribers.import_rows(
            rows, lists=["weekly"], now=project.clock()
        )
    run("plan", "slow")
    assert "A: 25 readers, digest: One" in run.err
    assert "50 readers then get the winner" in run.err
    run("send", "slow")
    assert "50 wait for the winner. Try: publisher winner slow/1" in run.err
    shown = run("winner", "slow")
    assert "B        Two      digest    25       25" in shown
    run("status", "slow")
    assert "50 wait for the winner" in run.err
    run("winner", "slow", "C", code=2)
    assert "which? Try: A or B" in run.err
    run("winner", "slow", "b")
    assert "B has won: 50 readers will get it. Try: publisher send slow/1" in run.err
    run("send", "slow/1")
    assert json.loads(run("winner", "slow", "--json"))["B"]["accepted"] == 75
    assert counts_of(letters.root, "outbox") == {"accepted": 100}
