"""Pictures: what they are by their own bytes, and smaller ones where they are large.

Only Pillow, an extra, can make them smaller; to look at one takes no package.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.errors import ConfigError, SourceError
from publisher.models import Limits

if TYPE_CHECKING:
    from PIL.Image import Image

QUALITIES = (90, 80, 70, 60)  # of a JPEG
SMALLER = 0.75  # of each side, where the worst quality is too large still
STEPS = 12
MOST_PIXELS = 100_000_000  # beyond it a picture is a trap
# Frames of a JPEG that say how large it is: ITU T.81, table B.1.
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
MARKER = 0xFF
_BARE = range(0xD0, 0xD9)  # without a length


@dataclass(frozen=True, slots=True)
class Look:
    """What a picture is; sides in pixels."""

    media_type: str
    width: int
    height: int


def look(content: bytes) -> Look | None:
    """Say what a picture is, by its own bytes; None where it is none that we know.

    PNG, JPEG, GIF and WebP.
    """
    try:
        return next(filter(None, (one(content) for one in _KINDS)), None)
    except (struct.error, IndexError, StopIteration):
        return None


def fitted(content: bytes, limits: Limits, *, where: str = "") -> bytes:
    """Return a picture that a network takes: the same, or a smaller one.

    `SourceError` where it is none, and `ConfigError` where Pillow is needed and is not
    there.
    """
    found = look(content)
    if found is None:
        hint = "Try: PNG, JPEG, GIF or WebP"
        raise SourceError("is no picture that networks take", where=where, hint=hint)
    if _is_small(content, found, limits):
        return content
    return _smaller(content, found, limits, where)


def _is_small(content: bytes, found: Look, limits: Limits) -> bool:
    most, pixels = limits.image_bytes, limits.image_pixels
    return (most is None or len(content) <= most) and (
        pixels is None or found.width * found.height <= pixels
    )


def _smaller(content: bytes, found: Look, limits: Limits, where: str) -> bytes:
    try:
        from PIL import Image, ImageOps
    except ImportError:
        raise ConfigError(
            f"is too large ({len(content):,} bytes): making it smaller needs Pillow",
            where=where,
            hint="Try: pip install 'publisher[images]', or a smaller picture",
        ) from None
    if found.width * found.height > MOST_PIXELS:
        raise SourceError(f"has {found.width} x {found.height} pixels", where=where)
    try:
        with Image.open(io.BytesIO(content)) as opened:
            image = ImageOps.exif_transpose(opened)
            for made in _tries(image, limits):
                if limits.image_bytes is None or len(made) <= limits.image_bytes:
                    return made
    except (OSError, ValueError, SyntaxError) as error:
        kind = type(error).__name__
        raise SourceError(
            f"cannot be read as a picture ({kind})", where=where
        ) from None
    raise SourceError("cannot be made small enough", where=where)


def _tries(image: Image, limits: Limits) -> Iterator[bytes]:
    """Yield ever smaller ones, as JPEG on white."""
    from PIL.Image import new

    if limits.image_pixels and image.width * image.height > limits.image_pixels:
        scale = (limits.image_pixels / (image.width * image.height)) ** 0.5
        image = _scaled(image, scale)
    flat = new("RGB", image.size, "white")
    layer = image.convert("RGBA")
    flat.paste(layer, mask=layer)
    for _ in range(STEPS):
        for quality in QUALITIES:
            out = io.BytesIO()
            flat.save(out, "JPEG", quality=quality, optimize=True)
            yield out.getvalue()
        flat = _scaled(flat, SMALLER)


def _scaled(image: Image, scale: float) -> Image:
    sides = (max(1, int(image.width * scale)), max(1, int(image.height * scale)))
    return image.resize(sides)


# --- what their bytes say ----------------------------------------------------------


def _png(content: bytes) -> Look | None:
    """Read the header of https://www.w3.org/TR/png-3/#11IHDR."""
    if content[:8] != b"\x89PNG\r\n\x1a\n" or content[12:16] != b"IHDR":
        return None
    return Look("image/png", *struct.unpack_from(">II", content, 16))


def _gif(content: bytes) -> Look | None:
    """Read https://www.w3.org/Graphics/GIF/spec-gif89a.txt, section 18."""
    if content[:6] not in {b"GIF87a", b"GIF89a"}:
        return None
    return Look("image/gif", *struct.unpack_from("<HH", content, 6))


def _webp(content: bytes) -> Look | None:
    """Read https://developers.google.com/speed/webp/docs/riff_container."""
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP":
        return None
    match content[12:16]:
        case b"VP8X":
            sides = [int.from_bytes(content[at : at + 3], "little") for at in (24, 27)]
            return Look("image/webp", sides[0] + 1, sides[1] + 1)
        case b"VP8L":
            bits = int.from_bytes(content[21:25], "little")
            return Look("image/webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
        case b"VP8 ":
            width, height = struct.unpack_from("<HH", content, 26)
            return Look("image/webp", width & 0x3FFF, height & 0x3FFF)
    return None


def _jpeg(content: bytes) -> Look | None:
    """Read ITU T.81, annex B: markers, each with its length, until the frame."""
    if content[:3] != b"\xff\xd8\xff":
        return None
    at = 2
    while at + 9 <= len(content):
        if content[at] != MARKER:
            return None
        marker = content[at + 1]
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", content, at + 5)
            return Look("image/jpeg", width, height)
        is_bare = marker == MARKER or marker in _BARE
        step = 0 if is_bare else int.from_bytes(content[at + 2 : at + 4], "big")
        at += (1 if marker == MARKER else 2) + step
    return None


_KINDS = (_png, _jpeg, _gif, _webp)
