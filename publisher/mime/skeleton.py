"""Skeletons: the message of one draft, encoded once for all of its readers."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from publisher.mime import headers
from publisher.mime.bodies import part_head
from publisher.mime.stencil import Stencil, cut
from publisher.models import Batch, Copy, Slot, Slotted


class Skeleton:
    """Encodes the copies of one batch: what they share is encoded already."""

    def __init__(self, batch: Batch) -> None:
        """Encode what is no reader's own; `Refused` if the sender is no address."""
        self.batch = batch
        draft, numbers = batch.draft, batch.numbers()
        self._subject = _apart(draft.subject, numbers)
        # A "=" followed by "_" occurs neither in quoted-printable nor in base64.
        boundary = f"=_{sha256(draft.id.encode()).hexdigest()[:32]}"
        self._text = cut(*_apart(draft.text, numbers))
        self._html = cut(*_apart(draft.html, numbers))
        self._shared = _lines(
            *headers.sender_lines(batch.sender, batch.reply_to),
            *headers.shared_lines(batch.date, draft.language),
            *headers.other_lines(batch.headers),
            f'Content-Type: multipart/alternative; boundary="{boundary}"',
        )
        self._before_text = _before("\r\n--", boundary, "plain", self._text)
        self._before_html = _before("\r\n--", boundary, "html", self._html)
        self._end = f"\r\n--{boundary}--\r\n".encode()

    def encode(self, copy: Copy) -> bytes:
        """Return the reader's message with CRLF line ends.

        No line of it begins with a dot. The same copy is the same bytes.
        """
        values = copy.values
        return b"".join(
            (
                self._head(copy),
                self._shared,
                self._before_text,
                *self._text.filled(values),
                self._before_html,
                *self._html.filled(values),
                self._end,
            )
        )

    def _head(self, copy: Copy) -> bytes:
        texts, gaps = self._subject
        subject = texts[0]
        for number, text in zip(gaps, texts[1:], strict=True):
            subject += copy.values[number] + text
        return _lines(
            headers.to_line(copy.recipient),
            headers.subject_line(" ".join(subject.split())),
            headers.message_id_line(
                copy.message_id, key=copy.key, sender=self.batch.sender
            ),
            *headers.other_lines(copy.headers),
        )


def _apart(parts: Slotted, numbers: Mapping[Slot, int]) -> tuple[list[str], list[int]]:
    """Return the texts, and between each two of them the number of a value."""
    texts, gaps = [""], []
    for one in parts:
        if isinstance(one, str):
            texts[-1] += one
        else:
            gaps.append(numbers[one])
            texts.append("")
    return texts, gaps


def _before(mark: str, boundary: str, subtype: str, stencil: Stencil) -> bytes:
    return f"{mark}{boundary}\r\n".encode() + part_head(subtype, stencil.encoding)


def _lines(*lines: str) -> bytes:
    return "".join([f"{line}\r\n" for line in lines]).encode("ascii")
