"""How a domain sends, as a test wants it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from publisher.domain import Facts

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
USUAL = Facts(domain="example.org", clock=lambda: NOW)


def facts(**changes: Any) -> Facts:
    return replace(USUAL, **changes)
