"""Kills a sender at any moment, over SMTP and batch APIs that fail on purpose.

Nothing is lost, nothing is doubled in silence, and in doubt is at most what was on its
way when a sender died. Prints a matrix, one line for each provider.

`PUBLISHER_KILLS=2000 pytest -m chaos -s tests/chaos/test_kill_matrix.py` for more.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from publisher import providers
from publisher.project import Project
from publisher.rehearsal import Fake, audit, faults_of, open_fake

pytestmark = pytest.mark.chaos
SECRET = "s" * 32
KILLS = int(os.environ.get("PUBLISHER_KILLS", "40"))
PROVIDERS = ("smtp", "mailgun", "sendgrid", "postmark")
EARLY = 0.1  # of all kills come while it plans
FAULTS = "429:0.02,500:0.02,reset:0.03"
READERS_PER_KILL = {"smtp": 200, "mailgun": 800, "sendgrid": 800, "postmark": 300}
SCHEDULE = """\
when: Fri 08:00
articles: {at_most: 50}  # all that are new, so that a finished issue leaves nothing
email: {template: digest, list: weekly}
"""


class Nest:
    """A warm process that starts senders."""

    def __init__(self, folder: Path, provider: str, environ: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [
                sys.executable,
                str(Path(__file__).with_name("nest.py")),
                folder,
                provider,
            ],
            env=os.environ | environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self) -> int:
        """Start a sender, and return its number."""
        assert self.process.stdin
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return self._answer()

    def ended(self) -> int:
        """Return how the last one ended: 0, 1, 3, or less than 0 for a signal."""
        return self._answer()

    def _answer(self) -> int:
        assert self.process.stdout
        return int(self.process.stdout.readline())


@contextmanager
def nest(folder: Path, provider: str, fake: Fake) -> Iterator[Nest]:
    environ = {"PUBLISHER_SECRET": SECRET, "NO_PROXY": "127.0.0.1"}
    for one in providers.settings_of(providers.known()[provider], provider, ""):
        made_up = "made-up" if one.required else ""
        environ[one.key] = fake.settings.get(one.name, made_up)
    opened = Nest(folder, provider, environ)
    try:
        yield opened
    finally:
        opened.process.kill()
        opened.process.communicate()


def letters(folder: Path, readers: int) -> Project:
    """Return a new project whose weekly list has this many readers."""
    init = [sys.executable, "-m", "publisher", "init", str(folder)]
    subprocess.run(init, check=True, capture_output=True)
    (folder / "schedules" / "all.yaml").write_text(SCHEDULE, "utf-8")
    project = Project(folder, environ={**os.environ, "PUBLISHER_SECRET": SECRET})
    rows = ({"email": f"r{number}@readers.example.org"} for number in range(readers))
    project.books.subscribers.import_rows(rows, lists=["weekly"], now=project.clock())
    return project


def kill(
    opened: Nest, project: Project, fake: Fake, chance: random.Random
) -> tuple[bool, int]:
    """Kill a sender at a random moment; return whether, and how many it had claimed.

    Now and then while it plans, mostly while it sends.
    """
    before = fake.record.calls
    number = opened.start()
    deadline = time.monotonic() + 3
    if chance.random() < EARLY:
        deadline = time.monotonic() + chance.uniform(0, 1)
    while fake.record.calls == before and time.monotonic() < deadline:
        time.sleep(0.002)
    time.sleep(chance.uniform(0, 0.15))
    with suppress(ProcessLookupError):  # it was done
        os.kill(number, signal.SIGKILL)
    was_at_work = opened.ended() < 0
    counts = project.books.ledger.counts("all/1")
    return was_at_work, sum(one["claimed"] for one in counts.values())


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_killed_sender_loses_and_doubles_nothing(
    tmp_path: Path, provider: str
) -> None:
    kills = max(4, KILLS // len(PROVIDERS))
    readers = kills * READERS_PER_KILL[provider]
    project = letters(tmp_path / "letters", readers)
    chance = random.Random(f"{provider} {kills}")  # noqa: S311  repeatable on purpose
    at_work = under_way = most = 0
    with (
        open_fake(provider, faults_of(FAULTS, seed=kills)) as fake,
        nest(tmp_path / "letters", provider, fake) as opened,
    ):
        for _ in range(kills):
            was_at_work, claimed = kill(opened, project, fake, chance)
            at_work += was_at_work
            under_way += claimed
            most = max(most, claimed)
        for _ in range(30):  # faults may stop a channel; the same command goes on
            opened.start()
            if opened.ended() == 0:
                break
        log = tmp_path / "letters" / "error.log"
        assert not log.exists(), log.read_text("utf-8")
        ledger = project.books.ledger
        counts = ledger.counts("all/1")[provider]
        found = audit(ledger.deliveries("all/1"), fake.record, salt=project.salt)
        unsure = counts["uncertain"]
        limit = providers.known()[provider].limits.batch
        # A call that broke before its answer was heard is in doubt, too.
        broken = fake.record.faults["reset"] + fake.record.faults["500"]
        print(
            f"\n{provider:>9}: {kills} kills ({at_work} at work), {readers:,} readers, "
            f"{counts['accepted']:,} accepted, {found.losses} lost, {found.doubles} "
            f"doubled, {unsure:,} uncertain: {under_way:,} were on their way at a kill "
            f"(at most {most}), and {broken:,} calls broke off; "
            f"faults {dict(fake.record.faults)}"
        )
        assert ledger.verify() == []
        assert counts["planned"] == counts["claimed"] == counts["skipped"] == 0
        assert counts["accepted"] + unsure + counts["failed"] == readers
        assert (found.losses, found.doubles, found.strangers) == (0, 0, 0)
        assert unsure <= under_way + broken * limit
        assert most <= max(limit, 3 * 32 if provider == "smtp" else limit)
        assert at_work > 0
    project.close()
