"""Finds the title, and the name of the site, among the lines at a page's head."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from publisher.sources.plain.blocks import is_general
from publisher.sources.plain.bylines import is_topic
from publisher.sources.plain.flow import width
from publisher.text import CJK, is_capitals, sentence_case

LONGEST_TITLE = 300
MANY_SITE_WORDS = 5
# Names of sites and sections are shorter than this; columns, and words.
LABEL = 28
LABEL_CJK = 12
LABEL_WORDS = 3
SHORTEST_WRAP = 20
CJK_SIGN = re.compile(f"[{CJK}]")
_TAIL = re.compile(r"\s+(?:[|·•»›—–-]|::)\s+(?P<site>[^|·•»›—–]{2,40})$")
_DOMAIN = re.compile(r"^(?:www\.)?[\w-]+(?:\.[\w-]+)+$")
# A title breaks over three lines at most.
PIECES = 3
# Lines that are neither title nor byline may stand between the two.
MANY_BETWEEN = 4
FEW_BETWEEN = 2


@dataclass(frozen=True, slots=True)
class Titled:
    """A title, and the places of all lines that say it."""

    title: str
    used: tuple[int, ...]

    @property
    def last(self) -> int:
        """The place of the last line that says it."""
        return self.used[-1]


def fold(line: str) -> str:
    """Return a line without case, punctuation and spaces, to compare titles by."""
    text = unicodedata.normalize("NFKD", line.replace("ß", "ss").replace("ı", "i"))
    # Greek capitals have no accents, so neither may what they are compared with.
    kept = [char for char in text.casefold() if char.isalnum()]
    return "".join(kept).replace("ς", "σ")


def doubled_title(texts: Sequence[str], facts: Sequence[int]) -> Titled | None:
    """Return the title that the lines say twice, whatever its case or punctuation.

    `texts` has "" where a line is chrome or a byline; `facts` are the places of lines
    that say who wrote it, when, or how long it reads.
    """
    pieces = _pieces(texts)
    best: Titled | None = None
    for key, places in pieces.items():
        apart = _apart(places)
        if len(apart) < 2 or not key or not _belong(texts, apart):  # noqa: PLR2004
            continue
        if _is_section(texts, apart) or _is_standfirst(texts, apart, facts):
            continue
        if best is None or len(key) > len(fold(best.title)):
            best = _titled(texts, apart)
    return best


def _pieces(texts: Sequence[str]) -> dict[str, list[tuple[int, int]]]:
    """Return where each line, and each two or three lines together, stand."""
    found: dict[str, list[tuple[int, int]]] = {}
    for start, text in enumerate(texts):
        for size in range(1, PIECES + 1):
            if start + size > len(texts):
                break
            if not all(texts[start : start + size]):
                break
            whole = " ".join(texts[start : start + size])
            if len(whole) <= LONGEST_TITLE:
                found.setdefault(fold(whole), []).append((start, start + size))
        if tail := _TAIL.search(text):
            head = fold(text[: tail.start()])
            found.setdefault(head, []).append((start, start + 1))
    return found


def _apart(places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the places that do not overlap."""
    found: list[tuple[int, int]] = []
    for place in sorted(places, key=lambda place: (place[1], -place[0])):
        if not found or place[0] >= found[-1][1]:
            found.append(place)
    return found


def _belong(texts: Sequence[str], places: list[tuple[int, int]]) -> bool:
    """Say whether the places say one title, and are not a poem's refrain."""
    (start, end), (again, stop) = places[:2]
    one, two = (" ".join(texts[a:b]) for a, b in ((start, end), (again, stop)))
    between = sum(bool(text) for text in texts[end:again])
    is_whole = 1 in {end - start, stop - again}
    if is_capitals(one) != is_capitals(two):
        return between <= MANY_BETWEEN
    return is_whole and between <= FEW_BETWEEN


def _is_section(texts: Sequence[str], places: list[tuple[int, int]]) -> bool:
    """Say whether a short line is of the menu and again above the title."""
    start, end = places[-1]
    again = " ".join(texts[start:end])
    if any(text and not is_label(text) for text in texts[: places[0][0]]):
        return is_label(again)  # an author's name, once with the portrait
    if is_capitals(again) != is_capitals(texts[places[0][0]]) or not is_label(again):
        return False
    below = next(filter(None, texts[end : end + 3]), "")
    return bool(below) and not is_label(below) and not _is_stop(below)


def _is_standfirst(
    texts: Sequence[str], places: list[tuple[int, int]], facts: Sequence[int]
) -> bool:
    """Say whether a line below the title opens the article again, below its date."""
    (start, end), (again, _) = places[:2]
    is_parted = any(end <= at < again for at in facts)
    is_same = is_capitals(texts[start]) == is_capitals(texts[again])
    above = texts[start - 1] if start else ""
    return is_parted and is_same and bool(above) and not is_label(above)


def _titled(texts: Sequence[str], places: list[tuple[int, int]]) -> Titled:
    spoken = [" ".join(texts[start:end]) for start, end in places]
    used = tuple(at for start, end in places for at in range(start, end))
    # The page's own heading is the later one; the first is often its <title>.
    shortest = min(map(len, map(fold, spoken)))
    quiet = [one for one in reversed(spoken) if len(fold(one)) == shortest]
    title = min(quiet, key=lambda one: (is_capitals(one), _capitals(one)))
    return Titled(title, used)


def _capitals(text: str) -> int:
    return sum(char.isupper() for char in text)


def single_title(
    texts: Sequence[str], *, menu: Sequence[int], facts: Sequence[int], site: str
) -> Titled | None:
    """Return the title of a page that says it once.

    `texts` has "" where a line is chrome or a byline; `menu` are the places of menus,
    `facts` those of lines that say who wrote it, when, or how long it reads.
    """
    places = [at for at, text in enumerate(texts) if text]
    after = [at for at in places if at > max(menu, default=-1)]
    if not after and len(places) == 1 and menu and _is_site_like(texts[places[0]]):
        return None
    places = after or places[-1:]
    places = [at for at in places if fold(texts[at]) != fold(site)] if site else places
    places, is_dated = _beside_facts(texts, places, facts)
    if len(places) > 1 and is_topic(texts[places[0]]):
        places = places[1:]
    if not places or is_general(texts[places[0]]):
        return None
    if shouted := _shouted(texts, places):
        return shouted
    at = _unlabelled(texts, places, is_led=bool(menu) or is_dated, is_dated=is_dated)
    if texts[at].endswith((",", "،", "，", "、", ";", ":", "：", ".", "。", "۔")):
        return None  # "Dear reader," and short sentences are of the article
    return Titled(texts[at], (at,))


def _beside_facts(
    texts: Sequence[str], places: Sequence[int], facts: Sequence[int]
) -> tuple[list[int], bool]:
    """Return the places where a title can be, and whether author or date show them.

    What stands below author and date is of the article, unless above them there is
    only a section: "Culture", "7 June 2026", "A museum of forgotten things".
    """
    first = next((at for at in facts if places and at > places[0]), len(texts))
    above = [at for at in places if at < first]
    below = next((at for at in places if at > first), None)
    is_section = all(is_label(texts[at]) for at in above) and any(
        is_topic(texts[at]) for at in above[-1:]
    )
    if above and below is not None and is_section and not is_label(texts[below]):
        return [below], True
    return above, first < len(texts)


def _unlabelled(
    texts: Sequence[str], places: Sequence[int], *, is_led: bool, is_dated: bool
) -> int:
    """Return the place of the first line that says more than a site or a section."""
    first = texts[places[0]]
    if not is_led and not is_branded(first):
        return places[0]
    long = [at for at in places if not is_label(texts[at]) and not _is_stop(texts[at])]
    if long:
        return long[0]
    return (
        [at for at in places if not _is_stop(texts[at])][-1] if is_dated else places[0]
    )


def _is_stop(text: str) -> bool:
    return text.endswith((".", "。", "۔"))


def is_label(text: str) -> bool:
    """Say whether a line is so short that it may name a site or a section."""
    if text.endswith(("?", "？", "؟", "!", "！")):
        return False
    is_short = width(text) <= (LABEL_CJK if CJK_SIGN.search(text) else LABEL)
    return is_topic(text) or (is_short and len(text.split()) <= LABEL_WORDS)


def _shouted(texts: Sequence[str], places: list[int]) -> Titled | None:
    """Return the title in capitals, wrapped or not, unless a title stands above it."""
    loud = [at for at in places if is_capitals(texts[at])]
    named = [at for at in loud if not is_label(texts[at])]
    is_titled = len(texts[places[0]].split()) >= MANY_SITE_WORDS
    if not loud or (is_titled and loud[0] != places[0]):
        return None
    if named and loud[0] < named[0] and not _goes_on(texts, loud[0]):
        loud = [at for at in loud if at >= named[0]]  # above it stands the site
    elif len(places) > 1 and len(texts[loud[0]].split()) == 1:
        return None  # a section, or a name such as "DIY"
    if loud[0] != places[0] and len(texts[loud[0]].split()) <= 2:  # noqa: PLR2004
        return None
    used = [loud[0]]
    while used[-1] + 1 in loud and _goes_on(texts, used[-1]):
        used.append(used[-1] + 1)
    return Titled(" ".join(texts[at] for at in used), tuple(used))


def _goes_on(texts: Sequence[str], at: int) -> bool:
    """Say whether a line in capitals may be wrapped; a site's name above is shorter."""
    line, rest = texts[at], texts[at + 1]
    if line.endswith(("?", "!", ".", "…")) or len(line) < SHORTEST_WRAP:
        return False
    return not is_label(line) or width(rest) <= width(line)


def _is_site_like(text: str) -> bool:
    return len(text.split()) < MANY_SITE_WORDS and not text.endswith(("?", "？", "؟"))


def site_among(
    texts: Sequence[str], *, menu: Sequence[int], title_at: int | None
) -> str:
    """Return the site's name: the first short line that stands with the menus."""
    first = menu[0] if menu else -1
    for at, text in enumerate(texts):
        if title_at is not None and at >= title_at:
            return ""
        if not text or not _is_site_like(text) or len(text) > 50:  # noqa: PLR2004
            continue
        is_near = bool(menu) and (at > first or at < menu[-1])
        is_topical = is_topic(text) and at > max(menu, default=-1)
        if (is_near and not is_topical) or is_branded(text):
            return text
        if title_at is not None and not is_topical and at == 0:
            return text
    return ""


def is_branded(text: str) -> bool:
    """Say whether a word is written as names of sites are: CamelCase, a domain."""
    is_camel = re.search(r"(?<!\w)(?!Mc|Mac)[A-Z][a-z]+(?:[A-Z][a-z]+)+(?!\w)", text)
    is_short = len(text.split()) <= 3  # noqa: PLR2004  "MindWell Daily Post"
    return bool((is_camel and is_short) or _DOMAIN.match(text))


def finished(title: str, *, site: str, body: str, language: str) -> str:
    """Return the title as it is shown: without the site's name, not shouted."""
    tail = _TAIL.search(title)
    if tail and site and fold(tail["site"]) == fold(site):
        title = title[: tail.start()]
    title = re.sub(r"^#+\s+", "", title).strip()
    return sentence_case(title, body, language)
