"""Whole articles as rich messages: Telegram's own HTML, within its limits.

https://core.telegram.org/bots/api#rich-message-formatting-options
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from publisher.language import direction
from publisher.markup import line_of, parse
from publisher.models import Document, Json, Post
from publisher.providers import whole

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

# Characters of text, blocks with those inside of others, and media in one message.
LONGEST, MOST_BLOCKS, MOST_MEDIA = 32_768, 500, 50
DEEPEST = 12  # levels, of sixteen: what is below loses its form and keeps its words
_INLINE = {
    **dict.fromkeys(("b", "strong"), "b"),
    **dict.fromkeys(("i", "em", "dfn"), "i"),
    **dict.fromkeys(("u", "ins"), "u"),
    **dict.fromkeys(("s", "del"), "s"),
    **dict.fromkeys(("code", "kbd", "samp", "var"), "code"),
    **{name: name for name in ("mark", "sub", "sup", "cite")},
}
_BLOCKS = {
    **{f"h{size}": f"h{size}" for size in range(1, 7)},
    **{name: name for name in ("p", "pre", "ul", "ol", "li", "blockquote", "aside")},
    **{name: name for name in ("table", "caption", "tr", "td", "th", "details")},
    **{name: name for name in ("summary", "figcaption")},
    **dict.fromkeys(("dt", "dd", "address"), "p"),
}
_CELLS = {"caption", "td", "th", "pre", "summary", "figcaption"}  # hold no pictures
_KEPT = {"ol": ("start", "type"), "td": ("colspan", "rowspan", "align")}
_KEPT["th"] = _KEPT["td"]


def rich_message(post: Post) -> Json:
    """Return an article as an `InputRichMessage`, with a link to it at its end.

    What is too long ends at the end of a block; the link leads to the rest. What has a
    warning is folded below it.
    """
    document = whole(post, "telegram")
    inside = _fitting(document, taken=len(document.title + document.url))
    if post.content_warning:
        words = html.escape(post.content_warning, quote=False)
        inside = f"<details><summary>CW: {words}</summary>{inside}</details>"
    title = html.escape(document.title, quote=False)
    found: Json = {"html": f"<h1>{title}</h1>{inside}{_link(document.url)}"}
    if direction(post.language, document.title) == "rtl":
        found["is_rtl"] = True
    return found


def _link(url: str) -> str:
    place, shown = html.escape(url), html.escape(url, quote=False)
    return f'<footer><a href="{place}">{shown}</a></footer>' if url else ""


def _fitting(document: Document, taken: int) -> str:
    """Return as many of the article's blocks as one message may have."""
    found: list[str] = []
    length, blocks, media = taken, 3, 0  # the title, the fold and the link
    for block in _written(document.html):
        length, blocks = length + block.length, blocks + block.blocks
        media += block.media
        if length > LONGEST or blocks > MOST_BLOCKS or media > MOST_MEDIA:
            break
        found.append(block.html)
    return "".join(found)


@dataclass
class _Block:
    """A block as it is written, and what of the limits it takes."""

    parts: list[str] = field(default_factory=list)
    length: int = 0
    blocks: int = 0
    media: int = 0

    @property
    def html(self) -> str:
        return "".join(self.parts)


def _written(page: str) -> Iterator[_Block]:
    """Yield the blocks of a page; words between them are a paragraph, too."""
    loose = _Block()
    for node in _children(parse(page).body):
        is_loose = node.is_text_node or f"{node.tag}" in {*_INLINE, "a", "br"}
        block = loose if is_loose else _Block()
        if not is_loose:
            yield from _paragraph(loose)
            loose = _Block()
        _write(node, block, 0, has_media=True)
        if not is_loose:
            yield block
    yield from _paragraph(loose)


def _paragraph(words: _Block) -> Iterator[_Block]:
    if words.html.strip():
        parts = ["<p>", *words.parts, "</p>"]
        yield _Block(parts, words.length, words.blocks + 1, words.media)


def _write(node: LexborNode, to: _Block, depth: int, *, has_media: bool) -> None:
    """Write a node and what is inside of it."""
    tag = f"{node.tag}"
    if node.is_text_node:
        words = _words(node)
        to.length += len(words)
        to.parts.append(html.escape(words, quote=False))
    elif tag in {"br", "hr"}:
        to.blocks += tag == "hr"
        to.parts.append(f"<{tag}>")
    elif tag == "img":
        if has_media:
            _picture(node, to)
    elif tag == "figure" and has_media and (image := node.css_first("img")):
        _picture(image, to, node.css_first("figcaption"))
    elif tag == "p" and node.css_first("img") and has_media:
        _with_pictures(node, to, depth)
    elif depth >= DEEPEST or not (opened := _opened(node)):
        _inside(node, to, depth, has_media=has_media)
    else:
        name = opened[1:].partition(" ")[0].rstrip(">")
        to.blocks += tag in _BLOCKS
        to.parts.append(opened)
        _inside(node, to, depth + 1, has_media=has_media and tag not in _CELLS)
        to.parts.append(f"</{name}>")


def _inside(node: LexborNode, to: _Block, depth: int, *, has_media: bool) -> None:
    for child in _children(node):
        _write(child, to, depth, has_media=has_media)


def _opened(node: LexborNode) -> str:
    """Return the tag that stands for an element; "" where only its inside stays."""
    tag = f"{node.tag}"
    given = node.attributes
    if tag == "a":
        href = given.get("href") or ""
        is_elsewhere = href.startswith(("http://", "https://", "mailto:", "tel:"))
        return f'<a href="{html.escape(href)}">' if is_elsewhere else ""
    name = _INLINE.get(tag) or _BLOCKS.get(tag)
    if name == "cite" and (node.parent is None or node.parent.tag != "blockquote"):
        name = "i"
    kept = [(one, given.get(one)) for one in _KEPT.get(tag, ())]
    told = "".join(f' {one}="{html.escape(value)}"' for one, value in kept if value)
    return f"<{name}{told}>" if name else ""


def _with_pictures(node: LexborNode, to: _Block, depth: int) -> None:
    """Write a paragraph, and below it the pictures that stand in it."""
    if node.text().strip():
        to.blocks += 1
        to.parts.append("<p>")
        _inside(node, to, depth + 1, has_media=False)
        to.parts.append("</p>")
    for image in node.css("img"):
        _picture(image, to)


def _picture(node: LexborNode, to: _Block, caption: LexborNode | None = None) -> None:
    """Write a picture; what it shows stands below it, as there is no other place."""
    url = node.attributes.get("src") or ""
    if not url.startswith("https://"):
        return
    told = line_of(caption) if caption else ""
    words = told or " ".join((node.attributes.get("alt") or "").split())
    to.media, to.blocks = to.media + 1, to.blocks + 1
    to.length += len(words)
    picture = f'<img src="{html.escape(url)}">'
    said = f"<figcaption>{html.escape(words, quote=False)}</figcaption>"
    to.parts.append(f"<figure>{picture}{said}</figure>" if words else picture)


def _children(node: LexborNode | None) -> Iterator[LexborNode]:
    child = node.child if node else None
    while child is not None:
        if child.is_text_node or child.is_element_node:
            yield child
        child = child.next


def _words(node: LexborNode) -> str:
    return node.text_content or ""
