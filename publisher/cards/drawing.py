"""The picture itself: a light page, the title on it, and a band of the site's colour.

Only here is Pillow. Its wheels shape letters with HarfBuzz (Raqm), and need FriBiDi of
the machine for that: https://pillow.readthedocs.io/en/stable/installation/
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from publisher.cards.colours import Colour, readable_on
from publisher.cards.faces import Face
from publisher.cards.layout import SLACK, Box, Lines, Span, fitted
from publisher.cards.runs import Run, Text
from publisher.errors import ConfigError

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

WIDTH, HEIGHT = 1200, 630  # pixels
MARGIN = 80
OVERHANG = 16  # how far a swash may stand into the margin
BAND = 118  # its height, at the foot
PAPER: Colour = (251, 250, 247)
INK: Colour = (22, 27, 34)
RAMP = 128  # shades from paper to ink
UNIT = 100  # the size at which text is measured
TITLE = Box(WIDTH - 2 * MARGIN, 396, (92, 84, 76, 68, 60, 54, 48, 44, 40), 5, 1.22)
NAMES = (36, 32, 28)
BETWEEN = 48  # the site and the author, at least
LEAST = 0.42  # of the band is left to an author whose site has a long name
_TALL = 1.5  # from line to line, of scripts with marks above and below
_TALL_ONES = range(0x0590, 0x1E00)  # from Hebrew to where more of Latin comes
_EASTERN = 0x2E80
_ROOF = 0.36  # of a capital letter is above the middle of a line, at size 1


@dataclass(frozen=True, slots=True)
class Pen:
    """What measures and draws text in one language; `shapes` says whether with Raqm."""

    language: str
    shapes: bool

    def width(self, text: Text, span: Span) -> float:
        """Return how wide a part of a line is, at size 1."""
        return self.pixels(text.runs(*span), UNIT) / UNIT

    def pixels(self, runs: Sequence[Run], size: int) -> float:
        """Return how wide runs are together, in pixels."""
        return sum(self._length(run, size) for run in runs)

    def _length(self, run: Run, size: int) -> float:
        font = self._font(run.face, size)
        return float(font.getlength(run.text, **self._how(run)))

    def mask(self, lines: Lines, *, width: float, height: float, end: bool) -> Image:
        """Draw lines in a box of their own, which nothing leaves.

        It has room on both sides for what hangs over. `end` puts lines at the right.
        """
        from PIL.Image import new
        from PIL.ImageDraw import Draw

        made = new("L", (int(width) + 2 * OVERHANG, int(height)), 0)
        draw = Draw(made)
        step = lines.size * _leading(lines.text)
        middle = (height - step * (len(lines.spans) - 1)) / 2
        for number, span in enumerate(lines.spans):
            runs = lines.text.runs(*span)
            x = OVERHANG + (width - self.pixels(runs, lines.size) if end else 0.0)
            y = round(middle + number * step + _ROOF * lines.size)
            for run in runs:
                font = self._font(run.face, lines.size)
                draw.text((x, y), run.text, 255, font, anchor="ls", **self._how(run))
                x += self._length(run, lines.size)
        return made

    def _how(self, run: Run) -> dict[str, Any]:
        if not self.shapes:
            return {}
        return {"direction": run.direction, "language": self.language or None}

    def _font(self, face: Face, size: int) -> FreeTypeFont:
        return _font(face, size, shapes=self.shapes)


@lru_cache(maxsize=64)
def _font(face: Face, size: int, *, shapes: bool) -> FreeTypeFont:
    from PIL.ImageFont import Layout, truetype

    engine = Layout.RAQM if shapes else Layout.BASIC
    try:
        return truetype(str(face.path), size, index=face.index, layout_engine=engine)
    except OSError:
        hint = "Try: a .ttf, .otf or .ttc file below cards: {font: FILE}"
        raise ConfigError("is no font", where=str(face.path), hint=hint) from None


def pen(texts: Sequence[Text], language: str) -> Pen:
    """Return what draws these texts; `ConfigError` where this machine cannot."""
    try:
        from PIL import features
    except ImportError:
        raise ConfigError(
            "a card is drawn by Pillow, which is not there",
            hint="Try: pip install 'publisher[images]'",
        ) from None
    shapes = features.check("raqm")
    if not shapes and not all(one.is_simple for one in texts):
        raise ConfigError(
            "the letters of a card cannot be joined without FriBiDi and Raqm",
            hint="Try: apt install libfribidi0",
        )
    return Pen(language, shapes)


def draw(
    title: Text, names: Sequence[Text], *, own: Pen, at_right: bool, colour: Colour
) -> bytes:
    """Return the card as PNG; of the names the first stands where lines begin."""
    from PIL.Image import new

    # One byte a pixel, of two ramps of colours: a fifth of the time, half of the size.
    made = new("P", (WIDTH, HEIGHT), 0)
    made.putpalette(_ramp(PAPER, INK) + _ramp(colour, readable_on(colour)))
    box = replace(TITLE, leading=_leading(title))
    lines = fitted(title, box, own.width)
    page = own.mask(lines, width=box.width, height=HEIGHT - BAND, end=at_right)
    made.paste(page.point(lambda ink: ink // 2), (MARGIN - OVERHANG, 0))
    made.paste(RAMP, (0, HEIGHT - BAND, WIDTH, HEIGHT))
    for number, (name, width) in enumerate(_shared(names, own)):
        is_right = at_right != (number > 0)
        one = fitted(name, Box(width, BAND, NAMES, 1, 1), own.width)
        mask = own.mask(one, width=width, height=BAND, end=is_right)
        x = WIDTH - MARGIN - int(width) if is_right else MARGIN
        place = (x - OVERHANG, HEIGHT - BAND)
        made.paste(mask.point(lambda ink: RAMP + ink // 2), place)
    out = io.BytesIO()
    made.save(out, "PNG")
    return out.getvalue()


def _ramp(paper: Colour, ink: Colour) -> list[int]:
    """Return the colours from paper to ink, one after the other."""
    return [
        paper[part] + (ink[part] - paper[part]) * step // (RAMP - 1)
        for step in range(RAMP)
        for part in range(3)
    ]


def _leading(text: Text) -> float:
    """Return how far lines are apart: more where marks stand above and below."""
    is_tall = any(ord(one) in _TALL_ONES or ord(one) >= _EASTERN for one in text.chars)
    return _TALL if is_tall else TITLE.leading


def _shared(names: Sequence[Text], own: Pen) -> list[tuple[Text, float]]:
    """Return names with the width that each may take; a second one yields."""
    room: float = TITLE.width
    wanted = [
        own.width(name, (0, len(name.chars))) * NAMES[0] / SLACK + 1 for name in names
    ]
    found = []
    for number, name in enumerate(names):
        others = sum(wanted[number + 1 :])
        kept = min(LEAST * room, others + BETWEEN) if others else 0
        width = min(wanted[number], room - kept)
        found.append((name, width))
        room -= width + BETWEEN
    return found
