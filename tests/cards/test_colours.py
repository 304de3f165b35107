"""Whatever colour a site has, the names on it can be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.cards import colours
from publisher.cards.drawing import INK, PAPER

ONE = st.integers(min_value=0, max_value=255)


@given(colour=st.tuples(ONE, ONE, ONE))
def test_names_are_readable_on_any_colour(colour: colours.Colour) -> None:
    assert colours.contrast(colours.readable_on(colour), colour) >= 4.5


def test_the_title_is_readable() -> None:
    assert colours.contrast(INK, PAPER) >= 7


@pytest.mark.parametrize("text", ["", "red", "#12", "#12345", "1f3a5f", "#1f3a5g"])
def test_what_is_no_colour_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  it says the text, and no more
        colours.read(text)
