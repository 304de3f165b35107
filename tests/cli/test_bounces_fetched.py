"""`publisher bounces fetch` prints what came back, and says what it did about it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.bounces import machines, others
from tests.bounces.imap import PASSWORD, USER, Server, serving
from tests.bounces.reasons import REASONS

if TYPE_CHECKING:
    from tests.cli.conftest import Run


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with serving() as made:
        monkeypatch.setenv("BOUNCES_IMAP_HOST", "localhost")
        monkeypatch.setenv("BOUNCES_IMAP_PORT", str(made.port))
        monkeypatch.setenv("BOUNCES_IMAP_USER", USER)
        monkeypatch.setenv("BOUNCES_IMAP_PASSWORD", PASSWORD)
        monkeypatch.setenv("BOUNCES_IMAP_SECURITY", "none")
        made.inbox.add(machines.postfix(REASONS[0]))
        made.inbox.add(others.REPLIES["rfc3834-de"])
        made.inbox.add(others.LETTERS["question"])
        yield made


def test_it_prints_how_many_of_each_kind(run: Run, server: Server) -> None:
    assert run("bounces", "fetch") == (
        "  1 hard: gone for good\n"
        "  1 replied: answered by a machine\n"
        "  1 others: left where they are\n"
    )
    assert run.err == (
        "3 new letters in the bounce mailbox\n"
        "1 bounce of no email of yours: nothing done\n"
    )
    assert run("bounces", "fetch") == ""


def test_a_dry_run_prints_the_same_each_time(run: Run, server: Server) -> None:
    first = run("bounces", "fetch", "--dry-run")
    assert first == run("bounces", "fetch", "-n")
    assert "1 hard" in first


def test_a_program_gets_the_numbers(run: Run, server: Server) -> None:
    server.abilities = "IMAP4rev1 AUTH=PLAIN"
    assert json.loads(run("bounces", "fetch", "--json")) == {
        "read": 3,
        "counts": {"hard": 1, "replied": 1},
        "others": 1,
        "suppressed": 0,
        "strangers": 1,
        "stays": True,
    }


def test_letters_that_stay_are_told_of(run: Run, server: Server) -> None:
    server.abilities = "IMAP4rev1 AUTH=PLAIN"
    run("bounces", "fetch")
    assert "they stay, marked as read" in run.err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("HOST=", "BOUNCES_IMAP_HOST is not in .env"),
        ("PORT=imaps", "BOUNCES_IMAP_PORT must be a number"),
        ("PORT=70000", "BOUNCES_IMAP_PORT must be a number"),
        ("SECURITY=ssl", "must be one of tls, starttls, none"),
        ("HOST=imap.example.org", "in the clear"),
        ("PASSWORD=wr0ng", "localhost refused the login"),
        ("FOLDER=Bounced", "no folder 'Bounced'"),
    ],
)
def test_a_wrong_setting_is_said_in_a_line(
    run: Run, server: Server, monkeypatch: pytest.MonkeyPatch, line: str, said: str
) -> None:
    key, _, value = line.partition("=")
    monkeypatch.setenv(f"BOUNCES_IMAP_{key}", value)
    run("bounces", "fetch", code=1)
    assert said in run.err
    assert len(run.err.splitlines()) == 1
    assert "wr0ng" not in run.err
