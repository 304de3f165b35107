"""Skeletons: the message of one mailing, encoded once for all of its readers."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from publisher.mime import headers
from publisher.mime.bodies import body
from publisher.models import Email, Mailing, Slot, Slotted


class Skeleton:
    """Encodes the emails of one mailing: what they share is encoded already."""

    def __init__(self, mailing: Mailing) -> None:
        """Encode what is no reader's own; `Refused` if the sender is no address."""
        draft, numbers = mailing.draft, mailing.numbers()
        self._subject = apart(draft.subject, numbers)
        # A "=" followed by "_" occurs neither in quoted-printable nor in base64.
        boundary = f"=_{sha256(draft.id.encode()).hexdigest()[:32]}"
        self._text = body(*apart(draft.text, numbers))
        self._html = body(*apart(draft.html, numbers))
        self._sender = _lines(*headers.sender_lines(mailing.sender, mailing.reply_to))
        self._shared = _lines(
            *headers.shared_lines(mailing.date, draft.language),
            *headers.other_lines(mailing.headers),
            f'Content-Type: multipart/alternative; boundary="{boundary}"',
        )
        self._before_text = _opening(boundary, "plain", self._text.encoding)
        self._before_html = _opening(boundary, "html", self._html.encoding)
        self._end = f"\r\n--{boundary}--\r\n".encode()

    def encode(self, email: Email) -> bytes:
        """Return one reader's message."""
        values = email.values
        return b"".join(
            (
                self._sender,
                self._head(email),
                self._shared,
                self._before_text,
                *self._text.filled(values),
                self._before_html,
                *self._html.filled(values),
                self._end,
            )
        )

    def _head(self, email: Email) -> bytes:
        texts, gaps = self._subject
        subject = texts[0]
        for number, text in zip(gaps, texts[1:], strict=True):
            subject += email.values[number] + text
        return _lines(
            headers.to_line(email.recipient),
            headers.subject_line(" ".join(subject.split())),
            headers.message_id_line(
                email.message_id, key=email.key, sender=email.sender
            ),
            *headers.other_lines(email.own_headers),
        )


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


def _opening(boundary: str, subtype: str, encoding: str) -> bytes:
    """Return what stands before a part: the boundary, its headers, an empty line."""
    return (
        f"\r\n--{boundary}\r\n"
        f"Content-Type: text/{subtype}; charset=utf-8\r\n"
        f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
    ).encode()


def _lines(*lines: str) -> bytes:
    return "".join([f"{line}\r\n" for line in lines]).encode("ascii")
