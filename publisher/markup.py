"""HTML: makes it safe, reads it as text, finds headings and images, writes Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from publisher.models import Image

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from selectolax.lexbor import LexborHTMLParser, LexborNode

TAGS = frozenset(
    "a abbr address article aside b blockquote br caption cite code col colgroup dd del"
    " details dfn div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hr i"
    " img ins kbd li main mark ol p pre q rp rt ruby s samp section small span strong"
    " sub summary sup table tbody td tfoot th thead time tr u ul var".split()
)
# What these hold is not for readers; of all other tags the content stays.
DROPPED = frozenset(
    "applet audio button canvas embed frame frameset iframe math noembed noframes"
    " object script select style svg template textarea title video".split()
)
ATTRIBUTES = {
    "*": {"dir", "lang", "title", "id"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start", "reversed", "type"},
    "td": {"colspan", "rowspan", "align", "style"},
    "th": {"colspan", "rowspan", "align", "scope", "style"},
    "time": {"datetime"},
}
SCHEMES = frozenset({"http", "https", "mailto", "tel"})
BLOCKS = frozenset(
    "address article aside blockquote body dd details div dl dt fieldset figcaption"
    " figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section"
    " summary table ul".split()
)
# Where the address of a picture stands that a script would load later.
LAZY = ("data-src", "data-lazy-src", "data-original", "data-orig-file")
TINY = 2  # pixels; a picture of this size counts readers and shows them nothing


# Elements that have no inside, or that end by themselves where the next begins.
FLAT = frozenset(
    "area base br col dd dt hr img input li link meta option p source td th tr wbr"
    " tbody thead tfoot".split()
)
DEEPEST = 500  # parsers need the square of the depth in time; people nest some dozens


def parse(html: str) -> LexborHTMLParser:
    """Return the document's tree; nesting that nobody writes is read without tags."""
    from selectolax.lexbor import LexborHTMLParser

    is_deep = html.count("<") > DEEPEST and _depth(html) > DEEPEST
    return LexborHTMLParser(re.sub(r"<[^>]*>?", " ", html) if is_deep else html)


def _depth(html: str) -> int:
    deepest = depth = 0
    for slash, name in re.findall(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)", html):
        if name.lower() not in FLAT:
            depth += -1 if slash else 1
            deepest = max(deepest, depth)
    return deepest


# --- made safe -----------------------------------------------------------------------


def sanitise(html: str, base_url: str = "") -> str:
    """Return HTML that holds an article's own tags and nothing that acts.

    Scripts, styles, forms, frames, event handlers and counting pixels are gone; links
    are absolute where `base_url` is given.
    """
    import nh3

    # The cleaner comes last: after it nothing is parsed or put together any more.
    safe = nh3.clean(
        _prepared(html, base_url),
        tags=set(TAGS),
        clean_content_tags=set(DROPPED),
        attributes=ATTRIBUTES,
        filter_style_properties={"text-align"},
        url_schemes=set(SCHEMES),
        link_rel=None,
    )
    return safe.strip()


def _prepared(html: str, base_url: str) -> str:
    """Put addresses right and take out what only a look at the tree can tell."""
    body = parse(html).body
    if body is None:
        return ""
    for image in body.css("img"):
        _prepare_image(image, base_url)
    for copy in body.css("noscript"):  # of a picture that a script loads
        copy.decompose()
    targets = {node.attributes.get("id") for node in body.css("[id]")}
    wanted = {_link(link, base_url, targets) for link in body.css("[href]")}
    for node in body.css("[id]"):
        if f"#{node.attributes.get('id')}" not in wanted:
            del node.attrs["id"]
    return body.inner_html or ""


def _prepare_image(image: LexborNode, base_url: str) -> None:
    given = image.attributes
    addresses = [given.get(name) or "" for name in ("src", *LAZY)]
    addresses += (given.get("srcset") or given.get("data-srcset") or "").split()[:1]
    urls = (absolute(address, base_url) for address in addresses)
    url = next((url for url in urls if url and not url.startswith("mailto:")), "")
    if not url or _is_pixel(given):
        image.decompose()
        return
    image.attrs["src"] = url


def _is_pixel(given: dict[str, str | None]) -> bool:
    style = re.findall(r"\b(?:width|height)\s*:\s*([\d.]+)", given.get("style") or "")
    named = [given.get(name) or "" for name in ("width", "height")]
    sizes = [float(found[0]) for size in named if (found := _NUMBER.match(size))]
    sizes += [float(size) for size in style if _NUMBER.fullmatch(size)]
    return bool(sizes) and max(sizes) <= TINY


_NUMBER = re.compile(r"\d{1,6}(\.\d{1,6})?")


def _link(link: LexborNode, base_url: str, targets: set[str | None]) -> str:
    """Set the address of a link; one within the article stays as it is."""
    href = (link.attributes.get("href") or "").strip()
    if not (href.startswith("#") and href[1:] in targets):
        href = absolute(href, base_url)
    if href:
        link.attrs["href"] = href
    else:
        del link.attrs["href"]
    return href


def absolute(url: str, base_url: str = "") -> str:
    """Return an address as it is reached from `base_url`; "" where it may not be used.

    >>> absolute("../cat.png", "https://example.org/a/b/"), absolute("javascript:x()")
    ('https://example.org/a/cat.png', '')
    """
    # Browsers drop these characters before they look at the scheme.
    url = re.sub(r"[\x00-\x1f\x7f]", "", url).strip()
    try:
        joined = urljoin(base_url, url) if base_url and url else url
        if joined.startswith("//"):
            joined = f"https:{joined}"
        scheme = urlsplit(joined).scheme.lower()
    except ValueError:
        return ""
    is_relative = not scheme and ":" not in joined.partition("/")[0].partition("?")[0]
    return joined if scheme in SCHEMES or is_relative else ""


# --- as text -------------------------------------------------------------------------


def html_to_text(html: str) -> str:
    """Return what the HTML says: blank lines between blocks, "- " before list items."""
    body = parse(html).body
    writer = _Writer()
    for node, is_start in _walk(body):
        if is_start:
            writer.start(node)
        else:
            writer.close(node.tag or "")
    return writer.text()


def _walk(top: LexborNode | None) -> Iterator[tuple[LexborNode, bool]]:
    """Yield each node where it starts and where it ends, however deep it lies."""
    stack = [(top, True)] if top is not None else []
    while stack:
        node, is_start = stack.pop()
        yield node, is_start
        if not is_start:
            continue
        stack.append((node, False))
        child = None if node.tag in _HIDDEN else node.last_child
        while child is not None:
            stack.append((child, True))
            child = child.prev


_HIDDEN = DROPPED | {"head", "noscript", "rp"}


class _Writer:
    """Collects blocks of text while somebody walks the tree."""

    def __init__(self) -> None:
        self.blocks: list[str] = []
        self.joints: list[str] = []  # what stands before each block
        self.line: list[str] = []
        self.lists: list[int | None] = []  # the next number, or None for bullets
        self.mark = ""  # of a list item whose first block is still to come
        self.quotes = 0
        self.verbatim = 0

    def text(self) -> str:
        """Return all blocks."""
        self.end()
        pairs = zip(self.joints, self.blocks, strict=True)
        return "".join(joint + block for joint, block in pairs).strip("\n")

    def start(self, node: LexborNode) -> None:
        """Take in a text, or the beginning of an element."""
        tag = node.tag or ""
        if tag == "-text":
            found = node.text_content or ""
            self.line.append(found if self.verbatim else _SPACE.sub(" ", found))
            return
        if tag in BLOCKS:
            self.end()
        match tag:
            case "br":
                self.line.append("\n")
            case "ul" | "ol":
                start = node.attributes.get("start") or ""
                number = int(start) if re.fullmatch("[0-9]{1,6}", start) else 1
                self.lists.append(number if tag == "ol" else None)
            case "li":
                self.mark = self._item()
            case "blockquote":
                self.quotes += 1
            case "pre":
                self.verbatim += 1

    def close(self, tag: str) -> None:
        """Take in the end of an element."""
        if tag in _AFTER:
            self.line.append(_AFTER[tag])
        if tag in BLOCKS:
            self.end()
        match tag:
            case "ul" | "ol":
                self.lists.pop()
            case "li":
                self.mark = ""
            case "blockquote":
                self.quotes -= 1
            case "pre":
                self.verbatim -= 1

    def end(self) -> None:
        """Close the block at hand."""
        found = "".join(self.line)
        self.line = []
        if not self.verbatim:
            lines = (" ".join(line.split()) for line in found.split("\n"))
            bare = (line.removesuffix(" |").removesuffix("|") for line in lines)
            found = "\n".join(line for line in bare if line)
        if not found.strip():
            return
        # The items of one list stand close together.
        self.joints.append("\n" if self.mark and self._was_item() else "\n\n")
        self.blocks.append(self._indented(found.strip("\n")))
        self.mark = ""

    def _item(self) -> str:
        number = self.lists[-1] if self.lists else None
        if number is None:
            return "- "
        self.lists[-1] = number + 1
        return f"{number}. "

    def _was_item(self) -> bool:
        return bool(self.blocks) and bool(_ITEM.match(self.blocks[-1]))

    def _indented(self, block: str) -> str:
        first = "> " * min(self.quotes, 9)
        depth = min(len(self.lists), 9)
        first += "  " * (depth - 1 if self.mark else depth)
        rest = first + " " * len(self.mark)
        return first + self.mark + block.replace("\n", f"\n{rest}")


_AFTER = {"td": " | ", "th": " | ", "tr": "\n"}
_SPACE = re.compile(r"\s+")
_ITEM = re.compile(r"(?:> )*\s*(?:-|\d+\.) ")


# --- what is in it -------------------------------------------------------------------


def headings(html: str) -> tuple[str, ...]:
    """Return the texts of all headings in their order."""
    found = (line_of(node) for node in _all(html, "h1,h2,h3,h4,h5,h6"))
    return tuple(text for text in found if text)


def images(html: str) -> tuple[Image, ...]:
    """Return the images in their order, each address once."""
    found: dict[str, Image] = {}
    for node in _all(html, "img"):
        url = node.attributes.get("src") or ""
        alt = " ".join((node.attributes.get("alt") or "").split())
        if url:
            found.setdefault(url, Image(url, alt))
    return tuple(found.values())


def _all(html: str, selector: str) -> list[LexborNode]:
    return parse(html).css(selector) if "<" in html else []


def line_of(node: LexborNode) -> str:
    """Return what an element says, on one line."""
    return " ".join(node.text().split())


def without_first_heading(html: str, title: str = "") -> tuple[str, str]:
    """Take the first `h1` out; with `title`, only where it says the same.

    Return its text ("" where nothing was taken) and the rest. Comes before `sanitise`.
    """
    tree = parse(html)
    heading = tree.css_first("h1")
    if heading is None or tree.body is None:
        return "", html
    said = line_of(heading)
    if title and _bare(said) != _bare(title):
        return "", html
    heading.decompose()
    return said, tree.body.inner_html or ""


def _bare(title: str) -> str:
    """Return a title as it is compared: without case, marks and spaces."""
    return "".join(char for char in title.casefold() if char.isalnum())


# --- Markdown ------------------------------------------------------------------------


def from_markdown(text: str) -> str:
    """Return Markdown as HTML, not yet safe: it may hold HTML of its own.

    >>> from_markdown("The ~~old~~ lamp").strip()
    '<p>The <s>old</s> lamp</p>'
    """
    return str(_markdown().render(text))


@cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt
    from mdit_py_plugins.deflist import deflist_plugin
    from mdit_py_plugins.footnote import footnote_plugin

    parser = MarkdownIt("commonmark", {"html": True})
    parser.enable(["table", "strikethrough"])
    parser.use(footnote_plugin).use(deflist_plugin)
    # Arrows back to the text do not work in most mail programs.
    parser.add_render_rule("footnote_anchor", lambda *_: "")
    return parser
