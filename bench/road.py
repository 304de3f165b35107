"""The whole road: files and books in a folder, and the command `publisher send`."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter

SETTINGS = """\
site:
  name: The Lantern
  url: https://example.org/
  language: en
  timezone: Europe/Rome
  postal_address: 7 Harbour Steps, Genova
sender: {name: The Lantern, address: letters@example.org}
articles: [articles]
fetch: {max_mb: 1000}
"""
SCHEDULE = """\
articles: {at_least: 1, at_most: 10, since: always}
email: {template: digest, list: LIST, through: smtp}
"""
PARAGRAPH = "Salt, light and the long way home — a keeper's notes. " * 12


def lay_out(folder: Path, lists: Sequence[str], readers: int) -> None:
    """Make a publication of ten articles, with a campaign and its readers per list."""
    (folder / "articles").mkdir(parents=True)
    (folder / "schedules").mkdir()
    settings = SETTINGS + f"lists: {json.dumps({one: one for one in lists})}\n"
    (folder / "publisher.yaml").write_text(settings, encoding="utf-8")
    for number in range(10):
        head = f"---\ntitle: Letter {number} from the harbour\ndate: 2026-11-01\n---\n"
        article = head + f"{PARAGRAPH}\n\n" * 8
        (folder / "articles" / f"letter-{number}.md").write_text(article, "utf-8")
    for name in lists:
        schedule = SCHEDULE.replace("LIST", name)
        (folder / "schedules" / f"{name}.yaml").write_text(schedule, encoding="utf-8")
        people = folder / f"{name}.csv"
        rows = (
            f"{name}-{number}@example.org,Reader {number}\n"
            for number in range(readers)
        )
        people.write_text("email,name\n" + "".join(rows), encoding="utf-8")
        command(folder, {}, "subscribers", "import", str(people), "--list", name)


def command(folder: Path, settings: Mapping[str, str], *words: str) -> None:
    """Run a command of publisher in a folder, and wait for its end."""
    assert started(folder, settings, *words).wait() == 0, words


def started(
    folder: Path, settings: Mapping[str, str], *words: str
) -> subprocess.Popen[bytes]:
    """Begin a command of publisher in a folder."""
    return subprocess.Popen(
        [sys.executable, "-m", "publisher", *words],
        cwd=folder,
        env={**os.environ, **settings},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def sent(
    folder: Path, settings: Mapping[str, str], campaigns: Sequence[str]
) -> tuple[float, float, float]:
    """Send campaigns, each by a command, all at once.

    Returns the seconds of all, the CPU seconds, and the megabytes of the largest,
    from the start of the commands to their end.
    """
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    running = [started(folder, settings, "send", one, "--yes") for one in campaigns]
    peak = max(_megabytes(one.pid) for one in running)
    took = perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return took, cpu, peak


def _megabytes(process: int) -> float:
    """Wait for a process; return how many megabytes it had at most."""
    _, status, usage = os.wait4(process, 0)
    assert status == 0, "a command failed"
    return usage.ru_maxrss / 1024
