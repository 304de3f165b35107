"""`publisher run`, as cron and as a service start and stop it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from publisher import Project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.cli.conftest import Run
    from tests.conftest import Letters

MANY = 1_500
NOW = datetime.now(UTC)


def seen(letters: Letters, at: datetime, *, readers: int = 2) -> None:
    """Let the books have seen the schedule at a moment, and let it have readers."""
    with Project(letters.root) as project:
        project.books.runs.start("weekly", at, now=at)
        project.books.runs.finish("weekly", at, result="first seen", now=at)
        rows = [{"email": f"reader{n}@example.org"} for n in range(readers)]
        project.books.subscribers.import_rows(rows, lists=["weekly"], now=at)


def missed(letters: Letters, what: str, *, grace: str = "1m") -> None:
    text = (letters.root / "schedules/weekly.yaml").read_text()
    # Six hours ago, so that no test runs at the very minute.
    when = f"every day {NOW - timedelta(hours=6):%H:%M}"
    rest = text.replace("Fri 08:00", when).replace("Europe/Rome", "UTC")
    letters.write("schedules/weekly.yaml", f"if_missed: {what}\ngrace: {grace}\n{rest}")


@contextmanager
def publisher(letters: Letters, *args: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "publisher", "-C", str(letters.root), *args]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def wait(come: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not come() and time.monotonic() < deadline:
        time.sleep(0.01)


def is_done(letters: Letters) -> bool:
    with Project(letters.root) as project:
        return "sent" in project.books.runs.list("weekly")[0].result


@pytest.mark.parametrize(
    ("what", "result", "count"),
    [("send", "4 sent", 2), ("skip", "skipped", 0), ("ask", "waits for you", 0)],
)
def test_what_was_missed_follows_if_missed(
    what: str, result: str, count: int, run: Run, letters: Letters
) -> None:
    missed(letters, what)
    seen(letters, NOW - timedelta(days=2))
    done = json.loads(run("run", "--once", "--json"))
    assert len(done) == 2
    assert done[0]["result"].startswith("skipped")  # the later one takes its place
    assert done[1]["result"].startswith(result)
    assert len(letters.messages()) == count
    run("run", "--once")
    assert "nothing is due" in run.err


def test_two_processes_do_a_run_once(letters: Letters) -> None:
    missed(letters, "send")
    seen(letters, NOW - timedelta(days=1), readers=50)
    with publisher(letters, "run", "--once") as one, publisher(letters, "run") as two:
        _, first = one.communicate(timeout=60)
        wait(lambda: is_done(letters))
        two.send_signal(signal.SIGTERM)
        _, second = two.communicate(timeout=60)
    assert (one.returncode, two.returncode) == (0, 0), first + second
    assert len(letters.messages()) == 50
    assert (first + second).count("52 sent") == 1


@pytest.mark.parametrize("verb", [("run",), ("send", "weekly")])
def test_sigterm_ends_the_message_in_hand_and_the_rest_is_sent_later(
    verb: tuple[str, ...], letters: Letters, run: Run
) -> None:
    missed(letters, "send")
    seen(letters, NOW - timedelta(days=1), readers=MANY)
    with publisher(letters, *verb) as process:
        wait(lambda: bool(letters.messages()))
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
    sent = len(letters.messages())
    assert process.returncode == (3 if sent < MANY else 0), said
    assert "Traceback" not in said
    run("verify")
    run("send", "weekly", code=0)
    assert len(letters.messages()) == MANY


def test_one_wrong_schedule_does_not_stop_the_others(
    run: Run, letters: Letters
) -> None:
    missed(letters, "send")
    text = (letters.root / "schedules/weekly.yaml").read_text()
    letters.write("schedules/a.yaml", text.replace("when: ", "when: x"))
    letters.write(
        "schedules/b.yaml", text.replace("email: {", "email: {through: smtp, ")
    )
    letters.write(".env", "MASTODON_URL=https://m.example.org\nMASTODON_TOKEN=t\n")
    settings = (letters.root / "publisher.yaml").read_text()
    letters.write("publisher.yaml", f"{settings}channels: {{mastodon: outbox}}\n")
    seen(letters, NOW - timedelta(days=1))
    run("run", "--once", code=1)
    assert "schedules/a.yaml:3:" in run.err
    assert "channel smtp needs SMTP_HOST" in run.err
    assert "4 sent" in run.err
