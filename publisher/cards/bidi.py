"""Text of two directions on one line: where each letter stands (Unicode's UAX #9).

Without explicit embeddings and isolates, which are taken out of titles before.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TypeVar

T = TypeVar("T")

# https://www.unicode.org/Public/UCD/latest/ucd/BidiBrackets.txt, as pairs.
PAIRS = (
    "()[]{}⁅⁆⁽⁾₍₎❨❩❪❫❬❭❮❯❰❱❲❳❴❵⟦⟧⟨⟩⟪⟫⟬⟭⟮⟯"
    "〈〉《》「」『』【】〔〕〖〗〘〙〚〛（）［］｛｝｟｠｢｣"
)
_CLOSING = dict(zip(PAIRS[::2], PAIRS[1::2], strict=True))
_NEUTRAL = {"B", "S", "WS", "ON"}
_SPACES = {"B", "S", "WS"}
_NUMBERS = {"EN", "AN"}
DEEPEST = 63  # open brackets: rule BD16


def levels(text: str, *, base: int) -> list[int]:
    """Return the level of each character: even ones run to the right, odd ones left.

    `base` is 0 where the whole text runs to the right, 1 where it runs to the left.
    """
    own = [unicodedata.bidirectional(one) or "L" for one in text]
    seen = [at for at, kind in enumerate(own) if kind != "BN"]  # rule X9
    kinds = [own[at] for at in seen]
    around = "R" if base else "L"
    _weak(kinds, around)
    _brackets(kinds, [text[at] for at in seen], [own[at] for at in seen], around)
    _neutral(kinds, around)
    found = [base] * len(text)
    for at, kind in zip(seen, kinds, strict=True):
        found[at] = _level(kind, base)
    for at in range(1, len(text)):
        if own[at] == "BN":
            found[at] = found[at - 1]
    return found


def at_line_end(text: str, found: Sequence[int], *, base: int) -> list[int]:
    """Return the levels of one line: the spaces at its end stand at its end (L1)."""
    line = list(found)
    for at in range(len(text) - 1, -1, -1):
        if unicodedata.bidirectional(text[at]) not in _SPACES | {"BN"}:
            break
        line[at] = base
    return line


def visual(runs: Sequence[T], found: Sequence[int]) -> list[T]:
    """Return runs as they stand from left to right, given the level of each (L2).

    >>> visual(["car", "ABC", "12"], [0, 1, 2])
    ['car', '12', 'ABC']
    """
    order = list(range(len(runs)))
    for level in range(max(found, default=0), 0, -1):
        order = [
            one
            for is_in, group in groupby(order, lambda at: found[at] >= level)  # noqa: B023  it is used up here
            for one in (reversed(list(group)) if is_in else group)
        ]
    return [runs[at] for at in order]


def _level(kind: str, base: int) -> int:
    """Follow I1 and I2."""
    if base:
        return 1 if kind == "R" else 2
    return {"R": 1, "AN": 2, "EN": 2}.get(kind, 0)


def _weak(kinds: list[str], around: str) -> None:
    """Follow W1 to W7: marks, numbers and what stands between them."""
    strong, before = around, around
    for at, kind in enumerate(kinds):
        if kind == "NSM":
            kinds[at] = before
        elif kind == "EN" and strong == "AL":
            kinds[at] = "AN"
        before = kinds[at]
        if before in {"L", "R", "AL"}:
            strong = before
    kinds[:] = ["R" if one == "AL" else one for one in kinds]
    _separators(kinds)
    _terminators(kinds)
    strong = around
    for at, kind in enumerate(kinds):
        if kind in {"ES", "ET", "CS"}:
            kinds[at] = "ON"
        elif kind == "EN" and strong == "L":
            kinds[at] = "L"
        elif kind in {"L", "R"}:
            strong = kind


def _separators(kinds: list[str]) -> None:
    """Follow W4: "1,5" and "1+5" are numbers."""
    for at in range(1, len(kinds) - 1):
        left, right = kinds[at - 1], kinds[at + 1]
        is_joint = kinds[at] == "CS" or (kinds[at] == "ES" and left == "EN")
        if is_joint and left == right and left in _NUMBERS:
            kinds[at] = left


def _terminators(kinds: list[str]) -> None:
    """Follow W5: "$ 5" and "5 %" are numbers."""
    for start, end in _stretches(kinds, {"ET"}):
        beside = [*kinds[max(start - 1, 0) : start], *kinds[end : end + 1]]
        if "EN" in beside:
            kinds[start:end] = ["EN"] * (end - start)


def _brackets(
    kinds: list[str], chars: Sequence[str], own: Sequence[str], around: str
) -> None:
    """Follow N0: both brackets of a pair have one direction."""
    for start, end in _pairs(chars, kinds):
        inside = {_strong(one) for one in kinds[start + 1 : end]} - {""}
        if not inside:
            continue
        direction = around
        if around not in inside:
            strong = (_strong(one) for one in reversed(kinds[:start]))
            direction = next(filter(None, strong), around)
        for at in (start, end):
            kinds[at] = direction
            for mark in range(at + 1, len(kinds)):
                if own[mark] != "NSM":
                    break
                kinds[mark] = direction


def _pairs(chars: Sequence[str], kinds: Sequence[str]) -> list[tuple[int, int]]:
    found, open_ = [], list[tuple[str, int]]()
    for at, char in enumerate(chars):
        if kinds[at] != "ON":
            continue
        if char in _CLOSING:
            if len(open_) == DEEPEST:
                break
            open_.append((_CLOSING[char], at))
        for depth in range(len(open_) - 1, -1, -1):
            if open_[depth][0] == char:
                found.append((open_[depth][1], at))
                del open_[depth:]
                break
    return sorted(found)


def _strong(kind: str) -> str:
    return "R" if kind in _NUMBERS else kind if kind in {"L", "R"} else ""


def _neutral(kinds: list[str], around: str) -> None:
    """Follow N1 and N2: what has no direction takes that of both its sides."""
    for start, end in list(_stretches(kinds, _NEUTRAL)):
        left = _strong(kinds[start - 1]) if start else around
        right = _strong(kinds[end]) if end < len(kinds) else around
        kinds[start:end] = [left if left == right else around] * (end - start)


def _stretches(kinds: Sequence[str], which: set[str]) -> Iterator[tuple[int, int]]:
    at = 0
    for is_one, group in groupby([kind in which for kind in kinds]):
        length = len(list(group))
        if is_one:
            yield at, at + length
        at += length
