"""One draft for all readers of a call: written once, and filled by the provider.

What is the reader's own goes beside it as merge data. Whoever cannot be written to is
answered here and harms nobody else of the call.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple, TypeVar

from publisher.errors import Rejected, Uncertain
from publisher.http.batches import Answer
from publisher.http.gaps import escaped, plain
from publisher.mime.fields import KEY_HEADER, delivery_mark, in_ascii
from publisher.mime.headers import (
    are_names,
    message_id_line,
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
_USUAL_ID = re.compile(r"[!-;=?A-~]+@[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")


# Where a reader's texts stand in `Reader.parts`; the values and headers come last.
ADDRESS, NAME, MARK, SUBJECT, ID, VALUES = range(6)
_SHORT = 400  # characters: the line of a header may have 998, its name included


class Reader(NamedTuple):  # it is made for each email, and a class takes twice as long
    """Who gets one email of a call, checked."""

    email: Email
    box: Mailbox  # with its domain as DNS knows it
    mark: str  # which delivery this is
    subject: str  # empty where all have the same
    message_id: str  # without brackets, empty where there is none
    headers: tuple[str, ...]  # the names of their own
    parts: list[bytes]  # all their texts, as JSON has them

    @property
    def size(self) -> int:
        """How many bytes the texts have at most."""
        return sum(map(len, self.parts))


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
    shared, subject_of = once(mailing), _personal_subject(mailing)
    answers: dict[int, Answer] = {}
    readers: list[Reader] = []
    parts: list[Part] = []
    for number, email in enumerate(emails):
        try:
            reader = _reader(email, subject_of(email) if subject_of else "")
            parts.append(write(shared, reader))
        except Rejected as error:
            answers[number] = error
            continue
        readers.append(reader)
    given = list(send(shared, readers, parts)) if readers else []
    if len(given) == len(emails):
        return given
    silent = Uncertain(f"{provider} answered without a word about this message")
    others = iter(given)
    return [
        answers.get(number) or next(others, silent) for number in range(len(emails))
    ]


def _reader(email: Email, subject: str) -> Reader:
    """Refuse what no header holds: line breaks, an address that is none."""
    own = email.own_headers
    box = recipient_of(email.recipient)
    mark = own.get(KEY_HEADER) or delivery_mark(email)
    name = email.message_id and message_id(email)
    headers, values = (*own,), (*own.values(),)
    texts = (box.address, box.name, mark, subject, name, *email.values, *values)
    parts = plain(texts)
    # Without control signs in any text, there is none in the subject or a header.
    if not (parts and are_names(headers) and _are_short(values)):
        refuse_bad(own)
        subject_line(subject)
    return Reader(email, box, mark, subject, name, headers, parts or escaped(texts))


def _are_short(values: Iterable[str]) -> bool:
    together = "".join(values)
    return together.isascii() and len(together) < _SHORT


def message_id(email: Email) -> str:
    """Return the id without brackets, or refuse what no header holds."""
    if _USUAL_ID.fullmatch(email.message_id):
        return email.message_id
    line = message_id_line(email.message_id, key=email.key, sender=email.sender)
    return line.partition("<")[2].removesuffix(">")


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


def _personal_subject(mailing: Mailing) -> Callable[[Email], str] | None:
    """Return what makes the subject of each email, if they are not all the same."""
    texts, gaps = apart(mailing.draft.subject, mailing.numbers())
    if not gaps:
        return None
    form = "%s".join([text.replace("%", "%%") for text in texts])

    def subject(email: Email) -> str:
        values = email.values
        return " ".join((form % tuple([values[gap] for gap in gaps])).split())

    return subject


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


def fits(texts: Collection[str], room: int) -> bool:
    """Say whether all the texts have so few bytes, counted only where it matters."""
    if sum(map(len, texts)) * 4 <= room:  # no character has more than four bytes
        return True
    return sum(len(text.encode("utf-8", "replace")) for text in texts) <= room
