"""Providers as they call a webhook: what they write, and how they prove it.

Each writes the same `News` in its own words. Keys are made anew for every run.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Any

import responses
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from publisher.models import Event, Reports, Request
from publisher.providers import from_environ, known
from publisher.providers.ses.news import heard

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


@dataclass(frozen=True)
class Amazon:
    """The hearing half of the provider ses."""

    topic: str

    def events(self, request: Request) -> list[Event]:
        return heard(request, self.topic, AMAZON)


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
        if self.name == "ses":  # which only sends with a package that may be missing
            return Amazon(self.environ.get("SES_WEBHOOK_TOPIC", ""))
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


# --- with a user and a password ---

PASSWORD = token_hex(16)


def called_by_user(
    payload: Any, at: datetime, is_forged: bool
) -> tuple[dict[str, str], bytes]:
    login = f"hooks:{token_hex(16) if is_forged else PASSWORD}".encode()
    return {"authorization": f"Basic {b64encode(login).decode()}"}, encoded(payload)


def user_of(name: str) -> dict[str, str]:
    return {f"{name}_WEBHOOK_USER": "hooks", f"{name}_WEBHOOK_PASSWORD": PASSWORD}


# --- postmark ---

POSTMARK: dict[str, dict[str, Any]] = {
    "delivered": {"RecordType": "Delivery", "Details": "Test delivery"},
    "deferred": {"RecordType": "Bounce", "Type": "Transient", "ID": 1},
    "gone": {
        "RecordType": "Bounce",
        "Type": "HardBounce",
        "Description": "The server was unable to deliver your message.",
        "Details": "smtp;550 5.1.1 <ada.reader@example.net> unknown",
    },
    "soft": {"RecordType": "Bounce", "Type": "SoftBounce"},
    "ours": {"RecordType": "Bounce", "Type": "Blocked"},
    "complained": {"RecordType": "SpamComplaint"},
    "unsubscribed": {
        "RecordType": "SubscriptionChange",
        "SuppressSending": True,
        "SuppressionReason": "ManualSuppression",
        "Origin": "Recipient",
    },
    "opened": {"RecordType": "Open", "FirstOpen": True},
    "clicked": {"RecordType": "Click", "OriginalLink": "https://example.org/"},
    "unknown": {"RecordType": "Inbound"},
}
POSTMARK_TIMES = {
    "Delivery": "DeliveredAt",
    "Bounce": "BouncedAt",
    "SpamComplaint": "BouncedAt",
    "SubscriptionChange": "ChangedAt",
}


def said_by_postmark(news: News) -> Any:
    said = {**POSTMARK[news.kind]}
    if said["RecordType"] in {"Bounce", "SpamComplaint"}:
        said |= {"ID": int(news.name[:12], 16), "Email": news.address}
    else:
        said |= {"Recipient": news.address}
    when = f"{news.at:%Y-%m-%dT%H:%M:%S}.0000000Z"
    said[POSTMARK_TIMES.get(said["RecordType"], "ReceivedAt")] = when
    return {**said, "MessageID": "883953f4", "Metadata": {"delivery": news.mark}}


# --- resend ---

RESEND_KEY = b64encode(token_hex(12).encode()).decode()
RESEND: dict[str, dict[str, Any]] = {
    "delivered": {"type": "email.delivered"},
    "deferred": {"type": "email.delivery_delayed"},
    "gone": {
        "type": "email.bounced",
        "bounce": {"type": "Permanent", "subType": "General", "message": "no such"},
    },
    "soft": {
        "type": "email.bounced",
        "bounce": {"type": "Transient", "subType": "MailboxFull", "message": "full"},
    },
    "ours": {
        "type": "email.bounced",
        "bounce": {"type": "Transient", "subType": "ContentRejected"},
    },
    "complained": {"type": "email.complained"},
    "opened": {"type": "email.opened"},
    "clicked": {"type": "email.clicked", "click": {"link": "https://example.org/"}},
    "unknown": {"type": "email.sent"},
}


def said_by_resend(news: News) -> Any:
    said = {**RESEND[news.kind]}
    data = {
        "email_id": "56761188-7520-42d8-8898-ff6fc54ce618",
        "from": "The Lantern <letters@example.org>",
        "to": [news.address],
        "tags": {"delivery": news.mark},
    }
    created = f"{news.at:%Y-%m-%dT%H:%M:%S}.126Z"
    kind = said.pop("type")
    return {"type": kind, "created_at": created, "data": data | said, "?": news.name}


def called_by_resend(
    payload: Any, at: datetime, is_forged: bool
) -> tuple[dict[str, str], bytes]:
    own = payload.pop("?", "") if isinstance(payload, dict) else ""
    name = own if isinstance(own, str) and own else "msg_1"
    body = encoded(payload)
    key = token_hex(12).encode() if is_forged else b64decode(RESEND_KEY)
    signed = f"{name}.{seconds(at)}.".encode() + body
    made = b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    headers = {
        "svix-id": name,
        "svix-timestamp": seconds(at),
        "svix-signature": f"v1,b2xkZXI= v2,{made} v1,{made}",
    }
    return headers, body


# --- brevo ---

BREVO: dict[str, dict[str, Any]] = {
    "delivered": {"event": "delivered"},
    "deferred": {"event": "deferred", "reason": "try again later"},
    "gone": {"event": "hard_bounce", "reason": "550 5.5.0 mailbox unavailable"},
    "soft": {"event": "soft_bounce", "reason": "mailbox is full"},
    "ours": {"event": "blocked", "reason": "policy"},
    "complained": {"event": "spam"},
    "unsubscribed": {"event": "unsubscribed"},
    "opened": {"event": "unique_opened"},
    "clicked": {"event": "click", "link": "https://example.org/"},
    "unknown": {"event": "request"},
}


def said_by_brevo(news: News) -> Any:
    return {
        **BREVO[news.kind],
        "email": news.address,
        "id": 9999999,
        "date": "2026-11-23 11:10:23",
        "ts_epoch": news.seconds * 1000,
        "message-id": "<202611230859.1@smtp-relay.example>",
        "X-Mailin-custom": news.mark,
    }


# --- mailjet ---

MAILJET: dict[str, dict[str, Any]] = {
    "delivered": {"event": "sent", "smtp_reply": "250 ok"},
    "deferred": {"event": "bounce", "hard_bounce": False, "error": "greylisted"},
    "gone": {
        "event": "bounce",
        "hard_bounce": True,
        "error_related_to": "recipient",
        "error": "user unknown",
    },
    "soft": {
        "event": "bounce",
        "hard_bounce": False,
        "error_related_to": "recipient",
        "error": "quota exceeded",
    },
    "ours": {
        "event": "blocked",
        "error_related_to": "spam",
        "error": "content blocked",
    },
    "complained": {"event": "spam", "source": "JMRPP"},
    "unsubscribed": {"event": "unsub", "mj_list_id": ""},
    "opened": {"event": "open"},
    "clicked": {"event": "click", "url": "https://example.org/"},
    "unknown": {"event": "list_addition"},
}


def said_by_mailjet(news: News) -> Any:
    return {
        **MAILJET[news.kind],
        "time": news.seconds,
        "email": news.address,
        "MessageID": 19421777835146490,
        "CustomID": news.mark,
        "Payload": "",
    }


# --- mailtrap ---

MAILTRAP_KEY = token_hex(16)
MAILTRAP: dict[str, dict[str, Any]] = {
    "delivered": {"event": "delivery"},
    "deferred": {"event": "suspension", "reason": "too many bounces"},
    "gone": {
        "event": "bounce",
        "response_code": 555,
        "response": "recipient unknown",
        "bounce_category": "badmailbox",
    },
    "soft": {"event": "soft bounce", "response": "450 full"},
    "ours": {"event": "reject", "reason": "unknown"},
    "complained": {"event": "spam"},
    "unsubscribed": {"event": "unsubscribe"},
    "opened": {"event": "open", "user_agent": "Mozilla"},
    "clicked": {"event": "click", "url": "https://example.org/"},
    "unknown": {"event": "queued"},
}


def said_by_mailtrap(news: News) -> Any:
    return {
        **MAILTRAP[news.kind],
        "email": news.address,
        "timestamp": news.seconds,
        "event_id": news.name,
        "message_id": "1df37d17-0286-4d8b-8edf-bc4ec5be86e6",
        "sending_stream": "bulk",
        "custom_variables": {"delivery": news.mark, "user": 7},
    }


def called_by_mailtrap(
    payload: Any, at: datetime, is_forged: bool
) -> tuple[dict[str, str], bytes]:
    body = encoded({"events": payload} if isinstance(payload, list) else payload)
    key = token_hex(16) if is_forged else MAILTRAP_KEY
    made = hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
    return {"mailtrap-signature": made}, body


# --- sparkpost ---

SPARKPOST: dict[str, dict[str, Any]] = {
    "delivered": {"type": "delivery"},
    "deferred": {"type": "delay", "bounce_class": "70"},
    "gone": {
        "type": "bounce",
        "bounce_class": "10",
        "reason": "550 5.1.1 ...@... unknown",
    },
    "soft": {"type": "bounce", "bounce_class": "22", "reason": "452 full"},
    "ours": {"type": "bounce", "bounce_class": "51", "reason": "550 5.7.1 spam"},
    "complained": {"type": "spam_complaint", "fbtype": "abuse"},
    "unsubscribed": {"type": "list_unsubscribe"},
    "opened": {"type": "open"},
    "clicked": {"type": "click", "target_link_url": "https://example.org/"},
    "unknown": {"type": "injection"},
}


def said_by_sparkpost(news: News) -> Any:
    said = {
        **SPARKPOST[news.kind],
        "event_id": news.name,
        "message_id": "000443ee14578172be22",
        "raw_rcpt_to": news.address,
        "rcpt_to": news.address.lower(),
        "rcpt_meta": {"delivery": news.mark},
        "timestamp": f"{news.seconds}",
    }
    return {"msys": {"message_event": said}}


# --- ses ---

AMAZON = "https://sns.example.org"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:letters"
AMAZON_KEY = rsa.generate_private_key(65537, 2048)
OTHER_KEY = rsa.generate_private_key(65537, 2048)
SES: dict[str, dict[str, Any]] = {
    "delivered": {"eventType": "Delivery", "delivery": {"smtpResponse": "250 ok"}},
    "deferred": {
        "eventType": "DeliveryDelay",
        "deliveryDelay": {"delayType": "MailboxFull"},
    },
    "gone": {
        "eventType": "Bounce",
        "bounce": {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": [
                {
                    "emailAddress": "forwarded@example.com",
                    "diagnosticCode": "smtp; 550 5.1.1 <forwarded@example.com> no",
                }
            ],
        },
    },
    "soft": {
        "eventType": "Bounce",
        "bounce": {"bounceType": "Transient", "bounceSubType": "MailboxFull"},
    },
    "ours": {
        "eventType": "Bounce",
        "bounce": {"bounceType": "Transient", "bounceSubType": "ContentRejected"},
    },
    "complained": {
        "eventType": "Complaint",
        "complaint": {"complaintFeedbackType": "abuse"},
    },
    "unsubscribed": {
        "eventType": "Subscription",
        "subscription": {"newTopicPreferences": {"unsubscribeAll": True}},
    },
    "opened": {"eventType": "Open", "open": {"ipAddress": "192.0.2.1"}},
    "clicked": {"eventType": "Click", "click": {"link": "https://example.org/"}},
    "unknown": {"eventType": "Send", "send": {}},
}


def iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"


def said_by_ses(news: News) -> Any:
    said = json.loads(json.dumps(SES[news.kind]))
    for about in said.values():
        if isinstance(about, dict):
            about["timestamp"] = iso(news.at)
    mail = {
        "messageId": "EXAMPLE7c191be45",
        "timestamp": iso(news.at),
        "destination": [news.address],
        "tags": {"delivery": [news.mark], "ses:from-domain": ["example.org"]},
    }
    return {**said, "mail": mail, "?": news.name}


def called_by_ses(
    payload: Any, at: datetime, is_forged: bool
) -> tuple[dict[str, str], bytes]:
    if isinstance(payload, bytes):
        return {}, payload
    own = payload.pop("?", "") if isinstance(payload, dict) else ""
    name = own if isinstance(own, str) and own else token_hex(12)
    notice = {
        "Type": "Notification",
        "MessageId": name,
        "TopicArn": TOPIC,
        "Subject": "Amazon SES Email Event Notification",
        "Message": json.dumps(payload),
        "Timestamp": iso(at),
    }
    return {}, signed_by_amazon(notice, key=OTHER_KEY if is_forged else AMAZON_KEY)


def signed_by_amazon(
    notice: dict[str, Any], *, key: Any = AMAZON_KEY, version: str = "2"
) -> bytes:
    """Return the notice as SNS posts it: its fields in their order, signed."""
    lines = "".join(f"{name}\n{notice[name]}\n" for name in sorted(notice))
    how = SHA1() if version == "1" else SHA256()  # noqa: S303  its older way
    made = key.sign(lines.encode("utf-8", "replace"), PKCS1v15(), how)
    proof = {
        "SignatureVersion": version,
        "Signature": b64encode(made).decode(),
        "SigningCertURL": f"{AMAZON}/cert.pem",
        "UnsubscribeURL": f"{AMAZON}/?Action=Unsubscribe",
    }
    return encoded(notice | proof)


def certificate(key: Any = AMAZON_KEY) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.example.org")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=365))
        .sign(key, SHA256())
    )
    return made.public_bytes(Encoding.PEM)


@contextmanager
def amazon() -> Iterator[responses.RequestsMock]:
    """Answer as SNS does where it keeps its certificate."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as web:
        web.get(f"{AMAZON}/cert.pem", body=certificate())
        yield web


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
    Caller(
        name="postmark",
        environ={"POSTMARK_TOKEN": "t0ken", **user_of("POSTMARK")},
        said=said_by_postmark,
        call=called_by_user,
        batches=False,
        is_timed=False,
    ),
    Caller(
        name="resend",
        environ={
            "RESEND_TOKEN": "t0ken",
            "RESEND_WEBHOOK_KEY": f"whsec_{RESEND_KEY}",
        },
        said=said_by_resend,
        call=called_by_resend,
        batches=False,
        never=frozenset({"unsubscribed"}),
    ),
    Caller(
        name="brevo",
        environ={"BREVO_TOKEN": "t0ken", **user_of("BREVO")},
        said=said_by_brevo,
        call=called_by_user,
        is_timed=False,
    ),
    Caller(
        name="mailjet",
        environ={
            "MAILJET_KEY": "k3y",
            "MAILJET_SECRET": "s3cret",
            **user_of("MAILJET"),
        },
        said=said_by_mailjet,
        call=called_by_user,
        is_timed=False,
    ),
    Caller(
        name="mailtrap",
        environ={"MAILTRAP_TOKEN": "t0ken", "MAILTRAP_WEBHOOK_KEY": MAILTRAP_KEY},
        said=said_by_mailtrap,
        call=called_by_mailtrap,
        is_timed=False,
    ),
    Caller(
        name="sparkpost",
        environ={"SPARKPOST_TOKEN": "t0ken", **user_of("SPARKPOST")},
        said=said_by_sparkpost,
        call=called_by_user,
        is_timed=False,
    ),
    Caller(
        name="ses",
        environ={
            "SES_REGION": "eu-west-1",
            "SES_WEBHOOK_TOPIC": TOPIC,
            "SES_WEBHOOK_URL": AMAZON,
        },
        said=said_by_ses,
        call=called_by_ses,
        batches=False,
    ),
)
