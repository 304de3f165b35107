"""Mailtrap, the batch endpoint of its bulk stream.

https://docs.mailtrap.io/developers/email-sending

A call is answered 200 even if no message of it was taken: each has a `success` of its
own. Mailtrap remembers no key, so a call without an answer stays uncertain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from publisher import hooks, signatures
from publisher.errors import ProviderError, Refused, Rejected, Uncertain
from publisher.http import batches
from publisher.http.bodies import Bodies
from publisher.http.call import get_json, read_json
from publisher.http.gaps import encoded, filled
from publisher.memory import OncePer
from publisher.mime.attachments import in_base64
from publisher.mime.fields import delivery_mark
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
)
from publisher.providers import Secret

if TYPE_CHECKING:
    from datetime import datetime

    from publisher.http.call import Response

LONGEST = 50 * batches.MEGABYTE
PAGE = 1_000  # suppressions
_LISTED = {
    "spam complaint": hooks.COMPLAINED,
    "unsubscription": hooks.UNSUBSCRIBED,
}
# What makes the sender or the account wrong, and so every message of the channel.
_OURS = re.compile(
    r"'(?:from|reply_to)'|\bsender\b|\bsending (?:domain|limit|quota)\b"
    r"|\bunauthori[sz]ed\b|\bforbidden\b|\baccount\b",
    re.IGNORECASE,
)
BODIES = Bodies("html", "text")


@dataclass(frozen=True)
class Mailtrap:
    """Sends emails through Mailtrap's bulk stream."""

    token: Secret = field(
        metadata={"doc": "an API token of the sending domain: Settings > API Tokens"}
    )
    url: str = field(
        default="https://bulk.api.mailtrap.io",
        metadata={"doc": "the stream; https://send.api.mailtrap.io is transactional"},
    )
    account_url: str = field(
        default="https://mailtrap.io", metadata={"doc": "where the account is managed"}
    )
    webhook_key: Secret = field(
        default=Secret(""), metadata={"doc": "the signing secret of the webhook"}
    )

    kind: ClassVar[Kind] = "email"
    limits: ClassVar[Limits] = Limits(batch=500, size=30 * batches.MEGABYTE)

    @staticmethod
    def payload(email: Email) -> Json:
        """Return the message as the API wants it."""
        fields = {
            "from": _person(email.sender),
            "to": [_person(email.recipient)],
            "reply_to": {"email": email.reply_to} if email.reply_to else {},
            "subject": email.subject,
            "html": email.html,
            "text": email.text,
            "headers": dict(email.headers),
            "custom_variables": {"delivery": delivery_mark(email)},
        }
        return filled(fields)

    def send(self, email: Email) -> Receipt:
        """Send one email."""
        return batches.only(self.send_many([email]))

    def send_many(self, messages: Sequence[Email]) -> list[batches.Answer]:
        """Send up to 500 emails in one call."""
        return batches.hand_over(
            messages,
            self._post,
            provider="mailtrap",
            write=self.payload,
            bodies=BODIES,
            longest=LONGEST,
            longest_call=LONGEST,
        )

    def fits(self, mailing: Mailing) -> int:
        """Return how many emails of the mailing one call takes."""
        most = self.limits.batch
        return BODIES.fits(mailing, most=most, longest_call=batches.USUAL_CALL)

    def _post(self, emails: list[Email], pieces: list[bytes]) -> list[batches.Answer]:
        response = batches.post(
            batches.endpoint(self.url, "/api/batch"),
            b"".join([_base(emails[0].mailing), b'"requests":[', *pieces, b"]}"]),
            provider="mailtrap",
            emails=emails,
            headers={"Authorization": f"Bearer {self.token}"},
            secrets=[self.token],
            verdict=lambda response: _verdict(response, emails),
        )
        answer = read_json(response, provider="mailtrap")
        results = answer.get("responses")
        if isinstance(results, list):
            return [
                _answer(result, email)
                for result, email in zip(results, emails, strict=False)
            ]
        if answer.get("success") is False:
            raise _meaning(answer.get("errors"), emails)
        raise Uncertain("mailtrap answered without a word about the messages")

    def suppressed(self, now: datetime) -> Iterator[Event]:
        """Yield whom the account sends nothing.

        https://docs.mailtrap.io/developers/email-sending/suppressions
        """
        params: dict[str, str] = {}
        while True:
            answer = get_json(
                batches.endpoint(self.account_url, "/api/suppressions"),
                provider="mailtrap",
                params=params,
                headers={"Authorization": f"Bearer {self.token}"},
                secrets=[self.token],
            )
            found = hooks.rows(answer)
            for one in found:
                reason = hooks.text(one, "type")
                yield hooks.listed(
                    _LISTED.get(reason, hooks.GONE),
                    address=hooks.text(one, "email"),
                    at=one.get("created_at"),
                    now=now,
                    reason=reason,
                )
            last = hooks.text(found[-1], "id") if found else ""
            if len(found) < PAGE or params == {"last_id": last}:
                return
            params = {"last_id": last}

    def events(self, request: Request) -> list[Event]:
        """Verify and read a webhook's call, of one event or several."""
        key = signatures.require(self.webhook_key, "MAILTRAP_WEBHOOK_KEY")
        said = request.header("mailtrap-signature")
        signatures.hmac_hex(key, request.body, said)
        found = hooks.objects(hooks.part(hooks.read(request.body), "events"))
        senses = [(one, _sense(one)) for one in found]
        return [_event(one, sense, request) for one, sense in senses if sense]


def _base(mailing: Mailing) -> bytes:
    """Return the beginning of the call: what all its messages share."""
    if not mailing.attachments:
        return b"{"
    return _attached(mailing)


@OncePer
def _attached(mailing: Mailing) -> bytes:
    files = [*map(_file, mailing.attachments)]
    return b'{"base":%b,' % encoded({"attachments": files})


def _file(one: Attachment) -> Json:
    fields = {
        "content": in_base64(one),
        "filename": one.name,
        "type": one.media_type,
        "disposition": "inline" if one.content_id else "attachment",
        "content_id": one.content_id,
    }
    return filled(fields)


def _person(box: Mailbox) -> Json:
    return filled({"email": box.address, "name": box.name})


def _answer(result: Any, email: Email) -> batches.Answer:
    match result:
        case {"success": True, "message_ids": [str(number), *_]} if number:
            return Receipt(number)
        case {"success": False}:
            return _meaning(result.get("errors"), [email])
    return Uncertain("mailtrap answered for this message with something unreadable")


def _verdict(response: Response, emails: list[Email]) -> ProviderError | None:
    error = batches.told(response)
    is_ours = response.status_code in {400, 422} and "errors" in error
    return _meaning(error["errors"], emails) if is_ours else None


def _meaning(errors: Any, emails: Iterable[Email]) -> ProviderError:
    """Say whether the sender is wrong or the message."""
    several = errors if isinstance(errors, list) else [errors]
    why = batches.reason("; ".join(f"{one}" for one in several if one), emails)
    if _OURS.search(why):
        hint = "Try: check MAILTRAP_* in .env and the sending domain at Mailtrap."
        return Refused(f"mailtrap refused us: {why}", hint=hint)
    return Rejected(f"mailtrap rejected the message: {why}")


# https://help.mailtrap.io/article/87-statuses-and-events
_SENSES = {
    "delivery": hooks.DELIVERED,
    "suspension": hooks.DEFERRED,
    "bounce": hooks.GONE,
    "soft bounce": hooks.SOFT,
    "spam": hooks.COMPLAINED,
    "unsubscribe": hooks.UNSUBSCRIBED,
    "reject": hooks.OURS,
    "open": hooks.OPENED,
    "click": hooks.CLICKED,
}


def _sense(said: Json) -> hooks.Sense | None:
    return _SENSES.get(hooks.text(said, "event"))


def _event(said: Json, sense: hooks.Sense, request: Request) -> Event:
    return hooks.made(
        sense,
        request,
        name=hooks.text(said, "event_id"),
        address=hooks.text(said, "email"),
        at=said.get("timestamp"),
        mark=hooks.text(said, "custom_variables", "delivery"),
        message=hooks.text(said, "message_id"),
        reasons=[hooks.text(said, name) for name in ("reason", "response")],
    )
