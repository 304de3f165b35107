"""The wire: one connection to a server, bytes out and replies in."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from publisher.providers.smtp.replies import Replies, Reply

if TYPE_CHECKING:
    from publisher.providers.smtp.servers import Server

CONNECT, ANSWER = 5.0, 30.0  # seconds
LONG = 0.005  # seconds of waiting, before it matters
MOST = 0.75  # the part of the time that is most of it
GOODBYE = 2.0  # seconds for what nobody waits for any more
UNREADABLE = "the server's answer cannot be read"
_CHUNK = 1 << 16  # bytes that TLS gets at once


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
        self.replies = Replies()
        self._unsent: list[bytes] = []
        self.watch()
        self._use(line)

    def _use(self, line: socket.socket) -> None:
        line.settimeout(ANSWER)
        self._line = line
        self._is_plain = not isinstance(line, ssl.SSLSocket)

    def secure(self, context: ssl.SSLContext, host: str) -> None:
        """Speak TLS from now on."""
        self._use(context.wrap_socket(self._line, server_hostname=host))

    def watch(self) -> None:
        """Begin to note how long the server lets us wait."""
        self._waited, self._since = 0.0, monotonic()

    @property
    def is_slow(self) -> bool:
        """Whether waiting took most of the time since we watch."""
        since = monotonic() - self._since
        return self._waited > LONG and self._waited > since * MOST

    # --- out -------------------------------------------------------------------------

    def put(self, *parts: bytes) -> None:
        """Have it written before the next reply is waited for, together with others."""
        self._unsent.extend(parts)
        self.written += sum(map(len, parts))

    def flush(self) -> None:
        """Write all of it, or raise `Lost`; `risked` then tells how far it came."""
        if not self._unsent:
            return
        parts, self._unsent = self._unsent, []
        try:
            if self._is_plain:
                self._write_plain(parts)
            else:
                self._write_secure(parts)
        except TimeoutError:
            raise self._lost("the server takes no more") from None
        except OSError:
            raise self._lost("the connection broke", is_over=True) from None

    def _write_plain(self, parts: list[bytes]) -> None:
        # A call that fails has taken nothing: what left is known to the byte.
        self.risked += self._line.sendmsg(parts)
        left = self.written - self.risked
        if not left:
            return
        rest = memoryview(b"".join(parts))[-left:]
        while rest:
            taken = self._line.send(rest)
            self.risked += taken
            rest = rest[taken:]

    def _write_secure(self, parts: list[bytes]) -> None:
        rest = memoryview(b"".join(parts))
        while rest:
            self.risked += len(rest[:_CHUNK])  # a call that fails may have sent it
            self._line.sendall(rest[:_CHUNK])
            rest = rest[_CHUNK:]

    # --- in --------------------------------------------------------------------------

    def reply(self) -> Reply:
        """Return the next reply; wait for it as long as is usual, and not longer."""
        if not self.replies:
            self.flush()
            begun = monotonic()
            while not self.replies:
                if monotonic() - begun > self.patience:
                    raise self._lost("the server did not answer in time")
                self._fill()
            self._waited += monotonic() - begun
        return self.replies.popleft()

    def _fill(self) -> None:
        if self.replies.is_broken:
            raise self._lost(UNREADABLE)
        try:
            data = self._line.recv(1 << 16)
        except TimeoutError:
            raise self._lost("the server did not answer in time") from None
        except OSError:
            raise self._lost("the connection broke", is_over=True) from None
        if not data:
            raise self._lost("the server closed the connection", is_over=True)
        self.replies.feed(data)

    def ask(self, command: str | bytes) -> Reply:
        """Send one command and return the reply to it."""
        line = command if isinstance(command, bytes) else command.encode()
        self.put(line, b"\r\n")
        return self.reply()

    def hurry(self, seconds: float) -> None:
        """Wait no longer than this from now on."""
        self.patience = min(self.patience, seconds)
        with suppress(OSError):
            self._line.settimeout(self.patience)

    def is_quiet(self) -> bool:
        """Whether nobody spoke or hung up while nothing was asked."""
        self._line.settimeout(0)
        try:
            self._line.recv(1)
        except (BlockingIOError, ssl.SSLWantReadError):
            return not self.replies
        except OSError:
            return False
        finally:
            self._line.settimeout(self.patience)
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

    def abort(self) -> None:
        """End it from another thread: whoever waits for it waits no longer."""
        with suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of it."""
        self.is_alive = False
        with suppress(OSError):
            self._line.close()
