"""The command line in this process, as a test calls it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from publisher.cli import main

if TYPE_CHECKING:
    from tests.conftest import Letters


class Run:
    """Runs `publisher` in this process and keeps what it printed."""

    def __init__(self, capsys: pytest.CaptureFixture[str], root: Path) -> None:
        self.capsys = capsys
        self.root = root

    def __call__(self, *args: str, code: int = 0) -> str:
        with pytest.raises(SystemExit) as stopped:
            main(["-C", str(self.root), *args])
        found = self.capsys.readouterr()
        self.err = found.err
        assert (stopped.value.code or 0) == code, found.out + found.err
        return found.out


@pytest.fixture
def run_in(capsys: pytest.CaptureFixture[str]) -> Callable[[Path], Run]:
    """Return what runs `publisher` in any folder."""
    return lambda root: Run(capsys, root)


@pytest.fixture
def run(letters: Letters, run_in: Callable[[Path], Run]) -> Run:
    """Run `publisher` in a folder with two articles and one campaign."""
    return run_in(letters.root)
