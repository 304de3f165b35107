"""Readers from files and to files, by the command line."""

from __future__ import annotations

import csv
import io
import json
import stat
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Run
    from tests.conftest import Letters

PEOPLE = "Contact,Ort\nana@example.org,Ulm\nnobody,=1+1\n"
MAPPED = ("--map", "email=Contact", "--map", "city=Ort", "--list", "weekly")


def test_an_import_says_what_it_took_the_columns_for(
    run: Run, letters: Letters
) -> None:
    text = (
        "Email Address,First Name,LEID,OPTIN_TIME,UNSUB_TIME\n"
        "ana@example.org,Ana,1,2024-01-31,\n"
        "bo@example.org,Bo,2,2024-01-31,2025-01-31 10:00:00\n"
    )
    file = letters.write("readers.csv", text)
    run("subscribers", "import", str(file), "--list", "weekly")
    assert "is an export of Mailchimp" in run.err
    assert 'email is "Email Address"' in run.err
    assert "kept as they are: LEID" in run.err
    assert "1 new, 0 changed, 0 unchanged" in run.err
    assert "kept out: 1 unsubscribed" in run.err


def test_a_dry_run_says_so_and_writes_nothing(run: Run, letters: Letters) -> None:
    file = letters.write("readers.csv", "email\nana@example.org\n")
    said = run("subscribers", "import", str(file), "--dry-run", "--json")
    assert json.loads(said)["new"] == 1
    run("subscribers", "import", str(file), "--dry-run")
    assert "would be 1 new" in run.err
    run("subscribers", "list")
    assert "0 readers" in run.err


def test_invalid_rows_go_to_a_file_for_the_owner_alone(
    run: Run, letters: Letters
) -> None:
    file = letters.write("readers.csv", PEOPLE)
    errors = letters.root / "errors.csv"
    run(*("subscribers", "import", str(file), *MAPPED), "--errors", str(errors), code=1)
    assert "1 row invalid" in run.err
    assert stat.S_IMODE(errors.stat().st_mode) == 0o600
    head, row = csv.reader(io.StringIO(errors.read_text()))
    assert head == ["error row", "error reason", "Contact", "Ort"]
    assert (row[0], row[2:]) == ("3", ["nobody", "'=1+1"])
    errors.write_text(errors.read_text().replace("nobody", "bo@example.org"))
    run("subscribers", "import", str(errors), *MAPPED)
    found = json.loads(run("subscribers", "list", "--json"))
    assert [one["attributes"] for one in found] == [{"city": "Ulm"}, {"city": "=1+1"}]


@pytest.mark.parametrize(
    ("given", "words"),
    [("Contact", "is not like email="), ("email=Mail", "Try one of: Contact, Ort")],
)
def test_a_wrong_map_is_refused(
    given: str, words: str, run: Run, letters: Letters
) -> None:
    file = letters.write("readers.csv", PEOPLE)
    code = 2 if "=" not in given else 1
    run("subscribers", "import", str(file), "--map", given, code=code)
    assert words in run.err


def test_a_file_without_anybody_is_an_error(run: Run, letters: Letters) -> None:
    file = letters.write("readers.csv", PEOPLE)
    run("subscribers", "import", str(file), code=1)
    assert "nobody was imported" in run.err
    assert "--map email=" in run.err


@pytest.mark.parametrize("name", ["out.csv", "out.jsonl"])
def test_what_is_exported_comes_in_again(name: str, run: Run, letters: Letters) -> None:
    file = letters.write("readers.csv", "email,city\nana@example.org,-5\n")
    run("subscribers", "import", str(file), "--list", "weekly")
    out = letters.root / name
    run("subscribers", "export", "weekly", "--to", str(out))
    assert "1 reader written" in run.err
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    run("subscribers", "import", str(out))
    assert "0 new, 0 changed, 1 unchanged" in run.err


def test_a_list_that_is_not_there_is_not_exported(run: Run) -> None:
    run("subscribers", "export", "wekly", code=1)
    assert "Did you mean weekly?" in run.err
