"""Notices: what Amazon SNS posts, proven to be SNS's and about our topic.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from urllib.parse import urlsplit

from publisher import hooks, signatures
from publisher.errors import Unsigned
from publisher.http.call import call
from publisher.models import Json, Request

# SNS repeats a call for up to an hour, with the time of the first.
REPEATED = timedelta(hours=1)
PATIENCE = (3.0, 5.0)  # seconds to connect, and to wait for an answer
LONGEST = 64_000  # bytes of a certificate
_HOST = re.compile(r"sns\.[a-z0-9-]{1,40}\.amazonaws\.com(\.cn)?")
_NOTICE = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_ASKING = (
    *("Message", "MessageId", "SubscribeURL", "Timestamp", "Token"),
    *("TopicArn", "Type"),
)


def proven(request: Request, topic: str, own: str) -> Json:
    """Return the notice of a call, or refuse it; its topic must be this one.

    `own` is where SNS answers in tests; nobody else's certificate proves anything.
    """
    wanted = signatures.require(topic, "SES_WEBHOOK_TOPIC")
    (notice,) = hooks.objects(hooks.read(request.body))[:1] or [{}]
    if hooks.text(notice, "TopicArn") != wanted:
        raise Unsigned("it is about another topic than SES_WEBHOOK_TOPIC")
    certificate = _certificate(_place(notice, "SigningCertURL", own))
    signatures.rsa(
        certificate,
        _signed(notice),
        hooks.text(notice, "Signature"),
        is_sha1=hooks.text(notice, "SignatureVersion") == "1",
    )
    signatures.refuse_old(_seconds(notice), request, REPEATED)
    return notice


def confirm(notice: Json, own: str) -> None:
    """Say that we want what a topic has to say, as a proven notice asks."""
    call("GET", _place(notice, "SubscribeURL", own), provider="sns", timeout=PATIENCE)


def _place(notice: Json, name: str, own: str) -> str:
    """Return a URL that leads to SNS; any other is refused."""
    url = hooks.text(notice, name)
    if own and url.startswith(f"{own.rstrip('/')}/"):
        return url
    try:
        parts = urlsplit(url)
        host = parts.netloc  # a user or a port would stand in it
    except ValueError:
        host = ""
    if not (url.startswith("https://") and _HOST.fullmatch(host)):
        raise Unsigned("the certificate of its signature is not Amazon's")
    return url


@lru_cache(maxsize=16)
def _certificate(url: str) -> bytes:
    found = call("GET", url, provider="sns", timeout=PATIENCE).content
    if len(found) > LONGEST:
        raise Unsigned("the certificate of its signature cannot be read")
    return bytes(found)


def _signed(notice: Json) -> bytes:
    """Return what is signed: names and values, a line each."""
    is_news = hooks.text(notice, "Type") == "Notification"
    names = _NOTICE if is_news else _ASKING
    lines = [
        f"{name}\n{hooks.text(notice, name)}\n" for name in names if name in notice
    ]
    return "".join(lines).encode()


def _seconds(notice: Json) -> str:
    try:
        at = datetime.fromisoformat(hooks.text(notice, "Timestamp"))
        return f"{int(at.replace(tzinfo=at.tzinfo or UTC).timestamp())}"
    except (ValueError, OverflowError):
        return ""
