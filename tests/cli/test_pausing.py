"""A reader who pauses, as the commands tell it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.cli.conftest import Run

ADDRESS = "ana@readers.example.org"


@pytest.fixture
def reader(run: Run) -> str:
    run("subscribers", "add", ADDRESS, "--list", "weekly")
    return ADDRESS


def test_a_reader_is_paused_and_shown_and_reads_on(run: Run, reader: str) -> None:
    day = f"{datetime.now(UTC).date() + timedelta(days=40)}"
    run("subscribers", "pause", reader, "--until", day)
    assert run.err == f"paused: gets nothing until {day}\n"
    shown = run("subscribers", "show", reader)
    assert f"paused: gets nothing until {day}" in run.err
    assert f"“until {day}”" in shown
    assert run("subscribers", "list").splitlines()[1].endswith("paused")
    (listed,) = json.loads(run("subscribers", "list", "--json"))
    assert listed["is_paused"]
    known = json.loads(run("subscribers", "export", reader))
    assert known["pause"]["until"].startswith("20")
    assert [one["act"] for one in known["consents"]] == ["added", "paused"]
    run("plan", "weekly")
    assert "reader has paused" in run.err
    for said in ("gets letters again\n", "had not paused\n"):
        run("subscribers", "resume", reader)
        assert run.err == said
    run("subscribers", "show", reader)
    assert "gets nothing" not in run.err
    run("plan", "weekly")
    assert "reader has paused" not in run.err


def test_without_a_day_it_is_a_month(run: Run, reader: str) -> None:
    run("subscribers", "pause", reader)
    day = date.fromisoformat(run.err.rpartition(" ")[2].strip())
    assert timedelta(days=27) < day - datetime.now(UTC).date() < timedelta(days=33)


@pytest.mark.parametrize(
    ("until", "hint"),
    [("tomorrow", "Try: 2026-12-31"), ("2020-01-01", "Try: 20"), ("9999-01-01", "")],
)
def test_a_day_that_cannot_be_is_refused(
    run: Run, reader: str, until: str, hint: str
) -> None:
    run("subscribers", "pause", reader, "--until", until, code=1)
    assert hint in run.err
    assert reader not in run.err


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_nobody_who_is_unknown_is_paused(run: Run, reader: str, verb: str) -> None:
    run("subscribers", verb, "stranger@example.org", code=1)
    assert "nobody has this address" in run.err
