"""Takes hashtags and the foot off a page, and reads what they say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from publisher.sources.plain import chrome, titles, words
from publisher.sources.plain.bylines import Byline
from publisher.sources.plain.flow import (
    Line,
    bullet,
    ends_sentence,
    ends_statement,
    width,
)
from publisher.sources.plain.parts import (
    BIOGRAPHY,
    PROSE_WIDTH,
    TEASER,
    Context,
    Page,
    is_marked,
    is_prose,
)
from publisher.text import split_hashtags

SHORTEST_PAGE = 3  # lines; the first one of a longer page may name its site
LONGEST_TAG = 3  # words, and columns, of one that has a line of its own
TAG_WIDTH = 30


def owner_of(lines: Sequence[Line]) -> str:
    """Return whose rights the page reserves, or ""."""
    for line in reversed(lines):
        if len(line.text) <= PROSE_WIDTH * 2 and (name := chrome.owner_of(line.text)):
            return name
    return ""


# --- hashtags ----------------------------------------------------------------------


def without_tags(lines: list[Line], page: Page, context: Context) -> list[Line]:
    """Take out the lines of hashtags; what stands below the last ones is the foot."""
    lines = _rejoined_tags(lines)
    groups = [split_hashtags(line.text) for line in lines]
    if lines and is_marked(lines[0].text):
        groups[0] = ()  # a title
    places = [at for at, tags in enumerate(groups) if tags]
    if not places:
        return _without_trailing_tags(_without_listed_tags(lines, page), page)
    foot = lines[places[-1] + 1 :]
    is_last = not _goes_on(foot)
    kept = {
        at for at in places if len(groups[at]) > 1 or (is_last and at == places[-1])
    }
    kept |= {at for at in places if kept & {at - 1, at + 1}}
    for at in sorted(kept):
        page.tags += groups[at]
    if kept and is_last and not _is_above_all(lines, places[-1]):
        _read_foot(foot, page, context)
        lines = lines[: places[-1] + 1]
    return [
        line
        for at, line in enumerate(lines)
        if at not in kept and not (at + 1 in kept and _is_tag_label(line.text))
    ]


def _goes_on(foot: Sequence[Line]) -> bool:
    """Say whether the article goes on below its hashtags, and not the page's foot."""
    for at, line in enumerate(foot):
        if _is_article(line.text):
            return True
        if chrome.is_chrome(line.text) or chrome.is_related(line.text):
            rest = foot[at:]
            return any(_is_article(one.text) for one in rest)
        if is_prose(line.text):
            return True
    return False


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


def _without_listed_tags(lines: list[Line], page: Page) -> list[Line]:
    """Take out tags that stand one by one below "Tags" at the article's end."""
    label = next(
        (at for at, line in enumerate(lines) if _is_tag_label(line.text)), len(lines)
    )
    if not any(ends_statement(line.text) for line in lines[:label]):
        return lines
    end = label + 1
    while end < len(lines) and _is_listed_tag(lines[end].text):
        end += 1
    rest = lines[end:]
    if end == label + 1 or any(_is_article(line.text) for line in rest):
        return lines
    page.tags += [line.text.strip(" ,،、#") for line in lines[label + 1 : end]]
    return [*lines[:label], *rest]


def _is_listed_tag(line: str) -> bool:
    is_other = chrome.is_chrome(line) or chrome.is_related(line) or ends_statement(line)
    return (
        not is_other and len(line.split()) <= LONGEST_TAG and width(line) <= TAG_WIDTH
    )


_TRAILING = re.compile(
    r"(?<=[.!?…。！？؟۔\"”»])\s*(?P<tags>[#＃][^\W\d][\w\u200c\u0300-\u036f\u064b-\u065f]*"
    r"(?:\s*[#＃][\w\u200c\u0300-\u036f\u064b-\u065f]+)+[#＃]?)\s*$"
)


def _without_trailing_tags(lines: list[Line], page: Page) -> list[Line]:
    """Take hashtags from the end of the last paragraph, where they run on there."""
    for at in range(len(lines) - 1, -1, -1):
        found = _TRAILING.search(lines[at].text)
        is_body = _is_article(lines[at].text) or ends_sentence(lines[at].text)
        if not found and not is_body:
            continue
        if found:
            page.tags += split_hashtags(found["tags"])
            text = lines[at].text[: found.start()].rstrip()
            return [*lines[:at], replace(lines[at], text=text), *lines[at + 1 :]]
        return lines
    return lines


# --- the foot ----------------------------------------------------------------------


def _is_article(line: str) -> bool:
    """Say whether a line is a paragraph that no page's foot has."""
    return width(line) > TEASER and not chrome.is_notice(line)


def without_foot(lines: list[Line], page: Page, context: Context) -> list[Line]:
    """Return the lines without the foot; what it says of the article is read."""
    first = lines[:2] if len(lines) > SHORTEST_PAGE else []
    names = {titles.fold(line.text) for line in first if titles.is_label(line.text)}
    names |= {titles.fold(page.site)} - {""}
    end = _related_from(lines)
    kept, foot = lines[:end], lines[end:]
    end = _foot_from(kept, names, context)
    kept, foot = kept[:end], [*kept[end:], *foot]
    end = len(kept)
    while end and (
        _is_of_foot(kept[end - 1].text, names) or _is_said(kept[end - 1].text, context)
    ):
        end -= 1
    _read_foot([*kept[end:], *foot], page, context)
    return kept[:end]


def _is_of_foot(text: str, names: AbstractSet[str]) -> bool:
    is_chrome = chrome.is_chrome(text) or chrome.is_contact(text)
    return (is_chrome and not bullet(text)) or titles.fold(text) in names


def _is_said(text: str, context: Context) -> bool:
    """Say whether a line names author, date, tags, or whose picture it is."""
    found = context.byline(text)
    if found is None:
        return False
    return found.is_named or bool(found.minutes) or found == Byline()


def _related_from(lines: Sequence[Line]) -> int:
    """Return where other articles begin, which is never before this one."""
    start = _first_prose(lines) + 1
    # Whole paragraphs below are the article going on; the last long one ends it.
    wide = [at for at, line in enumerate(lines) if width(line.text) > TEASER]
    last = {
        TEASER: max(wide, default=-1),
        BIOGRAPHY: max(
            (at for at in wide if width(lines[at].text) > BIOGRAPHY), default=-1
        ),
    }
    for at in range(start, len(lines)):
        text = lines[at].text
        if at < last[BIOGRAPHY] or not chrome.is_related(text):
            continue
        is_late = at * 2 > len(lines)
        limit = BIOGRAPHY if chrome.is_personal(text) and is_late else TEASER
        if last[limit] < at and not (limit == TEASER and _is_spoken(lines[at + 1 :])):
            return at
    return len(lines)


def _is_spoken(lines: Sequence[Line]) -> bool:
    """Say whether most lines are sentences; teasers are titles."""
    said = sum(
        is_prose(line.text) and not chrome.is_chrome(line.text) for line in lines
    )
    return said * 2 > len(lines)


def _first_prose(lines: Sequence[Line]) -> int:
    """Return the place of the first line that is no label; an article has one."""
    said = (
        ends_statement(line.text) or width(line.text) > PROSE_WIDTH for line in lines
    )
    return next((at for at, is_prose in enumerate(said) if is_prose), len(lines))


def _foot_from(lines: Sequence[Line], names: AbstractSet[str], context: Context) -> int:
    """Return where the foot begins: from there on most lines are chrome."""
    start = max(_last_of_body(lines), _first_prose(lines)) + 1
    ours = [_is_of_foot(line.text, names) for line in lines[start:]]
    strict = [at for at, line in enumerate(lines[start:]) if _is_strict(line.text)]
    known = sum(ours)
    for at, is_ours in enumerate(ours):
        count = len(ours) - at
        # Unknown lines between a button and a notice are of the foot as well.
        has_strict = bool(strict) and strict[-1] >= at
        is_foot = known * 2 > count or (has_strict and known * 3 > count)
        if is_foot and (is_ours or _is_said(lines[start + at].text, context)):
            return start + at
        known -= is_ours
    return len(lines)


def _is_strict(text: str) -> bool:
    return chrome.is_footer(text) or chrome.is_contact(text)


def _last_of_body(lines: Sequence[Line]) -> int:
    """Return the place of the last paragraph or item, or -1.

    Short sentences below a notice are the foot's own.
    """
    shown = [not chrome.is_chrome(line.text) for line in lines]
    long = max(
        (
            at
            for at, line in enumerate(lines)
            if shown[at] and (width(line.text) > PROSE_WIDTH or bullet(line.text))
        ),
        default=-1,
    )
    end = next(
        (at for at in range(long + 1, len(lines)) if _is_strict(lines[at].text)),
        len(lines),
    )
    said = (at for at in range(long + 1, end) if shown[at] and is_prose(lines[at].text))
    return max(said, default=long)


def _read_foot(foot: Sequence[Line], page: Page, context: Context) -> None:
    """Read what a foot says of this article, up to the other ones."""
    for line in foot:
        if chrome.is_related(line.text):
            return
        found = context.byline(line.text)
        if found and (found.is_named or found.minutes):
            page.byline = page.byline.filled(found)
            page.tags += found.tags
