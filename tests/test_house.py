"""The floors of the house: who may import whom, and what `--help` may load."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parents[1] / "publisher"
GROUND = {"models", "errors", "text", "language", "dates", "slots", "memory"} | {
    "segments",
    "links",
}
TOOLS = {"store", "http", "markup", "mime", "files", "tokens"} | {
    "strict",
    "units",
    "locales",
    "styles",
    "bounces",
    "mailbox",
    "hooks",
    "signatures",
    "dns",
    "pictures",
    "cards",
}
STATIONS = {
    "sources",
    "render",
    "plan",
    "checks",
    "merge",
    "sender",
    "providers",
    "events",
    "schedule",
    "config",
    "rehearsal",
    "domain",
}
HALL = {"project"}
DOORS = {"cli", "web", "testing", "publisher"}  # "publisher" is the package's __init__
FLOORS = [GROUND, TOOLS, STATIONS, HALL, DOORS]
GALLERIES = ("sources", "providers", "checks", "rehearsal/dialects")
HEAVY = {
    "requests",
    "jinja2",
    "sqlalchemy",
    "starlette",
    "trafilatura",
    "alembic",
    "pydantic",
    "apscheduler",
    "babel",
    "cryptography",
    "rich",
    "yaml",
    "sqlite3",
    "boto3",
    "dns",
    "PIL",
}
# One outside package, one room.
ROOMS = {
    "requests": {"http"},
    "sqlalchemy": {"store"},
    "alembic": {"store"},
    "jinja2": {"render"},
    "nh3": {"markup"},
    "markdown_it": {"markup"},
    "cryptography": {"mime", "signatures"},
    "css_inline": {"styles"},
    "yaml": {"strict"},
    "babel": {"locales"},
    "regex": {"units"},
    "itsdangerous": {"tokens"},
    "click": {"cli"},
    "rich": {"cli"},
    "starlette": {"web"},
    "uvicorn": {"web"},
    "watchfiles": {"web"},
    "apscheduler": {"schedule"},
    "cronsim": {"schedule"},
    "dotenv": {"config"},
    "trafilatura": {"sources"},
    "fastfeedparser": {"sources"},
    "boto3": {"providers"},
    "botocore": {"providers"},
    "apprise": {"providers"},
    "coincurve": {"providers"},
    "websocket": {"providers"},
    "requests_oauthlib": {"providers"},
    "dns": {"dns"},
    "PIL": {"pictures", "cards"},
}


def modules() -> list[Path]:
    return sorted(path for path in HOUSE.rglob("*.py") if "shipped" not in path.parts)


def room_of(path: Path) -> str:
    first = path.relative_to(HOUSE).parts[0].removesuffix(".py")
    return "publisher" if first in {"__init__", "__main__"} else first


@cache
def imports(path: Path) -> tuple[str, ...]:
    """Every module that the file names in an import, also inside functions."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [alias.name for alias in node.names]
            module = node.module or ""
            rooms = (room.replace("/", ".") for room in GALLERIES)
            if module in {"publisher", *(f"publisher.{room}" for room in rooms)}:
                yield from (f"{module}.{name}" for name in names)
            yield module


def floor_of(room: str) -> int:
    for number, floor in enumerate(FLOORS):
        if room in floor:
            return number
    pytest.fail(f"{room} stands on no floor: give it one in tests/test_house.py")


@pytest.mark.parametrize(
    "path", modules(), ids=lambda path: str(path.relative_to(HOUSE))
)
def test_imports_run_downstairs(path: Path) -> None:
    here = room_of(path)
    for name in imports(path):
        parts = name.split(".")
        if parts[0] != "publisher" or len(parts) == 1:
            continue
        there = parts[1]
        if not ((HOUSE / there).is_dir() or (HOUSE / f"{there}.py").is_file()):
            continue  # a name of the package itself, such as __version__
        if there == here:
            continue
        below = floor_of(there) < floor_of(here)
        same_low_floor = (
            floor_of(there) == floor_of(here) and here in GROUND | TOOLS | DOORS
        )
        assert below or same_low_floor, f"{here} may not import {there}"


@pytest.mark.parametrize("gallery", GALLERIES)
def test_files_of_a_gallery_never_see_each_other(gallery: str) -> None:
    rooms = ["publisher", *gallery.split("/")]
    for path in (HOUSE / gallery).rglob("*.py"):
        if path.name == "__init__.py" and path.parent == HOUSE / gallery:
            continue
        own = path.relative_to(HOUSE / gallery).parts[0].removesuffix(".py")
        for name in imports(path):
            parts = name.split(".")
            if parts[: len(rooms)] == rooms and len(parts) > len(rooms):
                other = parts[len(rooms)]
                is_file = (HOUSE / gallery / f"{other}.py").is_file()
                is_folder = (HOUSE / gallery / other).is_dir()
                assert other == own or not (is_file or is_folder), f"{path}: {name}"


@pytest.mark.parametrize("package", sorted(ROOMS))
def test_one_outside_package_lives_in_one_room(package: str) -> None:
    guests = {
        room_of(path)
        for path in modules()
        if any(name.split(".")[0] == package for name in imports(path))
    }
    assert guests <= ROOMS[package] | {"testing"}


def test_sql_stands_only_in_the_books() -> None:
    words = ("select ", "insert into", "update ", "delete from", "create table")
    for path in modules():
        if room_of(path) == "store":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value.strip().lower()
                assert not (text.startswith(words) and " from " in f"{text} "), path


def test_no_file_outgrows_its_room() -> None:
    long = {
        str(p.relative_to(HOUSE)): len(p.read_text().splitlines()) for p in modules()
    }
    assert not {name: size for name, size in long.items() if size > 400}


def test_nothing_is_named_after_nothing() -> None:
    names = {path.stem for path in modules()}
    assert not names & {"utils", "helpers", "manager", "base", "common", "misc"}


def test_help_loads_only_click() -> None:
    code = (
        "import sys\n"
        "from publisher.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(','.join(sorted({m.split('.')[0] for m in sys.modules})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.splitlines()[-1].split(","))
    assert not loaded & HEAVY


def test_every_file_opens_with_what_its_room_is_for() -> None:
    for path in modules():
        assert ast.get_docstring(ast.parse(path.read_text())), path
