"""The wire: one connection to a server, bytes out and replies in."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Generator
from contextlib import suppress
from selectors import EVENT_READ, EVENT_WRITE, DefaultSelector
from time import monotonic
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from publisher.providers.smtp.replies import Replies, Reply

if TYPE_CHECKING:
    from publisher.providers.smtp.servers import Server

CONNECT, ANSWER = 5.0, 30.0  # seconds
GOODBYE = 2.0  # seconds for what nobody waits for any more
UNREADABLE = "the server's answer cannot be read"
_CHUNK = 1 << 16  # bytes that TLS gets at once
_NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)

T = TypeVar("T")
# What is done in steps: it stops where it would have to wait, and whoever goes through
# the steps waits until the wire has what it `wants`, or its `deadline` is over.
Steps: TypeAlias = Generator[None, None, T]


class Lost(Exception):  # noqa: N818  never leaves this folder
    """The connection is of no use any more.

    `is_over` says that the server ended it, so that it does nothing more with what it
    got; otherwise it is silent, or says what cannot be understood.
    """

    def __init__(self, why: str, *, is_over: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.is_over = is_over


class Wire:
    """A connection, what its server offers, and how much went over it."""

    def __init__(self, server: Server, line: socket.socket) -> None:
        self.server = server
        self.features: dict[str, str] = {}
        self.carried = 0  # messages begun
        self.is_dirty = False  # a message was begun and not ended: RSET before the next
        self.is_alive = True
        self.written = 0  # bytes, also those that wait
        self.risked = 0  # of them, those that may have left
        self.patience = ANSWER
        self.wants = EVENT_READ
        self.deadline = 0.0
        self.replies = Replies()
        self._unsent: list[bytes] = []
        self._use(line)

    def _use(self, line: socket.socket) -> None:
        line.settimeout(0)
        self._line = line
        self._secure = line if isinstance(line, ssl.SSLSocket) else None

    def fileno(self) -> int:
        """Return by which number the system knows it."""
        return self._line.fileno()

    def secure(self, context: ssl.SSLContext, host: str) -> None:
        """Speak TLS from now on."""
        self._line.settimeout(self.patience)
        self._use(context.wrap_socket(self._line, server_hostname=host))

    # --- out -------------------------------------------------------------------------

    def put(self, *parts: bytes) -> None:
        """Have it written before the next reply is waited for, together with others."""
        self._unsent.extend(parts)
        self.written += sum(map(len, parts))

    def flush(self) -> Steps[None]:
        """Write all of it, or raise `Lost`; `risked` then tells how far it came."""
        if not self._unsent:
            return
        parts, self._unsent = self._unsent, []
        self.deadline = monotonic() + self.patience
        try:
            if self._secure is None:
                yield from self._write_plain(parts)
            else:
                yield from self._write_secure(self._secure, parts)
        except OSError:
            raise self._lost("the connection broke", is_over=True) from None

    def _write_plain(self, parts: list[bytes]) -> Steps[None]:
        # A call that fails has taken nothing: what left is known to the byte.
        with suppress(BlockingIOError):
            self.risked += self._line.sendmsg(parts)
        left = self.written - self.risked
        if not left:
            return
        rest = memoryview(b"".join(parts))[-left:]
        while rest:
            yield from self._wait_for(EVENT_WRITE, "the server takes no more")
            with suppress(BlockingIOError):
                taken = self._line.send(rest)
                self.risked += taken
                rest = rest[taken:]
                self.deadline = monotonic() + self.patience

    def _write_secure(self, line: ssl.SSLSocket, parts: list[bytes]) -> Steps[None]:
        rest = memoryview(b"".join(parts))
        while rest:
            chunk, rest = rest[:_CHUNK], rest[_CHUNK:]
            self.risked += len(chunk)  # a call that fails may have sent it
            while chunk:
                try:
                    chunk = chunk[line.send(chunk) :]
                    self.deadline = monotonic() + self.patience
                except ssl.SSLWantReadError:
                    yield from self._wait_for(EVENT_READ, "the server takes no more")
                except _NOT_NOW:
                    yield from self._wait_for(EVENT_WRITE, "the server takes no more")

    def _wait_for(self, wants: int, or_else: str) -> Steps[None]:
        self.wants = wants
        yield
        if monotonic() >= self.deadline:
            raise self._lost(or_else)

    # --- in --------------------------------------------------------------------------

    def reply(self) -> Steps[Reply]:
        """Return the next reply; wait for it as long as is usual, and not longer."""
        if not self.replies:
            yield from self.flush()
            self.deadline = monotonic() + self.patience
            while not self.replies:
                if self.replies.is_broken:
                    raise self._lost(UNREADABLE)
                if self._secure is None or not self._secure.pending():
                    self.wants = EVENT_READ
                    yield
                self._fill()
        return self.replies.popleft()

    def _fill(self) -> None:
        try:
            data = self._line.recv(1 << 16)
        except _NOT_NOW:
            if monotonic() >= self.deadline:
                raise self._lost("the server did not answer in time") from None
            return
        except OSError:
            raise self._lost("the connection broke", is_over=True) from None
        if not data:
            raise self._lost("the server closed the connection", is_over=True)
        self.replies.feed(data)

    def now(self, steps: Steps[T]) -> T:
        """Go through the steps, and wait where they do."""
        with DefaultSelector() as selector:
            while True:
                try:
                    next(steps)
                except StopIteration as end:
                    result: T = end.value
                    return result
                selector.register(self._line, self.wants)
                selector.select(max(0.0, self.deadline - monotonic()))
                selector.unregister(self._line)

    def ask(self, command: str | bytes) -> Reply:
        """Send one command and wait for the reply to it."""
        line = command if isinstance(command, bytes) else command.encode()
        self.put(line, b"\r\n")
        return self.now(self.reply())

    def hurry(self, seconds: float) -> None:
        """Wait no longer than this from now on."""
        self.patience = min(self.patience, seconds)

    def is_quiet(self) -> bool:
        """Whether nobody spoke or hung up while nothing was asked."""
        try:
            self._line.recv(1)
        except _NOT_NOW:
            return not self.replies
        except OSError:
            return False
        return False

    # --- the end ---------------------------------------------------------------------

    def _lost(self, why: str, *, is_over: bool = False) -> Lost:
        self.is_alive = False
        return Lost(why, is_over=is_over)

    def quit(self) -> None:
        """Say goodbye if somebody is there, and close."""
        if self.is_alive:
            self.hurry(GOODBYE)
            with suppress(Lost):
                self.ask(b"quit")
        self.close()

    def close(self) -> None:
        """Let go of it."""
        self.is_alive = False
        with suppress(OSError):
            self._line.close()
