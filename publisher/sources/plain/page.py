"""Takes a page apart: its head, its article, its tags, its foot."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo

from publisher.sources.plain import chrome, titles, words
from publisher.sources.plain.bylines import (
    Byline,
    as_category,
    byline,
    is_topic,
    looks_like_name,
    only_url,
)
from publisher.sources.plain.flow import (
    Line,
    bullet,
    ends_sentence,
    ends_statement,
    is_special,
    number,
    width,
)
from publisher.text import is_capitals, split_hashtags


@dataclass(slots=True)
class Page:
    """What a page says beside its article, and the lines of the article."""

    title: str = ""
    site: str = ""
    standfirst: str = ""
    byline: Byline = field(default_factory=Byline)
    tags: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)


LONGEST_HEAD = 60  # lines
PROSE_WIDTH = 110
PROSE_WORDS = 8
# Below the article stand teasers, but no whole paragraphs.
TEASER = 260
BIOGRAPHY = 600


@dataclass(frozen=True, slots=True)
class Context:
    """What reading a line needs to know."""

    language: str
    zone: tzinfo

    def byline(self, line: str) -> Byline | None:
        """Return what the line says about the article, if it is such a line."""
        return byline(line, language=self.language, zone=self.zone)


def take_apart(lines: Sequence[Line], context: Context) -> Page:
    """Return the page's parts; `lines` are already unwrapped."""
    page = Page(site=_owner(lines))
    rest = _without_tags(list(lines), page, context)
    rest = _without_foot(rest, page, context)
    _read_head(rest, page, context)
    page.lines = _without_buttons(page.lines)
    return page


def is_fixed(line: str, context: Context) -> bool:
    """Say whether a line stands for itself and is no part of a wrapped paragraph."""
    if width(line) > PROSE_WIDTH:
        return False
    return (
        chrome.is_chrome(line)
        or chrome.is_related(line)
        or bool(split_hashtags(line))
        or context.byline(line) is not None
    )


def _owner(lines: Sequence[Line]) -> str:
    for line in reversed(lines):
        if len(line.text) <= PROSE_WIDTH * 2 and (name := chrome.owner_of(line.text)):
            return name
    return ""


# --- hashtags ----------------------------------------------------------------------


def _without_tags(lines: list[Line], page: Page, context: Context) -> list[Line]:
    """Take out the lines of hashtags; what stands below the last ones is the foot."""
    lines = _rejoined_tags(lines)
    groups = [split_hashtags(line.text) for line in lines]
    places = [at for at, tags in enumerate(groups) if tags]
    if not places:
        return _without_trailing_tags(lines, page)
    foot = lines[places[-1] + 1 :]
    is_last = not any(_is_article(line.text) for line in foot)
    kept = [
        at for at in places if len(groups[at]) > 1 or (is_last and at == places[-1])
    ]
    kept += [at for at in places if at not in kept and _is_run(at, kept)]
    for at in sorted(kept):
        page.tags += [tag for tag in groups[at] if tag]
    if kept and is_last and not _is_above_all(lines, places[-1]):
        _read_foot(foot, page, context)
        lines = lines[: places[-1] + 1]
    return [
        line
        for at, line in enumerate(lines)
        if at not in kept and not (at + 1 in kept and _is_tag_label(line.text))
    ]


def _is_run(at: int, kept: Sequence[int]) -> bool:
    return at + 1 in kept or at - 1 in kept


def _is_above_all(lines: Sequence[Line], at: int) -> bool:
    return not any(
        _is_article(line.text) or ends_statement(line.text) for line in lines[:at]
    )


def _is_tag_label(line: str) -> bool:
    return chrome.bare(line) in words.TAG_LABELS


def _rejoined_tags(lines: list[Line]) -> list[Line]:
    """Join a line of hashtags that was broken inside a tag."""
    found: list[Line] = []
    for line in lines:
        is_rest = (
            bool(found)
            and not line.is_open
            and bool(split_hashtags(found[-1].text))
            and re.search(r"[^\s#＃][#＃]", line.text)
            and " " not in line.text
            and line.text[0] not in "#＃"
        )
        if is_rest and split_hashtags(found[-1].text + line.text):
            found[-1] = replace(found[-1], text=found[-1].text + line.text)
        else:
            found.append(line)
    return found


_TRAILING = re.compile(
    r"(?<=[.!?…。！？؟۔\"”»])\s*(?P<tags>[#＃][^\W\d][\w\u200c\u0300-\u036f\u064b-\u065f]*"
    r"(?:\s*[#＃][\w\u200c\u0300-\u036f\u064b-\u065f]+)+[#＃]?)\s*$"
)


def _without_trailing_tags(lines: list[Line], page: Page) -> list[Line]:
    """Take hashtags from the end of the last paragraph, where they run on there."""
    for at in range(len(lines) - 1, -1, -1):
        if not _is_article(lines[at].text) and not ends_sentence(lines[at].text):
            if not _TRAILING.search(lines[at].text):
                continue
        if found := _TRAILING.search(lines[at].text):
            page.tags += split_hashtags(found["tags"])
            text = lines[at].text[: found.start()].rstrip()
            return [*lines[:at], replace(lines[at], text=text), *lines[at + 1 :]]
        return lines
    return lines


# --- the foot ----------------------------------------------------------------------


def _is_article(line: str) -> bool:
    """Say whether a line is a paragraph that no page's foot has."""
    return width(line) > TEASER and not chrome.is_notice(line)


def _without_foot(lines: list[Line], page: Page, context: Context) -> list[Line]:
    end = _related_from(lines)
    kept, foot = lines[:end], lines[end:]
    end = _foot_from(kept)
    kept, foot = kept[:end], [*kept[end:], *foot]
    while kept:
        text = kept[-1].text
        found = context.byline(text)
        is_ours = found is not None and (found.is_named or bool(found.minutes))
        if not (
            chrome.is_chrome(text) or is_ours or titles.fold(text) == _site_key(page)
        ):
            break
        foot = [kept.pop(), *foot]
    if kept or len(lines) == len(foot):
        _read_foot(foot, page, context)
        return kept
    return kept


def _site_key(page: Page) -> str:
    return titles.fold(page.site) or "\0"


def _related_from(lines: Sequence[Line]) -> int:
    """Return where other articles begin, which is never before this one."""
    for at, line in enumerate(lines):
        if not chrome.is_related(line.text) or not _has_prose(lines[:at]):
            continue
        rest = [one.text for one in lines[at + 1 :]]
        is_late = at * 2 > len(lines)
        limit = BIOGRAPHY if chrome.is_personal(line.text) and is_late else TEASER
        # Teasers are titles; mostly whole sentences are the article going on.
        said = sum(is_prose(one) and not chrome.is_chrome(one) for one in rest)
        is_ours = said * 2 > len(rest) and limit == TEASER
        if not is_ours and all(width(one) <= limit for one in rest):
            return at
    return len(lines)


def _has_prose(lines: Sequence[Line]) -> bool:
    return any(
        ends_statement(line.text) or width(line.text) > PROSE_WIDTH for line in lines
    )


def _foot_from(lines: Sequence[Line]) -> int:
    """Return where the foot begins: from there on most lines are chrome."""
    for at, line in enumerate(lines):
        if not (chrome.is_footer(line.text) or chrome.is_menu(line.text)):
            continue
        rest = lines[at:]
        known = sum(chrome.is_chrome(one.text) for one in rest)
        is_short = all(
            width(one.text) <= PROSE_WIDTH or chrome.is_chrome(one.text) for one in rest
        )
        if is_short and known * 2 > len(rest) and _has_prose(lines[:at]):
            return at
    return len(lines)


def _read_foot(foot: Sequence[Line], page: Page, context: Context) -> None:
    """Read what a foot says of this article, up to the other ones."""
    for line in foot:
        if chrome.is_related(line.text):
            return
        found = context.byline(line.text)
        if found and (found.is_named or found.minutes):
            page.byline = page.byline.filled(found)
            page.tags += found.tags


# --- the head ----------------------------------------------------------------------


def is_prose(line: str) -> bool:
    """Say whether a line can only be a paragraph."""
    if chrome.is_notice(line):
        return False
    if width(line) > PROSE_WIDTH * 2:
        return True
    has_words = len(line.split()) >= PROSE_WORDS or width(line) >= PROSE_WIDTH // 2
    is_question = line.endswith(("?", "？", "؟"))
    return (ends_statement(line) and has_words) or (
        width(line) > PROSE_WIDTH and not is_question
    )


def _read_head(lines: list[Line], page: Page, context: Context) -> None:
    texts = [line.text for line in lines]
    end = _head_end(texts)
    head = texts[:end]
    bylines = [context.byline(text) for text in head]
    menu = [at for at, text in enumerate(head) if _is_head_menu(text)]
    open_texts = [
        "" if _is_taken(text, said) else text
        for text, said in zip(head, bylines, strict=True)
    ]
    titled = titles.doubled_title(open_texts)
    title_at = titled.used[0] if titled else None
    page.site = page.site or _site(head, open_texts, menu, title_at)
    titled = titled or titles.single_title(open_texts, menu=menu, site=page.site)
    if titled:
        page.title = titled.title
    begins = _body_from(head, bylines, titled, menu, page)
    for at, said in enumerate(bylines):
        if said and at < begins:
            page.byline = page.byline.filled(said)
            page.tags += said.tags
    _read_loose(open_texts, bylines, titled, menu, page, begins)
    page.lines = lines[begins:]


def _is_taken(text: str, said: Byline | None) -> bool:
    return bool(
        said
        or chrome.is_chrome(text)
        or (is_special(text) and not text.startswith("# "))
        or chrome.logo_of(text)
        or only_url(text)
        or split_hashtags(text)
    )


def _is_head_menu(text: str) -> bool:
    is_menu = chrome.is_menu(text) or bool(chrome.logo_of(text))
    return is_menu or chrome.is_notice(text) or chrome.is_footer(text)


def _head_end(texts: Sequence[str]) -> int:
    """Return where the first paragraph is; a title said twice is none, if long."""
    loud = {titles.fold(text) for text in texts[:LONGEST_HEAD] if is_capitals(text)}
    seen: set[str] = set()
    for at, text in enumerate(texts[:LONGEST_HEAD]):
        key = titles.fold(text)
        may_be_title = key in loud or not ends_statement(text)
        is_title = key in loud or (may_be_title and key in seen)
        is_loose = text.startswith(">") or bool(bullet(text))
        if (
            (is_prose(text) or is_loose)
            and not is_title
            and not (may_be_title and _is_said_below(texts, at))
        ):
            return at
        seen.add(key)
    return min(len(texts), LONGEST_HEAD)


def _is_said_below(texts: Sequence[str], at: int) -> bool:
    """Say whether one of the next lines repeats this one: a long title."""
    key = titles.fold(texts[at])
    return any(titles.fold(text) == key for text in texts[at + 1 : at + 8])


def _site(
    head: Sequence[str],
    open_texts: Sequence[str],
    menu: Sequence[int],
    title_at: int | None,
) -> str:
    named = next(filter(None, map(chrome.logo_of, head)), "")
    return named or titles.site_among(open_texts, menu=menu, title_at=title_at)


def _body_from(
    head: Sequence[str],
    bylines: Sequence[Byline | None],
    titled: titles.Titled | None,
    menu: Sequence[int],
    page: Page,
) -> int:
    """Return where the article begins, below title, bylines and buttons."""
    begins = titled.last + 1 if titled else max(menu, default=-1) + 1
    site = titles.fold(page.site)
    for at in range(begins, len(head)):
        is_ours = bylines[at] or chrome.is_chrome(head[at]) or only_url(head[at])
        if is_ours or (site and titles.fold(head[at]) == site):
            begins = at + 1
    return begins


def _read_loose(
    open_texts: Sequence[str],
    bylines: Sequence[Byline | None],
    titled: titles.Titled | None,
    menu: Sequence[int],
    page: Page,
    begins: int,
) -> None:
    """Read short lines without a label near the title: a category, a name, a deck."""
    used = titled.used if titled else ()
    site = titles.fold(page.site)
    above = open_texts[max(menu, default=-1) + 1 : min(used, default=0)]
    for at in range(max(menu, default=-1) + 1, begins):
        text = open_texts[at]
        if not text or at in used or titles.fold(text) == site:
            continue
        has_byline = any(bylines[max(0, at - 1) : at + 2])
        below = bool(titled) and at > used[0]
        is_alone = not below and sum(map(bool, above)) == 1
        if is_topic(text) or (is_alone and len(text.split()) <= 2):  # noqa: PLR2004
            said = Byline(category=as_category(text))
        elif has_byline and looks_like_name(text):
            said = Byline(author=text)
        elif below and len(text.split()) <= 3 and not text[:1].islower():  # noqa: PLR2004
            said = Byline(category=as_category(text))
        elif below:
            page.standfirst = page.standfirst or text
            continue
        else:
            continue
        page.byline = page.byline.filled(said)


# --- the body ----------------------------------------------------------------------


def _without_buttons(lines: Sequence[Line]) -> list[Line]:
    """Drop buttons and marks of advertisements; networks only where several meet."""
    found: list[Line] = []
    for at, line in enumerate(lines):
        near = [*lines[max(0, at - 1) : at], *lines[at + 1 : at + 2]]
        is_row = any(_is_any_button(one.text) for one in near)
        is_network = chrome.is_network(line.text) and is_row
        is_item = bool(bullet(line.text) or number(line.text)[0])
        if is_item or (not chrome.is_button(line.text) and not is_network):
            found.append(line)
    return found


def _is_any_button(line: str) -> bool:
    return chrome.is_button(line) or chrome.is_network(line)
