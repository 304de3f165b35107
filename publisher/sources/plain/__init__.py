"""The plain scraped page: a web page's words, one line each, menus and all."""

from __future__ import annotations

import re
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

from publisher import language as languages
from publisher import text as texts
from publisher.errors import SourceError
from publisher.models import Article
from publisher.sources import Given, article
from publisher.sources.plain import blocks, titles
from publisher.sources.plain.flow import joined, lines_of, width
from publisher.sources.plain.page import fixed_lines, take_apart
from publisher.sources.plain.parts import Context, Page
from publisher.sources.plain.words import SUMMARY_LABELS

LONGEST_TITLE = 100
SHORTEST_PARAGRAPH = 40  # columns; what is shorter says too little of the whole


def parse(content: str, *, source: str, timezone: str = "UTC") -> list[Article]:
    """Read one page. What is not given in it is worked out from its words."""
    # A soft hyphen at a line's end was used: the word goes on below.
    content = re.sub("\u00ad(?=[ \t]*\r?\n)", "\u2010", content)
    clean = texts.clean(content)
    if not clean.strip():
        raise SourceError("is empty", where=f"{source}:1", hint="Write something in it")
    language = languages.detect(clean, "")
    context = Context(language or "en", _zone(timezone))
    lines = lines_of(clean)
    page = take_apart(joined(lines, fixed_lines(lines, context)), context)
    return [_article(page, language=language or "en", source=source)]


def _zone(name: str) -> tzinfo:
    return UTC if name == "UTC" else ZoneInfo(name)


def _article(page: Page, *, language: str, source: str) -> Article:
    body = "\n".join(line.text for line in page.lines)
    language = languages.detect(f"{page.title}\n{body}", language)
    title = titles.finished(page.title, site=page.site, body=body, language=language)
    parts = blocks.blocks_of(page.lines, body=f"{body}\n{page.site}", language=language)
    if not parts and page.title and not page.site:
        parts = [blocks.Block("p", (page.title,))]  # a note of one line
    if page.standfirst:
        parts = _opened(page.standfirst, parts)
    if not parts:
        raise SourceError(
            "has no text", where=source, hint="Add what the article says to it"
        )
    given = Given(
        title=title or _title_of(parts),
        summary=page.standfirst or _summary(parts),
        language=language,
        tags=page.tags,
        category=page.byline.category,
        author=page.byline.author,
        published=page.byline.published,
        updated=page.byline.updated,
        url=page.byline.url,
        site=page.site,
        reading_minutes=page.byline.minutes,
    )
    plain = blocks.to_text(parts)
    return article(given, html=blocks.to_html(parts), plain=plain, source=source)


def _opened(standfirst: str, parts: list[blocks.Block]) -> list[blocks.Block]:
    """Return the body with the standfirst above it, once."""
    first = blocks.Block("p", (standfirst,))
    if not parts or not parts[0].texts[0].startswith(standfirst):
        return [first, *parts]
    is_same = parts[0].texts[0] == standfirst
    return [first, *parts[1:]] if is_same else parts


def _title_of(parts: list[blocks.Block]) -> str:
    """Return a title for a page without one: how it begins, by heading or sentence.

    A heading further down is about a part of the page; it serves where the first
    sentence is too long for a title.
    """
    named = [one for one in blocks.headings_of(parts) if not blocks.is_general(one)]
    if named and parts[0].kind in {"h2", "h3"}:
        return named[0]
    paragraphs = [part.texts[0] for part in parts if part.kind == "p"]
    long = [text for text in paragraphs if width(text) >= SHORTEST_PARAGRAPH]
    first = [*long, *paragraphs, parts[0].texts[0]][0]
    sentence = next(texts.sentences(first), first)
    if named and len(sentence) > LONGEST_TITLE:
        return named[0]
    short = texts.cut(sentence, LONGEST_TITLE)
    return short[:-1] if short.endswith((".", "。", "۔")) else short


def _summary(parts: list[blocks.Block]) -> str:
    """Return what the page says in short itself, else its first paragraph."""
    for at, part in enumerate(parts):
        label, sign, rest = part.texts[0].replace("：", ":").partition(":")
        is_label = label.strip().casefold() in SUMMARY_LABELS
        if is_label and sign and rest.strip():
            return texts.summary_of(rest)
        is_heading = part.kind in {"h2", "h3"} and is_label
        if is_heading and at + 1 < len(parts) and at < len(parts) // 3:
            return texts.summary_of(" ".join(parts[at + 1].texts))
    paragraphs = [part.texts[0] for part in parts if part.kind == "p"]
    first = next((one for one in paragraphs if width(one) >= SHORTEST_PARAGRAPH), "")
    return texts.summary_of(first or (paragraphs or list(parts[0].texts))[0])
