"""Fonts: those that travel with the program, and which characters a file has.

Noto Sans, of the SIL Open Font License; see `typefaces/`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO

from publisher import files
from publisher.errors import ConfigError, SourceError

HERE = Path(__file__).parent / "typefaces"
SHIPPED = ("NotoSans", "NotoSansArabic", "NotoSansHebrew")
# Only these hold shapes of any size; a font of coloured pictures has none of them.
_SHAPES = {b"glyf", b"CFF ", b"CFF2"}
_KINDS = {b"\0\1\0\0", b"OTTO", b"true"}
# Platform and encoding of a table of Unicode characters, the fullest first.
_UNICODE = ((3, 10), (0, 6), (0, 4), (3, 1), (0, 3), (0, 2), (0, 1), (0, 0))
_MOST_GROUPS = 1 << 16


@dataclass(frozen=True, slots=True)
class Face:
    """A font in a file; `index` is its number in a collection of several."""

    path: Path
    index: int = 0

    def has(self, char: str) -> bool:
        """Say whether it can draw a character. `ConfigError` where it is no font."""
        return ord(char) in characters(self.path, self.index)


def shipped(*, is_bold: bool) -> list[Face]:
    """Return the fonts that travel with the program."""
    weight = "Bold" if is_bold else "Regular"
    return [Face(HERE / f"{name}-{weight}.ttf") for name in SHIPPED]


@cache
def characters(path: Path, index: int = 0) -> frozenset[int]:
    """Return the code points that a font has; none where it has only bitmaps.

    Reads OpenType's `cmap`, of the formats 4 and 12:
    https://learn.microsoft.com/typography/opentype/spec/cmap
    """
    try:
        with files.opened(path) as file:
            return frozenset(_characters(file, index))
    except SourceError as error:
        raise _unreadable(path, error.message) from None
    except (struct.error, LookupError, ValueError, OSError):
        raise _unreadable(path, "is no font") from None


def _unreadable(path: Path, why: str) -> ConfigError:
    hint = "Try: a .ttf, .otf or .ttc file below cards: {font: FILE}"
    return ConfigError(why, where=str(path), hint=hint)


def _characters(file: BinaryIO, index: int) -> set[int]:
    kind, start = file.read(4), 0
    if kind == b"ttcf":
        (start,) = _read(file, 12 + 4 * index, ">I")
    elif kind not in _KINDS:
        raise ValueError(kind)
    tables = dict(_tables(file, start))
    form, place = _best(file, tables[b"cmap"])
    if not _SHAPES & tables.keys():
        return set()
    found = _segments(file, place) if form == 4 else _groups(file, place)  # noqa: PLR2004
    return set(found)


def _read(file: BinaryIO, at: int, form: str) -> tuple[int, ...]:
    file.seek(at)
    found: tuple[int, ...] = struct.unpack(form, file.read(struct.calcsize(form)))
    return found


def _tables(file: BinaryIO, start: int) -> Iterator[tuple[bytes, int]]:
    (count,) = _read(file, start + 4, ">H")
    for number in range(count):
        file.seek(start + 12 + 16 * number)
        tag, _, at, _ = struct.unpack(">4sIII", file.read(16))
        yield tag, at


def _best(file: BinaryIO, at: int) -> tuple[int, int]:
    """Return the format and the place of the fullest table of Unicode."""
    (count,) = _read(file, at + 2, ">H")
    records = [_read(file, at + 4 + 8 * number, ">HHI") for number in range(count)]
    places = {(platform, kind): at + offset for platform, kind, offset in records}
    for one in _UNICODE:
        if one in places:
            (form,) = _read(file, places[one], ">H")
            if form in {4, 12}:
                return form, places[one]
    raise ValueError("no table of Unicode characters")


def _groups(file: BinaryIO, at: int) -> Iterator[int]:
    (count,) = _read(file, at + 12, ">I")
    numbers = _read(file, at + 16, f">{3 * min(count, _MOST_GROUPS)}I")
    for first, last, glyph in zip(*(numbers[one::3] for one in range(3)), strict=True):
        yield from range(first + (glyph == 0), min(last, 0x10FFFF) + 1)


def _segments(file: BinaryIO, at: int) -> Iterator[int]:
    length, _, twice = _read(file, at + 2, ">HHH")
    count = twice // 2
    words = _read(file, at, f">{length // 2}H")
    ends, starts = words[7 : 7 + count], words[8 + count : 8 + 2 * count]
    deltas = words[8 + 2 * count : 8 + 3 * count]
    base = 8 + 3 * count
    for number in range(count):
        offset = words[base + number]
        for code in range(starts[number], min(ends[number], 0xFFFE) + 1):
            glyph = code
            if offset:
                glyph = words[base + number + offset // 2 + code - starts[number]]
            is_none = offset and not glyph
            if not is_none and (glyph + deltas[number]) & 0xFFFF:
                yield code
