"""Takes a report apart into texts, whatever its bytes are.

The standard library's parser is lenient, and what is left over is handled here: letters
that no charset has, encoded report parts, headers in the body.
"""

from __future__ import annotations

import binascii
import html
import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from itertools import islice

LONGEST = 128 * 1024  # bytes of a report: what it says comes first
_TEXT = 32 * 1024  # letters of one part
_LINE = 4_096  # letters of one header
_MOST_PARTS = 50
_CHARSET = re.compile(
    r"(utf|us-ascii|ascii|iso|latin|windows|cp\d|koi8|gb|big5|euc|shift|sjis|hz|mac"
    r"|tis)[\w:.-]*",
    re.IGNORECASE,
)
_NAME = re.compile(r"[!-9;-~]+")
_BREAK = re.compile(r"<(?:br|/p|/div|/tr|/li|/h\d)\b[^<>]*>", re.IGNORECASE)
_HIDDEN = re.compile(r"(?is)<(style|script|title)\b[^<>]*>[^<]*</\1>")
_TAG = re.compile(r"<[a-zA-Z/!][^<>]*>")


class Fields(list[tuple[str, str]]):
    """Header fields in their order; names are in small letters."""

    def all(self, *names: str) -> Iterator[str]:
        """Yield what the fields of these names say, in the order of the names."""
        for name in names:
            yield from (value for known, value in self if known == name)

    def first(self, *names: str) -> str:
        """Return what the first field of these names says, or ""."""
        return next(self.all(*names), "")


@dataclass(slots=True)
class Letter:
    """A report in parts: what it says to people and to machines, and what it returns.

    `statuses` and `feedback` are the machines' parts (RFC 3464, RFC 5965), `receipts`
    those of RFC 8098, and `returned` is our message, or as much of it as came back.
    """

    head: Fields
    texts: list[str] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)
    feedback: list[str] = field(default_factory=list)
    receipts: list[str] = field(default_factory=list)
    returned: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What it says to people."""
        return "\n".join(self.texts)


def opened(raw: bytes) -> Letter:
    """Take a report apart; no bytes are refused."""
    data = raw[:LONGEST].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of charsets that nobody should use
            return _sorted(message_from_bytes(data))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        # Nested beyond reason, or parameters that the parser itself stumbles over.
        head, _, body = data.partition(b"\n\n")
        fields = next(iter(blocks(letters(head))), Fields())
        return Letter(fields, texts=[letters(body)[:_TEXT]])


def blocks(text: str) -> list[Fields]:
    """Read groups of header fields with blank lines between them."""
    found = []
    for group in re.split(r"\n[ \t]*\n", text):
        fields = Fields()
        for line in group.split("\n"):
            name, colon, value = line.partition(":")
            if line[:1] in {" ", "\t"} and fields:
                known, before = fields[-1]
                fields[-1] = (known, f"{before} {line.strip()}".strip())
            elif colon and _NAME.fullmatch(name):
                fields.append((name.lower(), value.strip()))
        if fields:
            found.append(fields)
    return found


def letters(data: bytes, charset: str = "") -> str:
    """Decode bytes: as they say, else as UTF-8, else as what Western Europe had."""
    if not charset and b"\x1b$" in data:
        charset = "iso-2022-jp"
    names = [charset] if _CHARSET.fullmatch(charset) else []
    for name in [*names, "utf-8"]:
        try:
            return data.decode(name)
        except (LookupError, ValueError):
            continue
    if names:
        try:
            return data.decode(names[0], "replace")
        except (LookupError, ValueError):
            pass
    return data.decode("cp1252", "replace")


def plain(value: str) -> str:
    """Decode a header's words (RFC 2047) on one line."""
    try:
        pieces = decode_header(value)
    except (HeaderParseError, ValueError, binascii.Error):
        pieces = [(value, None)]
    words = "".join(
        one if isinstance(one, str) else letters(one, charset or "")
        for one, charset in pieces
    )
    return " ".join(words.split())


def _sorted(message: Message) -> Letter:
    letter = Letter(_fields(message))
    pages: list[str] = []
    shelves = {
        "message/delivery-status": letter.statuses,
        "message/global-delivery-status": letter.statuses,
        "message/feedback-report": letter.feedback,
        "message/disposition-notification": letter.receipts,
        "text/rfc822-headers": letter.returned,
        "text/plain": letter.texts,
        "text/html": pages,
    }
    others = {"message": letter.returned, "multipart": letter.texts}
    for kind, text in islice(_parts(message), _MOST_PARTS):
        family = kind.partition("/")[0]  # a multipart here has lost its boundary
        shelf = shelves.get(kind, others.get(family))
        if shelf is not None:
            shelf.append(text[:_TEXT])
    letter.texts = [one for one in letter.texts if one.strip()] or [
        _unmarked(page) for page in pages
    ]
    return letter


def _parts(message: Message) -> Iterator[tuple[str, str]]:
    """Yield each part's kind and text; what is inside a returned message is not one."""
    kind = message.get_content_type()
    if kind.startswith("message/") or not message.is_multipart():
        yield kind, _text(message, kind)
        return
    for part in _inside(message):
        yield from _parts(part)


def _text(message: Message, kind: str) -> str:
    coding = _said(message, "content-transfer-encoding").strip().lower()
    charset = message.get_content_charset("")
    if not message.is_multipart():
        data = message.get_payload(decode=True)
        return letters(data if isinstance(data, bytes) else b"", charset)
    # The parser has read headers where there may be base64: put it together again.
    flat = "\n\n".join(_flat(part) for part in _inside(message))
    if kind.startswith("message/") and coding in {"base64", "quoted-printable"}:
        return _decoded(flat, coding)
    return flat


def _flat(message: Message) -> str:
    lines = [f"{name}: {value}" for name, value in _raw_items(message)]
    body = message.get_payload()
    text = _restored(body) if isinstance(body, str) else ""
    return "\n".join(lines) + ("\n\n" if lines else "") + text


def _decoded(flat: str, coding: str) -> str:
    data = flat.strip().encode("utf-8", "replace")
    try:
        if coding == "base64":
            return letters(binascii.a2b_base64(data))
        return letters(binascii.a2b_qp(data))
    except (binascii.Error, ValueError):
        return flat


def _inside(message: Message) -> Iterable[Message]:
    payload = message.get_payload()
    if not isinstance(payload, list):
        return []
    return [one for one in payload if isinstance(one, Message)]


def _fields(message: Message) -> Fields:
    items = _raw_items(message)
    return Fields((name.lower(), plain(value[:_LINE])) for name, value in items)


def _said(message: Message, name: str) -> str:
    found = (value for key, value in _raw_items(message) if key.lower() == name)
    return next(found, "")


def _raw_items(message: Message) -> list[tuple[str, str]]:
    return [(name, _restored(f"{value}")) for name, value in message.raw_items()]


def _restored(text: str) -> str:
    """Decode what the parser keeps as surrogates: bytes beyond ASCII."""
    if text.isascii() and "\x1b$" not in text:
        return text
    return letters(text.encode("utf-8", "surrogateescape"))


def _unmarked(page: str) -> str:
    """Return a page's text; reports need no more than lines and addresses."""
    page = _HIDDEN.sub(" ", page.replace("\n", " "))
    return html.unescape(_TAG.sub(" ", _BREAK.sub("\n", page)))
