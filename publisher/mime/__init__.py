"""MIME: an Email as the bytes that travel.

Our own, because the standard library's costs 10 ms for a digest, folds List-Unsubscribe
into encoded words and lets illegal addresses through.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from publisher.mime import headers
from publisher.mime.bodies import body, part
from publisher.mime.headers import ascii_domain
from publisher.mime.skeleton import Skeleton
from publisher.models import Email

__all__ = ["Skeleton", "ascii_domain", "encode", "html_size"]


def encode(email: Email) -> bytes:
    """Return the message with CRLF line ends; the same email, the same bytes."""
    # A "=" followed by "_" occurs neither in quoted-printable nor in base64.
    boundary = f"=_{sha256(email.key.encode()).hexdigest()[:32]}"
    head = "".join(f"{line}\r\n" for line in _headers(email, boundary)).encode("ascii")
    mark = f"\r\n--{boundary}".encode()
    text, html = part("plain", email.text), part("html", email.html)
    parts = (head, mark, b"\r\n", text, mark, b"\r\n", html, mark, b"--\r\n")
    return b"".join(parts)


def html_size(html: str) -> int:
    """Return how many bytes the HTML part has when it travels."""
    return len(body(html)[1])


def _headers(email: Email, boundary: str) -> Iterator[str]:
    yield from headers.sender_lines(email.sender, email.reply_to)
    yield headers.to_line(email.recipient)
    yield headers.subject_line(email.subject)
    yield headers.message_id_line(email.message_id, key=email.key, sender=email.sender)
    yield from headers.shared_lines(email.date, email.language)
    yield from headers.other_lines(email.headers)
    yield f'Content-Type: multipart/alternative; boundary="{boundary}"'
