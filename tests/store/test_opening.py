from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from publisher.errors import Blocked, StoreError
from publisher.models import Delivery, Draft, Issue
from publisher.store import Books, open_books, schema
from publisher.store.database import Database
from publisher.store.schema import migrating


def described(path: Path | None) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(str(path))) as shell:
        tables = [
            (name, *map(str, column))
            for (name,) in shell.execute(
                "select name from sqlite_master where type = 'table' order by name"
            ).fetchall()
            for column in shell.execute(f"pragma table_xinfo('{name}')")
        ]
        made = shell.execute(
            "select type, name, tbl_name, coalesce(sql, '') from sqlite_master"
            " order by type, name"
        ).fetchall()
        return tables + [(*names, *lines(sql)) for *names, sql in made]


def lines(sql: str) -> list[str]:
    """A column that was added stands before the constraints, on their line."""
    return sorted(one.strip("() \n\t") for one in re.split(r",\s+|\(\n", sql))


def test_the_migrations_lead_to_the_tables_of_the_code(
    books: Books, tmp_path: Path
) -> None:
    migrated = Database(f"sqlite:///{tmp_path / 'migrated.sqlite3'}")
    with migrated.writing() as connection:
        migrating.upgrade(connection)
    migrated.close()
    assert described(migrated.path) == described(books.database.path)


def test_the_newest_migration_is_the_head_of_the_code() -> None:
    assert migrating.head() == schema.HEAD


def test_books_that_are_up_to_date_are_opened_without_alembic(tmp_path: Path) -> None:
    code = (
        "import sys; from publisher.store import open_books\n"
        "for _ in range(2): open_books(sys.argv[1]).close()\n"
        "assert 'alembic' not in sys.modules"
    )
    url = f"sqlite:///{tmp_path / 'books.sqlite3'}"
    subprocess.run([sys.executable, "-c", code, url], check=True)


OLD_ROWS = """
insert into issues
values ('w/1', 'w', 1, '["a"]', '2026-11-20T08:00:00.000000+00:00', null, 0, 'weekly',
        'abc');
insert into selected values ('w/1', 'smtp', 3);
insert into drafts values ('w/1', 'd1', '{}');
insert into subscribers
values (7, 'Ana@example.org', 'ana@example.org', 'Ana', 'en', '{}', '2026-11-19');
insert into deliveries
select 'w/1/smtp/' || name, 'w/1', 'smtp', 'd1', address, lower(address), position,
       state, '', receipt, '', '2026-11-20', claimed_at, claimed_at
  from (select 'x' as name, 'Ana@example.org' as address, 0 as position,
               'accepted' as state, 'r1' as receipt,
               '2026-11-20T08:00:01.000000+00:00' as claimed_at
        union all
        select 'y', 'bo@example.org', 1, 'planned', '', null
        union all
        select 'z', 'cy@example.org', 2, 'claimed', '',
               '2026-11-20T08:00:01.000000+00:00');
"""


def test_older_books_are_migrated_and_keep_what_they_hold(
    tmp_path: Path, now: datetime
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'old.sqlite3'}")
    with database.writing() as connection:
        migrating.upgrade(connection, until="books_0001")
    database.close()
    with closing(sqlite3.connect(str(database.path))) as shell:
        shell.executescript(OLD_ROWS)
    with open_books(f"sqlite:///{database.path}") as books:
        ledger = books.ledger
        found = [
            (one.key, one.recipient, one.state) for one in ledger.deliveries("w/1")
        ]
        assert found == [
            ("w/1/smtp/x", "Ana@example.org", "accepted"),
            ("w/1/smtp/y", "bo@example.org", "planned"),
            ("w/1/smtp/z", "cy@example.org", "claimed"),
        ]
        assert ledger.verify() == []
        (claim,) = ledger.claims("w/1", "smtp")
        assert claim.claimed_at == datetime(2026, 11, 20, 8, 0, 1, tzinfo=UTC)
        (taken,) = ledger.claim("w/1", "smtp", 9, now=now)
        assert taken.key == "w/1/smtp/y"


def test_tags_that_were_only_shown_become_tags(url: str, tmp_path: Path) -> None:
    (tmp_path / ".publisher").mkdir()
    database = Database(url)
    with database.writing() as connection:
        migrating.upgrade(connection, until="books_0012")
        for known in ('{"tags": "vip, art"}', '{"city": "\\"tags\\""}', "{}"):
            connection.exec_driver_sql(
                "insert into subscribers (address, normal, name, language, attributes,"
                " created_at) values (?, ?, '', '', ?, '2026')",
                (known, known, known),
            )
    database.close()
    with open_books(url) as books:
        assert books.tags.by_reader() == {1: ("art", "vip")}


def test_books_of_a_newer_publisher_are_left_alone(url: str, books: Books) -> None:
    with closing(sqlite3.connect(str(books.database.path))) as shell, shell:
        shell.execute("update alembic_version set version_num = 'books_9999'")
    with pytest.raises(StoreError, match=r"newer publisher \(revision books_9999\)"):
        open_books(url)


def test_somebody_elses_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "places.sqlite"
    with closing(sqlite3.connect(path)) as shell, shell:
        shell.execute("create table moz_places (id integer)")
    with pytest.raises(StoreError, match="not publisher's") as caught:
        open_books(f"sqlite:///{path}")
    assert caught.value.where == str(path)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Dear diary, " * 100)
    with pytest.raises(StoreError, match="is not a database") as caught:
        open_books(f"sqlite:///{path}")
    assert "\n" not in str(caught.value)
    assert path.read_text().startswith("Dear diary")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be made here"):
        open_books(f"sqlite:///{tmp_path / 'file' / 'books.sqlite3'}")


def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened"):
        open_books(f"sqlite:///{tmp_path}")


def test_another_database_is_not_pretended(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="SQLite, not in postgresql"):
        open_books("postgresql://somebody:s3cret@db.example.org/books")


def test_a_path_may_hold_what_means_something_in_a_url(tmp_path: Path) -> None:
    folder = tmp_path / "50% off? #1"
    with open_books(f"sqlite:///{folder / 'books.sqlite3'}"):
        assert (folder / "books.sqlite3").is_file()


def test_only_the_owner_can_read_new_books(books: Books) -> None:
    assert books.database.path
    assert books.database.path.stat().st_mode & 0o077 == 0


def test_a_full_disk_is_said_and_nothing_is_half_written(
    books: Books, issue: Issue, drafts: dict[str, Draft], deliveries: list[Delivery]
) -> None:
    with books.database.reading() as connection:
        connection.exec_driver_sql("pragma max_page_count = 1")  # as if it were full
    many = [
        Delivery(
            key=f"weekly/1/smtp/{number}",
            issue="weekly/1",
            channel="smtp",
            draft=deliveries[0].draft,
        )
        for number in range(5_000)
    ]
    with pytest.raises(StoreError, match="the disk is full") as caught:
        books.ledger.begin(issue, drafts, many)
    assert "Try:" in str(caught.value)
    assert books.ledger.issue("weekly/1") is None


def test_books_that_others_hold_are_said_to_be(
    books: Books, url: str, monkeypatch: pytest.MonkeyPatch, issue: Issue
) -> None:
    monkeypatch.setattr("publisher.store.database.PATIENCE", 0.05)
    with (
        open_books(url) as impatient,
        books.database.writing(),
        pytest.raises(StoreError, match="another program holds the books"),
    ):
        impatient.ledger.begin(issue, {}, [])


def test_who_holds_the_books_for_a_moment_is_waited_for(
    books: Books, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Longer than one look, and also where the usual patience would be over."""
    monkeypatch.setattr("publisher.store.database.PATIENCE", 0.1)
    assert books.database.path
    shell = sqlite3.connect(
        books.database.path, isolation_level=None, check_same_thread=False
    )
    with closing(shell), open_books(url) as waiting:
        shell.execute("begin immediate")
        timer = threading.Timer(0.8, shell.execute, ["rollback"])
        timer.start()
        with waiting.patient(lambda: False), waiting.database.writing():
            pass
        timer.join()


def test_who_has_to_end_waits_a_second_or_two_for_the_books(
    books: Books, url: str
) -> None:
    with (
        open_books(url) as hurried,
        books.database.writing(),
        hurried.patient(lambda: True),
    ):
        began = time.monotonic()
        with pytest.raises(Blocked, match="another program holds the books"):
            hurried.wishes.pause("weekly/1")
        assert time.monotonic() - began < 3


def test_books_that_are_gone_are_not_written_into(books: Books, url: str) -> None:
    """The system would keep the open file, and nobody would ever find it again."""
    path = books.database.path
    assert path
    path.rename(path.with_name("elsewhere"))
    with pytest.raises(StoreError, match="no longer where they were opened"):
        books.wishes.pause("weekly/1")
    open_books(url).close()
    with pytest.raises(StoreError, match="no longer where they were opened"):
        books.wishes.pause("weekly/1")


def test_what_cannot_be_decoded_is_not_quoted(
    books: Books, drafts: dict[str, Draft], issue: Issue
) -> None:
    books.ledger.begin(issue, drafts)
    with books.database.writing() as connection:
        connection.exec_driver_sql(
            "update issues set list = cast(x'616e6140ff' as text)"
        )
    with pytest.raises(StoreError, match="the file is damaged") as caught:
        books.ledger.issue("weekly/1")
    assert "ana@" not in str(caught.value)


def test_books_that_cannot_be_written_are_said_to_be(
    books: Books, issue: Issue
) -> None:
    with books.database.reading() as connection:
        connection.exec_driver_sql("pragma query_only = on")
    with pytest.raises(StoreError, match="cannot be written"):
        books.ledger.begin(issue, {}, [])


def test_a_complaint_holds_no_address(books: Books) -> None:
    with (
        pytest.raises(StoreError) as caught,
        books.database.writing() as connection,
    ):
        connection.exec_driver_sql(
            "insert into subscribers (address) values (:address)",
            {"address": "ana@example.org"},
        )
    assert "ana@" not in str(caught.value)
    assert "ana@" not in str(caught.value.__cause__)


def test_many_processes_can_make_the_same_books_at_once(tmp_path: Path) -> None:
    code = "import sys; from publisher.store import open_books; open_books(sys.argv[1])"
    url = f"sqlite:///{tmp_path / 'new' / 'books.sqlite3'}"
    racers = [subprocess.Popen([sys.executable, "-c", code, url]) for _ in range(4)]
    assert [racer.wait() for racer in racers] == [0] * 4


def test_a_claim_survives_a_power_cut(books: Books) -> None:
    """What SQLite promises for these two settings; both are easily lost."""
    with books.database.reading() as connection:
        assert connection.exec_driver_sql("pragma synchronous").scalar() == 2  # full
        assert connection.exec_driver_sql("pragma journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("pragma foreign_keys").scalar() == 1
