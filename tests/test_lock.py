"""The lock files serve any mirror, and every package in them is pinned by hash."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ("bootstrap.lock", "requirements.lock", "requirements-dev.lock")


@pytest.mark.parametrize("name", LOCKS)
def test_no_host_and_no_machine_stands_in_a_lock_file(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "://" not in text
    assert not re.search(r"^\s*-", text.replace("    --hash", ""), re.MULTILINE)


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_is_pinned_with_hashes(name: str) -> None:
    blocks = re.split(r"\n(?=\S)", (ROOT / name).read_text().strip())
    for block in blocks:
        assert re.match(r"[a-z0-9_.\[\]-]+==\S+", block), block
        assert "--hash=sha256:" in block, block
