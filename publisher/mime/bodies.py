"""Bodies with gaps, encoded once; a reader's values fill the gaps.

https://www.rfc-editor.org/rfc/rfc2045#section-6

In quoted-printable a gap stands on a line of its own, between soft line breaks; in
base64 a line ends before and after it. So nothing around a gap depends on how long the
value in it is, and what a mail program decodes is the plain text.

No tab, no two spaces in a row and no space at a line's end stand as they are: so DKIM's
relaxed form of a body is the body itself, and relays find nothing to tidy up.

There is no 8bit: a paragraph of a page is one line, and longer than the 998 bytes that
a line may have. The plain text alone would save 4 % of an English digest and 11 % of an
Arabic one, and a relay that turns it into 7bit breaks its DKIM signature.
https://www.rfc-editor.org/rfc/rfc6376#section-5.3
"""

from __future__ import annotations

import re
from binascii import b2a_base64, b2a_qp
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

WIDTH = 75  # characters of a line; the RFC's 76th is for the "=" of a soft line break
VALUE_WIDTH = WIDTH - len("=2E")  # which can begin any line
SOFT = b"=\r\n"
TRIPLE = 3  # bytes, which base64 encodes together
LINE_BYTES = 57  # bytes, which are 76 characters of base64
BREAKS = ("\n", "\r")
_DOT = re.compile(rb"^\.(?!\.)", re.MULTILINE)
_PRINTED = bytes(range(ord(" "), ord("~") + 1))
_SIGNS = [chr(one) if " " <= chr(one) <= "~" else f"={one:02X}" for one in range(256)]
_SIGNS[ord("=")] = "=3D"


@dataclass(frozen=True, slots=True)
class Printable:
    """A body in quoted-printable. No line begins with a dot, for SMTP to double."""

    pieces: tuple[bytes, ...]  # texts and gaps in turn; a gap is empty
    gaps: tuple[int, ...]  # the number of the value that each takes

    encoding: ClassVar[str] = "quoted-printable"

    @property
    def begins_with(self) -> bytes:
        """What comes before the first gap."""
        return self.pieces[0]

    def followed_by(self, other: Printable) -> Printable:
        """Return both as one body."""
        between = self.pieces[-1] + other.pieces[0]
        pieces = (*self.pieces[:-1], between, *other.pieces[1:])
        return Printable(pieces, self.gaps + other.gaps)

    def filled(self, values: Sequence[str]) -> list[bytes]:
        """Return the pieces of the body with a reader's values in its gaps."""
        pieces = list(self.pieces)
        pieces[1::2] = _all_printable([values[number] for number in self.gaps])
        return pieces


# What comes after a gap: the bytes that complete a triple, what is encoded already,
# and the bytes that wait for the next gap.
_Middle: TypeAlias = tuple[bytes, bytes, bytes]


@dataclass(frozen=True, slots=True)
class Base64:
    """A body in base64, its texts encoded for each remainder of bytes before them."""

    texts: tuple[tuple[_Middle, _Middle, _Middle], ...]
    gaps: tuple[int, ...]

    encoding: ClassVar[str] = "base64"

    @property
    def begins_with(self) -> bytes:
        """What comes before the first gap."""
        return self.texts[0][0][1]

    def filled(self, values: Sequence[str]) -> list[bytes]:
        """Return the pieces of the body with a reader's values in its gaps."""
        _, done, waiting = self.texts[0][0]
        pieces = [done]
        for number, by_remainder in zip(self.gaps, self.texts[1:], strict=True):
            waiting += raw_lines(values[number])
            first, done, left = by_remainder[len(waiting) % TRIPLE]
            waiting += first
            if len(waiting) % TRIPLE:  # the text completes no triple, and has no more
                continue
            pieces += (base64_lines(waiting), done)
            waiting = left
        pieces.append(base64_lines(waiting))
        while len(pieces) > 1 and not pieces[-1]:
            pieces.pop()
        pieces[-1] = pieces[-1].removesuffix(b"\r\n")
        return pieces


Body: TypeAlias = Printable | Base64


def series(*parts: Body | bytes) -> tuple[Body, ...]:
    """Join bodies and what stands around them; what is not base64 becomes one body."""
    made: list[Body] = []
    for part in parts:
        one = Printable((part,), ()) if isinstance(part, bytes) else part
        last = made[-1] if made else None
        if isinstance(last, Printable) and isinstance(one, Printable):
            made[-1] = last.followed_by(one)
        else:
            made.append(one)
    return tuple(made)


def beginning(bodies: Iterable[Body]) -> bytes:
    """Return what the bodies begin with, one after the other, for every reader."""
    begun = b""
    for one in bodies:
        if one.gaps:
            return begun + one.begins_with
        begun += b"".join(one.filled(()))
    return begun


def body(texts: Sequence[str], gaps: Sequence[int] = ()) -> Body:
    """Encode the texts between the gaps in the way that makes them shorter."""
    raw = [raw_lines(text) for text in texts]
    readable = [printable(text) for text in texts]
    # Four characters for three bytes, and 78 for 76 with the line ends.
    if sum(map(len, readable)) <= sum(map(len, raw)) * 4 // 3 * 78 // 76:
        return Printable(tuple(_in_turn(texts, readable)), tuple(gaps))
    return Base64(tuple(map(_by_remainder, raw)), tuple(gaps))


def raw_lines(text: str) -> bytes:
    """Return the text as bytes, its lines ended as they are on the wire."""
    if "\n" in text or "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    return text.encode("utf-8", "replace")


# --- quoted-printable ----------------------------------------------------------------


def _in_turn(texts: Sequence[str], readable: Sequence[bytes]) -> Iterator[bytes]:
    """Yield texts and empty gaps in turn, each gap on a line of its own."""
    last = len(texts) - 1
    for here, (text, encoded) in enumerate(zip(texts, readable, strict=True)):
        if here:
            yield b""
        breaks_before = not here or text.startswith(BREAKS)
        breaks_after = here == last or (text or "\n").endswith(BREAKS)
        before = b"" if breaks_before or not (text or here < last) else SOFT
        yield before + encoded + (b"" if breaks_after else SOFT)


def printable(text: str) -> bytes:
    r"""Return the text in quoted-printable, safe at the beginning of any line.

    >>> printable("Caffè = 2 €. ")
    b'Caff=C3=A8 =3D 2 =E2=82=AC.=20'
    """
    plain = text.replace("=", "=3D")
    is_short = len(plain) <= VALUE_WIDTH and plain.isascii() and plain.isprintable()
    has_blanks = "  " in text or "\t" in text
    if is_short and not has_blanks and plain[:1] != "." and plain[-1:] != " ":
        return plain.encode()
    if has_blanks:
        return _slowly(text)
    # The line end at the end tells `b2a_qp` which line ends are in use.
    made = b2a_qp(raw_lines(text) + b"\r\n", istext=True)[:-2]
    if _has_dot(made):
        made = _DOT.sub(b"=2E=\r\n", made)
    has_room = len(made) - made.rfind(b"\n") <= WIDTH + 1  # for a "=" at the end
    return made if has_room and not _has_dot(made) else _slowly(text)


def _has_dot(made: bytes) -> bool:
    return made.startswith(b".") or b"\n." in made


def _all_printable(texts: Sequence[str]) -> Sequence[bytes]:
    """Encode a reader's values, all in one call where that tells them apart."""
    made = _all_plain(texts) or _all_lines(texts)
    return made or [printable(text) for text in texts]


def _all_plain(texts: Sequence[str]) -> Sequence[bytes]:
    """Return texts of printed ASCII, and nothing if one of them is something else."""
    together = f"|{'|'.join(texts)}|".replace("=", "=3D").encode("utf-8", "replace")
    is_plain = together.isascii() and not together.translate(None, _PRINTED)
    if not is_plain or b"  " in together or b" |" in together or b"|." in together:
        return ()
    parts = together.split(b"|")[1:-1]
    if len(parts) != len(texts):
        return ()
    if len(max(parts, key=len)) <= VALUE_WIDTH:
        return parts
    return [
        part if len(part) <= VALUE_WIDTH else printable(text)
        for part, text in zip(parts, texts, strict=True)
    ]


def _all_lines(texts: Sequence[str]) -> Sequence[bytes]:
    """Return texts of one line each, and nothing if one of them is something else."""
    together = "\n".join(texts)
    has_breaks = "\r" in together or together.count("\n") >= len(texts)
    if has_breaks or "  " in together or "\t" in together:
        return ()
    encoded = b2a_qp(raw_lines(together) + b"\r\n", istext=True)
    if _has_dot(encoded):
        return ()
    parts = [b""]
    for line in encoded.split(b"\r\n")[:-1]:
        parts[-1] += line
        if line.endswith(b"="):
            parts[-1] += b"\r\n"
        elif len(line) > WIDTH:  # no room for a "=" at the end
            return ()
        else:
            parts.append(b"")
    return parts[:-1]


def _slowly(text: str) -> bytes:
    lines = raw_lines(text).split(b"\r\n")
    return "\r\n".join(soft for line in lines for soft in _soft_lines(line)).encode()


def _soft_lines(line: bytes) -> Iterator[str]:
    """Break a line where it is too long, but within no encoded byte."""
    text = "".join([_SIGNS[one] for one in line])
    if text.endswith(" "):
        text = f"{text[:-1]}=20"
    text = text.replace("  ", " =20")
    while True:
        if text.startswith("."):
            text = f"=2E{text[1:]}"
        if len(text) <= WIDTH:
            break
        begun = text.rfind("=", WIDTH - 2, WIDTH)
        end = begun if begun >= 0 else WIDTH
        yield f"{text[:end]}="
        text = text[end:]
    yield text


# --- base64 --------------------------------------------------------------------------


def _by_remainder(raw: bytes) -> tuple[_Middle, _Middle, _Middle]:
    return _middle(raw, 0), _middle(raw, 2), _middle(raw, 1)


def _middle(raw: bytes, missing: int) -> _Middle:
    """Cut off what completes the triple before, and what begins the one after."""
    first, rest = raw[:missing], raw[missing:]
    whole = len(rest) // TRIPLE * TRIPLE
    return first, base64_lines(rest[:whole]), rest[whole:]


def base64_lines(raw: bytes) -> bytes:
    """Return the bytes in base64, each line ended."""
    if len(raw) <= LINE_BYTES:  # as between two gaps
        return b2a_base64(raw, newline=False) + b"\r\n" if raw else b""
    return b"".join(
        b2a_base64(raw[here : here + LINE_BYTES], newline=False) + b"\r\n"
        for here in range(0, len(raw), LINE_BYTES)
    )
