"""What a long list costs: time to the first message, memory, cost per recipient.

The real road (plan, claim, merge, hand over, settle) to a provider that takes a batch
and does nothing, so that only our own cost is seen; each list in its own process.
Ratios are to the shortest list.
Run: .venv/bin/python bench/bench_scale.py [READERS ...]
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from publisher.models import Channel, Email, Kind, Limits, Receipt

READERS = (10_000, 100_000)
FILL = (
    """
with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < {})
insert into subscribers (address, normal, name, language, attributes, created_at)
select 'reader' || n || '@example.org', 'reader' || n || '@example.org', 'Reader ' || n,
       'en', '{{"city": "Rome"}}', '2026-01-01T00:00:00.000000+00:00'
  from numbers
""",
    """
insert into subscriptions (subscriber, list, state, changed_at)
select id, 'weekly', 'confirmed', '2026-01-01T00:00:00.000000+00:00'
  from subscribers
""",
)


@dataclass
class Nothing:
    """Takes a batch, and does nothing."""

    kind: ClassVar[Kind] = "email"
    limits: ClassVar[Limits] = Limits(batch=500)
    first: ClassVar[float] = 0.0

    def send(self, email: Email) -> Receipt:
        return self.send_many([email])[0]

    def send_many(self, emails: list[Email]) -> list[Receipt]:
        Nothing.first = Nothing.first or time.perf_counter()
        return [Receipt(email.message_id) for email in emails]


def measure(readers: int) -> None:
    """Send to a list of this length, and print what it took."""
    import resource

    from publisher.project import Project

    class Here(Project):
        """Opens one channel."""

        def channel(self, name: str) -> Channel:
            if name == "mailgun":
                return Channel(name, name, "email", Nothing.limits, Nothing())
            return super().channel(name)

    with tempfile.TemporaryDirectory() as folder:
        init = [sys.executable, "-m", "publisher", "init", folder]
        subprocess.run(init, check=True, capture_output=True)
        Path(folder, ".env").write_text("MAILGUN_KEY=k\n")
        with Here(folder, environ={"PUBLISHER_SECRET": "s" * 32}) as project:
            with project.books.database.writing() as connection:
                for statement in FILL:
                    connection.exec_driver_sql(statement.format(readers))
            began = time.perf_counter()
            plan = project.plan("weekly-digest", through="mailgun")
            planned = time.perf_counter()
            report = project.send(plan)
            ended = time.perf_counter()
            assert report.counts["mailgun"]["accepted"] == readers
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        json.dumps(
            {
                "plan": planned - began,
                "first": Nothing.first - planned,
                "per_reader": (ended - planned) / readers,
                "mb": peak,
            }
        )
    )


def main(lengths: list[int]) -> None:
    print("a long list: plan, first message, cost per recipient, peak memory")
    shortest = 0.0
    for readers in lengths:
        command = [sys.executable, __file__, "--measure", str(readers)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found = json.loads(done.stdout.splitlines()[-1])
        shortest = shortest or found["per_reader"]
        print(
            f"  {readers:>9,} readers  plan {found['plan']:5.2f} s"
            f"  first message after {found['first']:4.2f} s"
            f"  {found['per_reader'] * 1e6:4.0f} us each"
            f" ({found['per_reader'] / shortest:.2f}x)  {found['mb']} MB"
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(int(sys.argv[2]))
    else:
        main([int(one) for one in sys.argv[1:]] or list(READERS))
