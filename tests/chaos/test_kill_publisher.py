"""Kills the real `publisher send` at any moment: each reader gets one message.

`PUBLISHER_KILLS=200 pytest -m chaos tests/chaos/test_kill_publisher.py` for more.
"""

from __future__ import annotations

import email
import email.policy
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.chaos
READERS = 2_000
KILLS = int(os.environ.get("PUBLISHER_KILLS", "40"))
SCHEDULE = """\
when: Fri 08:00
articles: {at_most: 50}  # all that are new, so that a finished issue leaves nothing
email: {template: digest, list: weekly}
posts: [{template: announcement, through: [mastodon, bluesky]}]
"""


def publisher(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "publisher", *arguments],
        cwd=folder,
        env=os.environ | {"NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finished(folder: Path, *arguments: str) -> str:
    with publisher(folder, *arguments) as process:
        said, _ = process.communicate(timeout=300)
    assert process.returncode == 0, said
    return said


@pytest.fixture
def letters(tmp_path: Path) -> Path:
    """A new folder whose weekly list has two thousand readers."""
    finished(tmp_path, "init", "letters")
    folder = tmp_path / "letters"
    (folder / "schedules" / "all.yaml").write_text(SCHEDULE, "utf-8")
    rows = "".join(f"r{number}@readers.example.org\n" for number in range(READERS))
    (folder / "readers.csv").write_text(f"email\n{rows}", "utf-8")
    finished(folder, "subscribers", "import", "readers.csv", "--list", "weekly")
    return folder


def messages(folder: Path) -> list[Path]:
    return list((folder / "outbox").rglob("*.eml"))


def kill(folder: Path, chance: random.Random) -> bool:
    """Start a send and kill it: some while they plan, most while they write."""
    before = len(messages(folder))
    with publisher(folder, "send", "all", "--yes") as sender:
        wait_for_first = chance.random() < 0.8
        while wait_for_first and sender.poll() is None:
            if len(messages(folder)) > before:
                break
            time.sleep(0.005)
        time.sleep(chance.uniform(0, 0.05 if wait_for_first else 1.5))
        was_at_work = sender.poll() is None
        sender.kill()
    return was_at_work


def recipient(path: Path) -> str:
    with path.open("rb") as file:
        head = email.message_from_binary_file(file, policy=email.policy.default)
    return str(head["To"].addresses[0].addr_spec)


def test_every_reader_gets_one_message_however_often_it_is_killed(
    letters: Path,
) -> None:
    chance = random.Random(7)  # noqa: S311  repeatable on purpose
    killed = sum(kill(letters, chance) for _ in range(KILLS))
    finished(letters, "send", "all", "--yes")
    finished(letters, "verify")
    sent = [recipient(path) for path in messages(letters)]
    assert len(sent) == len(set(sent)) == READERS
    issues = {
        path.relative_to(letters / "outbox").parts[0] for path in messages(letters)
    }
    assert len(issues) == 1, "a killed issue is continued, never begun again"
    posts = list((letters / "outbox").rglob("*.json"))
    assert len(posts) == len({path.name for path in posts})
    strays = [path for path in (letters / "outbox").rglob(".*") if path.is_file()]
    assert strays == [], "half-written files are cleaned up"
    print(f"killed {killed} of {KILLS} at work; {len(sent)} messages, one each")
