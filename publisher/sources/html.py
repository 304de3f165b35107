"""A web page: what its head says of itself, and the article in its body."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from publisher import dates, markup
from publisher.errors import SourceError
from publisher.models import Article, Image
from publisher.sources import Given, article

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

ARTICLE_TYPES = {
    "article",
    "newsarticle",
    "blogposting",
    "techarticle",
    "report",
    "scholarlyarticle",
    "socialmediaposting",
    "opinionnewsarticle",
    "analysisnewsarticle",
    "reviewnewsarticle",
    "recipe",
    "howto",
    "webpage",
}
LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*")
MOSTLY = 0.7
SHORTEST = 80  # characters; less than this was not the article


@dataclass(frozen=True, slots=True)
class Head:
    """What a page says of itself: meta tags by name, and its JSON-LD article."""

    tree: LexborHTMLParser
    meta: Mapping[str, list[str]]
    data: Mapping[str, Any]

    def first(self, *names: str) -> str:
        """Return the first meta tag of these names that says something."""
        for name in names:
            for value in self.meta.get(name, ()):
                if value.strip():
                    return " ".join(value.split())
        return ""


def parse(
    content: str, *, source: str, timezone: str = "UTC", url: str = ""
) -> list[Article]:
    """Return the one article of a page; `url` is where it was fetched from."""
    tree = markup.parse(content)
    head = Head(tree, _meta(tree), _json_ld(tree))
    canonical = _canonical(head, url)
    base = markup.absolute(_attribute(tree, "base", "href"), url) or url or canonical
    body = _body(content, tree, _author(head))
    title = _title(head) or _first_heading(tree)
    heading, raw = markup.without_first_heading(body, title)
    # The cleaner comes last, so nothing after it can bring back what it took out.
    body = markup.sanitise(raw, base)
    plain = markup.html_to_text(body)
    if not plain:
        raise SourceError("has no text that could be an article", where=source)
    given = Given(
        title=title or heading,
        slug=_slug(canonical, source),
        summary=_summary(head),
        language=_language(head),
        direction=_attribute(tree, "html", "dir") or _attribute(tree, "body", "dir"),
        tags=_tags(head),
        category=_text(head.data.get("articleSection"))
        or head.first("article:section"),
        author=_author(head),
        published=dates.read(_published(head), timezone=timezone),
        updated=dates.read(_updated(head), timezone=timezone),
        url=canonical,
        site=_site(head),
        images=_images(head, body, base),
    )
    return [article(given, html=body, plain=plain, source=source)]


# --- the head ------------------------------------------------------------------------


def _meta(tree: LexborHTMLParser) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for node in tree.css("meta"):
        values = node.attributes
        kinds = ("property", "name", "itemprop", "http-equiv")
        name = next((values[kind] for kind in kinds if values.get(kind)), "")
        content = values.get("content")
        if name and content:
            found.setdefault(name.lower(), []).append(content)
    return found


def _json_ld(tree: LexborHTMLParser) -> Mapping[str, Any]:
    """Return the article of the page's JSON-LD; broken JSON counts as none."""
    found: list[Mapping[str, Any]] = []
    for node in tree.css('script[type="application/ld+json"]'):
        try:
            found += _flat(json.loads(node.text()))
        except (ValueError, RecursionError):
            continue
    for wanted in (ARTICLE_TYPES - {"webpage"}, {"webpage"}):
        for one in found:
            if wanted & {kind.lower() for kind in _kinds(one)}:
                return one
    return {}


def _flat(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        for one in value:
            yield from _flat(one)
    elif isinstance(value, Mapping):
        yield value
        yield from _flat(value.get("@graph") or [])


def _kinds(one: Mapping[str, Any]) -> list[str]:
    kinds = one.get("@type") or []
    return [str(kind) for kind in (kinds if isinstance(kinds, list) else [kinds])]


def _text(value: Any) -> str:
    """Return the name of something that JSON-LD gives as text, object or list."""
    if isinstance(value, list):
        return _text(value[0]) if value else ""
    if isinstance(value, Mapping):
        return _text(value.get("name") or value.get("@value") or "")
    return " ".join(str(value).split()) if value else ""


def _language(head: Head) -> str:
    """Return the first language that is one; pages also say "{{ lang }}"."""
    said = (
        _attribute(head.tree, "html", "lang"),
        _attribute(head.tree, "body", "lang"),
        _attribute(head.tree, "article", "lang"),
        _text(head.data.get("inLanguage")),
        head.first("og:locale", "content-language", "dc.language", "language"),
    )
    known = (one.replace("_", "-") for one in said if LANGUAGE.fullmatch(one))
    return next(known, "")


def _title(head: Head) -> str:
    """Return the title without the site's name behind it."""
    title = _text(head.data.get("headline")) or head.first("og:title", "twitter:title")
    if title:
        return _without_site(title, head)
    node = head.tree.css_first("title")
    return _without_site(" ".join(node.text().split()), head) if node else ""


def _without_site(title: str, head: Head) -> str:
    """Cut " | The Lantern": where the page says its site, or its heading is shorter."""
    site = _site(head)
    heading = _first_heading(head.tree)
    parts = re.split(r"\s+[|–—·»«-]\s+|\s*::\s*", title)
    if len(parts) > 1 and heading and heading in title:
        return heading
    for end in (parts[-1], parts[0]):
        if site and len(parts) > 1 and end.casefold() == site.casefold():
            cut = (
                title.removeprefix(end) if end == parts[0] else title.removesuffix(end)
            )
            return cut.strip(" |–—·»«-:")
    return title


def _first_heading(tree: LexborHTMLParser) -> str:
    node = tree.css_first("article h1, main h1") or tree.css_first("h1")
    return " ".join(node.text().split()) if node else ""


def _canonical(head: Head, url: str) -> str:
    node = head.tree.css_first('link[rel="canonical"]')
    found = (node.attributes.get("href") if node else "") or head.first("og:url")
    main = head.data.get("mainEntityOfPage")
    found = found or _text(head.data.get("url"))
    found = found or (_text(main.get("@id")) if isinstance(main, Mapping) else "")
    address = (markup.absolute(found, url) if found else "") or url
    return address if address.startswith(("http://", "https://")) else ""


def _slug(canonical: str, source: str) -> str:
    """Return the last part of the address, or the file's name."""
    path = urlsplit(canonical).path.strip("/")
    last = unquote(path.rsplit("/", 1)[-1])
    stem = PurePath(last or urlsplit(source).path).stem
    return "" if stem.lower() in {"index", "default", ""} else stem


def _summary(head: Head) -> str:
    described = head.first("description", "og:description", "twitter:description")
    return described or _text(head.data.get("description"))


def _site(head: Head) -> str:
    return head.first("og:site_name", "application-name") or _text(
        head.data.get("publisher")
    )


def _author(head: Head) -> str:
    people = head.data.get("author")
    if isinstance(people, list):
        return ", ".join(filter(None, (_text(one) for one in people)))
    found = _text(people) or head.first("author", "article:author", "dc.creator")
    if found and not found.startswith("http"):
        return found
    node = head.tree.css_first('[rel="author"], [itemprop="author"]')
    return " ".join(node.text().split()) if node else ""


def _published(head: Head) -> str:
    found = _text(head.data.get("datePublished")) or head.first(
        "article:published_time", "datepublished", "date", "dc.date", "pubdate"
    )
    if found:
        return found
    node = head.tree.css_first("article time[datetime], main time[datetime]")
    return (node.attributes.get("datetime") or "") if node else ""


def _updated(head: Head) -> str:
    return _text(head.data.get("dateModified")) or head.first(
        "article:modified_time", "og:updated_time", "datemodified"
    )


def _tags(head: Head) -> list[str]:
    words = head.data.get("keywords") or ()
    if isinstance(words, str):
        words = re.split(r"[,،、;]", words)
    named = [_text(one) for one in words] if isinstance(words, Sequence) else []
    if not any(named):
        named = head.meta.get("article:tag", [])
    if not named:
        named = re.split(r"[,،、;]", head.first("keywords", "news_keywords"))
    return [one.strip() for one in named if one.strip()]


def _attribute(tree: LexborHTMLParser, selector: str, name: str) -> str:
    node = tree.css_first(selector)
    return (node.attributes.get(name) or "").strip() if node else ""


def _images(head: Head, body: str, base: str) -> list[Image]:
    """Return the picture that stands for the page, unless the article shows it."""
    lead = head.first("og:image", "og:image:url", "twitter:image")
    if not lead:
        value = head.data.get("image")
        value = value[0] if isinstance(value, list) and value else value
        lead = _text(value.get("url") if isinstance(value, Mapping) else value)
    lead = markup.absolute(lead, base) if lead else ""
    inside = markup.images(body)
    if not lead.startswith(("http://", "https://")):
        return []
    alts = {image.url: image.alt for image in inside}
    alt = alts.get(lead) or head.first("og:image:alt", "twitter:image:alt")
    return [Image(lead, alt)]


# --- the body ------------------------------------------------------------------------


def _body(content: str, tree: LexborHTMLParser, author: str) -> str:
    """Return the article's HTML: as marked up, as extracted, or all there is."""
    marked = _marked(tree, author)
    if _size(marked) >= SHORTEST:
        return marked
    extracted = _extracted(content)
    top = tree.css_first("main, [role=main]") or tree.body
    whole = _without_frame(top.html or "", author) if top else ""
    # An extractor loses a heading or a list now and then. Where it leaves out next to
    # nothing, there was nothing to leave out.
    if _size(extracted) < max(SHORTEST, _size(whole) * MOSTLY):
        is_short = _size(extracted) < SHORTEST
        return max((marked, whole, extracted), key=_size) if is_short else extracted
    return whole


def _size(html: str) -> int:
    return len(markup.html_to_text(html))


LONGEST_BYLINE = 150
LETTERS_OF_BY = 14  # "Published by on", "di", "aggiornato"
FRAME = (
    "script, style, nav, header, footer, aside, form, button, noscript, iframe,"
    " template, [role=navigation], [role=banner], [role=contentinfo],"
    " [role=complementary], [aria-hidden=true], [hidden], .byline, .meta, .share,"
    " .related, .comments, .newsletter, .tags, .breadcrumb, .breadcrumbs, .cookie,"
    " .sidebar, .advert"
)


def _marked(tree: LexborHTMLParser, author: str) -> str:
    """Return what a page itself marks as its one article."""
    found = tree.css("article") or tree.css('[itemprop="articleBody"]')
    return _without_frame(found[0].html or "", author) if len(found) == 1 else ""


def _without_frame(html: str, author: str) -> str:
    """Take out what surrounds an article, and the line of its author and date."""
    tree = markup.parse(html)
    for node in tree.css("article > header, main > header"):
        # Its pictures and its summary belong to the article.
        node.unwrap()
    for node in tree.css(FRAME):
        node.decompose()
    for node in tree.css("p, div, address, time, span"):
        if len(markup.line_of(node)) < LONGEST_BYLINE and _is_byline(node, author):
            node.decompose()
    body = tree.body
    return (body.inner_html or "") if body else ""


def _is_byline(node: LexborNode, author: str) -> bool:
    """Say whether a line has an author or a date, and next to nothing besides."""
    named = node.css("time, [rel=author], [itemprop=author]")
    if not named or node.css_first("img"):
        return False
    line = markup.line_of(node)
    for said in (author, *(markup.line_of(one) for one in named)):
        line = line.replace(said, " ")
    return sum(char.isalpha() for char in line) <= LETTERS_OF_BY


def _extracted(content: str) -> str:
    """Return the article as an extractor finds it, its addresses as they were."""
    import logging

    import trafilatura

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    try:
        found = trafilatura.extract(
            content,
            output_format="html",
            include_comments=False,
            include_images=True,
            include_links=True,
            include_formatting=True,
            include_tables=True,
        )
    except Exception:  # noqa: BLE001  whatever stops it, the page itself is left
        found = None
    return _tidied(found or "")


def _tidied(html: str) -> str:
    """Undo what trafilatura does: pictures are graphics, and code is pre in pre."""
    html = re.sub(r"<graphic\b", "<img", html).replace("</graphic>", "")
    html = re.sub(r"<pre>\s*<pre>", "<pre>", html)
    return re.sub(r"</pre>\s*</pre>", "</pre>", html)
