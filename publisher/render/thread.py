"""Threads: a long text in parts, cut where a sentence ends, each with its number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from publisher.models import Limits
from publisher.text import sentences

MOST = 25  # parts; who has more to say writes an article


def cut(text: str, limits: Limits) -> tuple[str, ...]:
    """Return a text in parts that fit, numbered; none where that cannot be.

    Between sentences where it can be, else between words: no word, link, hashtag or
    emoji is ever cut.

    >>> cut("One day. Another day.", Limits(length=20))
    ('One day. (1/2)', 'Another day. (2/2)')
    """
    from publisher.units import fits

    if fits(text, limits):
        return (text,)
    # The number of parts is part of each of them: with more digits there are more.
    for digits in (1, 2):
        parts = _packed(text, _less(limits, len(" (/)") + 2 * digits))
        if parts and len(f"{len(parts)}") <= digits and len(parts) <= MOST:
            return tuple(
                f"{part} ({number}/{len(parts)})"
                for number, part in enumerate(parts, start=1)
            )
    return ()


def _less(limits: Limits, room: int) -> Limits:
    return replace(
        limits,
        length=limits.length and limits.length - room,
        byte_length=limits.byte_length and limits.byte_length - room,
    )


def _packed(text: str, limits: Limits) -> Sequence[str]:
    """Fill one part after another; nothing where a single word is too long."""
    from publisher.units import fits

    parts: list[str] = []
    for before, piece in _pieces(text, limits):
        longer = f"{parts[-1]}{before}{piece}" if parts else piece
        if parts and fits(longer, limits):
            parts[-1] = longer
        elif fits(piece, limits):
            parts.append(piece)
        else:
            return ()
    return parts


def _pieces(text: str, limits: Limits) -> Iterator[tuple[str, str]]:
    """Yield what is not cut, with what stands before it: sentences, or their words."""
    from publisher.units import fits

    for paragraph in text.split("\n\n"):
        before, rest = "\n\n", paragraph
        for sentence in sentences(paragraph):
            gap, _, rest = rest.partition(sentence)
            before = before if before == "\n\n" else gap  # Chinese has no spaces
            pieces = [sentence] if fits(sentence, limits) else sentence.split()
            for piece in pieces:
                yield before, piece
                before = " "
