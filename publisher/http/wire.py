"""One connection per call, which knows whether it was ever made, and which ends.

After a failure there is only one question: can the provider have seen the message?
The exceptions of an HTTP library do not tell a reset in the TLS handshake from a
reset while the answer was on its way, so the connection itself keeps note.

A timeout of a socket is about one reading: an answer that drips in, a byte a second,
would never meet it. So an answer has a time in all, and a body has one for each part.
"""

from __future__ import annotations

import io
import socket
from contextvars import ContextVar
from http.client import HTTPResponse
from time import monotonic
from typing import Any

from requests import Session
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

is_connected: ContextVar[bool] = ContextVar("is_connected", default=False)


WHOLE = 60.0  # seconds for an answer from its first byte to its last
PART = 262_144  # bytes of a body that are taken at least
EACH = 30.0  # in so many seconds


class _Answer(HTTPResponse):
    """An answer that has to be here, all of it, in time."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_InTime(sock))


class _InTime(io.RawIOBase):
    """What a socket reads, until the time is over."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__()
        self._socket = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._patience = sock.gettimeout() or WHOLE
        self._end = monotonic() + max(WHOLE, self._patience)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._end - monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        if left < self._patience:
            self._socket.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Slowly:
    """Sends a body part by part: how long a large one takes depends on the line."""

    sock: Any

    def send(self, data: Any) -> None:
        if self.sock is None or not isinstance(data, bytes | bytearray):
            super().send(data)  # type: ignore[misc]
            return
        before = self.sock.gettimeout()
        self.sock.settimeout(EACH)
        with memoryview(data) as whole:
            for at in range(0, len(whole), PART):
                super().send(whole[at : at + PART])  # type: ignore[misc]
        self.sock.settimeout(before)


class _Plain(_Slowly, HTTPConnection):
    response_class = _Answer

    def connect(self) -> None:
        super().connect()
        is_connected.set(True)


class _Tls(_Slowly, HTTPSConnection):
    response_class = _Answer

    def connect(self) -> None:
        super().connect()  # with the handshake and the look at the certificate
        is_connected.set(True)


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _Tls


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager: Any = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager


_POOLS = {"http": _PlainPool, "https": _TlsPool}


def session() -> Session:
    """Return a session for one call: no retries and no credentials from `.netrc`."""
    is_connected.set(False)
    made = Session()
    made.mount("https://", _Adapter())
    made.mount("http://", _Adapter())
    # Without this, requests replaces our Authorization header by one from ~/.netrc.
    made.auth = lambda request: request
    return made
