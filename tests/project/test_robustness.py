"""What happens around a campaign: signals, terminals, a provider that hangs, `run`."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from publisher.errors import Blocked, RenderError
from publisher.models import Report
from publisher.project import Project, Ran
from publisher.project.running import Again

if TYPE_CHECKING:
    from tests.conftest import Letters

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
SCHEDULE = "articles: {since: always}\nemail: {list: weekly, through: CHANNEL}\n"


@pytest.fixture
def silent() -> Iterator[str]:
    """Give the address of a server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)


def prepared(letters: Letters, channel: str, env: str = "", readers: int = 30) -> None:
    letters.write("schedules/all.yaml", SCHEDULE.replace("CHANNEL", channel))
    letters.write(".env", f"PUBLISHER_SECRET={'s' * 32}\n{env}")
    rows = ({"email": f"r{number}@readers.example.org"} for number in range(readers))
    with Project(letters.root) as project:
        people = project.books.subscribers
        people.import_rows(rows, lists=["weekly"], now=NOW - timedelta(days=9))


def counts_of(letters: Letters, channel: str) -> dict[str, int]:
    with Project(letters.root) as project:
        assert project.books.ledger.verify() == []
        found = project.books.ledger.counts("all/1")[channel]
    return {state: count for state, count in found.items() if count}


SEND = [sys.executable, "-m", "publisher", "send", "all", "--yes"]


def test_a_signal_does_not_wait_for_a_provider_that_hangs(
    letters: Letters, silent: str
) -> None:
    prepared(letters, "postmark", f"POSTMARK_TOKEN=made-up\nPOSTMARK_URL={silent}\n")
    sending = subprocess.Popen(
        SEND,
        cwd=letters.root,
        env=os.environ | {"NO_PROXY": "127.0.0.1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 30
    while not claimed(letters):
        assert time.monotonic() < deadline
        assert sending.poll() is None, sending.communicate()[1]
        time.sleep(0.05)
    time.sleep(0.3)
    began = time.monotonic()
    sending.send_signal(signal.SIGTERM)
    _, said = sending.communicate(timeout=20)
    assert time.monotonic() - began < 4
    assert sending.returncode in {1, 3}
    assert "stopped while an answer was awaited; run the same command again" in said
    assert "Traceback" not in said
    assert counts_of(letters, "postmark") == {"claimed": 30}
    # Nobody knows whether it took them: they are reported, and not sent again blindly.
    letters.write("schedules/all.yaml", SCHEDULE.replace("CHANNEL", "postmark"))
    with Project(letters.root) as project:
        project.send(project.plan("all"))
    assert counts_of(letters, "postmark") == {"uncertain": 30}


def claimed(letters: Letters) -> int:
    with Project(letters.root) as project:
        if project.books.ledger.issue("all/1") is None:
            return 0
        return project.books.ledger.counts("all/1")["postmark"]["claimed"]


@pytest.mark.parametrize("behind", ["2>&1 | head -1", "> /dev/full 2> /dev/full"])
def test_nobody_who_reads_what_it_says_is_no_reason_not_to_send(
    letters: Letters, behind: str
) -> None:
    prepared(letters, "outbox")
    done = subprocess.run(
        ["sh", "-c", f"{' '.join(SEND)} {behind}"],
        cwd=letters.root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    deadline = time.monotonic() + 20  # `head` may end before it
    while len(letters.messages()) < 30 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(letters.messages()) == 30


def test_looking_on_for_a_line_only_is_no_mistake(letters: Letters) -> None:
    prepared(letters, "outbox")
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m publisher articles | true"],
        cwd=letters.root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr in {"", "2 articles\n"}


# --- `publisher run` ---


def cut(waiting: int = 3) -> Ran:
    counts = {"x": {"planned": waiting, "accepted": 1}}
    report = Report(issue="all/1", counts=counts, stopped=(("x", "x is down"),))
    return Ran("all", NOW, "1 sent", report=report)


def test_a_run_that_was_cut_short_is_tried_again_later_each_time() -> None:
    again = Again()
    waits = [again.at(cut(), NOW) for _ in range(5)]
    assert waits == [NOW + timedelta(minutes=one) for one in (1, 5, 15, 60, 60)]
    assert again.at(cut(waiting=0), NOW) is None
    assert again.at(cut(), NOW) == NOW + timedelta(minutes=1)


def test_a_time_that_is_known_is_not_guessed() -> None:
    soon = NOW + timedelta(seconds=7)
    ran = cut()
    assert ran.report
    known = replace(ran, report=replace(ran.report, again_at=soon))
    assert Again().at(known, NOW) == soon


@pytest.mark.parametrize(
    ("error", "is_again"),
    [(Blocked("the disk is full"), True), (RenderError("a mistake"), False)],
    ids=["full", "mistake"],
)
def test_what_passes_by_itself_is_tried_again_and_a_mistake_is_not(
    error: Blocked | RenderError, *, is_again: bool
) -> None:
    ran = Ran("all", NOW, f"stopped: {error}", error=error)
    assert bool(Again().at(ran, NOW)) == is_again


def test_a_run_that_finds_the_books_held_is_done_when_they_are_free(
    letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that was cut short by them must not count as done."""
    prepared(letters, "outbox")
    text = "when: Mon 09:00\ntimezone: UTC\n" + SCHEDULE.replace("CHANNEL", "outbox")
    letters.write("schedules/all.yaml", text)
    monkeypatch.setattr("publisher.store.database.PATIENCE", 0.1)

    def run(clock: datetime) -> list[str]:
        with Project(letters.root, clock=lambda: clock) as project:
            done = project.run()
        return [one.result for one in done if one.campaign == "all"]

    assert run(NOW - timedelta(days=1)) == []
    with Project(letters.root) as other, other.books.database.writing():
        (result,) = run(NOW + timedelta(minutes=1))
    assert result.startswith("stopped: ")
    assert "another program holds the books" in result
    assert run(NOW + timedelta(minutes=2)) == ["30 sent, 0 failed"]
    assert len(letters.messages()) == 30
