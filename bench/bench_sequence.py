"""What a sequence costs when many readers are due at once, and when nobody is.

The real road (ask who is due, draft, take, claim, merge, hand over, settle) to a
provider that takes a batch and does nothing; each length in its own process. An idle
look is one in which nobody is due, after all have had their step.
Run: .venv/bin/python bench/bench_sequence.py [READERS ...]
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

READERS = (10_000, 100_000)
LOOKS = 20
FILE = """\
when: 3 days after subscribe
since: always
articles: {only: [templates-that-last]}
email: {template: letter, list: weekly, through: mailgun}
"""
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


def measure(readers: int) -> None:
    """Send a step to so many who are due, and print what it took."""
    import resource

    from publisher.models import Channel, Email, Limits, Receipt
    from publisher.project import Project

    @dataclass(frozen=True)
    class Nothing:
        """Takes a batch, and does nothing."""

        kind = "email"
        limits = Limits(batch=500)
        first = 0.0

        def send(self, email: Email) -> Receipt:
            return self.send_many([email])[0]

        def send_many(self, emails: list[Email]) -> list[Receipt]:
            Nothing.first = Nothing.first or time.perf_counter()
            return [Receipt(email.message_id) for email in emails]

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
        for path in Path(folder, "schedules").iterdir():
            path.unlink()
        Path(folder, "schedules", "welcome.yaml").write_text(FILE)
        with Here(folder, environ={"PUBLISHER_SECRET": "s" * 32}) as project:
            with project.books.database.writing() as connection:
                for statement in FILL:
                    connection.exec_driver_sql(statement.format(readers))
            began = time.perf_counter()
            (ran,) = project.run()
            ended = time.perf_counter()
            assert ran.result == f"{readers:,} sent, 0 failed", ran.result
            idle = time.perf_counter()
            assert not [ran for _ in range(LOOKS) for ran in project.run()]
            idle = (time.perf_counter() - idle) / LOOKS
            assert not project.books.ledger.verify()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        json.dumps(
            {
                "first": Nothing.first - began,
                "per_reader": (ended - began) / readers,
                "idle": idle,
                "mb": peak,
            }
        )
    )


def main(lengths: list[int]) -> None:
    print("a sequence: first message, cost per reader, an idle look, peak memory")
    shortest = 0.0
    for readers in lengths:
        command = [sys.executable, __file__, "--measure", str(readers)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found = json.loads(done.stdout.splitlines()[-1])
        shortest = shortest or found["per_reader"]
        print(
            f"  {readers:>9,} due"
            f"  first message after {found['first']:5.2f} s"
            f"  {found['per_reader'] * 1e6:4.0f} us each"
            f" ({found['per_reader'] / shortest:.2f}x)"
            f"  idle look {found['idle'] * 1e3:5.1f} ms  {found['mb']} MB"
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(int(sys.argv[2]))
    else:
        main([int(one) for one in sys.argv[1:]] or list(READERS))
