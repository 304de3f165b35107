"""Cards: the picture that networks show for an article that has none of its own.

1200 x 630 pixels, as https://ogp.me/ and the networks that read it want them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from publisher.cards import colours, drawing
from publisher.cards.drawing import HEIGHT, WIDTH
from publisher.cards.runs import Case, first_direction
from publisher.errors import SourceError
from publisher.models import Direction, unique

__all__ = ["CALM", "HEIGHT", "PLAIN", "WIDTH", "Theme", "card"]

LONGEST = 600  # characters of a title; no card shows more
CALM = "#1f3a5f"


@dataclass(frozen=True, slots=True)
class Theme:
    """How a site's cards look; `font` is asked before those of the program."""

    colour: str = CALM  # of the band, as in CSS: "#1f3a5f"
    font: Path | None = None


PLAIN = Theme()


def card(
    title: str,
    site: str,
    author: str,
    *,
    direction: Direction = "ltr",
    language: str = "en",
    theme: Theme = PLAIN,
    where: str = "",
) -> bytes:
    """Return the card of an article as PNG: the same words, the same bytes.

    `ConfigError` where Pillow is missing or no font has the letters, and `SourceError`
    where a title has none; `where` is what they call the article.
    """
    bold = Case(language, is_bold=True, own=theme.font, where=where)
    head = bold.set(title[:LONGEST], direction)
    if head.is_blank:
        hint = "Try: a title with letters"
        raise SourceError("the title has nothing to draw", where=where, hint=hint)
    names = [
        replace(bold, is_bold=not number).set(
            name[:LONGEST], first_direction(name, direction)
        )
        for number, name in enumerate(unique((site, author)))
    ]
    names = [one for one in names if not one.is_blank]
    return drawing.draw(
        head,
        names,
        own=drawing.pen([head, *names], language),
        at_right=direction == "rtl",
        colour=colours.read(theme.colour),
    )
