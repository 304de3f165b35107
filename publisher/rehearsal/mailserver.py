"""A mail server on loopback that takes everything, with PIPELINING and CHUNKING.

https://www.rfc-editor.org/rfc/rfc5321, 2920 and 3030
"""

from __future__ import annotations

import re
import socket
import time
from dataclasses import dataclass, field

from publisher.rehearsal.calls import Call
from publisher.rehearsal.desk import Witness
from publisher.rehearsal.faults import Deck, Faults
from publisher.rehearsal.record import Record
from publisher.rehearsal.wire import CHUNK, Cut, Listener, outlast, reset

_MARK = re.compile(rb"^X-Publisher-Key:\s*(\S+)", re.M | re.I)
_NAME = re.compile(rb"^Message-ID:\s*<([^@>]+)", re.M | re.I)
_BDAT = re.compile(r"BDAT (\d{1,9})( LAST)?\s*", re.I)
_DOT = b"\r\n.\r\n"
_ABILITIES = ("PIPELINING", "CHUNKING", "8BITMIME", "SIZE 50000000")
_HELLO = "\r\n".join(
    ["250-rehearsal", *(f"250-{one}" for one in _ABILITIES), "250 HELP"]
)
_LATER = "451 4.3.2 System not accepting messages, try again later"
_NOBODY = "503 5.5.1 No valid recipients"


class MailServer(Listener):
    """Takes mail for anybody, and keeps the record instead of the mail."""

    def __init__(self, faults: Faults, witness: Witness | None = None) -> None:
        self.faults = faults
        self.witness = witness
        self.record = Record()
        self.deck = Deck(faults)
        super().__init__()

    def serve(self, line: socket.socket) -> None:
        """Talk until the other side goes."""
        _Session(self, line).talk()


@dataclass
class _Session:
    """One connection: what was read and not understood yet, what is to be said."""

    server: MailServer
    line: socket.socket
    heard: bytearray = field(default_factory=bytearray)
    said: list[str] = field(default_factory=list)
    sender: str = ""
    readers: list[str] = field(default_factory=list)
    content: bytearray = field(default_factory=bytearray)  # of BDAT so far
    fault: str = ""

    def talk(self) -> None:
        """Answer one command after the other; several come in one packet."""
        self.said.append("220 rehearsal ESMTP")
        while True:
            command = self._line()
            verb = command[:4].upper()
            match verb:
                case "EHLO" | "HELO":
                    self._forget(_HELLO if verb == "EHLO" else "250 rehearsal")
                case "MAIL":
                    self._mail(command)
                case "RCPT":
                    self._rcpt(command)
                case "DATA":
                    self._data()
                case "BDAT":
                    self._chunk(command)
                case "RSET" | "NOOP":
                    self._forget("250 2.0.0 Ok")
                case "QUIT":
                    self.said.append("221 2.0.0 Bye")
                    self._speak()
                    raise Cut
                case _:
                    self.said.append("502 5.5.2 Command not known")

    # --- the envelope ---

    def _forget(self, words: str) -> None:
        self.sender, self.readers, self.fault = "", [], ""
        self.content.clear()
        self.said.append(words)

    def _mail(self, command: str) -> None:
        self._forget("250 2.1.0 Ok")
        self.sender = _address(command)
        record = self.server.record
        record.arrives()
        self.fault = self.server.deck.next()
        if self.fault:
            record.fails(self.fault)
        if self.fault == "reset":
            self._speak()
            reset(self.line)

    def _rcpt(self, command: str) -> None:
        if self.fault == "429":
            self.said.append(_LATER)
            return
        self.readers.append(_address(command))
        self.said.append("250 2.1.5 Ok")

    # --- the message ---

    def _data(self) -> None:
        if not self.readers:
            self.said.append(_NOBODY)
            return
        self.said.append("354 End data with <CR><LF>.<CR><LF>")
        content = b"\r\n" + self._until_dot()
        self._end(content.replace(b"\r\n..", b"\r\n.")[2:])

    def _chunk(self, command: str) -> None:
        words = _BDAT.fullmatch(command)
        if words is None:
            self.said.append("501 5.5.4 Syntax: BDAT size [LAST]")
            return
        size, is_last = int(words[1]), bool(words[2])
        self._hear(size)
        self.content += self.heard[:size]
        del self.heard[:size]
        if not self.readers:
            self.said.append(_NOBODY)
        elif is_last:
            self._end(bytes(self.content))
        else:
            self.said.append("250 2.0.0 Ok")

    def _end(self, content: bytes) -> None:
        """Take the whole message, or fail as the fault says."""
        fault, faults = self.fault, self.server.faults
        if self.server.witness:
            head = {"sender": self.sender}
            for reader in self.readers:
                self.server.witness(Call("DATA", reader, head, content))
        if fault == "hang":
            self._speak()
            outlast(self.line, faults.patience)
        mark = _mark(content)
        if fault == "500":
            self._forget("451 4.3.0 Error: queue file write error")
            return
        if fault == "partial":
            self.server.record.refuses([mark])
            self._forget("554 5.7.1 Message rejected")
            return
        self.server.record.takes([mark] * len(self.readers))
        if fault == "lost":
            self._speak()
            raise Cut
        if fault == "slow":
            self._speak()
            time.sleep(faults.slowness)
        is_odd = fault in {"html", "badjson"}
        self._forget("<html>" if is_odd else f"250 2.0.0 Ok: queued as {mark[:16]}")

    # --- the line ---

    def _line(self) -> str:
        while (end := self.heard.find(b"\r\n")) < 0:
            self._hear(len(self.heard) + 1)
        line = bytes(self.heard[:end])
        del self.heard[: end + 2]
        return line.decode("utf-8", "replace")

    def _until_dot(self) -> bytes:
        begin = 0
        while (end := self.heard.find(_DOT, begin)) < 0:
            if self.heard.startswith(b".\r\n"):
                end = -2  # nothing but the dot
                break
            begin = max(len(self.heard) - len(_DOT), 0)
            self._hear(len(self.heard) + 1)
        content = bytes(self.heard[: end + 2])
        del self.heard[: end + len(_DOT)]
        return content

    def _hear(self, size: int) -> None:
        """Wait until so many bytes are there; what is due is said before."""
        while len(self.heard) < size:
            self._speak()
            more = self.line.recv(CHUNK)
            if not more:
                raise Cut
            self.heard += more

    def _speak(self) -> None:
        if self.said:
            self.line.sendall("\r\n".join([*self.said, ""]).encode())
            self.said.clear()


def _address(command: str) -> str:
    return command.partition("<")[2].partition(">")[0]


def _mark(content: bytes) -> str:
    """Return whose message it is: our own header, else its Message-ID."""
    head = content[: content.find(b"\r\n\r\n")]
    found = _MARK.search(head) or _NAME.search(head)
    return found[1].decode("latin-1") if found else "?"
