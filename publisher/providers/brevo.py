"""Brevo, one call with a version of the message for each reader.

https://developers.brevo.com/docs/batch-send-transactional-emails

Brevo fills `{{ }}` and `{% %}` in all it gets, so an article's braces are written in
another way. A call whose idempotencyKey came before is refused without the ids of the
first one: nothing is sent twice, but what became of the first stays uncertain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.header import Header
from http import HTTPStatus
from itertools import count
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

from publisher import hooks, signatures
from publisher.errors import ProviderError, Refused, Rejected, Uncertain
from publisher.http import batches
from publisher.http.bodies import Bodies
from publisher.http.call import get_json, read_json
from publisher.http.gaps import encoded, filled
from publisher.memory import OncePer
from publisher.mime.attachments import in_base64
from publisher.mime.fields import delivery_mark
from publisher.mime.verbatim import in_html, in_text
from publisher.models import (
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
    from publisher.http.call import Response

LONGEST = 20 * batches.MEGABYTE
PAGE = 100  # contacts in one answer
LONGEST_NAME = 70  # characters
OURS = {
    *("unauthorized", "permission_denied", "reseller_permission_denied"),
    *("not_enough_credits", "account_under_validation", "method_not_allowed"),
}
REPEATED = {"duplicate_parameter", "duplicate_request"}
# Prints a brace in subject and text, where nothing decodes a reference. Brevo surely
# fills HTML that has params; that it fills plain text too is not in its manual.
BRACE = "{{ params.brace }}"
_TAG = re.compile(r"\{(?=[{%#])")
# "email is not valid in replyTo": what is wrong with us, and so with every message.
_OURS = re.compile(r"\b(?:sender|reply_?to|attachments?)\b", re.IGNORECASE)
_SPECIAL = re.compile(r'[(),.:;<>@\[\\\]"]')


def _page(html: str) -> str:
    return in_html(html, _TAG)


def _plain(text: str) -> str:
    return in_text(text, _TAG, BRACE)


BODIES = Bodies("htmlContent", "textContent", page=_page, plain=_plain, opens="{")


@dataclass(frozen=True)
class Brevo:
    """Sends emails through a Brevo account."""

    token: Secret = field(metadata={"doc": "an API key, xkeysib-...: SMTP & API"})
    url: str = field(
        default="https://api.brevo.com",
        metadata={"doc": "where the API answers; another only for tests"},
    )
    webhook_user: str = field(
        default="", metadata={"doc": "the user in the address of the webhook"}
    )
    webhook_password: Secret = field(
        default=Secret(""), metadata={"doc": "the password in that address"}
    )

    kind: ClassVar[Kind] = "email"
    limits: ClassVar[Limits] = Limits(
        batch=1000,
        remembers=timedelta(minutes=15),
        size=LONGEST,
        shows_images=False,
    )

    @staticmethod
    def payload(email: Email) -> Json:
        """Return the reader's version of the message; its sender stands beside."""
        for name, value in email.headers.items():
            if not value.isascii():
                # Brevo would send it as raw UTF-8, which many servers refuse.
                raise Rejected(f"brevo: {name} may only have ASCII letters")
        fields = {
            "to": [_person(email.recipient)],
            "replyTo": {"email": email.reply_to} if email.reply_to else {},
            "subject": in_text(email.subject, _TAG, BRACE),
            "htmlContent": _page(email.html),
            "textContent": _plain(email.text),
            "headers": {**email.headers, "X-Mailin-custom": delivery_mark(email)},
        }
        return filled(fields)

    def send(self, email: Email) -> Receipt:
        """Send one email."""
        return batches.only(self.send_many([email]))

    def send_many(self, messages: Sequence[Email]) -> list[batches.Answer]:
        """Send up to 1000 emails in one call; all must have the same sender."""
        return batches.hand_over(
            messages,
            self._post,
            provider="brevo",
            write=self.payload,
            bodies=BODIES,
            longest=LONGEST,
            longest_call=LONGEST,
        )

    def fits(self, mailing: Mailing) -> int:
        """Return how many emails of the mailing one call takes."""
        room = LONGEST - len(_attached(mailing))
        return BODIES.fits(mailing, most=self.limits.batch, longest_call=room)

    def _post(self, emails: list[Email], pieces: list[bytes]) -> list[batches.Answer]:
        if len({email.sender for email in emails}) > 1:
            raise Rejected("brevo: the emails of one call must have one sender")
        key = str(UUID(bytes=batches.call_mark(emails)[:16], version=4))
        shared = _shared(emails[0].sender, key)
        if any(_has_brace(email) for email in emails):
            shared["params"] = {"brace": "{"}
        head = encoded(shared)[:-1] + _attached(emails[0].mailing)
        response = batches.post(
            batches.endpoint(self.url, "/v3/smtp/email"),
            b"".join([head, b',"messageVersions":[', *pieces, b"]}"]),
            provider="brevo",
            emails=emails,
            # The key stands in the body, where the manual has it, and here, where some
            # clients have it: an API that overlooks it would send everything twice.
            headers={"api-key": self.token.reveal(), "idempotencyKey": key},
            secrets=[self.token],
            verdict=lambda response: _verdict(response, emails),
        )
        return _answers(read_json(response, provider="brevo"), emails)

    def suppressed(self, now: datetime) -> Iterator[Event]:
        """Yield whom Brevo sends nothing.

        https://developers.brevo.com/reference/get-transac-blocked-contacts
        """
        for offset in count(0, PAGE):
            answer = get_json(
                batches.endpoint(self.url, "/v3/smtp/blockedContacts"),
                provider="brevo",
                params={"limit": f"{PAGE}", "offset": f"{offset}", "sort": "asc"},
                headers={"api-key": self.token.reveal()},
                secrets=[self.token],
            )
            found = hooks.rows(answer, "contacts")
            for one in found:
                code = hooks.text(one, "reason", "code")
                yield hooks.listed(
                    _listed_for(code),
                    address=hooks.text(one, "email"),
                    at=one.get("blockedAt"),
                    now=now,
                    reason=hooks.text(one, "reason", "message"),
                )
            if len(found) < PAGE:
                return

    def events(self, request: Request) -> list[Event]:
        """Verify and read a webhook's call, of one event or several."""
        login = (self.webhook_user, self.webhook_password)
        signatures.basic(request, *login, keys="BREVO_WEBHOOK")
        found = hooks.objects(hooks.read(request.body))
        senses = [(one, _sense(one)) for one in found]
        return [_event(one, sense, request) for one, sense in senses if sense]


@OncePer
def _attached(mailing: Mailing) -> bytes:
    """Return the attachments as a member of the call; all its versions have them."""
    if not mailing.attachments:
        return b""
    if any(one.content_id for one in mailing.attachments):
        hint = "Try: another channel, or an image that is linked by https://"
        raise Refused("brevo: a page cannot show images that travel with it", hint=hint)
    files = [
        {"name": one.name, "content": in_base64(one)} for one in mailing.attachments
    ]
    return b',"attachment":%b' % encoded({"": files})[len('{"":') : -1]


def _has_brace(email: Email) -> bool:
    """Say whether `BRACE` is printed; page and text filled in gaps need none."""
    return bool(_TAG.search(email.subject) or _TAG.search(email.text))


def _shared(sender: Mailbox, key: str) -> Json:
    """Return what stands beside the versions.

    Subject and content are only there because no version may have its own without;
    they are nobody's, so that no reader could ever get another's.
    """
    return {
        "sender": _person(sender),
        "subject": "-",
        "htmlContent": "<p>-</p>",
        "textContent": "-",
        "headers": {"idempotencyKey": key},
    }


def _person(box: Mailbox) -> Json:
    """Return a mailbox; a name that Brevo would lose is encoded before it can."""
    name = box.name[:LONGEST_NAME]
    if not name.isascii() and _SPECIAL.search(name):
        word = Header(name, "utf-8", maxlinelen=10_000).encode()
        plain = " ".join(_SPECIAL.sub(" ", name).split())
        name = word if len(word) <= LONGEST_NAME else plain
    return filled({"email": box.address, "name": name})


def _answers(answer: Json, emails: list[Email]) -> list[batches.Answer]:
    ids = answer.get("messageIds") or [answer.get("messageId")]
    if not isinstance(ids, list) or len(ids) != len(emails):
        raise Uncertain("brevo answered for another number of messages")
    silent = Uncertain("brevo answered for this message with something unreadable")
    return [Receipt(one) if isinstance(one, str) and one else silent for one in ids]


def _verdict(response: Response, emails: list[Email]) -> ProviderError | None:
    error = batches.told(response)
    code, why = f"{error.get('code')}", batches.reason(error.get("message"), emails)
    if code in REPEATED:
        return Uncertain(
            "brevo has seen this call before",
            hint="Try: look in its transactional log what became of it.",
        )
    is_wrong = response.status_code == HTTPStatus.BAD_REQUEST
    if code in OURS or (is_wrong and _OURS.search(why)):
        hint = "Try: check BREVO_* in .env and the sender at Brevo."
        return Refused(f"brevo refused us ({code}): {why}", hint=hint)
    return None


# https://developers.brevo.com/docs/transactional-webhooks
# Its pages write some names in two ways, with "_" and without.
_SENSES = {
    "delivered": hooks.DELIVERED,
    "deferred": hooks.DEFERRED,
    "hardbounce": hooks.GONE,
    "invalidemail": hooks.GONE,
    "invalid": hooks.GONE,
    "softbounce": hooks.SOFT,
    "spam": hooks.COMPLAINED,
    "complaint": hooks.COMPLAINED,
    "unsubscribe": hooks.UNSUBSCRIBED,
    "unsubscribed": hooks.UNSUBSCRIBED,
    "opened": hooks.OPENED,
    "uniqueopened": hooks.OPENED,
    "proxyopen": hooks.OPENED,
    "uniqueproxyopen": hooks.OPENED,
    "click": hooks.CLICKED,
}


def _sense(said: Json) -> hooks.Sense | None:
    name = hooks.text(said, "event").lower().replace("_", "")
    if name == "blocked":
        # "due to blacklist user": it bounced, complained or left before.
        is_known = "blacklist" in hooks.text(said, "reason").lower()
        return hooks.GONE if is_known else hooks.OURS
    return _SENSES.get(name)


def _event(said: Json, sense: hooks.Sense, request: Request) -> Event:
    return hooks.made(
        sense,
        request,
        address=hooks.text(said, "email"),
        # The other times are in the account's zone, whichever that is.
        at=said.get("ts_epoch"),
        mark=hooks.text(said, "X-Mailin-custom"),
        message=hooks.text(said, "message-id"),
        reasons=[hooks.text(said, "reason")],
    )


def _listed_for(code: str) -> hooks.Sense:
    if code.startswith("unsubscribed"):
        return hooks.UNSUBSCRIBED
    return hooks.COMPLAINED if code == "contactFlaggedAsSpam" else hooks.GONE
