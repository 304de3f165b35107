"""What goes wrong around a sender: its disk, its books, its provider, its terminal.

Whatever it is, the person reads one clear line, the promise holds, and the same command
again finishes the campaign with nothing lost and nothing doubled.
"""

from __future__ import annotations

import os
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from publisher import providers
from publisher.project import Project
from publisher.rehearsal import Audit, Fake, Faults, audit, open_fake

pytestmark = pytest.mark.chaos
# The short form runs wherever a change has to land; the long one takes half an hour.
long = pytest.mark.skipif(
    "PUBLISHER_CHAOS" not in os.environ, reason="long: PUBLISHER_CHAOS=all"
)
SIGNALS = [
    signal.SIGTERM,
    pytest.param(signal.SIGINT, marks=long),
    pytest.param(signal.SIGHUP, marks=long),
]
READERS = 1_500
SCHEDULE = """\
when: Fri 08:00
articles: {at_most: 50}  # all that are new, so that a finished issue leaves nothing
email: {template: digest, list: weekly, through: PROVIDER}
"""
SEND = "send all --yes"
SMALL = 30_000_000  # bytes of a disk that is soon full
LONG = 40.0  # seconds for which somebody holds the books: more than one waits as a rule


@dataclass
class Letters:
    """A publisher folder that sends through one provider."""

    root: Path
    provider: str
    environ: dict[str, str]
    books: Path

    def send(self, *words: str, files: int = 0) -> Sending:
        """Start `publisher send`."""
        return Sending(self, "send", "all", "--yes", *words, files=files)

    def project(self) -> Project:
        return Project(self.root, environ=self.environ)

    def counts(self) -> dict[str, int]:
        """Return how many stand where, of a ledger that is proven."""
        with self.project() as project:
            assert project.books.ledger.verify() == []
            found = project.books.ledger.counts("all/1")[self.provider]
        return {state: count for state, count in found.items() if count}

    def audited(self, fake: Fake) -> Audit:
        with self.project() as project:
            deliveries = project.books.ledger.deliveries("all/1")
            return audit(deliveries, fake.record, salt=project.salt)


class Sending:
    """A verb that sends, in a process of its own."""

    def __init__(self, letters: Letters, *words: str, files: int = 0) -> None:
        def limited() -> None:
            resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))

        self.process = subprocess.Popen(
            [sys.executable, "-m", "publisher", *words],
            cwd=letters.root,
            env=os.environ | letters.environ | {"NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=limited if files else None,  # noqa: PLW1509  no threads in it
        )

    def until(self, is_so: Callable[[], object], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < deadline
            assert self.process.poll() is None, self.process.communicate()[1]
            time.sleep(0.02)

    def ended(self, seconds: float = 120) -> tuple[int, float, str]:
        """Return the exit code, after how many seconds it was, and what was said."""
        began = time.monotonic()
        _, said = self.process.communicate(timeout=seconds)
        assert "Traceback" not in said
        return self.process.returncode, time.monotonic() - began, said

    def stopped(self, number: int = signal.SIGTERM) -> tuple[int, float, str]:
        self.process.send_signal(number)
        return self.ended()


@contextmanager
def small_disk(place: Path) -> Iterator[Path]:
    """Give a folder on a disk of its own."""
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a small disk")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def fill(place: Path) -> Path:
    """Take all the space there is."""
    filler = place / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        for size in (65_536, 4_096, 1):
            with suppress(OSError):
                while True:
                    file.write(b"x" * size)
    return filler


def letters_in(
    root: Path, provider: str, place: dict[str, str], books: Path, readers: int
) -> Letters:
    subprocess.run(
        [sys.executable, "-m", "publisher", "init", str(root)],
        check=True,
        capture_output=True,
    )
    (root / "schedules" / "all.yaml").write_text(
        SCHEDULE.replace("PROVIDER", provider), "utf-8"
    )
    environ = {
        "PUBLISHER_SECRET": "s" * 32,
        "PUBLISHER_STORE": f"sqlite:///{books}",
        "NO_PROXY": "127.0.0.1",
    }
    for one in providers.settings_of(providers.known()[provider], provider, ""):
        environ[one.key] = place.get(one.name, "made-up" if one.required else "")
    made = Letters(root, provider, environ, books)
    rows = ({"email": f"r{number}@readers.example.org"} for number in range(readers))
    with made.project() as project:
        people = project.books.subscribers
        people.import_rows(rows, lists=["weekly"], now=project.clock())
    return made


@contextmanager
def held(books: Path, seconds: float) -> Iterator[None]:
    """Hold the books for so long, as another program that writes into them."""

    def hold() -> None:
        with closing(sqlite3.connect(books, timeout=30, isolation_level=None)) as shell:
            shell.execute("begin immediate")
            taken.set()
            time.sleep(seconds)
            shell.execute("rollback")

    taken = threading.Event()
    thread = threading.Thread(target=hold)
    thread.start()
    taken.wait(30)
    yield
    thread.join()


@pytest.fixture(params=["smtp", pytest.param("postmark", marks=long)])
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def fake(provider: str) -> Iterator[Fake]:
    # Slow, so that whatever happens does while something is on its way.
    with open_fake(provider, Faults(rates={"slow": 0.5}, slowness=0.05)) as opened:
        yield opened


def is_under_way(fake: Fake) -> Callable[[], bool]:
    return lambda: len(fake.record.taken) > 20


# --- a disk that is full ---


def test_a_disk_that_is_full_for_a_while_costs_nothing_but_time(
    tmp_path: Path, provider: str, fake: Fake
) -> None:
    with small_disk(tmp_path / "disk") as disk:
        books = disk / "books.sqlite3"
        letters = letters_in(tmp_path / "l", provider, fake.settings, books, READERS)
        sending = letters.send()
        sending.until(is_under_way(fake))
        filler = fill(disk)
        time.sleep(4)
        filler.unlink()
        code, _, said = sending.ended()
        if code:  # it was to claim when it was full; then nothing is in doubt
            assert "the disk is full. Try: free some space" in said
            code, _, said = letters.send().ended()
        print(f"\n{provider}: {said}")
        assert code == 0
        assert letters.counts() == {"accepted": READERS}
        assert letters.audited(fake).doubles == 0


def test_a_disk_that_stays_full_ends_in_a_line(
    tmp_path: Path, provider: str, fake: Fake
) -> None:
    with small_disk(tmp_path / "disk") as disk:
        books = disk / "books.sqlite3"
        letters = letters_in(tmp_path / "l", provider, fake.settings, books, READERS)
        sending = letters.send()
        sending.until(is_under_way(fake))
        filler = fill(disk)
        time.sleep(1)
        code, seconds, said = sending.stopped()
        print(f"\n{provider}: after {seconds:.1f} s: {said}")
        assert code == 1
        assert seconds < 12
        assert "the disk is full. Try: free some space" in said
        filler.unlink()
        code, _, said = letters.send().ended()
        counts = letters.counts()
        assert code == (3 if counts.get("uncertain") else 0)
        assert sum(counts.values()) == READERS
        found = letters.audited(fake)
        assert (found.losses, found.doubles) == (0, 0)


def test_books_that_cannot_grow_from_the_start_are_said_to_be(
    tmp_path: Path, provider: str, fake: Fake
) -> None:
    with small_disk(tmp_path / "disk") as disk:
        books = disk / "books.sqlite3"
        letters = letters_in(tmp_path / "l", provider, fake.settings, books, READERS)
        filler = fill(disk)
        code, _, said = letters.send().ended()
        assert code == 1
        assert "the disk is full. Try: free some space" in said
        assert not fake.record.taken
        filler.unlink()
        assert letters.send().ended()[0] == 0
        assert letters.counts() == {"accepted": READERS}


def test_an_outbox_that_is_full_loses_nothing(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        books = tmp_path / "books.sqlite3"
        letters = letters_in(tmp_path / "l", "smtp", {}, books, 900)
        letters.environ |= {"PUBLISHER_OUTBOX": str(disk / "outbox")}
        code, _, said = letters.send("--through", "outbox").ended()
        assert code == 3
        assert "the outbox cannot be written: No space left on device" in said
        assert "Try: free some space, or name another folder" in said
        subprocess.run(
            ["mount", "-o", f"remount,size={9 * SMALL}", str(disk)], check=True
        )
        code, _, said = letters.send("--through", "outbox").ended()
        assert code == 0
        assert len(list((disk / "outbox").rglob("*.eml"))) == 900
        assert not [one for one in disk.rglob(".*") if one.is_file()]


def test_output_that_cannot_be_written_changes_nothing(
    tmp_path: Path, provider: str, fake: Fake
) -> None:
    books = tmp_path / "books.sqlite3"
    letters = letters_in(tmp_path / "l", provider, fake.settings, books, 50)
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m publisher {SEND} > /dev/full 2> /dev/full"],
        cwd=letters.root,
        env=os.environ | letters.environ,
        check=False,
    )
    assert done.returncode == 0
    assert letters.counts() == {"accepted": 50}


# --- books that somebody holds ---


@pytest.mark.parametrize("seconds", [3.0, pytest.param(LONG, marks=long)])
def test_books_that_are_held_are_waited_for(
    tmp_path: Path, provider: str, fake: Fake, seconds: float
) -> None:
    books = tmp_path / "books.sqlite3"
    letters = letters_in(tmp_path / "l", provider, fake.settings, books, READERS)
    sending = letters.send()
    sending.until(is_under_way(fake))
    with held(books, seconds):
        code, _, said = sending.ended()
    assert code == 0, said
    assert ("another program holds the books; waiting" in said) == (seconds > 10)
    assert letters.counts() == {"accepted": READERS}
    assert letters.audited(fake).doubles == 0


def test_who_waits_for_the_books_hears_the_signal(
    tmp_path: Path, provider: str, fake: Fake
) -> None:
    books = tmp_path / "books.sqlite3"
    letters = letters_in(tmp_path / "l", provider, fake.settings, books, READERS)
    sending = letters.send()
    sending.until(is_under_way(fake))
    with held(books, 15):
        time.sleep(1)
        code, seconds, said = sending.stopped()
        print(f"\n{provider}: after {seconds:.1f} s: {said}")
        assert seconds < 12
        held_up = "another program holds the books. Try: again in a minute" in said
        # Where it had no need of them just then, it says how far it is.
        assert held_up or "run the same command again to go on" in said
        assert code == (1 if held_up else 3)
    assert letters.send().ended()[0] in {0, 3}
    found = letters.audited(fake)
    assert (found.losses, found.doubles) == (0, 0)
    assert sum(letters.counts().values()) == READERS


def test_books_that_are_held_before_it_begins(
    tmp_path: Path, provider: str, fake: Fake
) -> None:
    books = tmp_path / "books.sqlite3"
    letters = letters_in(tmp_path / "l", provider, fake.settings, books, 50)
    with held(books, LONG):
        code, _, said = letters.send().ended()
        assert code == 1
        assert "another program holds the books. Try: again in a minute" in said
        assert not fake.record.taken
    assert letters.send().ended()[0] == 0
    assert letters.counts() == {"accepted": 50}


def test_books_that_vanish_while_they_are_used(
    tmp_path: Path, provider: str, fake: Fake
) -> None:
    (tmp_path / "disk").mkdir()
    books = tmp_path / "disk" / "books.sqlite3"
    letters = letters_in(tmp_path / "l", provider, fake.settings, books, READERS)
    sending = letters.send()
    sending.until(is_under_way(fake))
    (tmp_path / "disk").rename(tmp_path / "elsewhere")
    code, _, said = sending.ended()
    print(f"\n{provider}: {said}")
    assert code == 1
    assert "the books are no longer where they were opened" in said
    (tmp_path / "elsewhere").rename(tmp_path / "disk")
    assert letters.send().ended()[0] in {0, 3}
    found = letters.audited(fake)
    assert (found.losses, found.doubles) == (0, 0)
    assert sum(letters.counts().values()) == READERS


# --- a provider that hangs ---


@contextmanager
def silent_server(words: bytes = b"", every: float = 0.0) -> Iterator[dict[str, str]]:
    """Take every connection, and say nothing; or these words, a byte at a time."""

    def serve(line: socket.socket) -> None:
        with line, suppress(OSError):
            for byte in words:
                time.sleep(every)
                line.sendall(bytes([byte]))
            while line.recv(65_536):
                pass

    def accept() -> None:
        with suppress(OSError):
            while True:
                line, _ = server.accept()
                threading.Thread(target=serve, args=(line,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=accept, daemon=True).start()
        port = server.getsockname()[1]
        yield {
            "host": "127.0.0.1",
            "port": f"{port}",
            "security": "none",
            "url": f"http://127.0.0.1:{port}",
        }
        server.shutdown(socket.SHUT_RDWR)


DRIP = (b"HTTP/1.1 200 OK\r\nContent-Length: 500000\r\n\r\n" + b" " * 500_000, 1.0)


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("server", [(b"", 0.0), DRIP], ids=["silent", "drip"])
def test_a_provider_that_hangs_keeps_nobody(
    tmp_path: Path, provider: str, number: int, server: tuple[bytes, float]
) -> None:
    books = tmp_path / "books.sqlite3"
    with silent_server(*server) as place:
        letters = letters_in(tmp_path / "l", provider, place, books, READERS)
        sending = letters.send()
        time.sleep(3)
        code, seconds, said = sending.stopped(number)
    print(f"\n{provider}: after {seconds:.1f} s: {said}")
    assert seconds < 4
    assert code in {1, 3}
    assert "run the same command again to go on" in said
    counts = letters.counts()
    assert sum(counts.values()) == READERS
    with open_fake(provider) as fake:
        for one in providers.settings_of(providers.known()[provider], provider, ""):
            if one.name in fake.settings:
                letters.environ[one.key] = fake.settings[one.name]
        code, _, said = letters.send().ended()
        after = letters.counts()
        assert after["accepted"] + after.get("uncertain", 0) == READERS
        assert after.get("uncertain", 0) <= counts.get("claimed", 0)
        assert letters.audited(fake).doubles == 0


@long
@pytest.mark.parametrize("server", [(b"", 0.0), DRIP], ids=["silent", "drip"])
def test_a_provider_that_hangs_is_given_up(
    tmp_path: Path, provider: str, server: tuple[bytes, float]
) -> None:
    """Only a few are in doubt, and it ends in minutes: not in hours, for everybody."""
    books = tmp_path / "books.sqlite3"
    readers = 500 * 20
    with silent_server(*server) as place:
        letters = letters_in(tmp_path / "l", provider, place, books, readers)
        code, seconds, said = letters.send().ended(seconds=900)
    print(f"\n{provider}: after {seconds:.1f} s: {said}")
    assert code in {1, 3}
    counts = letters.counts()
    limit = providers.known()[provider].limits.batch
    assert counts.get("uncertain", 0) <= 8 * limit
    assert counts["planned"] >= readers - 8 * limit


# --- signals and terminals ---


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_lets_what_is_on_its_way_arrive(
    tmp_path: Path, provider: str, fake: Fake, number: int
) -> None:
    books = tmp_path / "books.sqlite3"
    letters = letters_in(tmp_path / "l", provider, fake.settings, books, 2 * READERS)
    sending = letters.send()
    sending.until(is_under_way(fake))
    code, seconds, said = sending.stopped(number)
    assert (code, seconds < 2.5) == (3, True)
    assert "stopped; run the same command again to go on" in said
    counts = letters.counts()
    assert set(counts) == {"accepted", "planned"}
    assert counts["accepted"] == len(fake.record.taken)
    assert letters.send().ended()[0] == 0
    assert letters.counts() == {"accepted": 2 * READERS}
    assert letters.audited(fake).doubles == 0


def test_the_second_ctrl_c_ends_at_once(
    tmp_path: Path, provider: str, fake: Fake
) -> None:
    books = tmp_path / "books.sqlite3"
    letters = letters_in(tmp_path / "l", provider, fake.settings, books, 2 * READERS)
    sending = letters.send()
    sending.until(is_under_way(fake))
    sending.process.send_signal(signal.SIGINT)
    time.sleep(0.02)
    code, seconds, said = sending.stopped(signal.SIGINT)
    assert seconds < 2.5
    assert code in {3, 130, -signal.SIGINT}  # the last: it was over by then
    assert "The same command goes on" in said or "run the same command again" in said
    assert letters.send().ended()[0] in {0, 3}
    found = letters.audited(fake)
    assert (found.losses, found.doubles) == (0, 0)


def test_a_reader_of_the_output_who_leaves_stops_nothing(
    tmp_path: Path, provider: str, fake: Fake
) -> None:
    books = tmp_path / "books.sqlite3"
    letters = letters_in(tmp_path / "l", provider, fake.settings, books, 50)
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m publisher {SEND} 2>&1 | head -1"],
        cwd=letters.root,
        env=os.environ | letters.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    deadline = time.monotonic() + 30
    while letters.counts() != {"accepted": 50} and time.monotonic() < deadline:
        time.sleep(0.2)
    assert letters.counts() == {"accepted": 50}


# --- a machine that gives no more ---


@pytest.mark.parametrize(
    "files",
    [pytest.param(one, marks=long) if one % 9 else one for one in range(6, 30, 3)],
)
def test_a_process_that_may_open_few_files(
    tmp_path: Path, provider: str, fake: Fake, files: int
) -> None:
    books = tmp_path / "books.sqlite3"
    letters = letters_in(tmp_path / "l", provider, fake.settings, books, 200)
    code, _, said = letters.send(files=files).ended()
    print(f"\n{provider}, {files} files: {code} {said}")
    assert code in {0, 1, 3}
    code, _, _ = letters.send().ended()
    counts = letters.counts()
    assert counts["accepted"] + counts.get("uncertain", 0) == 200
    found = letters.audited(fake)
    assert (found.losses, found.doubles) == (0, 0)
