"""A sequence on the command line: from the file to the outbox, and what is said."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from publisher import Project
from publisher.project.running import run_campaign

if TYPE_CHECKING:
    from tests.cli.conftest import Run
    from tests.conftest import Letters

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
FILE = """\
when: 3 days after subscribe
articles: {only: [first-light]}
email: {template: letter, list: weekly}
"""


@pytest.fixture
def begun(letters: Letters) -> Letters:
    """A sequence that began ten days ago: three are due now, and one is not."""
    letters.write("schedules/hi.yaml", FILE)
    (letters.root / "schedules/weekly.yaml").unlink()
    with Project(letters.root, clock=lambda: NOW - 10 * DAY) as project:
        campaign = project.campaign("hi")
        assert campaign
        assert run_campaign(project, campaign, stop=lambda: False) == []
    with Project(letters.root) as project:
        for name, days in (("ana", 9), ("bo", 4), ("cy", 3), ("dee", 1)):
            project.books.subscribers.add(
                f"{name}@example.org", lists=["weekly"], now=NOW - days * DAY
            )
    return letters


def test_schedules_say_when_the_next_is_due(begun: Letters, run: Run) -> None:
    next_at = (NOW + 2 * DAY).replace(microsecond=0).isoformat()
    said = run("schedules")
    assert "hi: 3 days after somebody subscribes" in said
    assert "3 readers are due, 1 waits, the next on " in said
    (one,) = json.loads(run("schedules", "--json"))
    assert one["step"] | {"next": ""} == {
        "due": 3,
        "asked": 0,
        "waiting": 1,
        "next": "",
        "wish": "",
    }
    found = datetime.fromisoformat(one["step"]["next"]).astimezone(UTC)
    assert found.replace(microsecond=0).isoformat() == next_at
    assert begun.messages() == []


def test_plan_says_who_is_due_and_send_sends_it(begun: Letters, run: Run) -> None:
    run("plan", "hi")
    assert "issue hi/1: 3 days after somebody subscribes" in run.err
    assert "3 readers are due, 1 waits, the next on " in run.err
    assert json.loads(run("plan", "hi", "--json"))["step"]["due"] == 3
    run("check", "hi")
    run("send", "hi", "--dry-run")
    assert begun.messages() == []
    run("send", "hi")
    assert "hi/1: 3 sent, 0 skipped, 0 failed" in run.err
    assert len(begun.messages()) == 3
    run("send", "hi")
    assert "nothing to send: nobody is due, 1 waits, the next on " in run.err
    assert "hi/1" in run("status")
    assert "hi/1: nobody is due, 1 waits, the next on " in run.err
    run("verify")


def test_run_sends_what_is_due_and_says_so_once(begun: Letters, run: Run) -> None:
    (ran,) = json.loads(run("run", "--once", "--json"))
    assert (ran["issue"], ran["result"]) == ("hi/1", "3 sent, 0 failed")
    assert len(begun.messages()) == 3
    run("run", "--once")
    assert "nothing is due" in run.err


def test_a_sequence_is_paused_resumed_and_cancelled_by_its_issue(
    begun: Letters, run: Run
) -> None:
    run("pause", "hi/1")
    run("run", "--once")
    assert "nothing is due" in run.err
    run("send", "hi", code=0)
    assert "paused; to go on: publisher resume hi/1" in run.err
    run("resume", "hi/1")
    run("send", "hi/1")  # as the answer to `resume` says
    assert "hi/1: 3 sent, 0 skipped, 0 failed" in run.err
    run("cancel", "hi/1", "--yes")
    run("plan", "hi")
    assert "cancelled: nobody gets it any more" in run.err
    run("send", "hi")
    assert len(begun.messages()) == 3
    run("send", "hi", "--hold", "5m", code=2)
    run("verify")


def test_two_processes_send_to_each_once(begun: Letters) -> None:
    with Project(begun.root) as project:
        rows = [{"email": f"reader{n}@example.org"} for n in range(60)]
        before = NOW - 5 * DAY
        project.books.subscribers.import_rows(
            rows, lists=["weekly"], now=before, as_new=True
        )
    command = [sys.executable, "-m", "publisher", "-C", str(begun.root), "run"]
    with (
        subprocess.Popen([*command, "--once"], stderr=subprocess.PIPE) as one,
        subprocess.Popen([*command, "--once"], stderr=subprocess.PIPE) as two,
    ):
        said = b"".join(each.communicate(timeout=60)[1] for each in (one, two))
    assert (one.returncode, two.returncode) == (0, 0), said
    assert said.count(b"63 sent") == 1
    assert len(begun.messages()) == 63


@pytest.mark.parametrize(
    ("flags", "since", "count"),
    [((), "first seen", 0), (("--as-new",), "first seen", 2), ((), "always", 2)],
)
def test_who_is_imported_is_greeted_only_as_new(
    flags: tuple[str, ...], since: str, count: int, letters: Letters, run: Run
) -> None:
    text = FILE.replace("3 days", "at once")
    letters.write("schedules/hi.yaml", f"since: {since}\n{text}")
    run("run", "--once")
    letters.write("people.csv", "email\nana@example.org\nbo@example.org\n")
    file = str(letters.root / "people.csv")
    run("subscribers", "import", file, "--list", "weekly", *flags)
    run("run", "--once")
    assert len(letters.messages()) == count
    run("verify")


def test_send_by_hand_begins_a_sequence(letters: Letters, run: Run) -> None:
    letters.write("schedules/hi.yaml", FILE.replace("3 days", "1 hour"))
    run("plan", "hi")
    words = "nobody is due, who subscribes from its first run on is in it"
    assert words in run.err
    run("send", "hi", "--dry-run")
    run("status")
    assert "nothing was sent yet" in run.err
    run("send", "hi")
    assert "it has begun: who subscribes from now on is in it" in run.err
    with Project(letters.root) as project:
        assert list(project.sequences()) == ["hi/1"]
    run("status")
    assert "hi/1: nobody is due" in run.err


def test_a_channel_that_is_not_configured_hides_no_schedule(
    letters: Letters, run: Run
) -> None:
    letters.write("schedules/hi.yaml", FILE.replace("list:", "through: smtp, list:"))
    letters.write(".env", "MASTODON_URL=https://m.example.org\nMASTODON_TOKEN=t\n")
    assert "hi: 3 days after somebody subscribes" in run("schedules")
    run("run", "--once", code=1)
    assert "channel smtp needs SMTP_HOST" in run.err


def test_a_rehearsal_of_a_sequence_writes_to_everybody_at_once(
    begun: Letters, run: Run
) -> None:
    run("rehearse", "hi", "--readers", "20")
    assert "20" in run.err
    assert begun.messages() == []
