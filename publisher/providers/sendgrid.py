"""SendGrid, one call with a personalization for each reader.

https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send

SendGrid answers a call without a word about its messages, and with one id for all of
them; so each carries our own mark in its custom_args, which its events bring back. It
remembers no key: a call without an answer stays uncertain.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.header import Header
from http import HTTPStatus
from typing import TYPE_CHECKING, ClassVar

from publisher.errors import ProviderError, Refused, Rejected, Uncertain
from publisher.http import batches, merged
from publisher.mime.headers import message_id_line
from publisher.mime.once import Once
from publisher.models import Email, Json, Kind, Limits, Mailbox, Mailing, Receipt
from publisher.providers import Secret

if TYPE_CHECKING:
    from publisher.http.call import Response

LONGEST = 30 * batches.MEGABYTE
LONGEST_VALUES = 10_000  # bytes: all keys and values of one personalization
# A field of the message, not of a personalization: it is wrong for everybody.
_OURS = re.compile(
    r"^(?:from|reply_to)\b|\bsender identity\b|\bcredits\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Written:
    """What all readers of a mailing share: JSON without its end, and the keys."""

    head: bytes
    keys: tuple[str, ...]


def _written(mailing: Mailing) -> _Written:
    mailing = merged.checked(mailing)
    draft = mailing.draft
    # The draft's id is a hash of all its text, so it cannot stand in that text.
    keys = tuple(f"-{draft.id}.{number}-" for number in range(len(mailing.slots)))
    bodies = {
        "text/plain": merged.with_tokens(draft.text, mailing, keys.__getitem__),
        "text/html": merged.with_tokens(draft.html, mailing, keys.__getitem__),
    }
    fields = {
        "from": _person(mailing.sender),
        "reply_to": {"email": mailing.reply_to} if mailing.reply_to else {},
        "subject": merged.subject_of(mailing),
        "headers": {name: _ascii(value) for name, value in mailing.headers.items()},
        "content": [
            {"type": kind, "value": text} for kind, text in bodies.items() if text
        ],
    }
    # Otherwise an account may add a footer and a List-Unsubscribe of its own.
    ours = {"subscription_tracking": {"enable": False}}
    head = batches.encoded({**batches.filled(fields), "tracking_settings": ours})
    return _Written(head[:-1] + b",", keys)


_once = Once(_written)


@dataclass(frozen=True)
class SendGrid:
    """Sends emails through a SendGrid account."""

    token: Secret = field(
        metadata={"doc": "an API key with Mail Send access, SG.…: Settings > API Keys"}
    )
    url: str = field(
        default="https://api.sendgrid.com",
        metadata={"doc": "https://api.eu.sendgrid.com for a subuser in the EU"},
    )

    kind: ClassVar[Kind] = "email"
    limits: ClassVar[Limits] = Limits(batch=500)  # of 1000, so that 30 MB suffice

    def send(self, email: Email) -> Receipt:
        """Send one email."""
        return batches.only(self.send_many([email]))

    def send_many(self, messages: Sequence[Email]) -> list[batches.Answer]:
        """Send up to 1000 emails of one mailing in one call."""
        return merged.hand_over(
            messages, self._post, provider="sendgrid", once=_once, write=_personalized
        )

    def _post(
        self, shared: _Written, readers: list[merged.Reader], parts: list[Json]
    ) -> list[batches.Answer]:
        body = shared.head + batches.encoded({"personalizations": parts})[1:]
        if len(body) > LONGEST:
            raise Rejected("sendgrid: the emails of one call are too long together")
        emails = [reader.email for reader in readers]
        response = batches.post(
            batches.endpoint(self.url, "/v3/mail/send"),
            body,
            provider="sendgrid",
            emails=emails,
            headers={"Authorization": f"Bearer {self.token}"},
            secrets=[self.token],
            verdict=lambda response: _verdict(response, emails),
        )
        if response.status_code != HTTPStatus.ACCEPTED:
            status = response.status_code
            raise Uncertain(f"sendgrid answered {status}, which is no word of it")
        call = response.headers.get("X-Message-Id", "")
        return [Receipt(f"{call}/{one.mark}" if call else one.mark) for one in readers]


def _personalized(shared: _Written, reader: merged.Reader) -> Json:
    """Return what is the reader's own.

    A subject with slots comes whole: which spaces it has depends on the values.
    """
    email = reader.email
    values = dict(zip(shared.keys, email.values, strict=True))
    if merged.size_of(values, LONGEST_VALUES) > LONGEST_VALUES:
        raise Rejected(f"sendgrid: a reader's values have over {LONGEST_VALUES} bytes")
    headers = {name: _ascii(value) for name, value in email.own_headers.items()}
    if email.message_id:
        line = message_id_line(email.message_id, key=email.key, sender=email.sender)
        headers["Message-ID"] = line.partition(": ")[2]
    fields = {
        "to": [_person(reader.box)],
        "subject": reader.subject,
        "headers": headers,
        "substitutions": values,
        "custom_args": {"delivery": reader.mark},
    }
    return batches.filled(fields)


def _person(box: Mailbox) -> Json:
    return batches.filled({"email": box.address, "name": box.name})


def _ascii(value: str) -> str:
    """Return a header's value in encoded words: SendGrid makes none of its own."""
    if value.isascii():
        return value
    return Header(value, "utf-8", maxlinelen=10_000).encode()


def _verdict(response: Response, emails: list[Email]) -> ProviderError | None:
    """Say whether a call was refused for what is ours: then no half of it may pass."""
    if response.status_code != HTTPStatus.BAD_REQUEST:
        return None
    match batches.told(response):
        case {"errors": [{"message": str(text), **rest}, *_]}:
            why = batches.reason(text, emails)
            if _OURS.search(f"{rest.get('field') or ''}") or _OURS.search(why):
                hint = "Try: check SENDGRID_* in .env and the sender at SendGrid."
                return Refused(f"sendgrid refused us: {why}", hint=hint)
            return Rejected(f"sendgrid rejected the message: {why}")
    return None
