"""Page and text of a mailing as JSON, written once, with gaps for readers' values.

For providers that want each message whole: to write 62 KB again for each reader takes a
millisecond, to fill gaps in them a tenth of that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from publisher.http.gaps import (
    BETWEEN,
    Form,
    encoded,
    escaped,
    filled,
    gap,
    members_of,
    utf8,
)
from publisher.memory import OncePer
from publisher.mime.fields import checked_mailing
from publisher.mime.headers import recipient_of, refuse_bad, subject_line
from publisher.mime.skeleton import apart
from publisher.models import (
    Attachment,
    Email,
    Json,
    Mailing,
    Slot,
    Slotted,
    maker,
    unique,
)

LONGEST, LONGEST_VALUES = 1_000_000, 100_000  # characters; beyond these a limit is near
_email = maker(Email)


_ROOM = 3_000  # bytes: what stands beside page, text and attachments


class _Written(NamedTuple):
    bare: Mailing  # checked, without page and text, and with the subject's slots only
    gaps: list[int]  # where their values stand
    form: Form | None  # of page and text, where gaps can be filled without a look
    attached: bytes  # the members of its JSON that hold the attachments
    size: int  # bytes of an email, about


class Bodies:
    """How a provider wants page and text: in which fields, and what it must not see.

    `page` and `plain` write what could be one of its tags in another way. `opens` is
    the sign that all its tags begin with: values that hold it are not for gaps, for a
    value could complete a tag with what stands around it. `attached` writes the
    fields of attachments, if each message has its own.
    """

    def __init__(
        self,
        html: str,
        text: str,
        *,
        page: Callable[[str], str] = str,
        plain: Callable[[str], str] = str,
        opens: str = "",
        attached: Callable[[Sequence[Attachment]], Json] | None = None,
    ) -> None:
        """Remember how; nothing is written yet."""
        self._fields = html, text
        self._attached = attached
        self._verbatim = page, plain
        self._opens = opens
        sign = re.escape(opens)
        self._risk = re.compile(rf"{sign}(?:[{sign}%#]|\Z)") if opens else None
        self._written = OncePer(self._write)

    def bare(self, email: Email) -> Email:
        """Return the email checked, and without page and text.

        `Rejected` is about the reader, `Refused` about the sender, as in `mime.encode`.
        """
        bare, gaps, *_ = self._written(email.mailing)
        refuse_bad(email.own_headers)
        box = recipient_of(email.recipient)
        values = tuple([email.values[number] for number in gaps])
        made = _email(email.key, bare, box, values, email.own_headers, email.message_id)
        if not made.subject.isprintable():
            subject_line(made.subject)
        return made

    def pieces(self, email: Email) -> list[bytes]:
        """Return page and text as members of an object, or nothing: each for itself."""
        form, values = self._written(email.mailing).form, email.values
        together = "".join(values)
        is_risky = bool(self._opens) and self._opens in together
        if form is None or is_risky or len(together) > LONGEST_VALUES:
            return []
        return form.pieces(escaped(values))

    def attached(self, mailing: Mailing) -> bytes:
        """Return the attachments as members of an object; empty if there are none."""
        return self._written(mailing).attached

    def fits(self, mailing: Mailing, *, most: int, longest_call: int) -> int:
        """Return how many emails of a mailing fit into a call: from 1 to `most`."""
        return max(1, min(most, longest_call // self._written(mailing).size))

    def _write(self, mailing: Mailing) -> _Written:
        mailing = checked_mailing(mailing)
        attached = b""
        if mailing.attachments and self._attached:
            fields = filled(self._attached(mailing.attachments))
            attached = encoded(fields)[1:-1]
        return self._with_gaps(mailing, attached)

    def _with_gaps(self, mailing: Mailing, attached: bytes) -> _Written:
        draft, numbers = mailing.draft, mailing.numbers()
        slots = unique([part for part in draft.subject if isinstance(part, Slot)])
        bare = replace(mailing, slots=slots, draft=replace(draft, html=(), text=()))
        gaps = [numbers[slot] for slot in slots]
        texts = [one for one in (*draft.html, *draft.text) if isinstance(one, str)]
        size = sum(len(utf8(one)) for one in texts) + len(attached) + _ROOM
        if not all(map(self._is_safe, (draft.html, draft.text))):
            return _Written(bare, gaps, None, attached, size)
        written = [
            verbatim(_with_gaps(parts, mailing))
            for verbatim, parts in zip(
                self._verbatim, (draft.html, draft.text), strict=True
            )
        ]
        both = zip(self._fields, written, strict=True)
        fields = {name: text for name, text in both if text}
        form = members_of(fields) if fields else None
        return _Written(bare, gaps, form, attached, size)

    def _is_safe(self, parts: Slotted) -> bool:
        """Say whether no value can make a tag of what stands around it, or nothing."""
        texts = [part for part in parts if isinstance(part, str)]
        size = sum(map(len, texts))
        return (not parts or 0 < size <= LONGEST) and not any(
            BETWEEN in text or (self._risk and self._risk.search(text))
            for text in texts
        )


def _with_gaps(parts: Slotted, mailing: Mailing) -> str:
    texts, gaps = apart(parts, mailing.numbers())
    signs = [*map(gap, gaps), ""]
    return "".join([text + sign for text, sign in zip(texts, signs, strict=True)])
