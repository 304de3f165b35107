"""JSON with gaps: written once, and filled with the texts of one reader after another.

The `json` module would write again for each of them what all of them share.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from json.encoder import encode_basestring as quoted

from publisher.models import Json

# Between two texts: JSON leaves it as it is, and hardly any text holds one.
BETWEEN = "\x7f"
_BETWEEN = BETWEEN.encode()
_SPECIAL = bytes(range(ord(" "))) + b'"\\'  # what JSON writes in another way
_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class Form:
    """JSON with gaps between quotation marks, each for a text that has a number."""

    def __init__(self, texts: Sequence[str], gaps: Sequence[int]) -> None:
        """Take what stands around the gaps, and which text belongs into each."""
        self._pieces = [b""] * (len(texts) + len(gaps))
        self._pieces[::2] = [utf8(text) for text in texts]
        self._gaps = gaps

    def pieces(self, texts: Sequence[bytes]) -> list[bytes]:
        """Return the JSON of one in pieces, with the texts as `escaped` writes them."""
        pieces = self._pieces.copy()
        pieces[1::2] = [texts[gap] for gap in self._gaps]
        return pieces

    def joined(self, columns: Sequence[Sequence[bytes]]) -> bytes:
        """Return the JSON of many, with commas between.

        A column has one text of each, as `escaped` writes it.
        """
        each = [*self._pieces, b","]
        pieces = each * len(columns[0])
        for place, gap in enumerate(self._gaps):
            pieces[2 * place + 1 :: len(each)] = columns[gap]
        return b"".join(pieces[:-1])


def gap(number: int) -> str:
    """Return what stands in an object for the text of this number."""
    return f"{BETWEEN}{number}{BETWEEN}"


def form_of(value: Json) -> Form:
    r"""Return the form of an object in which gaps stand for texts.

    >>> form_of({"to": gap(1), "name": gap(0)}).joined([escaped(['"A" Å']), [b"ada"]])
    b'{"to":"ada","name":"\\"A\\" \xc3\x85"}'
    """
    return _form(_encoder.encode(value))


def members_of(value: Json) -> Form:
    """Return the form of what stands between the braces of an object."""
    return _form(_encoder.encode(value)[1:-1])


def _form(text: str) -> Form:
    pieces = text.split(BETWEEN)
    return Form(pieces[::2], [int(number) for number in pieces[1::2]])


def filled(fields: Json) -> Json:
    """Return the fields that hold something: no provider wants an empty one."""
    return {name: value for name, value in fields.items() if value not in ("", {}, [])}


def encoded(value: Json) -> bytes:
    """Return JSON; the same value, the same bytes."""
    return utf8(_encoder.encode(value))


def escaped(texts: Sequence[str]) -> list[bytes]:
    """Return each text as it stands between the quotation marks of JSON.

    Mostly all stand as they are; then that is seen at once, in a tenth of the time.
    """
    together = utf8(BETWEEN.join(texts))
    parts = together.split(_BETWEEN)
    # A text that has the mark in it shows in the count.
    if _has_none(together) and len(parts) == len(texts):
        return parts
    return [utf8(quoted(text))[1:-1] for text in texts]


def is_plain(text: str) -> bool:
    """Say whether JSON has the text as it is; then it has no control sign, either."""
    return BETWEEN not in text and _has_none(utf8(text))


def _has_none(raw: bytes) -> bool:
    return len(raw.translate(None, _SPECIAL)) == len(raw)


def utf8(text: str) -> bytes:
    """Return the text's bytes; half a character, which no UTF-8 has, becomes a "?"."""
    return text.encode("utf-8", "replace")
