"""`publisher card`: a file to look at, or one line that says why there is none."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from publisher import pictures
from publisher.cli import main
from publisher.pictures import Look

if TYPE_CHECKING:
    from tests.cli.conftest import Run
    from tests.conftest import Letters

CARD = Look("image/png", 1200, 630)


def test_it_is_written_where_one_says(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("PIL", reason="Pillow, of the extra images")
    monkeypatch.chdir(tmp_path)
    run("card", "first-light", "--out", "own/light.png")
    assert "wrote own/light.png" in run.err
    assert "with the alt text 'First light'" in run.err
    run("card", str(run.root / "articles" / "first-light.md"))
    for name in ("own/light.png", "first-light.png"):
        assert pictures.look(Path(name).read_bytes()) == CARD


def test_it_is_printed_for_another_program(
    letters: Letters, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    pytest.importorskip("PIL", reason="Pillow, of the extra images")
    with pytest.raises(SystemExit):
        main(["-C", str(letters.root), "card", "first-light", "-o", "-"])
    assert pictures.look(capfdbinary.readouterr().out) == CARD


def test_without_pillow_it_is_one_line(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    run("card", "first-light", code=1)
    assert run.err == (
        "error: a card is drawn by Pillow, which is not there. "
        "Try: pip install 'publisher[images]'\n"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('cards: {colour: "blue"}', '"blue" is no colour. Try: "#1f3a5f"'),
        ('cards: {color: "#123"}', "Did you mean colour?"),
        ("cards: 7", "cards"),
    ],
)
def test_a_wrong_look_is_one_line(run: Run, text: str, said: str) -> None:
    path = run.root / "publisher.yaml"
    path.write_text(f"{path.read_text(encoding='utf-8')}{text}\n", encoding="utf-8")
    run("card", "first-light", code=1)
    assert said in run.err
    assert run.err.startswith("error: publisher.yaml:")
    assert run.err.count("\n") == 1


def test_a_font_that_is_not_there_is_named(run: Run) -> None:
    path = run.root / "publisher.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(f"{text}cards: {{font: fonts/own.otf}}\n", encoding="utf-8")
    run("card", "first-light", code=1)
    assert "own.otf: there is no such file" in run.err
