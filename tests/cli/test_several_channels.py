"""Several channels for one campaign, by the commands that a person types."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, ClassVar

import pytest

from publisher import providers
from publisher.models import Health
from publisher.project import Project
from publisher.project.rehearsing import rehearse
from publisher.rehearsal import Fake, Faults, open_fake

if TYPE_CHECKING:
    from tests.cli.conftest import Run
    from tests.conftest import Letters

READERS = 40
SCHEDULE = "when: Fri 08:00\nemail: {{list: weekly, through: {through}}}\n"


class Denying(BaseHTTPRequestHandler):
    """Answers 401 to every call."""

    calls: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self.calls.append(self.path)
        self.rfile.read(int(self.headers["Content-Length"]))
        body = b'{"ErrorCode": 10, "Message": "No Account or Server API token"}'
        self.send_response(401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def denying() -> Iterator[str]:
    """A provider on loopback that refuses our token."""
    Denying.calls.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Denying) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def backup() -> Iterator[Fake]:
    """A mail server on loopback."""
    with open_fake("smtp") as fake:
        yield fake


@pytest.fixture
def two_ways(
    letters: Letters, denying: str, backup: Fake, monkeypatch: pytest.MonkeyPatch
) -> Letters:
    """A campaign with two channels, of which the first refuses us, and its readers."""
    environ = {
        "POSTMARK_URL": denying,
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }
    for one in providers.settings_of(providers.known()["postmark"], "postmark", ""):
        if one.required:
            environ[one.key] = "made-up"
    for one in providers.settings_of(providers.known()["smtp"], "smtp", "backup"):
        environ[one.key] = backup.settings.get(one.name, "made-up" * one.required)
    for key, value in environ.items():
        monkeypatch.setenv(key, value)
    invite(letters, "[postmark, 'smtp:backup']")
    return letters


def invite(letters: Letters, through: str) -> None:
    letters.write("schedules/weekly.yaml", SCHEDULE.format(through=through))
    with Project(letters.root) as project:
        rows = [{"email": f"reader{one}@example.org"} for one in range(READERS)]
        project.books.subscribers.import_rows(
            rows, lists=["weekly"], now=project.clock()
        )


def test_the_second_takes_it_where_the_first_refuses_us(
    two_ways: Letters, run: Run, backup: Fake
) -> None:
    run("plan", "weekly")
    assert "the next: postmark, smtp:backup" in run.err
    said = json.loads(run("send", "weekly", "--yes", "--json"))
    assert said["counts"]["smtp:backup"]["accepted"] == READERS
    assert sum(said["counts"]["postmark"].values()) == 0
    (move,) = said["moves"]
    assert (move["from"], move["to"], move["count"]) == (
        "postmark",
        "smtp:backup",
        READERS,
    )
    assert len(Denying.calls) == 1
    run("status", said["issue"])
    assert "40 moved from postmark to smtp:backup" in run.err
    run("verify")
    assert backup.record.calls


def test_a_plan_is_another_with_other_channels(two_ways: Letters, run: Run) -> None:
    hashes = set()
    for through in (
        "postmark",
        "[postmark, 'smtp:backup']",
        "{postmark: 70, 'smtp:backup': 30}",
        "{postmark: 60, 'smtp:backup': 40}",
    ):
        two_ways.write("schedules/weekly.yaml", SCHEDULE.format(through=through))
        plans = [json.loads(run("plan", "weekly", "--json")) for _ in range(2)]
        assert plans[0]["parts"]["audience"] == plans[1]["parts"]["audience"]
        hashes.add(plans[0]["hash"])
        assert plans[0]["deliveries"] == READERS
    assert len(hashes) == 4


def test_a_share_of_the_readers_goes_through_each(letters: Letters) -> None:
    invite(letters, "{postmark: 70, mailgun: 30}")
    with Project(letters.root) as project:
        went = rehearse(project, "weekly", readers=200)
    assert went.is_good
    sent = {name: counts["accepted"] for name, counts in went.report.counts.items()}
    assert sent == {"postmark": 140, "mailgun": 60}


def test_a_rehearsal_with_faults_goes_through_both(letters: Letters) -> None:
    invite(letters, "[postmark, mailgun]")
    with Project(letters.root) as project:
        down = Faults(first=("429",) * 6, wait=0.1)
        went = rehearse(project, "weekly", readers=100, faults=down)
    assert [(one.source, one.target) for one in went.report.moves] == [
        ("postmark", "mailgun")
    ]
    assert not went.broken
    assert went.audit.is_clean


def test_those_who_wait_for_the_winner_of_a_test_move_too(
    two_ways: Letters, run: Run, backup: Fake
) -> None:
    schedule = SCHEDULE.format(through="[postmark, 'smtp:backup']")
    test = "test: {subjects: [One, Another], share: 50}}\n"
    two_ways.write("schedules/weekly.yaml", schedule.replace("}\n", f", {test}"))
    said = json.loads(run("send", "weekly", "--yes", "--json"))
    counts = said["counts"]["smtp:backup"]
    assert counts["accepted"] + counts["planned"] == READERS
    assert READERS / 4 < counts["planned"] < READERS * 3 / 4
    assert sum(said["counts"]["postmark"].values()) == 0
    run("winner", said["issue"], "B")
    said = json.loads(run("send", said["issue"], "--yes", "--json"))
    assert said["counts"]["smtp:backup"]["accepted"] == READERS
    assert len(Denying.calls) == 1
    run("verify")


def test_a_sender_that_is_killed_while_it_moves_doubles_nobody(
    two_ways: Letters, run: Run, backup: Fake
) -> None:
    command = [sys.executable, "-m", "publisher", "send", "weekly", "--yes"]
    for wait in (0.0, 0.005, 0.02):
        before = len(Denying.calls)
        with subprocess.Popen(
            command,
            cwd=two_ways.root,
            env=os.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as sender:
            while sender.poll() is None and len(Denying.calls) == before:
                time.sleep(0.001)
            time.sleep(wait)
            sender.send_signal(signal.SIGKILL)
        with Project(two_ways.root) as project:
            assert project.books.ledger.verify() == []
            project.books.routes.change("postmark", lambda _: Health())
    run("send", "weekly", "--yes")
    with Project(two_ways.root) as project:
        assert project.books.ledger.verify() == []
        rows = project.books.ledger.deliveries("weekly/1")
        assert len(rows) == READERS
        assert {str(row.state) for row in rows} <= {"accepted", "uncertain"}
