"""Whatever comes back is read as what it is, whichever server wrote it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

import pytest

from publisher.bounces import Bounce, Kind, read
from tests.bounces import machines, others, people
from tests.bounces.reasons import FOREIGN, MARK, OURS, READER, REASONS

AIM = 0.98


@dataclass(frozen=True)
class Sample:
    name: str
    kind: Kind | None  # None: no report
    raw: bytes


def _samples() -> Iterator[Sample]:
    for styles in (machines.STYLES, people.STYLES):
        for style, make in styles.items():
            for reason in REASONS:
                yield Sample(f"{style}/{reason.name}", reason.kind, make(reason))
    for language, charset, kind, words in FOREIGN:
        for coding in ("8bit", "base64", "quoted-printable"):
            raw = people.foreign(language, charset, words, coding)
            yield Sample(f"foreign/{language}/{charset}/{coding}", kind, raw)
    for warnings in (machines.DELAYS, people.WARNINGS):
        yield from (
            Sample(f"late/{name}", "deferred", raw) for name, raw in warnings.items()
        )
    for name, (kind, raw) in others.COMPLAINTS.items():
        yield Sample(f"complaint/{name}", kind, raw)
    for name, raw in others.REPLIES.items():
        yield Sample(f"reply/{name}", "replied", raw)
    for nothing in (others.LETTERS, others.NO_COMPLAINTS):
        yield from (
            Sample(f"letter/{name}", None, raw) for name, raw in nothing.items()
        )


SAMPLES = list(_samples())
REPORTS = [one for one in SAMPLES if one.kind]


@cache
def told(sample: Sample) -> Kind | None:
    """Return what a sample was read as; two recipients would be a mistake, too."""
    found = read(sample.raw)
    assert len(found) <= 1, sample.name
    return found[0].kind if found else None


def test_nearly_all_samples_are_read_as_what_they_are() -> None:
    wrong = [
        f"{one.name}: {told(one)}, not {one.kind}"
        for one in SAMPLES
        if told(one) != one.kind
    ]
    assert len(SAMPLES) >= 300
    assert len(wrong) <= (1 - AIM) * len(SAMPLES), wrong


@pytest.mark.parametrize("kind", ["hard", "soft", "deferred", "complained", "replied"])
def test_no_kind_is_left_behind(kind: Kind) -> None:
    of_it = [one for one in SAMPLES if one.kind == kind]
    right = sum(told(one) == kind for one in of_it)
    assert right >= AIM * len(of_it)


def test_nothing_is_called_hard_that_is_not() -> None:
    """This is what suppresses: who is wrongly suppressed is lost."""
    hard = [one.name for one in SAMPLES if one.kind != "hard" and told(one) == "hard"]
    assert not hard


def test_the_reader_and_the_delivery_are_found() -> None:
    lost = Counter[str]()
    for one in REPORTS:
        found = read(one.raw)[0]
        hidden = one.name in {"complaint/aol", "complaint/validity"}
        lost["reader"] += found.recipient != ("" if hidden else READER)
        lost["mark"] += found.mark != MARK
    assert lost.total() <= (1 - AIM) * len(REPORTS), lost


OURS_TO_MEND = {
    *("spam", "listed", "dmarc", "our-domain", "too-large", "rate", "too-fast"),
}


def test_what_is_no_fault_of_the_reader_is_told_apart() -> None:
    wrong = [
        one.name
        for one in REPORTS
        if one.name.partition("/")[0] in {*machines.STYLES, *people.STYLES}
        and read(one.raw)[0].is_ours != (one.name.partition("/")[2] in OURS_TO_MEND)
    ]
    assert len(wrong) <= (1 - AIM) * len(REPORTS), wrong


def test_no_address_stands_in_a_reason() -> None:
    assert not [one.name for one in REPORTS if "@" in read(one.raw)[0].reason]


def test_nor_does_one_in_quotes() -> None:
    said = b'550 5.1.1 <"ana marsh"@example.net>, @example.net, (x)@y: unknown'
    raw = machines.postfix(REASONS[0]).replace(REASONS[0].reply.encode(), said)
    assert read(raw)[0].reason == "550 5.1.1 <***>, ***, ***: unknown"


def test_all_that_a_report_says_is_told() -> None:
    raw = machines.postfix(REASONS[0])
    assert read(raw) == (
        Bounce(
            kind="hard",
            recipient=READER,
            final=READER,
            mark=MARK,
            status="5.1.1",
            reason="550 5.1.1 <***>: Recipient address rejected: User unknown in "
            "virtual mailbox table",
            reporter="mx.example.com",
            report=read(raw)[0].report,
            at=datetime(2026, 11, 22, 9, 15, 30, tzinfo=UTC),
        ),
    )


def test_a_report_is_the_same_whenever_it_is_read() -> None:
    one, two = (machines.postfix(reason) for reason in REASONS[:2])
    other = two.replace(b"20261122.4711@", b"20261122.4712@")
    assert read(one)[0].report == read(one)[0].report
    assert read(one)[0].report != read(other)[0].report


# --- whose it is ---------------------------------------------------------------------

BARE = machines.yahoo(REASONS[0]).partition(b"Content-Type: message/rfc822")[0]


def test_the_address_that_it_came_back_to_names_the_delivery() -> None:
    assert read(BARE)[0].mark == MARK


@pytest.mark.parametrize(
    "header", ["X-Original-To: {}", "Delivered-To: <{}>", "Received: by x for <{}>"]
)
def test_so_does_one_that_only_the_envelope_had(header: str) -> None:
    hidden = BARE.replace(OURS.encode(), b"postmaster@example.org")
    assert not read(hidden)[0].mark
    assert read(header.format(OURS).encode() + b"\r\n" + hidden)[0].mark == MARK


def test_so_does_our_own_header_in_what_came_back() -> None:
    raw = machines.postfix(REASONS[0])
    assert read(raw.replace(OURS.encode(), b"letters@example.org"))[0].mark == MARK


def test_so_does_our_message_id() -> None:
    raw = machines.postfix(REASONS[0]).replace(OURS.encode(), b"letters@example.org")
    assert read(raw.replace(b"X-Publisher-Key", b"X-Other"))[0].mark == MARK


def test_each_recipient_of_a_report_is_told_of() -> None:
    raw = people.text(
        machines.head("MAILER-DAEMON@mx.example.com", "failure notice"),
        "Hi. This is the qmail-send program at mx.example.com.\n\n"
        "<one@example.net>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n"
        "<two@example.net>:\nDisk quota exceeded. (#4.2.2)\n\n"
        "--- Below this line is a copy of the message.\n\n",
    )
    found = [(one.recipient, one.kind, one.status) for one in read(raw)]
    assert found == [
        ("one@example.net", "hard", "5.1.1"),
        ("two@example.net", "soft", "4.2.2"),
    ]


def test_each_recipient_of_a_machines_report_is_told_of() -> None:
    raw = machines.postfix(REASONS[0]).replace(
        b"Diagnostic-Code: smtp; 550",
        b"Diagnostic-Code: smtp; 550 5.1.1 unknown\r\n\r\n"
        b"Final-Recipient: rfc822; two@example.net\r\nAction: delivered\r\n"
        b"Status: 2.0.0\r\n\r\n"
        b"Final-Recipient: rfc822; far@example.com\r\n"
        b"Original-Recipient: rfc822; near@example.net\r\nAction: delayed\r\n"
        b"Status: 4.4.1\r\nDiagnostic-Code: smtp; 451",
    )
    found = [(one.recipient, one.final, one.kind) for one in read(raw)]
    assert found == [
        (READER, READER, "hard"),
        ("near@example.net", "far@example.com", "deferred"),
    ]


def test_an_address_in_utf_8_is_read_as_rfc_6533_escapes_it() -> None:
    raw = machines.international(REASONS[0]).replace(
        f"utf-8; {READER}".encode(), rb"utf-8; n\x{FC}ra@example.net"
    )
    assert read(raw)[0].recipient == "nüra@example.net"
