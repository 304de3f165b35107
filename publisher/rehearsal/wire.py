"""An HTTP server on loopback, made for few headers, large bodies and rude endings."""

from __future__ import annotations

import socket
import struct
import threading
import time
from contextlib import suppress
from typing import Self

from publisher.rehearsal.calls import Call, Reply
from publisher.rehearsal.desk import Answer, Desk

LOOPBACK = "127.0.0.1"
LONGEST_HEAD = 65_536
CHUNK = 1 << 18
_RUDE = struct.pack("ii", 1, 0)  # close with a reset
_GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"


class Cut(Exception):  # noqa: N818  an ending, not an accident
    """The connection ends here."""


class Listener:
    """Listens on loopback only; each connection is served by a thread of its own."""

    def __init__(self) -> None:
        self._socket = socket.create_server((LOOPBACK, 0), backlog=128)
        self.port: int = self._socket.getsockname()[1]
        self._lines: set[socket.socket] = set()
        self._is_open = True
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening, and end every connection."""
        self._is_open = False
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for line in list(self._lines):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def serve(self, line: socket.socket) -> None:
        """Talk until the other side goes."""
        raise NotImplementedError

    def _accept(self) -> None:
        while self._is_open:
            try:
                line, _ = self._socket.accept()
            except OSError:
                return
            self._lines.add(line)
            threading.Thread(target=self._served, args=(line,), daemon=True).start()

    def _served(self, line: socket.socket) -> None:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with line, suppress(Cut, OSError):
            self.serve(line)
        self._lines.discard(line)


class Wire(Listener):
    """Speaks HTTP/1.1 for a desk, and keeps connections open."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        super().__init__()

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{LOOPBACK}:{self.port}"

    def serve(self, line: socket.socket) -> None:
        """Answer one call after the other."""
        rest = b""
        while True:
            call, rest = _head(line, rest)
            fault = self.desk.draw(call)
            if fault == "reset":
                reset(line)
            if call.headers.get("expect", "").lower() == "100-continue":
                line.sendall(_GO_ON)
            body, rest = _body(line, call, rest)
            whole = Call(call.method, call.path, call.headers, body)
            self._speak(line, self.desk.answer(whole, fault))

    def _speak(self, line: socket.socket, answer: Answer) -> None:
        if answer.is_hanging:
            outlast(line, self.desk.faults.patience)
        if answer.reply is None:
            raise Cut
        if answer.after:
            time.sleep(answer.after)
        line.sendall(answer.reply.bytes())


def reset(line: socket.socket) -> None:
    """End a connection in the rudest way."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RUDE)
    raise Cut


def outlast(line: socket.socket, patience: float) -> None:
    """Say nothing until the other side goes, or for so many seconds."""
    line.settimeout(patience)
    with suppress(TimeoutError):
        while line.recv(CHUNK):
            pass
    raise Cut


def _head(line: socket.socket, rest: bytes) -> tuple[Call, bytes]:
    """Read up to the empty line; return the call without its body, and what follows."""
    while (end := rest.find(b"\r\n\r\n")) < 0:
        more = line.recv(CHUNK)
        if not more or len(rest) > LONGEST_HEAD:
            raise Cut
        rest += more
    first, *lines = rest[:end].decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {}
    for one in lines:
        name, _, value = one.partition(":")
        headers[name.lower()] = value.strip()
    return Call(method, path, headers), rest[end + 4 :]


def _body(
    line: socket.socket, call: Call, rest: bytes
) -> tuple[bytes | bytearray, bytes]:
    """Read as much as the head announces, in few system calls."""
    if "transfer-encoding" in call.headers:
        line.sendall(Reply(411, b"{}").bytes())
        raise Cut
    size = int(call.headers.get("content-length", "0"))
    if len(rest) >= size:
        return rest[:size], rest[size:]
    body = bytearray(size)
    body[: len(rest)] = rest
    view, got = memoryview(body), len(rest)
    while got < size:
        count = line.recv_into(view[got:])
        if not count:
            raise Cut
        got += count
    return body, b""
