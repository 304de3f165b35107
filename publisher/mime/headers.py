"""Header lines: folded, in encoded words where needed, and refused where illegal.

https://www.rfc-editor.org/rfc/rfc5322 (fields), /rfc2047 (words), /rfc5890 (domains)
"""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Iterator, Mapping
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from publisher.errors import ProviderError, Refused, Rejected
from publisher.models import Mailbox, key_mark

LINE = 76  # characters that a line may have if it holds an encoded word
LONGEST_LINE = 998
ENCODED_WORD = 75
WORD_OVERHEAD = len("=?utf-8?q??=")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_DOT_ATOM = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_PHRASE = re.compile(rf"{_ATOM}(?: {_ATOM})*")
_QUOTED = re.compile(r'"(?:[ !#-\[\]-~]|\\[ -~])*"')
_DOMAIN = re.compile(r"\[[0-9A-Za-z.:]+\]|[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
_TOKEN = re.compile(r"[!-;=?-~]*")  # neither a space nor < nor >
# As nearly all are: a dot-atom at a domain of ASCII.
USUAL_ADDRESS = re.compile(rf"{_DOT_ATOM.pattern}@[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
_FIELD = re.compile(r"[!-9;-~]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# What may stand for itself in a Q-encoded word, wherever the word stands.
_PLAIN = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/"
_Q = [chr(one) if one in _PLAIN else f"={one:02X}" for one in range(256)]
_Q[ord(" ")] = "_"


def sender_lines(sender: Mailbox, reply_to: str) -> Iterator[str]:
    """Yield who writes; an address that is none stops the channel."""
    yield f"From: {_mailbox(sender, Refused, 'sender')}"
    if reply_to:
        yield f"Reply-To: {_address(reply_to, Refused, 'reply_to')}"


def shared_lines(date: datetime | None, language: str) -> Iterator[str]:
    """Yield what is the same in every copy of a draft."""
    if date:
        yield f"Date: {format_datetime(date)}"
    yield "MIME-Version: 1.0"
    if language:
        yield f"Content-Language: {_token(language)}"


def to_line(recipient: Mailbox) -> str:
    """Return whom it goes to; an address that is none fails this message alone."""
    return f"To: {_mailbox(recipient, Rejected, 'recipient')}"


def recipient_of(box: Mailbox) -> Mailbox:
    """Return whom it goes to with the domain as DNS knows it; refuse as `to_line` does.

    For providers that write the line themselves.
    """
    address = _address(box.address, Rejected, "recipient")
    _refuse_breaks(box.name, "the recipient's name")
    return box if address == box.address else Mailbox(address, box.name)


@lru_cache(maxsize=256)  # all readers of a draft mostly have the same
def subject_line(subject: str) -> str:
    """Return the subject, folded or encoded as it needs."""
    return f"Subject: {_text(subject, 'Subject')}"


def other_lines(headers: Mapping[str, str]) -> list[str]:
    """Return headers beyond the usual ones, such as those of lists."""
    return [
        f"{name}: {_kept(value, name) if _is_structured(name) else _text(value, name)}"
        for name, value in headers.items()
    ]


def refuse_bad(headers: Mapping[str, str]) -> None:
    """Refuse what `other_lines` would, and take no time for what is good."""
    text = "".join(headers.values())
    is_plain = len(text) < LONGEST_LINE // 2 and text.isascii() and text.isprintable()
    if is_plain and are_names(tuple(headers)):
        return
    for _ in other_lines(headers):
        pass


@lru_cache(maxsize=256)  # all readers of a draft mostly have the same
def are_names(names: tuple[str, ...]) -> bool:
    """Say whether headers can have these names, and values of 400 ASCII letters."""
    return all(_FIELD.fullmatch(name) for name in names) and (
        sum(map(len, names)) < LONGEST_LINE // 2 - len(": ")
    )


def message_id_line(message_id: str, *, key: str, sender: Mailbox) -> str:
    """Return the id of the message; without one, the key makes it."""
    if USUAL_ADDRESS.fullmatch(message_id):
        return f"Message-ID: <{message_id}>"
    local, _, domain = (message_id or _made_id(key, sender)).rpartition("@")
    return f"Message-ID: <{_token(f'{local}@{ascii_domain(domain)}')}>"


def _made_id(key: str, sender: Mailbox) -> str:
    domain = sender.address.rpartition("@")[2]
    return f"{key_mark(key)}@{domain}"


def _token(value: str) -> str:
    if not _TOKEN.fullmatch(value):
        raise Rejected("a header of the email holds a sign that it may not")
    return value


@lru_cache(maxsize=256)  # the same few names come with every message
def _is_structured(name: str) -> bool:
    """Say whether a header's value has to stay as it is, as those of lists."""
    if not _FIELD.fullmatch(name):
        raise Rejected(f"{name!r} cannot be the name of a header")
    return name.lower().startswith("list-")


def _kept(value: str, name: str) -> str:
    fits = len(name) + len(": ") + len(value) <= LONGEST_LINE
    if fits and value.isascii() and value.isprintable():
        return value
    _refuse_breaks(value, name)
    if not value.isascii():
        raise Refused(
            f"{name} may only have ASCII letters",
            hint="Try: write its domain as xn--…, and its path percent-encoded",
        )
    raise Refused(f"{name} is longer than a line may be", hint="Try: a shorter URL")


def _refuse_breaks(value: str, name: str) -> None:
    if not value.isprintable() and _CONTROL.search(value):
        raise Rejected(f"{name} holds a line break or a control sign")


def _text(value: str, name: str) -> str:
    """Return free text, folded, and in encoded words where it is more than ASCII."""
    taken = len(name) + len(": ")
    if taken + len(value) <= LINE and _is_plain(value):
        return value  # as nearly every one is
    _refuse_breaks(value, name)
    if _is_plain(value) and all(len(word) < LINE for word in value.split(" ")):
        return _folded(value, taken)
    return _encoded(value, taken)


def _is_plain(value: str) -> bool:
    """Say whether a mail program reads it as it stands."""
    return (
        value.isascii()
        and value.isprintable()
        and "=?" not in value
        and "  " not in value
        and value == value.strip(" ")
    )


def _folded(value: str, taken: int) -> str:
    """Break before a space where a line would become longer than it should."""
    lines = [""]
    for word in value.split(" "):
        room = LINE - (taken if len(lines) == 1 else 1)
        if lines[-1] and len(lines[-1]) + 1 + len(word) > room:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
    return "\r\n ".join(lines)


def _encoded(value: str, taken: int) -> str:
    """Return encoded words, none of which splits a character.

    >>> _encoded("Caffè", taken=9)
    '=?utf-8?b?Q2FmZsOo?='
    """
    raw = value.encode("utf-8", "replace")
    foreign = len(raw.translate(None, _PLAIN))
    # Q takes three characters for a foreign byte, B four for three of any kind.
    word, fitting = (_q, _q_fitting) if foreign * 6 < len(raw) else (_b, _b_fitting)
    words: list[str] = []
    room = ENCODED_WORD - WORD_OVERHEAD - taken
    while raw or not words:
        end = _boundary(raw, fitting(raw, room))
        words.append(word(raw[:end]))
        raw, room = raw[end:], ENCODED_WORD - WORD_OVERHEAD - 1
    return "\r\n ".join(words)


def _boundary(raw: bytes, end: int) -> int:
    """Return where the character ends that ends before, or else the first one."""
    at = end
    while at > 0 and _is_within(raw, at):
        at -= 1
    if at:
        return at
    at = 1
    while _is_within(raw, at):
        at += 1
    return at


def _is_within(raw: bytes, at: int) -> bool:
    """Say whether a character of UTF-8 goes on there."""
    return at < len(raw) and raw[at] & 0b1100_0000 == 0b1000_0000  # noqa: PLR2004


def _q(raw: bytes) -> str:
    return f"=?utf-8?q?{''.join([_Q[one] for one in raw])}?="


def _q_fitting(raw: bytes, room: int) -> int:
    for end, one in enumerate(raw):
        room -= len(_Q[one])
        if room < 0:
            return end
    return len(raw)


def _b(raw: bytes) -> str:
    return f"=?utf-8?b?{b2a_base64(raw, newline=False).decode()}?="


def _b_fitting(raw: bytes, room: int) -> int:
    return min(len(raw), max(room, 0) // 4 * 3)


# --- addresses ---------------------------------------------------------------------


def _mailbox(box: Mailbox, error: type[ProviderError], whose: str) -> str:
    """Return `name <address>` with the name quoted or encoded as it needs."""
    address = _address(box.address, error, whose)
    if not box.name:
        return address
    is_phrase = "=?" not in box.name and _PHRASE.fullmatch(box.name)
    if is_phrase and len(box.name) <= LINE // 2:
        return f"{box.name} <{address}>"  # as nearly every one is
    _refuse_breaks(box.name, f"the {whose}'s name")
    if not box.name.isascii() or "=?" in box.name:
        return f"{_encoded(box.name, taken=10)}\r\n <{address}>"
    name = box.name
    if not is_phrase:
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        name = f'"{escaped}"'
    return f"{name}\r\n <{address}>" if len(name) > LINE // 2 else f"{name} <{address}>"


def _address(address: str, error: type[ProviderError], whose: str) -> str:
    """Return the address in ASCII, or say what is wrong without naming it."""
    if USUAL_ADDRESS.fullmatch(address):
        return address
    local, at, domain = address.rpartition("@")
    if not local.isascii():
        raise error(
            f"the {whose}'s address has letters beyond ASCII before the @, "
            "which most mail servers refuse"
        )
    if not at or not (_DOT_ATOM.fullmatch(local) or _QUOTED.fullmatch(local)):
        raise error(f"the {whose}'s address is not one", hint="Try: name@example.org")
    try:
        return f"{local}@{ascii_domain(domain)}"
    except ValueError:
        raise error(f"the domain of the {whose}'s address cannot exist") from None


@lru_cache(maxsize=1024)
def ascii_domain(domain: str) -> str:
    """Return the domain as DNS knows it; `ValueError` if there can be no such one.

    >>> ascii_domain("bücher.example")
    'xn--bcher-kva.example'
    """
    if domain.isascii():
        if not _DOMAIN.fullmatch(domain):
            raise ValueError("not a domain")
        return domain
    import idna

    return idna.encode(domain, uts46=True).decode()  # IDNAError is a ValueError
