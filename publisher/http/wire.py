"""One connection per call, which knows whether it was ever made.

After a failure there is only one question: can the provider have seen the message?
The exceptions of an HTTP library do not tell a reset in the TLS handshake from a
reset while the answer was on its way, so the connection itself keeps note.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from requests import Session
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

is_connected: ContextVar[bool] = ContextVar("is_connected", default=False)


class _Plain(HTTPConnection):
    def connect(self) -> None:
        super().connect()
        is_connected.set(True)


class _Tls(HTTPSConnection):
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
