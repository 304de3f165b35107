"""`publisher send`: what it says before and after, and what it does not do."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import Run
    from tests.conftest import Letters

KEYS = [
    *("issue", "plan", "is_dry_run", "already_sent_in", "sent", "skipped", "failed"),
    *("uncertain", "waiting", "undecided", "counts", "reasons", "stopped", "again_at"),
    *("moves", "folders", "made"),
]


@pytest.fixture
def reader(run: Run) -> None:
    run("subscribers", "add", "ana@example.org", "--list", "weekly", "--name", "Ana")


def contents(folder: Path) -> dict[str, str]:
    """Return what is in each file of a folder."""
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def rewrite(letters: Letters, name: str, old: str, new: str) -> None:
    text = (letters.root / name).read_text()
    assert old in text
    letters.write(name, text.replace(old, new, 1))


@pytest.mark.usefixtures("reader")
def test_it_lists_what_was_made_and_where(run: Run, letters: Letters) -> None:
    out = run("send", "weekly")
    lines = [line.strip() for line in out.splitlines()]
    start = lines.index(f"made in {letters.root / 'outbox' / 'weekly-1'}:")
    assert lines[start + 1 : start + 4] == [
        "digest.html .txt",
        "mastodon-first-light.txt .json",
        "mastodon-second-wind.txt .json",
    ]
    assert lines[start + 4].startswith("email/")
    assert lines[start + 4].endswith(".eml")
    assert "weekly/1: 3 sent, 0 skipped, 0 failed" in run.err


@pytest.mark.usefixtures("reader")
def test_the_second_time_it_names_the_issue_and_the_way_to_repeat(run: Run) -> None:
    run("send", "weekly")
    run("send", "weekly")
    (line,) = [one for one in run.err.splitlines() if "nothing to send" in one]
    assert "everything was sent already, the last in weekly/1" in line
    assert "--again" in line
    run("send", "weekly", "--again")
    assert "weekly/2: 3 sent" in run.err


@pytest.mark.usefixtures("reader")
def test_json_has_the_same_facts_and_keys_in_every_case(run: Run) -> None:
    dry, first, second = (
        json.loads(run("send", "weekly", "--json", *flags))
        for flags in (("--dry-run",), (), ())
    )
    assert [list(one) for one in (dry, first, second)] == [KEYS] * 3
    assert (dry["is_dry_run"], dry["sent"], dry["plan"]["deliveries"]) == (True, 0, 3)
    assert (first["sent"], first["failed"], len(first["made"])) == (3, 0, 7)
    assert all(Path(one).is_file() for one in first["made"])
    assert second["already_sent_in"] == "weekly/1"


def test_a_list_without_readers_is_told(run: Run) -> None:
    run("plan", "weekly")
    assert "email has no reader: nobody is on list weekly" in run.err


SIGNED = "site:\n  unsubscribe_url: https://lantern.example.org/out/{token}"
LOOKS = [
    "plan weekly --json",
    "send weekly --dry-run",
    "send weekly --dry-run --json",
    "check",
    "explain first-light",
    "render weekly",
    "schedules",
    "status",
    "verify",
    "channels",
    "doctor",
    "articles",
    "subscribers list",
    "subscribers export",
    "subscribers import readers.csv --dry-run",
    "plan nosuch",
    "preview --text",
]


@pytest.mark.parametrize("with_books", [False, True])
@pytest.mark.parametrize("command", LOOKS)
def test_who_only_looks_writes_nothing(
    command: str,
    with_books: bool,
    run: Run,
    letters: Letters,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(letters.root)
    rewrite(letters, "publisher.yaml", "site:", SIGNED)
    letters.write("readers.csv", "email\nbo@example.org\n")
    if with_books:
        run("subscribers", "add", "ana@example.org", "--list", "weekly")
    before = contents(letters.root)
    run(*command.split(), code=int("nosuch" in command))
    assert contents(letters.root) == before


DRIFTS: dict[str, Callable[[Run, Letters], Any]] = {
    "article first-light": lambda _, letters: letters.article(
        "first-light", date="2026-11-11"
    ),
    "article third-time": lambda _, letters: letters.article(
        "third-time", date="2026-11-20"
    ),
    "what they are rendered to": lambda _, letters: letters.write(
        "templates/email/digest.txt.j2", "{{ issue.id }} {{ unsubscribe_url }}"
    ),
    "who gets it": lambda run, _: run(
        "subscribers", "add", "bo@example.org", "--list", "weekly"
    ),
    "the channels": lambda _, letters: rewrite(
        letters, "schedules/weekly.yaml", "[mastodon]", "[bluesky]"
    ),
    "the sender or the site": lambda _, letters: rewrite(
        letters, "publisher.yaml", "letters@", "other@"
    ),
}


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("what", DRIFTS)
@pytest.mark.parametrize("flags", [(), ("--dry-run",)])
def test_a_saved_plan_that_drifted_names_what_did(
    what: str, flags: tuple[str, ...], run: Run, letters: Letters
) -> None:
    saved = letters.write("plan.json", run("plan", "weekly", "--json"))
    DRIFTS[what](run, letters)
    run("send", "weekly", "--plan", str(saved), *flags, code=1)
    assert f"{what} " in run.err.replace(",", " ")
    assert "nothing was sent. Try: publisher plan weekly --json" in run.err
    assert not (letters.root / "outbox").exists()


@pytest.mark.usefixtures("reader")
def test_a_saved_plan_is_sent_once_and_for_its_campaign_only(
    run: Run, letters: Letters
) -> None:
    saved = str(letters.write("plan.json", run("plan", "weekly", "--json")))
    run("send", "first-light", "--plan", saved, code=1)
    assert "the plan is for weekly, not for once-first-light-outbox" in run.err
    run("send", "weekly", "--plan", saved)
    run("send", "weekly", "--plan", saved)
    assert "nothing to send" in run.err


@pytest.mark.usefixtures("reader")
def test_a_secret_that_cannot_be_used_fails_nobody(run: Run, letters: Letters) -> None:
    rewrite(letters, "publisher.yaml", "site:", SIGNED)
    letters.write(".env", "PUBLISHER_SECRET=short\n")
    run("send", "weekly", code=1)
    assert "PUBLISHER_SECRET must have" in run.err
    assert json.loads(run("status", "--json")) == {}


def test_one_person_is_a_test_and_comes_once(run: Run, letters: Letters) -> None:
    twice = ("--to", "Ana@Example.org", "--to", "ana@example.org")
    found = json.loads(run("send", "weekly", *twice, "--json"))
    assert (found["issue"], found["counts"]["outbox"]["accepted"]) == (
        "test-weekly/1",
        1,
    )


def test_a_pipe_gets_no_folded_cell_and_no_colour(run: Run, letters: Letters) -> None:
    slug = "a-very-long-name-that-goes-on-and-on-beyond-any-terminal-that-there-is"
    letters.article(slug, date="2026-11-13")
    out = run("articles", "--tag", "sea")
    assert slug in out
    assert "\x1b" not in out
