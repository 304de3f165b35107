"""The readers of a call, column by column: all their addresses, all their names.

Looking at one reader after another takes five times as long; only where something is
unusual each is looked at alone, so that what is wrong with one harms no other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from publisher.errors import ProviderError, Rejected
from publisher.http.gaps import is_plain, utf8
from publisher.mime.fields import KEY_HEADER, delivery_mark
from publisher.mime.headers import (
    USUAL_ADDRESS,
    are_names,
    message_id_line,
    recipient_of,
    refuse_bad,
    subject_line,
)
from publisher.mime.skeleton import apart
from publisher.models import Email, Mailing

# Where a reader's texts stand in `Readers.texts`; the values and headers come last.
ADDRESS, NAME, MARK, SUBJECT, ID, VALUES = range(6)
_SHORT = 400  # characters: the line of a header may have 998, its name included
_UNTIDY = re.compile(r" [ |]|\| ")  # what is not one line with single spaces
_USUAL_ID = re.compile(r"[!-;=?A-~]+@[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
Subjects = Callable[[Sequence[Sequence[str]]], list[str]]


class Shape(NamedTuple):
    """Which kinds of texts a reader has."""

    headers: tuple[str, ...]  # the names of their own
    has_name: bool
    has_id: bool


@dataclass(frozen=True, slots=True)
class Readers:
    """Some readers of a call who have the same kinds of texts."""

    emails: Sequence[Email]
    numbers: Sequence[int]  # where they stand in the call
    shape: Shape
    texts: list[Sequence[str]]  # one column for each kind of text

    @property
    def addresses(self) -> Sequence[str]:
        """To whom, with domains as DNS knows them."""
        return self.texts[ADDRESS]

    @property
    def names(self) -> Sequence[str]:
        """What they are called."""
        return self.texts[NAME]

    @property
    def marks(self) -> Sequence[str]:
        """Which deliveries these are."""
        return self.texts[MARK]

    def only(self, places: Iterable[int]) -> Readers:
        """Return some of them."""
        kept = list(places)
        if len(kept) == len(self.emails):
            return self
        return Readers(
            [self.emails[place] for place in kept],
            [self.numbers[place] for place in kept],
            self.shape,
            [[column[place] for place in kept] for column in self.texts],
        )


def by_shape(emails: Sequence[Email]) -> dict[Shape, Sequence[int]]:
    """Return which emails of a call have the same kinds of texts."""
    kinds = [
        (tuple(one.own_headers), bool(one.recipient.name), bool(one.message_id))
        for one in emails
    ]
    if kinds.count(kinds[0]) == len(kinds):  # as nearly always
        return {Shape(*kinds[0]): range(len(kinds))}
    found: dict[Shape, list[int]] = {}
    for number, kind in enumerate(kinds):
        found.setdefault(Shape(*kind), []).append(number)
    return {**found}


def readers_of(
    emails: Sequence[Email],
    numbers: Sequence[int],
    shape: Shape,
    *,
    subjects: Subjects,
) -> tuple[Readers, dict[int, ProviderError]]:
    """Return who can be written to, and why the others cannot.

    Refused is what no header holds: line breaks, an address that is none.
    """
    here = [emails[number] for number in numbers]
    readers = Readers(here, numbers, shape, _texts(here, subjects))
    if _are_usual(readers):
        return readers, {}
    good: list[int] = []
    refused: dict[int, ProviderError] = {}
    for place, email in enumerate(here):
        try:
            _look_at(email, readers.texts[SUBJECT][place])
        except Rejected as error:
            refused[numbers[place]] = error
            continue
        good.append(place)
    kept = readers.only(good)
    kept.texts[ADDRESS] = [recipient_of(one.recipient).address for one in kept.emails]
    kept.texts[ID] = [message_id(one) for one in kept.emails]
    return kept, refused


def _texts(emails: Sequence[Email], subjects: Subjects) -> list[Sequence[str]]:
    boxes = [one.recipient for one in emails]
    own = [one.own_headers for one in emails]
    values = [*zip(*[one.values for one in emails], strict=True)]
    headers = [*zip(*[one.values() for one in own], strict=True)]
    marks = [one.get(KEY_HEADER, "") for one in own]
    if not all(marks):
        marks = [delivery_mark(one) for one in emails]
    return [
        [box.address for box in boxes],
        [box.name for box in boxes],
        marks,
        subjects(values) or [""] * len(emails),
        [one.message_id for one in emails],
        *values,
        *headers,
    ]


def _are_usual(readers: Readers) -> bool:
    """Say whether nothing of them can be refused, and nothing need be changed."""
    shape, texts = readers.shape, readers.texts
    headers = texts[len(texts) - len(shape.headers) :]
    return (
        all(map(USUAL_ADDRESS.fullmatch, readers.addresses))
        and (not shape.has_id or all(map(_USUAL_ID.fullmatch, texts[ID])))
        and is_plain("".join(readers.names))
        and is_plain("".join(texts[SUBJECT]))
        and are_names(shape.headers)
        and all(map(_are_short, headers))
    )


def _are_short(values: Sequence[str]) -> bool:
    together = "".join(values)
    is_ascii = together.isascii() and is_plain(together)
    return is_ascii and max(map(len, values)) < _SHORT


def _look_at(email: Email, subject: str) -> None:
    recipient_of(email.recipient)
    refuse_bad(email.own_headers)
    subject_line(subject)
    message_id(email)


def message_id(email: Email) -> str:
    """Return the id without brackets, if there is one; refuse what no header holds."""
    if not email.message_id or _USUAL_ID.fullmatch(email.message_id):
        return email.message_id
    line = message_id_line(email.message_id, key=email.key, sender=email.sender)
    return line.partition("<")[2].removesuffix(">")


def too_long(readers: Readers, places: Sequence[int], room: int) -> list[int]:
    """Return whose texts, of those kinds together, have more bytes than that."""
    columns = [readers.texts[place] for place in places]
    if sum(max(map(len, column)) for column in columns) * 4 <= room:
        return []  # no character has more than four bytes
    return [
        place
        for place, texts in enumerate(zip(*columns, strict=True))
        if sum(len(utf8(text)) for text in texts) > room
    ]


def subjects_of(mailing: Mailing) -> Subjects:
    """Return what makes the subjects of all readers, or nothing if they are alike."""
    texts, gaps = apart(mailing.draft.subject, mailing.numbers())
    form = "%s".join([text.replace("%", "%%") for text in texts])

    def subjects(values: Sequence[Sequence[str]]) -> list[str]:
        if not gaps:
            return []
        made = list(map(form.__mod__, zip(*[values[gap] for gap in gaps], strict=True)))
        together = "|".join(made)
        is_tidy = together.isprintable() and not _UNTIDY.search(f"|{together}|")
        return made if is_tidy else [" ".join(one.split()) for one in made]

    return subjects
