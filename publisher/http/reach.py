"""Connections that lead only where they may, and that end when they must."""

from __future__ import annotations

import ipaddress
import os
import socket
from contextlib import suppress
from typing import Any

from requests import Session
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NameResolutionError

NAT64 = ipaddress.ip_network("64:ff9b::/96")


class PrivateAddressError(Exception):
    """A host turned out to be at an address that is not for everybody."""


class Line:
    """The connections of one fetch, which can be cut from another thread."""

    def __init__(self, *, allow_private: bool) -> None:
        self.allow_private = allow_private
        self.is_cut = False
        self._socket: socket.socket | None = None

    def addresses(self, host: str, port: int) -> list[str]:
        """Return where a host is, asked once: asked again it could answer otherwise."""
        name = host.strip("[]")
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
        for address in addresses:
            # One private address among public ones is a trap, not a choice.
            if not (self.allow_private or is_public(address)):
                raise PrivateAddressError(address)
        return addresses

    def hold(self, made: socket.socket) -> None:
        """Remember a connection, by a copy that TLS does not take away."""
        self.let_go()
        if hasattr(made, "fileno"):
            self._socket = socket.socket(fileno=os.dup(made.fileno()))
        if self.is_cut:
            self.cut()

    def cut(self) -> None:
        """End the connection at once, whoever waits for it."""
        self.is_cut = True
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def let_go(self) -> None:
        """Forget the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def session(self) -> Session:
        """Return a session that uses no proxy, no `.netrc` and only this line."""
        session = Session()
        # A proxy would look names up itself, after and unlike us.
        session.trust_env = False
        session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or True
        for scheme in ("http://", "https://"):
            session.mount(scheme, _Adapter(self))
        return session


def is_public(address: str) -> bool:
    """Say whether an address is one that everybody reaches.

    >>> is_public("93.184.215.14"), is_public("10.0.0.1"), is_public("::ffff:127.0.0.1")
    (True, False, False)
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1])
        if ip in NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner:
            return is_public(str(inner))
        if ip.is_site_local:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


class _Adapter(HTTPAdapter):
    def __init__(self, line: Line) -> None:
        self.line = line
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pools(self.line)


def _pools(line: Line) -> dict[str, Any]:
    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _connected(self, super()._new_conn, line)

    class Tls(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _connected(self, super()._new_conn, line)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = Tls

    return {"http": PlainPool, "https": TlsPool}


def _connected(connection: Any, connect: Any, line: Line) -> socket.socket:
    """Connect to one of the addresses that were looked at, and to no other."""
    name = connection._dns_host
    try:
        addresses = line.addresses(name, connection.port)
    except (socket.gaierror, UnicodeError) as error:
        known = error if isinstance(error, socket.gaierror) else socket.gaierror()
        raise NameResolutionError(name, connection, known) from error
    for number, address in enumerate(addresses, start=1):
        try:
            connection._dns_host = address
            made: socket.socket = connect()
        except Exception:
            if number == len(addresses):
                raise
        else:
            line.hold(made)
            return made
        finally:
            # The name again, for the certificate is the name's.
            connection._dns_host = name
    raise NameResolutionError(name, connection, socket.gaierror())
