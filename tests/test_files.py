from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher import files
from publisher.errors import PublisherError, SourceError


def put(folder: Path, data: bytes, name: str = "a.md") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def refusal(path: Path, **options: int) -> str:
    with pytest.raises(SourceError) as caught:
        files.read_text(path, where="articles/a.md", **options)
    return str(caught.value)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-be", "utf-32-be"]
)
def test_every_unicode_encoding_with_a_mark_is_read(
    tmp_path: Path, encoding: str
) -> None:
    text = "Sale ☕ e vento\nبحر\n"
    mark = "\ufeff" if encoding.endswith("-be") else ""
    assert files.read_text(put(tmp_path, (mark + text).encode(encoding))) == text


def test_line_ends_become_newlines(tmp_path: Path) -> None:
    assert files.read_text(put(tmp_path, b"a\r\nb\rc\n")) == "a\nb\nc\n"


def test_an_empty_file_is_an_empty_text(tmp_path: Path) -> None:
    assert files.read_text(put(tmp_path, b"")) == ""


@pytest.mark.parametrize(
    "data", [b"a\x00b", b"%PDF-1.7 x", b"\x89PNG\r\n", b"PK\x03\x04", b"\x1f\x8b\x08"]
)
def test_what_is_no_text_is_refused(tmp_path: Path, data: bytes) -> None:
    assert refusal(put(tmp_path, data)) == (
        "articles/a.md: is not a text file. "
        "Try: export it as plain text, Markdown or HTML"
    )


def test_a_wrong_encoding_is_told_with_its_line_and_byte(tmp_path: Path) -> None:
    path = put(tmp_path, b"uno\r\ndue\r\nperch\xe8\r\n")
    assert refusal(path) == (
        "articles/a.md:3: byte 0xE8 is not UTF-8. Try: save it as UTF-8"
    )


def test_half_a_utf_16_file_is_refused(tmp_path: Path) -> None:
    assert "is not UTF-16" in refusal(put(tmp_path, b"\xff\xfea\x00b"))


def test_a_huge_file_is_refused_without_reading_it(tmp_path: Path) -> None:
    path = tmp_path / "big.txt"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    assert refusal(path) == (
        "articles/a.md: is 50 MB; the limit is 10 MB. "
        "Try: split it, or raise fetch.max_mb in publisher.yaml"
    )
    assert "is 5 kB; the limit is 4 kB" in refusal(
        put(tmp_path, b"x" * 5000), limit=4000
    )


def test_a_missing_file_is_told_with_the_name_that_is_close(tmp_path: Path) -> None:
    put(tmp_path, b"x", "harbour.md")
    assert refusal(tmp_path / "habour.md") == (
        "articles/a.md: there is no such file. Did you mean harbour.md?"
    )
    assert "Try: " in refusal(tmp_path / "nowhere" / "a.md")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert "is a folder, not a file" in refusal(tmp_path)


def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(tmp_path / ("x" * 300))
    assert "cannot be read" in refusal(tmp_path / "a\x00b")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    path = put(tmp_path, b"x")
    path.chmod(0)
    assert "may not be read" in refusal(path)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_in_one_line(data: bytes) -> None:
    try:
        files.decode(data, where="a.md")
    except SourceError as error:
        said = str(error)
    else:
        said = ""
    assert "\n" not in said


def test_what_is_written_can_be_read_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "a.txt"
    files.write(path, "uno\n")
    files.write(path, b"due\n")
    assert files.read_text(path) == "due\n"
    assert [one.name for one in path.parent.iterdir()] == ["a.txt"]


def test_a_secret_is_for_its_owner_only(tmp_path: Path) -> None:
    files.write(tmp_path / "secret", "x", mode=0o600)
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_create_leaves_alone_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    assert files.create(path, "first")
    assert not files.create(path, "second")
    assert files.read_text(path) == "first"
    assert [one.name for one in tmp_path.iterdir()] == ["a.txt"]


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    put(tmp_path, b"x", "file")
    with pytest.raises(PublisherError, match="cannot be written: ") as caught:
        files.write(tmp_path / "file" / "below.txt", "x")
    assert caught.value.hint.startswith("Try: ")


def test_what_is_shipped_lies_beside_the_package_in_a_checkout() -> None:
    assert files.shipped("publisher.yaml").is_file()
    assert files.shipped("schedules", "weekly-digest.yaml").is_file()
