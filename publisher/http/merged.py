"""One draft for all readers of a call: written once, and filled by the provider.

What is the reader's own goes beside it as merge data. Whoever cannot be written to is
answered here and harms nobody else of the call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from publisher.errors import Rejected, Uncertain
from publisher.http.batches import Answer
from publisher.mime.fields import delivery_mark, in_ascii
from publisher.mime.headers import other_lines, sender_lines, subject_line, to_line
from publisher.mime.skeleton import apart
from publisher.models import Email, Mailbox, Mailing, Slot, Slotted

Shared = TypeVar("Shared")
Part = TypeVar("Part")


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
    to_line(email.recipient)
    if subject:
        subject_line(subject)
    for _ in other_lines(email.own_headers):
        pass
    return Reader(email, in_ascii(email.recipient), delivery_mark(email), subject)


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


def header_names(readers: Iterable[Reader], provider: str) -> tuple[str, ...]:
    """Return which headers each reader of a call has a value of their own for.

    They stand in the draft, so that who had none would get an empty one.
    """
    first, *others = [tuple(reader.email.own_headers) for reader in readers]
    if any(names != first for names in others):
        raise Rejected(f"{provider}: the emails of one call must have the same headers")
    return first


def size_of(values: Mapping[str, str], longest: int) -> int:
    """Return how many bytes the names and values have, counted where it matters."""
    characters = sum(map(len, values)) + sum(map(len, values.values()))
    if characters * 4 <= longest:  # no character has more than four bytes
        return characters
    texts = [*values, *values.values()]
    return sum(len(text.encode("utf-8", "replace")) for text in texts)
