"""Waits on this machine for the browser that comes back from a login (RFC 8252, 7.3).

Only this machine can call it, it answers one address, and it takes the answer to our
own question only.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

from publisher.errors import ConfigError, Refused

HOST, PATH = "127.0.0.1", "/callback"
LOOK = 0.2  # seconds between two looks at whether to go on
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>publisher</title>
<p>{}</p></html>"""


class Waiting:
    """The address that a browser is sent back to, and what it brought."""

    def __init__(self, server: HTTPServer) -> None:
        self._server = server
        self.redirect = f"http://{HOST}:{server.server_port}{PATH}"
        self._brought: list[str] = []

    def code(
        self, state: str, *, provider: str, seconds: float, stop: Callable[[], bool]
    ) -> str:
        """Return the code that comes with our `state`; others are sent away."""
        self._server.state = state  # type: ignore[attr-defined]
        self._server.brought = self._brought  # type: ignore[attr-defined]
        end = time.monotonic() + seconds
        while not self._brought:
            if stop() or time.monotonic() > end:
                raise ConfigError(
                    f"nobody came back from {provider}",
                    hint=f"Try: publisher channels login {provider}",
                )
            self._server.handle_request()
        return code_in(self._brought[0], state, provider=provider)


def code_in(address: str, state: str, *, provider: str) -> str:
    """Return the code in the address that a browser was sent back to.

    `Refused` where it brings a no, or the answer to another question.
    """
    given = parse_qs(urlsplit(address).query)
    if not hmac.compare_digest(_first(given, "state").encode(), state.encode()):
        raise Refused(
            f"this is not the answer to our question to {provider}",
            hint=f"Try: publisher channels login {provider}, and open its new address",
        )
    if error := _first(given, "error"):
        said = " ".join(_first(given, "error_description").split())[:200]
        raise Refused(f"{provider} says no: {said or error[:100]}")
    if not (code := _first(given, "code")):
        raise Refused(f"{provider} sent the browser back without a code")
    return code


def _first(given: dict[str, list[str]], name: str) -> str:
    return given.get(name, [""])[0]


@contextmanager
def listening(port: int) -> Iterator[Waiting]:
    """Open the address for as long as the login takes; 0 is any free port."""
    try:
        server = HTTPServer((HOST, port), _Handler)
    except OSError as error:
        raise ConfigError(
            f"port {port} of this machine cannot be used: {error.strerror}",
            hint="Try: --port with another number, and name it in your app, too",
        ) from None
    server.timeout = LOOK
    try:
        yield Waiting(server)
    finally:
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """Takes one GET, and says what to do next."""

    timeout = 5  # seconds for a whole request

    def do_GET(self) -> None:
        """Take the answer, or send it away."""
        found = urlsplit(self.path)
        server = self.server
        given = _first(parse_qs(found.query), "state")
        if found.path != PATH:
            self._say(HTTPStatus.NOT_FOUND, "There is nothing here.")
        elif not hmac.compare_digest(given.encode(), server.state.encode()):  # type: ignore[attr-defined]
            self._say(HTTPStatus.BAD_REQUEST, "This is an answer to another question.")
        else:
            server.brought.append(self.path)  # type: ignore[attr-defined]
            self._say(HTTPStatus.OK, "Thank you. You can close this page.")

    def _say(self, status: HTTPStatus, words: str) -> None:
        page = PAGE.format(escape(words)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", f"{len(page)}")
        self.send_header("Content-Security-Policy", "default-src 'none'")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: object) -> None:
        """Say nothing: the address holds the code."""
