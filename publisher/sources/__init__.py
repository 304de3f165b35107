"""Ways in: reads files, folders and addresses into articles.

Each format is a file beside this one with one function,
`parse(text, *, source, url="", timezone="UTC", ...) -> list[Article]`: `source` is
what errors and the article call the place, `url` where it was fetched from.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

from publisher import language as languages
from publisher.errors import SourceError
from publisher.models import Article, Image
from publisher.text import reading_minutes as minutes_for
from publisher.text import slugify, summary_of

FORMATS = {
    ".txt": "plain",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".xml": "feed",
    ".rss": "feed",
    ".atom": "feed",
    ".json": "feed",
}
# These say in themselves how they are encoded, so their parsers also take bytes.
SELF_DESCRIBING = ("html", "feed")


@dataclass(frozen=True, slots=True)
class FetchRules:
    """How far a fetch may go: `timeout` in seconds, `cache` for conditional GET."""

    allow_private: bool = False
    max_bytes: int = 10_000_000
    timeout: float = 20.0
    cache: Path | None = None


def article(
    title: str,
    *,
    html: str,
    text: str,
    source: str,
    slug: str = "",
    summary: str = "",
    language: str = "",
    default_language: str = "en",
    tags: Sequence[str] = (),
    category: str = "",
    author: str = "",
    published: datetime | None = None,
    updated: datetime | None = None,
    url: str = "",
    site: str = "",
    images: Sequence[Image] | None = None,
    labels: Sequence[str] = (),
    headings: Sequence[str] | None = None,
    reading_minutes: int | None = None,
    draft: bool = False,
) -> Article:
    """Build an article: what its source gives is kept, the rest is derived.

    `html` is already sanitised. An empty `language` is detected from the words;
    `headings` and `images` of None are found in the HTML.
    """
    language = language or languages.detect(f"{title}\n{text}", default_language)
    return Article(
        title=title,
        slug=slugify(slug or title),
        html=html,
        text=text,
        summary=summary or summary_of(_first_paragraph(text, title)),
        language=language,
        direction=languages.direction(language, text or title),
        tags=unique(tags),
        category=category,
        author=author,
        published=published,
        updated=updated,
        url=url,
        site=site,
        images=_images(html) if images is None else tuple(images),
        labels=tuple(labels),
        headings=_headings(html) if headings is None else tuple(headings),
        reading_minutes=reading_minutes or minutes_for(text),
        source=source,
        draft=draft,
    )


def unique(tags: Sequence[str]) -> tuple[str, ...]:
    """Return the tags once each, as first written.

    >>> unique(["Sea", "storm", "sea", ""])
    ('Sea', 'storm')
    """
    found: dict[str, str] = {}
    for tag in tags:
        found.setdefault(tag.strip().casefold(), tag.strip())
    return tuple(tag for tag in found.values() if tag)


def _first_paragraph(text: str, title: str) -> str:
    """Return the first paragraph that reads like one, not like a heading."""
    blocks = [" ".join(block.split()) for block in text.split("\n\n")]
    blocks = [block for block in blocks if block and block != title]
    for block in blocks:
        if block.endswith((".", "!", "。", "！", "…", "۔", ":")) or len(block) > 120:
            return block
    return blocks[0] if blocks else title


def _images(html: str) -> tuple[Image, ...]:
    from publisher import markup

    return markup.images(html)


def _headings(html: str) -> tuple[str, ...]:
    from publisher import markup

    return markup.headings(html)


# --- where articles are ------------------------------------------------------------


def read(
    location: str,
    *,
    root: Path,
    rules: FetchRules = FetchRules(),  # noqa: B008  frozen
    timezone: str = "UTC",
) -> list[Article]:
    """Read a file, a folder or an address; the first problem is raised."""
    articles, problems = read_all([location], root=root, rules=rules, timezone=timezone)
    for problem in problems:
        raise problem
    return articles


def read_all(
    locations: Sequence[str],
    *,
    root: Path,
    rules: FetchRules = FetchRules(),  # noqa: B008  frozen
    timezone: str = "UTC",
) -> tuple[list[Article], list[SourceError]]:
    """Read every location; what cannot be read is told beside what can.

    An article whose slug is taken is left out and told too: a slug is an identity.
    """
    articles: dict[str, Article] = {}
    problems: list[SourceError] = []
    seen: set[str] = set()
    for load in _loads(locations, root, rules, timezone, seen):
        try:
            found = load()
        except SourceError as problem:
            problems.append(problem)
            continue
        for one in found:
            first = articles.setdefault(one.slug, one)
            if first is not one:
                problems.append(_doubled(one, first))
    return list(articles.values()), problems


def _doubled(one: Article, first: Article) -> SourceError:
    return SourceError(
        f"has the slug {one.slug!r}, which {first.source} has too",
        where=one.source,
        hint="Try: give it its own slug or title",
    )


Load = Callable[[], list[Article]]


def _loads(
    locations: Sequence[str],
    root: Path,
    rules: FetchRules,
    timezone: str,
    seen: set[str],
) -> Iterator[Load]:
    """Yield one reading for each file or address, each at most once."""
    for location in locations:
        if location.lower().startswith(("http://", "https://")):
            yield lambda at=location: _read_url(at, rules, timezone)  # type: ignore[misc]
            continue
        path = root / location
        paths = list(files_below(path)) if path.is_dir() else [path]
        if not paths:
            yield lambda at=location: _nothing_in(at)  # type: ignore[misc]
        for one in paths:
            name = _name(one, root)
            if name not in seen:
                seen.add(name)
                yield lambda at=one, name=name: _read_file(at, name, timezone)  # type: ignore[misc]


def _nothing_in(location: str) -> list[Article]:
    raise SourceError(
        "holds no article",
        where=location,
        hint=f"Try: put a file there that ends in {', '.join(sorted(FORMATS))}",
    )


def files_below(folder: Path) -> Iterator[Path]:
    """Yield the readable files in order; hidden and "_" names are the owner's own."""
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "_")))
        for name in sorted(names):
            path = Path(here, name)
            if not name.startswith((".", "_")) and path.suffix.lower() in FORMATS:
                yield path


def _name(path: Path, root: Path) -> str:
    """Return the path as the project knows it: below its root, with slashes."""
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except (ValueError, OSError):
        return path.as_posix()


def _read_file(path: Path, name: str, timezone: str) -> list[Article]:
    from publisher import files

    kind = FORMATS.get(path.suffix.lower())
    if kind is None and path.exists():
        raise SourceError(
            f"is of no kind that can be read ({path.suffix or 'no ending'})",
            where=name,
            hint=f"Try: one of {', '.join(sorted(FORMATS))}",
        )
    text = files.read_text(path, where=name)
    if not text.strip():
        raise SourceError("is empty", where=f"{name}:1")
    return _parse(kind or "plain", text, source=name, timezone=timezone)


def _read_url(url: str, rules: FetchRules, timezone: str) -> list[Article]:
    from publisher.http.fetch import fetch

    fetched = fetch(
        url,
        allow_private=rules.allow_private,
        max_bytes=rules.max_bytes,
        timeout=rules.timeout,
        cache=rules.cache,
    )
    if not fetched.body.strip():
        raise SourceError("is empty", where=url)
    kind = kind_of(fetched.body, fetched.content_type, fetched.url)
    body: str | bytes = fetched.body
    if kind not in SELF_DESCRIBING:
        from publisher import files

        body = files.decode(fetched.body, where=url)
    found = _parse(kind, body, source=url, url=fetched.url, timezone=timezone)
    return [one if one.url else replace(one, url=fetched.url) for one in found]


def kind_of(body: bytes, content_type: str, url: str) -> str:
    """Return which format an answer has: by its type, else by its first bytes.

    >>> kind_of(b"<rss/>", "text/html; charset=utf-8", "https://example.org/")
    'feed'
    >>> kind_of(b"# Hello", "text/plain", "https://example.org/hello.md")
    'markdown'
    """
    start = body[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    mime = content_type.partition(";")[0].strip().lower()
    is_xhtml = b"<html" in start or b"<!doctype html" in start
    if not is_xhtml and start.startswith((b"<?xml", b"<rss", b"<feed", b"<rdf")):
        return "feed"
    if mime.endswith("json") or start.startswith(b"{"):
        return "feed"
    if mime == "text/markdown":
        return "markdown"
    if mime == "text/plain":
        kind = FORMATS.get(Path(urlsplit(url).path).suffix.lower(), "plain")
        return "html" if kind == "plain" and is_xhtml else kind
    return "html"


def _parse(kind: str, body: str | bytes, **rest: str) -> list[Article]:
    parse = import_module(f"publisher.sources.{kind}").parse
    found: list[Article] = parse(body, **rest)
    return found
