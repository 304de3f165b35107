"""Tracking: off unless an owner asks for it, and never more than the owner asks for.

What is kept, and what never is, stands in docs/tracking.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING

from publisher import links, tokens
from publisher.errors import ConfigError
from publisher.models import (
    SEEN,
    TRACED,
    Draft,
    EmailDraft,
    EmailPart,
    Issue,
    Slot,
    Slotted,
    Subscriber,
    Tracking,
)

if TYPE_CHECKING:
    from publisher.project.folder import Folder

# Modes in which the links of a letter lead past us.
LEADING: tuple[Tracking, ...] = ("clicks", "individual")
# Modes in which a picture tells that a letter was opened.
SEEING: tuple[Tracking, ...] = ("opens-day", "individual")
END = re.compile(r"</body\b", re.IGNORECASE)
PICTURE = (
    '<img src="{}" width="1" height="1" alt="" role="presentation" '
    'style="display:block;border:0;width:1px;height:1px">'
)


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
    if not base or not draft.tracking:
        return draft
    if set(SEEING) & set(draft.tracking):
        draft = replace(draft, html=_with_picture(draft.html))
    if not set(LEADING) & set(draft.tracking):
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


def marks(
    folder: Folder, issue: Issue, name: str, draft: Draft, readers: Sequence[Subscriber]
) -> dict[str, list[str]]:
    """Return what stands in the letter of each reader beyond what is the same for all.

    Nothing for who refused, nor for who is in no books; and nothing but a picture
    without an issue for who has not allowed more.
    """
    if not isinstance(draft, EmailDraft) or not set(SEEING) & set(draft.tracking):
        return {}
    said = folder.books.tracking.answers([one.id for one in readers])
    own = _Marks(folder, issue, name, draft.tracking)
    made = [own.of(one.id, said.get(one.id, "")) for one in readers]
    return {TRACED: [one for one, _ in made], SEEN: [one for _, one in made]}


@dataclass(frozen=True, slots=True)
class _Marks:
    """What makes a reader's own parts of one draft."""

    folder: Folder
    issue: Issue
    draft: str
    modes: tuple[Tracking, ...]

    def of(self, reader: int, answer: str) -> tuple[str, str]:
        """Return what stands behind each link, and the picture; both may be nothing."""
        if not reader or answer == "no":
            return "", ""
        if answer == "yes" and "individual" in self.modes:
            behind = self._signed(tokens.TRACING, str(reader), self.issue.id)
            return f"/{behind}", self._picture(str(reader), self.issue.id, self.draft)
        if "opens-day" in self.modes:
            return "", self._picture(str(reader))
        return "", ""

    def _picture(self, *values: str) -> str:
        base = self.folder.settings.site.public_url
        return PICTURE.format(
            escape(f"{base}/o/{self._signed(tokens.SEEING, *values)}")
        )

    def _signed(self, purpose: str, *values: str) -> str:
        return tokens.sign(purpose, *values, secret=self.folder.secret)


def _with_picture(page: Slotted) -> Slotted:
    """Return the page with a place for the picture at its end."""
    picture = Slot(SEEN, "text")  # it is markup, or nothing
    for number in range(len(page) - 1, -1, -1):
        part = page[number]
        ends = (
            [one.start() for one in END.finditer(part)] if isinstance(part, str) else []
        )
        if isinstance(part, str) and ends:
            before = (part[: ends[-1]],) if ends[-1] else ()
            after = part[ends[-1] :]
            return (*page[:number], *before, picture, after, *page[number + 1 :])
    return (*page, picture)


def asks(folder: Folder) -> bool:
    """Say whether anything is tracked that readers may allow or refuse."""
    parts = [one.email for one in folder.campaigns if one.email]
    modes = {mode for part in parts for mode in part.tracking or ()}
    return bool(set(SEEING) & (modes | set(folder.settings.tracking)))


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
