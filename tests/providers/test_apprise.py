"""The long tail, against a server on loopback; only where apprise is installed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.util import find_spec

import pytest

from publisher.errors import ConfigError, Refused, Uncertain
from publisher.models import Post, Receipt
from publisher.providers import Secret
from publisher.providers.apprise import Apprise

# Its own code asks for what Python will remove.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
needs_apprise = pytest.mark.skipif(
    find_spec("apprise") is None,
    reason="apprise, of the extra apprise, is not installed",
)
POST = Post(key="weekly/7/apprise/tides", text="Tides\n\nhttps://example.org/tides")


class Topic(HTTPServer):
    status = 200
    told: list[bytes]


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Topic)
        size = int(self.headers["Content-Length"])
        self.server.told.append(self.rfile.read(size))
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def topic() -> Iterator[Topic]:
    server = Topic(("127.0.0.1", 0), Handler)
    server.told = []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def provider(topic: Topic) -> Apprise:
    return Apprise(Secret(f"ntfy://127.0.0.1:{topic.server_port}/harbour"))


@needs_apprise
def test_a_service_is_told_once(topic: Topic) -> None:
    assert provider(topic).send(POST) == Receipt("weekly/7/apprise/tides")
    assert len(topic.told) == 1
    assert b"https://example.org/tides" in topic.told[0]


@needs_apprise
def test_a_no_is_never_a_yes(topic: Topic, caplog: pytest.LogCaptureFixture) -> None:
    topic.status = 500
    with pytest.raises(Uncertain):
        provider(topic).send(POST)
    assert "harbour" not in caplog.text


@needs_apprise
def test_an_address_that_it_does_not_know_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        Apprise(Secret("nothing://t0ken")).send(POST)
    assert "t0ken" not in str(caught.value)


@needs_apprise
def test_it_says_which_service_is_meant(topic: Topic) -> None:
    assert provider(topic).verify().name == "ntfy"


@pytest.mark.parametrize(
    ("scheme", "own"), [("tgram", "telegram"), ("discord", "discord"), ("x", "x")]
)
def test_what_we_do_ourselves_is_refused(scheme: str, own: str) -> None:
    with pytest.raises(ConfigError, match="provider of its own") as caught:
        Apprise(Secret(f"{scheme}://t0ken"))
    assert own in caught.value.hint


@pytest.mark.skipif(find_spec("apprise") is not None, reason="apprise is installed")
def test_without_the_package_it_says_what_to_install() -> None:
    with pytest.raises(ConfigError, match="not installed"):
        Apprise(Secret("ntfy://example/topic")).send(POST)
