"""The article beside its post: apps draw a richer card from it.

https://standard.site: a `site.standard.document` of a `site.standard.publication`. A
card is richer where the publication's address and the document's path are the link.
"""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

from publisher.markup import html_to_text
from publisher.models import Document, Json, Post
from publisher.providers.bluesky.keys import planned, stamp

COLLECTION = "site.standard.document"
LONGEST_TITLE, LONGEST_DESCRIPTION, LONGEST_TAG = 500, 3000, 128  # graphemes


def record(document: Document, post: Post) -> Json:
    """Return the article's record, without the site that it stands on."""
    made: Json = {
        "$type": COLLECTION,
        "title": document.title[:LONGEST_TITLE],
        "publishedAt": stamp(_published(document) or planned(post)),
        "textContent": html_to_text(document.html),
    }
    if document.summary:
        made["description"] = document.summary[:LONGEST_DESCRIPTION]
    if document.tags:
        made["tags"] = [tag[:LONGEST_TAG] for tag in document.tags]
    return made


def place(document: Document, publication: str) -> Json:
    """Return the article's site and its path there; empty where it stands elsewhere."""
    site = publication.strip().rstrip("/")
    parts = urlsplit(document.url)
    if not parts.netloc:
        return {}
    if site.startswith("at://"):
        return {"site": site, "path": parts._replace(scheme="", netloc="").geturl()}
    if not document.url.startswith(f"{site}/"):
        return {}
    return {"site": site, "path": document.url.removeprefix(site)}


def _published(document: Document) -> datetime | None:
    if not document.published:
        return None
    at = datetime.fromisoformat(document.published)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
