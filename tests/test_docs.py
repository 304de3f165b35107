"""The documentation is true: its commands run, its links lead somewhere."""

from __future__ import annotations

import importlib.util
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from publisher import config, schedule
from publisher.cli import cli
from publisher.cli import main as command_line
from publisher.files import read_text

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
INLINE = re.compile(r"`(publisher [a-z][^`\n]*)`")
# Runs for ever, or is tested by a lane of its own (tests/browser, tests/package).
STAYS = ("publisher preview", "publisher run")


def blocks(page: Path, language: str) -> list[str]:
    return [text for kind, text in BLOCK.findall(read_text(page)) if kind == language]


def with_blocks(language: str) -> list[Path]:
    return [page for page in PAGES if blocks(page, language)]


def name_of(page: Path) -> str:
    return page.name


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


def commands(block: str) -> Iterator[list[str]]:
    for line in block.splitlines():
        words = shlex.split(line, comments=True)
        if words:
            yield words


def runs(words: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run one command of a page in the folder; return where the next one runs."""
    if words[0] == "cd":
        return folder / words[1]
    if words[0] == "make":
        targets = re.findall(r"^([a-z]+):", read_text(ROOT / "Makefile"), re.MULTILINE)
        assert words[1] in targets
        return folder
    assert words[0] == "publisher", f"a command that no test knows: {words[0]}"
    if " ".join(words).startswith(STAYS) and "--once" not in words:
        return folder
    monkeypatch.chdir(folder)
    with pytest.raises(SystemExit) as ended:
        command_line([*words[1:], *(["--yes"] if words[1] == "send" else [])])
    assert not ended.value.code, " ".join(words)
    return folder


@pytest.mark.parametrize("page", with_blocks("sh"), ids=name_of)
def test_the_commands_of_a_page_run(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They run in a new folder, one after the other, as a reader would type them."""
    lines = [words for block in blocks(page, "sh") for words in commands(block)]
    here = tmp_path
    if ["publisher", "init", "letters"] not in lines:
        here = runs(["publisher", "init", "letters"], here, monkeypatch) / "letters"
    for words in lines:
        here = runs(words, here, monkeypatch)


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


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_names_only_commands_and_flags_that_exist(page: Path) -> None:
    for found in INLINE.findall(read_text(page)):
        words = found.split()
        _, options = known_options(words)
        flags = {word.partition("=")[0] for word in words if word.startswith("-")}
        assert flags <= options, found


# --- settings ------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_names_only_settings_that_exist(page: Path) -> None:
    keys = set(re.findall(r"^#([A-Z_]+)=", read_text(ROOT / ".env.example"), re.M))
    prefixes = {key.partition("_")[0] for key in keys}
    for named in re.findall(r"`([A-Z]+_[A-Z_]+)`", read_text(page)):
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


@pytest.mark.parametrize("page", with_blocks("python"), ids=name_of)
def test_the_python_of_a_page_compiles(page: Path) -> None:
    for block in blocks(page, "python"):
        compile(block, str(page), "exec")


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
    assert len(read_text(ROOT / "README.md").splitlines()) <= 80
