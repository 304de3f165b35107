"""Body lines become headings, paragraphs, lists and quotes, and those HTML and text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal, TypeAlias

from publisher.sources.plain import words
from publisher.sources.plain.flow import (
    Line,
    bullet,
    ends_statement,
    is_rule,
    number,
    width,
)
from publisher.text import is_capitals, sentence_case

Kind: TypeAlias = Literal["h2", "h3", "p", "ul", "ol", "blockquote"]


@dataclass(frozen=True, slots=True)
class Block:
    """A part of the body; a list has its items, everything else one or more texts."""

    kind: Kind
    texts: tuple[str, ...]
    start: int = 1


LONGEST_HEADING = 110
LONGEST_QUESTION = 160
MANY_WORDS = 16
FEW_WORDS = 6
_MARKED = re.compile(r"^#{1,6}\s+(?P<text>\S.*?)\s*#*$")
_BOLD = re.compile(r"^(?:\*\*|__)(?P<text>[^*_].*?)(?:\*\*|__):?$")
_QUOTE = re.compile(r"^>+\s?")
_QUESTION = ("?", "？", "؟", "?»", "?”", '?"')


def blocks_of(lines: Sequence[Line], *, body: str, language: str) -> list[Block]:
    """Return the body's parts; `body` shows how names are written."""
    found: list[Block] = []
    at = 0
    while at < len(lines):
        block, at = _block(lines, at)
        if block:
            found.append(_with_case(block, body, language))
    return _levelled(_without_false_headings(found))


def _block(lines: Sequence[Line], at: int) -> tuple[Block | None, int]:
    text = lines[at].text
    if is_rule(text):
        return None, at + 1
    if text.startswith(">"):
        return _quote(lines, at)
    if bullet(text) or number(text)[0]:
        items = _list(lines, at)
        if items:
            return items, at + len(items.texts)
    if heading := _marked(lines, at):
        return Block("h2", (heading,)), at + 1
    if _is_heading(lines, at):
        return Block("h2", (_without_colon(text),)), at + 1
    return Block("p", (text,)), at + 1


def _quote(lines: Sequence[Line], at: int) -> tuple[Block | None, int]:
    texts: list[str] = []
    is_new = True
    while at < len(lines) and lines[at].text.startswith(">"):
        text = _QUOTE.sub("", lines[at].text).strip()
        if text and not is_new:
            texts[-1] += f" {text}"
        elif text:
            texts.append(text)
        is_new = not text
        at += 1
    return (Block("blockquote", tuple(texts)) if texts else None), at


def _list(lines: Sequence[Line], at: int) -> Block | None:
    """Return the list that begins here, unless its items are headings or speech."""
    first = lines[at].text
    if bullet(first):
        items = list(_bullets(lines, at, first[0]))
        # One dash alone is speech or an aside, not a list.
        is_list = len(items) > 1 or first[0] not in "–-"
        return Block("ul", tuple(items)) if is_list else None
    start, _ = number(first)
    items = list(_numbers(lines, at, start))
    return Block("ol", tuple(items), start) if len(items) > 1 else None


def _bullets(lines: Sequence[Line], at: int, mark: str) -> Iterator[str]:
    for line in lines[at:]:
        item = bullet(line.text)
        if not item or line.text[0] != mark:
            return
        yield item


def _numbers(lines: Sequence[Line], at: int, start: int) -> Iterator[str]:
    for expected, line in enumerate(lines[at:], start=start):
        value, item = number(line.text)
        if value not in {expected, start}:  # some pages write "1." throughout
            return
        yield item


def _marked(lines: Sequence[Line], at: int) -> str:
    text = lines[at].text
    if found := _MARKED.match(text) or _BOLD.match(text):
        is_short = len(found["text"]) <= LONGEST_HEADING
        return found["text"].strip() if is_short and at + 1 < len(lines) else ""
    is_underlined = at + 1 < len(lines) and re.match(
        r"^(?:={3,}|-{3,})$", lines[at + 1].text
    )
    is_near = is_underlined and not lines[at + 1].is_open
    return text if is_near and width(text) <= LONGEST_HEADING else ""


def _is_heading(lines: Sequence[Line], at: int) -> bool:
    """Say whether a line stands as a heading over what follows it."""
    text = lines[at].text
    if not looks_like_heading(text):
        return False
    below = next((line.text for line in lines[at + 1 :] if not is_rule(line.text)), "")
    is_address = below.startswith(("http", "www."))
    if not below or (below[:1].islower() and not is_address):
        return False
    if text.endswith((":", "：")):
        is_lead_in = bool(bullet(below) or number(below)[0]) or below.startswith(">")
        return (
            not is_lead_in and len(text.split()) <= FEW_WORDS and not _is_short(below)
        )
    if number(text)[0]:
        return not number(below)[0]
    return True


def looks_like_heading(text: str) -> bool:
    """Say whether a line is written as a heading: short, and no sentence."""
    if ends_statement(text) or text.endswith((",", "،", "，", "、", "-", "—")):
        return False
    if (
        text[:1].islower()
        or text[:1] in "-–—(*[•…"
        or text.startswith(("http", "www."))
    ):
        return False
    is_question = text.endswith(_QUESTION)
    if text[:1] in "\"“«„「『'‘" and text[-1:] in "\"”»“」』'’":
        return False
    longest = LONGEST_QUESTION if is_question else LONGEST_HEADING
    many = MANY_WORDS * 2 if is_question else MANY_WORDS
    has_inner_stop = re.search(r"[^\d\W]{3}[.!。！]\s+\w", text)
    if not any(char.isalnum() for char in text) or " | " in text:
        return False
    return width(text) <= longest and len(text.split()) <= many and not has_inner_stop


def _is_short(text: str) -> bool:
    return width(text) < LONGEST_HEADING and not ends_statement(text)


def _without_colon(text: str) -> str:
    return text.rstrip(" :：") or text


def _with_case(block: Block, body: str, language: str) -> Block:
    if block.kind != "h2" or not is_capitals(block.texts[0]):
        return block
    text = block.texts[0]
    # A single shortening such as "NASA" is no shouted word.
    if len(text.split()) == 1 and re.search(
        rf"\b{re.escape(text)}\b", _without(body, text)
    ):
        return block
    return Block("h2", (sentence_case(text, body, language),))


def _without(body: str, line: str) -> str:
    return "\n".join(one for one in body.split("\n") if one.strip() != line)


def _without_false_headings(blocks: list[Block]) -> list[Block]:
    """Turn runs of three and more short lines into paragraphs: a poem, an address."""
    found = list(blocks)
    at = 0
    while at < len(found):
        end = at
        while end < len(found) and found[end].kind == "h2":
            end += 1
        if end - at > 2 or (end == len(found) and end > at):  # noqa: PLR2004
            found[at:end] = [Block("p", block.texts) for block in found[at:end]]
        at = end + 1
    return found


def _levelled(blocks: list[Block]) -> list[Block]:
    """Make the second of two headings in a row the smaller one."""
    return [
        Block("h3", block.texts)
        if block.kind == "h2" and at and blocks[at - 1].kind == "h2"
        else block
        for at, block in enumerate(blocks)
    ]


# --- written -----------------------------------------------------------------------

_URL = re.compile(r"https?://[^\s<>\"«»“”]+[^\s<>\"«»“”.,;:!?)\]}。，、）]")


def to_html(blocks: Sequence[Block]) -> str:
    """Return the body as HTML, made of escaped text only."""
    return "\n".join(map(_html, blocks))


def _html(block: Block) -> str:
    texts = [_linked(text) for text in block.texts]
    match block.kind:
        case "ul" | "ol":
            start = f' start="{block.start}"' if block.start != 1 else ""
            items = "\n".join(f"<li>{text}</li>" for text in texts)
            return f"<{block.kind}{start}>\n{items}\n</{block.kind}>"
        case "blockquote":
            inner = "\n".join(f"<p>{text}</p>" for text in texts)
            return f"<blockquote>\n{inner}\n</blockquote>"
        case kind:
            return f"<{kind}>{' '.join(texts)}</{kind}>"


def _linked(text: str) -> str:
    parts: list[str] = []
    end = 0
    for found in _URL.finditer(text):
        url = escape(found[0])
        parts += [
            escape(text[end : found.start()], quote=False),
            f'<a href="{url}">{url}</a>',
        ]
        end = found.end()
    return "".join([*parts, escape(text[end:], quote=False)])


def to_text(blocks: Sequence[Block]) -> str:
    """Return the body as plain paragraphs with blank lines between."""
    return "\n\n".join(map(_text, blocks))


def _text(block: Block) -> str:
    match block.kind:
        case "ul":
            return "\n".join(f"- {text}" for text in block.texts)
        case "ol":
            numbered = enumerate(block.texts, start=block.start)
            return "\n".join(f"{count}. {text}" for count, text in numbered)
        case "blockquote":
            return "\n\n".join(f"> {text}" for text in block.texts)
        case _:
            return " ".join(block.texts)


def headings_of(blocks: Sequence[Block]) -> tuple[str, ...]:
    """Return the headings, in order."""
    return tuple(block.texts[0] for block in blocks if block.kind in {"h2", "h3"})


def is_general(text: str) -> bool:
    """Say whether a heading could stand in any article."""
    return text.strip(" .:：").casefold() in words.GENERAL
