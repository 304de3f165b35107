"""Colours, and what can be read on them (WCAG 2.2, success criterion 1.4.3)."""

from __future__ import annotations

from typing import TypeAlias

Colour: TypeAlias = tuple[int, int, int]
WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)


def read(text: str) -> Colour:
    """Return "#1f3a5f" or "#135" as red, green and blue; else `ValueError`.

    >>> read("#1f3a5f"), read("#135")
    ((31, 58, 95), (17, 51, 85))
    """
    digits = text.removeprefix("#")
    if len(digits) == 3:  # noqa: PLR2004  the short form of CSS
        digits = "".join(2 * one for one in digits)
    if len(digits) != 6 or not text.startswith("#"):  # noqa: PLR2004
        raise ValueError(text)
    red, green, blue = bytes.fromhex(digits)
    return red, green, blue


def contrast(one: Colour, other: Colour) -> float:
    """Return how well one is read on the other: from 1 to 21.

    >>> contrast(BLACK, WHITE)
    21.0
    """
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def readable_on(colour: Colour) -> Colour:
    """Return white or black, whichever is read better: never below 4.5."""
    return max(WHITE, BLACK, key=lambda ink: contrast(ink, colour))


def _luminance(colour: Colour) -> float:
    red, green, blue = (
        one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4  # noqa: PLR2004  sRGB
        for one in (part / 255 for part in colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
