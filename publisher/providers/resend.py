"""Resend, its batch endpoint.

https://resend.com/docs/api-reference/emails/send-batch-emails

A call with the same Idempotency-Key and body is answered as the first one was for 24
hours. In permissive mode it takes the valid messages and lists the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from publisher import hooks, signatures
from publisher.errors import ProviderError, Refused, Rejected, Uncertain
from publisher.http import batches
from publisher.http.bodies import Bodies
from publisher.http.call import get_json, read_json
from publisher.http.gaps import filled
from publisher.mime.attachments import in_base64
from publisher.mime.fields import delivery_mark, written
from publisher.models import (
    Attachment,
    Email,
    Event,
    Json,
    Kind,
    Limits,
    Mailing,
    Receipt,
    Request,
)
from publisher.providers import Secret

if TYPE_CHECKING:
    from publisher.http.call import Response

LONGEST = 40 * batches.MEGABYTE
HINT = "Try: check RESEND_* in .env and your domain at Resend."
# https://resend.com/docs/api-reference/errors
OURS = {
    *("invalid_from_address", "restricted_api_key", "missing_api_key"),
    *("invalid_api_key", "invalid_region", "security_error"),
    *("daily_quota_exceeded", "monthly_quota_exceeded"),
}
# The first call with this key had another body, or is still at work.
REPEATED = {"invalid_idempotent_request", "concurrent_idempotent_requests"}
# What makes the sender wrong, and so every message: "The x.org domain is not verified".
_SENDER = re.compile(r"\bnot verified\b|\bverify\b|`from`", re.IGNORECASE)


def _attached(attachments: Sequence[Attachment]) -> Json:
    files = [
        {
            "content": in_base64(one),
            "filename": one.name,
            "content_type": one.media_type,
            "content_id": one.content_id,
        }
        for one in attachments
    ]
    return {"attachments": [*map(filled, files)]}


BODIES = Bodies("html", "text", attached=_attached)


@dataclass(frozen=True)
class Resend:
    """Sends emails through a Resend account."""

    token: Secret = field(metadata={"doc": "an API key with sending access, re_..."})
    url: str = field(
        default="https://api.resend.com",
        metadata={"doc": "where the API answers; another only for tests"},
    )
    webhook_key: Secret = field(
        default=Secret(""),
        metadata={"doc": "the signing secret of the webhook, whsec_..."},
    )

    kind: ClassVar[Kind] = "email"
    limits: ClassVar[Limits] = Limits(
        batch=100, per_second=2, remembers=timedelta(hours=24), size=LONGEST
    )

    @staticmethod
    def payload(email: Email) -> Json:
        """Return the message as the API wants it."""
        fields = {
            "from": written(email.sender),
            "to": [written(email.recipient)],
            "reply_to": email.reply_to,
            "subject": email.subject,
            "html": email.html,
            "text": email.text,
            "headers": dict(email.headers),
            "tags": [{"name": "delivery", "value": delivery_mark(email)}],
        }
        return filled(fields)

    def send(self, email: Email) -> Receipt:
        """Send one email; the same one within 24 hours has the same receipt."""
        return batches.only(self.send_many([email]))

    def send_many(self, messages: Sequence[Email]) -> list[batches.Answer]:
        """Send up to 100 emails in one call."""
        return batches.hand_over(
            messages,
            self._post,
            provider="resend",
            write=self.payload,
            bodies=BODIES,
            longest=LONGEST,
            longest_call=LONGEST,
        )

    def fits(self, mailing: Mailing) -> int:
        """Return how many emails one call takes: with attachments, one."""
        most = 1 if mailing.attachments else self.limits.batch
        return BODIES.fits(mailing, most=most, longest_call=batches.USUAL_CALL)

    def _post(self, emails: list[Email], pieces: list[bytes]) -> list[batches.Answer]:
        if emails[0].mailing.attachments:
            return [self._post_alone(*emails, body=b"".join(pieces))]
        body = b"".join([b"[", *pieces, b"]"])
        mode = {"x-batch-validation": "permissive"}
        return _answers(self._answer("/emails/batch", body, emails, mode), emails)

    def _post_alone(self, email: Email, *, body: bytes) -> batches.Answer:
        """Post one email: the batch endpoint would drop its attachments."""
        return _receipt(self._answer("/emails", body, [email], {}))

    def _answer(
        self, path: str, body: bytes, emails: list[Email], mode: Mapping[str, str]
    ) -> Json:
        response = batches.post(
            batches.endpoint(self.url, path),
            body,
            provider="resend",
            emails=emails,
            headers={
                "Authorization": f"Bearer {self.token}",
                "Idempotency-Key": batches.call_mark(emails).hex(),
                **mode,
            },
            secrets=[self.token],
            verdict=lambda response: _verdict(response, emails),
        )
        return read_json(response, provider="resend")

    def suppressed(self, now: datetime) -> Iterator[Event]:
        """Yield whom Resend sends nothing.

        https://resend.com/docs/api-reference/suppressions/list-suppressions
        """
        params = {"limit": "100"}
        while True:
            answer = get_json(
                batches.endpoint(self.url, "/suppressions"),
                provider="resend",
                params=params,
                headers={"Authorization": f"Bearer {self.token}"},
                secrets=[self.token],
            )
            found = hooks.rows(answer, "data")
            for one in found:
                origin = hooks.text(one, "origin")
                yield hooks.listed(
                    hooks.COMPLAINED if origin == "complaint" else hooks.GONE,
                    address=hooks.text(one, "email"),
                    at=one.get("created_at"),
                    now=now,
                    reason=origin,
                )
            after = hooks.text(found, len(found) - 1, "id")
            has_more = hooks.part(answer, "has_more") is True
            if not (has_more and after) or after == params.get("after"):
                return
            params["after"] = after

    def events(self, request: Request) -> list[Event]:
        """Verify and read a webhook's call, which brings one event.

        https://docs.svix.com/receiving/verifying-payloads/how-manual
        """
        key = signatures.require(self.webhook_key, "RESEND_WEBHOOK_KEY")
        name, at = request.header("svix-id"), request.header("svix-timestamp")
        # More than one while a key is changed for another: "v1,... v1,...".
        both = [one.partition(",") for one in request.header("svix-signature").split()]
        said = [value for version, _, value in both if version == "v1"]
        signed = f"{name}.{at}.".encode("utf-8", "replace") + request.body
        secret = signatures.decoded(key.removeprefix("whsec_"))
        signatures.require("yes" if secret else "", "RESEND_WEBHOOK_KEY, in base64,")
        signatures.hmac_base64(secret, signed, said)
        signatures.refuse_old(at, request)
        found = hooks.objects(hooks.read(request.body))
        senses = [(one, _sense(one)) for one in found]
        return [_event(one, sense, name, request) for one, sense in senses if sense]


def _answers(answer: Json, emails: list[Email]) -> list[batches.Answer]:
    """Give the ids, which stand in order, to the messages that have no error."""
    wrong = {
        error["index"]: error.get("message")
        for error in answer.get("errors") or []
        if isinstance(error, dict) and error.get("index") in range(len(emails))
    }
    taken = answer.get("data")
    if not isinstance(taken, list) or len(taken) + len(wrong) != len(emails):
        raise Uncertain("resend answered for another number of messages")
    ids = iter(taken)
    return [
        _wrong(wrong[number], email) if number in wrong else _receipt(next(ids, None))
        for number, email in enumerate(emails)
    ]


def _receipt(item: Any) -> batches.Answer:
    match item:
        case {"id": str(number)} if number:
            return Receipt(number)
    return Uncertain("resend answered for this message with something unreadable")


def _wrong(message: object, email: Email) -> ProviderError:
    why = batches.reason(message, [email])
    if _SENDER.search(why):
        return Refused(f"resend refused the sender: {why}", hint=HINT)
    return Rejected(f"resend rejected the message: {why}")


def _verdict(response: Response, emails: list[Email]) -> ProviderError | None:
    error = batches.told(response)
    name, why = f"{error.get('name')}", batches.reason(error.get("message"), emails)
    if name in OURS:
        return Refused(f"resend refused us ({name}): {why}", hint=HINT)
    if name in REPEATED:
        return Uncertain(f"resend has seen this call before ({name})")
    return None


# https://resend.com/docs/dashboard/webhooks/event-types
_SENSES = {
    "email.delivered": hooks.DELIVERED,
    "email.delivery_delayed": hooks.DEFERRED,
    "email.complained": hooks.COMPLAINED,
    "email.suppressed": hooks.GONE,
    "email.opened": hooks.OPENED,
    "email.clicked": hooks.CLICKED,
}
_BLOCKED = {"ContentRejected", "AttachmentRejected", "MessageTooLarge"}


def _sense(said: Json) -> hooks.Sense | None:
    name = hooks.text(said, "type")
    if hooks.text(said, "data", "suppressed", "reason") == "previous_complaint":
        return hooks.COMPLAINED
    if name != "email.bounced":
        return _SENSES.get(name)
    if hooks.text(said, "data", "bounce", "type") == "Permanent":
        return hooks.GONE
    kind = hooks.text(said, "data", "bounce", "subType")
    return hooks.OURS if kind in _BLOCKED else hooks.SOFT


def _event(said: Json, sense: hooks.Sense, name: str, request: Request) -> Event:
    data = said.get("data")
    to = hooks.part(data, "to")
    is_one = isinstance(to, list) and len(to) == 1
    return hooks.made(
        sense,
        request,
        name=name,
        # It does not say which of several: all of them would be wrong for most.
        address=hooks.text(to, 0) if is_one else "",
        at=said.get("created_at"),
        mark=_mark_in(hooks.part(data, "tags")),
        message=hooks.text(data, "email_id"),
        reasons=[
            hooks.text(data, "bounce", "diagnosticCode", 0),
            hooks.text(data, "bounce", "message"),
        ],
    )


def _mark_in(tags: Any) -> str:
    """Return our tag, of an object or of a list of names and values."""
    if not isinstance(tags, list):
        return hooks.text(tags, "delivery")
    ours = [one for one in tags if hooks.text(one, "name") == "delivery"]
    return hooks.text(ours, 0, "value")
