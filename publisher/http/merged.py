"""One draft for all readers of a call: written once, and filled by the provider.

What is the reader's own goes beside it as merge data. Whoever cannot be written to is
answered here and harms nobody else of the call.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from json.encoder import encode_basestring
from operator import add
from typing import TypeVar

from publisher.errors import Rejected, Uncertain
from publisher.http.batches import Answer
from publisher.mime.fields import KEY_HEADER, delivery_mark, in_ascii
from publisher.mime.headers import (
    other_lines,
    recipient_of,
    refuse_bad,
    sender_lines,
    subject_line,
)
from publisher.mime.skeleton import apart
from publisher.models import Email, Mailbox, Mailing, Slot, Slotted

Shared = TypeVar("Shared")
Part = TypeVar("Part")
quoted = encode_basestring  # a text as JSON, in its own letters


@dataclass(frozen=True, slots=True)
class Reader:
    """Who gets one email of a call, checked."""

    email: Email
    box: Mailbox  # with its domain as DNS knows it
    mark: str  # which delivery this is
    subject: str  # empty where all have the same


def hand_over(
    emails: Sequence[Email],
    send: Callable[[Shared, list[Reader], list[Part]], Sequence[Answer]],
    *,
    provider: str,
    once: Callable[[Mailing], Shared],
    write: Callable[[Shared, Reader], Part],
) -> list[Answer]:
    """Return what became of each email, in their order.

    `once` writes what they share, and `write` what is a reader's own; `send` gets the
    readers who could be written to. What is `Rejected` as a whole is asked again in
    halves, so in the end each email is in a call that it fits.
    """
    if not emails:
        return []
    mailing = emails[0].mailing
    if any(one.mailing is not mailing for one in emails):
        raise Rejected(f"{provider}: the emails of one call must be of one mailing")
    shared = once(mailing)
    is_personal = any(isinstance(part, Slot) for part in mailing.draft.subject)
    answers: dict[int, Answer] = {}
    readers: dict[int, Reader] = {}
    parts: list[Part] = []
    for number, email in enumerate(emails):
        try:
            reader = _reader(email, email.subject if is_personal else "")
            parts.append(write(shared, reader))
        except Rejected as error:
            answers[number] = error
            continue
        readers[number] = reader
    if readers:
        given = send(shared, list(readers.values()), parts)
        answers |= zip(readers, given, strict=False)
    silent = Uncertain(f"{provider} answered without a word about this message")
    return [answers.get(number, silent) for number in range(len(emails))]


def _reader(email: Email, subject: str) -> Reader:
    """Refuse what no header holds: line breaks, an address that is none."""
    own = email.own_headers
    refuse_bad(own)
    if subject:
        subject_line(subject)
    mark = own.get(KEY_HEADER) or delivery_mark(email)
    return Reader(email, recipient_of(email.recipient), mark, subject)


def checked(mailing: Mailing) -> Mailing:
    """Return the mailing with domains as DNS knows them, or refuse what cannot go."""
    _ = [
        *sender_lines(mailing.sender, mailing.reply_to),
        subject_line(subject_of(mailing)),
        *other_lines(mailing.headers),
    ]
    reply_to = mailing.reply_to and in_ascii(Mailbox(mailing.reply_to)).address
    return replace(mailing, sender=in_ascii(mailing.sender), reply_to=reply_to)


def subject_of(mailing: Mailing) -> str:
    """Return the subject that all have, or an empty one: where it has slots."""
    parts = mailing.draft.subject
    if any(isinstance(part, Slot) for part in parts):
        return ""
    return " ".join("".join([f"{part}" for part in parts]).split())


def with_tokens(
    parts: Slotted,
    mailing: Mailing,
    token: Callable[[int], str],
    verbatim: Callable[[str], str] = str,
) -> str:
    """Return the text with each slot as its provider writes it.

    `token` gets the slot's place among the values; `verbatim` writes what stands
    between two slots so that nothing in it is taken for a token.
    """
    texts, gaps = apart(parts, mailing.numbers())
    tokens = [token(number) for number in gaps]
    pieces = zip(texts, [*tokens, ""], strict=True)
    return "".join([f"{verbatim(text)}{own}" for text, own in pieces])


def same_headers(names: Sequence[tuple[str, ...]], provider: str) -> tuple[str, ...]:
    """Return which headers each reader of a call has a value of their own for.

    They stand in the draft, so that who had none would get an empty one.
    """
    if len({*names}) > 1:
        raise Rejected(f"{provider}: the emails of one call must have the same headers")
    return names[0]


@lru_cache(maxsize=256)  # all readers of a draft mostly have the same
def json_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names as `json_object` wants them."""
    return tuple(f"{quoted(name)}:" for name in names)


def json_object(names: Iterable[str], values: Iterable[str]) -> str:
    """Return a JSON object of texts, four times as fast as the `json` module.

    Names beyond the values are left out.

    >>> json_object(json_names(("a", "b")), ("1", "é"))
    '{"a":"1","b":"é"}'
    """
    return f"{{{','.join(map(add, names, map(quoted, values)))}}}"


def fits(texts: Collection[str], room: int) -> bool:
    """Say whether all the texts have so few bytes, counted only where it matters."""
    if sum(map(len, texts)) * 4 <= room:  # no character has more than four bytes
        return True
    return sum(len(text.encode("utf-8", "replace")) for text in texts) <= room
