"""Draft + recipient -> Email or Post: fills the slots, adds the headers of lists."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime

from publisher.mime import ascii_domain
from publisher.models import (
    Email,
    EmailDraft,
    Issue,
    Mailbox,
    Post,
    PostDraft,
    Site,
    Subscriber,
)
from publisher.slots import fill, one_line


def email(
    draft: EmailDraft,
    *,
    key: str,
    reader: Subscriber,
    site: Site,
    issue: Issue,
    list_name: str,
    unsubscribe_url: str,
) -> Email:
    """Return the email for one reader; the same key gives the same bytes, always."""
    values = {**reader.values(), "unsubscribe_url": unsubscribe_url}
    return Email(
        key=key,
        sender=site.sender,
        recipient=Mailbox(reader.address, one_line(reader.name).strip()),
        subject=" ".join(fill(draft.subject, values).split()),
        html=fill(draft.html, values),
        text=fill(draft.text, values),
        language=draft.language,
        reply_to=site.reply_to,
        headers=dict(_headers(key, site, list_name, unsubscribe_url)),
        message_id=f"{_hash(key)}@{_domain(site)}",
        date=issue.planned_at,
    )


def post(draft: PostDraft, *, key: str, created: datetime) -> Post:
    """Return the post for one account; `created` is when it was planned."""
    return Post(
        key=key,
        text=draft.text,
        language=draft.language,
        hashtags=draft.hashtags,
        card=draft.card,
        content_warning=draft.content_warning,
        images=draft.images,
        created=created,
    )


def _headers(
    key: str, site: Site, list_name: str, unsubscribe_url: str
) -> Iterator[tuple[str, str]]:
    if list_name:
        yield "List-Id", f"<{_label(list_name)}.{_domain(site)}>"
    if unsubscribe_url:
        yield "List-Unsubscribe", f"<{one_line(unsubscribe_url)}>"
    if unsubscribe_url.startswith("https://"):
        # RFC 8058: one click only where a POST can be made.
        yield "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"
    # Which delivery this is; a hash, for a key can hold names.
    yield "X-Publisher-Key", _hash(key)


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def _domain(site: Site) -> str:
    domain = site.sender.address.rpartition("@")[2]
    try:
        return ascii_domain(domain)
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
    return f"list-{_hash(name)[:8]}"
