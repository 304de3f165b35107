"""A service with a strict quota on loopback, and campaigns that share an account of it.

Run: python -m tests.pace.quota [--job NUMBER URL FOLDER ...]
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock, Thread
from typing import Any, ClassVar

from publisher.http.call import post_json
from publisher.models import (
    Channel,
    Delivery,
    Issue,
    Kind,
    Limits,
    Message,
    Pace,
    Post,
    PostDraft,
    Receipt,
    State,
)
from publisher.sender import deliver
from publisher.store import open_books

ROOT = Path(__file__).parents[2]
# Seconds within which a call may not know yet of another's refusal: it has to be
# written into the books first, where other processes write too.
ON_ITS_WAY = 0.25


@dataclass
class Quota:
    """A bucket that holds `most` calls, filled by `per_second`; beyond it is 429.

    It says to wait for whole seconds, as most services do.
    """

    per_second: float
    most: float
    taken: list[float] = field(default_factory=list)  # when
    refused: list[tuple[float, float]] = field(default_factory=list)  # when, until when
    early: int = 0  # calls before the time that was asked for
    _left: float = -1.0
    _at: float = 0.0
    _lock: Lock = field(default_factory=Lock)

    def ask(self) -> float:
        """Return 0 where the call is taken, else for how many seconds to wait."""
        with self._lock:
            now = time.monotonic()
            if self._left < 0:
                self._left, self._at = self.most, now
            filled = self._left + (now - self._at) * self.per_second
            self._left, self._at = min(self.most, filled), now
            self.early += any(
                since + ON_ITS_WAY < now < until for since, until in self.refused[-8:]
            )
            if self._left >= 1:
                self._left -= 1
                self.taken.append(now)
                return 0.0
            wait = math.ceil((1 - self._left) / self.per_second)
            self.refused.append((now, now + wait))
            return wait

    def optimum(self) -> float:
        """Return in how many seconds so many calls could have been made at best."""
        return (len(self.taken) - self.most) / self.per_second

    def ratio(self) -> float:
        """Return how many times as long it took, from the first call to the last."""
        return (self.taken[-1] - self.taken[0]) / self.optimum()


@contextmanager
def serving(quota: Quota) -> Iterator[str]:
    """Give the address of a service with this quota."""

    class Desk(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            wait = quota.ask()
            body = json.dumps({"id": "1"}).encode()
            self.send_response(429 if wait else 200)
            if wait:
                self.send_header("Retry-After", f"{wait:g}")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    class Service(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

    with Service(("127.0.0.1", 0), Desk) as service:
        thread = Thread(target=service.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{service.server_address[1]}/"
        finally:
            service.shutdown()
            thread.join()


@dataclass(frozen=True)
class Limited:
    """Posts to the service, of whose quota nothing is known."""

    url: str

    kind: ClassVar[Kind] = "post"
    limits: ClassVar[Limits] = Limits()

    def send(self, post: Post) -> Receipt:
        """Hand the post over in one call."""
        return Receipt(post_json(self.url, {"text": post.text})["id"])


def campaign(folder: Path, url: str, number: int, count: int, rate: float) -> str:
    """Send one issue of posts; "" where nothing is left."""
    issue = Issue(
        id=f"jobs/{number}",
        campaign="jobs",
        number=number,
        articles=(),
        planned_at=datetime(2026, 11, 20, tzinfo=UTC),
    )
    draft = PostDraft(template="x", network="limited", article="", text="Hi")
    rows = [
        Delivery(
            key=f"{issue.id}/limited/{one}",
            issue=issue.id,
            channel="limited",
            draft=draft.id,
        )
        for one in range(count)
    ]

    def message_of(delivery: Delivery) -> Message:
        return Post(key=delivery.key, text="Hi")

    provider = Limited(url)
    with open_books(f"sqlite:///{folder / 'books.sqlite3'}") as books:
        books.ledger.begin(issue, {draft.id: draft}, rows)
        return deliver(
            issue.id,
            channel=Channel("limited", "limited", "post", provider.limits, provider),
            ledger=books.ledger,
            message_of=message_of,
            skip_reason=lambda _row: "",
            now=lambda: datetime.now(UTC),
            sleep=time.sleep,
            pace=Pace(per_second=rate or None),
            account=books.paces.account("one", channel="limited", zone=UTC),
        )


@dataclass(frozen=True)
class Ended:
    """How a job ended: the deliveries by state, and why each campaign stopped."""

    states: dict[str, int]
    stopped: list[str]


def in_threads(folder: Path, url: str, jobs: int, count: int, rate: float) -> Ended:
    """Run campaigns at once, each with books of its own on the same file."""
    open_books(f"sqlite:///{folder / 'books.sqlite3'}").close()
    with ThreadPoolExecutor(jobs) as threads:
        work = [
            threads.submit(campaign, folder, url, number, count, rate)
            for number in range(1, jobs + 1)
        ]
        return _ended(folder, jobs, [one.result() for one in work])


def in_processes(folder: Path, url: str, jobs: int, count: int, rate: float) -> Ended:
    """Run campaigns at once, each in a process."""
    open_books(f"sqlite:///{folder / 'books.sqlite3'}").close()
    command = [sys.executable, "-m", "tests.pace.quota", "--job"]
    work = [
        subprocess.Popen(
            [*command, str(folder), url, str(number), str(count), str(rate)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(1, jobs + 1)
    ]
    return _ended(folder, jobs, [one.communicate()[0].strip() for one in work])


def _ended(folder: Path, jobs: int, stopped: Sequence[str]) -> Ended:
    states: dict[str, int] = {}
    with open_books(f"sqlite:///{folder / 'books.sqlite3'}") as books:
        for number in range(1, jobs + 1):
            for state, count in books.ledger.counts(f"jobs/{number}")[
                "limited"
            ].items():
                states[state] = states.get(state, 0) + count
        assert books.ledger.verify() == []
    found = {State(state): count for state, count in states.items() if count}
    return Ended({f"{one}": n for one, n in found.items()}, [*filter(None, stopped)])


def bench() -> None:
    """Print how near to the quota the campaigns come."""
    for is_known in (True, False):
        for jobs in (1, 4):
            most = 5 if is_known else 20
            quota = Quota(per_second=20, most=most)
            with TemporaryDirectory() as folder, serving(quota) as url:
                rate = quota.per_second if is_known else 0
                ended = in_processes(Path(folder), url, jobs, 400 // jobs, rate)
            sys.stdout.write(
                f"pace: {jobs} at once, quota 20/s {'known' if is_known else 'unknown'}"
                f": {quota.ratio():.3f} of the optimum's time"
                f", {ended.states.get('failed', 0)} failed, {len(quota.refused)} times "
                f"429, {quota.early} too early\n"
            )
            sys.stdout.flush()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--job"]:
        where, address, place, number_of, most_a_second = sys.argv[2:]
        why = campaign(
            Path(where), address, int(place), int(number_of), float(most_a_second)
        )
        sys.stdout.write(why)
    else:
        bench()
