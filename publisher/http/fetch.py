"""Reads a page or a feed: bounded in size and time, and never from a private place."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit, urlunsplit

from publisher import files
from publisher.errors import PublisherError, SourceError
from publisher.http import charset

if TYPE_CHECKING:
    from requests import Response

    from publisher.http.reach import Line

MEGABYTE = 1_000_000
MOST_REDIRECTS = 5
CHUNK = 65_536
REDIRECTS = {301, 302, 303, 307, 308}
NOT_MODIFIED = 304
GOOD = range(200, 300)
WANTED = (
    "text/html, application/xhtml+xml, application/atom+xml, application/rss+xml,"
    " application/feed+json, text/markdown, text/plain;q=0.9, */*;q=0.5"
)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What an address answered; `url` is where redirects ended, without a password.

    `is_unchanged` says that the server had nothing newer than the cache.
    """

    url: str
    body: bytes
    content_type: str = ""
    is_unchanged: bool = False

    def text(self) -> str:
        """Return the body as text: by its byte order mark, its header or its head."""
        return charset.decode(
            self.body, content_type=self.content_type, where=shown(self.url)
        )


def fetch(
    url: str,
    *,
    allow_private: bool = False,
    max_bytes: int = 10 * MEGABYTE,
    timeout: float = 20.0,
    cache: Path | None = None,
) -> Fetched:
    """Return what the address answers, or raise `SourceError` with one clear line.

    `max_bytes` counts what comes out of compression, `timeout` is seconds for all of
    it: names, redirects and the last byte. With `cache` the server is asked only for
    what is newer (RFC 9110, section 13).
    """
    from publisher.http.reach import Line

    line = Line(allow_private=allow_private)
    journey = _Journey(line, url, max_bytes, timeout, cache)
    # A server may send a byte a second for ever, and a look-up of a name cannot be
    # told to hurry; so this thread waits for another one, and not longer than agreed.
    worker = threading.Thread(target=journey.run, daemon=True)
    worker.start()
    worker.join(timeout)
    if worker.is_alive():
        line.cut()
        raise _too_slow(url, timeout)
    if journey.error is not None:
        raise journey.error
    return journey.found[0]


def shown(url: str) -> str:
    """Return an address without what may be secret in it: name, password and query."""
    return urlunsplit((*urlsplit(bare(url))[:3], "", ""))


def bare(url: str) -> str:
    """Return an address without a name and a password.

    >>> bare("https://me:secret@example.org/feed?page=2")
    'https://example.org/feed?page=2'
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.partition("://")[0] + "://…"
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


@dataclass(slots=True)
class _Journey:
    """One fetch, over its redirects."""

    line: Line
    url: str
    max_bytes: int
    timeout: float
    cache: Path | None
    found: list[Fetched] = field(default_factory=list)
    error: BaseException | None = None

    def run(self) -> None:
        """Fetch, and keep what came of it for the thread that waits."""
        try:
            self.found.append(self._travel())
        except BaseException as error:  # noqa: BLE001  raised again by who waits
            self.error = error
        finally:
            self.line.let_go()

    def _travel(self) -> Fetched:
        here = self.url
        for _ in range(MOST_REDIRECTS + 1):
            with _telling(here, self.timeout):
                found = self._visit(here)
            if isinstance(found, Fetched):
                return found
            here = found
        message = f"redirects more than {MOST_REDIRECTS} times"
        raise SourceError(message, where=shown(self.url))

    def _visit(self, url: str) -> Fetched | str:
        """Return the answer, or the address to which it points."""
        _refuse_other_schemes(url)
        kept = _Kept(self.cache, url)
        headers = {"User-Agent": _agent(), "Accept": WANTED, **kept.headers()}
        with (
            self.line.session() as session,
            session.get(
                url,
                headers=headers,
                timeout=self.timeout,
                stream=True,
                allow_redirects=False,
            ) as answer,
        ):
            status = answer.status_code
            if status in REDIRECTS and "Location" in answer.headers:
                return urljoin(url, answer.headers["Location"])
            if status == NOT_MODIFIED and kept.body is not None:
                return Fetched(bare(url), kept.body, kept.content_type, True)
            if status not in GOOD:
                raise SourceError(f"answered {status}", where=shown(url))
            body = self._read(answer, url)
            kept.keep(answer.headers, body)
            return Fetched(bare(url), body, answer.headers.get("Content-Type", ""))

    def _read(self, answer: Response, url: str) -> bytes:
        """Read the body in pieces, so that its size cannot run away."""
        length = answer.headers.get("Content-Length", "")
        size = int(length) if length.isdecimal() else 0
        body = bytearray()
        if size <= self.max_bytes:
            for part in answer.iter_content(CHUNK):
                body += part
                if len(body) > self.max_bytes:
                    break
        if max(size, len(body)) > self.max_bytes:
            raise SourceError(
                f"is larger than {self.max_bytes / MEGABYTE:g} MB",
                where=shown(url),
                hint="Try: raise fetch.max_mb in publisher.yaml",
            )
        return bytes(body)


def _agent() -> str:
    from publisher import __version__

    return f"publisher/{__version__}"


def _refuse_other_schemes(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_web = parts.scheme in {"http", "https"} and bool(parts.hostname)
        is_web = is_web and parts.port != 0
    except ValueError:
        is_web = False
    if not is_web:
        raise SourceError("is not a web address", where=shown(url))


def _too_slow(url: str, timeout: float) -> SourceError:
    return SourceError(
        f"took longer than {timeout:g} s",
        where=shown(url),
        hint="Try: again, or raise fetch.timeout_seconds in publisher.yaml",
    )


class _telling:  # noqa: N801  reads as a verb where it is used
    """Turns what the HTTP library raises into one line, without secrets."""

    def __init__(self, url: str, timeout: float) -> None:
        self.url = url
        self.timeout = timeout

    def __enter__(self) -> None:
        """Begin to listen."""

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> None:
        """Raise the line instead."""
        from requests import RequestException
        from urllib3.exceptions import HTTPError

        from publisher.http.reach import PrivateAddressError

        if isinstance(error, PrivateAddressError):
            raise SourceError(
                f"is at a private address ({error})",
                where=shown(self.url),
                hint="Allow it with fetch.allow_private in publisher.yaml",
            ) from None
        # The causes are dropped, for they quote the address.
        if isinstance(error, RequestException | HTTPError | OSError | UnicodeError):
            raise self._line(error) from None

    def _line(self, error: BaseException) -> SourceError:
        from requests import Timeout

        chain = list(_causes(error))
        if any(isinstance(one, Timeout | TimeoutError) for one in chain):
            return _too_slow(self.url, self.timeout)
        words = " ".join(f"{type(one).__name__} {one}" for one in chain).lower()
        known = (reason for signs, reason in REASONS if any(s in words for s in signs))
        reason = next(known, "the connection failed")
        return SourceError(f"cannot be reached: {reason}", where=shown(self.url))


REASONS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("readtimeout", "timed out"), "it does not answer"),
    (("connectionrefused", "connection refused"), "connection refused"),
    (("gaierror", "nameresolution"), "there is no such host"),
    (("certificate",), "its certificate is not valid"),
    (("ssl",), "TLS fails"),
    (("unreachable", "no route"), "there is no way to it"),
    (("invalidurl", "locationparse", "unicode"), "the address is malformed"),
    (("contentdecoding", "decodeerror"), "what it sent is not compressed as it says"),
    (("reset", "aborted", "incomplete", "remotedisc"), "the connection broke"),
)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, what it was made of and what it came from."""
    seen: set[int] = set()
    todo: list[object] = [error]
    while todo:
        one = todo.pop(0)
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        reason = getattr(one, "reason", None)
        todo += [*one.args, reason, one.__cause__, one.__context__]


# --- what was read before ------------------------------------------------------------


class _Kept:
    """The last answer of an address, in two files; only a whole one counts."""

    def __init__(self, folder: Path | None, url: str) -> None:
        name = _hash(url.encode())[:32]
        self._path = folder / f"{name}.json" if folder else None
        self._facts: Mapping[str, str] = {}
        self.body: bytes | None = None
        if self._path is None:
            return
        with suppress(OSError, ValueError, KeyError, TypeError):
            facts = json.loads(self._path.read_text("utf-8"))
            body = self._path.with_suffix(".body").read_bytes()
            if facts["hash"] == _hash(body):
                self._facts, self.body = facts, body

    @property
    def content_type(self) -> str:
        return self._facts.get("content_type", "")

    def headers(self) -> dict[str, str]:
        """Return what asks the server for something newer only."""
        asked = {
            "If-None-Match": self._facts.get("etag", ""),
            "If-Modified-Since": self._facts.get("last_modified", ""),
        }
        return {name: value for name, value in asked.items() if value}

    def keep(self, headers: Mapping[str, str], body: bytes) -> None:
        """Remember an answer that the server can be asked about."""
        facts = {
            "etag": headers.get("ETag", ""),
            "last_modified": headers.get("Last-Modified", ""),
        }
        if self._path is None or not any(facts.values()):
            return
        facts["content_type"] = headers.get("Content-Type", "")
        facts["hash"] = _hash(body)
        # What is read is good, also where nothing can be written.
        with suppress(PublisherError):
            files.write(self._path.with_suffix(".body"), body)
            files.write(self._path, json.dumps(facts))


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
