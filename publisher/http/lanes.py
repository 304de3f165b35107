"""Lanes: calls of one message each, several at a time, for services without batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Thread
from typing import Any, Generic, Self, TypeAlias, TypeVar

from publisher.errors import ProviderError, Refused, Throttled, Unavailable
from publisher.models import Receipt

M = TypeVar("M")
P = TypeVar("P")
Answer: TypeAlias = Receipt | ProviderError


@dataclass
class Lanes(Generic[M, P]):
    """Pulls messages as lanes are free.

    `packed` makes a call of a message, in the caller's thread; `handed_over` makes it,
    in a lane, and returns its receipt. What either raises is that message's answer;
    what is about the whole channel ends the pulling, and what is on its way arrives.
    """

    messages: Iterator[M]
    packed: Callable[[M], P]
    handed_over: Callable[[P], Receipt]
    lanes: int
    _running: dict[Future[Receipt], M] = field(default_factory=dict, init=False)
    _is_over: bool = field(default=False, init=False)

    def answers(self) -> Iterator[tuple[M, Answer]]:
        """Yield each message that was pulled with its answer, in any order."""
        with _Pool(self.lanes) as pool:
            while True:
                while not self._is_over and len(self._running) < self.lanes:
                    yield from self._pulled(pool)
                if not self._running:
                    return
                done, _ = wait(self._running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield self._heard(self._running.pop(future), future)

    def _pulled(self, pool: _Pool) -> Iterator[tuple[M, Answer]]:
        """Send the next message on its way; yield it if it cannot be sent."""
        for message in self.messages:
            try:
                call = self.packed(message)
            except ProviderError as error:
                self._is_over = self._is_over or _is_about_all(error)
                yield message, error
                return
            self._running[pool.submit(self.handed_over, call)] = message
            return
        self._is_over = True

    def _heard(self, message: M, future: Future[Receipt]) -> tuple[M, Answer]:
        try:
            return message, future.result()
        except ProviderError as error:
            self._is_over = self._is_over or _is_about_all(error)
            return message, error


class _Pool:
    """Threads that a process which has to end does not wait for.

    The standard library's are waited for as long as their calls last, and one of them
    may hang.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._tasks: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._threads: list[Thread] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        for _thread in self._threads:
            self._tasks.put(None)
        if kind is None or issubclass(kind, Exception):
            for thread in self._threads:
                thread.join()

    def submit(self, work: Callable[[P], Receipt], value: P) -> Future[Receipt]:
        """Have it done by the next thread that is free."""
        future: Future[Receipt] = Future()
        self._tasks.put(lambda: _do(future, work, value))
        if len(self._threads) < self._most:
            thread = Thread(target=self._work, name="lane", daemon=True)
            self._threads.append(thread)
            thread.start()
        return future

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            task()


def _do(future: Future[Receipt], work: Callable[[Any], Receipt], value: object) -> None:
    try:
        future.set_result(work(value))
    except BaseException as error:  # noqa: BLE001  its place is the caller's thread
        future.set_exception(error)


def _is_about_all(error: ProviderError) -> bool:
    """Say whether no other message of the channel could go either, for now."""
    if isinstance(error, Unavailable):
        return not error.is_personal
    return isinstance(error, Refused | Throttled)
