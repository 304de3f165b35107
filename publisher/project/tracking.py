"""Tracking: off unless an owner asks for it, and never more than the owner asks for.

What is kept, and what never is, stands in docs/tracking.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import TYPE_CHECKING

from publisher import links, tokens
from publisher.errors import ConfigError
from publisher.models import (
    TRACED,
    Draft,
    EmailDraft,
    EmailPart,
    Issue,
    Slot,
    Slotted,
    Tracking,
)

if TYPE_CHECKING:
    from publisher.project.folder import Folder

# Modes in which the links of a letter lead past us.
LEADING: tuple[Tracking, ...] = ("clicks", "individual")


def modes_of(folder: Folder, part: EmailPart, *, where: str) -> tuple[Tracking, ...]:
    """Return what is tracked of a campaign's email: its own word, or the folder's.

    `ConfigError` where nothing would answer the links.
    """
    modes = folder.settings.tracking if part.tracking is None else part.tracking
    if modes and not folder.settings.site.public_url:
        raise ConfigError(
            f"tracking: {', '.join(modes)} needs pages that readers reach",
            where="publisher.yaml" if part.tracking is None else where,
            hint="Try: public_url: https://letters.example.org, below site",
        )
    return modes


def tracked(folder: Folder, issue: Issue, name: str, draft: EmailDraft) -> EmailDraft:
    """Return the draft as it leaves, with links that lead past us where it says so.

    The same draft of the same issue gives the same letter, always.
    """
    base = folder.settings.site.public_url
    if not base or not set(LEADING) & set(draft.tracking):
        return draft
    slots = [Slot(TRACED)] if "individual" in draft.tracking else []

    def to(url: str) -> Slotted:
        return (escape(f"{base}/c/{_mark(folder, issue, name, url)}"), *slots)

    return links.changed(draft, to, _own(folder))


def note(folder: Folder, issue: Issue, drafts: Mapping[str, Draft]) -> None:
    """Write down where the links of an issue lead, before any of them leaves."""
    found = {
        name: draft
        for name, draft in drafts.items()
        if isinstance(draft, EmailDraft) and draft.tracking
    }
    if not found or not folder.settings.site.public_url:
        return
    modes = sorted({mode for draft in found.values() for mode in draft.tracking})
    targets = [
        (_mark(folder, issue, name, url), name, url)
        for name, draft in found.items()
        for url in _led(folder, draft)
    ]
    folder.books.tracking.begin(issue, modes, targets)


def _led(folder: Folder, draft: EmailDraft) -> Iterator[str]:
    if set(LEADING) & set(draft.tracking):
        yield from links.urls(draft, _own(folder))


def _own(folder: Folder) -> tuple[str, ...]:
    """Return where the links begin that are never changed: ways out, and our pages."""
    site = folder.settings.site
    ours = (site.public_url, site.archive_url, site.unsubscribe_url)
    return tuple(one.partition("{")[0] for one in ours if one)


def _mark(folder: Folder, issue: Issue, name: str, url: str) -> str:
    return tokens.mark(tokens.CLICKING, issue.id, name, url, secret=folder.secret)
