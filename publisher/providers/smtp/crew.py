"""The crew: threads that carry the messages of one call, each over its connection.

One connection to a server near by is faster than four, for Python does one thing at a
time; to a server far away four are four times as fast. So it begins with one, and
whoever spends its time waiting calls for another.
"""

from __future__ import annotations

from threading import Lock, Thread

from publisher.errors import ProviderError, Refused, Unavailable
from publisher.providers.smtp.dialogue import Parcel
from publisher.providers.smtp.flight import Flight
from publisher.providers.smtp.job import Job
from publisher.providers.smtp.pool import Pool
from publisher.providers.smtp.wire import GOODBYE

SHARE = 8  # messages for which another connection is worth its opening
FRUITLESS = 3  # connections in a row that were lost before they carried anything


class Crew:
    """Carries a job over up to `most` connections of a pool."""

    def __init__(self, job: Job, pool: Pool, most: int, per_second: float) -> None:
        self._job = job
        self._pool = pool
        self._most = most
        self._per_second = per_second
        self._threads: list[Thread] = []
        self._lock = Lock()
        self._accident: Exception | None = None  # what no thread should raise

    def carry(self, first: Parcel) -> None:
        """Carry `first` and all that wait."""
        try:
            for _ in range(self._pool.idle - 1):  # they were worth it the last time
                self._call_another()
            self._carry(first)
            for thread in self._threads:  # which may grow while the first ones end
                thread.join()
        except BaseException:
            self._job.stop(Unavailable("smtp: it was interrupted"))
            self._pool.abort()
            for thread in self._threads:
                thread.join(GOODBYE)
            raise
        if self._accident is not None:
            raise self._accident

    def _call_another(self) -> None:
        with self._lock:
            carriers = len(self._threads) + 1
            if carriers >= self._most or self._job.waiting < SHARE * carriers:
                return
            thread = Thread(target=self._carry_or_tell, daemon=True)
            thread.start()
            self._threads.append(thread)

    def _carry_or_tell(self) -> None:
        try:
            self._carry(self._job.next())
        except Exception as error:  # noqa: BLE001  a thread has nobody to raise it to
            self._accident = error

    def _carry(self, parcel: Parcel | None) -> None:
        """Carry until nothing waits, over another connection when one is lost."""
        fruitless = 0
        while parcel is not None:
            try:
                wire = self._pool.take()
            except ProviderError as error:
                self._job.give_back([parcel])
                self._job.note(error)
                self._most = 0  # whoever is there goes on; nobody else is called
                if isinstance(error, Refused):
                    self._job.stop(error)
                return
            flight = Flight(
                wire, self._job, self._pool.most, self._per_second, self._call_another
            )
            try:
                flight.run(parcel)
            finally:
                self._pool.give_back(wire)
            fruitless = 0 if flight.is_fruitful else fruitless + 1
            if fruitless == FRUITLESS:
                return
            parcel = self._job.next()
