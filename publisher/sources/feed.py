"""Feeds: RSS, Atom and JSON Feed; each entry is an article."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from publisher import dates, markup, text
from publisher.errors import SourceError
from publisher.models import Article, Image
from publisher.sources import Given, article

FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


def parse(
    content: str, *, source: str, timezone: str = "UTC", url: str = ""
) -> list[Article]:
    """Return the articles of a feed, in its order; `url` is where it was fetched."""
    import fastfeedparser

    try:
        found: Mapping[str, Any] = fastfeedparser.parse(FORBIDDEN.sub("", content))
    except Exception as error:  # noqa: BLE001  it raises what its own parsers raise
        reason = " ".join(str(error).split()) or type(error).__name__
        where = _where(source, reason)
        raise SourceError(f"is not a feed: {reason}", where=where) from None
    feed = found["feed"]
    base = urljoin(url, str(feed.get("link") or "")) or url
    entries = [
        _article(entry, feed, source=source, timezone=timezone, base=base)
        for entry in found["entries"]
    ]
    return _apart([entry for entry in entries if entry is not None])


def _where(source: str, reason: str) -> str:
    line = re.search(r"line (\d+)", reason)
    return f"{source}:{line[1]}" if line else source


def _article(
    entry: Mapping[str, Any],
    feed: Mapping[str, Any],
    *,
    source: str,
    timezone: str,
    base: str,
) -> Article | None:
    """Return the entry as an article; one without any words is none."""
    link = _link(entry, base)
    html = markup.sanitise(_content(entry), link or base)
    title = " ".join(markup.html_to_text(str(entry.get("title") or "")).split())
    _, html = markup.without_first_heading(html, title)
    plain = markup.html_to_text(html)
    if not plain and not title:
        return None
    described = markup.html_to_text(str(entry.get("description") or ""))
    given = Given(
        title=title,
        slug=_slug(link),
        summary=text.summary_of(described) if described != plain else "",
        language=str(entry.get("language") or feed.get("language") or ""),
        tags=[str(tag.get("term") or "") for tag in entry.get("tags") or ()],
        author=_author(entry, feed),
        published=dates.read(str(entry.get("published") or ""), timezone=timezone),
        updated=dates.read(str(entry.get("updated") or ""), timezone=timezone),
        url=link,
        site=" ".join(str(feed.get("title") or "").split()),
        images=_images(entry, link or base),
    )
    return article(given, html=html, plain=plain, source=source)


def _link(entry: Mapping[str, Any], base: str) -> str:
    """Return the entry's address; an id that is one serves where no link is."""
    found = str(entry.get("link") or "")
    own = str(entry.get("id") or "")
    if not found and own.startswith(("http://", "https://")):
        found = own
    absolute = urljoin(base, found) if found else ""
    return absolute if absolute.startswith(("http://", "https://")) else ""


def _content(entry: Mapping[str, Any]) -> str:
    """Return the whole text before the shortened one."""
    parts = [str(part.get("value") or "") for part in entry.get("content") or ()]
    best = max(parts, key=len, default="")
    return best or str(entry.get("description") or entry.get("summary") or "")


def _slug(link: str) -> str:
    last = unquote(urlsplit(link).path.strip("/").rsplit("/", 1)[-1])
    stem = PurePath(last).stem if last else ""
    is_number = stem.isdecimal()
    return "" if is_number or stem.lower() in {"index", "default"} else stem


def _author(entry: Mapping[str, Any], feed: Mapping[str, Any]) -> str:
    found = str(entry.get("author") or feed.get("author") or "")
    # RSS 2.0 has "address (Name)": https://www.rssboard.org/rss-specification
    name = re.fullmatch(r"\S+@\S+\s+\((.+)\)", found.strip())
    found = name[1] if name else found
    return "" if re.fullmatch(r"\S+@\S+", found) else " ".join(found.split())


def _images(entry: Mapping[str, Any], base: str) -> list[Image]:
    media = [*(entry.get("media_content") or ()), *(entry.get("enclosures") or ())]
    pictures = (
        str(one.get("url") or one.get("href") or "")
        for one in media
        if str(one.get("type") or one.get("medium") or "").startswith("image")
    )
    return [Image(urljoin(base, address)) for address in pictures if address]


def _apart(entries: list[Article]) -> list[Article]:
    """Number the entries that would have the slug of an earlier one."""
    from dataclasses import replace

    seen: dict[str, int] = {}
    apart = []
    for entry in entries:
        count = seen[entry.slug] = seen.get(entry.slug, 0) + 1
        apart.append(
            entry if count == 1 else replace(entry, slug=f"{entry.slug}-{count}")
        )
    return apart
