"""Reads a page or a feed: bounded in size and time, and never from a private place."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from publisher import files
from publisher.errors import SourceError

if TYPE_CHECKING:
    from requests import Response, Session

MEGABYTE = 1_000_000
MOST_REDIRECTS = 5
CHUNK = 65_536
REDIRECTS = {301, 302, 303, 307, 308}
NOT_MODIFIED = 304
OK = 200
AGENT = "publisher (+reads feeds and pages for their owner)"


@dataclass(frozen=True, slots=True)
class Fetched:
    """What an address answered; `url` is where redirects ended.

    `is_unchanged` says that the server had nothing newer than the cache.
    """

    url: str
    body: bytes
    content_type: str
    is_unchanged: bool = False

    def text(self) -> str:
        """Return the body as text: by its byte order mark, its header or its head."""
        for charset in (*_declared(self), "utf-8"):
            try:
                return self.body.decode(charset).removeprefix("\ufeff")
            except (UnicodeDecodeError, LookupError):
                continue
        if b"\x00" in self.body[:4096]:
            raise SourceError("is not a text", where=shown(self.url))
        return self.body.decode("utf-8", "replace")


def _declared(got: Fetched) -> Iterator[str]:
    import re

    if got.body.startswith((b"\xff\xfe", b"\xfe\xff")):
        yield "utf-16"
    for text in (got.content_type, got.body[:2048].decode("ascii", "ignore")):
        match = re.search(r"(?:charset|encoding)=[\"']?([\w-]+)", text, re.IGNORECASE)
        if match:
            yield match[1]


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
    it. With `cache` the server is asked only for what is newer (RFC 9110, section 13).
    """
    kept = _Kept(cache, url)
    deadline = time.monotonic() + timeout
    here = url
    for _ in range(MOST_REDIRECTS + 1):
        with _told(here, timeout), _session(here, allow_private=allow_private) as open_:
            answer = open_.get(
                here,
                headers=kept.headers() if here == url else {},
                timeout=(min(timeout, 5.0), timeout),
                stream=True,
                allow_redirects=False,
            )
            if answer.status_code in REDIRECTS and "Location" in answer.headers:
                here = urljoin(here, answer.headers["Location"])
                continue
            if answer.status_code == NOT_MODIFIED and kept.body is not None:
                return Fetched(kept.url, kept.body, kept.content_type, True)
            if answer.status_code != OK:
                raise SourceError(f"answered {answer.status_code}", where=shown(here))
            body = _read(answer, here, max_bytes, deadline, timeout)
        kind = answer.headers.get("Content-Type", "")
        kept.keep(answer.headers, here, kind, body)
        return Fetched(here, body, kind)
    raise SourceError(f"redirects more than {MOST_REDIRECTS} times", where=shown(url))


def shown(url: str) -> str:
    """Return an address without what is secret in it: name, password and query."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit((parts.scheme, host + port, parts.path, "", ""))


def _read(
    answer: Response, url: str, max_bytes: int, deadline: float, timeout: float
) -> bytes:
    """Read the body in pieces, so that neither size nor time can run away."""
    size = int(answer.headers.get("Content-Length") or 0)
    parts: list[bytes] = []
    total = 0
    if size <= max_bytes:
        for part in answer.iter_content(CHUNK):
            total += len(part)
            parts.append(part)
            if time.monotonic() > deadline:
                raise _too_slow(url, timeout)
            if total > max_bytes:
                break
    if max(size, total) > max_bytes:
        limit = f"{max_bytes / MEGABYTE:g} MB"
        raise SourceError(f"is larger than {limit}", where=shown(url))
    return b"".join(parts)


def _too_slow(url: str, timeout: float) -> SourceError:
    return SourceError(f"took longer than {timeout:g} s", where=shown(url))


@contextmanager
def _told(url: str, timeout: float) -> Iterator[None]:
    """Turn what the HTTP library raises into one line, without secrets."""
    import requests

    try:
        yield
    except requests.Timeout:
        raise _too_slow(url, timeout) from None
    except requests.exceptions.SSLError:
        raise SourceError(
            "cannot be reached: its certificate is not valid", where=shown(url)
        ) from None
    except requests.RequestException as error:
        reason = _reason(error)
        raise SourceError(f"cannot be reached: {reason}", where=shown(url)) from None


def _reason(error: Exception) -> str:
    words = str(error).lower()
    if "refused" in words:
        return "connection refused"
    if "resolve" in words or "name or service" in words or "getaddrinfo" in words:
        return "there is no such host"
    if "reset" in words or "aborted" in words or "incomplete" in words:
        return "the connection broke"
    return type(error).__name__


# --- which places --------------------------------------------------------------------


@contextmanager
def _session(url: str, *, allow_private: bool) -> Iterator[Session]:
    """Open a session that connects only to the address that was looked at.

    A name is resolved once: asked again, it could answer with a private address.
    """
    import requests

    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SourceError("is not a web address", where=shown(url))
    address = _address(parts.hostname, _port(parts.scheme, url), url)
    if not allow_private and not _is_public(address):
        raise SourceError(
            f"is at a private address ({address})",
            where=shown(url),
            hint="Allow it with fetch: {allow_private: true} in publisher.yaml",
        )
    with requests.Session() as session:
        session.trust_env = allow_private is False and session.trust_env
        session.headers["User-Agent"] = AGENT
        pinned = _pinned(parts.hostname, address)
        session.mount("http://", pinned)
        session.mount("https://", pinned)
        yield session


def _port(scheme: str, url: str) -> int:
    try:
        return urlsplit(url).port or (443 if scheme == "https" else 80)
    except ValueError:
        raise SourceError("is not a web address", where=url) from None


def _address(host: str, port: int, url: str) -> str:
    """Return the address that a host has; a private one among several counts most."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise SourceError(
            "cannot be reached: there is no such host", where=shown(url)
        ) from None
    addresses = [str(one[4][0]) for one in found]
    private = [one for one in addresses if not _is_public(one)]
    return (private or addresses)[0]


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1])
        if inner:
            return inner.is_global and not inner.is_multicast
    return ip.is_global and not ip.is_multicast


def _pinned(host: str, address: str) -> Any:
    """Return an adapter that connects to the address, and shows the host's name."""
    from requests.adapters import HTTPAdapter

    class Pinned(HTTPAdapter):
        def get_connection_with_tls_context(
            self,
            request: Any,
            verify: Any,
            proxies: Any = None,  # noqa: ARG002  the name is the library's
            cert: Any = None,
        ) -> Any:
            parts = urlsplit(request.url)
            if parts.hostname != host:
                raise SourceError(
                    "changed its host on the way", where=shown(request.url)
                )
            _, keywords = self.build_connection_pool_key_attributes(
                request, verify, cert
            )
            extra: dict[str, Any] = {}
            if parts.scheme == "https":
                extra = {"server_hostname": host, "assert_hostname": host}
            request.headers["Host"] = parts.netloc.rpartition("@")[2]
            return self.poolmanager.connection_from_host(
                host=address,
                port=parts.port,
                scheme=parts.scheme,
                pool_kwargs={**keywords, **extra},
            )

    return Pinned()


# --- what was read before ------------------------------------------------------------


class _Kept:
    """The last answer of an address, in a file; only a whole one is kept."""

    def __init__(self, folder: Path | None, url: str) -> None:
        name = hashlib.sha256(url.encode()).hexdigest()[:32]
        self._path = folder / f"{name}.json" if folder else None
        self._facts: Mapping[str, str] = {}
        self.body: bytes | None = None
        if self._path is None:
            return
        try:
            self._facts = json.loads(self._path.read_text("utf-8"))
            self.body = self._path.with_suffix(".body").read_bytes()
            is_whole = self._facts["hash"] == hashlib.sha256(self.body).hexdigest()
        except (OSError, ValueError, KeyError, TypeError):
            is_whole = False
        if not is_whole:
            self._facts, self.body = {}, None

    @property
    def url(self) -> str:
        return self._facts.get("url", "")

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

    def keep(
        self, headers: Mapping[str, str], url: str, content_type: str, body: bytes
    ) -> None:
        """Remember an answer that the server can be asked about."""
        etag, modified = headers.get("ETag", ""), headers.get("Last-Modified", "")
        if self._path is None or not (etag or modified):
            return
        facts = {
            "url": url,
            "content_type": content_type,
            "etag": etag,
            "last_modified": modified,
            "hash": hashlib.sha256(body).hexdigest(),
        }
        self._path.parent.mkdir(parents=True, exist_ok=True)
        files.write(self._path.with_suffix(".body"), body)
        files.write(self._path, json.dumps(facts))
