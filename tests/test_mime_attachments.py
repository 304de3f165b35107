"""Attachments: the standard library reads back every byte and every name."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from publisher.errors import Refused
from publisher.mime import encode
from publisher.models import Attachment
from publisher.testing import sample_email

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
LOGO = Attachment("logo.png", "image/png", PNG, "logo@example.org")
PAPER = Attachment("paper.pdf", "application/pdf", b"%PDF-1.7\n.\n..\r\n" * 40)
PAGE = '<p><img src="cid:logo@example.org"> Salt</p>'


def parsed(*attachments: Attachment, html: str = PAGE) -> EmailMessage:
    one = sample_email(html=html, text="Salt", attachments=attachments)
    message = message_from_bytes(encode(one), policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert not [defect for part in message.walk() for defect in part.defects]
    return message


def shape(message: EmailMessage) -> list[str]:
    return [part.get_content_type() for part in message.walk()]


def test_without_attachments_the_message_is_what_it_was() -> None:
    assert shape(parsed()) == ["multipart/alternative", "text/plain", "text/html"]


def test_an_attachment_stands_beside_the_texts() -> None:
    message = parsed(PAPER)
    texts = ["multipart/alternative", "text/plain", "text/html"]
    assert shape(message) == ["multipart/mixed", *texts, "application/pdf"]
    (paper,) = message.iter_attachments()
    assert paper.get_filename() == "paper.pdf"
    assert paper.get_content_disposition() == "attachment"
    assert paper.get_payload(decode=True) == PAPER.content


def test_an_image_stands_with_the_page_that_shows_it() -> None:
    message = parsed(LOGO)
    texts = ["multipart/alternative", "text/plain", "text/html"]
    assert shape(message) == ["multipart/related", *texts, "image/png"]
    assert message.get_param("type") == "multipart/alternative"
    image = list(message.walk())[-1]
    assert image["Content-ID"] == "<logo@example.org>"
    assert image.get_content_disposition() == "inline"
    assert image.get_payload(decode=True) == PNG


def test_both_are_nested_and_the_texts_stay_readable() -> None:
    message = parsed(PAPER, LOGO, PAPER)
    assert shape(message) == [
        "multipart/mixed",
        "multipart/related",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "image/png",
        "application/pdf",
        "application/pdf",
    ]
    for kind, text in (("html", PAGE), ("plain", "Salt")):
        part = message.get_body((kind,))
        assert part is not None
        assert part.get_content() == text


NAMES = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=60)


def is_readable(name: str) -> bool:
    """Say if the standard library gives it back: it takes a pair of quotes off."""
    return len(name.encode()) <= 255 and f"{name[:1]}{name[-1:]}" not in {'""', "<>"}


@settings(deadline=None)
@given(
    name=st.lists(NAMES.filter(bool), max_size=4).map(" ".join).filter(is_readable),
    content=st.binary(max_size=400),
)
@example(name="Übersicht für März.pdf", content=b"")
@example(name="a  b.pdf", content=b".")
@example(name='x"; y=\\z.pdf', content=b"\r\n.\r\n")
@example(name="=?utf-8?q?x?=", content=b"x" * 57)
@example(name="لائحة" * 12, content=b"x" * 58)
def test_every_name_and_every_byte_is_read_back(name: str, content: bytes) -> None:
    one = Attachment(name, "application/octet-stream", content)
    (read,) = parsed(one).iter_attachments()
    assert (read.get_filename() or "") == name
    assert read.get_payload(decode=True) == content
    made = encode(sample_email(attachments=(one,)))
    assert made.isascii()
    assert not re.search(rb"(?m)^\.|[^\r]\n|\r[^\n]", made)
    body = made.partition(b"\r\n\r\n")[2]
    lines = [line for line in body.split(b"\r\n") if b"boundary=" not in line]
    assert all(len(line) <= 78 for line in lines)


def test_a_type_may_have_parameters() -> None:
    kind = 'text/calendar; method=REQUEST; charset="utf-8"'
    (read,) = parsed(Attachment("a.ics", kind, b"BEGIN")).iter_attachments()
    assert read.get_param("method") == "REQUEST"
    assert read.get_content() == "BEGIN"


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "a\r\nBcc: eve@example.org"},
        {"name": "é" * 200},
        {"media_type": "pdf"},
        {"media_type": "application/pdf\r\nBcc: x"},
        {"media_type": "multipart/mixed"},
        {"media_type": "Message/RFC822"},
        {"content_id": "a>b"},
        {"content_id": "a b"},
    ],
)
def test_what_would_be_illegal_is_refused(changes: dict[str, Any]) -> None:
    values = {"name": "a.pdf", "media_type": "application/pdf", "content": b""}
    with pytest.raises(Refused) as caught:
        encode(sample_email(attachments=(Attachment(**{**values, **changes}),)))
    assert caught.value.hint
