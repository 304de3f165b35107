"""Skeletons: what a mail program reads is what the plain path fills in."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from dkim.canonicalization import Relaxed
from hypothesis import example, given
from hypothesis import strategies as st

from publisher import merge
from publisher.errors import Refused, Rejected
from publisher.mime import encode
from publisher.mime.bodies import Base64, Printable, body, printable
from publisher.models import Email, EmailDraft, Issue, Mailbox, Site, Slot, Subscriber
from publisher.testing import sample_email

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SITE = Site(name="The Lantern", sender=Mailbox("letters@example.org", "The Lantern"))
ISSUE = Issue(id="w/7", campaign="w", number=7, articles=("a",), planned_at=NOW)
NAME, NOTE = Slot("subscriber.name", "html"), Slot("subscriber.note", "html")
PLAIN_NAME, PLAIN_NOTE = Slot("subscriber.name"), Slot("subscriber.note")
ARABIC = "رسالة من المنارة إلى القرّاء، عن المدّ والضوء. "

# What breaks encoders: line ends, dots and spaces where lines end, "=", long lines.
LETTERS = st.sampled_from(
    [*"aé€😀ع漢.=<&\"' \t\n", "x" * 90, "=\n", " \n", "\n.", "=20"]
)
TEXT = st.lists(LETTERS, max_size=30).map("".join)
PARTS = st.lists(TEXT | st.sampled_from([NAME, NOTE]), max_size=8)


def draft_of(
    html: list[str | Slot], text: list[str | Slot] | None = None
) -> EmailDraft:
    subject = ("For ", Slot("subscriber.name", "header", "you"))
    plain = text or ["Hi ", PLAIN_NAME, "!\n", PLAIN_NOTE]
    return EmailDraft(
        template="x", subject=subject, html=tuple(html), text=tuple(plain)
    )


def email_of(draft: EmailDraft, reader: Subscriber) -> Email:
    mailing = merge.mailing(draft, site=SITE, issue=ISSUE, list_name="weekly")
    return merge.email(
        mailing,
        key="w/7/x",
        reader=reader,
        links={"unsubscribe_url": "https://x.example/o"},
    )


def read(message: bytes) -> tuple[EmailMessage, str, str]:
    """Return what a mail program makes of it: its headers, its page, its text."""
    parsed = message_from_bytes(message, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    assert not parsed.defects
    bodies = []
    for kind in ("html", "plain"):
        part = parsed.get_body((kind,))
        assert part is not None
        assert not part.defects
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        bodies.append(payload.decode().replace("\r\n", "\n"))
    return parsed, bodies[0], bodies[1]


@given(html=PARTS, text=PARTS, name=TEXT, note=TEXT)
@example(html=[NAME], text=[NAME, NOTE], name="", note="")
@example(html=[ARABIC, NAME, ARABIC], text=["a" * 75, NAME], name="é", note="")
@example(html=["x ", NAME, "\ny"], text=[".", NAME, "."], name=".", note=" ")
def test_every_reader_reads_what_the_plain_path_fills_in(
    html: list[str | Slot], text: list[str | Slot], name: str, note: str
) -> None:
    reader = Subscriber(address="ana@example.org", name=name, attributes={"note": note})
    email = email_of(draft_of(html, text), reader)
    headers, page, plain = read(encode(email))
    assert (page, plain) == (email.html, email.text)
    assert headers["Subject"] == email.subject
    assert headers["List-Unsubscribe"] == email.headers["List-Unsubscribe"]


@given(html=PARTS, note=TEXT)
@example(html=["x" * 76, NOTE, "x" * 75, NOTE, "é" * 30], note="y" * 76)
@example(html=["x" * 75, NOTE, "x" * 74, NOTE, "x" * 73], note="y" * 75)
def test_no_line_is_too_long_and_none_begins_with_a_dot(
    html: list[str | Slot], note: str
) -> None:
    reader = Subscriber(address="ana@example.org", attributes={"note": note})
    mine = encode(email_of(draft_of(html), reader))
    body = mine.partition(b"\r\n\r\n")[2]
    assert all(len(line) <= 76 for line in body.split(b"\r\n"))
    assert not re.search(rb"(?m)^\.", mine)
    assert b"\n" not in mine.replace(b"\r\n", b"")


@given(TEXT)
def test_quoted_printable_of_any_text_reads_back(text: str) -> None:
    import quopri

    found = quopri.decodestring(printable(text)).decode()
    assert found.replace("\r\n", "\n") == text


# A reader's values mostly are one line each, of words, of foreign letters, or a URL.
LINES = st.lists(
    st.text(st.sampled_from("abc é漢=.| &?/"), max_size=12)
    | st.text(st.sampled_from("a=.é"), min_size=65, max_size=160),
    min_size=1,
    max_size=6,
)


@given(LINES)
@example(["a|b", "|", ""])
@example(["x" * 72, ".", "a "])
@example(["é" + "x" * 70, "é." + "x" * 69, "é"])
def test_values_encoded_together_read_back_each(values: list[str]) -> None:
    import quopri

    gaps = range(len(values))
    made = b"".join(body(["Salt: "] * (len(values) + 1), gaps).filled(values))
    plain = "".join(f"Salt: {value}" for value in values)
    assert quopri.decodestring(made).decode() == plain + "Salt: "
    assert all(len(line) <= 76 for line in made.split(b"\r\n"))
    assert not re.search(rb"(?m)^\.", made)
    assert Relaxed.canonicalize_body(made + b"\r\n") == made + b"\r\n"


def test_latin_text_stays_readable_and_arabic_takes_base64() -> None:
    assert isinstance(body(["Salt and ", " light"], [0]), Printable)
    assert isinstance(body([ARABIC, ARABIC], [0]), Base64)


def test_the_same_email_is_the_same_bytes() -> None:
    reader = Subscriber(address="ana@example.org", name="Ana")
    first, second = (email_of(draft_of([NAME]), reader) for _ in range(2))
    assert encode(first) == encode(second)


def test_many_mailings_in_turn_keep_to_themselves() -> None:
    reader = Subscriber(address="ana@example.org", name="Ana")
    emails = [email_of(draft_of([f"<p>{number}"]), reader) for number in range(40)]
    for email in (*emails, *emails):
        assert read(encode(email))[1] == email.html


def test_a_bad_address_fails_alone_and_a_bad_sender_stops_the_channel() -> None:
    with pytest.raises(Rejected):
        encode(email_of(draft_of([NAME]), Subscriber(address="nobody")))
    with pytest.raises(Refused):
        encode(sample_email(sender=Mailbox("nobody")))


def test_a_line_break_in_a_name_cannot_become_a_header() -> None:
    reader = Subscriber(address="ana@example.org", name="a\r\nBcc: eve@example.org")
    mine = encode(email_of(draft_of([NAME]), reader))
    assert "Bcc" not in read(mine)[0]
