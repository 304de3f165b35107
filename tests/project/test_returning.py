"""What comes back is acted upon once, whatever breaks on the way."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

from publisher.errors import Busy, ConfigError, PublisherError
from publisher.models import Outcome, State, key_mark
from publisher.plan import email_key
from publisher.project import Project
from tests.bounces import machines, others, people
from tests.bounces.imap import PASSWORD, USER, Server, serving
from tests.bounces.reasons import MARK, READER, REASONS, Reason

if TYPE_CHECKING:
    from tests.conftest import Letters

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
HARD = next(one for one in REASONS if one.name == "postfix-unknown")
SPAM = next(one for one in REASONS if one.name == "spam")
FULL = next(one for one in REASONS if one.name == "over-quota")
READERS = (READER, "bo.reader@example.net", "cy.reader@example.net")


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as made:
        yield made


@pytest.fixture
def project(letters: Letters, server: Server) -> Iterator[Project]:
    environ = {
        "BOUNCES_IMAP_HOST": "127.0.0.1",
        "BOUNCES_IMAP_PORT": str(server.port),
        "BOUNCES_IMAP_USER": USER,
        "BOUNCES_IMAP_PASSWORD": PASSWORD,
        "BOUNCES_IMAP_SECURITY": "none",
        "SMTP_HOST": "127.0.0.1",
    }
    with Project(letters.root, environ=environ, clock=lambda: NOW) as made:
        yield made


@pytest.fixture
def marks(project: Project) -> list[str]:
    """Begin an issue for three readers, and return the marks of their deliveries."""
    people_ = project.books.subscribers
    known = [people_.add(one, lists=["weekly"], now=NOW) for one in READERS]
    plan = project.plan("weekly", through="smtp")
    project.books.ledger.begin(plan.issue, plan.drafts, plan.deliveries, plan.audiences)
    return [key_mark(email_key(plan.issue, one), project.salt) for one in known]


def about(raw: bytes, mark: str, reader: str = READER) -> bytes:
    """Return a sample as if it were about another delivery."""
    number = mark[:8].encode()
    for old, new in ((MARK, mark), (READER, reader), ("20261122.4711", mark[:8])):
        raw = raw.replace(old.encode(), new.encode())
    assert number in raw
    return raw


def suppressed(project: Project) -> list[str]:
    known = project.books.subscribers
    return [one for one in READERS if known.is_suppressed(one)]


def test_who_is_gone_gets_nothing_more(
    project: Project, server: Server, marks: list[str]
) -> None:
    server.inbox.add(about(machines.postfix(HARD), marks[0]))
    server.inbox.add(about(people.qmail(FULL), marks[1], READERS[1]))
    server.inbox.add(about(machines.DELAYS["exim"], marks[2], READERS[2]))
    found = project.fetch_bounces()
    assert found.counts == {"hard": 1, "soft": 1, "deferred": 1}
    assert (found.suppressed, found.strangers) == (1, 0)
    assert suppressed(project) == [READER]
    claimed = project.books.ledger.claim("weekly/1", "smtp", 9, now=NOW)
    assert [one.recipient for one in claimed] == list(READERS[1:])
    assert server.names("INBOX") == []
    assert len(server.names("processed")) == 3


@pytest.mark.parametrize(
    ("issues", "reason", "ends"), [(5, FULL, True), (4, FULL, False), (5, SPAM, False)]
)
def test_who_bounces_softly_too_often_gets_nothing_more(
    project: Project, server: Server, issues: int, reason: Reason, ends: bool
) -> None:
    ana = project.books.subscribers.add(READER, lists=["weekly"], now=NOW)
    plan = project.plan("weekly", through="smtp")
    for number in range(1, issues + 1):
        issue = replace(plan.issue, id=f"weekly/{number}", number=number)
        project.books.ledger.begin(issue, plan.drafts, readers=plan.audiences)
        mark = key_mark(email_key(issue, ana), project.salt)
        raw = about(machines.postfix(reason), mark)
        server.inbox.add(raw.replace(b"22 Nov", b"%02d Nov" % (number * 4)))
    found = project.fetch_bounces()
    assert (found.counts, found.strangers) == ({"soft": issues}, 0)
    assert suppressed(project) == ([READER] if ends else [])


def test_a_complaint_counts_though_its_reader_is_hidden(
    project: Project, server: Server, marks: list[str]
) -> None:
    project.books.ledger.claim("weekly/1", "smtp", 9, now=NOW)
    server.inbox.add(about(others.COMPLAINTS["aol"][1], marks[2]))
    assert project.fetch_bounces().suppressed == 1
    assert suppressed(project) == [READERS[2]]


def test_who_was_forwarded_is_found_by_the_mark(
    project: Project, server: Server, marks: list[str]
) -> None:
    project.books.ledger.claim("weekly/1", "smtp", 9, now=NOW)
    server.inbox.add(about(machines.postfix(HARD), marks[1], "far@example.com"))
    project.fetch_bounces()
    assert suppressed(project) == [READERS[1]]


def test_a_bounce_that_names_no_delivery_changes_nothing(
    project: Project, server: Server, marks: list[str]
) -> None:
    """Anybody can write to the mailbox, and call anybody gone."""
    server.inbox.add(about(machines.postfix(HARD), "f" * 32))
    server.inbox.add(about(machines.postfix(HARD), "not-a-mark-"))
    found = project.fetch_bounces()
    assert (found.counts["hard"], found.suppressed, found.strangers) == (2, 0, 2)
    assert suppressed(project) == []


def test_letters_of_people_are_left_to_people(
    project: Project, server: Server, marks: list[str]
) -> None:
    for raw in (others.LETTERS["answer"], b"", others.COMPLAINTS["other"][1]):
        server.inbox.add(raw)
    server.inbox.add(others.REPLIES["ticket"].replace(MARK.encode(), b"x"))
    server.inbox.add(others.REPLIES["rfc3834-it"])
    found = project.fetch_bounces()
    assert (found.read, found.others) == (5, 2)
    assert [one.uid for one in server.inbox.letters] == [1, 2, 3, 4]
    assert not any(one.flags for one in server.inbox.letters)
    assert project.fetch_bounces().read == 0  # and they are not fetched again
    server.inbox.add(others.LETTERS["question"], r"\Seen")
    assert project.fetch_bounces().read == 1


def test_many_are_fetched_in_batches(
    project: Project, server: Server, marks: list[str]
) -> None:
    for number in range(60):
        server.inbox.add(about(machines.postfix(HARD), marks[number % 3]))
    assert project.fetch_bounces().counts == {"hard": 60}
    assert len([one for one in server.said if one.startswith("UID FETCH")]) == 3
    assert len(server.names("processed")) == 60


def test_who_asks_to_stop_is_heard_between_batches(
    project: Project, server: Server, marks: list[str]
) -> None:
    for _ in range(60):
        server.inbox.add(about(machines.postfix(HARD), marks[0]))
    asked = iter([False, True])
    assert project.fetch_bounces(stop=lambda: next(asked)).read == 25
    assert project.fetch_bounces().read == 35


@pytest.mark.parametrize("command", ["SEARCH", "FETCH", "STORE", "MOVE"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_line_that_breaks_loses_nothing_and_counts_nothing_twice(
    project: Project, server: Server, marks: list[str], command: str, when: str
) -> None:
    server.inbox.add(about(machines.postfix(HARD), marks[0]))
    server.inbox.add(others.LETTERS["answer"])
    server.inbox.add(about(machines.gmail(HARD), marks[1], READERS[1]))
    everything = set(server.names("INBOX"))
    server.breaks = (command, when)
    with pytest.raises(PublisherError):
        project.fetch_bounces()
    already = len(suppressed(project))
    server.breaks = ("", "")
    found = project.fetch_bounces()
    assert already + found.suppressed == 2
    assert suppressed(project) == list(READERS[:2])
    both = server.names("INBOX") + server.names("processed")
    assert set(both) == everything
    assert len(both) == 3
    assert server.names("INBOX") == [others.LETTERS["answer"]]


def test_a_mailbox_that_counts_anew_is_read_anew(
    project: Project, server: Server, marks: list[str]
) -> None:
    server.inbox.add(others.LETTERS["answer"])
    project.fetch_bounces()
    server.inbox.validity += 1
    server.inbox.add(about(machines.postfix(HARD), marks[0]))
    found = project.fetch_bounces()
    assert (found.read, found.suppressed) == (2, 1)


def test_a_note_that_cannot_be_read_is_as_none(
    project: Project, server: Server, letters: Letters, marks: list[str]
) -> None:
    server.inbox.add(others.LETTERS["answer"])
    project.fetch_bounces()
    for damaged in ("", "{", "[1]", '{"x": 1}', "\x00"):
        letters.write(".publisher/bounces.json", damaged)
        assert project.fetch_bounces().read == 1


def test_a_dry_run_changes_nothing(
    project: Project, server: Server, letters: Letters
) -> None:
    server.inbox.add(machines.postfix(HARD))
    for _ in range(2):
        assert project.fetch_bounces(dry_run=True).counts == {"hard": 1}
    assert server.inbox.letters[0].flags == set()
    assert not (letters.root / ".publisher").exists()


def test_only_one_reads_at_a_time(project: Project, server: Server) -> None:
    with (
        project.books.ledger.lease("bounces"),
        pytest.raises(Busy, match="reading the bounce mailbox"),
    ):
        project.fetch_bounces()
    assert not server.said


def test_a_test_that_went_to_an_address_by_hand_is_found(
    project: Project, server: Server, marks: list[str]
) -> None:
    plan = project.plan("weekly", through="smtp", to=["proof@example.net"], again=True)
    project.books.ledger.begin(plan.issue, plan.drafts, plan.deliveries)
    mark = key_mark(plan.deliveries[0].key, project.salt)
    server.inbox.add(about(machines.postfix(HARD), mark, "proof@example.net"))
    assert project.fetch_bounces().suppressed == 1
    assert project.books.subscribers.is_suppressed("proof@example.net")


def test_without_a_mailbox_it_says_what_to_fill_in(letters: Letters) -> None:
    with (
        Project(letters.root, environ={}) as project,
        pytest.raises(ConfigError, match="BOUNCES_IMAP_HOST"),
    ):
        project.fetch_bounces()


def test_a_mark_that_anybody_could_work_out_is_nobodys(
    project: Project, server: Server, marks: list[str]
) -> None:
    project.books.ledger.claim("weekly/1", "smtp", 9, now=NOW)
    forged = key_mark("weekly/1/email/000000001")
    assert forged not in marks
    server.inbox.add(about(machines.postfix(HARD), forged))
    found = project.fetch_bounces()
    assert (found.suppressed, found.strangers) == (0, 1)
    assert suppressed(project) == []


def test_what_came_back_was_taken_so_it_is_uncertain_no_more(
    project: Project, server: Server, marks: list[str]
) -> None:
    ledger = project.books.ledger
    keys = [one.key for one in ledger.claim("weekly/1", "smtp", 9, now=NOW)]
    ends = [Outcome(key=key, state=State.UNCERTAIN, reason="lost") for key in keys]
    ledger.settle(ends, now=NOW)
    server.inbox.add(about(machines.postfix(HARD), marks[0]))
    project.fetch_bounces()
    counts = ledger.counts("weekly/1")["smtp"]
    assert (counts["accepted"], counts["uncertain"]) == (1, 2)


# --- leaving by mail -----------------------------------------------------------------


def farewell(subject: str, head: str = "", sender: str = READER) -> bytes:
    return (
        f"From: {sender}\r\nTo: bounces@example.org\r\nSubject: {subject}\r\n"
        f"Message-ID: <{abs(hash(subject))}@example.net>\r\n{head}\r\n\r\n"
    ).encode()


def lists(project: Project, address: str) -> tuple[str, ...]:
    found = project.books.subscribers.find(address)
    return found.lists if found else ()


def test_who_leaves_by_mail_leaves_that_list_and_gets_nothing_more(
    project: Project, server: Server, marks: list[str]
) -> None:
    people = project.books.subscribers
    people.add(READERS[1], lists=["daily"], now=NOW)
    project.books.ledger.claim("weekly/1", "smtp", 2, now=NOW)
    # Apple Mail says that a machine wrote it; another address may have sent it.
    apple = "Auto-Submitted: auto-replied\r\n"
    server.inbox.add(farewell(f"unsubscribe {marks[0]}", apple))
    server.inbox.add(farewell(f"Unsubscribe {marks[1].upper()}", sender="x@else.org"))
    found = project.fetch_bounces()
    assert (found.counts, found.strangers) == ({"unsubscribed": 2}, 0)
    assert lists(project, READERS[0]) == ()
    assert lists(project, READERS[1]) == ("daily",)
    assert suppressed(project) == []
    said = project.books.consents.of(READERS[0])[-1]
    assert (said.act, said.how, said.list) == ("left", "mail", "weekly")
    assert server.names("INBOX") == []


def test_nobody_leaves_for_another(
    project: Project, server: Server, marks: list[str]
) -> None:
    server.inbox.add(farewell(f"unsubscribe {key_mark('weekly/1/email/000000001')}"))
    server.inbox.add(farewell("unsubscribe weekly"))
    server.inbox.add(farewell(f"unsubscribe {'A' * 60}.{'b' * 27}"))
    server.inbox.add(farewell(f"Re: unsubscribe {marks[0]}"))
    found = project.fetch_bounces()
    assert found.strangers == 2
    assert all(lists(project, one) == ("weekly",) for one in READERS)


def test_the_letter_has_the_address_and_the_mark_that_are_read_here(
    letters: Letters, server: Server
) -> None:
    text = (letters.root / "publisher.yaml").read_text()
    text = text.replace("sender: {", "sender: {unsubscribe: out@example.org, ")
    letters.write("publisher.yaml", text)
    environ = {"BOUNCES_IMAP_HOST": "127.0.0.1", "BOUNCES_IMAP_USER": USER}
    environ |= {"BOUNCES_IMAP_PORT": str(server.port), "BOUNCES_IMAP_SECURITY": "none"}
    environ |= {"BOUNCES_IMAP_PASSWORD": PASSWORD}
    with Project(letters.root, environ=environ) as project:
        project.books.subscribers.add(READER, lists=["weekly"], now=NOW)
        project.send(project.plan("weekly"))
        (path,) = letters.messages()
        (line,) = re.findall(rb"List-Unsubscribe: ((?:.|\n )+)\n", path.read_bytes())
        said = line.decode().replace("\n ", "").replace("\r", "")
        assert "<mailto:out@example.org?subject=unsubscribe%20" in said
        subject = unquote(said.partition("subject=")[2].partition(">")[0])
        server.inbox.add(farewell(subject))
        assert project.fetch_bounces().counts == {"unsubscribed": 1}
        assert lists(project, READER) == ()


# --- while the schedules run ---------------------------------------------------------


def test_run_reads_the_mailbox_before_it_sends(
    project: Project, server: Server, marks: list[str]
) -> None:
    server.inbox.add(about(machines.postfix(HARD), marks[0]))
    project.run()
    assert suppressed(project) == [READER]


def test_a_mailbox_that_does_not_answer_stops_no_schedule(
    letters: Letters, caplog: pytest.LogCaptureFixture
) -> None:
    environ = {"BOUNCES_IMAP_HOST": "127.0.0.1", "BOUNCES_IMAP_PORT": "1"}
    environ |= {"BOUNCES_IMAP_USER": USER, "BOUNCES_IMAP_PASSWORD": PASSWORD}
    with Project(letters.root, environ=environ) as project:
        assert [one.error for one in project.run() if one.error] == []
    assert caplog.text.count("the bounce mailbox is not read") == 1


def test_run_looks_again_and_again_while_it_waits(
    project: Project, server: Server, marks: list[str]
) -> None:
    server.inbox.add(about(machines.postfix(HARD), marks[0]))
    began = time.monotonic()

    def stop() -> bool:
        return bool(suppressed(project)) or time.monotonic() > began + 10

    project.run_forever(stop=stop, told=lambda _ran: None)
    assert suppressed(project) == [READER]
