"""The documentation is true: its commands run, its links lead somewhere."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import sys
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest
from responses import RequestsMock

from publisher import config, providers, schedule, slots
from publisher.cli import cli
from publisher.cli import main as command_line
from publisher.files import read_text
from publisher.models import Article, Post
from publisher.providers import Secret
from publisher.providers.webhook import Webhook
from publisher.rehearsal import FAULTS
from publisher.render import environment, filters
from publisher.sources import markdown, plain
from publisher.store import imports

ROOT = Path(__file__).resolve().parents[1]
WEBHOOK = ROOT / "docs" / "webhook.md"
TEMPLATES = ROOT / "docs" / "templates.md"
WEEKLY = ("--list", "weekly")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
INLINE = re.compile(r"`(publisher\s[a-z][^`]*)`")
TYPED = re.compile(r"(?:^|&& |Examples?: |^ +)(publisher [a-z][^\n&]*)", re.MULTILINE)
# These stay until they are stopped, unless one of the flags says otherwise.
STAYS = {"preview": {"--static", "--text"}, "run": {"--once"}, "serve": set()}


def blocks(page: Path, language: str) -> list[str]:
    return [text for kind, text in BLOCK.findall(read_text(page)) if kind == language]


def with_blocks(language: str) -> list[Path]:
    return [page for page in PAGES if blocks(page, language)]


def name_of(page: Path) -> str:
    return page.name


@cache
def generated() -> dict[Path, str]:
    path = ROOT / "docs" / "generate.py"
    spec = importlib.util.spec_from_file_location("generate", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return dict(module.pages())


@pytest.mark.parametrize("path", generated(), ids=name_of)
def test_what_is_generated_is_in_step(path: Path) -> None:
    assert read_text(path) == generated()[path], "Try: make docs"


# --- commands ------------------------------------------------------------------------


def commands(page: Path) -> list[list[str]]:
    """Return the commands of a page, in words, as a shell would read them."""
    lines = [line for block in blocks(page, "sh") for line in block.splitlines()]
    return [words for line in lines if (words := shlex.split(line, comments=True))]


class Reader:
    """Types what a page says; of it, only `publisher` really runs."""

    def __init__(self, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.here = here
        self.capsys = capsys
        self.seen = ""

    def types(self, words: list[str]) -> None:
        match words:
            case ["cd", folder]:
                self.here = self.here / Path(folder).expanduser()
                os.chdir(self.here)
            case ["export", setting]:  # the tests have publisher without it
                assert setting == "PATH=$PWD/.venv/bin:$PATH"
            case ["make", target]:  # tests/package makes them, on a fresh clone
                assert f"\n{target}:" in read_text(ROOT / "Makefile")
            case ["publisher", *rest]:
                self.runs(rest)
            case _:
                pytest.fail(f"a command that no test knows: {' '.join(words)}")

    def runs(self, words: list[str]) -> None:
        if words[0] in STAYS and not STAYS[words[0]] & set(words):
            return
        words, target = (
            (words[:-2], words[-1]) if words[-2:-1] == [">"] else (words, "")
        )
        with pytest.raises(SystemExit) as ended:
            command_line([str(Path(word).expanduser()) for word in words])
        out, err = self.capsys.readouterr()
        assert not ended.value.code, f"publisher {' '.join(words)}: {err}"
        if target:
            (self.here / target).write_text(out, "utf-8")
        self.seen += out + err


@pytest.fixture
def reader(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Reader:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return Reader(tmp_path, capsys)


def write_named(page: Path, folder: Path) -> None:
    """Write the blocks that begin with the name of their file."""
    for language in ("jinja", "yaml"):
        for block in blocks(page, language):
            named = re.match(r"(?:\{#|#) ((?:templates|schedules)/\S+)", block)
            if named:
                (folder / named[1]).parent.mkdir(parents=True, exist_ok=True)
                (folder / named[1]).write_text(block, "utf-8")


@pytest.mark.parametrize("page", with_blocks("sh"), ids=name_of)
def test_the_commands_of_a_page_run(page: Path, reader: Reader) -> None:
    """They run in a new folder, one after the other, as a reader would type them."""
    lines = commands(page)
    if not any(words[:2] == ["publisher", "init"] for words in lines):
        reader.runs(["init", "letters"])
        reader.types(["cd", "letters"])
        write_named(page, reader.here)
    for words in lines:
        reader.types(words)


def test_the_demo_ends_as_the_readme_shows(reader: Reader) -> None:
    reader.runs(["init", "letters"])
    reader.types(["cd", "letters"])
    reader.runs(["subscribers", "import", "subscribers.csv", "--list", "weekly"])
    reader.runs(["send", "weekly-digest"])
    (shown,) = blocks(ROOT / "README.md", "text")
    assert set(shown.splitlines()) <= set(reader.seen.splitlines())
    assert "outbox/weekly-digest-1:" in reader.seen
    assert "  digest.html .txt\n" in reader.seen


def known_options(words: list[str]) -> tuple[click.Command, set[str]]:
    """Walk down to the command that the words name; return it and its options."""
    command: click.Command = cli
    for word in words[1:]:
        if not isinstance(command, click.Group):
            break
        below = command.get_command(click.Context(command), word)
        if below is None:
            assert not re.fullmatch("[a-z]+", word), f"no command: {' '.join(words)}"
            break
        command = below
    options = {
        one for part in command.params for one in (*part.opts, *part.secondary_opts)
    }
    return command, options | {"--help", "--version"}


def named_commands(page: Path) -> list[str]:
    """Return every `publisher ...` in a sentence, and each one in a block."""
    found = [" ".join(one.split()) for one in INLINE.findall(read_text(page))]
    for _, text in BLOCK.findall(read_text(page)):
        found += TYPED.findall(text)
    return found


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_names_only_commands_and_flags_that_exist(page: Path) -> None:
    for found in named_commands(page):
        words = found.split(" > ")[0].split()
        _, options = known_options(words)
        flags = {word.partition("=")[0] for word in words if word.startswith("-")}
        assert flags <= options, found


# --- settings ------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_names_only_settings_that_exist(page: Path) -> None:
    keys = set(re.findall(r"^#([A-Z_]+)=", read_text(ROOT / ".env.example"), re.M))
    prefixes = {key.partition("_")[0] for key in keys}
    for named in re.findall(r"(?:`|^)([A-Z]+_[A-Z_]+)\b", read_text(page), re.M):
        if named.partition("_")[0] not in prefixes:
            continue
        plain = re.sub(r"_WORK(?=_)|_FILE$", "", named)
        assert plain in keys, named


@pytest.mark.parametrize("page", with_blocks("yaml"), ids=name_of)
def test_the_yaml_of_a_page_is_what_the_strict_loader_takes(
    page: Path, tmp_path: Path
) -> None:
    for block in blocks(page, "yaml"):
        if "unsubscribe: Unsubscribe" in block:  # words.yaml, which has its own test
            continue
        if block.startswith("# schedules/"):
            (tmp_path / "schedules").mkdir(exist_ok=True)
            (tmp_path / "schedules" / "one.yaml").write_text(block, "utf-8")
            campaigns, problems = schedule.campaigns(tmp_path / "schedules")
            assert not problems
            assert campaigns
        else:
            (tmp_path / "publisher.yaml").write_text(block, "utf-8")
            config.load(tmp_path, {})


# --- Python --------------------------------------------------------------------------


def run_python(page: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Run the blocks of a page one after the other, as one module."""
    module = type(sys)(f"page_{page.stem}")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    for block in blocks(page, "python"):
        exec(compile(block, str(page), "exec"), module.__dict__)  # noqa: S102
    return module.__dict__


def test_the_python_page_runs(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """It runs beside the folder that it opens."""
    reader.runs(["init", "letters"])
    reader.runs(["-C", "letters", "subscribers", "add", "ana@example.org", *WEEKLY])
    project = run_python(ROOT / "docs" / "python.md", monkeypatch)
    assert project["report"].counts["outbox"]["accepted"] == 1


def test_the_provider_of_the_channels_page_keeps_its_contract(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = run_python(ROOT / "docs" / "channels.md", monkeypatch)
    post, contract = (
        page["Post"](key="weekly/7/pigeon/tides", text="Tides"),
        page["TestPigeon"](),
    )
    (setting,) = providers.settings_of(page["Pigeon"])
    assert setting.key == "PIGEON_TOKEN"
    assert page["Pigeon"].payload(post) == {"text": "Tides"}
    contract.test_its_limits_are_sane()
    contract.test_its_repr_holds_no_secret()
    contract.test_its_payload_is_json()


@pytest.mark.parametrize("secret", ["whsec_c2VjcmV0", "any long random text"])
def test_the_webhook_page_verifies_what_is_sent(
    secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = run_python(ROOT / "docs" / "webhook.md", monkeypatch)
    post = Post(key="weekly/7/webhook/tides", text="Tides", language="en")
    with RequestsMock() as web:
        web.post("https://example.org/in")
        Webhook(url=Secret("https://example.org/in"), secret=Secret(secret)).send(post)
        request: Any = web.calls[0].request
    assert page["is_genuine"](request.headers, request.body, secret)
    assert not page["is_genuine"](request.headers, request.body + b" ", secret)
    (shown,) = re.findall(r"^(\{\"type\".*?\})$", read_text(WEBHOOK), re.M | re.S)
    assert list(json.loads(shown)) == list(Webhook.payload(post))


# --- sources -------------------------------------------------------------------------


def test_every_front_matter_of_the_sources_page_says_the_same() -> None:
    shown = blocks(ROOT / "docs" / "sources.md", "markdown")
    read = [markdown.parse(one, source="x.md")[0] for one in shown]
    assert len(read) == 4
    assert {one.title for one in read} == {"One knot, learned properly"}
    assert {one.tags for one in read} == {("craft", "sea")}
    assert {f"{one.published:%Y-%m-%d}" for one in read} == {"2026-10-23"}
    assert {one.text for one in read} == {"The text begins here."}


def test_the_plain_page_of_the_sources_page_is_read_as_it_says() -> None:
    (shown,) = blocks(ROOT / "docs" / "sources.md", "text")
    (found,) = plain.parse(shown, source="x.txt", timezone="UTC")
    assert (found.title, found.author) == ("What the tide leaves", "Nora Ashdown")
    assert (found.category, found.tags) == ("Shore", ("sea", "weather"))
    assert f"{found.published:%d %B %Y}" == "12 October 2026"
    assert len(found.headings) == 1


def test_the_sources_page_names_every_field_of_an_article() -> None:
    text = read_text(ROOT / "docs" / "sources.md")
    named = re.findall(r"^\| (`.*?) \|", text, re.MULTILINE)
    fields = re.findall(r"`(\w+)`", " ".join(one for one in named if "." not in one))
    assert sorted(fields) == sorted(Article(title="A", slug="a").data())


def test_the_table_of_the_subscribers_page_is_read_as_it_says() -> None:
    (shown,) = blocks(ROOT / "docs" / "subscribers.md", "text")
    ana, bo = (imports.person(row) for row in imports.rows_of(shown))
    assert (ana.name, ana.attributes, ana.has_left) == (
        "Ana Marsh",
        {"City": "Genoa"},
        False,
    )
    assert bo.has_left


# --- templates -----------------------------------------------------------------------


def test_the_templates_page_names_every_filter_and_name() -> None:
    named = set(re.findall(r"\w+", " ".join(CODE.findall(read_text(TEMPLATES)))))
    known = {*filters.FILTERS, *slots.FILTERS, *environment.NAMES}
    assert known <= named


# --- links ---------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", read_text(page), re.MULTILINE)
    plain = [re.sub(r"[^\w\s-]", "", head.lower()) for head in heads]
    return {head.strip().replace(" ", "-") for head in plain}


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CHANGELOG.md"], ids=name_of)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    text = BLOCK.sub("", read_text(page))
    for link in LINK.findall(text):
        if link.startswith(("https://", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_every_page_is_linked_from_the_readme() -> None:
    linked = LINK.findall(read_text(ROOT / "README.md"))
    linked += LINK.findall(read_text(ROOT / "docs" / "channels.md"))
    names = {link.rpartition("/")[2].partition("#")[0] for link in linked}
    assert {page.name for page in PAGES[1:]} <= names


def test_the_readme_is_one_screen() -> None:
    assert len(read_text(ROOT / "README.md").splitlines()) <= 64


def test_the_page_of_rehearsals_names_every_fault() -> None:
    text = read_text(ROOT / "docs" / "rehearsal.md")
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", text, re.MULTILINE)
    assert dict(rows) == FAULTS
