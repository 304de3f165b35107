"""Titles are as large as they fit, and end in "…" only where they never do."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from publisher.cards.layout import Box, Lines, fitted
from publisher.cards.runs import Case, Text

BOX = Box(width=1000, height=400, sizes=(90, 60, 40), most_lines=5, leading=1.2)


def measure(text: Text, span: tuple[int, int]) -> float:
    """Every letter is half as wide as it is high."""
    return 0.5 * len(text.chars[slice(*span)])


def lines(title: str, box: Box = BOX) -> tuple[Lines, list[str]]:
    text = Case("en", is_bold=True).set(title, "ltr")
    found = fitted(text, box, measure)
    return found, [found.text.chars[start:end] for start, end in found.spans]


def test_a_short_title_is_large() -> None:
    found, said = lines("Lamps")
    assert (found.size, said) == (90, ["Lamps"])


def test_lines_are_about_equally_long() -> None:
    _, said = lines("How the old harbour got it")
    assert said == ["How the old", "harbour got it"]


def test_a_long_title_is_smaller() -> None:
    found, said = lines("lamps and boats " * 8)
    assert (found.size, len(said)) == (60, 4)


def test_a_word_that_is_wider_than_a_line_is_divided() -> None:
    found, said = lines("Leuchtturm" * 7)
    half = "Leuchtturm" * 3 + "Leuch"
    assert said == [f"{half}-", f"tturm{'Leuchtturm' * 3}"]
    assert found.size == 40


@given(
    title=st.text(st.sampled_from("abcdefgh ABC  -— אבג?"), min_size=1, max_size=600)
)
def test_nothing_is_wider_or_higher_than_its_place(title: str) -> None:
    found, said = lines(title)
    assert len(said) <= BOX.most_lines
    assert len(said) * BOX.leading * found.size <= BOX.height
    for span in found.spans:
        assert measure(found.text, span) * found.size <= BOX.width
    shown = "".join("".join(said).split()).replace("-", "")
    whole = "".join(title.split()).replace("-", "")
    if shown.endswith("…"):
        assert found.size == BOX.sizes[-1]
        assert whole.startswith(shown[:-1])
    else:
        assert shown == whole
