"""SendGrid, one call with a personalization for each reader.

https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send

SendGrid answers a call without a word about its messages, and with one id for all of
them; so each carries our own mark in its custom_args, which its events bring back. It
remembers no key: a call without an answer stays uncertain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.header import Header
from http import HTTPStatus
from itertools import count
from typing import TYPE_CHECKING, ClassVar

from publisher import hooks, signatures
from publisher.errors import ProviderError, Refused, Rejected, Uncertain
from publisher.http import batches, merged
from publisher.http.call import get_json
from publisher.http.gaps import encoded, filled, form_of, gap
from publisher.http.readers import ADDRESS, ID, MARK, NAME, SUBJECT, VALUES, Shape
from publisher.memory import OncePer
from publisher.mime.attachments import in_base64
from publisher.mime.fields import checked_mailing, subject_of
from publisher.models import (
    Attachment,
    Email,
    Event,
    Json,
    Kind,
    Limits,
    Mailbox,
    Mailing,
    Receipt,
    Request,
    Slot,
)
from publisher.providers import Secret

if TYPE_CHECKING:
    from publisher.http.call import Response

LONGEST = 30 * batches.MEGABYTE
LONGEST_VALUES = 10_000  # bytes: all keys and values of one personalization
# A field of the message, not of a personalization: it is wrong for everybody.
_OURS = re.compile(
    r"^(?:from|reply_to|attachments)\b|\bsender identity\b|\bcredits\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Written:
    """What all readers of a mailing share: JSON without its end, and the keys."""

    head: bytes
    keys: tuple[str, ...]
    has_subject: bool  # each reader an own one


def _written(mailing: Mailing) -> _Written:
    mailing = checked_mailing(mailing)
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
        "subject": subject_of(mailing),
        "headers": {key: _in_ascii(text) for key, text in mailing.headers.items()},
        "content": [
            {"type": kind, "value": text} for kind, text in bodies.items() if text
        ],
    }
    if mailing.attachments:
        fields["attachments"] = [*map(_file, mailing.attachments)]
    # Otherwise an account may add a footer and a List-Unsubscribe of its own.
    ours = {"subscription_tracking": {"enable": False}}
    head = encoded({**filled(fields), "tracking_settings": ours})
    is_personal = any(isinstance(part, Slot) for part in draft.subject)
    return _Written(head[:-1], keys, is_personal)


_once = OncePer(_written)


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
    webhook_key: Secret = field(
        default=Secret(""),
        metadata={"doc": "the Verification Key: Mail Settings > Event Webhook, signed"},
    )

    kind: ClassVar[Kind] = "email"
    limits: ClassVar[Limits] = Limits(batch=1000, size=LONGEST)

    def send(self, email: Email) -> Receipt:
        """Send one email."""
        return batches.only(self.send_many([email]))

    def send_many(self, messages: Sequence[Email]) -> list[batches.Answer]:
        """Send up to 1000 emails of one mailing in one call."""
        return merged.hand_over(
            messages,
            self._post,
            provider="sendgrid",
            once=_once,
            write=_personalized,
            in_header=_in_ascii,
        )

    def _post(self, shared: _Written, parts: list[merged.Part]) -> list[batches.Answer]:
        own = merged.body_of(parts)
        body = b'%b,"personalizations":[%b]}' % (shared.head, own)
        if len(body) > LONGEST:
            raise Rejected("sendgrid: the emails of one call are too long together")
        emails = merged.emails_of(parts)
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
        before = f"{call}/" if call else ""
        return merged.receipts([before + mark for mark in merged.marks_of(parts)])

    def suppressed(self, now: datetime) -> Iterator[Event]:
        """Yield whom SendGrid sends nothing; what was blocked once is not among them.

        https://www.twilio.com/docs/sendgrid/api-reference/bounces-api
        """
        for name, sense in _LISTS.items():
            for offset in count(0, PAGE):
                answer = get_json(
                    batches.endpoint(self.url, f"/v3/suppression/{name}"),
                    provider="sendgrid",
                    params={"limit": f"{PAGE}", "offset": f"{offset}"},
                    headers={"Authorization": f"Bearer {self.token}"},
                    secrets=[self.token],
                )
                found = hooks.rows(answer)
                for one in found:
                    yield hooks.listed(
                        sense,
                        address=hooks.text(one, "email"),
                        at=one.get("created"),
                        now=now,
                        reason=hooks.text(one, "reason"),
                    )
                if len(found) < PAGE:
                    break

    def events(self, request: Request) -> list[Event]:
        """Verify and read a webhook's call, an array of events."""
        key = signatures.require(self.webhook_key, "SENDGRID_WEBHOOK_KEY")
        at = request.header(f"{SIGNED}-Timestamp")
        said = request.header(f"{SIGNED}-Signature")
        signatures.ecdsa(key, at.encode("utf-8", "replace") + request.body, said)
        signatures.refuse_old(at, request)
        found = hooks.objects(hooks.read(request.body))
        senses = [(one, _sense(one)) for one in found]
        return [_event(one, sense, request) for one, sense in senses if sense]


def _personalized(shared: _Written, shape: Shape) -> merged.Written:
    """Return what is a reader's own, in JSON.

    A subject with slots comes whole: which spaces it has depends on the values.
    """
    places = range(VALUES, VALUES + len(shared.keys))
    values = {key: gap(place) for key, place in zip(shared.keys, places, strict=True)}
    names = enumerate(shape.headers, places.stop)
    headers = {name: gap(place) for place, name in names}
    if shape.has_id:
        headers["Message-ID"] = f"<{gap(ID)}>"
    name = {"name": gap(NAME)} if shape.has_name else {}
    fields = {
        "to": [{"email": gap(ADDRESS), **name}],
        "custom_args": {"delivery": gap(MARK)},
        "headers": headers,
        "substitutions": values,
        "subject": gap(SUBJECT) if shared.has_subject else "",
    }
    room = LONGEST_VALUES - sum(map(len, shared.keys))
    why = f"sendgrid: a reader's values have over {LONGEST_VALUES} bytes"
    return merged.Written(form_of(filled(fields)), places, room, why)


def _file(one: Attachment) -> Json:
    fields = {
        "content": in_base64(one),
        "type": one.media_type,
        "filename": one.name,
        "disposition": "inline" if one.content_id else "attachment",
        "content_id": one.content_id,
    }
    return filled(fields)


def _person(box: Mailbox) -> Json:
    return filled({"email": box.address, "name": box.name})


def _in_ascii(value: str) -> str:
    """Return a header's value, in encoded words where SendGrid would make none."""
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


SIGNED = "X-Twilio-Email-Event-Webhook"
# https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
_SENSES = {
    "delivered": hooks.DELIVERED,
    "deferred": hooks.DEFERRED,
    "open": hooks.OPENED,
    "click": hooks.CLICKED,
    "spamreport": hooks.COMPLAINED,
    "unsubscribe": hooks.UNSUBSCRIBED,
    "group_unsubscribe": hooks.UNSUBSCRIBED,
}
# Why it did not even try; other reasons are about what we sent.
_DROPPED = {
    "bounced address": hooks.GONE,
    "invalid": hooks.GONE,
    "unsubscribed address": hooks.UNSUBSCRIBED,
    "spam reporting address": hooks.COMPLAINED,
}


def _sense(said: Json) -> hooks.Sense | None:
    match hooks.text(said, "event"):
        case "bounce":
            is_blocked = hooks.text(said, "type") == "blocked"
            return hooks.OURS if is_blocked else hooks.GONE
        case "dropped":
            return _DROPPED.get(hooks.text(said, "reason").lower(), hooks.OURS)
        case name:
            return _SENSES.get(name)


def _event(said: Json, sense: hooks.Sense, request: Request) -> Event:
    return hooks.made(
        sense,
        request,
        name=hooks.text(said, "sg_event_id"),
        address=hooks.text(said, "email"),
        at=said.get("timestamp"),
        mark=hooks.text(said, "delivery"),
        message=hooks.text(said, "sg_message_id"),
        reasons=[hooks.text(said, name) for name in ("status", "reason")],
    )


PAGE = 500  # addresses in one answer
_LISTS = {
    "bounces": hooks.GONE,
    "invalid_emails": hooks.GONE,
    "spam_reports": hooks.COMPLAINED,
    "unsubscribes": hooks.UNSUBSCRIBED,
}
