"""SparkPost, one transmission with substitution data for each reader.

https://developers.sparkpost.com/api/transmissions/

SparkPost fills `{{ }}` in all it gets, so an article's braces are written in another
way. It gives one id for a whole transmission and remembers no key: a call without an
answer stays uncertain. A full quota (420) sends nothing and stops the channel.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qsl

from publisher import hooks, signatures
from publisher.errors import (
    ProviderError,
    Refused,
    Rejected,
    Uncertain,
    Unreadable,
)
from publisher.http import batches, merged
from publisher.http.call import get_json, read_json
from publisher.http.gaps import encoded, filled, form_of, gap
from publisher.http.readers import (
    ADDRESS,
    MARK,
    NAME,
    SUBJECT,
    VALUES,
    Shape,
)
from publisher.memory import OncePer
from publisher.mime.attachments import in_base64
from publisher.mime.fields import checked_mailing, subject_of
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
    Slot,
)
from publisher.providers import Secret

if TYPE_CHECKING:
    from publisher.http.call import Response

LONGEST = 20 * batches.MEGABYTE
LONGEST_DATA = 100_000  # bytes: all keys and values of one reader
MOST_HEADERS = 20
QUOTA = 420
# Braces that touch others, or a slot's own: with these they would begin or end a tag.
_BRACES = re.compile(r"[{}](?=[{}]|\Z)|(?:(?<=[{}])|\A)[{}]")
_MACROS = {"{": "{{opening_single_curly()}}", "}": "{{closing_single_curly()}}"}
_OURS = re.compile(
    r"\bcontent\.(?:from|reply_to|attachments|inline_images)\b"
    r"|\bfrom (?:address|domain|email)\b|'from'"
    r"|\bsending domain\b|\binvalid domain\b|\bdkim\b|\bsubaccount\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Written:
    """What all readers of a mailing share: JSON without its end, and forms."""

    head: bytes
    headers: dict[str, str]
    slots: int


def _written(mailing: Mailing) -> _Written:
    mailing = checked_mailing(mailing)
    draft = mailing.draft
    is_personal = any(isinstance(part, Slot) for part in draft.subject)
    subject = _verbatim(subject_of(mailing))
    sender = {"email": mailing.sender.address, "name": _verbatim(mailing.sender.name)}
    fields = {
        "from": filled(sender),
        "reply_to": _verbatim(mailing.reply_to),
        "subject": "{{subject}}" if is_personal else subject,
        "text": merged.with_tokens(draft.text, mailing, _token, _verbatim),
        "html": merged.with_tokens(draft.html, mailing, _token, _page),
    }
    fields |= _attached(mailing.attachments)
    content = encoded({"content": filled(fields)})
    headers = {name: _verbatim(value) for name, value in mailing.headers.items()}
    return _Written(content.removesuffix(b"}}"), headers, len(mailing.slots))


_once = OncePer(_written)


def _attached(attachments: Sequence[Attachment]) -> Json:
    return {
        "attachments": [
            _file(one, one.name) for one in attachments if not one.content_id
        ],
        "inline_images": [
            _file(one, one.content_id) for one in attachments if one.content_id
        ],
    }


def _file(one: Attachment, name: str) -> Json:
    return {"name": name, "type": one.media_type, "data": in_base64(one)}


def _token(number: int) -> str:
    """Return a slot: three braces, for its value is escaped already.

    Without spaces, for it can stand in a link.
    """
    return f"{{{{{{s{number}}}}}}}"


def _verbatim(text: str) -> str:
    return _BRACES.sub(lambda found: _MACROS[found[0]], text)


def _page(html: str) -> str:
    return in_html(html, _BRACES)


@dataclass(frozen=True)
class SparkPost:
    """Sends emails through a SparkPost account."""

    token: Secret = field(metadata={"doc": "an API key with Transmissions: Read/Write"})
    url: str = field(
        default="https://api.sparkpost.com",
        metadata={"doc": "https://api.eu.sparkpost.com if your account is in the EU"},
    )
    webhook_user: str = field(
        default="", metadata={"doc": "the user in the address of the webhook"}
    )
    webhook_password: Secret = field(
        default=Secret(""), metadata={"doc": "the password in that address"}
    )

    kind: ClassVar[Kind] = "email"
    limits: ClassVar[Limits] = Limits(batch=1000, size=LONGEST)

    def send(self, email: Email) -> Receipt:
        """Send one email."""
        return batches.only(self.send_many([email]))

    def send_many(self, messages: Sequence[Email]) -> list[batches.Answer]:
        """Send the emails of one mailing in one transmission."""
        return merged.hand_over(
            messages, self._post, provider="sparkpost", once=_once, write=_recipient
        )

    def _post(self, shared: _Written, parts: list[merged.Part]) -> list[batches.Answer]:
        if len(shared.head) > LONGEST:
            raise Rejected("sparkpost: the email has more than 20 MB")
        names = merged.same_shape(parts, "sparkpost").headers
        tokens = {name: f"{{{{h{number}}}}}" for number, name in enumerate(names)}
        headers = encoded({**shared.headers, **tokens})
        recipients = merged.body_of(parts)
        emails = merged.emails_of(parts)
        response = batches.post(
            batches.endpoint(
                self.url, f"/api/v1/transmissions?num_rcpt_errors={len(emails)}"
            ),
            b'%b,"headers":%b},"recipients":[%b]}' % (shared.head, headers, recipients),
            provider="sparkpost",
            emails=emails,
            headers={"Authorization": self.token.reveal()},
            secrets=[self.token],
            verdict=lambda response: _verdict(response, emails),
        )
        results = read_json(response, provider="sparkpost").get("results")
        return _answers(results, parts)

    def suppressed(self, now: datetime) -> Iterator[Event]:
        """Yield whom SparkPost sends nothing.

        https://developers.sparkpost.com/api/suppression-list/
        """
        params = {"cursor": "initial", "per_page": "10000"}
        while True:
            answer = get_json(
                batches.endpoint(self.url, "/api/v1/suppression-list"),
                provider="sparkpost",
                params=params,
                headers={"Authorization": self.token.reveal()},
                secrets=[self.token],
            )
            for one in hooks.rows(answer, "results"):
                source = hooks.text(one, "source")
                yield hooks.listed(
                    _SOURCES.get(source, hooks.GONE),
                    address=hooks.text(one, "recipient"),
                    at=one.get("created"),
                    now=now,
                    reason=hooks.text(one, "description") or source,
                )
            cursor = _next_cursor(answer)
            if not cursor or cursor == params["cursor"]:
                return
            params["cursor"] = cursor

    def events(self, request: Request) -> list[Event]:
        """Verify and read a webhook's call, an array of events or of nothing."""
        login = (self.webhook_user, self.webhook_password)
        signatures.basic(request, *login, keys="SPARKPOST_WEBHOOK")
        calls = hooks.objects(hooks.read(request.body))
        found = [inner for one in calls for inner in _inside(one.get("msys"))]
        senses = [(one, _sense(one)) for one in found]
        return [_event(one, sense, request) for one, sense in senses if sense]


def _recipient(shared: _Written, shape: Shape) -> merged.Written:
    """Return a reader's part of the call.

    There is no header_to: it would be what the reader sees, and may name others.
    """
    if len(shape.headers) > MOST_HEADERS:
        raise Rejected(f"sparkpost: an email may have {MOST_HEADERS} headers")
    slots = [f"s{number}" for number in range(shared.slots)]
    headers = [f"h{number}" for number in range(len(shape.headers))]
    places = range(VALUES, VALUES + len(slots) + len(headers))
    data = dict(zip([*slots, *headers], map(gap, places), strict=True))
    named = {"name": gap(NAME)} if shape.has_name else {}
    fields = {
        "address": {"email": gap(ADDRESS), **named},
        "metadata": {"delivery": gap(MARK)},
        "substitution_data": {"subject": gap(SUBJECT), **data},
    }
    room = LONGEST_DATA - len(encoded(dict.fromkeys(["subject", *data], "")))
    why = "sparkpost: a reader's values have more than 100 KB"
    return merged.Written(form_of(fields), [SUBJECT, *places], room, why)


def _answers(results: Any, parts: list[merged.Part]) -> list[batches.Answer]:
    marks = merged.marks_of(parts)
    match results:
        case {
            "id": str() | int() as call,
            "total_accepted_recipients": int(accepted),
            "total_rejected_recipients": int(rejected),
        } if accepted + rejected == len(marks):
            taken = merged.receipts([f"{call}/{mark}" for mark in marks])
            return _sorted_out(results, parts, taken) if rejected else taken
    raise Uncertain("sparkpost answered for another number of messages")


def _sorted_out(
    results: Json, parts: list[merged.Part], answers: list[batches.Answer]
) -> list[batches.Answer]:
    """Find who was refused: SparkPost says how many, and why, but not always whom."""
    errors = results.get("rcpt_to_errors")
    emails = merged.emails_of(parts)
    addresses = [one.lower() for part in parts for one in part.readers.addresses]
    why = [_why(error) for error in errors] if isinstance(errors, list) else []
    if not results["total_accepted_recipients"]:
        raise _meaning(why[0] if why else "", emails)
    for text in why:
        words = {word.strip("'\"`.,;:()<>").lower() for word in text.split()}
        for number, address in enumerate(addresses):
            if address in words:
                reason = batches.reason(text, [emails[number]])
                answers[number] = Rejected(
                    f"sparkpost rejected the recipient: {reason}"
                )
    refused = sum(isinstance(answer, Rejected) for answer in answers)
    if refused == results["total_rejected_recipients"]:
        return answers
    doubt = Uncertain("sparkpost refused some of the call and does not say whom")
    return [doubt for _ in answers]


def _verdict(response: Response, emails: list[Email]) -> ProviderError | None:
    status, answer = response.status_code, batches.told(response)
    errors = answer.get("errors")
    why = _why(errors[0]) if isinstance(errors, list) and errors else ""
    if status == QUOTA:
        said = batches.reason(why, emails)
        hint = "Try: look at your plan's limits at SparkPost, and send again later."
        return Refused(f"sparkpost's sending limit is reached: {said}", hint=hint)
    if status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}:
        return _meaning(why, emails)
    return None


def _why(error: Any) -> str:
    """Return the words of one error: what is wrong, and with what."""
    if not isinstance(error, dict):
        return ""
    words = [error.get(name) for name in ("message", "description")]
    return ": ".join(f"{one}" for one in words if one)


def _meaning(why: str, emails: Sequence[Email]) -> ProviderError:
    """Say whether the sender is wrong or the message."""
    said = batches.reason(why, emails)
    if _OURS.search(said):
        hint = "Try: check SPARKPOST_* in .env and the sending domain at SparkPost."
        return Refused(f"sparkpost refused us: {said}", hint=hint)
    return Rejected(f"sparkpost rejected the message: {said}")


# https://developers.sparkpost.com/api/events/
_SENSES = {
    "delivery": hooks.DELIVERED,
    "delay": hooks.DEFERRED,
    "spam_complaint": hooks.COMPLAINED,
    "list_unsubscribe": hooks.UNSUBSCRIBED,
    "link_unsubscribe": hooks.UNSUBSCRIBED,
    "open": hooks.OPENED,
    "initial_open": hooks.OPENED,
    "click": hooks.CLICKED,
}
# https://support.sparkpost.com/docs/deliverability/bounce-classification-codes
_CLASSES = {
    **dict.fromkeys(["10", "30"], hooks.GONE),
    **dict.fromkeys(["1", "20", "21", "22", "23", "24", "40", "70"], hooks.SOFT),
    **dict.fromkeys(["25", "50", "51", "52", "53", "54"], hooks.OURS),
    "90": hooks.UNSUBSCRIBED,
}


def _inside(msys: Any) -> list[Json]:
    """Return the events of one element: by class, and none in a ping."""
    if not isinstance(msys, dict):
        raise Unreadable("it holds no events")
    return hooks.objects([*msys.values()])


def _sense(said: Json) -> hooks.Sense | None:
    match hooks.text(said, "type"):
        case "bounce" | "out_of_band" | "policy_rejection":
            return _CLASSES.get(hooks.text(said, "bounce_class"))
        case name:
            return _SENSES.get(name)


def _event(said: Json, sense: hooks.Sense, request: Request) -> Event:
    return hooks.made(
        sense,
        request,
        name=hooks.text(said, "event_id"),
        address=hooks.text(said, "raw_rcpt_to") or hooks.text(said, "rcpt_to"),
        at=said.get("timestamp"),
        mark=hooks.text(said, "rcpt_meta", "delivery"),
        message=hooks.text(said, "message_id"),
        reasons=[hooks.text(said, "reason")],
    )


_SOURCES = {
    "Spam Complaint": hooks.COMPLAINED,
    "List Unsubscribe": hooks.UNSUBSCRIBED,
    "Unsubscribe Link": hooks.UNSUBSCRIBED,
}


def _next_cursor(answer: Any) -> str:
    """Return what names the next page; only that of its link is believed."""
    links = hooks.part(answer, "links")
    for link in links if isinstance(links, list) else ():
        if hooks.text(link, "rel") == "next":
            query = hooks.text(link, "href").partition("?")[2]
            return dict(parse_qsl(query)).get("cursor", "")
    return ""
