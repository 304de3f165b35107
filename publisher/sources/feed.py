"""Feeds: RSS, Atom and JSON Feed; each entry is an article."""

from __future__ import annotations

import html as entities
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urljoin, urlsplit

from publisher import dates, markup, text
from publisher.errors import SourceError
from publisher.models import Article, Image
from publisher.sources import Given, article

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
DECLARATION = re.compile(r"\s*(?:<\?xml[^>]*\?>)?\s*")
XML_NAMES = {"amp", "lt", "gt", "quot", "apos"}
XML = "{http://www.w3.org/XML/1998/namespace}"
DUBLIN = "{http://purl.org/dc/elements/1.1/}"
PAGE_ENDING = re.compile(r"\.(?:html?|php|aspx?|md)$", re.IGNORECASE)
# What the last part of an address is when it names no single article.
NO_SLUG = re.compile(r"(?:\d+|index|default|feed|rss|atom)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Scope:
    """What holds for an entry: what the parser does not tell, read from the source."""

    base: str = ""
    language: str = ""
    title: str = ""
    authors: tuple[str, ...] = ()
    has_link: bool = True  # False: its only address is an id that says it is none
    draft: bool = False


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as its parser gives it, and the scope of each of its entries."""

    facts: Mapping[str, Any]
    entries: list[Mapping[str, Any]]
    scopes: list[Scope] = field(default_factory=list)


def parse(
    content: str, *, source: str, timezone: str = "UTC", url: str = ""
) -> list[Article]:
    """Return the articles of a feed, in its order; `url` is where it was fetched."""
    content = FORBIDDEN.sub("", content.removeprefix("\ufeff"))
    is_json = content.lstrip().startswith("{")
    feed = _json(content, source) if is_json else _xml(content, source)
    found = [
        _article(entry, scope, feed, source=source, timezone=timezone, url=url)
        for entry, scope in zip(feed.entries, feed.scopes, strict=True)
    ]
    return _apart([one for one in found if one is not None])


# --- the forms -----------------------------------------------------------------------


def _json(content: str, source: str) -> Feed:
    try:
        data = json.loads(content)
    except json.JSONDecodeError as error:
        where = f"{source}:{error.lineno}:{error.colno}"
        raise SourceError(f"the JSON is broken: {error.msg}", where=where) from None
    except (ValueError, RecursionError):
        raise SourceError("the JSON cannot be read", where=source) from None
    items = data.get("items")
    if not isinstance(items, list) or not all(isinstance(one, dict) for one in items):
        raise SourceError("is not a JSON Feed: it has no list of items", where=source)
    scopes = [
        Scope(
            language=str(item.get("language") or ""),
            authors=tuple(_names(item.get("authors") or item.get("author"))),
        )
        for item in items
    ]
    return _parsed(content, source, scopes)


def _names(people: object) -> Iterator[str]:
    for one in people if isinstance(people, list) else [people]:
        name = one.get("name") if isinstance(one, dict) else one
        if name:
            yield str(name)


def _xml(content: str, source: str) -> Feed:
    content, root = _tree(content, source)
    if not any(_local(node) in {"channel", "feed"} for node in [root, *root]):
        raise SourceError(
            f"is not a feed: its outermost element is <{_local(root)}>", where=source
        )
    return _parsed(content, source, list(_scopes(root, "", "")))


def _tree(content: str, source: str) -> tuple[str, Element]:
    """Return the tree of well-formed XML: a feed that breaks off is not half read.

    Names such as &nbsp; and a lone & are common in feeds, and mended.
    """
    from xml.etree import ElementTree as ET

    start = DECLARATION.match(content)
    lines = start[0].count("\n") if start else 0
    content = "\n" * lines + content[start.end() if start else 0 :]
    if "<!ENTITY" in content:
        raise SourceError("declares entities, which no feed needs", where=source)
    content = _NAMED.sub(_mended, content)
    try:
        # Expat bounds what may grow, opens no files, and entities are refused above.
        return content, ET.fromstring(content)  # noqa: S314
    except ET.ParseError as error:
        line, column = error.position
        message = f"is not a well-formed feed: {str(error).partition(':')[0]}"
        raise SourceError(message, where=f"{source}:{line}:{column + 1}") from None


_NAMED = re.compile(r"<!\[CDATA\[.*?\]\]>|&(?!#)(?:(\w+);)?", re.DOTALL)


def _mended(found: re.Match[str]) -> str:
    if found[0].startswith("<") or found[1] in XML_NAMES:
        return found[0]
    known = entities.unescape(found[0]) if found[1] else "&"
    return f"&amp;{found[0][1:]}" if known == found[0] or known == "&" else known


def _scopes(node: Element, base: str, language: str) -> Iterator[Scope]:
    """Yield what holds for each entry, from the outermost element inwards."""
    base = _joined(base, node.get(f"{XML}base", ""))
    language = node.get(f"{XML}lang") or _child(node, "language") or language
    if _local(node) in {"item", "entry"}:
        yield _scope(node, base, language)
    elif _local(node) in {"rss", "RDF", "channel", "feed"}:
        for child in node:
            yield from _scopes(child, base, language)


def _joined(base: str, address: str) -> str:
    try:
        return urljoin(base, address.strip())
    except ValueError:
        return base


def _scope(entry: Element, base: str, language: str) -> Scope:
    parts = {_local(part): part for part in entry}
    body = parts.get("content", entry)
    title, guid = parts.get("title"), parts.get("guid")
    is_text = title is not None and title.get("type", "text") == "text"
    names = (
        _child(part, "name") or (part.text or "")
        for part in entry
        if _local(part) == "author" or part.tag == f"{DUBLIN}creator"
    )
    return Scope(
        base=_joined(base, body.get(f"{XML}base", "")),
        language=body.get(f"{XML}lang") or language,
        # An Atom title is a text, a title of RSS may hold HTML.
        title=_said(title) if _is_atom(entry) and (is_text or len(title or ())) else "",
        authors=tuple(name.strip() for name in names if name.strip()),
        has_link=guid is None
        or guid.get("isPermaLink") != "false"
        or bool(_child(entry, "link")),
        draft=any(
            _local(one) == "draft" and _said(one) == "yes" for one in entry.iter()
        ),
    )


def _is_atom(entry: Element) -> bool:
    return _local(entry) == "entry"


def _local(node: Element) -> str:
    return str(node.tag).rpartition("}")[2]


def _said(node: Element | None) -> str:
    return " ".join("".join(node.itertext()).split()) if node is not None else ""


def _child(node: Element, name: str) -> str:
    return next((_said(child) for child in node if _local(child) == name), "")


def _parsed(content: str, source: str, scopes: list[Scope]) -> Feed:
    import fastfeedparser

    try:
        found: Mapping[str, Any] = fastfeedparser.parse(content)
    except Exception as error:  # noqa: BLE001  it raises what its own parsers raise
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise SourceError(f"is not a feed: {reason}", where=source) from None
    entries = list(found["entries"])
    if len(scopes) != len(entries):
        scopes = [Scope()] * len(entries)
    return Feed(found["feed"], entries, scopes)


# --- the entries ---------------------------------------------------------------------


def _article(
    entry: Mapping[str, Any],
    scope: Scope,
    feed: Feed,
    *,
    source: str,
    timezone: str,
    url: str,
) -> Article | None:
    """Return the entry as an article; one without any words is none."""
    home = _joined(url, str(feed.facts.get("link") or ""))
    outer = _joined(url, scope.base) if scope.base else home
    link = _link(entry, scope, outer)
    base = outer if scope.base else link or outer
    title = scope.title or _plain(entry.get("title"))
    _, raw = markup.without_first_heading(_content(entry), title or " ")
    html = markup.sanitise(raw, base)
    plain = markup.html_to_text(html)
    if not plain and not title:
        return None
    described = _plain(entry.get("description"))
    is_shorter = bool(described) and described != " ".join(plain.split())
    given = Given(
        title=title,
        slug=_slug(link),
        summary=text.summary_of(described) if is_shorter else "",
        language=(scope.language or str(feed.facts.get("language") or "")),
        tags=[
            _plain(tag.get("label") or tag.get("term")) for tag in _list(entry, "tags")
        ],
        author=_author(entry, scope, feed),
        published=_moment(entry.get("published"), timezone),
        updated=_moment(entry.get("updated"), timezone),
        url=link,
        site=_plain(feed.facts.get("title")),
        images=_images(entry, base),
        draft=scope.draft,
    )
    return article(given, html=html, plain=plain, source=source)


def _list(entry: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    return [one for one in entry.get(name) or () if isinstance(one, Mapping)]


def _plain(value: object) -> str:
    """Return on one line what a text says that may be HTML."""
    return " ".join(markup.html_to_text(str(value or "")).split())


def _moment(value: object, timezone: str) -> datetime | None:
    return dates.read(str(value or ""), timezone=timezone)


def _link(entry: Mapping[str, Any], scope: Scope, base: str) -> str:
    """Return the entry's address; an id that is one serves where no link is."""
    found = str(entry.get("link") or "")
    own = str(entry.get("id") or "")
    if not found and own.startswith(("http://", "https://")):
        found = own
    link = markup.absolute(found, base) if found and scope.has_link else ""
    return link if link.startswith(("http://", "https://")) else ""


def _content(entry: Mapping[str, Any]) -> str:
    """Return the whole text before the shortened one, as HTML."""
    parts = _list(entry, "content")
    best = max(parts, key=lambda part: len(str(part.get("value") or "")), default={})
    value = str(best.get("value") or entry.get("description") or "")
    is_text = best.get("type") in {"text", "text/plain"}
    return _paragraphs(value) if is_text or not _HTML.search(value) else value


_HTML = re.compile(r"<[a-zA-Z!/]|&#?\w+;")


def _paragraphs(value: str) -> str:
    blocks = re.split(r"\n\s*\n", value.strip())
    return "".join(f"<p>{entities.escape(block)}</p>" for block in blocks if block)


def _slug(link: str) -> str:
    """Return the last part of an address that names the article, or ""."""
    parts = [part for part in unquote(urlsplit(link).path).split("/") if part]
    named = [PAGE_ENDING.sub("", part) for part in parts]
    while named and named[-1].lower() in {"index", "default"}:
        named.pop()
    return "" if not named or NO_SLUG.fullmatch(named[-1]) else named[-1]


def _author(entry: Mapping[str, Any], scope: Scope, feed: Feed) -> str:
    found = scope.authors or (entry.get("author") or feed.facts.get("author") or "",)
    names = (_name(str(one)) for one in found)
    return ", ".join(dict.fromkeys(name for name in names if name))


def _name(author: str) -> str:
    """Return a name without the address that RSS 2.0 has before it.

    >>> _name("nora@example.org (Nora Ashdown)"), _name("nora@example.org")
    ('Nora Ashdown', '')
    """
    author = " ".join(author.split())
    name = re.fullmatch(r"\S+@\S+\s+\((.+)\)", author)
    return name[1] if name else re.sub(r"<?\S+@\S+>?", "", author).strip()


def _images(entry: Mapping[str, Any], base: str) -> list[Image]:
    enclosed = [
        {"url": one.get("href"), "type": one.get("type")}
        for one in _list(entry, "links")
        if one.get("rel") == "enclosure"
    ]
    media = [*_list(entry, "media_content"), *_list(entry, "enclosures"), *enclosed]
    pictures = [
        Image(str(one.get("url") or ""), _plain(one.get("description")))
        for one in media
        if str(one.get("type") or one.get("medium") or "").startswith("image")
    ]
    pictures.insert(0, Image(str(entry.get("image") or "")))
    found = (Image(markup.absolute(one.url, base), one.alt) for one in pictures)
    return [one for one in found if one.url.startswith(("http://", "https://"))]


def _apart(entries: list[Article]) -> list[Article]:
    """Number entries of one slug, the oldest without a number.

    A new entry at the top must not take the name of one that was sent before.
    """
    first = datetime.min.replace(tzinfo=UTC)
    seen: dict[str, int] = {}
    names: dict[int, str] = {}
    for at, one in _by_age(entries, first):
        count = seen[one.slug] = seen.get(one.slug, 0) + 1
        names[at] = one.slug if count == 1 else f"{one.slug}-{count}"
    return [replace(one, slug=names[at]) for at, one in enumerate(entries)]


def _by_age(entries: Iterable[Article], first: datetime) -> list[tuple[int, Article]]:
    return sorted(enumerate(entries), key=lambda pair: pair[1].published or first)
