"""Fonts say which letters they have, by their own tables."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.cards import faces
from publisher.cards.faces import Face
from publisher.errors import ConfigError


@pytest.mark.parametrize("is_bold", [True, False])
def test_those_of_the_program_have_what_the_page_says(*, is_bold: bool) -> None:
    fonts = faces.shipped(is_bold=is_bold)
    assert len(fonts) == 3
    for char in "AZéßŁğảΩἄЖїӘسپگאׁ٣۴0…—“”«»€₪ﷲ":
        assert any(one.has(char) for one in fonts), char
    assert not any(one.has("漢") or one.has("\u0378") for one in fonts)


def test_they_are_small_and_their_licence_lies_beside_them() -> None:
    sizes = [path.stat().st_size for path in faces.HERE.glob("*.ttf")]
    assert len(sizes) == 6
    assert sum(sizes) < 1_000_000
    assert "SIL OPEN FONT LICENSE" in (faces.HERE / "OFL.txt").read_text()


def font(table: bytes, *, shapes: bytes = b"glyf") -> bytes:
    """Return a font of nothing but a table of characters."""
    head = b"\0\1\0\0" + struct.pack(">HHHH", 2, 0, 0, 0)
    at = len(head) + 2 * 16
    records = struct.pack(">4sIII", b"cmap", 0, at, len(table))
    return head + records + struct.pack(">4sIII", shapes, 0, at, 0) + table


def groups(*some: tuple[int, int]) -> bytes:
    head = struct.pack(">HHHHI", 0, 1, 3, 10, 12)
    body = struct.pack(">HHIII", 12, 0, 16 + 12 * len(some), 0, len(some))
    return head + body + b"".join(struct.pack(">III", *one, 1) for one in some)


def test_a_table_of_32_bits_is_read(tmp_path: Path) -> None:
    path = tmp_path / "own.ttf"
    path.write_bytes(font(groups((0x41, 0x43), (0x1F41F, 0x1F41F))))
    assert faces.characters(path) == {0x41, 0x42, 0x43, 0x1F41F}


def test_a_font_of_bitmaps_draws_nothing(tmp_path: Path) -> None:
    path = tmp_path / "emoji.ttf"
    path.write_bytes(font(groups((0x1F41F, 0x1F41F)), shapes=b"CBDT"))
    assert not Face(path).has("🐟")


@given(content=st.binary(max_size=60), cut=st.integers(min_value=0, max_value=80))
def test_what_is_no_font_says_so(
    content: bytes, cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("fonts") / "own.ttf"
    path.write_bytes(content + font(groups((0x41, 0x43)))[:cut])
    with pytest.raises(ConfigError, match="is no font"):
        Face(path).has("A")


def test_a_font_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"own\.otf: there is no such file"):
        Face(tmp_path / "own.otf").has("A")
