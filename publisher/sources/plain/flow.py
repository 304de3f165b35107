"""Puts hard-wrapped lines together again, and says what kind of line each is."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from publisher.text import CJK, is_capitals


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page: `is_open` where a blank line stands before it."""

    text: str
    is_open: bool = True
    is_indented: bool = False


_SPACES = re.compile(r"[ \t\u3000]+")
_END = re.compile(r"[.!?…。！？؟۔।:：;；؛][\"'”’»)\]」』）*_]*$")
_STOP = re.compile(r"[.!…。！۔।；;][\"'”’»)\]」』）*_]*$")
_CJK_SIDE = re.compile(f"[{CJK}\u3000-\u303f\uff00-\uff65]")
_BULLET = re.compile(r"^(?:[*•·‣◦▪▫■□●○➤►✓✔✅➢⁃–-]\s+|[•‣◦▪●➤►✓✔・]\s*)(?=\S)")
_NUMBER = re.compile(
    r"^(?:[(（](?P<inner>\d{1,2})[)）]|(?P<plain>\d{1,2})(?:[.)]\s+|[.)](?=[^\s\d])|[、．）]\s*"
    r"|[-–]\s+))(?=\S)"
)
_CIRCLED = re.compile(r"^[①-⑳]\s*(?=\S)")
_RULE = re.compile(r"^[\s*\-_=~•·.–—+#⁂※]{3,}$|^[-_=*⁂]+$")
# A page is wrapped when lines of this width break off inside a sentence.
WIDEST_WRAP = 120
NARROWEST_WRAP = 38
COLUMN = 30
FIRST_WIDE = "\u1100"
NARROWEST_PAGE = 55
LONGEST_LINK = 4
_PREFIXES = frozenset(
    "self well non co ex anti long short high low half mid post pre semi multi cross "
    "all so to e x t full part vice life year time world state decision evidence auto "
    "mini socio psico saint haut bas demi quelque кто что как по из где когда".split()
)


def lines_of(text: str) -> list[Line]:
    """Split cleaned text into lines that are not blank."""
    lines: list[Line] = []
    is_open = True
    for raw in _rows(text):
        bare = _SPACES.sub(" ", raw).strip() if raw.strip() else ""
        # The ideographic space inside a Japanese line is its own; only edges go.
        if bare and "\u3000" in raw.strip():
            bare = re.sub(r"[ \t]+", " ", raw).strip()
        if bare:
            lines.append(Line(bare, is_open, raw[:1] in {" ", "\t"}))
        is_open = not bare
    return lines


def _rows(text: str) -> Iterator[str]:
    """Yield the lines; a menu in columns, by tabs or wide gaps, is one for each."""
    rows = text.split("\n")
    for at, raw in enumerate(rows):
        columns = re.split(r"\t+| {3,}", raw.strip())
        if _is_table(rows[max(0, at - 1) : at + 2]):
            yield " | ".join(column.strip() for column in raw.strip().split("\t"))
            continue
        is_menu = len(columns) > 2 and max(map(len, columns)) <= COLUMN  # noqa: PLR2004
        yield from columns if is_menu else [raw]


def _is_table(rows: list[str]) -> bool:
    """Say whether lines are divided by tabs in the same way, as rows of a table."""
    counts = [row.strip().count("\t") for row in rows]
    return any(one == two > 0 for one, two in pairwise(counts))


@lru_cache(maxsize=4096)
def width(text: str) -> int:
    """Return how many columns a line takes; Chinese signs take two."""
    if text.isascii() or max(text) < FIRST_WIDE:
        return len(text)
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide


def ends_sentence(line: str) -> bool:
    """Say whether a line ends as sentences do, also with a question or a colon."""
    return bool(_END.search(line))


def ends_statement(line: str) -> bool:
    """Say whether a line ends with a full stop or its like; headings do not."""
    return bool(_STOP.search(line))


def is_rule(line: str) -> bool:
    """Say whether a line is only drawn: "-----", "* * *"."""
    return bool(_RULE.match(line))


def bullet(line: str) -> str:
    """Return the item of a bullet line, or ""."""
    found = _BULLET.match(line)
    return line[found.end() :] if found else ""


def number(line: str) -> tuple[int, str]:
    """Return the number and the item of a numbered line, or (0, "").

    >>> number("2) Breathe out"), number("3.5 million people"), number("2024. A year")
    ((2, 'Breathe out'), (0, ''), (0, ''))
    """
    if found := _CIRCLED.match(line):
        return ord(line[0]) - ord("①") + 1, line[found.end() :]
    found = _NUMBER.match(line)
    if not found:
        return 0, ""
    return int(found["inner"] or found["plain"]), line[found.end() :]


def is_special(line: str) -> bool:
    """Say whether a line begins something of its own: an item, a quote, a tag."""
    starts = (">", "#", "＃", "—", "©")
    is_item = bool(bullet(line) or number(line)[0])
    return is_item or line.startswith(starts) or " | " in line or is_rule(line)


def joined(lines: list[Line], fixed: frozenset[str]) -> list[Line]:
    """Return the lines with wrapped paragraphs in one piece; `fixed` stay alone."""
    wrap = wrap_width(lines, fixed)
    vocabulary = _vocabulary(lines)
    found: list[Line] = []
    last = Line("")  # the last line as it stood in the page
    for line in lines:
        if found and _goes_on(last, line, wrap, fixed):
            whole = _glue(found[-1].text, line.text, vocabulary)
            found[-1] = replace(found[-1], text=whole)
        else:
            found.append(line)
        last = line
    return found


def wrap_width(lines: list[Line], fixed: frozenset[str]) -> int:
    """Return the width at which the page is wrapped, or 0 where it is not."""
    texts = [line.text for line in lines if width(line.text) >= NARROWEST_WRAP]
    long = sum(width(text) > WIDEST_WRAP for text in texts)
    if long * 4 > len(texts):
        return 0
    pairs = [
        (one.text, two.text)
        for one, two in pairwise(lines)
        if not two.is_open
        and NARROWEST_WRAP <= width(one.text) <= WIDEST_WRAP
        and not ({one.text, two.text} & fixed or is_special(two.text))
    ]
    broken = [pair for pair in pairs if _is_broken(*pair)]
    if not broken or len(broken) * 4 < len(pairs):
        return 0
    return max(width(one) for one, _ in broken)


def _is_broken(one: str, two: str) -> bool:
    """Say whether a line breaks off inside a sentence."""
    if ends_sentence(one) or is_capitals(one):
        return False
    first = two.lstrip("\"'“«(¿¡„")[:1]
    has_case = first.lower() != first.upper()
    last = one.rpartition(" ")[2]
    if width(one) >= NARROWEST_PAGE and last.islower() and len(last) <= LONGEST_LINK:
        return True  # "for", "kein", "una": what follows may begin with a capital
    return first.islower() or one.endswith((",", "-", "،", "、", "，")) or not has_case


def _goes_on(one: Line, two: Line, wrap: int, fixed: frozenset[str]) -> bool:
    if two.is_open or is_special(two.text) or {one.text, two.text} & fixed:
        return False
    if is_rule(one.text) or one.text.startswith(("#", "＃", ">")):
        return False
    if is_capitals(one.text) != is_capitals(two.text) and is_capitals(one.text):
        return False
    is_item = bool(bullet(one.text) or number(one.text)[0]) or one.is_indented
    if two.is_indented and is_item and not ends_sentence(one.text):
        return True
    if not wrap:
        is_long = width(one.text) >= NARROWEST_WRAP
        return is_long and two.text[:1].islower() and not ends_sentence(one.text)
    is_lower = two.text[:1].islower()
    is_hyphened = one.text.endswith("-") and one.text[-2:-1].isalpha()
    is_wide = is_hyphened or width(one.text) * 5 >= wrap * 3
    if is_wide and (is_lower or _is_broken(one.text, two.text)):
        return True
    # Where the next word would still have fitted, the break was meant.
    return width(one.text) + 1 + width(_first_word(two.text)) > wrap


def _first_word(line: str) -> str:
    if _CJK_SIDE.match(line):
        return line[:1]
    return line.split(" ", 1)[0]


def _vocabulary(lines: list[Line]) -> Counter[str]:
    return Counter(
        word
        for line in lines
        for word in re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", line.text.casefold())
    )


def _glue(one: str, two: str, vocabulary: Counter[str]) -> str:
    if one.endswith("\u2010"):  # a soft hyphen that was used
        return one[:-1] + two
    if one.endswith("-") and one[-2:-1].isalpha() and two[:1].islower():
        return _unhyphenated(one, two, vocabulary)
    if one.endswith("—") and not one.endswith(" —"):
        return one + two
    if _CJK_SIDE.match(one[-1:]) and _CJK_SIDE.match(two):
        return one + two
    return f"{one} {two}"


def _unhyphenated(one: str, two: str, vocabulary: Counter[str]) -> str:
    """Decide by the page's other words whether the hyphen belongs to the word."""
    before = re.split(r"[^\w-]", one[:-1])[-1].casefold()
    after = (re.match(r"[\w-]*", two) or [""])[0].casefold()
    if vocabulary[before + after]:
        return one[:-1] + two
    if "-" in before or before in _PREFIXES or vocabulary[f"{before}-{after}"]:
        return one + two
    if after in {"and", "or", "und", "oder", "y", "e", "o", "et", "ou"}:
        return f"{one} {two}"  # "short- and long-term"
    return one[:-1] + two
