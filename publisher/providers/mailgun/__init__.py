"""Mailgun, one call with recipient variables.

https://documentation.mailgun.com/docs/mailgun/user-manual/sending-messages/batch-sending

Without variables for everybody Mailgun would show each reader the addresses of all, so
even a mailing without slots has some. It fills `%recipient.x%` wherever it stands; what
an article says about that is a variable itself. It gives one id for all
messages of a call and remembers no key: a call without an answer stays uncertain.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote

from publisher import signatures
from publisher.errors import (
    ProviderError,
    Refused,
    Rejected,
    Throttled,
    Uncertain,
)
from publisher.http import batches, merged
from publisher.http.call import get_json, read_json
from publisher.http.gaps import filled, gap, members_of, utf8
from publisher.http.readers import ADDRESS, ID, MARK, SUBJECT, VALUES, Readers, Shape
from publisher.memory import OncePer
from publisher.mime.fields import checked_mailing, subject_of, written
from publisher.mime.verbatim import in_html
from publisher.models import (
    Email,
    Event,
    Kind,
    Limits,
    Mailbox,
    Mailing,
    Receipt,
    Request,
    Slot,
)
from publisher.providers import Secret
from publisher.providers.mailgun import news

if TYPE_CHECKING:
    from publisher.http.call import Response

LONGEST = 25 * batches.MEGABYTE
LONGEST_OPTIONS = 16 * 1024  # bytes: all names and values of o:, h: and v: together
# What Mailgun fills in: recipient variables, and its own links to unsubscribe.
_TAG = re.compile(r"%(?=recipient|(?:tag_|mailing_list_)?unsubscribe)", re.IGNORECASE)
_TEXT_TAG = re.compile(f"{_TAG.pattern}(.)", re.IGNORECASE)
_QUOTED = re.compile(r"[^ !#-\[\]-~]")  # what `written` or Mailgun change
_SPECIAL = re.compile(r'[(),.:;<>@\[\\\]"]')
_LATER = re.compile(r"again after (\d{1,6}) (second|minute|hour)", re.IGNORECASE)
_SECONDS = {"second": 1, "minute": 60, "hour": 3600}
_OURS = re.compile(
    r"\b(?:from|reply-to)'? parameter\b|\baccount\b|\bsandbox\b"
    r"|\bdomain\b.{0,80}\b(?:disabled|unverified|not allowed)\b",
    re.IGNORECASE,
)
MOST_HEADERS = 20
MESSAGE_ID = "h:Message-Id"


@dataclass(frozen=True, slots=True)
class _Variables:
    """The names of a mailing's variables, and how they stand in its text."""

    prefix: str  # of the draft's hash, so that no such name stands in its text
    signs: dict[str, str] = field(default_factory=dict)  # what all readers have

    def token(self, name: object) -> str:
        """Return what stands in the form for a reader's value."""
        return f"%recipient.{self.key(name)}%"

    def key(self, name: object) -> str:
        """Return the name of a variable."""
        return f"{self.prefix}{name}"

    def plain(self, text: str) -> str:
        """Write what looks like a variable as one."""
        return _TEXT_TAG.sub(self._sign, text)

    def _sign(self, found: re.Match[str]) -> str:
        # With the letter after it, or the end of this token would begin a tag.
        name = f"percent_{found[1]}"
        self.signs[self.key(name)] = found[0]
        return self.token(name)


@dataclass(frozen=True, slots=True)
class _Written:
    """What all readers of a mailing share: the first fields of the form."""

    boundary: str
    head: bytes
    options: int  # how many bytes of its fields count for the limit
    names: _Variables
    slots: int


def _written(mailing: Mailing) -> _Written:
    mailing = checked_mailing(mailing)
    draft = mailing.draft
    names = _Variables(f"p{draft.id[:8]}_")
    plain = names.plain
    is_personal = any(isinstance(part, Slot) for part in draft.subject)
    subject = plain(subject_of(mailing))
    html = merged.with_tokens(
        draft.html, mailing, names.token, lambda text: in_html(text, _TAG)
    )
    text = merged.with_tokens(draft.text, mailing, names.token, plain)
    options = {f"h:{name}": plain(value) for name, value in mailing.headers.items()}
    if mailing.reply_to:
        options["h:Reply-To"] = mailing.reply_to
    fields = {
        "from": plain(_person(mailing.sender)),
        "subject": names.token("subject") if is_personal else subject,
        **filled({"text": text, "html": html}),
        **options,
    }
    boundary = f"publisher-{draft.id}"
    head = b"".join([*_fields(boundary, fields), *_files(boundary, mailing)])
    size = sum(len(f"{name}{value}".encode()) for name, value in options.items())
    return _Written(boundary, head, size, names, len(mailing.slots))


_once = OncePer(_written)


@dataclass(frozen=True)
class Mailgun:
    """Sends emails through a domain at Mailgun."""

    token: Secret = field(
        metadata={"doc": "an API key: API Security, or the domain's sending key"}
    )
    domain: str = field(metadata={"doc": "the sending domain, mg.example.org"})
    url: str = field(
        default="https://api.mailgun.net",
        metadata={"doc": "https://api.eu.mailgun.net if your domain is in the EU"},
    )
    webhook_key: Secret = field(
        default=Secret(""),
        metadata={"doc": "the HTTP webhook signing key: API Security"},
    )

    kind: ClassVar[Kind] = "email"
    limits: ClassVar[Limits] = Limits(batch=1000, size=LONGEST)

    def send(self, email: Email) -> Receipt:
        """Send one email."""
        return batches.only(self.send_many([email]))

    def send_many(self, messages: Sequence[Email]) -> list[batches.Answer]:
        """Send up to 1000 emails of one mailing in one call."""
        return merged.hand_over(
            messages, self._post, provider="mailgun", once=_once, write=_variables
        )

    def _post(self, shared: _Written, parts: list[merged.Part]) -> list[batches.Answer]:
        emails = merged.emails_of(parts)
        response = batches.post(
            batches.endpoint(self.url, f"/v3/{self._domain()}/messages"),
            _form(shared, parts),
            provider="mailgun",
            emails=emails,
            headers={
                **self._login(),
                "Content-Type": f"multipart/form-data; boundary={shared.boundary}",
            },
            secrets=[self.token],
            verdict=lambda response: _verdict(response, emails),
        )
        return _answers(response, parts)

    def _domain(self) -> str:
        # With a slash, even an encoded one, Mailgun answers 200 and sends nothing.
        if not self.domain or "/" in self.domain or "%" in self.domain:
            hint = "Try: MAILGUN_DOMAIN=mg.example.org"
            raise Refused("mailgun: MAILGUN_DOMAIN is not a domain", hint=hint)
        return quote(self.domain, safe="")

    def events(self, request: Request) -> list[Event]:
        """Verify and read a webhook's call, which brings one event.

        The signature does not cover the event, but each is good for one only: its token
        is the event's id.
        """
        key = signatures.require(self.webhook_key, "MAILGUN_WEBHOOK_KEY")
        return news.events(request, key)

    def suppressed(self, now: datetime) -> Iterator[Event]:
        """Yield whom the domain sends nothing.

        https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/bounces
        """
        for name, sense in news.LISTS.items():
            params = {"limit": "1000"}
            while True:
                answer = get_json(
                    batches.endpoint(self.url, f"/v3/{self._domain()}/{name}"),
                    provider="mailgun",
                    params=params,
                    headers=self._login(),
                    secrets=[self.token],
                )
                yield from news.listed(answer, sense, now)
                before, params = params, news.next_page(answer)
                if params in ({}, before):
                    break

    def _login(self) -> dict[str, str]:
        login = b64encode(f"api:{self.token}".encode()).decode()
        return {"Authorization": f"Basic {login}"}


def _options(shape: Shape) -> tuple[str, ...]:
    """Return the fields of the form for a reader's own headers."""
    names = tuple(f"h:{name}" for name in shape.headers)
    return (*names, MESSAGE_ID) if shape.has_id else names


def _variables(shared: _Written, shape: Shape) -> merged.Written:
    """Return a reader's variables; whoever lacked one would see its name.

    The Message-Id that Mailgun makes is the same for everybody: the answers of all
    readers would be one conversation.
    """
    options = _options(shape)
    if len(options) > MOST_HEADERS:
        raise Rejected(f"mailgun: an email may have {MOST_HEADERS} headers of its own")
    headers = range(VALUES + shared.slots, VALUES + shared.slots + len(shape.headers))
    places = [*headers, ID] if shape.has_id else [*headers]
    own = {f"{number}": VALUES + number for number in range(shared.slots)}
    own |= {"mark": MARK, "subject": SUBJECT}
    own |= {f"h{number}": place for number, place in enumerate(places)}
    data = {shared.names.key(name): gap(place) for name, place in own.items()}
    form = members_of({gap(ADDRESS): {**shared.names.signs, **data}})
    room = LONGEST_OPTIONS - shared.options - len("".join((*options, "v:delivery")))
    why = "mailgun: the headers of the email have more than 16 KB"
    return merged.Written(form, [*places, MARK], room, why)


def _form(shared: _Written, parts: list[merged.Part]) -> bytes:
    """Return the form, in which the readers come last."""
    addresses = [one.lower() for part in parts for one in part.readers.addresses]
    if len({*addresses}) < len(addresses):
        # Mailgun would write to the second one only, and take that for both.
        raise Rejected("mailgun: the emails of one call must have different readers")
    options = _options(merged.same_shape(parts, "mailgun"))
    fields = {
        name: shared.names.token(f"h{number}") for number, name in enumerate(options)
    }
    if MESSAGE_ID in fields:
        fields[MESSAGE_ID] = f"<{fields[MESSAGE_ID]}>"
    fields["v:delivery"] = shared.names.token("mark")
    boundary = shared.boundary
    next_one = f"\r\n{_begun(boundary, 'to')}"
    to = [person for part in parts for person in _people(part.readers)]
    form = b"".join(
        [
            shared.head,
            *_fields(boundary, fields),
            _field(boundary, "to", next_one.join(to)),
            utf8(_begun(boundary, "recipient-variables")),
            b"{%b}\r\n" % merged.body_of(parts),
            f"--{boundary}--\r\n".encode(),
        ]
    )
    if len(form) > LONGEST:
        raise Rejected("mailgun: the emails of one call are too long together")
    return form


def _fields(boundary: str, fields: Mapping[str, str]) -> list[bytes]:
    return [_field(boundary, name, value) for name, value in fields.items()]


def _field(boundary: str, name: str, value: str) -> bytes:
    """Return one field of the form: as it is, where a URL-encoded one costs time."""
    return utf8(f"{_begun(boundary, name)}{value}\r\n")


def _files(boundary: str, mailing: Mailing) -> Iterator[bytes]:
    """Yield the attachments; a page shows those called `inline` by their names."""
    for one in mailing.attachments:
        field, name = (
            ("inline", one.content_id) if one.content_id else ("attachment", one.name)
        )
        quoted = re.sub(r'[\\"]', "_", name)
        yield utf8(
            f"--{boundary}\r\nContent-Disposition: form-data; "
            f'name="{field}"; filename="{quoted}"\r\n'
            f"Content-Type: {one.media_type}\r\n\r\n"
        )
        yield one.content
        yield b"\r\n"


def _begun(boundary: str, name: str) -> str:
    quoted = name.replace('"', "%22")
    return f'--{boundary}\r\nContent-Disposition: form-data; name="{quoted}"\r\n\r\n'


def _people(readers: Readers) -> list[str]:
    """Return each reader as a mailbox on one line."""
    both = zip(readers.addresses, readers.names, strict=True)
    if not _QUOTED.search("".join(readers.names)):
        return [f'"{name}" <{address}>' if name else address for address, name in both]
    return [_person(Mailbox(address, name)) for address, name in both]


def _person(box: Mailbox) -> str:
    """Return a mailbox on one line.

    Mailgun garbles a name that has punctuation besides letters beyond ASCII.
    https://github.com/anymail/django-anymail/issues/270
    """
    if box.name.isascii():
        return written(box)
    name = " ".join(_SPECIAL.sub(" ", box.name).split())
    return written(replace(box, name=name))


def _answers(response: Response, parts: list[merged.Part]) -> list[batches.Answer]:
    if "Mailgun Magnificent API" in response.text:
        hint = "Try: check MAILGUN_URL and MAILGUN_DOMAIN in .env."
        raise Refused("mailgun has no such service, though it answers", hint=hint)
    match read_json(response, provider="mailgun"):
        case {"id": str(call), "message": str(text)} if text.startswith("Queued"):
            before = f"{call.strip('<>')}/"
            both = zip(merged.emails_of(parts), merged.marks_of(parts), strict=True)
            return merged.receipts(
                [email.message_id or before + mark for email, mark in both]
            )
    raise Uncertain("mailgun answered without a word about the messages")


def _verdict(response: Response, emails: list[Email]) -> ProviderError | None:
    text = batches.told(response).get("message")
    why = batches.reason(text, emails)
    if later := _LATER.search(why):
        wait = float(later[1]) * _SECONDS[later[2].lower()]
        return Throttled(f"mailgun asks us to wait: {why}", retry_after=wait)
    if response.status_code == HTTPStatus.BAD_REQUEST and _OURS.search(why):
        hint = "Try: check MAILGUN_* in .env and the domain at Mailgun."
        return Refused(f"mailgun refused us: {why}", hint=hint)
    return None
