"""Mailjet, its Send API 3.1.

https://dev.mailjet.com/email/guides/send-api-v31/

A call is answered 400 as soon as one message is refused, although the others were sent:
each has a Status of its own. Mailjet remembers no key, so a call without an answer
stays uncertain. It fills `[[var:x]]` even where its template language is off, so an
article's brackets are written in another way.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from publisher import hooks, signatures
from publisher.errors import (
    ProviderError,
    Refused,
    Rejected,
    Throttled,
    Uncertain,
)
from publisher.http import batches
from publisher.http.bodies import Bodies
from publisher.http.call import get_json, read_json
from publisher.http.gaps import filled
from publisher.http.waits import DEFAULT_WAIT
from publisher.mime.attachments import in_base64
from publisher.mime.fields import delivery_mark
from publisher.mime.verbatim import in_html, in_text
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

LONGEST = 15 * batches.MEGABYTE
PAGE = 1_000  # contacts
LONGEST_SUBJECT = 255  # characters
BAD, FAILED, TOO_MANY = 400, 500, 429  # HTTP's own, which it also gives each message
BRACKET = "[[var:bracket]]"
_TAG = re.compile(r"\[(?=\[)")
_OURS = ("From", "Sender", "ReplyTo", "Attachments", "InlinedAttachments")


def _page(html: str) -> str:
    return in_html(html, _TAG)


def _plain(text: str) -> str:
    return in_text(text, _TAG, BRACKET)


def _attached(attachments: Sequence[Attachment]) -> Json:
    return {
        "Attachments": [_file(one) for one in attachments if not one.content_id],
        "InlinedAttachments": [_file(one) for one in attachments if one.content_id],
    }


def _file(one: Attachment) -> Json:
    fields = {
        "ContentType": one.media_type,
        "Filename": one.name,
        "Base64Content": in_base64(one),
        "ContentID": one.content_id,
    }
    return filled(fields)


BODIES = Bodies(
    "HTMLPart", "TextPart", page=_page, plain=_plain, opens="[", attached=_attached
)


class _Partly(ProviderError):  # noqa: N818  an answer, not an accident
    """A 400 that says what became of each message; never leaves this file."""

    def __init__(self, answer: Json) -> None:
        super().__init__("mailjet refused some of the messages")
        self.answer = answer


@dataclass(frozen=True)
class Mailjet:
    """Sends emails through a Mailjet account."""

    key: Secret = field(metadata={"doc": "the API key: Account > API Key Management"})
    secret: Secret = field(metadata={"doc": "the secret key of that API key"})
    url: str = field(
        default="https://api.mailjet.com",
        metadata={"doc": "https://api.us.mailjet.com if your account is in the US"},
    )
    webhook_user: str = field(
        default="", metadata={"doc": "the user in the address of the webhook"}
    )
    webhook_password: Secret = field(
        default=Secret(""), metadata={"doc": "the password in that address"}
    )

    kind: ClassVar[Kind] = "email"
    limits: ClassVar[Limits] = Limits(batch=50, size=LONGEST)

    @staticmethod
    def payload(email: Email) -> Json:
        """Return the message as the API wants it."""
        if len(email.subject) > LONGEST_SUBJECT:
            raise Rejected(f"mailjet: a subject may have {LONGEST_SUBJECT} characters")
        fields = {
            "From": _person(email.sender),
            "To": [_person(email.recipient)],
            "ReplyTo": {"Email": email.reply_to} if email.reply_to else {},
            "Subject": email.subject,
            "HTMLPart": _page(email.html),
            "TextPart": _plain(email.text),
            "Variables": {"bracket": "["} if _TAG.search(email.text) else {},
            "Headers": dict(email.headers),
            "CustomID": delivery_mark(email),
        }
        return {**filled(fields), "TemplateLanguage": False}

    def send(self, email: Email) -> Receipt:
        """Send one email."""
        return batches.only(self.send_many([email]))

    def send_many(self, messages: Sequence[Email]) -> list[batches.Answer]:
        """Send up to 50 emails in one call."""
        return batches.hand_over(
            messages,
            self._post,
            provider="mailjet",
            write=self.payload,
            bodies=BODIES,
            longest=LONGEST,
            longest_call=LONGEST,
        )

    def fits(self, mailing: Mailing) -> int:
        """Return how many emails of the mailing one call takes."""
        most = self.limits.batch
        return BODIES.fits(mailing, most=most, longest_call=LONGEST)

    def _login(self) -> dict[str, str]:
        login = b64encode(f"{self.key}:{self.secret}".encode()).decode()
        return {"Authorization": f"Basic {login}"}

    def _post(self, emails: list[Email], pieces: list[bytes]) -> list[batches.Answer]:
        try:
            response = batches.post(
                batches.endpoint(self.url, "/v3.1/send"),
                b"".join([b'{"Messages":[', *pieces, b"]}"]),
                provider="mailjet",
                emails=emails,
                headers=self._login(),
                secrets=[self.key, self.secret],
                verdict=lambda response: _verdict(response, emails),
            )
            results = read_json(response, provider="mailjet").get("Messages")
        except _Partly as partly:
            results = partly.answer["Messages"]
        if not isinstance(results, list) or len(results) != len(emails):
            raise Uncertain("mailjet answered for another number of messages")
        return [
            _answer(result, email)
            for result, email in zip(results, emails, strict=True)
        ]

    def suppressed(self, now: datetime) -> Iterator[Event]:
        """Yield who is excluded from campaigns; it does not tell why.

        https://dev.mailjet.com/email/reference/contacts/contact
        """
        offset = 0
        while True:
            answer = get_json(
                batches.endpoint(self.url, "/v3/REST/contact"),
                provider="mailjet",
                params={
                    "IsExcludedFromCampaigns": "true",
                    "Limit": f"{PAGE}",
                    "Offset": f"{offset}",
                },
                headers=self._login(),
                secrets=[self.key, self.secret],
            )
            found = hooks.rows(answer, "Data")
            for one in found:
                yield hooks.listed(
                    hooks.UNSUBSCRIBED,
                    address=hooks.text(one, "Email"),
                    at=one.get("ExclusionFromCampaignsUpdatedAt"),
                    now=now,
                )
            if len(found) < PAGE:
                return
            offset += PAGE

    def events(self, request: Request) -> list[Event]:
        """Verify and read a webhook's call, of one event or several."""
        login = (self.webhook_user, self.webhook_password)
        signatures.basic(request, *login, keys="MAILJET_WEBHOOK")
        found = hooks.objects(hooks.read(request.body))
        senses = [(one, _sense(one)) for one in found]
        return [_event(one, sense, request) for one, sense in senses if sense]


def _person(box: Mailbox) -> Json:
    return filled({"Email": box.address, "Name": box.name})


def _answer(result: Any, email: Email) -> batches.Answer:
    match result:
        # The MessageID: events and statistics do not know the MessageUUID.
        case {"Status": "success", "To": [{"MessageID": int() | str() as number}, *_]}:
            return Receipt(f"{number}")
        case {"Status": "error", "Errors": [dict() as error, *_]}:
            return _meaning(error, [email])
        case {"Status": "error"}:
            return Rejected("mailjet rejected the message without a reason")
    return Uncertain("mailjet answered for this message with something unreadable")


def _verdict(response: Response, emails: list[Email]) -> ProviderError | None:
    match batches.told(response):
        case {"Messages": [*_]} as answer if response.status_code != TOO_MANY:
            return _Partly(answer)
        case {"ErrorRelatedTo": [*_]} as error if response.status_code == BAD:
            return _meaning(error, emails)
    return None


def _meaning(error: Json, emails: Sequence[Email]) -> ProviderError:
    """Say whose fault an error is: ErrorRelatedTo names the fields."""
    why = batches.reason(error.get("ErrorMessage"), emails)
    said = f"({error.get('ErrorCode')}): {why}"
    related = error.get("ErrorRelatedTo")
    fields = related if isinstance(related, list) else []
    is_ours = any(f"{one}".partition(".")[0] in _OURS for one in fields)
    match error.get("StatusCode"):
        case status if status == TOO_MANY:
            wait = DEFAULT_WAIT
            return Throttled(f"mailjet asks us to wait {said}", retry_after=wait)
        case int(status) if status >= FAILED:
            return Uncertain(f"mailjet failed {said}")
        case status if is_ours or status in (401, 402, 403):
            hint = "Try: check MAILJET_* in .env and the sender at Mailjet."
            return Refused(f"mailjet refused us {said}", hint=hint)
    return Rejected(f"mailjet rejected the message {said}")


# https://dev.mailjet.com/email/guides/webhooks/
_SENSES = {
    "sent": hooks.DELIVERED,
    "open": hooks.OPENED,
    "click": hooks.CLICKED,
    "spam": hooks.COMPLAINED,
    "unsub": hooks.UNSUBSCRIBED,
}
_ERRORS = {
    "user unknown": hooks.GONE,
    "mailbox inactive": hooks.GONE,
    "invalid domain": hooks.GONE,
    "no mail host": hooks.GONE,
    "typofix": hooks.GONE,
    "preblocked": hooks.GONE,  # it bounced before, or complained
    "spam reporter": hooks.COMPLAINED,
    "greylisted": hooks.DEFERRED,
    "quota exceeded": hooks.SOFT,
}


def _sense(said: Json) -> hooks.Sense | None:
    error = _ERRORS.get(hooks.text(said, "error"))
    match hooks.text(said, "event"):
        case "bounce" if said.get("hard_bounce") is True:
            return hooks.GONE
        case "bounce":
            is_ours = hooks.text(said, "error_related_to") in {"spam", "mailjet"}
            soft = hooks.OURS if is_ours else hooks.SOFT
            return hooks.DEFERRED if error == hooks.DEFERRED else soft
        case "blocked":
            return error or hooks.OURS
        case name:
            return _SENSES.get(name)


def _event(said: Json, sense: hooks.Sense, request: Request) -> Event:
    names = ("error_related_to", "error", "comment")
    return hooks.made(
        sense,
        request,
        address=hooks.text(said, "email"),
        at=said.get("time"),
        mark=hooks.text(said, "CustomID"),
        message=hooks.text(said, "MessageID"),
        reasons=[hooks.text(said, name) for name in names],
    )
