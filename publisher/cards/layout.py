"""How large a text stands in a box, and where its lines end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from publisher.cards.breaking import clusters, hyphenated, pieces
from publisher.cards.runs import Text

Span: TypeAlias = tuple[int, int]  # of characters
Measure: TypeAlias = Callable[[Text, Span], float]  # how wide it is, at size 1

SLACK = 0.985  # lines are a little narrower than their pieces, or wider
STEPS = 8
_ROOM = 0.9  # of a line, for a part of a word: the rest is for its hyphen


@dataclass(frozen=True, slots=True)
class Box:
    """A place for a text; in pixels. `leading` is from line to line, at size 1."""

    width: float
    height: float
    sizes: Sequence[int]
    most_lines: int
    leading: float


@dataclass(frozen=True, slots=True)
class Lines:
    """A text in its lines."""

    text: Text
    size: int
    spans: Sequence[Span]


@dataclass(frozen=True, slots=True)
class _Piece:
    span: Span
    width: float
    gap: float  # before it, where it is not the first of its line


def fitted(text: Text, box: Box, measure: Measure) -> Lines:
    """Return a text as large as it fits; "…" ends one that never does."""
    whole = list(_measured(text, pieces(text.chars), measure))
    for size in box.sizes:
        width, most = box.width * SLACK / size, _most(box, size)
        if max((one.width for one in whole), default=0) <= width:
            lines = _wrapped(whole, width)
            if len(lines) <= most:
                return Lines(text, size, _balanced(whole, width, len(lines)))
    narrow = _hyphenated(text, whole, box.width * SLACK / box.sizes[-1])
    if narrow != text:
        return fitted(narrow, box, measure)
    return _shortened(text, box, measure)


def _hyphenated(text: Text, whole: Sequence[_Piece], width: float) -> Text:
    """Divide words that are wider than any line."""
    for one in reversed(whole):
        if one.width > width:
            start, end = one.span
            parts = int(one.width / (_ROOM * width)) + 1
            text = text.hyphenated(start, hyphenated(text.chars[start:end], parts))
    return text


def _most(box: Box, size: int) -> int:
    return max(1, min(box.most_lines, int(box.height / (size * box.leading))))


def _shortened(text: Text, box: Box, measure: Measure) -> Lines:
    """Return as much of a text as there is room for, in its smallest size."""
    size = box.sizes[-1]
    width, most = box.width * SLACK / size, _most(box, size)
    parts = [
        part
        for one in _measured(text, pieces(text.chars), measure)
        for part in ([one] if one.width <= width else _letters(text, one, measure))
    ]
    lines = _wrapped(parts, width)
    if len(lines) <= most:
        return Lines(text, size, lines)
    start = lines[most - 1][0]
    last = [one.span[1] for one in parts if start < one.span[1] <= lines[most - 1][1]]
    for end in reversed(last):
        cut = text.cut(end)
        if measure(cut, (start, len(cut.chars))) <= width:
            return Lines(cut, size, [*lines[: most - 1], (start, len(cut.chars))])
    return Lines(text.cut(start), size, lines[: most - 1])


def _measured(text: Text, spans: Sequence[Span], measure: Measure) -> Iterator[_Piece]:
    before = 0
    for start, end in spans:
        gap = measure(text, (before, start)) if start > before else 0
        yield _Piece((start, end), measure(text, (start, end)), gap)
        before = end


def _letters(text: Text, piece: _Piece, measure: Measure) -> Iterator[_Piece]:
    """Yield the letters of a piece that is wider than any line."""
    start, end = piece.span
    gap = piece.gap
    for cluster in clusters(text.chars[start:end]):
        span = (start, start + len(cluster))
        yield _Piece(span, measure(text, span), gap)
        start, gap = span[1], 0


def _wrapped(parts: Sequence[_Piece], width: float) -> list[Span]:
    lines: list[Span] = []
    room = 0.0
    for one in parts:
        room -= one.gap + one.width
        if lines and room >= 0:
            lines[-1] = (lines[-1][0], one.span[1])
            continue
        lines.append(one.span)
        room = width - one.width
    return lines


def _balanced(parts: Sequence[_Piece], width: float, count: int) -> list[Span]:
    """Return as many lines of about equal width: no word stands alone on the last."""
    narrow = max((one.width for one in parts), default=0)
    for _ in range(STEPS):
        middle = (narrow + width) / 2
        if len(_wrapped(parts, middle)) <= count:
            width = middle
        else:
            narrow = middle
    return _wrapped(parts, width)
