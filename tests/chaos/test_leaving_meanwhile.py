"""Readers who leave while an issue is sent: within a second they get nothing more.

The real `publisher send`, over a mail server that is slow, and the real `publisher
serve`, whose buttons readers press meanwhile. All times are those of this process.
"""

from __future__ import annotations

import os
import re
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import URLError
from urllib.parse import quote, urlencode
from urllib.request import urlopen

import pytest

from publisher import tokens
from publisher.models import State
from publisher.project import Project

pytestmark = pytest.mark.chaos
READERS = 280
SLOWNESS = 0.15  # seconds that the server needs for each message of a connection
AT_MOST = 1.0  # seconds after the answer to the reader
SCHEDULE = """\
when: Fri 08:00
articles: {at_most: 50}
email: {template: digest, list: weekly, through: smtp}
"""


class Mailboxes(socketserver.ThreadingTCPServer):
    """A mail server that takes its time, and notes when it had whose message."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Talk)
        self.got: list[tuple[str, float]] = []

    def when(self, reader: str) -> list[float]:
        return [moment for who, moment in self.got if who == reader]


class Talk(socketserver.StreamRequestHandler):
    """One connection (RFC 5321, with PIPELINING)."""

    server: Mailboxes

    def handle(self) -> None:
        self.say("220 slow")
        reader = ""
        while line := self.rfile.readline():
            match line.split(b" ")[0].strip().upper():
                case b"EHLO":
                    self.say("250-slow\r\n250-PIPELINING\r\n250 8BITMIME")
                case b"RCPT":
                    found = re.search(rb"<([^@>]+)@", line)
                    reader = found[1].decode() if found else ""
                    self.say("250 ok")
                case b"DATA":
                    self.say("354 go on")
                    while self.rfile.readline() != b".\r\n":
                        pass
                    self.server.got.append((reader, time.monotonic()))
                    time.sleep(SLOWNESS)
                    self.say("250 taken")
                case b"QUIT":
                    self.say("221 bye")
                    return
                case _:
                    self.say("250 ok")

    def say(self, answer: str) -> None:
        with suppress(OSError):
            self.wfile.write(f"{answer}\r\n".encode())


@contextmanager
def mailboxes() -> Iterator[Mailboxes]:
    with Mailboxes() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join(10)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def publisher(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "publisher", *arguments],
        cwd=folder,
        env=os.environ | {"NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finished(folder: Path, *arguments: str) -> str:
    with publisher(folder, *arguments) as process:
        said, _ = process.communicate(timeout=300)
    assert process.returncode == 0, said
    return said


def prepared(tmp_path: Path, mail: int, port: int) -> Path:
    """A new folder whose weekly list has some hundred readers, r0, r1 and so on."""
    finished(tmp_path, "init", "letters")
    folder = tmp_path / "letters"
    text = (folder / "publisher.yaml").read_text("utf-8")
    public = f"http://127.0.0.1:{port}"
    text = re.sub(r"(?m)^site:\n", f"site:\n  public_url: {public}\n", text)
    (folder / "publisher.yaml").write_text(text, "utf-8")
    (folder / "schedules" / "all.yaml").write_text(SCHEDULE, "utf-8")
    with (folder / ".env").open("a", encoding="utf-8") as env:
        env.write(f"\nSMTP_HOST=127.0.0.1\nSMTP_PORT={mail}\nSMTP_SECURITY=none\n")
    rows = "".join(f"r{number}@readers.example.org\n" for number in range(READERS))
    (folder / "readers.csv").write_text(f"email\n{rows}", "utf-8")
    finished(folder, "subscribers", "import", "readers.csv", "--list", "weekly")
    return folder


@contextmanager
def serving(folder: Path, port: int) -> Iterator[str]:
    url = f"http://127.0.0.1:{port}"
    with publisher(folder, "serve", "--port", f"{port}") as process:
        try:
            for _ in range(200):
                with suppress(URLError):
                    urlopen(f"{url}/healthz", timeout=5).close()  # noqa: S310
                    break
                time.sleep(0.1)
            yield url
        finally:
            process.terminate()


class Reader:
    """Presses buttons as one reader, in their mail program or in their browser."""

    def __init__(self, project: Project, url: str, number: int) -> None:
        self.name = f"r{number}"
        address, secret = f"{self.name}@readers.example.org", project.secret
        self.out = tokens.sign(tokens.PURPOSE, address, "weekly", secret=secret)
        self.choices = tokens.sign(tokens.CHOOSING, address, secret=secret)
        self.made = tokens.dated(
            tokens.FORM, "form", now=project.clock(), secret=secret
        )
        self.url = url

    def press(self, how: str) -> float:
        """Leave or pause; return when that was answered."""
        match how:
            case "one-click":
                page, form = f"out/{self.out}", {"List-Unsubscribe": "One-Click"}
            case _:
                page = f"choices/{self.choices}"
                form = {"made": self.made, "do": how}
        body = urlencode(form).encode()
        with urlopen(f"{self.url}/{quote(page)}", body, timeout=10) as answer:  # noqa: S310
            assert answer.status == 200
        return time.monotonic()


def test_who_leaves_or_pauses_while_it_is_sent_gets_nothing_a_second_later(
    tmp_path: Path,
) -> None:
    port, pressed = free_port(), dict[str, float]()
    with mailboxes() as mail:
        folder = prepared(tmp_path, mail.server_address[1], port)
        with (
            Project(folder, environ={}) as project,
            serving(folder, port) as url,
            publisher(folder, "send", "all", "--yes") as sender,
        ):
            while len(mail.got) < 5 and sender.poll() is None:
                time.sleep(0.02)
            ways = ("one-click", "month", "leave")
            while sender.poll() is None and (far := len(mail.got)) < READERS - 60:
                # Those who would be next, and those a second or two behind them.
                for number in (far + 12, far + 30, far + 50):
                    reader = Reader(project, url, number)
                    if reader.name not in pressed:
                        how = ways[len(pressed) % len(ways)]
                        pressed[reader.name] = reader.press(how)
                time.sleep(0.25)
            said, _ = sender.communicate(timeout=300)
            assert sender.returncode == 0, said
            assert project.books.ledger.verify() == []
            skipped = {
                why: count
                for _, state, why, count in project.books.ledger.reasons("all/1")
                if state is State.SKIPPED
            }
    assert len(pressed) > 20
    late = {
        name: moment - since
        for name, since in pressed.items()
        for moment in mail.when(name)
        if moment > since + AT_MOST
    }
    spared = [name for name in pressed if not mail.when(name)]
    print(f"{len(pressed)} pressed, {len(spared)} got nothing, {skipped}")
    assert late == {}, "who had left got a letter, so many seconds later"
    assert sum(skipped.values()) == len(spared) > 10
    assert skipped.keys() == {"left the list", "paused"}
    assert len({who for who, _ in mail.got}) == len(mail.got) == READERS - len(spared)
