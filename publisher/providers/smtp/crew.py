"""The crew: flights over a few connections, all in the thread of who asked.

One connection to a server near by is as fast as four, for Python does one thing at a
time; to a server far away four are four times as fast. So it begins with one, and calls
for another when most of the time is spent waiting.
"""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Iterator
from selectors import EVENT_READ, DefaultSelector
from threading import Lock
from time import monotonic

from publisher.errors import ProviderError, Refused
from publisher.models import Email
from publisher.providers.smtp.flight import Flight
from publisher.providers.smtp.job import Answer, Job
from publisher.providers.smtp.pool import Pool
from publisher.providers.smtp.servers import REST
from publisher.providers.smtp.wire import Steps, Wire

SHARE = 8  # messages for which another connection is worth its opening
FRUITLESS = 3  # connections in a row that were lost before they carried anything
LONG = 0.005  # seconds of waiting, before it matters
PART = 0.75  # of the time, which is most of it


class Crew:
    """Carries a job over up to `most` connections of a pool."""

    def __init__(self, job: Job, pool: Pool, most: int) -> None:
        self._job = job
        self._pool = pool
        self._most = most
        self._wanted = 1  # connections
        self._alone_until = 0.0  # when a server may be asked for one more
        self._fruitless = 0
        self._flights: dict[Flight, Steps[None]] = {}
        self._going: deque[Flight] = deque()  # those that need not wait
        self._listens: dict[Flight, int] = {}  # and to what the selector does
        self._opening = 0
        self._arrived: deque[Wire | Exception] = deque()  # what was opened aside
        self._is_over = False
        self._lock = Lock()  # between the end and what is opened aside
        self._selector = DefaultSelector()
        self._ear, self._bell = socket.socketpair()  # rung when something arrived
        self._ear.setblocking(False)
        self._selector.register(self._ear, EVENT_READ)
        self._watch()

    def answers(self) -> Iterator[tuple[Email, Answer]]:
        """Carry all there is, and yield what became of each as soon as it is known."""
        try:
            is_over = False
            while not is_over:
                self._launch()
                is_over = True
                for one in self._job.answered():
                    is_over = False  # there may be room for another
                    yield one
                if self._going:  # one after the other: each may have answers to tell
                    self._go_on(self._going.popleft())
                elif self._flights or self._opening or self._job.wakes_at:
                    self._wait()
                else:
                    continue
                is_over = False
            self._job.give_up()
            yield from self._job.answered()
        finally:
            self._end()

    def _end(self) -> None:
        """Let go of everything; what still flies is cut off, without a goodbye."""
        self._selector.close()
        for flight in self._flights:
            flight.wire.close()
            self._pool.give_back(flight.wire)
        with self._lock:
            self._is_over = True
            self._ear.close()
            self._bell.close()
        for one in self._arrived:
            if isinstance(one, Wire):
                self._pool.give_back(one)

    # --- connections -----------------------------------------------------------------

    def _launch(self) -> None:
        """Begin flights until there are as many as are wanted."""
        while self._arrived:
            self._opening -= 1
            self._welcome(self._arrived.popleft())
        while len(self._flights) + self._opening < self._wanted:
            wire = self._pool.kept()
            if wire is not None:
                if not self._begin(wire):
                    return
            elif not self._job.has_next():
                return
            elif self._flights:
                self._opening += 1
                self._pool.open_aside(self._ring)
            else:
                self._welcome(self._opened())

    def _opened(self) -> Wire | ProviderError:
        try:
            return self._pool.opened()
        except ProviderError as error:
            return error

    def _ring(self, arrived: Wire | Exception) -> None:
        """Tell from another thread that a connection is open, or why it is not."""
        with self._lock:
            if not self._is_over:
                self._arrived.append(arrived)
                self._bell.send(b"!")
                return
        if isinstance(arrived, Wire):
            self._pool.give_back(arrived)

    def _welcome(self, arrived: Wire | Exception) -> None:
        if isinstance(arrived, Wire):
            self._begin(arrived)
            return
        if not isinstance(arrived, ProviderError):
            raise arrived
        self._job.note(arrived)
        self._wanted = max(1, len(self._flights) + self._opening)
        self._alone_until = monotonic() + REST
        if isinstance(arrived, Refused) or not (self._flights or self._opening):
            self._job.stop(arrived)

    def _begin(self, wire: Wire) -> bool:
        """Send a message on its way; say whether there was one for this connection."""
        parcel = self._job.next(wire.server)
        if parcel is None:
            self._pool.give_back(wire)
            return False
        flight = Flight(wire, self._job, self._pool.most)
        self._flights[flight] = flight.run(parcel)
        self._go_on(flight)
        return True

    # --- flights ---------------------------------------------------------------------

    def _go_on(self, flight: Flight) -> None:
        try:
            next(self._flights[flight])
        except StopIteration:
            self._land(flight)

    def _land(self, flight: Flight) -> None:
        del self._flights[flight]
        if self._listens.pop(flight, 0):
            self._selector.unregister(flight.wire)
        is_lost = not flight.wire.is_alive
        self._pool.give_back(flight.wire)
        if flight.is_fruitful:
            self._fruitless = 0
        elif is_lost:
            self._fruitless += 1
        if self._fruitless == FRUITLESS:
            self._job.stop()

    def _wait(self) -> None:
        """Wait until flights can go on."""
        began = monotonic()
        self._listen()
        ready = self._selector.select(self._patience(began))
        now = monotonic()
        if self._listens:
            self._idle += now - began
            self._call_another(now)
        else:  # it is the pace that takes the time
            self._watch()
        going = {key.data for key, _ in ready}
        if None in going:
            self._ear.recv(1 << 10)
        self._going.extend(
            [
                flight
                for flight in self._flights
                if flight in going or now >= self._deadline(flight)
            ]
        )

    def _listen(self) -> None:
        """Have the selector know what each flight waits for."""
        for flight in self._flights:
            wants, listens = flight.wants, self._listens.get(flight)
            if wants == listens:
                continue
            if listens:
                self._selector.unregister(flight.wire)
                del self._listens[flight]
            if wants:
                self._selector.register(flight.wire, wants, flight)
                self._listens[flight] = wants

    def _patience(self, now: float) -> float | None:
        """Return how long nothing is to be done unless something arrives."""
        times = [self._deadline(flight) for flight in self._flights]
        if self._job.wakes_at:
            times.append(self._job.wakes_at)
        return max(0.0, min(times) - now) if times else None

    @staticmethod
    def _deadline(flight: Flight) -> float:
        return flight.rests_until or flight.wire.deadline

    def _watch(self) -> None:
        """Begin to note how long the servers let us wait."""
        self._idle, self._since = 0.0, monotonic()

    def _call_another(self, now: float) -> None:
        """Want one more connection where most of the time is spent waiting."""
        if self._idle <= LONG or self._idle <= (now - self._since) * PART:
            return
        self._watch()
        carriers = len(self._flights) + self._opening
        is_worth_it = self._job.carried >= SHARE * carriers and now > self._alone_until
        if is_worth_it and self._wanted == carriers < self._most:
            self._wanted += 1
