"""One draft for all readers of a call: written once, and filled by the provider.

What is the reader's own goes beside it as merge data. Whoever cannot be written to is
answered here and harms nobody else of the call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple, TypeVar

from publisher.errors import Rejected, Uncertain
from publisher.http.batches import Answer
from publisher.http.gaps import Form, escaped
from publisher.http.readers import (
    Readers,
    Shape,
    by_shape,
    readers_of,
    subjects_of,
    too_long,
)
from publisher.mime.skeleton import apart
from publisher.models import (
    Email,
    Mailing,
    Receipt,
    Slotted,
    maker,
)

Shared = TypeVar("Shared")
_receipt = maker(Receipt)


class Written(NamedTuple):
    """How a reader of some shape is written.

    The texts at `places` may have so many bytes of `room` together, or `why` is said.
    """

    form: Form
    places: Sequence[int]
    room: int
    why: str


@dataclass(frozen=True, slots=True)
class Part:
    """The readers of a call who have the same kinds of texts."""

    readers: Readers
    body: bytes  # what is written for each of them, with commas between


def hand_over(
    emails: Sequence[Email],
    send: Callable[[Shared, list[Part]], Sequence[Answer]],
    *,
    provider: str,
    once: Callable[[Mailing], Shared],
    write: Callable[[Shared, Shape], Written],
    in_header: Callable[[str], str] = str,
) -> list[Answer]:
    """Return what became of each email, in their order.

    `once` writes what they share, and `write` says how a reader is written; `in_header`
    is for values that are not ASCII. `send` gets the readers who could be written to,
    and answers for each in that order. What is `Rejected` as a whole is asked again in
    halves, so in the end each email is in a call that it fits.
    """
    if not emails:
        return []
    mailing = emails[0].mailing
    if any(one.mailing is not mailing for one in emails):
        raise Rejected(f"{provider}: the emails of one call must be of one mailing")
    shared, subjects = once(mailing), subjects_of(mailing)
    answers: dict[int, Answer] = {}
    parts: list[Part] = []
    for shape, numbers in by_shape(emails).items():
        try:
            how = write(shared, shape)
        except Rejected as error:
            answers |= dict.fromkeys(numbers, error)
            continue
        readers, refused = readers_of(emails, numbers, shape, subjects=subjects)
        answers |= refused
        readers = _fitting(readers, how, answers)
        if readers.emails:
            parts.append(Part(readers, _body(readers, how.form, in_header)))
    if parts:
        order = chain.from_iterable([part.readers.numbers for part in parts])
        answers |= zip(order, send(shared, parts), strict=False)
    silent = Uncertain(f"{provider} answered without a word about this message")
    return [answers.get(number, silent) for number in range(len(emails))]


def _fitting(readers: Readers, how: Written, answers: dict[int, Answer]) -> Readers:
    """Return those whose texts have room, and answer for the others."""
    if not readers.emails:
        return readers
    long = too_long(readers, how.places, how.room)
    for place in long:
        answers[readers.numbers[place]] = Rejected(how.why)
    return readers.only(set(range(len(readers.emails))).difference(long))


def _body(readers: Readers, form: Form, in_header: Callable[[str], str]) -> bytes:
    columns, first = readers.texts, len(readers.texts) - len(readers.shape.headers)
    for place in range(first, len(columns)):
        if not "".join(columns[place]).isascii():
            columns[place] = [in_header(value) for value in columns[place]]
    return form.joined([escaped(column) for column in columns])


def emails_of(parts: Sequence[Part]) -> list[Email]:
    """Return the emails of all parts, in their order."""
    return [email for part in parts for email in part.readers.emails]


def marks_of(parts: Sequence[Part]) -> list[str]:
    """Return which deliveries they are, in their order."""
    return [mark for part in parts for mark in part.readers.marks]


def receipts(ids: Iterable[str]) -> list[Answer]:
    """Return a receipt for each id."""
    return [_receipt(one, "") for one in ids]


def body_of(parts: Sequence[Part]) -> bytes:
    """Return all that is written for the readers, with commas between."""
    return b",".join([part.body for part in parts])


def same_shape(parts: Sequence[Part], provider: str) -> Shape:
    """Return which headers each reader of a call has a value of their own for.

    They stand in the draft, so that who had none would get an empty one.
    """
    shapes = {part.readers.shape._replace(has_name=True) for part in parts}
    if len(shapes) > 1:
        raise Rejected(f"{provider}: the emails of one call must have the same headers")
    return shapes.pop()


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
