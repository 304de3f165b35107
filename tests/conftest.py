"""Closes the network for every test: only loopback and Unix sockets answer."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_socket import socket_allow_hosts

SPECS = Path(__file__).resolve().parents[2] / "shared" / "specs"


@pytest.fixture(autouse=True)
def _closed_network() -> None:
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own channels must never be what a test sends through."""
    import os

    for name in list(os.environ):
        if name.startswith(("PUBLISHER_", "SMTP_", "MASTODON_", "BLUESKY_")):
            monkeypatch.delenv(name)


@pytest.fixture
def specs() -> Path:
    """The folder of official provider documents, beside the checkout."""
    if not SPECS.is_dir():
        pytest.skip("the provider documents (../shared/specs) are not on this machine")
    return SPECS
