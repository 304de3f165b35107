"""Takes a page apart: its head, its article, its tags, its foot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from publisher.sources.plain import chrome, titles
from publisher.sources.plain.bylines import (
    Byline,
    as_category,
    is_topic,
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
from publisher.sources.plain.foot import owner_of, without_foot, without_tags
from publisher.sources.plain.names import looks_like_name, shown_name
from publisher.sources.plain.parts import (
    PROSE_WIDTH,
    TEASER,
    Context,
    Page,
    is_marked,
    is_prose,
)
from publisher.text import is_capitals, split_hashtags

LONGEST_HEAD = 60  # lines
EDGE = 120
LONGEST_TITLE = 160
MANY_LABELS = 3  # above a title; so many are a menu
FEW_WORDS = 3


def take_apart(lines: Sequence[Line], context: Context) -> Page:
    """Return the page's parts; `lines` are already unwrapped."""
    page = Page(site=owner_of(lines))
    rest = without_tags(list(lines), page, context)
    rest = without_foot(rest, page, context)
    _read_head(rest, page, context)
    page.lines = _without_author(_without_buttons(page.lines), page.byline.author)
    return page


def fixed_lines(lines: Sequence[Line], context: Context) -> frozenset[str]:
    """Return the lines that stand for themselves, and are of no wrapped paragraph.

    Author and date stand at the edges of a page; between them nobody looks.
    """
    edge = [line.text for line in (*lines[:EDGE], *lines[-EDGE:])]
    said = {text for text in edge if context.byline(text) and _may_be_fixed(text)}
    return frozenset(line.text for line in lines if _is_fixed(line.text)) | said


def _may_be_fixed(line: str) -> bool:
    is_end = line[:1].islower() and line.endswith((".", "!", "?"))
    return width(line) <= PROSE_WIDTH and not is_end  # "in / it." is not Italian


def _is_fixed(line: str) -> bool:
    is_chrome = chrome.is_chrome(line) or chrome.is_related(line)
    return _may_be_fixed(line) and (is_chrome or bool(split_hashtags(line)))


# --- the head ----------------------------------------------------------------------


def _read_head(lines: list[Line], page: Page, context: Context) -> None:
    texts = [line.text for line in lines]
    end = _head_end(texts, context)
    head = texts[:end]
    bylines = [context.byline(text) for text in head]
    menu = [at for at, text in enumerate(head) if _is_head_menu(text)]
    open_texts = [
        "" if _is_taken(text, said) else text
        for text, said in zip(head, bylines, strict=True)
    ]
    titled = titles.doubled_title(open_texts, _facts(bylines))
    title_at = titled.used[0] if titled else None
    page.site = page.site or _site(head, open_texts, menu, title_at)
    titled = titled or titles.single_title(
        open_texts, menu=menu, facts=_facts(bylines), site=page.site
    )
    if titled:
        page.title = titled.title
        page.site = page.site or _site_above(head, open_texts, menu, titled)
    page.site = _as_in_head(page.site, open_texts)
    bylines = _with_names(head, open_texts, bylines, titled)
    if page.site and any(said and said.author == page.site for said in bylines):
        page.site = _site(head, open_texts, menu, titled.used[0] if titled else None)
    begins = _body_from(head, bylines, titled, menu, page)
    for at, said in enumerate(bylines):
        if said and at < begins:
            page.byline = page.byline.filled(said)
            page.tags += said.tags
    own = next(filter(None, map(only_url, head[:begins])), "")
    page.byline = page.byline.filled(Byline(url=own))
    first = max(menu, default=-1) + 1
    kept = _read_between(open_texts[:begins], bylines[:begins], titled, first, page)
    page.lines = [*(lines[at] for at in kept), *lines[begins:]]


def _with_names(
    head: Sequence[str],
    open_texts: Sequence[str],
    bylines: Sequence[Byline | None],
    titled: titles.Titled | None,
) -> list[Byline | None]:
    """Return the bylines with the names that stand alone between title and date."""
    found = list(bylines)
    end = max(_facts(bylines), default=-1) + 1
    for at in range(titled.last + 1 if titled else end, min(end + 1, len(head))):
        is_alone = bool(open_texts[at]) and looks_like_name(head[at])
        if is_alone and not is_topic(head[at]) and not found[at]:
            found[at] = Byline(author=shown_name(head[at]))
    return found


def _facts(bylines: Sequence[Byline | None]) -> list[int]:
    """Return the places of the lines that say who wrote it, when, or how long."""
    return [
        at
        for at, said in enumerate(bylines)
        if said and (said.author or said.minutes or said.has_date)
    ]


def _is_taken(text: str, said: Byline | None) -> bool:
    return bool(
        said
        or chrome.is_chrome(text)
        or (is_special(text) and not text.startswith("# "))
        or chrome.logo_of(text)
        or only_url(text)
        or (split_hashtags(text) and not is_marked(text))
    )


def _is_head_menu(text: str) -> bool:
    is_menu = chrome.is_menu(text) or bool(chrome.logo_of(text))
    return is_menu or chrome.is_notice(text) or chrome.is_footer(text)


def _head_end(texts: Sequence[str], context: Context) -> int:
    """Return where the first paragraph is; a title said twice is none, if long."""
    loud = {titles.fold(text) for text in texts[:LONGEST_HEAD] if is_capitals(text)}
    seen: set[str] = set()
    for at, text in enumerate(texts[:LONGEST_HEAD]):
        key = titles.fold(text)
        may_be_title = key in loud or not ends_statement(text)
        is_title = key in loud or (may_be_title and key in seen)
        is_loose = text.startswith(">") or bool(bullet(text))
        is_begun = (is_prose(text) or is_loose) and not is_title
        is_ours = may_be_title and _is_said_below(texts, at)
        if (
            is_begun
            and not is_ours
            and not (_is_standfirst(texts, at, context) or _is_long_title(texts, at))
        ):
            return at
        seen.add(key)
    return min(len(texts), LONGEST_HEAD)


def _is_long_title(texts: Sequence[str], at: int) -> bool:
    """Say whether a page begins with a line too long for most titles."""
    is_open = width(texts[0]) <= LONGEST_TITLE and not ends_sentence(texts[0])
    return at == 0 and is_open and any(map(is_prose, texts[1:3]))


def _is_standfirst(texts: Sequence[str], at: int, context: Context) -> bool:
    """Say whether author or date stand below this sentence, and then the article."""
    if not at or width(texts[at]) > TEASER:
        return False
    near = [context.byline(text) for text in texts[at + 1 : at + 3]]
    return bool(_facts(near)) and any(map(is_prose, texts[at + 2 :]))


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


def _site_above(
    head: Sequence[str],
    open_texts: Sequence[str],
    menu: Sequence[int],
    titled: titles.Titled,
) -> str:
    """Return the site's name, which may be the title: with a menu below, then again."""
    start, end = titled.used[0], titled.last
    is_site = titles.is_label(titled.title) and any(start < at < end for at in menu)
    return titled.title if is_site else _site(head, open_texts, menu, start)


def _as_in_head(owner: str, open_texts: Sequence[str]) -> str:
    """Return the name that the head has, where the foot says "The Lamp Media"."""
    for text in open_texts:
        if titles.is_label(text) and owner.startswith(f"{text} "):
            return text
    return owner


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


@dataclass(frozen=True, slots=True)
class _Loose:
    """A short line near the title that has no label."""

    text: str
    is_below: bool  # the first saying of the title
    is_between: bool  # the sayings of the title
    has_byline: bool  # beside it
    is_alone: bool  # above the title
    is_repeated: bool  # of the menu, and here again
    is_nearest: bool  # above the title, with other labels or not


def _read_loose(loose: _Loose) -> Byline | None:
    """Return the category or the name that the line is, if it can be one."""
    text = loose.text
    few = len(text.split()) <= FEW_WORDS
    is_label = few and not ends_sentence(text) and not text[:1].islower()
    is_near = loose.is_between or (loose.is_below and loose.has_byline)
    if (is_topic(text) or loose.is_repeated) and (is_near or loose.is_nearest):
        return Byline(category=as_category(text))
    if loose.has_byline and looks_like_name(text):
        return Byline(author=text)
    if is_label and (is_near or (loose.is_alone and len(text.split()) < FEW_WORDS)):
        return Byline(category=as_category(text))
    return None


def _loose_lines(
    head: Sequence[str],
    bylines: Sequence[Byline | None],
    used: Sequence[int],
    first: int,
    site: str,
) -> Iterator[tuple[int, _Loose]]:
    """Yield the lines between the menus and the article that are still unread."""
    above = [
        at for at in range(first, min(used, default=0)) if head[at] and head[at] != site
    ]
    seen = [titles.fold(head[at]) for at in above]
    again = set(seen[-1:]) & set(seen[:-1])
    is_menu = len(above) >= MANY_LABELS and not again
    for at in range(first, len(head)):
        if head[at] and at not in used:
            is_below = bool(used) and at > used[0]
            yield (
                at,
                _Loose(
                    head[at],
                    is_below=is_below,
                    is_between=is_below and at < used[-1],
                    has_byline=any(bylines[max(0, at - 1) : at + 2]),
                    is_alone=above == [at],
                    is_repeated=titles.fold(head[at]) in again,
                    is_nearest=above[-1:] == [at] and not is_menu,
                ),
            )


def _read_between(
    head: Sequence[str],
    bylines: Sequence[Byline | None],
    titled: titles.Titled | None,
    first: int,
    page: Page,
) -> list[int]:
    """Read what stands about the title; return the lines that the article keeps."""
    kept: list[int] = []
    used = titled.used if titled else ()
    for at, loose in _loose_lines(head, bylines, used, first, page.site):
        if titles.fold(loose.text) == titles.fold(page.site):
            continue
        if titles.fold(loose.text) == titles.fold(page.byline.category):
            page.byline = replace(page.byline, category=as_category(loose.text))
        elif said := _read_loose(loose):
            # A section's own line says it better than what is left of a byline.
            is_better = said.category and is_topic(said.category)
            page.byline = (
                said.filled(page.byline)
                if is_better and not is_topic(page.byline.category)
                else page.byline.filled(said)
            )
        elif loose.is_below and not page.standfirst and not kept and loose.has_byline:
            page.standfirst = loose.text
        elif loose.is_below:
            kept.append(at)
    return kept


# --- the body ----------------------------------------------------------------------


def _without_buttons(lines: Sequence[Line]) -> list[Line]:
    """Drop buttons and marks of advertisements; networks only where several meet."""
    found: list[Line] = []
    for at, line in enumerate(lines):
        near = [*lines[max(0, at - 1) : at], *lines[at + 1 : at + 2]]
        is_row = any(_is_any_button(one.text) for one in near)
        is_network = chrome.is_network(line.text) and is_row
        is_item = bool(bullet(line.text) or number(line.text)[0])
        is_form = is_row and bool(found) and chrome.is_menu(line.text)  # "Sign up"
        is_button = chrome.is_button(line.text) or chrome.is_teaser(line.text)
        if is_item or not (is_button or is_network or is_form):
            found.append(line)
    return found


def _without_author(lines: list[Line], author: str) -> list[Line]:
    """Drop what a page says of its author in a last line: "Jane Doe is a writer"."""
    last = lines[-1].text if len(lines) > FEW_WORDS else ""
    is_about = bool(author) and last.startswith(f"{author} ")
    return lines[:-1] if is_about and width(last) <= TEASER else lines


def _is_any_button(line: str) -> bool:
    return chrome.is_button(line) or chrome.is_network(line)
