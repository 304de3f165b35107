"""Two directions on one line, as Unicode says and as FriBiDi does it."""

from __future__ import annotations

import ctypes
import ctypes.util

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.cards import bidi

# Each kind of character that the rules know, and pairs of brackets. Marks stand on
# letters: FriBiDi 1.0.8 loses a bracket that follows one on a sign.
MARKED = ("a\u0301", "ש\u05b0", "ب\u064b", "ب\u200d")
SIGNS = (
    *MARKED,
    *"aZéя אבג ערב سلام ١٢٣ ۴۵ 059 +-. ,:/ $%٪ #€ !?&… ()[]{}«» \u200e\u200f",
)


def reordered(text: str, *, base: int) -> str:
    """Return the letters from left to right."""
    levels = bidi.at_line_end(text, bidi.levels(text, base=base), base=base)
    return "".join(bidi.visual(text, levels))


@pytest.mark.parametrize(
    ("text", "base", "seen"),
    [
        ("car אבג", 0, "car גבא"),
        ("אבג car", 1, "car גבא"),
        ("אבג 12 דה", 1, "הד 12 גבא"),
        ("אבג (car)", 1, ")car( גבא"),
        ("car (אבג)!", 0, "car (גבא)!"),
        ("سلام 3.13", 1, "3.13 مالس"),
        ("$5 אבג", 1, "גבא $5"),
        ("أ - ب", 0, "ب - أ"),
    ],
)
def test_a_reader_finds_it_in_order(text: str, base: int, seen: str) -> None:
    assert reordered(text, base=base) == seen


def test_spaces_at_the_end_of_a_line_stand_at_its_end() -> None:
    levels = bidi.levels("car אבג דה", base=0)
    line = "car אבג "
    assert bidi.at_line_end(line, levels[:8], base=0)[-1] == 0


def fribidi() -> ctypes.CDLL:
    try:
        return ctypes.CDLL("libfribidi.so.0")
    except OSError:
        pytest.skip("FriBiDi (libfribidi0) is not on this machine")


@settings(max_examples=300)
@given(
    text=st.lists(st.sampled_from(SIGNS), max_size=24).map("".join),
    base=st.sampled_from([0, 1]),
)
def test_levels_are_those_of_fribidi(text: str, base: int) -> None:
    library = fribidi()
    size = len(text)
    codes = (ctypes.c_uint32 * size)(*map(ord, text))
    kinds, brackets = (ctypes.c_uint32 * size)(), (ctypes.c_uint32 * size)()
    found = (ctypes.c_int8 * size)()
    library.fribidi_get_bidi_types(codes, size, kinds)
    library.fribidi_get_bracket_types(codes, size, kinds, brackets)
    direction = ctypes.c_uint32(0x111 if base else 0x110)  # FRIBIDI_PAR_RTL, _LTR
    library.fribidi_get_par_embedding_levels_ex(
        kinds, brackets, size, ctypes.byref(direction), found
    )
    # It counts spaces at the end of the paragraph as the end of a line.
    ours = bidi.at_line_end(text, bidi.levels(text, base=base), base=base)
    shown = [at for at, char in enumerate(text) if char != "\u200d"]
    assert [ours[at] for at in shown] == [found[at] for at in shown]
