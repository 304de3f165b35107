"""Providers as they call a webhook: what they write, and how they prove it.

Each writes the same `News` in its own words. Keys are made anew for every run.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from publisher.models import Reports, Request
from publisher.providers import from_environ, known

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MARK = "0123456789abcdef0123456789abcdef"
KINDS = (
    *("delivered", "deferred", "gone", "soft", "ours", "complained"),
    *("unsubscribed", "opened", "clicked", "unknown"),
)


@dataclass(frozen=True, kw_only=True)
class News:
    """What became of a message, as it was; `kind` is one of `KINDS`."""

    kind: str
    address: str = "ada.reader@example.net"
    mark: str = MARK
    name: str = field(default_factory=lambda: token_hex(12))
    at: datetime = NOW - timedelta(seconds=30)

    @property
    def seconds(self) -> int:
        return int(self.at.timestamp())


@dataclass(frozen=True, kw_only=True)
class Caller:
    """A provider that calls: `said` writes one of its events, `call` several."""

    name: str
    environ: Mapping[str, str]
    said: Callable[[News], Any]
    # Headers and body of a call at a time; forged where it is so said.
    call: Callable[[Any, datetime, bool], tuple[dict[str, str], bytes]]
    batches: bool = True  # whether a call may hold several
    is_timed: bool = True  # whether the time is signed
    never: frozenset[str] = frozenset()  # what it does not tell

    def provider(self) -> Reports:
        made = from_environ(known()[self.name], self.name, "", self.environ)
        assert isinstance(made, Reports)
        return made

    def request(
        self,
        *news: News,
        at: datetime = NOW,
        now: datetime = NOW,
        is_forged: bool = False,
        payload: Any = ...,
    ) -> Request:
        """Return the call about news, made `at` a time and received `now`."""
        if payload is ...:
            written = [self.said(one) for one in news]
            payload = written if self.batches else written[0]
        headers, body = self.call(payload, at, is_forged)
        return Request(
            method="POST",
            path=f"/hooks/{self.name}",
            headers=headers,
            body=body,
            received_at=now,
        )


def encoded(payload: Any) -> bytes:
    return payload if isinstance(payload, bytes) else json.dumps(payload).encode()


def seconds(moment: datetime) -> str:
    return str(int(moment.timestamp()))


# --- mailgun ---

MAILGUN_KEY = token_hex(16)
MAILGUN: dict[str, dict[str, Any]] = {
    "delivered": {"event": "delivered", "delivery-status": None},
    "deferred": {
        "event": "failed",
        "severity": "temporary",
        "reason": "generic",
        "delivery-status": {"code": 498, "message": "No MX for nomx.example.com"},
    },
    "gone": {
        "event": "failed",
        "severity": "permanent",
        "reason": "bounce",
        "delivery-status": {"code": 550, "message": "5.1.1 no such user"},
    },
    "soft": {
        "event": "failed",
        "severity": "permanent",
        "reason": "old",
        "delivery-status": {"code": 602, "message": "Too old"},
    },
    "ours": {
        "event": "failed",
        "severity": "permanent",
        "reason": "espblock",
        "delivery-status": {"code": 550, "message": "5.7.1 blocked"},
    },
    "complained": {"event": "complained"},
    "unsubscribed": {"event": "unsubscribed"},
    "opened": {"event": "opened", "client-info": {"client-os": "Linux"}},
    "clicked": {"event": "clicked", "url": "https://example.org/"},
    "unknown": {"event": "stored"},
}


def said_by_mailgun(news: News) -> Any:
    data = {
        **MAILGUN[news.kind],
        "id": token_hex(8),
        "timestamp": news.at.timestamp(),
        "recipient": news.address,
        "user-variables": {"delivery": news.mark},
        "message": {"headers": {"message-id": "20261123.1@example.org"}},
    }
    return {"signature": {"token": news.name}, "event-data": data}


def called_by_mailgun(
    payload: Any, at: datetime, is_forged: bool
) -> tuple[dict[str, str], bytes]:
    if isinstance(payload, dict) and isinstance(payload.get("signature"), dict):
        signature = payload["signature"]
        key = token_hex(16) if is_forged else MAILGUN_KEY
        signed = f"{seconds(at)}{signature.get('token')}".encode()
        made = hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()
        both = {**signature, "timestamp": seconds(at), "signature": made}
        payload = {**payload, "signature": both}
    return {"content-type": "application/json"}, encoded(payload)


# --- sendgrid ---

SENDGRID_KEY = generate_private_key(SECP256R1())
SENDGRID: dict[str, dict[str, Any]] = {
    "delivered": {"event": "delivered", "response": "250 OK"},
    "deferred": {"event": "deferred", "response": "400 try again later"},
    "gone": {
        "event": "bounce",
        "type": "bounce",
        "status": "5.0.0",
        "reason": "500 unknown recipient",
    },
    "ours": {"event": "bounce", "type": "blocked", "reason": "550 5.7.1 blocked"},
    "complained": {"event": "spamreport"},
    "unsubscribed": {"event": "group_unsubscribe", "asm_group_id": 10},
    "opened": {"event": "open", "useragent": "Mozilla"},
    "clicked": {"event": "click", "url": "https://example.org/"},
    "unknown": {"event": "processed"},
}


def said_by_sendgrid(news: News) -> Any:
    return {
        **SENDGRID[news.kind],
        "email": news.address,
        "timestamp": news.seconds,
        "smtp-id": "<14c5d75ce93.dfd.64b469@ismtpd-555>",
        "sg_event_id": news.name,
        "sg_message_id": "14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0",
        "delivery": news.mark,
    }


def called_by_sendgrid(
    payload: Any, at: datetime, is_forged: bool
) -> tuple[dict[str, str], bytes]:
    body = encoded(payload)
    key = generate_private_key(SECP256R1()) if is_forged else SENDGRID_KEY
    made = key.sign(seconds(at).encode() + body, ECDSA(SHA256()))
    headers = {
        "x-twilio-email-event-webhook-signature": b64encode(made).decode(),
        "x-twilio-email-event-webhook-timestamp": seconds(at),
    }
    return headers, body


def public(key: Any) -> str:
    form = PublicFormat.SubjectPublicKeyInfo
    return b64encode(key.public_key().public_bytes(Encoding.DER, form)).decode()


CALLERS: Sequence[Caller] = (
    Caller(
        name="mailgun",
        environ={
            "MAILGUN_TOKEN": "t0ken",
            "MAILGUN_DOMAIN": "mg.example.org",
            "MAILGUN_WEBHOOK_KEY": MAILGUN_KEY,
        },
        said=said_by_mailgun,
        call=called_by_mailgun,
        batches=False,
    ),
    Caller(
        name="sendgrid",
        environ={
            "SENDGRID_TOKEN": "t0ken",
            "SENDGRID_WEBHOOK_KEY": public(SENDGRID_KEY),
        },
        said=said_by_sendgrid,
        call=called_by_sendgrid,
        never=frozenset({"soft"}),
    ),
)
