"""The command line, through its real door."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from publisher import files
from publisher.cli import VERBS, cli

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest

    from tests.cli.conftest import Run
    from tests.conftest import Letters

    Named = tuple[tuple[str, ...], click.Command]


def commands(command: click.Command, path: tuple[str, ...]) -> Iterator[Named]:
    """Give every command below one, with the words that call it."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below
            yield from commands(below, (*path, name))


def test_every_help_has_an_example_and_no_nameless_value(run: Run) -> None:
    for path, _command in commands(cli, ()):
        text = run(*path, "--help")
        assert "Example" in text, path
        assert " TEXT " not in text, path
        if len(path) == 1:
            assert VERBS[path[0]] in " ".join(text.split())


def test_a_wrong_verb_is_answered_with_the_nearest(run: Run) -> None:
    run("shcedules", code=2)
    assert "Did you mean 'schedules'?" in run.err


def test_articles_as_json(run: Run) -> None:
    found = json.loads(run("articles", "--tag", "storm", "--json"))
    assert [one["slug"] for one in found] == ["second-wind"]
    assert set(found[0]) >= {"title", "language", "direction", "tags", "html", "text"}


def test_one_bad_article_does_not_hide_the_others(run: Run, letters: Letters) -> None:
    letters.write("articles/bad.md", "---\ntitle: [\n---\n\nText.\n")
    found = json.loads(run("articles", "--json", code=1))
    assert len(found) == 2
    assert "bad.md:" in run.err
    assert "Traceback" not in run.err


def test_show_one_article_from_anywhere(
    run_in: Callable[[Path], Run], tmp_path: Path
) -> None:
    page = tmp_path / "page.txt"
    page.write_text("A quiet harbour\n\nThe boats were in before dusk.\n\n#sea#calm\n")
    out = run_in(tmp_path)("articles", "show", str(page), "--json")
    found = json.loads(out)
    assert found["title"] == "A quiet harbour"
    assert found["tags"] == ["sea", "calm"]


def test_a_draft_is_shown_to_who_names_it_and_is_not_sent(
    run: Run, letters: Letters
) -> None:
    path = letters.root / "articles" / "early.md"
    path.write_text("---\ntitle: Early\ndraft: true\n---\nNot yet.\n")
    assert "Not yet." in run("render", "early")
    assert "not sent: 1 (article is a draft)" in run.err
    assert "Not yet." not in run("render", "weekly")
    run("send", "early")
    assert "nothing to send" in run.err


def test_show_names_what_cannot_be_read_in_a_folder(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "good.md").write_text("# Tides\n\nThey turn.\n")
    (tmp_path / "in" / "bad.md").write_text("---\ntitle: [broken\n---\nText.\n")
    out = run("articles", "show", str(tmp_path / "in"), "--json", code=1)
    assert json.loads(out)["title"] == "Tides"
    assert "bad.md:2:8:" in run.err


def test_plan_send_status_verify(run: Run, letters: Letters) -> None:
    run("subscribers", "add", "ana@example.org", "--list", "weekly", "--name", "Ana")
    plan = json.loads(run("plan", "weekly", "--json"))
    assert plan["channels"] == {"outbox": 1, "outbox:mastodon": 2}
    saved = letters.write("plan.json", json.dumps(plan))
    run("send", "weekly", "--plan", str(saved))
    assert "outbox: 1 accepted" in run.err
    status = json.loads(run("status", "--json"))
    assert status["weekly/1"]["outbox"]["accepted"] == 1
    run("verify")
    run("send", "weekly")
    assert "nothing to send" in run.err


def test_a_dry_run_writes_nothing(run: Run, letters: Letters) -> None:
    run("subscribers", "add", "ana@example.org", "--list", "weekly")
    run("send", "weekly", "--dry-run")
    assert not (letters.root / "outbox").exists()
    assert json.loads(run("status", "--json")) == {}


def test_render_into_a_folder(run: Run, tmp_path: Path) -> None:
    run("render", "weekly", "-o", str(tmp_path / "out"))
    names = {path.suffix for path in (tmp_path / "out").iterdir()}
    assert names == {".html", ".txt", ".eml", ".json"}


def test_render_for_a_program(run: Run, letters: Letters) -> None:
    data = json.loads(run("render", "weekly", "--json"))
    email, *posts = data["messages"]
    assert (data["issue"], email["kind"], email["channel"]) == (
        "weekly/1",
        "email",
        "outbox",
    )
    assert email["headers"]["List-Unsubscribe"]
    assert email["subject"]
    assert "First light" in email["html"]
    assert "First light" in email["text"]
    assert [post["channel"] for post in posts] == ["outbox:mastodon"] * 2
    assert all(post["json"]["status"] == post["text"] for post in posts)
    run("render", "weekly", "--json", "-o", "out", code=2)
    assert not (letters.root / "out").exists()


def test_schedules_tell_the_next_three_runs(run: Run) -> None:
    (found,) = json.loads(run("schedules", "--json"))
    assert found["name"] == "weekly"
    assert "Friday" in found["when"]
    assert len(found["next"]) == 3


def test_explain_names_the_rule(run: Run) -> None:
    (found,) = json.loads(run("explain", "second-wind", "--json"))
    assert found["why"] == ["rule 1 (storm)"]


def test_subscribers_there_and_back(run: Run, letters: Letters) -> None:
    file = letters.write(
        "readers.csv", "email,name\nana@example.org,Ana\nnobody,No\nbo@example.org,Bo\n"
    )
    run("subscribers", "import", str(file), "--list", "weekly", code=1)
    assert "2 new" in run.err
    assert "readers.csv:3" in run.err
    run("subscribers", "suppress", "bo@example.org")
    found = json.loads(run("subscribers", "list", "--json"))
    assert [one["is_suppressed"] for one in found] == [False, True]
    assert "ana@example.org" in run("subscribers", "export")


def test_a_file_of_readers_may_be_larger_than_what_is_fetched(
    run: Run, letters: Letters
) -> None:
    people = "".join(f"reader{number}@example.org\n" for number in range(500))
    file = letters.write("readers.csv", f"email\n{people}")
    settings = letters.root / "publisher.yaml"
    settings.write_text(f"{settings.read_text()}\nfetch: {{max_mb: 0.01}}\n")
    run("subscribers", "import", str(file), "--list", "weekly")
    assert "500 new" in run.err


def test_init_makes_a_folder_that_works(
    tmp_path: Path, run_in: Callable[[Path], Run]
) -> None:
    root = tmp_path / "new letters"
    run_in(tmp_path)("init", str(root))
    run = run_in(root)
    run("doctor")
    run("check")
    assert len(json.loads(run("articles", "--json"))) >= 8
    run_in(tmp_path)("init", str(root), code=1)


def test_new_makes_an_article_and_a_schedule(run: Run, letters: Letters) -> None:
    run("new", "article", 'A "quoted" title: yes', "--tags", "sea, craft")
    run("new", "schedule", "monthly")
    found = json.loads(run("articles", "show", "a-quoted-title-yes", "--json"))
    assert found["title"] == 'A "quoted" title: yes'
    assert found["draft"] is True
    assert len(json.loads(run("schedules", "--json"))) == 2


def test_outside_a_project_one_line_says_what_to_do(
    tmp_path: Path, run_in: Callable[[Path], Run]
) -> None:
    run = run_in(tmp_path)
    run("plan", "weekly", code=1)
    assert run.err.startswith("error: ")
    assert "publisher init" in run.err
    assert len(run.err.splitlines()) == 1


def test_a_check_stops_with_4(run: Run, letters: Letters) -> None:
    text = letters.root.joinpath("publisher.yaml").read_text()
    letters.write("publisher.yaml", text.replace("1 Harbour Road, Portsend", '""'))
    run("check", "weekly", code=4)
    run("subscribers", "add", "ana@example.org", "--list", "weekly")
    run("send", "weekly", code=4)
    assert "postal address" in run.err


def test_strangers_are_not_written_to_without_a_yes(
    run: Run, letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("SMTP_PORT", "9")
    for name in ("ana", "bo"):
        run("subscribers", "add", f"{name}@example.org", "--list", "weekly")
    run("send", "weekly", "--through", "smtp", code=2)
    assert "--yes" in run.err


def test_the_real_program_answers() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "publisher", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("publisher ")


def test_doctor_prints_the_record_that_dns_needs(
    run_in: Callable[[Path], Run], letters: Letters
) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = PrivateFormat.PKCS8, NoEncryption()
    pem = letters.root / "dkim.pem"
    pem.write_bytes(key.private_bytes(Encoding.PEM, *form))
    files.write(
        letters.root / ".env",
        "SMTP_HOST=mx.example.org\nSMTP_DKIM_DOMAIN=example.org\n"
        f"SMTP_DKIM_SELECTOR=letters\nSMTP_DKIM_KEY_FILE={pem}\n".encode(),
    )
    (letters.root / "schedules" / "weekly.yaml").unlink()
    schedule = letters.root / "schedules" / "signed.yaml"
    files.write(schedule, b"when: Fri 08:00\nemail: {list: weekly, through: smtp}\n")
    said = run_in(letters.root)("doctor")
    assert "TXT letters._domainkey.example.org with: v=DKIM1; k=rsa; p=MII" in said
