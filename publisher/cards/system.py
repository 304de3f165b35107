"""Fonts of this machine, for what those of the program have not: CJK and the like."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from publisher.cards.faces import Face
from publisher.errors import ConfigError

SECONDS = 10  # a first call of fontconfig makes its cache
# fontconfig knows Chinese by countries.
_CHINESE = {"hant": "zh-tw", "tw": "zh-tw", "hk": "zh-hk", "mo": "zh-hk"}
# Where fonts are that fontconfig did not name, or where there is none of it.
_KNOWN = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-{weight}.ttc",  # Debian
    "/usr/share/fonts/noto-cjk/NotoSansCJK-{weight}.ttc",  # Arch
    "/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-{weight}.ttc",  # Fedora
    "/System/Library/Fonts/Supplemental/Arial Unicode.ttf",  # macOS
    "C:/Windows/Fonts/YuGothB.ttc",
    "C:/Windows/Fonts/msyhbd.ttc",
    "C:/Windows/Fonts/malgunbd.ttf",
)
_NOTO = {"ja": 0, "ko": 1, "zh-cn": 2, "zh-tw": 3, "zh-hk": 4}  # in its collections


@cache
def face_with(char: str, *, language: str, is_bold: bool) -> Face | None:
    """Return a font that has a character, as that language writes it, if any does."""
    tag = _tag(language)
    for face in (
        *_matching(char, tag, is_bold=is_bold),
        *_known(tag, is_bold=is_bold),
    ):
        try:
            if face.has(char):
                return face
        except ConfigError:  # it is there, and is no font that we read
            continue
    return None


def _tag(language: str) -> str:
    """Return a language as fontconfig calls it; what is none is nothing.

    >>> _tag("zh-Hant-TW"), _tag("zh"), _tag("pt-BR"), _tag(":file=/x")
    ('zh-tw', 'zh-cn', 'pt', '')
    """
    first, *rest = language.lower().replace("_", "-").split("-")
    if first == "zh":
        return next((_CHINESE[one] for one in rest[::-1] if one in _CHINESE), "zh-cn")
    return first if re.fullmatch("[a-z]{2,3}", first) else ""


def _matching(char: str, tag: str, *, is_bold: bool) -> Iterator[Face]:
    """Ask fontconfig, which names its best even where that has not the character."""
    program = shutil.which("fc-match")
    if not program:
        return
    weight = ":bold" if is_bold else ""
    spoken = f":lang={tag}" if tag else ""
    pattern = f"sans-serif{weight}{spoken}:charset={ord(char):x}"
    try:
        done = subprocess.run(  # noqa: S603  no shell, and nothing of the title
            [program, "-f", "%{file}\t%{index}", pattern],
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return
    path, _, index = done.stdout.partition("\t")
    if path and index.isdecimal():
        # Above 16 bits stands which instance of a variable font it is.
        yield Face(Path(path), int(index) & 0xFFFF)


def _known(tag: str, *, is_bold: bool) -> Iterator[Face]:
    weight = "Bold" if is_bold else "Regular"
    for one in _KNOWN:
        path = Path(one.format(weight=weight))
        if path.is_file():
            yield Face(path, _NOTO.get(tag, 0) if "NotoSansCJK" in one else 0)
