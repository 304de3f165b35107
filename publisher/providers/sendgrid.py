"""SendGrid, one call with a personalization for each reader.

https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send

SendGrid answers a call without a word about its messages, and with one id for all of
them; so each carries our own mark in its custom_args, which its events bring back. It
remembers no key: a call without an answer stays uncertain.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.header import Header
from http import HTTPStatus
from typing import TYPE_CHECKING, ClassVar

from publisher.errors import ProviderError, Refused, Rejected, Uncertain
from publisher.http import batches, merged
from publisher.http.merged import quoted
from publisher.memory import OncePer
from publisher.mime.headers import message_id_line
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
    keys: tuple[str, ...]  # as JSON has them
    room: int  # bytes for the values of a reader


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
        "headers": _in_ascii(mailing.headers),
        "content": [
            {"type": kind, "value": text} for kind, text in bodies.items() if text
        ],
    }
    # Otherwise an account may add a footer and a List-Unsubscribe of its own.
    ours = {"subscription_tracking": {"enable": False}}
    head = batches.encoded({**batches.filled(fields), "tracking_settings": ours})
    room = LONGEST_VALUES - sum(map(len, keys))
    return _Written(head[:-1], merged.json_names(keys), room)


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
        self, shared: _Written, readers: list[merged.Reader], parts: list[str]
    ) -> list[batches.Answer]:
        own = f',"personalizations":[{",".join(parts)}]}}'
        body = shared.head + own.encode("utf-8", "replace")
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


def _personalized(shared: _Written, reader: merged.Reader) -> str:
    """Return what is the reader's own, in JSON.

    A subject with slots comes whole: which spaces it has depends on the values.
    """
    email = reader.email
    if not merged.fits(email.values, shared.room):
        raise Rejected(f"sendgrid: a reader's values have over {LONGEST_VALUES} bytes")
    headers = _in_ascii(email.own_headers)
    if email.message_id:
        line = message_id_line(email.message_id, key=email.key, sender=email.sender)
        headers["Message-ID"] = line.partition(": ")[2]
    name = reader.box.name and f',"name":{quoted(reader.box.name)}'
    fields = [
        f'{{"to":[{{"email":{quoted(reader.box.address)}{name}}}]',
        f'"custom_args":{{"delivery":{quoted(reader.mark)}}}',
    ]
    if headers:
        names = merged.json_names(tuple(headers))
        fields.append(f'"headers":{merged.json_object(names, headers.values())}')
    if email.values:
        values = merged.json_object(shared.keys, email.values)
        fields.append(f'"substitutions":{values}')
    if reader.subject:
        fields.append(f'"subject":{quoted(reader.subject)}')
    return f"{','.join(fields)}}}"


def _person(box: Mailbox) -> Json:
    return batches.filled({"email": box.address, "name": box.name})


def _in_ascii(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers, in encoded words where SendGrid would make none."""
    if "".join(headers.values()).isascii():
        return dict(headers)
    return {
        name: value
        if value.isascii()
        else Header(value, "utf-8", maxlinelen=10_000).encode()
        for name, value in headers.items()
    }


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
