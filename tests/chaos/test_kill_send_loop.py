"""Kills the sender many times, at any moment, and counts what arrived."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from publisher.models import State
from publisher.store import open_books

pytestmark = pytest.mark.chaos
SENDER = Path(__file__).with_name("sender.py")
COUNT = 2_000
KILLS = 40


def start(folder: Path, way: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(SENDER), str(folder), way],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def kill_many_times(folder: Path, way: str, *, seed: int) -> int:
    """Start the sender and kill it, again and again; return how many died at work."""
    chance = random.Random(seed)  # noqa: S311  repeatable on purpose
    killed = 0
    for round_ in range(KILLS):
        with start(folder, way) as sender:
            if round_ % 4:  # some die while they begin, most while they send
                assert sender.stdout
                sender.stdout.readline()
                time.sleep(chance.uniform(0, 0.06))
            else:
                time.sleep(chance.uniform(0, 1.2))
            if sender.poll() is None:
                killed += 1
            sender.kill()
    return killed


def finish(folder: Path, way: str) -> dict[str, int]:
    """Run to the end, and return the counts of a ledger that is proven."""
    with start(folder, way) as sender:
        _, said = sender.communicate(timeout=300)
        assert sender.returncode == 0, said
    with open_books(f"sqlite:///{folder / 'books.sqlite3'}") as books:
        assert books.ledger.verify() == []
        return books.ledger.counts("i/1")["x"]


def test_where_keys_are_remembered_everything_arrives_once(tmp_path: Path) -> None:
    assert kill_many_times(tmp_path, "memory", seed=1) > KILLS // 2
    assert finish(tmp_path, "memory")[State.ACCEPTED] == COUNT
    files = [path for path in (tmp_path / "out").iterdir() if path.name[0] != "."]
    assert len(files) == COUNT


def test_where_nothing_is_remembered_nothing_is_doubled(tmp_path: Path) -> None:
    killed = kill_many_times(tmp_path, "blind", seed=2)
    counts = finish(tmp_path, "blind")
    assert killed > KILLS // 2
    assert counts[State.UNCERTAIN] <= killed
    assert counts[State.ACCEPTED] + counts[State.UNCERTAIN] == COUNT
    sent = Counter((tmp_path / "log").read_text().splitlines())
    assert set(sent.values()) == {1}
    assert counts[State.ACCEPTED] <= len(sent) <= COUNT


def test_two_senders_of_one_issue_at_once(tmp_path: Path) -> None:
    with start(tmp_path, "blind") as first:
        assert first.stdout
        first.stdout.readline()
        with start(tmp_path, "blind") as second:
            _, said = second.communicate(timeout=60)
        assert "another publisher is sending i/1" in said
        assert second.returncode == 1
        first.communicate(timeout=300)
    assert finish(tmp_path, "blind")[State.ACCEPTED] == COUNT
    sent = (tmp_path / "log").read_text().splitlines()
    assert len(sent) == len(set(sent)) == COUNT
