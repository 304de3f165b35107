"""Draft + recipient -> Email or Post: fills the slots, adds the headers of lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import repeat
from types import MappingProxyType

from publisher import tokens
from publisher.memory import OncePer
from publisher.mime import ascii_domain
from publisher.mime.fields import KEY_HEADER
from publisher.models import (
    LINKS,
    MARKS,
    WAY_OUT,
    YES,
    Attachment,
    Email,
    EmailDraft,
    Issue,
    Mailbox,
    Mailing,
    Media,
    Picture,
    Post,
    PostDraft,
    Site,
    Slot,
    Subscriber,
    key_mark,
    maker,
    unique,
)
from publisher.slots import Filling, one_line

# RFC 3834: nobody wrote it by hand, so that no machine answers it.
MACHINES = {"Auto-Submitted": "auto-generated"}


class _Alike:
    """What is the same for all readers of a mailing, worked out once."""

    def __init__(self, shared: Mailing) -> None:
        self.filling = Filling(shared.slots, others=(*LINKS, *MARKS))
        self.domain = _domain(shared.sender)


_alike = OncePer(_Alike)
_email = maker(Email)
_mailbox = maker(Mailbox)


def mailing(
    draft: EmailDraft,
    *,
    site: Site,
    issue: Issue,
    list_name: str,
    attachments: Sequence[Attachment] = (),
    salt: str = "",
) -> Mailing:
    """Return what the emails of one draft share, whoever gets them.

    With the `salt` nobody else can make the marks of its deliveries.
    """
    parts = (*draft.subject, *draft.html, *draft.text)
    slots = unique([part for part in parts if isinstance(part, Slot)])
    asks = any(slot.name == YES for slot in slots)  # no letter of a list yet
    return Mailing(
        draft=draft,
        sender=site.sender,
        slots=slots,
        reply_to=site.reply_to,
        headers=MACHINES if asks else dict(_shared_headers(site, list_name)),
        date=issue.planned_at,
        attachments=tuple(attachments),
        mail_out=tokens.mail_out(site, list_name) if site.unsubscribe_url else "",
        salt=salt,
    )


def email(
    shared: Mailing, *, key: str, reader: Subscriber, links: Mapping[str, str]
) -> Email:
    """Return the email for one reader; the same key gives the same bytes, always.

    `links` has the reader's way out, and what other `LINKS` the draft has slots for.
    """
    alike = _alike(shared)
    mark = key_mark(key, shared.salt)
    return Email(
        key=key,
        mailing=shared,
        recipient=Mailbox(reader.address, one_line(reader.name).strip()),
        values=alike.filling.values(reader.fields(), links),
        own_headers=_own_headers(mark, links[WAY_OUT], shared.mail_out),
        message_id=f"{mark}@{alike.domain}",
    )


def emails(
    shared: Mailing,
    *,
    keys: Sequence[str],
    readers: Sequence[Subscriber],
    links: Mapping[str, Sequence[str]],
) -> list[Email]:
    """Return what `email` would for each reader, in a quarter of the time."""
    alike = _alike(shared)
    marks = [key_mark(key, shared.salt) for key in keys]
    boxes = [_mailbox(one.address, one_line(one.name).strip()) for one in readers]
    values = alike.filling.rows(
        lambda name: _column(readers, name),
        links,
        count=len(readers),
    )
    mail_out = repeat(shared.mail_out)
    headers = map(_own_headers, marks, links[WAY_OUT], mail_out)
    ids = [f"{mark}@{alike.domain}" for mark in marks]
    return [*map(_email, keys, repeat(shared), boxes, values, headers, ids)]


def post(
    draft: PostDraft,
    *,
    key: str,
    created: datetime,
    files: Mapping[str, bytes] = MappingProxyType({}),
) -> Post:
    """Return the post for one account; `created` is when it was planned.

    `files` are the bytes of its pictures, by their digests.
    """
    thumbnail = draft.thumbnail
    return Post(
        key=key,
        text=draft.text,
        language=draft.language,
        hashtags=draft.hashtags,
        card=draft.card,
        content_warning=draft.content_warning,
        images=draft.images,
        created=created,
        title=draft.title,
        thread=draft.thread,
        visibility=draft.visibility,
        media=tuple(_media(one, files) for one in draft.pictures),
        thumbnail=_media(thumbnail, files) if thumbnail else None,
        document=draft.document,
    )


def _media(picture: Picture, files: Mapping[str, bytes]) -> Media:
    return Media(
        content=files[picture.digest],
        media_type=picture.media_type,
        alt=picture.alt,
        width=picture.width,
        height=picture.height,
        url=picture.url,
    )


def _column(readers: Sequence[Subscriber], name: str) -> list[str]:
    """Return one of `Subscriber.fields` of each."""
    if name in {"address", "name", "first_name", "language", "timezone"}:
        return [getattr(one, name) for one in readers]
    return [one.attributes.get(name, "") for one in readers]


def _shared_headers(site: Site, list_name: str) -> Iterator[tuple[str, str]]:
    if list_name:
        yield "List-Id", f"<{_label(list_name)}.{_domain(site.sender)}>"
        yield "Precedence", "bulk"  # RFC 2076: no answer that somebody is away


def _own_headers(mark: str, unsubscribe_url: str, mail_out: str) -> dict[str, str]:
    headers = {}
    if unsubscribe_url:
        other = f", <{mail_out.replace(tokens.MARK, mark)}>" if mail_out else ""
        headers["List-Unsubscribe"] = f"<{one_line(unsubscribe_url)}>{other}"
    if unsubscribe_url.startswith("https://"):
        # RFC 8058: one click only where a POST can be made.
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    headers[KEY_HEADER] = mark
    return headers


def _domain(sender: Mailbox) -> str:
    try:
        return ascii_domain(sender.address.rpartition("@")[2])
    except ValueError:  # a check and the encoding of the message say so aloud
        return "localhost"


def _label(name: str) -> str:
    """Return a list's name as RFC 2919 has it: letters, digits and hyphens.

    >>> _label("The weekly")
    'the-weekly'
    """
    plain = "".join(sign if sign.isalnum() else "-" for sign in name.lower())
    if plain.isascii():
        return "-".join(filter(None, plain.split("-"))) or "list"
    return f"list-{key_mark(name)[:8]}"
