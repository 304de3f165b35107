"""Builds the wheel and the sdist, and uses them far from the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.package
ROOT = Path(__file__).resolve().parents[2]
UV = ROOT / ".venv" / "bin" / "uv"
SHIPPED = (
    ".env.example",
    "articles",
    "publisher.yaml",
    "schedules",
    "subscribers.csv",
    "templates/email",
    "templates/social",
    "templates/web",
    "templates/words.yaml",
)


def run(*command: str | Path, cwd: Path) -> str:
    """Run as a stranger would: with none of the checkout's paths or settings."""
    kept = ("HOME", "PATH", "UV_", "PIP_", "SSL_", "HTTP", "http")
    environ = {
        name: value for name, value in os.environ.items() if name.startswith(kept)
    }
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environ | {"NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(source: Path, target: Path, kind: str) -> Path:
    hatch = (sys.executable, "-m", "hatchling", "build")
    run(*hatch, "-t", kind, "-d", target, cwd=source)
    (made,) = target.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return made


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, tmp_path_factory.mktemp("sdist"), "sdist")


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that the sdist makes: what is missing there is missing for everyone."""
    folder = tmp_path_factory.mktemp("wheel")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (source,) = (path for path in folder.iterdir() if path.is_dir())
    return build(source, folder / "dist", "wheel")


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment that knows only the wheel."""
    folder = tmp_path_factory.mktemp("installed")
    python = folder / "env" / "bin" / "python"
    run(UV, "venv", "--quiet", "--python", sys.executable, folder / "env", cwd=folder)
    install = (UV, "--quiet", "pip", "install", "--python", python)
    lock = ROOT / "requirements.lock"
    run(*install, "--require-hashes", "-r", lock, cwd=folder)
    run(*install, "--no-deps", wheel, cwd=folder)
    return python.parent


@pytest.fixture(scope="module")
def letters(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("owner")
    run(installed / "publisher", "init", "letters", cwd=folder)
    return folder / "letters"


def test_the_wheel_of_the_sdist_is_the_wheel_of_the_checkout(
    wheel: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(wheel) as ours:
        names = set(ours.namelist())
    with zipfile.ZipFile(build(ROOT, tmp_path, "wheel")) as checkouts:
        assert set(checkouts.namelist()) == names


def test_the_wheel_holds_what_is_shipped_and_nothing_of_the_workshop(
    wheel: Path,
) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert "publisher/py.typed" in names
    for part in SHIPPED:
        at = f"publisher/shipped/{part}"
        assert any(name == at or name.startswith(f"{at}/") for name in names), part
    tops = {name.split("/")[0] for name in names}
    assert [top for top in tops if top != "publisher"] == [
        top for top in tops if top.endswith(".dist-info")
    ]
    assert not [name for name in names if "__pycache__" in name]


def test_it_is_imported_from_where_it_was_installed(
    installed: Path, tmp_path: Path
) -> None:
    code = "import publisher; print(publisher.__file__)"
    where = run(installed / "python", "-c", code, cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(installed.parent)


def test_a_new_folder_is_healthy_and_its_campaigns_pass_their_checks(
    installed: Path, letters: Path
) -> None:
    run(installed / "publisher", "doctor", cwd=letters)
    run(installed / "publisher", "check", "weekly-digest", cwd=letters)
    listed = run(installed / "publisher", "schedules", "--json", cwd=letters)
    assert "weekly-digest" in listed


def test_the_preview_of_a_new_folder_is_a_page(installed: Path, letters: Path) -> None:
    page = letters.parent / "page"
    run(installed / "publisher", "preview", "--static", page, cwd=letters)
    texts = [path.read_text("utf-8") for path in page.rglob("*.html")]
    assert any("<!doctype html" in text.lower() for text in texts)


def test_a_new_folder_sends_through_the_outbox_once(
    installed: Path, letters: Path
) -> None:
    program = installed / "publisher"
    run(
        *(program, "subscribers", "import", "subscribers.csv", "--list", "weekly"),
        cwd=letters,
    )
    run(program, "send", "weekly-digest", "--yes", cwd=letters)
    sent = sorted(letters.rglob("*.eml"))
    assert sent
    assert list((letters / "outbox").rglob("*.html"))
    assert list((letters / "outbox").rglob("*.json"))
    run(program, "send", "weekly-digest", "--yes", cwd=letters)
    assert sorted(letters.rglob("*.eml")) == sent


def test_the_python_door_is_typed_for_who_imports_it(
    installed: Path, letters: Path, tmp_path: Path
) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "from publisher import Project\n"
        f"print(len(Project({str(letters)!r}).plan('arabic-letter').deliveries))\n",
        "utf-8",
    )
    assert int(run(installed / "python", program, cwd=tmp_path)) >= 0
    mypy = (sys.executable, "-m", "mypy", "--strict")
    checked = run(
        *(*mypy, "--python-executable", installed / "python", "--no-incremental"),
        program,
        cwd=tmp_path,
    )
    assert "no issues" in checked


def test_articles_are_read_where_there_is_no_project(
    installed: Path, tmp_path: Path
) -> None:
    page = tmp_path / "a page.txt"
    page.write_text("Harbour lights\n\nThey are lit at dusk. #harbour#light\n", "utf-8")
    command = (installed / "publisher", "articles", "show", page, "--json")
    assert json.loads(run(*command, cwd=tmp_path))["title"] == "Harbour lights"
