"""Text as it is drawn: each part with a font that has it, in its place on the line."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path

from publisher.cards import bidi
from publisher.cards.breaking import BREAK, EMOJI, JOINER, clusters, is_ideograph
from publisher.cards.faces import Face, shipped
from publisher.cards.system import face_with
from publisher.errors import ConfigError
from publisher.models import Direction

_PICTURES = 0x1F000  # from here on symbols are emoji
_KEPT = {JOINER, "\u200c", BREAK, "\u200e", "\u200f"}  # without a shape of their own
_EMBEDDING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
_HANGUL = range(0xAC00, 0xD7B0)


@dataclass(frozen=True, slots=True)
class Run:
    """A part of a line: one font, one direction."""

    text: str
    face: Face
    direction: Direction


@dataclass(frozen=True)
class Text:
    """A text with the font of each character; `base` is its direction as a whole."""

    chars: str
    faces: tuple[Face, ...]
    base: Direction

    @cached_property
    def _levels(self) -> list[int]:
        return bidi.levels(self.chars, base=self._base)

    @property
    def _base(self) -> int:
        return 1 if self.base == "rtl" else 0

    def runs(self, start: int, end: int) -> list[Run]:
        """Return what stands on a line with these characters, from left to right."""
        chars = self.chars[start:end]
        levels = bidi.at_line_end(chars, self._levels[start:end], base=self._base)
        alike = groupby(
            range(len(chars)), lambda at: (self.faces[start + at], levels[at])
        )
        runs, depths = [], []
        for (face, level), group in alike:
            places = list(group)
            direction: Direction = "rtl" if level % 2 else "ltr"
            runs.append(Run(chars[places[0] : places[-1] + 1], face, direction))
            depths.append(level)
        return bidi.visual(runs, depths)

    @property
    def is_simple(self) -> bool:
        """Whether letters can be drawn one beside the other, as they come."""
        kinds = {unicodedata.bidirectional(one) for one in self.chars}
        return self.base == "ltr" and not kinds & {"R", "AL", "AN", "NSM"}

    @property
    def is_blank(self) -> bool:
        """Whether nothing of it can be seen."""
        return all(_is_shapeless(one) or one.isspace() for one in self.chars)

    def hyphenated(self, start: int, word: str) -> Text:
        """Return the text with hyphens in the word that begins at a place."""
        chars, faces = list(self.chars), list(self.faces)
        for at, char in enumerate(word, start):
            if char == "-":
                chars.insert(at, char)
                faces.insert(at, faces[at - 1])
        return Text("".join(chars), tuple(faces), self.base)

    def cut(self, end: int) -> Text:
        """Return what stands before a place, with "…" for the rest."""
        kept = self.chars[:end].rstrip()
        face = next((one for one in self.faces[:end][::-1] if one.has("…")), None)
        last = [face or shipped(is_bold=True)[0]]
        return Text(f"{kept}…", (*self.faces[: len(kept)], *last), self.base)


def first_direction(text: str, otherwise: Direction) -> Direction:
    """Return the direction of the first letter that has one."""
    for char in text:
        match unicodedata.bidirectional(char):
            case "L":
                return "ltr"
            case "R" | "AL":
                return "rtl"
    return otherwise


@dataclass(frozen=True, slots=True)
class Case:
    """The fonts for a text, in the order in which they are asked."""

    language: str
    is_bold: bool
    own: Path | None = None
    where: str = ""  # what an error calls the article

    def set(self, text: str, base: Direction) -> Text:
        """Give each letter a font; `ConfigError` where none has it.

        Emoji and symbols that no font has are left out.
        """
        found = list(self._filled(clusters(_plain(text))))
        chars, faces = list[str](), list[Face]()
        for cluster, face in found:
            if cluster == " " and (not chars or chars[-1] == " "):
                continue
            chars.append(cluster)
            faces += [face] * len(cluster)
        while chars and chars[-1] == " ":
            chars.pop()
            faces.pop()
        return Text("".join(chars), tuple(faces), base)

    def _filled(self, parts: Sequence[str]) -> Iterator[tuple[str, Face]]:
        """Yield letters with their fonts; signs have that of the letter before them.

        Else that of the next, so that both quotation marks are of one font.
        """
        faces = self._faces()
        letters = [
            self._face(one, faces) if one[0].isalpha() else None for one in parts
        ]
        follows: list[Face | None] = []
        for face in reversed(letters):
            follows.append(face or (follows[-1] if follows else None))
        before = None
        for part, face, after in zip(parts, letters, reversed(follows), strict=True):
            before = face or before
            beside = [one for one in (before, after) if one and _covers(one, part)]
            own = face or next(iter(beside), None) or self._face(part, faces)
            if own:
                yield part, own

    def _faces(self) -> list[Face]:
        own = [Face(self.own)] if self.own else []
        return own + shipped(is_bold=self.is_bold)

    def _face(self, cluster: str, faces: Sequence[Face]) -> Face | None:
        found = next((one for one in faces if _covers(one, cluster)), None)
        if found or _is_emoji(cluster):
            return found
        missing = [char for char in cluster if not _is_shapeless(char)]
        for char in missing:
            one = face_with(char, language=self.language, is_bold=self.is_bold)
            if one and _covers(one, cluster):
                return one
        if _is_symbol(cluster):
            return None
        raise _no_font(missing[0], self.where)


def _covers(face: Face, cluster: str) -> bool:
    return all(_is_shapeless(one) or face.has(one) for one in cluster)


def _is_shapeless(char: str) -> bool:
    is_variant = 0xFE00 <= ord(char) <= 0xFE0F or 0xE0100 <= ord(char) <= 0xE01EF  # noqa: PLR2004
    return char in _KEPT or is_variant


def _is_emoji(cluster: str) -> bool:
    is_picture = _is_symbol(cluster) and ord(cluster[0]) >= _PICTURES
    return is_picture or EMOJI in cluster or "\u20e3" in cluster


def _is_symbol(cluster: str) -> bool:
    return unicodedata.category(cluster[0]) in {"So", "Sk"} or cluster[0] in _KEPT


def _plain(text: str) -> str:
    """Return one line: no control characters, no embeddings, no soft hyphens."""
    kept = []
    for char in unicodedata.normalize("NFC", text):
        category = unicodedata.category(char)
        if char.isspace():
            kept.append("\u00a0" if char in "\u00a0\u202f" else " ")
        elif char in _KEPT or category not in {"Cc", "Cf", "Cs"}:
            kept.append(char)
    return "".join(kept)


def _no_font(char: str, where: str) -> ConfigError:
    is_eastern = is_ideograph(char) or ord(char) in _HANGUL
    package = "fonts-noto-cjk" if is_eastern else "fonts-noto-core"
    code = f"U+{ord(char):04X}"
    shown = f'"{char}" ({code})' if char.isprintable() else code
    return ConfigError(
        f"no font of this machine has {shown}",
        where=where,
        hint=f"Try: apt install {package}, or cards: {{font: FILE}} in publisher.yaml",
    )
