from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import responses
from responses import RequestsMock

from publisher.errors import (
    ProviderError,
    Refused,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)
from publisher.http.call import call, get_json, post_json, redacted

URL = "https://api.example.org/send"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def web() -> Iterator[RequestsMock]:
    with RequestsMock() as mock:
        yield mock


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (301, Refused),
        (302, Refused),
        (400, Rejected),
        (401, Refused),
        (402, Refused),
        (403, Refused),
        (404, Rejected),
        (407, Refused),
        (408, Unavailable),
        (409, Rejected),
        (413, Rejected),
        (422, Rejected),
        (425, Unavailable),
        (429, Throttled),
        (500, Uncertain),
        (502, Uncertain),
        (503, Unavailable),
        (504, Uncertain),
        (520, Uncertain),
    ],
)
def test_each_status_says_what_to_do(
    web: RequestsMock, status: int, error: type[ProviderError]
) -> None:
    web.post(URL, status=status, json={"error": "because"})
    with pytest.raises(ProviderError) as caught:
        post_json(URL, {}, provider="pigeon")
    assert type(caught.value) is error
    assert "pigeon" in caught.value.message
    assert f"({status}): because" in caught.value.message


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_question_is_never_uncertain(web: RequestsMock, status: int) -> None:
    web.get(URL, status=status)
    with pytest.raises(Unavailable):
        get_json(URL, provider="pigeon")


def test_503_with_a_time_waits(web: RequestsMock) -> None:
    web.post(URL, status=503, headers={"Retry-After": "7"})
    with pytest.raises(Throttled) as caught:
        post_json(URL, {})
    assert caught.value.retry_after == 7


def test_a_wait_in_the_answer_itself_is_kept(web: RequestsMock) -> None:
    web.post(URL, status=429, json={"parameters": {"retry_after": 35}})
    with pytest.raises(Throttled) as caught:
        post_json(URL, {})
    assert caught.value.retry_after == 35


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"error": "Text is too long"}, "Text is too long"),
        ({"error": "InvalidRequest", "message": "too big"}, "too big"),
        ({"errors": [{"message": "first"}, {"message": "second"}]}, "first"),
        ({"error": {"code": 7, "message": "inner"}}, "inner"),
        ({"title": "Bad", "detail": "Why"}, "Why"),
        (["one"], "one"),
        ({"ErrorCode": 300, "Message": "Bad 'To'"}, "Bad 'To'"),
        ({"ErrorCode": "mj-1", "ErrorMessage": "Bad JSON"}, "Bad JSON"),
    ],
)
def test_the_providers_own_words_are_kept(
    web: RequestsMock, answer: Any, reason: str
) -> None:
    web.post(URL, status=400, json=answer)
    with pytest.raises(Rejected) as caught:
        post_json(URL, {}, provider="pigeon")
    assert caught.value.message == f"pigeon rejected the message (400): {reason}"


def test_a_page_of_html_is_no_reason(web: RequestsMock) -> None:
    web.post(URL, status=400, body="<h1>Bad</h1>", content_type="text/html")
    with pytest.raises(Rejected, match=r"\(400\)$"):
        post_json(URL, {}, provider="pigeon")


def test_errors_hold_no_secret_and_no_address(web: RequestsMock) -> None:
    url = "https://hooks.example.org/s3cret-path"
    said = f"no token tok3n at {url} for reader@example.net, password hunter2"
    web.post(url, status=400, json={"error": said})
    with pytest.raises(Rejected) as caught:
        post_json(
            url, {}, headers={"Authorization": "Bearer tok3n"}, secrets=["hunter2"]
        )
    shown = f"{caught.value} {caught.value.__cause__} {caught.value!r}"
    for secret in ("s3cret-path", "tok3n", "hunter2", "reader@example.net"):
        assert secret not in shown


def test_reasons_are_short_and_on_one_line() -> None:
    assert redacted("a\n\n b <x@y.org>, mine", ["mine"]) == "a b <***>, ***"


@pytest.mark.parametrize("body", ["", "<html>", "[1]", '"text"', '{"broken'])
def test_a_2xx_that_cannot_be_read_is_uncertain(web: RequestsMock, body: str) -> None:
    web.post(URL, status=200, body=body)
    with pytest.raises(Uncertain, match="unreadable"):
        post_json(URL, {}, provider="pigeon")


@pytest.mark.parametrize(
    "url", ["ftp://x.org", "file:///etc/passwd", "x.org", "http://"]
)
def test_only_http_is_called(url: str) -> None:
    with pytest.raises(Refused, match="must begin with https://"):
        post_json(url, {}, provider="pigeon")


def test_a_token_that_no_header_can_hold_is_refused_and_not_shown() -> None:
    for token in ("tok\nen", "tök€n"):
        with pytest.raises(Refused) as caught:
            post_json("http://127.0.0.1:9", {}, headers={"Authorization": token})
        assert token not in str(caught.value)


@responses.activate
def test_a_redirect_is_not_followed() -> None:
    responses.post(URL, status=302, headers={"Location": "https://evil.example.org"})
    with pytest.raises(Refused, match="leads elsewhere"):
        post_json(URL, {}, headers={"Authorization": "Bearer x"})
    assert len(responses.calls) == 1


def test_netrc_never_replaces_our_credentials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    seen: list[bytes] = []

    def answer(client: socket.socket) -> None:
        seen.append(client.recv(65536))
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    with server(answer) as url:
        call("GET", url, headers={"Authorization": "Bearer ours"})
    assert b"Authorization: Bearer ours" in seen[0]


# --- real sockets: what may have been sent, and what cannot have been --------------


@contextmanager
def server(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server on loopback that treats one connection as `answer` says."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            client, _ = listener.accept()
            with client, suppress(OSError):
                answer(client)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(5)


def _closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def reset(client: socket.socket) -> None:
    client.recv(65536)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def hang_up(client: socket.socket) -> None:
    client.recv(65536)


def half(client: socket.socket) -> None:
    client.recv(65536)
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{")


def noise(client: socket.socket) -> None:
    client.recv(65536)
    client.sendall(b"\x00\x01\x02 not http\r\n\r\n")


def silence(client: socket.socket) -> None:
    client.recv(65536)
    client.recv(65536)  # until the caller gives up


def flood(client: socket.socket) -> None:
    client.recv(65536)
    client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:  # until the caller hangs up
        client.sendall(b" " * 65536)


@pytest.mark.parametrize("answer", [reset, hang_up, half, noise, silence, flood])
def test_no_answer_after_the_body_left_is_uncertain(
    answer: Callable[[socket.socket], None],
) -> None:
    with server(answer) as url, pytest.raises(Uncertain):
        post_json(url, {"text": "Hi"}, provider="pigeon", timeout=(1, 0.3))


def test_a_refused_connection_sent_nothing() -> None:
    with pytest.raises(Unavailable, match="pigeon cannot be reached"):
        post_json(f"http://127.0.0.1:{_closed_port()}", {}, provider="pigeon")


def test_a_name_that_does_not_resolve_sent_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nowhere(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    with pytest.raises(Unavailable, match="cannot be reached"):
        post_json("http://no.example.org", {})


@pytest.mark.parametrize("answer", [noise, reset, hang_up])
def test_tls_that_fails_sent_nothing(answer: Callable[[socket.socket], None]) -> None:
    with server(answer) as url, pytest.raises(Unavailable, match="cannot be reached"):
        post_json(url.replace("http:", "https:"), {}, timeout=(1, 1))


def test_an_answer_arrives() -> None:
    def answer(client: socket.socket) -> None:
        client.recv(65536)
        body = json.dumps({"id": "7"}).encode()
        head = f"HTTP/1.1 201 Created\r\nContent-Length: {len(body)}\r\n\r\n"
        client.sendall(head.encode() + body)

    with server(answer) as url:
        assert post_json(url, {"text": "Hi"}) == {"id": "7"}
