"""Anybody can write to the bounce mailbox: no bytes may end in an error."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from publisher.bounces import read
from tests.bounces import machines, others, people
from tests.bounces.reasons import REASONS

SAMPLES = [
    machines.exchange(REASONS[0]),
    machines.domino(REASONS[1]),
    people.qmail(REASONS[2]),
    people.foreign("ja", "iso-2022-jp", "宛先不明", "base64"),
    others.COMPLAINTS["validity"][1],
    others.REPLIES["receipt"],
]
SMALL_CHANGE = st.tuples(
    st.integers(0, 4_000), st.integers(0, 40), st.binary(max_size=40)
)
HEADS = st.sampled_from(
    [
        b"Content-Type: multipart/report; boundary=",
        b"Content-Type: text/plain; charset=",
        b"Content-Type: message/rfc822; charset*0*=",
        b"Content-Transfer-Encoding: ",
        b"Subject: =?utf-8?b?",
        b"From: MAILER-DAEMON@",
        b"To: ",
        b"Date: ",
        b"Final-Recipient: utf-8; \\x{",
        b"X-Failed-Recipients: ",
        b"\r\n",
        b"--\r\n",
    ]
)


@given(st.binary(max_size=2_000))
def test_any_bytes_are_read(raw: bytes) -> None:
    read(raw)


@given(st.lists(st.tuples(HEADS, st.binary(max_size=60)), max_size=12))
def test_any_headers_are_read(lines: list[tuple[bytes, bytes]]) -> None:
    read(b"\r\n".join(head + rest for head, rest in lines))


@given(st.sampled_from(SAMPLES), st.lists(SMALL_CHANGE, max_size=6))
def test_a_report_that_was_damaged_is_read(
    raw: bytes, changes: list[tuple[int, int, bytes]]
) -> None:
    for place, length, new in changes:
        raw = raw[:place] + new + raw[place + length :]
    for one in read(raw):
        assert "@" not in one.reason
        assert one.reason.isprintable()
        assert len(one.mark) in {0, 32}


def test_what_is_nested_beyond_reason_is_read() -> None:
    raw = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (one, one)
        for one in range(1_500)
    )
    assert not read(raw)


def test_a_large_message_takes_no_time() -> None:
    start = time.perf_counter()
    for filling in (
        b"a@",
        b"<",
        b"550 ",
        b"\r\n\r\n",
        b"=?utf-8?q?",
        b" \r\n",
        b"user ",
    ):
        head = b"From: MAILER-DAEMON@example.net\r\nSubject: failure notice\r\n\r\n"
        read(head + filling * (2_000_000 // len(filling)))
    assert time.perf_counter() - start < 30
