"""Files of readers as programs write them: letters, line ends, quotes, packings."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.errors import ConfigError, SourceError
from publisher.store.imports import opened

ROWS = [["ana@example.org", "Ána, B."], ["bo@example.org", 'Bo "the" Lind']]


def read(
    path: Path, data: bytes | str, names: dict[str, str] | None = None
) -> list[tuple[int, list[str]]]:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    with opened(path, names) as sheets:
        return [(line, cells) for line, _, cells in sheets.rows]


def cells(path: Path, data: bytes | str) -> list[list[str]]:
    return [row for _, row in read(path, data)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
@pytest.mark.parametrize(
    "encoding",
    [
        *("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"),
        *("cp1252", "latin-1"),
    ],
)
def test_letters_ends_and_delimiters_are_found(
    delimiter: str, end: str, encoding: str, tmp_path: Path
) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end)
    writer.writerows([["Email", "Name"], *ROWS])
    assert cells(tmp_path / "a.csv", out.getvalue().encode(encoding)) == ROWS


def test_one_broken_letter_does_not_make_a_file_a_windows_one(tmp_path: Path) -> None:
    people = "".join(f"r{n}@example.org,Zoë\n" for n in range(9)).encode()
    read_ = cells(
        tmp_path / "a.csv", b"email,name\n" + people + b"x@example.org,\xff\n"
    )
    assert read_[0] == ["r0@example.org", "Zoë"]
    assert read_[-1] == ["x@example.org", "�"]


def test_what_is_broken_far_behind_the_beginning_counts_too(tmp_path: Path) -> None:
    people = "".join(f"r{n}@example.org,Ana\n" for n in range(90_000)).encode()
    read_ = cells(
        tmp_path / "a.csv", b"email,name\n" + people + b"z@example.org,Zo\xeb\n"
    )
    assert read_[-1] == ["z@example.org", "Zoë"]


def test_a_nul_means_nothing(tmp_path: Path) -> None:
    far = "".join(f"r{n}@example.org,Ana\n" for n in range(9_000))
    data = f"email,name\nan\0a@example.org,A\0na\n{far}bo@example.org,B\0o\n"
    read_ = cells(tmp_path / "a.csv", data)
    assert (read_[0], read_[-1]) == (
        ["ana@example.org", "Ana"],
        ["bo@example.org", "Bo"],
    )


def test_spaces_around_quotes_are_left(tmp_path: Path) -> None:
    data = 'email , name\n"ana@example.org" , "Ana, B."\n'
    assert cells(tmp_path / "a.csv", data) == [["ana@example.org", "Ana, B."]]


@pytest.mark.parametrize("rows", [1, 40, 30_000])
def test_a_quote_that_is_never_closed_takes_nobody_in(
    rows: int, tmp_path: Path
) -> None:
    people = "".join(f"r{n}@example.org,Ana\n" for n in range(rows))
    data = f'email,name\nana@example.org,Ana\nbo@example.org,"Bo\n{people}'
    with pytest.raises(SourceError, match="line 3 cannot be read as CSV"):
        read(tmp_path / "a.csv", data)


def test_rows_know_their_lines(tmp_path: Path) -> None:
    data = 'email,note\r\n\r\na@example.org,"two\r\nlines"\r\n,,\r\nb@example.org\r\n'
    read_ = read(tmp_path / "a.csv", data)
    assert read_ == [(3, ["a@example.org", "two\r\nlines"]), (6, ["b@example.org"])]


@pytest.mark.parametrize("name", ["a.jsonl", "a.txt"])
def test_json_lines_are_rows(name: str, tmp_path: Path) -> None:
    rows = [
        {"email": "ana@example.org", "tags": ["art", "food"], "age": 4, "is_vip": True},
        {"email": "bo@example.org", "name": None},
    ]
    data = "\ufeff" + "\n\n".join(json.dumps(row) for row in rows)
    assert read(tmp_path / name, data) == [
        (1, ["ana@example.org", "art, food", "4", "true"]),
        (3, ["bo@example.org", ""]),
    ]


@pytest.mark.parametrize("line", ['["a@example.org"]', "{", '"a"', "nothing"])
def test_what_is_no_json_object_is_named_by_its_line(line: str, tmp_path: Path) -> None:
    data = f'{{"email": "ana@example.org"}}\n{line}\n'
    with pytest.raises(SourceError, match="line 2 is no JSON object"):
        read(tmp_path / "a.jsonl", data)


def packed(**members: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return out.getvalue()


def test_a_zip_is_all_of_its_files_of_people(tmp_path: Path) -> None:
    head = "Email Address,LEID\n"
    data = packed(
        **{
            "x/subscribed_members_export_1.csv": f"{head}ana@example.org,1\n",
            "x/cleaned_members_export_1.csv": f"{head}bo@example.org,2\n",
            "posts.csv": "post_id,title\n1,Bread\n",
            "posts/1.html": "<p>Bread</p>",
            "__MACOSX/x/._subscribed.csv": "junk",
        }
    )
    path = tmp_path / "export.zip"
    path.write_bytes(data)
    with opened(path) as sheets:
        people = [columns.person(row) for _, columns, row in sheets.rows]
    assert [one.address for one in people] == ["ana@example.org", "bo@example.org"]
    assert [one.gone for one in people] == ["", "imported as cleaned"]
    assert {columns.program for columns in sheets.columns} == {"Mailchimp"}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (packed(**{"xl/workbook.xml": "<x/>"}), "holds no file of readers"),
        (b"PK\x03\x04 and nothing else", "is no zip"),
        (b"\x89PNG\r\n\x1a\n", "not a text file"),
        (b"%PDF-1.7", "not a text file"),
    ],
)
def test_what_is_no_file_of_readers_is_refused(
    data: bytes, words: str, tmp_path: Path
) -> None:
    with pytest.raises(SourceError, match=words):
        read(tmp_path / "a.csv", data)


def test_columns_are_named_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Contact,Ort,Stand\nana@example.org,Ulm,unsubscribed\n")
    names = {"email": "contact", "city": "Ort", "status": "Stand"}
    with opened(path, names) as sheets:
        ((_, columns, row),) = sheets.rows
    ana = columns.person(row)
    assert (ana.address, ana.has_left) == ("ana@example.org", True)
    assert ana.attributes == {"city": "Ulm"}
    with pytest.raises(ConfigError, match="Try one of: Contact, Ort, Stand"):
        read(path, "Contact,Ort,Stand\nana@example.org,Ulm,x\n", {"email": "Mail"})


@given(data=st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_in_words(
    data: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(data)
    with suppress(SourceError), opened(path) as sheets:
        for _, columns, row in sheets.rows:
            columns.person(row)
