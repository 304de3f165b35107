"""A DNS server on loopback that serves a zone given as text, and fails where told."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.zone

MOST_ALIASES = 20
TRIES = 50  # of ports


@dataclass
class Zone:
    """What the server knows, as lines of a zone file below the root.

    It answers as a resolver does, aliases followed. Of the names given it is `silent`
    about some, `broken` (SERVFAIL) for others, and `cut` short over UDP.
    """

    text: str
    silent: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    cut: set[str] = field(default_factory=set)
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.fill(self.text)

    def fill(self, text: str) -> None:
        """Serve another zone from now on."""
        self._zone = dns.zone.from_text(
            f"$TTL 60\n{text}\n", origin=".", relativize=False, check_origin=False
        )
        names = list(self._zone.nodes)
        self._names = {name for one in names for name in _and_above(one)}

    def answer(self, wire: bytes, *, way: str) -> bytes | None:
        request = dns.message.from_wire(wire)
        (question,) = request.question
        name = question.name.to_text().rstrip(".").lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind, way))
        if name in self.silent:
            return None
        response = dns.message.make_response(request, recursion_available=True)
        if name in self.broken:
            response.set_rcode(dns.rcode.SERVFAIL)
        elif name in self.cut and way == "udp":
            response.flags |= dns.flags.TC
        else:
            self._fill(response, question.name, question.rdtype)
        return response.to_wire()

    def _fill(
        self,
        response: dns.message.Message,
        name: dns.name.Name,
        kind: dns.rdatatype.RdataType,
    ) -> None:
        for _ in range(MOST_ALIASES):
            if found := self._zone.get_rdataset(name, kind):
                response.answer.append(dns.rrset.from_rdata_list(name, 60, list(found)))
                return
            alias = self._zone.get_rdataset(name, dns.rdatatype.CNAME)
            if not alias:
                break
            response.answer.append(dns.rrset.from_rdata_list(name, 60, list(alias)))
            name = alias[0].target
        if name not in self._names:
            response.set_rcode(dns.rcode.NXDOMAIN)


def _and_above(name: dns.name.Name) -> Iterator[dns.name.Name]:
    while name != dns.name.root:
        yield name
        name = name.parent()


class _Udp(socketserver.BaseRequestHandler):
    zone: ClassVar[Zone]

    def handle(self) -> None:
        wire, line = self.request
        if said := self.zone.answer(wire, way="udp"):
            line.sendto(said, self.client_address)


class _Tcp(socketserver.StreamRequestHandler):
    zone: ClassVar[Zone]

    def handle(self) -> None:
        size = int.from_bytes(self.rfile.read(2), "big")
        said = self.zone.answer(self.rfile.read(size), way="tcp") if size else None
        if said:
            self.wfile.write(len(said).to_bytes(2, "big") + said)


def _pair(zone: Zone) -> tuple[socketserver.BaseServer, socketserver.BaseServer, int]:
    """Return a server over TCP and one over UDP, at a port that is free in both."""
    handlers: list[Any] = [
        type(one.__name__, (one,), {"zone": zone}) for one in (_Tcp, _Udp)
    ]
    for _ in range(TRIES):
        tcp = socketserver.ThreadingTCPServer(("127.0.0.1", 0), handlers[0])
        port = int(tcp.server_address[1])
        try:
            udp = socketserver.ThreadingUDPServer(("127.0.0.1", port), handlers[1])
        except OSError:  # somebody else has it
            tcp.server_close()
            continue
        return tcp, udp, port
    raise AssertionError("no port is free")


@contextmanager
def serving(zone: Zone) -> Iterator[str]:
    """Serve the zone over UDP and TCP at one port, and yield `address:port`."""
    *servers, port = _pair(zone)
    threads = [
        threading.Thread(target=one.serve_forever, args=(0.01,))  # seconds to its end
        for one in servers
    ]
    for thread in threads:
        thread.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            thread.join(5)
            server.server_close()
