"""Whose it is: the delivery that a report names, and the addresses in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from publisher.bounces.letter import Fields, Letter, blocks
from publisher.mime.fields import KEY_HEADER

# In none of these characters does an address go on.
ADDRESS = re.compile(r"[^\s<>\"'(),:;\[\]|\\*]{1,64}@[^\s<>\"'(),:;\[\]|\\*@]{1,255}")
_MARK = re.compile(r"(?<![0-9a-fA-F])[0-9a-fA-F]{32}(?![0-9a-fA-F])")
_KEY = re.compile(rf"(?im)^[>\s|]*{KEY_HEADER}:\s*([0-9a-f]{{32}})\b")
_ID = re.compile(r"<([0-9a-fA-F]{32})@")
_ARRIVED = ("x-original-to", "delivered-to", "envelope-to", "x-envelope-to")
_ALSO = ("x-delivered-to", "to", "apparently-to", "cc", "resent-to")
_FOR = re.compile(r"\bfor\s+<([^\s<>]{1,320})>")
# UTF-8 addresses in seven bits, RFC 6533 section 3: \x{FC}
_ESCAPED = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")
_AROUND = 1_200  # letters that are said about one
_NEXT = re.compile(rf"\n[<\"]?{ADDRESS.pattern}[>\"]?:")  # of several in a row
_MACHINES = re.compile(
    r"^(?:mailer-?daemon|postmaster|mail-?daemon|no-?reply|do-?not-?reply|abuse"
    r"|mmdf|bounces?|noc|hostmaster|mailadmin)\b",
    re.IGNORECASE,
)


def mark_of(letter: Letter) -> str:
    """Return our delivery's mark, or "".

    Our own header in what came back is surest; then the address that it came back to
    (VERP), then the message's id.
    """
    for text in (*letter.returned, *letter.texts):
        if found := _KEY.search(text):
            return found[1].lower()
    to = [*letter.head.all(*_ARRIVED, *_ALSO)]
    to += [one for line in letter.head.all("received") for one in _FOR.findall(line)]
    for line in to:
        for address in ADDRESS.findall(line):
            if found := _MARK.search(address.rpartition("@")[0]):
                return found[0].lower()
    ids = [*letter.head.all("in-reply-to", "references")]
    ids += [line for one in letter.returned for line in _ids(one)]
    found = next(filter(None, map(_ID.search, ids)), None)
    return found[1].lower() if found else ""


def returned_fields(letter: Letter) -> Fields:
    """Return the headers of our message, as far as they came back."""
    return next(
        (fields for one in letter.returned for fields in blocks(one[:16_384])), Fields()
    )


def returned_to(letter: Letter) -> str:
    """Return whom our message was written to, where it came back."""
    line = returned_fields(letter).first("x-hmxmroriginalrecipient", "to")
    found = ADDRESS.findall(line)
    return cleaned(found[0]) if len(found) == 1 else ""


def typed_address(value: str) -> str:
    r"""Return the address of a field such as `rfc822; ana@example.org`.

    >>> typed_address("rfc822;<ana@example.org>"), typed_address("unknown")
    ('ana@example.org', '')
    >>> typed_address(r"utf-8; n\x{FC}ra@example.org")
    'nüra@example.org'
    """
    kind, semicolon, rest = value.partition(";")
    said = rest if semicolon else value
    if kind.strip().lower() == "utf-8":
        said = _ESCAPED.sub(_letter, said)
    found = ADDRESS.search(said)
    return cleaned(found[0]) if found else ""


def addresses_in(text: str, *, but: Iterable[str] = ()) -> Iterator[tuple[int, str]]:
    """Yield the readers' addresses in a text, each once, with its place."""
    seen = {one.lower() for one in but}
    for found in ADDRESS.finditer(text):
        address = cleaned(found[0])
        is_ours = address.lower() in seen or _MARK.search(address)
        if "@" not in address or is_ours or _MACHINES.match(address):
            continue
        seen.add(address.lower())
        yield found.start(), address


def spoken_of(text: str, address: str) -> str:
    """Return what a text says of one of several: its line and those below it."""
    start = text.lower().find(address.lower()) if address else -1
    return paragraph(text, start, len(text)) if start >= 0 else ""


def paragraph(text: str, start: int, end: int) -> str:
    """Return a text from a recipient on: up to the next one, if nothing else ends it.

    That is a blank line, but not the one that stands below the address itself.
    """
    end = min(end, start + _AROUND)
    first = text.find("\n", start)
    for found in _NEXT.finditer(text, first if first >= 0 else end, end):
        return text[start : found.start()]
    blank = text.find("\n\n", first + 2) if first >= 0 else -1
    return text[start : blank if start < blank < end else end]


def own_addresses(letter: Letter) -> set[str]:
    """Return who wrote the report and who gets it: none of them is its subject."""
    lines = letter.head.all("from", "to", "reply-to", "sender", "return-path")
    return {cleaned(one) for line in lines for one in ADDRESS.findall(line)}


def cleaned(address: str) -> str:
    """Return an address without what stood around it in a sentence."""
    address = address.strip().strip(".;:,!?`'").removeprefix("SMTP:")
    return address.removeprefix("mailto:").removeprefix("=")


def date_of(head: Fields) -> datetime | None:
    """Return when the report says that it was written."""
    try:
        told = parsedate_to_datetime(head.first("date"))
        return (told if told.tzinfo else told.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        return None


def _ids(text: str) -> Iterator[str]:
    for fields in blocks(text[:16_384])[:1]:
        yield from fields.all("message-id")


def _letter(found: re.Match[str]) -> str:
    number = int(found[1], 16)
    is_one = number < 0x110000 and not 0xD800 <= number < 0xE000  # noqa: PLR2004
    return chr(number) if is_one else found[0]
