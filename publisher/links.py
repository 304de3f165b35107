"""The web links of a rendered letter: found in its page and in its text, and changed.

Every other character stays as it is.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode

from publisher.models import EmailDraft, Slot, Slotted, unique

LONGEST = 2000  # characters; browsers and proxies cut off longer addresses
# A comment, what is no markup inside, or a tag with its name and its attributes. What
# does not end is all of the rest, as in a browser: so no page is read twice.
PIECE = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<(style|script|title|textarea|xmp)\b.*?(?:</\1|\Z)"
    r"|<([a-zA-Z][^\s/>]*)((?:[^>\"']++|\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z))*+)(?:>|\Z)",
    re.DOTALL | re.IGNORECASE,
)
ATTRIBUTE = re.compile(r"([^\s\"'<>/=]+)(?:\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s\"'=<>`]+))?")
WEB = re.compile(r"https?://[^\s/?#@\"'<>\\]+(?:[/?#][^\s\"<>\\]*)?", re.IGNORECASE)
IN_TEXT = re.compile(r"(?<!\w)https?://[^\s<>\"]+", re.IGNORECASE)
# What may stand for a slot while a page is read: one that is not in the page.
PRIVATE = tuple(map(chr, range(0xE000, 0xE100)))


@dataclass(frozen=True, slots=True)
class Link:
    """A web address in a text, and where it stands there."""

    url: str
    start: int
    end: int


def urls(draft: EmailDraft, own: Collection[str] = ()) -> tuple[str, ...]:
    """Return the web addresses that a letter's page leads to, each once.

    Those that begin with one of `own` are left out, and those with a slot in them.
    """
    found = (one.url for one in _in_page(*_whole(draft.html)))
    return unique(url for url in found if _leads_out(url, own))


def changed(
    draft: EmailDraft, to: Callable[[str], Slotted], own: Collection[str] = ()
) -> EmailDraft:
    """Return the letter with `to(url)` in the place of each of its `urls`.

    What it returns stands in an attribute as it is. In the text an address is changed
    where the page has it as a link: others are examples, or somebody's own words.
    """
    known = frozenset(urls(draft, own))
    page, text = _whole(draft.html), _whole(draft.text)
    in_page = (one for one in _in_page(*page) if one.url in known)
    return replace(
        draft,
        html=_woven(draft.html, *page, in_page, to),
        text=_woven(draft.text, *text, _in_text(*text, known), to),
    )


def _leads_out(url: str, own: Collection[str]) -> bool:
    is_web = len(url) <= LONGEST and WEB.fullmatch(url) and url.isprintable()
    return bool(is_web) and not any(_is_below(url, one) for one in own if one)


def _is_below(url: str, place: str) -> bool:
    rest = url[len(place) :]
    is_at = url[: len(place)].lower() == place.lower()
    return is_at and (place[-1] in "/=" or not rest or rest[0] in "/?#")


def _whole(parts: Slotted) -> tuple[str, str]:
    """Return the parts as one text, and the sign that stands for each slot."""
    texts = [one for one in parts if isinstance(one, str)]
    hole = next(
        (sign for sign in PRIVATE if not any(sign in one for one in texts)), "\0"
    )
    return "".join([one if isinstance(one, str) else hole for one in parts]), hole


def _in_page(page: str, hole: str) -> Iterator[Link]:
    for piece in PIECE.finditer(page):
        if (piece[2] or "").lower() not in ("a", "area"):
            continue
        for one in ATTRIBUTE.finditer(page, piece.start(3), piece.end(3)):
            if one[1].lower() == "href":
                if one[2] and hole not in one[2]:
                    yield _attribute(page, *one.span(2))
                break


def _attribute(page: str, start: int, end: int) -> Link:
    if page[start] in "\"'":
        start, end = start + 1, end - 1
    return Link(html.unescape(page[start:end]).strip(" \t\r\n"), start, end)


def _in_text(text: str, hole: str, known: Collection[str]) -> Iterator[Link]:
    """Yield the known addresses in a text, without the stops that follow them."""
    for found in IN_TEXT.finditer(text):
        url, goes_on, _ = found[0].partition(hole)
        shortest = len(url.rstrip(".,;:!?)]}'»”’"))
        # What runs into a slot goes on in it, and is longer than this.
        longest = min(len(url) - bool(goes_on), LONGEST)
        ways = [url[:end] for end in range(longest, shortest - 1, -1)]
        one = next((way for way in ways if way in known), "")
        if one and not text[: found.start()].endswith(hole):
            yield Link(one, found.start(), found.start() + len(one))


def _woven(
    parts: Slotted,
    whole: str,
    hole: str,
    found: Iterable[Link],
    to: Callable[[str], Slotted],
) -> Slotted:
    """Return the parts with others in the places of the links."""
    slots = (one for one in parts if isinstance(one, Slot))
    made: list[str | Slot] = []
    at = 0
    for link in found:
        made += _with_slots(whole[at : link.start], hole, slots)
        made += to(link.url)
        at = link.end
    made += _with_slots(whole[at:], hole, slots)
    return tuple(_joined(made))


def _with_slots(text: str, hole: str, slots: Iterator[Slot]) -> Iterator[str | Slot]:
    first, *others = text.split(hole)
    yield first
    for other in others:
        yield next(slots)
        yield other


def _joined(parts: Iterable[str | Slot]) -> Iterator[str | Slot]:
    """Give texts that stand side by side as one, and none that is empty."""
    waiting = ""
    for part in parts:
        if isinstance(part, str):
            waiting += part
            continue
        if waiting:
            yield waiting
        yield part
        waiting = ""
    if waiting:
        yield waiting


def marked(
    url: str, marks: Iterable[tuple[str, str]], values: Mapping[str, str]
) -> str:
    """Return an address with UTM parameters; what it has of them already stays.

    >>> marked("https://a.example/?b=1#c", [("source", "{network}")], {"network": "x"})
    'https://a.example/?b=1&utm_source=x#c'
    """
    page, sign, fragment = url.partition("#")
    _, _, query = page.partition("?")
    has = {name for name, _ in parse_qsl(query, keep_blank_values=True)}
    new = [
        (f"utm_{name}", _filled(text, values))
        for name, text in marks
        if f"utm_{name}" not in has
    ]
    if not url or not new:
        return url
    joint = "&" if query else "" if page.endswith("?") else "?"
    return f"{page}{joint}{urlencode(new)}{sign}{fragment}"


def _filled(text: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], found[0]), text)
