"""Ways in: files, folders and web addresses become articles; one file for each form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from publisher import files, language, markup, text
from publisher.errors import SourceError
from publisher.models import Article, Direction, Image, unique

FORMS = {
    ".txt": "plain",
    ".text": "plain",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".xml": "feed",
    ".rss": "feed",
    ".atom": "feed",
    ".json": "feed",
}


@dataclass(frozen=True, slots=True)
class FetchRules:
    """What reading from the web may do; `cache` keeps answers for conditional GET.

    `max_bytes` counts the decoded body, `timeout` is seconds for the whole of it.
    """

    allow_private: bool = False
    max_bytes: int = 10_000_000
    timeout: float = 20.0
    cache: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a source says of an article itself; what is empty is worked out."""

    title: str = ""
    slug: str = ""
    summary: str = ""
    language: str = ""
    direction: str = ""
    tags: Sequence[str] = ()
    category: str = ""
    author: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    url: str = ""
    site: str = ""
    images: Sequence[Image] = ()
    labels: Sequence[str] = ()
    reading_minutes: int = 0
    draft: bool = False
    translation_of: str = ""


def article(given: Given, *, html: str, plain: str, source: str) -> Article:
    """Return the article: what is given, and for the rest what the text says.

    `html` is safe and without the title, `plain` the same as text. The language is
    looked for in the whole text, for a title alone says too little.
    """
    title = " ".join(given.title.split()) or text.summary_of(plain, 100) or "Untitled"
    spoken = given.language or language.detect(f"{title}\n{plain}")
    direction = given.direction if given.direction in {"ltr", "rtl"} else ""
    return Article(
        title=title,
        slug=text.slugify(given.slug or title),
        html=html,
        text=plain,
        summary=given.summary or text.summary_of(_first_paragraph(plain)),
        language=spoken,
        direction="rtl" if direction == "rtl" else _direction(direction, spoken, plain),
        tags=_tags(given.tags),
        category=given.category,
        author=given.author,
        published=given.published,
        updated=given.updated,
        url=given.url,
        site=given.site,
        images=_images(given.images, html),
        labels=unique(given.labels),
        headings=markup.headings(html),
        reading_minutes=given.reading_minutes or text.reading_minutes(plain),
        source=source,
        draft=given.draft,
        translation_of=given.translation_of and text.slugify(given.translation_of),
    )


def _direction(given: str, spoken: str, plain: str) -> Direction:
    return "ltr" if given == "ltr" else language.direction(spoken, plain)


def _tags(tags: Iterable[str]) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for tag in tags:
        plain = " ".join(str(tag).split()).lstrip("#＃").strip()
        if plain:
            found.setdefault(plain.casefold(), plain)
    return tuple(found.values())


def _images(given: Sequence[Image], html: str) -> tuple[Image, ...]:
    found = {image.url: image for image in given if image.url}
    for image in markup.images(html):
        if image.url not in found or not found[image.url].alt:
            found[image.url] = image
    return tuple(found.values())


def _first_paragraph(plain: str) -> str:
    """Return the first block that is a sentence and not a heading or a list."""
    blocks = [block for block in plain.split("\n\n") if block.strip()]
    for block in blocks:
        is_item = block.startswith(("- ", "1. "))
        if not is_item and block.rstrip("\"'”»’)").endswith(
            (".", "!", "…", "。", "！", "؟", ":", "۔", "؛")
        ):
            return block
    return blocks[0] if blocks else ""


# --- reading -------------------------------------------------------------------------


def read(
    location: str,
    *,
    root: Path,
    rules: FetchRules = FetchRules(),
    timezone: str = "UTC",
    errors: list[SourceError] | None = None,
) -> list[Article]:
    """Read the articles of one file, folder or URL, or raise why it cannot be.

    A folder gives what can be read of it, and raises only where nothing can; why the
    rest cannot be read is added to `errors`.
    """
    if location.startswith(("http://", "https://")):
        return _fetched(location, rules, timezone)
    path = root / location
    if not path.is_dir():
        return _file(path, _name(path, root), rules, timezone)
    found, wrong = read_all([location], root=root, rules=rules, timezone=timezone)
    if wrong and not found:
        raise wrong[0]
    if errors is not None:
        errors += wrong
    return found


def read_all(
    locations: Sequence[str],
    *,
    root: Path,
    rules: FetchRules = FetchRules(),
    timezone: str = "UTC",
) -> tuple[list[Article], list[SourceError]]:
    """Read every place; one bad file does not hide the others."""
    found: list[Article] = []
    errors: list[SourceError] = []
    for place in _places(locations, root, errors):
        try:
            found += read(place, root=root, rules=rules, timezone=timezone)
        except SourceError as error:
            errors.append(error)
    return _told_apart(found, errors), errors


def _places(
    locations: Iterable[str], root: Path, errors: list[SourceError]
) -> Iterator[str]:
    """Yield each URL and file; of a folder, every file that can be an article."""
    for location in locations:
        path = root / location
        if location.startswith(("http://", "https://")) or path.is_file():
            yield location
        elif path.is_dir():
            yield from (str(file) for file in sorted(_within(path)))
        else:
            errors.append(
                SourceError(
                    "there is no such file or folder",
                    where=location,
                    hint="Try: look at articles: in publisher.yaml",
                )
            )


def _within(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        is_hidden = any(part.startswith((".", "_")) for part in parts)
        if path.is_file() and path.suffix.lower() in FORMS and not is_hidden:
            yield path


def _told_apart(found: list[Article], errors: list[SourceError]) -> list[Article]:
    """Refuse a second article of the same slug: a slug is what is remembered as sent.

    The same web address twice (in a feed and as a page) is one article.
    """
    by_slug: dict[str, Article] = {}
    for one in found:
        first = by_slug.setdefault(one.slug, one)
        if first is not one and not (one.url and one.url == first.url):
            errors.append(
                SourceError(
                    f"has the slug {one.slug!r}, as {first.source} has",
                    where=one.source,
                    hint="Give one of them a slug of its own",
                )
            )
    return list(by_slug.values())


def _name(path: Path, root: Path) -> str:
    """Return what errors call the file: its path below the project."""
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return str(path)


def _file(path: Path, name: str, rules: FetchRules, timezone: str) -> list[Article]:
    form = FORMS.get(path.suffix.lower(), "")
    if form in {"html", "feed"}:
        content = _with_own_charset(path, name, rules)
    else:
        content = files.read_text(path, where=name, limit=rules.max_bytes)
    if not text.clean(content).strip():
        raise SourceError("is empty", where=f"{name}:1", hint="Try: write in it")
    form = form or form_of(content)
    return _parsed(form, content, source=name, timezone=timezone)


def _with_own_charset(path: Path, name: str, rules: FetchRules) -> str:
    """Read a page or a feed, which may say in its head that it is not UTF-8."""
    from publisher.http import charset

    data = files.read_bytes(path, where=name, limit=rules.max_bytes)
    content = charset.decode(data, where=name)
    return content.replace("\r\n", "\n").replace("\r", "\n")


def _fetched(url: str, rules: FetchRules, timezone: str) -> list[Article]:
    from publisher.http import fetch

    got = fetch.fetch(
        url,
        allow_private=rules.allow_private,
        max_bytes=rules.max_bytes,
        timeout=rules.timeout,
        cache=rules.cache,
    )
    content = got.text()
    if not content.strip():
        raise SourceError("is empty", where=fetch.shown(url))
    kind = got.content_type
    form = form_of(content)
    if form == "plain" and "markdown" in kind:
        form = "markdown"
    if form == "plain" and "html" in kind:
        form = "html"
    source = fetch.bare(url)
    return _parsed(form, content, source=source, timezone=timezone, url=got.url)


def form_of(content: str) -> str:
    """Guess what a text without a telling name is.

    >>> form_of("<?xml version='1.0'?><rss>"), form_of("<p>Hi"), form_of("# A title")
    ('feed', 'html', 'markdown')
    """
    start = content.lstrip("\ufeff \t\r\n")[:2000].lower()
    if start.startswith(("<?xml", "<rss", "<feed", "<rdf")):
        is_page = "<html" in start
        return "html" if is_page else "feed"
    if start.startswith("{") and "jsonfeed.org/version" in start:
        return "feed"
    if start.startswith("<") or "<html" in start:
        return "html"
    return "markdown" if start.startswith(("---\n", "+++\n", "# ")) else "plain"


def _parsed(
    form: str, content: str, *, source: str, timezone: str, url: str = ""
) -> list[Article]:
    match form:
        case "markdown":
            from publisher.sources import markdown

            return markdown.parse(content, source=source, timezone=timezone, url=url)
        case "html":
            from publisher.sources import html

            return html.parse(content, source=source, timezone=timezone, url=url)
        case "feed":
            from publisher.sources import feed

            return feed.parse(content, source=source, timezone=timezone, url=url)
        case _:
            from publisher.sources import plain

            found = plain.parse(content, source=source, timezone=timezone)
            return [replace(one, url=one.url or url) for one in found]
