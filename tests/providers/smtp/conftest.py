"""A mail server for tests: it dies, refuses or talks nonsense where it is told to."""

from __future__ import annotations

import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import pytest

from publisher.models import Email, Mailbox
from publisher.testing import sample_email

Kind = Literal["die", "forget", "half", "421", "garbage", "silence", "bytes"]


@dataclass(frozen=True)
class Fault:
    """What goes wrong on one connection.

    `at` counts the replies, the greeting being 0; for "bytes" the bytes that arrive.
    "die" ends the connection instead of a reply to what was done, "forget" before it
    is done, "half" within the reply. `resets` ends it rudely.
    """

    kind: Kind
    at: int
    resets: bool = False


class Over(Exception):  # noqa: N818
    """The connection is at its end."""


@dataclass
class Server:
    """Takes emails over many connections; `faults` are for one connection each."""

    offers: tuple[str, ...] = ()
    faults: list[Fault | None] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)  # at RCPT, by recipient
    returns: dict[str, str] = field(default_factory=dict)  # at the end of the content
    keeps_envelopes: bool = False  # also of what it refused, until RSET
    at_a_time: int = 99  # connections; another one hears 421
    most: int = 0  # messages on one connection, then 421
    greeting: str = "220 ready"
    says: dict[str, str] = field(default_factory=dict)  # by verb, instead of the usual
    auth: tuple[str, ...] = ()  # to AUTH, and to what follows a 334
    delay: float = 0.0  # seconds before the end of a message is answered
    accepted: list[tuple[str, bytes]] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    mails: list[int] = field(default_factory=list)  # accepted, by connection
    together: int = 0  # the most connections that were open at a time
    quits: int = 0

    def __post_init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.port = int(self.listener.getsockname()[1])
        self.over = threading.Event()
        self.lock = threading.Lock()
        self.open = 0
        self.clients: list[socket.socket] = []
        self.threads = [threading.Thread(target=self.serve)]
        self.threads[0].start()

    @property
    def connections(self) -> int:
        return len(self.mails)

    def serve(self) -> None:
        while not self.over.is_set():
            client, _ = self.listener.accept()
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            fault = self.faults.pop(0) if self.faults else None
            self.mails.append(0)
            self.clients.append(client)
            talk = Talk(self, client, fault, len(self.mails) - 1)
            thread = threading.Thread(target=talk.run)
            self.threads.append(thread)
            thread.start()

    def hang_up(self, words: bytes = b"") -> None:
        """End every connection."""
        for client in self.clients:
            with suppress(OSError):
                client.sendall(words)
                client.shutdown(socket.SHUT_RDWR)
        while self.open:
            time.sleep(0.001)

    def close(self) -> None:
        self.over.set()
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        for thread in self.threads:
            thread.join(5)
        self.listener.close()


@dataclass
class Talk:
    """One connection."""

    server: Server
    client: socket.socket
    fault: Fault | None
    number: int
    said: int = 0
    arrived: int = 0
    buffer: bytes = b""
    sender: str | None = None
    recipients: list[str] = field(default_factory=list)

    def run(self) -> None:
        with self.server.lock:
            self.server.open += 1
            self.server.together = max(self.server.together, self.server.open)
        try:
            if self.server.open > self.server.at_a_time:
                self.say("421 4.7.0 too many connections")
                return
            self.say(self.server.greeting)
            while True:
                self.answer(self.line())
        except (Over, OSError):
            pass
        finally:
            if self.fault and self.fault.resets:
                linger = struct.pack("ii", 1, 0)
                self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.client.close()
            with self.server.lock:
                self.server.open -= 1

    # --- what arrives ---

    def more(self) -> None:
        room = 1 << 16
        if self.fault and self.fault.kind == "bytes":
            room = min(room, self.fault.at - self.arrived)
            if room <= 0:
                raise Over
        data = self.client.recv(room)
        if not data:
            raise Over
        self.arrived += len(data)
        self.buffer += data

    def line(self) -> str:
        while b"\r\n" not in self.buffer:
            self.more()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        self.server.seen.append(line.decode())
        return line.decode()

    def bytes_(self, count: int) -> bytes:
        while len(self.buffer) < count:
            self.more()
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def dotted(self) -> bytes:
        content = b""
        while True:
            while b"\r\n" not in self.buffer:
                self.more()
            line, self.buffer = self.buffer.split(b"\r\n", 1)
            if line == b".":
                return content
            content += line + b"\r\n"

    # --- what is said ---

    def say(
        self, reply: str, *, commits: Sequence[str] = (), content: bytes = b""
    ) -> None:
        here = self.fault is not None and self.fault.at == self.said
        kind = self.fault.kind if self.fault and here else ""
        self.said += 1
        if kind == "forget":
            raise Over
        if kind == "421":
            self.client.sendall(b"421 4.3.2 closing\r\n")
            raise Over
        self.commit(commits, content)
        if kind == "die":
            raise Over
        if kind == "silence":
            while self.client.recv(1 << 16):
                pass
            raise Over
        if kind == "half":
            self.client.sendall(reply.encode()[: len(reply) // 2])
            raise Over
        self.client.sendall(
            b"\0?\r\n" if kind == "garbage" else f"{reply}\r\n".encode()
        )

    def commit(self, recipients: Sequence[str], content: bytes) -> None:
        with self.server.lock:
            for one in recipients:
                self.server.accepted.append((one, content))
                self.server.mails[self.number] += 1

    def answer(self, line: str) -> None:
        verb, _, rest = line.partition(" ")
        if verb.upper() in self.server.says:
            self.say(self.server.says[verb.upper()])
            return
        match verb.upper():
            case "AUTH":
                self.log_in()
            case "EHLO":
                words = ["sink", *self.server.offers]
                dashed = [f"250-{word}\r\n" for word in words[:-1]]
                self.say(f"{''.join(dashed)}250 {words[-1]}")
            case "MAIL":
                self.begin(re.findall("<(.*)>", rest)[0])
            case "RCPT":
                self.recipient(re.findall("<(.*)>", rest)[0])
            case "DATA":
                self.data()
            case "BDAT":
                self.end(self.bytes_(int(rest.split()[0])))
            case "RSET":
                self.sender, self.recipients = None, []
                self.say("250 ok")
            case "QUIT":
                self.server.quits += 1
                self.say("221 bye")
                raise Over
            case _:
                self.say("500 what?")

    def log_in(self) -> None:
        for reply in self.server.auth:
            self.say(reply)
            if reply.startswith("334"):
                self.line()

    def begin(self, sender: str) -> None:
        if self.sender is not None:
            self.say("503 nested MAIL")
            return
        if 0 < self.server.most <= self.server.mails[self.number]:
            self.say("421 4.7.0 too many on this connection")
            raise Over
        self.sender = sender
        self.server.senders.append(sender)
        self.say("250 ok")

    def data(self) -> None:
        if not self.recipients:
            self.say("554 no valid recipients")
            return
        self.say("354 go")
        self.end(self.dotted())

    def recipient(self, address: str) -> None:
        if self.sender is None:
            self.say("503 MAIL first")
        elif refusal := self.server.refuses.get(address):
            self.say(refusal)
        else:
            self.recipients.append(address)
            self.say("250 ok")

    def end(self, content: bytes) -> None:
        recipients = self.recipients
        refusal = "" if recipients else "554 no valid recipients"
        for one in recipients:
            refusal = refusal or self.server.returns.get(one, "")
        if not (refusal and self.server.keeps_envelopes):
            self.sender, self.recipients = None, []
        time.sleep(self.server.delay)
        if refusal:
            self.say(refusal)
            return
        self.say("250 2.0.0 Ok: queued as A1", commits=recipients, content=content)


@pytest.fixture
def emails() -> Callable[[int], list[Email]]:
    """Make emails to reader0, reader1 ...; each holds its reader's name."""

    def made(count: int) -> list[Email]:
        sample = sample_email()
        return [
            replace(
                sample,
                key=f"weekly/7/smtp/{number}",
                recipient=Mailbox(f"reader{number}@example.net", f"Reader-{number}-"),
                message_id=f"{number}@example.org",
            )
            for number in range(count)
        ]

    return made


@pytest.fixture
def server() -> Iterator[Callable[..., Server]]:
    """Start servers that are closed in the end; `faults` are tuples here."""
    started: list[Server] = []

    def start(*offers: str, faults: Sequence[Any] = (), **others: Any) -> Server:
        planned = [one and Fault(*one) for one in faults]
        started.append(Server(offers, planned, **others))
        return started[-1]

    yield start
    for one in started:
        one.close()
