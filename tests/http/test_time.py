"""How long a call may take: each part of it, and an answer in all."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from publisher.errors import Uncertain
from publisher.http import wire
from publisher.http.call import call

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
Serve = Callable[[socket.socket], None]


@contextmanager
def server(serve: Serve) -> Iterator[str]:
    """Serve one connection."""

    def accept() -> None:
        with suppress(OSError):
            line, _ = listener.accept()
            with line:
                serve(line)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
    thread.join()


def dripping(words: bytes) -> Serve:
    def serve(line: socket.socket) -> None:
        line.recv(65_536)
        for byte in words:
            line.sendall(bytes([byte]))
            time.sleep(0.02)

    return serve


@pytest.mark.parametrize(
    "answer",
    [OK[:-2] + b" " * 500, b"HTTP/1.1 200 OK\r\nX: " + b"y" * 500],
    ids=["body", "head"],
)
def test_an_answer_that_drips_in_ends_in_time(
    answer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "WHOLE", 0.3)
    began = time.monotonic()
    words = answer.replace(b"Length: 2", b"Length: 500")
    with (
        server(dripping(words)) as url,
        pytest.raises(Uncertain, match=r"in time|before its answer was complete"),
    ):
        call("POST", url, provider="x", data=b"{}", timeout=(1, 0.25))
    assert time.monotonic() - began < 5


def test_a_slow_answer_that_is_complete_in_time_counts() -> None:
    with server(dripping(OK)) as url:
        assert call("POST", url, provider="x", data=b"{}", timeout=(1, 1)).json() == {}


def test_a_body_may_take_as_long_as_the_line_does() -> None:
    """The time to connect is no limit for a large body."""

    def late(line: socket.socket) -> None:
        time.sleep(0.3)
        left = size
        while left > 0:
            left -= len(line.recv(1 << 20))
        line.sendall(OK)

    size = 20_000_000
    with server(late) as url:
        answer = call("POST", url, provider="x", data=b"x" * size, timeout=(0.05, 5))
    assert answer.status_code == 200


def test_a_provider_that_reads_nothing_is_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wire, "EACH", 0.2)
    is_over = threading.Event()
    with server(lambda _: (is_over.wait(10), None)[1]) as url:
        with pytest.raises(Uncertain, match="x "):
            call("POST", url, provider="x", data=b"x" * 20_000_000, timeout=(1, 1))
        is_over.set()
