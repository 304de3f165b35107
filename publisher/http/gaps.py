"""JSON with gaps: written once, and filled with the texts of one reader after another.

The `json` module would write again for each of them what all of them share.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from json.encoder import encode_basestring as quoted

from publisher.models import Json

# Between two texts: JSON leaves it as it is, and hardly any text holds one.
MARK = "\x7f"
_MARK = MARK.encode()
_SPECIAL = bytes(range(ord(" "))) + b'"\\'  # what JSON writes in another way
_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class Form:
    """JSON with gaps between quotation marks, each for a text that has a number."""

    def __init__(self, texts: Sequence[str], gaps: Sequence[int]) -> None:
        """Take what stands around the gaps, and which text belongs into each."""
        self._pieces = [b""] * (len(texts) + len(gaps))
        self._pieces[::2] = [utf8(text) for text in texts]
        self._gaps = gaps

    def pieces(self, parts: Sequence[bytes]) -> list[bytes]:
        """Return the JSON in pieces, with the texts as `escaped` writes them."""
        pieces = self._pieces.copy()
        pieces[1::2] = [parts[gap] for gap in self._gaps]
        return pieces

    def filled(self, parts: Sequence[bytes]) -> bytes:
        """Return the JSON, with the texts as `escaped` writes them."""
        return b"".join(self.pieces(parts))


def gap(number: int) -> str:
    """Return what stands in an object for the text of this number."""
    return f"{MARK}{number}{MARK}"


def form_of(value: Json) -> Form:
    r"""Return the form of an object in which gaps stand for texts.

    >>> form_of({"to": gap(1), "name": gap(0)}).filled(escaped(['"A" Å', "ada"]))
    b'{"to":"ada","name":"\\"A\\" \xc3\x85"}'
    """
    pieces = _encoder.encode(value).split(MARK)
    return Form(pieces[::2], [int(number) for number in pieces[1::2]])


def encoded(value: Json) -> bytes:
    """Return JSON; the same value, the same bytes."""
    return utf8(_encoder.encode(value))


def escaped(texts: Sequence[str]) -> list[bytes]:
    """Return each text as it stands between the quotation marks of JSON."""
    return plain(texts) or [utf8(quoted(text))[1:-1] for text in texts]


def plain(texts: Sequence[str]) -> list[bytes]:
    """Return the texts if JSON has them as they are: no control sign, no quotes.

    All are looked at together, which takes a tenth of the time; otherwise an empty
    list.
    """
    together = utf8(MARK.join(texts))
    parts = together.split(_MARK)
    is_plain = len(together.translate(None, _SPECIAL)) == len(together)
    # A text that has the mark in it shows in the count.
    return parts if is_plain and len(parts) == len(texts) else []


def utf8(text: str) -> bytes:
    """Return the text's bytes; half a character, which no UTF-8 has, becomes a "?"."""
    return text.encode("utf-8", "replace")
