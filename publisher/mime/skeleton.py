"""Skeletons: the message of one mailing, encoded once for all of its readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from hashlib import sha256
from itertools import chain

from publisher.mime import headers
from publisher.mime.attachments import around, boundary
from publisher.mime.bodies import beginning, body, series
from publisher.mime.dkim import Signer, signatures
from publisher.models import Email, Mailing, Slot, Slotted


class Skeleton:
    """Encodes the emails of one mailing: what they share is encoded already."""

    def __init__(self, mailing: Mailing) -> None:
        """Encode what is no reader's own; `Refused` if the sender is no address."""
        draft, numbers = mailing.draft, mailing.numbers()
        self._subject = apart(draft.subject, numbers)
        mark = boundary(draft.id)
        together = f'multipart/alternative; boundary="{mark}"'
        kind, before, after = around(mailing.attachments, texts=together, seed=draft.id)
        text = body(*apart(draft.text, numbers))
        page = body(*apart(draft.html, numbers))
        self._sender = _lines(*headers.sender_lines(mailing.sender, mailing.reply_to))
        self._shared = _lines(
            *headers.shared_lines(mailing.date, draft.language),
            *headers.other_lines(mailing.headers),
            f"Content-Type: {kind}",
        )
        self._bodies = series(
            before + _opening(mark, "plain", text.encoding),
            text,
            b"\r\n" + _opening(mark, "html", page.encoding),
            page,
            f"\r\n--{mark}--\r\n".encode() + after,
        )
        self._alike = len(beginning(self._bodies))
        self._hashed = sha256(beginning(self._bodies))

    def encode(self, email: Email, signers: Sequence[Signer] = ()) -> bytes:
        """Return one reader's message."""
        pieces = [self._sender, self._own(email), self._shared]
        if signers:
            return self._signed(email, b"".join(pieces), signers)
        pieces.append(b"\r\n")
        for one in self._bodies:
            pieces += one.filled(email.values)
        return b"".join(pieces)

    def _signed(self, email: Email, head: bytes, signers: Sequence[Signer]) -> bytes:
        filled = [one.filled(email.values) for one in self._bodies]
        body = b"".join(chain.from_iterable(filled))
        hashed = self._hashed.copy()
        hashed.update(memoryview(body)[self._alike :])
        signed = signatures(signers, head.decode(), hashed.digest(), date=email.date)
        return b"".join((signed.encode(), head, b"\r\n", body))

    def _own(self, email: Email) -> bytes:
        return _lines(
            headers.to_line(email.recipient),
            self._subject_of(email) if self._subject[1] else self._fixed_subject,
            headers.message_id_line(
                email.message_id, key=email.key, sender=email.sender
            ),
            *headers.other_lines(email.own_headers),
        )

    @cached_property
    def _fixed_subject(self) -> str:
        return headers.subject_line(" ".join(self._subject[0][0].split()))

    def _subject_of(self, email: Email) -> str:
        texts, gaps = self._subject
        subject = texts[0]
        for number, text in zip(gaps, texts[1:], strict=True):
            subject += email.values[number] + text
        return headers.subject_line(" ".join(subject.split()))


def apart(parts: Slotted, numbers: Mapping[Slot, int]) -> tuple[list[str], list[int]]:
    """Return the texts, and between each two of them the number of a value."""
    texts, gaps = [""], []
    for one in parts:
        if isinstance(one, str):
            texts[-1] += one
        else:
            gaps.append(numbers[one])
            texts.append("")
    return texts, gaps


def _opening(mark: str, subtype: str, encoding: str) -> bytes:
    """Return what stands before a part: the boundary, its headers, an empty line."""
    return (
        f"--{mark}\r\n"
        f"Content-Type: text/{subtype}; charset=utf-8\r\n"
        f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
    ).encode()


def _lines(*lines: str) -> bytes:
    return "\r\n".join((*lines, "")).encode("ascii")
