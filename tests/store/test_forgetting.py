"""Erasing a person: nothing is left in the file, and the ledger still adds up."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from publisher.models import Consent
from publisher.store import open_books

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
ADDRESS = "nina-to-be-forgotten@readers.example.org"


def test_nothing_of_who_is_forgotten_is_left_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "books.sqlite3"
    with open_books(f"sqlite:///{path}") as books:
        rows = [{"email": f"r{one}@readers.example.org"} for one in range(50)]
        books.subscribers.import_rows(
            [
                *rows,
                {"email": ADDRESS, "name": "Nina Forget-Me", "city": "Genova-Nervi"},
            ],
            lists=["weekly"],
            now=NOW,
        )
        said = Consent(act="added", said_at=NOW, how="command", network="198.51.100.7")
        books.consents.note([ADDRESS], lists=["weekly"], said=said)
    assert b"nina-to-be" in path.read_bytes()
    with open_books(f"sqlite:///{path}") as books:
        assert books.consents.forget(ADDRESS.upper())
        assert not books.consents.forget("stranger@readers.example.org")
        assert len(books.subscribers.all()) == 50
    left = path.read_bytes()
    for trace in (b"nina-to-be", b"Forget-Me", b"Genova-Nervi", b"198.51.100.7"):
        assert trace not in left
    assert not list(tmp_path.glob("*-wal"))
