"""MIME: an Email as the bytes that travel.

Our own, because the standard library's costs 10 ms for a digest, folds List-Unsubscribe
into encoded words and lets illegal addresses through.
"""

from __future__ import annotations

from collections.abc import Sequence

from publisher.memory import OncePer
from publisher.mime.attachments import seen
from publisher.mime.bodies import body
from publisher.mime.dkim import Signer
from publisher.mime.headers import ascii_domain
from publisher.mime.public import key_bits
from publisher.mime.skeleton import Skeleton
from publisher.models import Email

__all__ = ["Signer", "ascii_domain", "encode", "html_size", "key_bits", "page"]

_skeleton_of = OncePer(Skeleton)


def encode(email: Email, *, signers: Sequence[Signer] = ()) -> bytes:
    """Return the message with CRLF line ends; no line of it begins with a dot.

    The same email is the same bytes. What it shares with the others of its mailing is
    encoded when the first of them comes. Each signer adds a DKIM signature.
    """
    return _skeleton_of(email.mailing).encode(email, signers)


def page(email: Email) -> str:
    """Return the HTML part as a browser shows it, images that travel with it inside."""
    return seen(email.html, email.mailing.attachments)


def html_size(html: str) -> int:
    """Return how many bytes the HTML part has when it travels."""
    return sum(map(len, body([html]).filled(())))
