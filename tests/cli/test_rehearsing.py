"""`publisher rehearse`: the whole road, and nothing of it stays or leaves."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from publisher.cli.rehearse import exit_code, tell
from publisher.models import Report
from publisher.project import Project
from publisher.project.rehearsing import NAMES, Rehearsal, rehearse
from publisher.rehearsal import Audit, Call, Faults

if TYPE_CHECKING:
    from tests.cli.conftest import Run
    from tests.conftest import Letters

KEYS = [
    *("ok", "issue", "readers", "messages", "seconds", "rate", "calls", "counts"),
    *(
        "reasons",
        "stopped",
        "faults",
        "refused",
        "verify",
        "doubles",
        "losses",
        "denied",
    ),
    *("strangers", "too_early"),
]
SIGNED = "site:\n  unsubscribe_url: https://lantern.example.org/out/{token}"


def contents(folder: Path) -> dict[str, str]:
    """Return what is in each file of a folder."""
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def project(letters: Letters) -> Iterator[Project]:
    with Project(letters.root, environ={}, only_looks=True) as opened:
        yield opened


class Witness:
    """Keeps the bodies of all calls."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def __call__(self, call: Call) -> None:
        self.calls.append(call)

    @property
    def text(self) -> str:
        return "".join(bytes(call.body).decode() for call in self.calls)


def test_it_says_how_fast_it_was_and_that_nothing_is_missing(run: Run) -> None:
    out = run("rehearse", "weekly", "--readers", "700", "--through", "sendgrid")
    lines = out.splitlines()
    assert lines[1].split() == ["sendgrid", *"0 0 700 0 0 0".split()]
    assert lines[2].startswith("700 messages in ")
    assert lines[2].endswith(" messages/s")
    assert " s and 1 call: " in lines[2]
    assert lines[3:] == [
        "verify: every delivery is accounted for",
        "0 doubled, 0 lost, 0 calls too early",
    ]
    assert "weekly/1, rehearsed for 700 made-up readers" in run.err


def test_json_has_the_same_facts(run: Run) -> None:
    flags = ("--readers", "300", "--through", "postmark", "--faults", "partial,slow")
    found: dict[str, Any] = json.loads(run("rehearse", "weekly", *flags, "--json"))
    assert list(found) == KEYS
    assert found["ok"] is True
    assert (found["readers"], found["messages"], found["calls"]) == (300, 300, 1)
    assert set(found["faults"]) == {"partial"} | ({"slow"} & set(found["faults"]))
    failed = found["counts"]["postmark"]["failed"]
    assert failed in {1, 2, 3}
    assert found["counts"]["postmark"]["accepted"] == 300 - failed
    assert [one["count"] for one in found["reasons"]] == [failed]


def test_the_same_seed_is_the_same_rehearsal(run: Run) -> None:
    def ended(seed: int) -> Any:
        flags = ("--faults", "partial:0.3,500:0.2", "--seed", str(seed), "--json")
        found = json.loads(
            run(
                "rehearse", "weekly", "--readers", "900", "--through", "mailjet", *flags
            )
        )
        return found["faults"], found["counts"]

    first = ended(1)
    assert first == ended(1)
    assert first != ended(2)


def test_nothing_of_it_stays_in_the_folder(
    run: Run, letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(letters.root)
    text = (letters.root / "publisher.yaml").read_text()
    letters.write("publisher.yaml", text.replace("site:", SIGNED, 1))
    run("subscribers", "add", "ana@example.org", "--list", "weekly")
    before = contents(letters.root)
    run("rehearse", "weekly", "--through", "brevo")
    assert contents(letters.root) == before
    assert "no_proxy" not in os.environ


def test_the_owners_secrets_and_readers_are_not_in_it(
    letters: Letters, run: Run
) -> None:
    letters.write(
        ".env", "SENDGRID_TOKEN=SG.real\nSENDGRID_URL=https://api.sendgrid.com\n"
    )
    csv = "email,name,city\nana@example.org,Ana Marsh,Genova\n"
    letters.write("readers.csv", csv)
    run(
        *("subscribers", "import", str(letters.root / "readers.csv")),
        *("--list", "weekly"),
    )
    seen = Witness()
    with Project(letters.root, environ={}, only_looks=True) as project:
        ended = rehearse(
            project, "weekly", readers=20, through="sendgrid", witness=seen
        )
    assert ended.is_good
    headers = " ".join(f"{call.headers}" for call in seen.calls)
    for word in ("SG.real", "ana@example.org", "Ana Marsh"):
        assert word not in headers + seen.text
    assert all(name.replace('"', '\\"') in seen.text for name in NAMES)


def test_without_a_number_there_are_as_many_readers_as_the_list_has(
    run: Run, project: Project
) -> None:
    for name in ("ana", "bo"):
        run("subscribers", "add", f"{name}@example.org", "--list", "weekly")
    seen = Witness()
    ended = rehearse(project, "weekly", through="smtp", witness=seen)
    assert (ended.made_up, ended.messages, len(seen.calls)) == (2, 2, 2)
    assert "ana@example.org" not in seen.text
    assert [call.path for call in seen.calls] == [
        "reader0@d0.example.org",
        "reader1@d1.example.org",
    ]


def test_a_folder_without_settings_rehearses_what_stands_for_the_outbox(
    letters: Letters, project: Project
) -> None:
    letters.write(
        "schedules/weekly.yaml",
        "when: Fri 08:00\nemail: {template: digest, list: weekly}\n"
        "posts: [{template: announcement, through: [mastodon], at_most: 1}]\n",
    )
    ended = rehearse(project, "weekly", readers=3)
    accepted = {name: found["accepted"] for name, found in ended.report.counts.items()}
    assert accepted == {"smtp": 3, "mastodon": 1}
    assert ended.is_good


def test_a_channel_that_stops_is_no_good_rehearsal(project: Project) -> None:
    faults = Faults(first=("500",) * 50, patience=0.1)
    stops = iter([False] * 8)

    def stop() -> bool:
        return next(stops, True)

    ended = rehearse(
        project, "weekly", readers=9, through="smtp", faults=faults, stop=stop
    )
    assert ended.report.stopped
    assert not ended.is_good
    assert not ended.broken


def test_a_wait_is_kept(project: Project) -> None:
    faults = Faults(first=("429",))
    ended = rehearse(project, "weekly", readers=9, through="mailgun", faults=faults)
    assert (ended.is_good, ended.early, ended.calls) == (True, 0, 2)
    assert ended.seconds >= 1
    assert ended.messages == 9


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("nosuch", "there is no campaign 'nosuch'. Try: publisher schedules"),
        ("weekli", "there is no campaign 'weekli'. Did you mean weekly?"),
        ("weekly --faults lots", "there is no fault 'lots'. Did you mean lost?"),
        ("weekly --through pigeon", "there is no fake of pigeon to rehearse with"),
        ("weekly --through smtp", "nobody would get weekly: its list is empty"),
    ],
)
def test_what_cannot_be_rehearsed_is_said_in_a_line(
    run: Run, words: str, why: str
) -> None:
    assert run("rehearse", *words.split(), code=1) == ""
    assert why in run.err
    assert run.err.count("\n") == 1


def test_without_an_article_there_is_nothing_to_rehearse(
    letters: Letters, run: Run
) -> None:
    for path in (letters.root / "articles").iterdir():
        path.unlink()
    run("rehearse", "weekly", "--readers", "5", "--through", "smtp", code=1)
    assert "nothing to rehearse: no article fits weekly" in run.err


def ended_with(found: Audit) -> Rehearsal:
    report = Report(issue="w/1", counts={})
    return Rehearsal(
        report=report, made_up=0, seconds=0, calls=0, early=0, refused=0, audit=found
    )


def test_a_double_or_a_loss_ends_with_3(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(ended_with(Audit())) == 0
    for bad in (Audit(doubles=1), Audit(losses=1), Audit(denied=1)):
        assert exit_code(ended_with(bad)) == 3
    tell(ended_with(Audit(doubles=1, denied=2)))
    found = capsys.readouterr()
    assert "0 messages in 0.00 s and 0 calls: 0 messages/s" in found.out
    assert "1 doubled, 0 lost" in found.out
    assert "error: 2 failed here and were taken there" in found.err
