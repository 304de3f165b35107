"""Pictures by their bytes: as Pillow reads them, and never a crash."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher import pictures
from publisher.errors import ConfigError, SourceError
from publisher.models import Limits
from publisher.pictures import Look


def png(width: int, height: int) -> bytes:
    return (
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height) + b"\x08"
    )


def gif(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\0" * 3


def jpeg(width: int, height: int) -> bytes:
    head = b"\xff\xd8\xff\xe0\x00\x10JFIF\0" + b"\0" * 9
    frame = b"\xff\xc2\x00\x11\x08" + struct.pack(">HH", height, width)
    return head + b"\xff\xff\xfe\x00\x04hi" + frame + b"\x03"


def webp(width: int, height: int) -> bytes:
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + sides


SIDES = st.integers(min_value=1, max_value=16_000)


@given(width=SIDES, height=SIDES)
@pytest.mark.parametrize(
    ("make", "kind"),
    [(png, "png"), (gif, "gif"), (jpeg, "jpeg"), (webp, "webp")],
)
def test_a_picture_says_what_it_is(
    make: object, kind: str, width: int, height: int
) -> None:
    assert callable(make)
    found = pictures.look(make(width, height))
    assert found == Look(f"image/{kind}", width, height)


@given(
    content=st.one_of(
        st.binary(max_size=80),
        st.builds(
            lambda start, rest: start + rest,
            st.sampled_from([png(4, 3)[:20], gif(4, 3)[:7], jpeg(4, 3)[:30], b"RIFF"]),
            st.binary(max_size=60),
        ),
    )
)
def test_no_bytes_are_a_reason_to_crash(content: bytes) -> None:
    pictures.look(content)


def test_a_small_one_stays_as_it_is() -> None:
    content = png(4, 3)
    assert pictures.fitted(content, Limits(image_bytes=100)) is content
    assert pictures.fitted(content, Limits()) is content


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(SourceError, match="no picture"):
        pictures.fitted(b"<svg/>", Limits(), where="a.svg")


def test_a_large_one_without_pillow_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ConfigError, match=r"publisher\[images\]"):
        pictures.fitted(png(4, 3), Limits(image_bytes=10), where="lamp.png")


def test_pillow_makes_it_fit() -> None:
    image = pytest.importorskip("PIL.Image", reason="Pillow, of the extra images")
    import io
    import random

    chance = random.Random(7)  # noqa: S311
    out = io.BytesIO()
    noise = bytes(chance.randrange(256) for _ in range(200 * 200 * 3))
    image.frombytes("RGB", (200, 200), noise).save(out, "PNG")
    made = pictures.fitted(out.getvalue(), Limits(image_bytes=9_000))
    found = pictures.look(made)
    assert found
    assert found.media_type == "image/jpeg"
    assert len(made) <= 9_000
