"""MIME: an Email as the bytes that travel.

Our own, because the standard library's costs 10 ms for a digest, folds List-Unsubscribe
into encoded words and lets illegal addresses through.
"""

from __future__ import annotations

from publisher.mime.bodies import body
from publisher.mime.headers import ascii_domain
from publisher.mime.once import Once
from publisher.mime.skeleton import Skeleton
from publisher.models import Email

__all__ = ["ascii_domain", "encode", "html_size"]

_skeleton = Once(Skeleton)


def encode(email: Email) -> bytes:
    """Return the message with CRLF line ends; no line of it begins with a dot.

    The same email is the same bytes. What it shares with the others of its mailing is
    encoded when the first of them comes.
    """
    return _skeleton(email.mailing).encode(email)


def html_size(html: str) -> int:
    """Return how many bytes the HTML part has when it travels."""
    return sum(map(len, body([html]).filled(())))
