"""Fetching: what may be reached, how much, how long, and what is kept."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests
from responses import RequestsMock

from publisher.errors import SourceError
from publisher.http.fetch import Fetched, bare, fetch, shown
from publisher.http.reach import is_public

FEED = "https://lantern.example.org/feed.xml"
SECRET = "https://me:s3cret@lantern.example.org/feed.xml"


class Web(ThreadingHTTPServer):
    """A server on loopback whose answers a test chooses by path."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages: dict[str, Callable[[Handler], None]] = {}
        self.asked: list[dict[str, str]] = []

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"


class Handler(BaseHTTPRequestHandler):
    server: Web

    def do_GET(self) -> None:
        self.server.asked.append(dict(self.headers))
        self.server.pages[self.path](self)

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def mocked() -> Iterator[RequestsMock]:
    with RequestsMock() as mock:
        yield mock


def line_of(url: str, **options: object) -> str:
    with pytest.raises(SourceError) as caught:
        fetch(url, **options)  # type: ignore[arg-type]
    return str(caught.value)


# --- what comes back -----------------------------------------------------------------


def test_a_page_is_read(mocked: RequestsMock) -> None:
    mocked.get(FEED, body="<rss/>", content_type="text/xml")
    assert fetch(FEED) == Fetched(FEED, b"<rss/>", "text/xml")


def test_a_page_is_read_from_a_real_server(web: Web) -> None:
    web.pages["/"] = lambda it: it.answer(200, b"light", Content_Type="text/plain")
    found = fetch(web.url(), allow_private=True)
    assert found == Fetched(web.url(), b"light", "text/plain")
    assert web.asked[0]["Host"] == f"127.0.0.1:{web.server_port}"
    assert web.asked[0]["User-Agent"].startswith("publisher/")


@pytest.mark.parametrize("status", [403, 404, 410, 500, 503])
def test_a_refusal_is_told_by_its_number(mocked: RequestsMock, status: int) -> None:
    mocked.get(FEED, status=status)
    assert line_of(FEED) == f"{FEED}: answered {status}"


def test_the_letters_are_those_the_answer_names() -> None:
    windows = "caffè – “faro”".encode("cp1252")
    for got in (
        Fetched(FEED, "caffè – “faro”".encode(), ""),
        Fetched(FEED, "caffè – “faro”".encode("utf-16"), ""),
        Fetched(FEED, windows, "text/html; charset=ISO-8859-1"),
        Fetched(FEED, "caffè – “faro”".encode(), "text/html; charset=klingon"),
    ):
        assert got.text() == "caffè – “faro”"
    page = b"<?xml version='1.0' encoding='windows-1252'?>" + windows
    assert Fetched(FEED, page, "").text().endswith("“faro”")


@pytest.mark.parametrize("name", ["hex", "rot13", "idna", "utf-16", "zip", "."])
def test_a_charset_that_is_none_is_passed_over(name: str) -> None:
    assert Fetched(FEED, b"light", f"text/html; charset={name}").text() == "light"


def test_bytes_that_are_no_letters_are_refused() -> None:
    for body in (b"\x89PNG\r\n\x1a\n\x00\x00", b"\xff\xfe\x00\xd8\x00\xd8", b"a\n\xe9"):
        with pytest.raises(SourceError):
            Fetched(FEED, body, "").text()


# --- where it may go -----------------------------------------------------------------

PRIVATE = [
    "127.0.0.1", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "0.0.0.9", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::",
    "fe80::1", "fc00::1", "ff02::1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
    "2002:7f00:1::", "::127.0.0.1", "fec0::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_for_everybody_is_known(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07::1"])
def test_an_address_for_everybody_is_known(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "[::1]"]
)
def test_a_private_place_is_refused_however_it_is_written(host: str) -> None:
    line = line_of(f"http://{host}/secret?key=1")
    assert "is at a private address (" in line
    assert "fetch.allow_private in publisher.yaml" in line
    assert "key=1" not in line


def names(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Let the name service give these answers, one after the other."""
    asked: list[str] = []
    left = list(answers)

    def look_up(host: str, port: int, *_: object, **__: object) -> list[object]:
        if host[0].isdigit():
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]
        asked.append(host)
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*kind, (address, port)) for address in left.pop(0)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def test_a_name_with_one_private_address_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names(monkeypatch, ["93.184.215.14", "10.0.0.1"])
    assert "private address (10.0.0.1)" in line_of("http://rebound.example.org/")


def test_a_name_is_asked_for_only_once(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.pages["/"] = lambda it: it.answer(200, b"light")
    asked = names(monkeypatch, ["127.0.0.1"])
    url = f"http://lantern.example.org:{web.server_port}/"
    assert fetch(url, allow_private=True).body == b"light"
    assert asked == ["lantern.example.org"]
    assert web.asked[0]["Host"] == f"lantern.example.org:{web.server_port}"


def test_a_redirect_is_followed_and_its_end_told(mocked: RequestsMock) -> None:
    mocked.get(FEED, status=301, headers={"Location": "/new.xml"})
    mocked.get("https://lantern.example.org/new.xml", body="<rss/>")
    assert fetch(FEED).url == "https://lantern.example.org/new.xml"


def test_a_redirect_to_a_private_place_is_refused(mocked: RequestsMock) -> None:
    mocked.add_passthru("http://127.0.0.1")
    mocked.get(FEED, status=302, headers={"Location": "http://127.0.0.1:9/x"})
    assert "private address (127.0.0.1)" in line_of(FEED)


@pytest.mark.parametrize("place", ["file:///etc/passwd", "ftp://example.org/"])
def test_a_redirect_to_what_is_no_web_address_is_refused(
    mocked: RequestsMock, place: str
) -> None:
    mocked.get(FEED, status=302, headers={"Location": place})
    assert "is not a web address" in line_of(FEED)


def test_redirects_come_to_an_end(mocked: RequestsMock) -> None:
    mocked.get(FEED, status=302, headers={"Location": FEED})
    assert "redirects more than 5 times" in line_of(FEED)


@pytest.mark.parametrize("url", ["http://", "http://[::1", "http://a:b/", "gopher://x"])
def test_what_is_no_web_address_is_one_line(url: str) -> None:
    assert "is not a web address" in line_of(url)


# --- how much and how long -----------------------------------------------------------


def test_a_page_that_says_it_is_too_large_is_not_read(web: Web) -> None:
    web.pages["/"] = lambda it: it.answer(200, b"x" * 3000)
    line = line_of(web.url(), allow_private=True, max_bytes=2000)
    assert "is larger than 0.002 MB" in line


def test_a_page_that_unpacks_to_too_much_is_not_read(web: Web) -> None:
    bomb = gzip.compress(b"\x00" * 20_000_000)
    assert len(bomb) < 100_000
    web.pages["/"] = lambda it: it.answer(200, bomb, Content_Encoding="gzip")
    assert "is larger than 1 MB" in line_of(
        web.url(), allow_private=True, max_bytes=1_000_000
    )


def drip(it: Handler) -> None:
    """Send a byte now and then, for as long as somebody listens."""
    it.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n")
    for _ in range(500):
        try:
            it.wfile.write(b"x")
            it.wfile.flush()
        except OSError:
            return
        time.sleep(0.02)


def drip_headers(it: Handler) -> None:
    it.wfile.write(b"HTTP/1.0 200 OK\r\n")
    it.wfile.write(b"X-Slow: ")
    drip(it)


@pytest.mark.parametrize("page", [drip, drip_headers])
def test_a_server_that_never_ends_is_left(
    web: Web, page: Callable[[Handler], None]
) -> None:
    web.pages["/"] = page
    begun = time.monotonic()
    assert "took longer than 0.3 s" in line_of(
        web.url(), allow_private=True, timeout=0.3
    )
    assert time.monotonic() - begun < 2


# --- why it failed -------------------------------------------------------------------


def test_a_closed_door_is_told() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
    assert line_of(url, allow_private=True) == (
        f"{url}: cannot be reached: connection refused"
    )


def test_a_name_that_nobody_has_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    assert line_of("https://nowhere.example.org/") == (
        "https://nowhere.example.org/: cannot be reached: there is no such host"
    )


def broken(it: Handler) -> None:
    it.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab")
    it.connection.shutdown(socket.SHUT_RDWR)


def test_a_connection_that_breaks_is_told(web: Web) -> None:
    web.pages["/"] = broken
    assert "cannot be reached: the connection broke" in line_of(
        web.url(), allow_private=True
    )


def test_what_is_packed_wrongly_is_told(web: Web) -> None:
    web.pages["/"] = lambda it: it.answer(200, b"no", Content_Encoding="gzip")
    assert "is not compressed as it says" in line_of(web.url(), allow_private=True)


def test_a_certificate_that_is_wrong_is_told(mocked: RequestsMock) -> None:
    error = requests.exceptions.SSLError("certificate verify failed")
    mocked.get(FEED, body=error)
    assert line_of(FEED) == (f"{FEED}: cannot be reached: its certificate is not valid")


def test_no_password_leaves_the_room(mocked: RequestsMock) -> None:
    mocked.get(f"{SECRET}?token=t0ken", status=401)
    assert line_of(f"{SECRET}?token=t0ken") == f"{FEED}: answered 401"
    assert bare(SECRET) == FEED
    assert shown(f"{SECRET}?token=t0ken#x") == FEED


def test_no_password_is_in_what_was_fetched(mocked: RequestsMock) -> None:
    mocked.get(SECRET, body="<rss/>")
    assert fetch(SECRET).url == FEED
    assert mocked.calls[0].request.headers["Authorization"].startswith("Basic ")


# --- what is kept --------------------------------------------------------------------


def test_what_has_not_changed_is_read_from_the_cache(web: Web, tmp_path: Path) -> None:
    def page(it: Handler) -> None:
        if it.headers.get("If-None-Match") == '"one"':
            it.answer(304)
        else:
            it.answer(200, b"light", ETag='"one"', Content_Type="text/plain")

    web.pages["/"] = page
    first = fetch(web.url(), allow_private=True, cache=tmp_path / "new")
    again = fetch(web.url(), allow_private=True, cache=tmp_path / "new")
    assert first == Fetched(web.url(), b"light", "text/plain")
    assert again == Fetched(web.url(), b"light", "text/plain", is_unchanged=True)


def test_the_end_of_a_redirect_is_asked_for_what_is_newer(
    mocked: RequestsMock, tmp_path: Path
) -> None:
    mocked.get("http://lantern.example.org/", status=301, headers={"Location": FEED})
    mocked.get(FEED, body="<rss/>", headers={"Last-Modified": "Mon, 02 Nov 2026"})
    fetch("http://lantern.example.org/", cache=tmp_path)
    mocked.replace("GET", FEED, status=304)
    assert fetch("http://lantern.example.org/", cache=tmp_path).is_unchanged
    sent = mocked.calls[-1].request.headers
    assert sent["If-Modified-Since"] == "Mon, 02 Nov 2026"


def test_a_spoiled_cache_is_as_good_as_none(web: Web, tmp_path: Path) -> None:
    web.pages["/"] = lambda it: it.answer(200, b"light", ETag='"one"')
    fetch(web.url(), allow_private=True, cache=tmp_path)
    for file in tmp_path.glob("*.body"):
        file.write_bytes(b"half")
    assert fetch(web.url(), allow_private=True, cache=tmp_path).body == b"light"
    assert "If-None-Match" not in web.asked[1]


def test_a_cache_that_cannot_be_written_stops_nothing(web: Web, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    web.pages["/"] = lambda it: it.answer(200, b"light", ETag='"one"')
    found = fetch(web.url(), allow_private=True, cache=tmp_path / "file")
    assert found.body == b"light"


def test_an_answer_that_cannot_be_asked_about_is_not_kept(
    web: Web, tmp_path: Path
) -> None:
    web.pages["/"] = lambda it: it.answer(200, b"light")
    fetch(web.url(), allow_private=True, cache=tmp_path)
    assert not list(tmp_path.iterdir())
