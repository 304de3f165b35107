"""Draft + recipient -> Email or Post: fills the slots, adds the headers of lists."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime

from publisher.mime import ascii_domain
from publisher.models import (
    Batch,
    Copy,
    Email,
    EmailDraft,
    Issue,
    Mailbox,
    Post,
    PostDraft,
    Site,
    Slot,
    Subscriber,
    unique,
)
from publisher.slots import one_line, value_of


class Merger:
    """Fills one draft for many readers; what they share is found once."""

    def __init__(
        self, draft: EmailDraft, *, site: Site, issue: Issue, list_name: str
    ) -> None:
        self.draft = draft
        self.site = site
        self.date = issue.planned_at
        both = (*draft.subject, *draft.html, *draft.text)
        self.slots = unique([part for part in both if isinstance(part, Slot)])
        self._headers = dict(_shared_headers(site, list_name))
        self._domain = _domain(site)

    def copy(self, *, key: str, reader: Subscriber, unsubscribe_url: str) -> Copy:
        """Return the reader's copy; the same key gives the same bytes, always."""
        values = {**reader.values(), "unsubscribe_url": unsubscribe_url}
        mark = _hash(key)
        return Copy(
            key=key,
            recipient=Mailbox(reader.address, one_line(reader.name).strip()),
            values=tuple([value_of(slot, values) for slot in self.slots]),
            headers=dict(_own_headers(mark, unsubscribe_url)),
            message_id=f"{mark}@{self._domain}",
        )

    def batch(self, copies: Sequence[Copy]) -> Batch:
        """Return the copies together with what they share."""
        return Batch(
            draft=self.draft,
            slots=self.slots,
            sender=self.site.sender,
            copies=tuple(copies),
            reply_to=self.site.reply_to,
            headers=self._headers,
            date=self.date,
        )


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
    """Return the whole email for one reader."""
    merger = Merger(draft, site=site, issue=issue, list_name=list_name)
    copy = merger.copy(key=key, reader=reader, unsubscribe_url=unsubscribe_url)
    return merger.batch([copy]).email(copy)


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


def _shared_headers(site: Site, list_name: str) -> Iterator[tuple[str, str]]:
    if list_name:
        yield "List-Id", f"<{_label(list_name)}.{_domain(site)}>"


def _own_headers(mark: str, unsubscribe_url: str) -> Iterator[tuple[str, str]]:
    if unsubscribe_url:
        yield "List-Unsubscribe", f"<{one_line(unsubscribe_url)}>"
    if unsubscribe_url.startswith("https://"):
        # RFC 8058: one click only where a POST can be made.
        yield "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"
    # Which delivery this is; a hash, for a key can hold names.
    yield "X-Publisher-Key", mark


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
