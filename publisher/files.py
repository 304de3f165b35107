"""Files: reads texts that may be anything, writes them whole, finds what is shipped."""

from __future__ import annotations

import codecs
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

from publisher.errors import ConfigError, PublisherError, SourceError

MEGABYTE = 1_000_000
LIMIT = 10 * MEGABYTE
# The longer marks first: UTF-32's little-endian mark begins with UTF-16's.
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
BINARY = (b"%PDF-", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"PK\x03\x04", b"\x1f\x8b")


def shipped(*parts: str) -> Path:
    """Return the path of what travels with the program: `shipped("templates")`.

    In a wheel it lies inside the package, in a checkout at the top level beside it.
    """
    package = Path(__file__).resolve().parent
    inside = package.joinpath("shipped", *parts)
    return inside if inside.exists() else package.parent.joinpath(*parts)


def read_text(path: Path, *, limit: int = LIMIT, where: str = "") -> str:
    """Read a text file, or say in one line why it is none.

    `where` is what errors call the file, such as its path below the project. Line
    ends become newlines, whatever the file has.
    """
    where = where or str(path)
    text = decode(_read(path, limit, where), where=where)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def setting(key: str, environ: Mapping[str, str]) -> str:
    """Return a setting, or what stands in the file that `KEY_FILE` names.

    One that is there but empty counts as not there. Docker's secrets are such files.
    """
    value = environ.get(key, "").strip()
    path = environ.get(f"{key}_FILE", "").strip()
    if value or not path:
        return value
    try:
        return read_text(Path(path)).strip()
    except SourceError as error:
        is_gone = error.message.startswith("there is no")
        raise ConfigError(
            f"{key}_FILE names {path}, which "
            f"{'is not there' if is_gone else error.message}",
            where=".env",
            hint="Try: check the path",
        ) from None


def read_bytes(path: Path, *, limit: int = LIMIT, where: str = "") -> bytes:
    """Read a file that says itself which letters its bytes are, such as a page."""
    return _read(path, limit, where or str(path))


@contextmanager
def opened(path: Path, *, where: str = "") -> Iterator[BinaryIO]:
    """Open a file to read it bit by bit, or say in one line why that cannot be."""
    where = where or str(path)
    with _in_words(path, where):
        file = path.open("rb")
    with file:
        yield file


@contextmanager
def _in_words(path: Path, where: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise SourceError(
            "there is no such file", where=where, hint=_closest(path)
        ) from None
    except IsADirectoryError:
        raise SourceError(
            "is a folder, not a file", where=where, hint="Try: name a file in it"
        ) from None
    except PermissionError:
        raise SourceError(
            "may not be read", where=where, hint=f"Try: chmod u+r {where}"
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SourceError(f"cannot be read: {reason}", where=where) from error


def _read(path: Path, limit: int, where: str) -> bytes:
    with _in_words(path, where), path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > limit:
            raise _too_big(size, limit, where)
        data = file.read(limit + 1)  # a pipe has no size before it is read
    if len(data) > limit:
        raise _too_big(len(data), limit, where)
    return data


def decode(data: bytes, *, where: str) -> str:
    """Return the bytes of a text file as text; the byte order mark is dropped."""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return _decode(data[len(mark) :], encoding, where)
    if b"\x00" in data or data.startswith(BINARY):
        raise SourceError(
            "is not a text file",
            where=where,
            hint="Try: export it as plain text, Markdown or HTML",
        )
    return _decode(data, "utf-8", where)


def _decode(data: bytes, encoding: str, where: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(encoding, "replace")
        line = before.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
        raise SourceError(
            f"byte 0x{data[error.start]:02X} is not {encoding[:6].upper().rstrip('-')}",
            where=f"{where}:{line}",
            hint="Try: save it as UTF-8",
        ) from None


def write(path: Path, data: bytes | str, *, mode: int = 0o666) -> None:
    """Write a file whole or not at all, also when the program is killed halfway.

    Missing folders are made. `mode` is that of a new file, before the umask.
    """
    with _draft(path, data, mode) as draft:
        draft.replace(path)


def create(path: Path, data: bytes | str, *, mode: int = 0o666) -> bool:
    """Write a file unless it is there; False: another process was first."""
    with _draft(path, data, mode) as draft:
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            return False
    return True


@contextmanager
def writing(path: Path, *, mode: int = 0o666) -> Iterator[TextIO]:
    """Write a text bit by bit; the file is there when all of it is, and not before."""
    draft, opened = _begun(path, mode)
    try:
        with open(opened, "w", encoding="utf-8", newline="") as file:  # noqa: PTH123
            yield file
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def _draft(path: Path, data: bytes | str, mode: int) -> Iterator[Path]:
    """Write beside the file first; whatever happens, nothing half-written stays."""
    raw = data.encode() if isinstance(data, str) else data
    draft, opened = _begun(path, mode)
    try:
        with open(opened, "wb") as file:  # noqa: PTH123  it is open already
            file.write(raw)
        yield draft
    except OSError as error:
        raise _unwritten(path, error) from error
    finally:
        draft.unlink(missing_ok=True)


def _begun(path: Path, mode: int) -> tuple[Path, int]:
    """Open a draft beside the file, and make the folder where there is none."""
    draft = path.with_name(f".{path.name[:100]}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return draft, os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except OSError as error:
        raise _unwritten(path, error) from error


def _unwritten(path: Path, error: OSError) -> PublisherError:
    return PublisherError(
        f"cannot be written: {error.strerror or error}",
        where=str(path),
        hint="Try: check the folder's permissions and the free space",
    )


def _too_big(size: int, limit: int, where: str) -> SourceError:
    return SourceError(
        f"is {_megabytes(size)}; the limit is {_megabytes(limit)}",
        where=where,
        hint="Try: split it, or raise fetch.max_mb in publisher.yaml",
    )


def _megabytes(size: int) -> str:
    """Return a size for a person.

    >>> _megabytes(50_000_000), _megabytes(10_000_001), _megabytes(2_048)
    ('50 MB', '10.1 MB', '2.1 kB')
    """
    unit, name = (MEGABYTE, "MB") if size >= MEGABYTE else (1_000, "kB")
    tenths = -(-size * 10 // unit)  # up: a file over the limit must not look equal
    return f"{tenths / 10:g} {name}"


def _closest(path: Path) -> str:
    from publisher.text import suggest

    try:
        names = [other.name for other in path.parent.iterdir()]
    except OSError:
        return "Try: check the folder's name"
    close = suggest(path.name, names)
    return f"Did you mean {close}?" if close else "Try: check the name"
