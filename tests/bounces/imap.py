"""A mail server that speaks as much IMAP as one needs to read a folder.

It keeps its letters from one connection to the next, and breaks off where a test says
so: before a command is done, or after it and before the answer.
"""

from __future__ import annotations

import base64
import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, cast

USER, PASSWORD = "bounces@example.org", 'pass "word" ü'


@dataclass
class Letter:
    uid: int
    raw: bytes
    flags: set[str] = field(default_factory=set)


@dataclass
class Folder:
    validity: int = 7
    letters: list[Letter] = field(default_factory=list)
    last: int = 0

    def add(self, raw: bytes, *flags: str) -> int:
        self.last += 1
        self.letters.append(Letter(self.last, raw, set(flags)))
        return self.last

    def chosen(self, numbers: str) -> list[Letter]:
        """Return the letters of `2,4:6` or `7:*`, which always has the last one."""
        wanted: set[int] = set()
        highest = max((one.uid for one in self.letters), default=0)
        for piece in numbers.split(","):
            first, colon, last = piece.partition(":")
            end = highest if last == "*" else int(last or first)
            low, high = sorted((int(first), end if colon else int(first)))
            wanted |= set(range(low, high + 1))
        return [one for one in self.letters if one.uid in wanted]


class Hangs(Exception):  # noqa: N818  a part that is played
    """The line breaks."""


@dataclass
class Server:
    """What the server holds and how it behaves; `breaks` is `("MOVE", "after")`."""

    folders: dict[str, Folder] = field(default_factory=lambda: {"INBOX": Folder()})
    abilities: str = "IMAP4rev1 AUTH=PLAIN MOVE NAMESPACE UIDPLUS"
    prefix: str = ""
    password: str = PASSWORD
    breaks: tuple[str, str] = ("", "")
    said: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def inbox(self) -> Folder:
        return self.folders["INBOX"]

    def names(self, folder: str) -> list[bytes]:
        found = self.folders.get(folder)
        return [one.raw for one in found.letters] if found else []


class _Line(socketserver.StreamRequestHandler):
    """One connection."""

    open: Folder
    is_open_to_write = True
    _DONE: ClassVar[str] = "done"

    @property
    def box(self) -> Server:
        return cast("Any", self.server).box  # type: ignore[no-any-return]

    def handle(self) -> None:
        self.tell("* OK ready")
        while raw := self.rfile.readline():
            tag, _, rest = raw.decode().strip().partition(" ")
            name = rest.upper().removeprefix("UID ").split(" ")[0]
            self.box.said.append(rest)
            try:
                self.obey(tag, name, rest)
            except Hangs:
                return
            if name == "LOGOUT":
                return

    def obey(self, tag: str, name: str, rest: str) -> None:
        breaks, when = self.box.breaks
        if name == breaks and when == "before":
            raise Hangs
        words = rest.removeprefix("UID ").split(" ", 1)[1:]
        answer = getattr(self, f"do_{name.lower()}")(" ".join(words), tag)
        if name == breaks:
            raise Hangs
        self.tell(f"{tag} {answer or 'OK done'}")

    def tell(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def do_capability(self, words: str, tag: str) -> None:
        self.tell(f"* CAPABILITY {self.box.abilities}")

    def do_namespace(self, words: str, tag: str) -> None:
        self.tell(f'* NAMESPACE (("{self.box.prefix}" ".")) NIL NIL')

    def do_login(self, words: str, tag: str) -> str:
        quoted = self.box.password.replace("\\", r"\\").replace('"', r"\"")
        return "" if words == f'{USER} "{quoted}"' else f"NO no such login {words}"

    def do_authenticate(self, words: str, tag: str) -> str:
        self.tell("+ ")
        said = base64.b64decode(self.rfile.readline()).decode()
        token = f"user={USER}\x01auth=Bearer t0k3n\x01\x01"
        known = {token, f"\0{USER}\0{self.box.password}"}
        return "" if said in known else f"NO no such login {said!r}"

    def do_select(self, words: str, tag: str) -> str:
        found = self.box.folders.get(words.strip('"'))
        if found is None:
            return "NO no such folder"
        self.open = found
        self.tell(f"* {len(found.letters)} EXISTS")
        self.tell(f"* OK [UIDVALIDITY {found.validity}] valid")
        self.tell(f"* OK [UIDNEXT {found.last + 1}] next")
        return f"OK [READ-{'WRITE' if self.is_open_to_write else 'ONLY'}] selected"

    def do_examine(self, words: str, tag: str) -> str:
        self.is_open_to_write = False
        return self.do_select(words, tag)

    def do_search(self, words: str, tag: str) -> None:
        found = [one for one in self.open.letters if r"\Deleted" not in one.flags]
        if "UNSEEN" in words:
            found = [one for one in found if r"\Seen" not in one.flags]
        if numbers := re.search(r"UID (\S+)", words):
            wanted = self.open.chosen(numbers[1])
            found = [one for one in found if one in wanted]
        listed = " ".join(str(one.uid) for one in reversed(found))
        self.tell(f"* SEARCH {listed}".rstrip())

    def do_fetch(self, words: str, tag: str) -> None:
        most = int(re.findall(r"<0\.(\d+)>", words)[0])
        for one in self.open.chosen(words.split(" ", maxsplit=1)[0]):
            raw = one.raw[:most]
            if one.uid % 2:  # the order is the server's own
                self.tell(f"* 1 FETCH (UID {one.uid} BODY[]<0> {{{len(raw)}}}")
                self.wfile.write(raw + b")\r\n")
            else:
                self.tell(f"* 1 FETCH (BODY[]<0> {{{len(raw)}}}")
                self.wfile.write(raw + f" UID {one.uid})\r\n".encode())

    def do_store(self, words: str, tag: str) -> str:
        if not self.is_open_to_write:
            return "NO read-only"
        for one in self.open.chosen(words.split(" ", maxsplit=1)[0]):
            one.flags.add(re.findall(r"\((.*)\)", words)[0])
        return ""

    def do_move(self, words: str, tag: str) -> str:
        numbers, _, name = words.partition(" ")
        there = self.box.folders.get(name.strip('"'))
        if there is None or not self.is_open_to_write:
            return "NO [TRYCREATE] no such folder"
        for one in self.open.chosen(numbers):
            there.add(one.raw, *one.flags)
            self.open.letters.remove(one)
        return ""

    def do_create(self, words: str, tag: str) -> str:
        name = words.strip('"')
        if not name.startswith(self.box.prefix):
            return "NO not there"
        self.box.folders.setdefault(name, Folder())
        return ""

    def do_logout(self, words: str, tag: str) -> None:
        self.tell("* BYE")


class _Serving(socketserver.ThreadingTCPServer):
    daemon_threads = True
    box: Server
    tls: ssl.SSLContext | None = None

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: whoever does not like our answers hangs up."""

    def finish_request(self, request: Any, client_address: Any) -> None:
        if self.tls is not None:
            try:
                request = self.tls.wrap_socket(request, server_side=True)
            except OSError:  # who does not believe us hangs up
                return
        super().finish_request(request, client_address)
        if self.tls is not None:
            request.close()


@contextmanager
def serving(certificate: Path | None = None) -> Iterator[Server]:
    """Serve on loopback; with a certificate and its key in TLS from the start."""
    with _Serving(("127.0.0.1", 0), _Line) as server:
        if certificate:
            server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            server.tls.load_cert_chain(certificate)
        server.box = Server(port=server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.box
        finally:
            server.shutdown()
            thread.join()
