"""HTML: makes it safe, reads it as text, finds headings and images, writes Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from publisher.models import Image

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from selectolax.lexbor import LexborHTMLParser, LexborNode

TAGS = frozenset(
    "a abbr b blockquote br caption cite code col colgroup dd del details dfn div dl dt"
    " em figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q rp rt"
    " ruby s samp small span strong sub summary sup table tbody td tfoot th thead tr u"
    " ul var".split()
)
ATTRIBUTES = {
    "*": {"dir", "lang", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start", "reversed", "type"},
    "td": {"colspan", "rowspan", "align"},
    "th": {"colspan", "rowspan", "align", "scope"},
    "blockquote": {"cite"},
}
SCHEMES = {"http", "https", "mailto", "tel"}
BLOCKS = frozenset(
    "address article aside blockquote dd details div dl dt fieldset figcaption figure"
    " footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary"
    " table tr ul".split()
)
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
HIDDEN = frozenset({"script", "style", "template", "head", "noscript"})
# A picture of a pixel is there to count readers, not to be seen.
TINY = 2


def sanitise(html: str, base_url: str = "") -> str:
    """Return HTML that holds an article's own tags and nothing that acts.

    Scripts, styles, forms, frames, event handlers and counting pixels are gone; links
    are absolute where `base_url` is given.
    """
    import nh3

    def attribute(tag: str, name: str, value: str) -> str | None:
        if (tag, name) in {("a", "href"), ("img", "src"), ("blockquote", "cite")}:
            return _absolute(value, base_url)
        return value

    safe = nh3.clean(
        html,
        tags=set(TAGS),
        attributes=ATTRIBUTES,
        attribute_filter=attribute,
        url_schemes=SCHEMES,
        link_rel=None,
        strip_comments=True,
    )
    return _without_pixels(safe)


def _absolute(value: str, base_url: str) -> str | None:
    value = value.strip()
    try:
        scheme = urlsplit(value).scheme.lower()
        if scheme:
            return value if scheme in SCHEMES else None
        return urljoin(base_url, value) if base_url else value
    except ValueError:
        return None


def _without_pixels(html: str) -> str:
    if "<img" not in html:
        return html
    return re.sub(r"<img\b[^>]*>", lambda tag: _kept(tag[0]), html)


def _kept(tag: str) -> str:
    sizes = re.findall(r'\b(?:width|height)="(\d+)', tag)
    is_pixel = bool(sizes) and all(int(size) <= TINY for size in sizes)
    return "" if is_pixel or 'src="' not in tag else tag


def parse(html: str) -> LexborHTMLParser:
    """Return the document's tree."""
    from selectolax.lexbor import LexborHTMLParser

    return LexborHTMLParser(html)


# --- as text -------------------------------------------------------------------------


def html_to_text(html: str) -> str:
    """Return what the HTML says: blank lines between blocks, "- " before list items."""
    body = parse(html).body
    if body is None:
        return ""
    writer = _Writer()
    writer.children(body)
    return writer.text()


class _Writer:
    """Collects blocks of text while it walks the tree."""

    def __init__(self) -> None:
        self.blocks: list[str] = []
        self.line = ""
        self.lists: list[int | None] = []  # the next number, or None for bullets
        self.mark = ""  # what the next block begins with

    def text(self) -> str:
        self.end()
        joined = "\n\n".join(self.blocks)
        # The items of one list stand close together.
        return re.sub(
            r"(?m)^(\s*(?:-|\d+\.) .*)\n\n(?=\s*(?:-|\d+\.) )", r"\1\n", joined
        )

    def end(self, *, plain: bool = True) -> None:
        """Close the block at hand."""
        found = self.line
        self.line = ""
        if plain:
            lines = (" ".join(line.split()) for line in found.split("\n"))
            found = "\n".join(line for line in lines if line)
        if found.strip():
            self.blocks.append(self.mark + found.strip("\n"))
            self.mark = ""

    def children(self, node: LexborNode) -> None:
        child = node.child
        while child is not None:
            self.node(child)
            child = child.next

    def node(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag == "-text":
            self.line += re.sub(r"\s+", " ", node.text_content or "")
        elif tag == "br":
            self.line += "\n"
        elif tag in {"td", "th"}:
            self.children(node)
            self.line += " "
        elif tag == "pre":
            self.end()
            self.line = node.text()
            self.end(plain=False)
        elif tag in {"ul", "ol"}:
            self._list(node, tag)
        elif tag == "li":
            self._item(node)
        elif tag in BLOCKS:
            self.end()
            self.children(node)
            self.end()
        elif tag not in HIDDEN:
            self.children(node)

    def _list(self, node: LexborNode, tag: str) -> None:
        self.end()
        start = (node.attributes.get("start") or "1") if tag == "ol" else ""
        self.lists.append(int(start) if start.isdecimal() else (1 if start else None))
        self.children(node)
        self.end()
        self.lists.pop()

    def _item(self, node: LexborNode) -> None:
        self.end()
        number = self.lists[-1] if self.lists else None
        indent = "  " * (len(self.lists) - 1)
        self.mark = f"{indent}- " if number is None else f"{indent}{number}. "
        if self.lists and number is not None:
            self.lists[-1] = number + 1
        self.children(node)
        self.end()
        self.mark = ""


# --- what is in it -------------------------------------------------------------------


def headings(html: str) -> tuple[str, ...]:
    """Return the texts of all headings in their order."""
    found = (_line_of(node) for node in _all(html, ",".join(HEADINGS)))
    return tuple(text for text in found if text)


def images(html: str) -> tuple[Image, ...]:
    """Return the images in their order, each address once."""
    found: dict[str, Image] = {}
    for node in _all(html, "img"):
        url = node.attributes.get("src") or ""
        if url:
            found.setdefault(
                url, Image(url, (node.attributes.get("alt") or "").strip())
            )
    return tuple(found.values())


def _all(html: str, selector: str) -> Iterator[Any]:
    if "<" in html:
        yield from parse(html).css(selector)


def _line_of(node: LexborNode) -> str:
    return " ".join(node.text().split())


def without_first_heading(html: str, title: str = "") -> tuple[str, str]:
    """Take the first `h1` out; with `title`, only where it says the same.

    Return its text ("" where nothing was taken) and the rest.
    """
    match = re.search(r"<h1\b[^>]*>(.*?)</h1>\s*", html, re.DOTALL | re.IGNORECASE)
    if not match:
        return "", html
    text = " ".join(html_to_text(match[1]).split())
    if title and text.casefold() != " ".join(title.split()).casefold():
        return "", html
    return text, html[: match.start()] + html[match.end() :]


# --- Markdown ------------------------------------------------------------------------


def from_markdown(text: str) -> str:
    """Return Markdown as HTML, not yet made safe: it may hold HTML of its own."""
    html: str = _markdown().render(text)
    return html


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt
    from mdit_py_plugins.deflist import deflist_plugin
    from mdit_py_plugins.footnote import footnote_plugin

    parser = MarkdownIt("commonmark", {"html": True})
    parser.enable(["table", "strikethrough"])
    return parser.use(footnote_plugin).use(deflist_plugin)
