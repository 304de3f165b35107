"""MIME: what is written is what is read back, and nothing illegal is written."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.errors import ProviderError, Refused, Rejected
from publisher.mime import ascii_domain, encode, html_size
from publisher.models import Email, Mailbox
from publisher.testing import sample_email

UNSUBSCRIBE = f"<https://example.org/out/{'abc-_' * 60}>"


def email(**changes: Any) -> Email:
    values: dict[str, Any] = {
        "key": "weekly/7/smtp/0123",
        "sender": Mailbox("letters@example.org", "The Lantern"),
        "recipient": Mailbox("ana@example.org", "Ana"),
        "subject": "Salt & light",
        "html": "<p>Salt</p>",
        "text": "Salt",
        "date": datetime(2026, 11, 22, 8, 0, tzinfo=UTC),
        "message_id": "abc@example.org",
    }
    return sample_email(**{**values, **changes})


def parsed(one: Email) -> EmailMessage:
    message = message_from_bytes(encode(one), policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def content(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    assert part is not None
    text = part.get_payload(decode=True)
    assert isinstance(text, bytes)
    return text.decode().replace("\r\n", "\n")


def test_a_whole_message() -> None:
    headers = {
        "List-Unsubscribe": "<https://example.org/out/x>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    one = email(
        reply_to="hello@example.org",
        headers=headers,
        text="Caffè and salt, and light.\n.\nx ",
    )
    mark = "=_ef0e1fefbf0b8d4f52d94b01f2b817d8"
    assert encode(one).decode().split("\r\n") == [
        "From: The Lantern <letters@example.org>",
        "Reply-To: hello@example.org",
        "To: Ana <ana@example.org>",
        "Subject: Salt & light",
        "Message-ID: <abc@example.org>",
        "Date: Sun, 22 Nov 2026 08:00:00 +0000",
        "MIME-Version: 1.0",
        "Content-Language: en",
        "List-Unsubscribe: <https://example.org/out/x>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        f'Content-Type: multipart/alternative; boundary="{mark}"',
        "",
        f"--{mark}",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: quoted-printable",
        "",
        "Caff=C3=A8 and salt, and light.",
        "=2E",
        "x=20",
        f"--{mark}",
        "Content-Type: text/html; charset=utf-8",
        "Content-Transfer-Encoding: quoted-printable",
        "",
        "<p>Salt</p>",
        f"--{mark}--",
        "",
    ]


# --- the round trip ----------------------------------------------------------------

printable = st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp"))
# The reader of the standard library drops these from a name or joins around them.
lines = st.text(printable, max_size=150).map(lambda text: " ".join(text.split()))
bodies = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


@settings(deadline=None)
@given(lines, lines, lines)
def test_headers_read_back_as_they_were_written(
    subject: str, sender: str, recipient: str
) -> None:
    one = email(
        subject=subject,
        sender=Mailbox("letters@example.org", sender),
        recipient=Mailbox("ana@example.org", recipient),
    )
    message = parsed(one)
    assert message["subject"] == subject
    for name, box in (("from", one.sender), ("to", one.recipient)):
        (address,) = message[name].addresses
        assert address.addr_spec == box.address
        if len(box.name.encode()) <= 36:
            assert address.display_name == box.name
        # Python's own newer parser puts a space between two encoded words of a name.
        raw = message_from_bytes(encode(one), policy=policy.compat32)[name]
        shown = str(make_header(decode_header(raw.replace("\n", ""))))
        assert parseaddr(shown)[1] == box.address or not box.name.isascii()
        assert box.name.isascii() or shown == f"{box.name} <{box.address}>"


@settings(deadline=None)
@given(bodies, bodies)
def test_bodies_read_back_as_they_were_written(text: str, html: str) -> None:
    message = parsed(email(text=text, html=html))
    for subtype, body in (("plain", text), ("html", html)):
        expected = body.replace("\r\n", "\n").replace("\r", "\n")
        assert content(message, subtype) == expected


@settings(deadline=None)
@given(bodies, lines, lines)
def test_lines_are_as_long_as_they_may_be(body: str, subject: str, name: str) -> None:
    one = email(
        text=body * 3,
        html=body,
        subject=subject,
        sender=Mailbox("letters@example.org", name),
        headers={"X-Note": subject},
    )
    data = encode(one)
    assert data.isascii()
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert b"\r" not in data.replace(b"\r\n", b"")
    for line in data.split(b"\r\n"):
        assert len(line) <= 998
        if b"=?utf-8?" in line:
            assert len(line) <= 76
            word = line[line.index(b"=?") : line.rindex(b"?=") + 2]
            assert len(word) <= 75


def test_the_same_email_is_the_same_bytes() -> None:
    assert encode(email()) == encode(email())
    other = email(key="weekly/7/smtp/4567", message_id="")
    assert encode(email(message_id="")) != encode(other)


def test_the_shorter_encoding_is_taken() -> None:
    assert b"quoted-printable" in encode(email(html="<p>Caffè</p>" * 50))
    arabic = encode(email(html="<p>" + "رسالة المنارة " * 50, text="سلام عليكم"))
    assert arabic.count(b"Content-Transfer-Encoding: base64") == 2


def test_the_size_is_that_of_the_part_that_travels() -> None:
    html = "<p>" + "è" * 100 + "</p>"
    data = encode(email(html=html))
    part = data.split(b"\r\n\r\n")[-1].rpartition(b"\r\n--")[0]
    assert html_size(html) == len(part)


# --- headers -----------------------------------------------------------------------


def test_the_way_out_is_never_folded_nor_encoded() -> None:
    data = encode(email(headers={"List-Unsubscribe": UNSUBSCRIBE}))
    assert f"\r\nList-Unsubscribe: {UNSUBSCRIBE}\r\n".encode() in data


def test_a_long_subject_is_folded_between_words() -> None:
    subject = "Salt and light " * 12
    head = encode(email(subject=subject.strip())).decode().split("Date:")[0]
    assert all(len(line) <= 78 for line in head.split("\r\n"))
    assert parsed(email(subject=subject.strip()))["subject"] == subject.strip()


def test_an_encoded_word_splits_no_character() -> None:
    head = encode(email(subject="👩‍👩‍👧‍👦é" * 30)).decode()
    words = head.partition("Subject: ")[2].partition("\r\nDate")[0].split("\r\n ")
    assert all(word.startswith("=?utf-8?b?") for word in words)
    for word in words:
        assert "\ufffd" not in str(make_header(decode_header(word)))


@pytest.mark.parametrize(
    "name", ['O"Hara, Ana', "a\\b", "Ana (x) <y>", "Zoë, Ñ", "=?x?="]
)
def test_a_display_name_may_be_anything(name: str) -> None:
    message = parsed(email(recipient=Mailbox("ana@example.org", name)))
    assert message["to"].addresses[0].display_name == name


def test_a_domain_of_any_script_becomes_ascii() -> None:
    box = Mailbox("ana@bücher.example")
    assert b"To: ana@xn--bcher-kva.example\r\n" in encode(email(recipient=box))
    assert ascii_domain("مثال.إختبار") == "xn--mgbh0fb.xn--kgbechtv"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"subject": "a\x00b"}, Rejected),
        ({"recipient": Mailbox("ana@example.org", "a\nb")}, Rejected),
        ({"recipient": Mailbox("ana@example.org\r\nBcc: x@example.org")}, Rejected),
        ({"recipient": Mailbox("añá@example.org")}, Rejected),
        ({"recipient": Mailbox("ana")}, Rejected),
        ({"recipient": Mailbox("ana@")}, Rejected),
        ({"recipient": Mailbox("a b@example.org")}, Rejected),
        ({"recipient": Mailbox("ana@exa mple.org")}, Rejected),
        ({"recipient": Mailbox("ana@-ü-.org")}, Rejected),
        ({"sender": Mailbox("")}, Refused),
        ({"reply_to": "x\n@example.org"}, Refused),
        ({"headers": {"X-A": "b\nc"}}, Rejected),
        ({"headers": {"X A": "b"}}, Rejected),
        ({"headers": {"List-Unsubscribe": "<https://exämple.org>"}}, Refused),
        ({"headers": {"List-Unsubscribe": f"<{'x' * 999}>"}}, Refused),
        ({"language": "e\nn"}, Rejected),
        ({"message_id": "a>b@example.org"}, Rejected),
    ],
)
def test_what_would_be_illegal_is_refused_without_the_address(
    changes: dict[str, Any], error: type[ProviderError]
) -> None:
    with pytest.raises(error) as caught:
        encode(email(**changes))
    assert "@" not in str(caught.value).replace("before the @", "").replace(
        "name@example.org", ""
    )


def test_a_line_break_in_a_subject_is_a_space() -> None:
    made = parsed(email(subject="a\r\nBcc: x@example.org"))
    assert made["Subject"] == "a Bcc: x@example.org"
    assert "Bcc" not in made


def test_a_quoted_local_part_stays() -> None:
    box = Mailbox('"ana b"@example.org')
    assert b'To: "ana b"@example.org\r\n' in encode(email(recipient=box))
