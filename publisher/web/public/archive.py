"""The archive: issues that went to open lists, as a page, a list and a feed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from publisher.mime.attachments import seen
from publisher.models import LINKS, Direction, EmailDraft, Slot, Slotted

if TYPE_CHECKING:
    from publisher.project import Project
    from publisher.render.page import Pages
    from publisher.store import Published

ATOM = "http://www.w3.org/2005/Atom"
IN_FEED = 20


@dataclass(frozen=True, slots=True)
class Entry:
    """An issue in the list of the archive."""

    id: str
    title: str
    date: datetime
    language: str
    direction: Direction
    summary: str


class Reading:
    """Shows what was sent, to anybody: nothing of a reader is in it."""

    def __init__(self, project: Project, base: str, pages: Pages) -> None:
        self._project = project
        self._base = base
        self._pages = pages

    def issues(self) -> list[Entry]:
        """Return the newest issues of the lists that are open to all."""
        return [entry for entry, _ in self._entries(limit=200)]

    def letter(self, issue: str) -> str | None:
        """Return an issue as a page; None where there is none to be shown."""
        lists = self._project.settings.signup.lists
        found = self._project.books.archive.issue(lists, issue)
        if found is None or not isinstance(found.draft, EmailDraft):
            return None
        html = self._public(found.draft.html)
        return seen(html, self._project.attachments.of(found.draft))

    def feed(self) -> bytes:
        """Return the newest issues as an Atom feed (RFC 4287)."""
        site = self._project.settings.site
        feed = ET.Element(f"{{{ATOM}}}feed")
        entries = list(self._entries(limit=IN_FEED))
        _text(feed, "title", site.name)
        _text(feed, "id", f"{site.public_url}/")
        _link(feed, f"{site.public_url}/feed.xml", "self")
        _link(feed, f"{site.public_url}/archive", "alternate")
        newest = max((entry.date for entry, _ in entries), default=None)
        _text(feed, "updated", (newest or datetime.fromisoformat(EPOCH)).isoformat())
        author = ET.SubElement(feed, f"{{{ATOM}}}author")
        _text(author, "name", site.name)
        for entry, published in entries:
            self._entry(feed, entry, published)
        ET.register_namespace("", ATOM)
        written: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
        return written

    def _entry(self, feed: ET.Element, entry: Entry, published: Published) -> None:
        url = f"{self._project.settings.site.public_url}/archive/{entry.id}"
        one = ET.SubElement(feed, f"{{{ATOM}}}entry")
        one.set("{http://www.w3.org/XML/1998/namespace}lang", entry.language)
        _text(one, "title", entry.title)
        _text(one, "id", url)
        _link(one, url, "alternate")
        _text(one, "updated", entry.date.isoformat())
        _text(one, "summary", entry.summary)
        assert isinstance(published.draft, EmailDraft)  # noqa: S101  `_entries` did
        content = _text(one, "content", self._public(published.draft.html))
        content.set("type", "html")

    def _entries(self, *, limit: int) -> Iterator[tuple[Entry, Published]]:
        lists = self._project.settings.signup.lists
        for one in self._project.books.archive.issues(lists, limit=limit):
            draft = one.draft
            if isinstance(draft, EmailDraft):
                title = " ".join(self._public(draft.subject).split())
                yield (
                    Entry(
                        one.id,
                        title,
                        one.date,
                        draft.language,
                        draft.direction,
                        draft.preheader,
                    ),
                    one,
                )

    def _public(self, parts: Slotted) -> str:
        """Return a text as somebody sees it of whom nothing is known."""
        return "".join([self._filled(part) for part in parts])

    def _filled(self, part: str | Slot) -> str:
        if isinstance(part, str):
            return part
        return f"{self._base}/" if part.name in LINKS else part.default


EPOCH = "1970-01-01T00:00:00+00:00"


def _text(parent: ET.Element, name: str, text: str) -> ET.Element:
    one = ET.SubElement(parent, f"{{{ATOM}}}{name}")
    # What XML cannot hold at all.
    one.text = "".join(sign for sign in text if sign in "\t\n\r" or sign >= " ")
    return one


def _link(parent: ET.Element, url: str, relation: str) -> None:
    one = ET.SubElement(parent, f"{{{ATOM}}}link")
    one.set("href", url)
    one.set("rel", relation)
