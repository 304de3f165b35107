"""Cards: drawn whole, in every script, and the same each time."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher import cards, pictures
from publisher.cards import drawing
from publisher.cards.drawing import BAND, HEIGHT, MARGIN, OVERHANG, RAMP, WIDTH
from publisher.cards.runs import Case, Text
from publisher.cards.system import face_with
from publisher.errors import ConfigError, PublisherError, SourceError
from publisher.models import Direction

Image = pytest.importorskip("PIL.Image", reason="Pillow, of the extra images")
features = pytest.importorskip("PIL.features")
shaped = pytest.mark.skipif(
    not features.check("raqm"), reason="FriBiDi (libfribidi0) is not on this machine"
)

PAGE = (0, 0, WIDTH, HEIGHT - BAND)
# Letters without marks above others: only those may stand higher than their line.
WORDS = st.text(
    st.sampled_from("aAgjÉßÅWMiЖщΩ  -—…!?()12 אבםץ سلامڭپ ١ 🐟"), max_size=160
)


def drawn(
    title: str,
    site: str = "The Lantern",
    author: str = "Ana Writer",
    *,
    direction: Direction = "ltr",
    language: str = "en",
) -> Any:
    content = cards.card(title, site, author, direction=direction, language=language)
    return Image.open(io.BytesIO(content))


def page(title: str, **how: Any) -> tuple[int, int, int, int]:
    """Return where the title's first and last points of ink are."""
    found: tuple[int, int, int, int] = drawn(title, **how).crop(PAGE).getbbox()
    return found


def set_in(text: str, direction: Direction) -> tuple[Text, drawing.Pen]:
    made = Case("ar", is_bold=True).set(text, direction)
    return made, drawing.pen([made], "ar")


def test_it_is_as_large_as_networks_want_and_small_in_bytes() -> None:
    content = cards.card("How the lamps were lit", "The Lantern", "Ana Writer")
    assert pictures.look(content) == pictures.Look("image/png", 1200, 630)
    assert len(content) < 40_000


@shaped
def test_the_same_words_are_the_same_bytes() -> None:
    for title in ("How the lamps were lit", "كيف حصل الميناء على منارته"):
        one, other = (cards.card(title, "The Lantern", "ليلى") for _ in range(2))
        assert one == other
    assert cards.card("Lamps", "", "") != cards.card("Lamp", "", "")


@shaped
@given(
    title=WORDS,
    site=WORDS,
    author=WORDS,
    direction=st.sampled_from(["ltr", "rtl"]),
)
def test_nothing_stands_in_the_margins(
    title: str, site: str, author: str, direction: Direction
) -> None:
    try:
        made = drawn(title, site, author, direction=direction)
    except SourceError:
        return
    edge = MARGIN - OVERHANG + 1
    for left, right in ((0, edge), (WIDTH - edge, WIDTH)):
        assert made.crop((left, 0, right, HEIGHT - BAND)).getextrema() == (0, 0)
        band = made.crop((left, HEIGHT - BAND, right, HEIGHT))
        assert band.getextrema() == (RAMP, RAMP)
    for top, bottom in ((0, 24), (HEIGHT - BAND - 20, HEIGHT - BAND)):
        assert made.crop((0, top, WIDTH, bottom)).getextrema() == (0, 0)


def test_marks_without_end_stay_on_the_page() -> None:
    made = drawn("Z" + "\u0301\u0316" * 60)
    assert made.crop((0, HEIGHT - BAND, WIDTH, HEIGHT)).getextrema()[0] == RAMP


def test_a_title_begins_at_the_left_or_at_the_right() -> None:
    left, _, right, _ = page("Lamps")
    assert abs(left - MARGIN) < 12
    assert right < WIDTH / 2


@shaped
def test_a_title_from_right_to_left_begins_at_the_right() -> None:
    left, _, right, _ = page("المنارة", direction="rtl", language="ar")
    assert abs(right - (WIDTH - MARGIN)) < 12
    assert left > WIDTH / 2


@shaped
def test_arabic_letters_are_joined() -> None:
    word = "منارة"
    whole, own = set_in(word, "rtl")
    joined = own.width(whole, (0, len(word)))
    apart = 0.0
    for letter in word:
        alone, _ = set_in(letter, "rtl")
        apart += own.width(alone, (0, 1))
    assert joined < 0.9 * apart


@shaped
@pytest.mark.parametrize("text", ["سلام ٣.١٣ «في» ١٢٣!", "المنارة", "«ليلى» - ٥: أ"])
def test_a_line_is_what_raqm_makes_of_it_as_a_whole(text: str) -> None:
    made, own = set_in(text, "rtl")
    (face,) = set(made.faces)
    font = own._font(face, 60)
    whole = font.getlength(text, direction="rtl", language="ar")
    assert own.pixels(made.runs(0, len(text)), 60) == pytest.approx(whole, abs=1)


def test_each_part_has_a_font_that_has_its_letters() -> None:
    made = Case("ar", is_bold=True).set("تعلم Python 3 (شلום)", "rtl")
    for char, face in zip(made.chars, made.faces, strict=True):
        assert face.has(char)
    assert len(set(made.faces)) == 3


@pytest.mark.parametrize(
    ("char", "language"), [("漢", "ja"), ("旧", "zh-CN"), ("등", "ko"), ("क", "hi")]
)
def test_other_scripts_are_drawn_with_fonts_of_the_machine(
    char: str, language: str
) -> None:
    if face_with(char, language=language, is_bold=True) is None:
        pytest.skip("the fonts of Noto (fonts-noto-cjk) are not on this machine")
    assert page(char * 3, language=language)


def test_a_letter_that_no_font_has_makes_no_card() -> None:
    with pytest.raises(ConfigError, match=r"lamps.md: .*U\+0378.*fonts-noto-core"):
        cards.card("Lamp \u0378", "", "", where="lamps.md")


def test_emoji_are_left_out() -> None:
    plain = cards.card("Fish & chips", "The Lantern", "")
    for title in (
        "🐟 Fish & chips",
        "Fish & 👩\u200d👩\u200d👧 chips 🇮🇹",
        "Fish & chips ☀️",
    ):
        assert cards.card(title, "The Lantern", "") == plain


@pytest.mark.parametrize("title", ["", " ", "🐟", "\u200b\u200d", "\x00\u202e"])
def test_a_title_without_letters_has_no_card(title: str) -> None:
    with pytest.raises(SourceError, match="nothing to draw"):
        cards.card(title, "The Lantern", "Ana Writer")


@given(title=st.text(max_size=60))
def test_no_title_is_a_reason_to_crash(title: str) -> None:
    try:
        content = cards.card(title, title, title)
    except PublisherError:
        return
    assert pictures.look(content)


def test_without_fribidi_only_simple_letters_are_drawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    check: Callable[[str], bool] = features.check
    monkeypatch.setattr(features, "check", lambda one: one != "raqm" and check(one))
    assert page("Lamps")
    with pytest.raises(ConfigError, match="libfribidi0"):
        cards.card("سلام", "The Lantern", "", direction="rtl")


def test_a_font_of_the_owner_comes_first() -> None:
    from publisher.cards.faces import HERE

    own = cards.Theme(font=HERE / "NotoSans-Regular.ttf")
    usual, thin = (cards.card("Lamps", "", "", theme=one) for one in (cards.PLAIN, own))
    assert usual != thin


def test_without_pillow_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ConfigError, match=r"publisher\[images\]"):
        cards.card("Lamps", "The Lantern", "Ana Writer")
