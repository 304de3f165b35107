"""Postmark, its batch endpoint.

https://postmarkapp.com/developer/api/email-api#send-batch-emails

A call is answered 200 even if no message of it was taken: each has an ErrorCode of its
own. Postmark remembers no key, so a call without an answer stays uncertain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from publisher import hooks, signatures
from publisher.errors import (
    ProviderError,
    Refused,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)
from publisher.http import batches
from publisher.http.bodies import Bodies
from publisher.http.call import get_json, read_list
from publisher.http.gaps import filled
from publisher.http.waits import DEFAULT_WAIT
from publisher.mime.attachments import in_base64
from publisher.mime.fields import delivery_mark, written
from publisher.mime.verbatim import in_html
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

LONGEST, LONGEST_BODY = 10 * batches.MEGABYTE, 5 * batches.MEGABYTE
LONGEST_CALL = 50 * batches.MEGABYTE
# https://postmarkapp.com/developer/api/overview#error-codes
MAINTENANCE, INVALID, TOO_MANY_REQUESTS = 100, 300, 429
# Token, sender, credit and account; beyond 1200 it is the message stream.
ACCOUNT = {10, 400, 401, 405, 412, 413, *range(1200, 1300)}
# The one tag that Postmark fills outside of its templates: {{{ pm:unsubscribe }}}. In
# plain text nothing could be written for its signs, so there it stays a tag.
_TAG = re.compile(r"\{(?=\{\{\s*pm:)")


def _page(html: str) -> str:
    return in_html(html, _TAG)


def _attached(attachments: Sequence[Attachment]) -> Json:
    files = [
        {
            "Name": one.name,
            "Content": in_base64(one),
            "ContentType": one.media_type,
            "ContentID": f"cid:{one.content_id}" if one.content_id else "",
        }
        for one in attachments
    ]
    return {"Attachments": [*map(filled, files)]}


BODIES = Bodies("HtmlBody", "TextBody", page=_page, opens="{", attached=_attached)


@dataclass(frozen=True)
class Postmark:
    """Sends emails through one message stream of a Postmark server."""

    token: Secret = field(
        metadata={"doc": "the server's API token: Servers > API Tokens"}
    )
    stream: str = field(
        default="broadcast", metadata={"doc": "the message stream, a broadcast one"}
    )
    url: str = field(
        default="https://api.postmarkapp.com",
        metadata={"doc": "where the API answers; another only for tests"},
    )
    webhook_user: str = field(
        default="", metadata={"doc": "the user in the address of the webhook"}
    )
    webhook_password: Secret = field(
        default=Secret(""), metadata={"doc": "the password in that address"}
    )

    kind: ClassVar[Kind] = "email"
    limits: ClassVar[Limits] = Limits(batch=500, size=LONGEST)

    @staticmethod
    def payload(email: Email) -> Json:
        """Return the message as the API wants it, without the account's stream."""
        fields = {
            "From": written(email.sender),
            "To": written(email.recipient),
            "ReplyTo": email.reply_to,
            "Subject": email.subject,
            "HtmlBody": _page(email.html),
            "TextBody": email.text,
            "Headers": [
                {"Name": name, "Value": value} for name, value in email.headers.items()
            ],
            "Metadata": {"delivery": delivery_mark(email)},
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
            provider="postmark",
            write=self._write,
            bodies=BODIES,
            longest=LONGEST,
            longest_call=LONGEST_CALL,
        )

    def fits(self, mailing: Mailing) -> int:
        """Return how many emails of the mailing one call takes."""
        most = self.limits.batch
        return BODIES.fits(mailing, most=most, longest_call=batches.USUAL_CALL)

    def _write(self, email: Email) -> Json:
        fields = {**self.payload(email), "MessageStream": self.stream}
        for name in ("HtmlBody", "TextBody"):
            if len(fields.get(name, "").encode("utf-8", "replace")) > LONGEST_BODY:
                raise Rejected(f"postmark: the {name} has more than 5 MB")
        return fields

    def _post(self, emails: list[Email], pieces: list[bytes]) -> list[batches.Answer]:
        response = batches.post(
            batches.endpoint(self.url, "/email/batch"),
            b"".join([b"[", *pieces, b"]"]),
            provider="postmark",
            emails=emails,
            headers={"X-Postmark-Server-Token": self.token.reveal()},
            secrets=[self.token],
            verdict=lambda response: _verdict(response, emails),
        )
        results = read_list(response, provider="postmark")
        return [
            _answer(result, email)
            for result, email in zip(results, emails, strict=False)
        ]

    def suppressed(self, now: datetime) -> Iterator[Event]:
        """Yield whom the stream sends nothing.

        https://postmarkapp.com/developer/api/suppressions-api
        """
        path = f"/message-streams/{quote(self.stream, safe='')}/suppressions/dump"
        answer = get_json(
            batches.endpoint(self.url, path),
            provider="postmark",
            headers={
                "X-Postmark-Server-Token": self.token.reveal(),
                "Accept": "application/json",
            },
            secrets=[self.token],
        )
        for one in hooks.rows(answer, "Suppressions"):
            reason = hooks.text(one, "SuppressionReason")
            yield hooks.listed(
                _SUPPRESSIONS.get(reason, hooks.GONE),
                address=hooks.text(one, "EmailAddress"),
                at=one.get("CreatedAt"),
                now=now,
                reason=reason,
            )

    def events(self, request: Request) -> list[Event]:
        """Verify and read a webhook's call, which brings one event."""
        login = (self.webhook_user, self.webhook_password)
        signatures.basic(request, *login, keys="POSTMARK_WEBHOOK")
        found = hooks.objects(hooks.read(request.body))
        senses = [(one, _sense(one)) for one in found]
        return [_event(one, sense, request) for one, sense in senses if sense]


def _answer(result: Any, email: Email) -> batches.Answer:
    match result:
        case {"ErrorCode": int(code)} if code:
            return _meaning(code, batches.reason(result.get("Message"), [email]))
        case {"MessageID": str(number)} if number:
            # Without an ErrorCode, too: "accepted, but delivery may be delayed".
            return Receipt(number)
    return Uncertain("postmark answered for this message with something unreadable")


def _verdict(response: Response, emails: list[Email]) -> ProviderError | None:
    """Read the code of a call that was refused as a whole."""
    match batches.told(response):
        case {"ErrorCode": int(code), **rest} if code and _is_ours(response):
            return _meaning(code, batches.reason(rest.get("Message"), emails))
    return None


def _is_ours(response: Response) -> bool:
    """Say whether the code says more than the status: not for 401, 429 and 5xx."""
    return response.status_code in {400, 413, 422}


def _meaning(code: int, why: str) -> ProviderError:
    said = f"({code}): {why}"
    is_our_address = code == INVALID and re.search(
        r"'(From|Reply-?To|Attachments?)'", why
    )
    if code in ACCOUNT or is_our_address:
        hint = "Try: check POSTMARK_* in .env and the sender at Postmark."
        return Refused(f"postmark refused us {said}", hint=hint)
    if code == TOO_MANY_REQUESTS:
        return Throttled(f"postmark asks us to wait {said}", retry_after=DEFAULT_WAIT)
    if code == MAINTENANCE:
        return Unavailable(f"postmark is not available {said}")
    return Rejected(f"postmark rejected the message {said}")


# https://postmarkapp.com/developer/webhooks/webhooks-overview
_SENSES = {
    "Delivery": hooks.DELIVERED,
    "Open": hooks.OPENED,
    "Click": hooks.CLICKED,
    "SpamComplaint": hooks.COMPLAINED,
}
# https://postmarkapp.com/developer/api/bounce-api#bounce-types
_BOUNCES = {
    "HardBounce": hooks.GONE,
    "BadEmailAddress": hooks.GONE,
    "ManuallyDeactivated": hooks.GONE,
    "SoftBounce": hooks.SOFT,
    "Transient": hooks.DEFERRED,
    "DnsError": hooks.DEFERRED,
    "Unsubscribe": hooks.UNSUBSCRIBED,
    "SpamComplaint": hooks.COMPLAINED,
    "SpamNotification": hooks.OURS,
    "VirusNotification": hooks.OURS,
    "Blocked": hooks.OURS,
    "DMARCPolicy": hooks.OURS,
}
# Why it will send nothing more to somebody; false is that it will again.
_SUPPRESSIONS = {
    "HardBounce": hooks.GONE,
    "SpamComplaint": hooks.COMPLAINED,
    "ManualSuppression": hooks.UNSUBSCRIBED,
}
_TIMES = ("DeliveredAt", "BouncedAt", "ChangedAt", "ReceivedAt")


def _sense(said: Json) -> hooks.Sense | None:
    match hooks.text(said, "RecordType"):
        case "Bounce":
            return _BOUNCES.get(hooks.text(said, "Type"))
        case "SubscriptionChange" if said.get("SuppressSending") is True:
            return _SUPPRESSIONS.get(hooks.text(said, "SuppressionReason"))
        case name:
            return _SENSES.get(name)


def _event(said: Json, sense: hooks.Sense, request: Request) -> Event:
    number = hooks.text(said, "ID")
    return hooks.made(
        sense,
        request,
        name=f"{hooks.text(said, 'RecordType')} {number}" if number else "",
        address=hooks.text(said, "Email") or hooks.text(said, "Recipient"),
        at=next(filter(None, map(said.get, _TIMES)), None),
        mark=hooks.text(said, "Metadata", "delivery"),
        message=hooks.text(said, "MessageID"),
        reasons=[hooks.text(said, name) for name in ("Description", "Details")],
    )
