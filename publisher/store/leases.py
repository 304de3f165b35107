"""Who may send an issue: one process, until it ends, however it ends."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from publisher.errors import Busy, StoreError

if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def lease(books: Path | None, issue: str) -> Iterator[None]:
    """Hold a lock file beside the books; books in memory are nobody else's anyway."""
    if books is None:
        yield
        return
    name = hashlib.sha256(issue.encode()).hexdigest()[:16]
    path = books.resolve().with_name(f"{books.name}.{name}.lock")
    file = _held(path, issue)
    try:
        yield
    finally:
        # Removed while it is held, so that nobody removes a lock that is another's.
        with suppress(OSError):
            path.unlink()
        os.close(file)


def _held(path: Path, issue: str) -> int:
    while True:
        file = _opened(path)
        try:
            _lock(file)
        except OSError:
            os.close(file)
            raise Busy(
                f"another publisher is sending {issue}",
                hint="Wait until it is done, or look: publisher status",
            ) from None
        if _is_still(file, path):
            return file
        os.close(file)


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreError(
            f"the lock of the issue cannot be made: {error.strerror}",
            where=str(path.parent),
            hint="Try: check who owns the folder",
        ) from error


def _is_still(file: int, path: Path) -> bool:
    """Say whether the locked file is the one that others will find.

    Its last holder may have removed it between our opening and our locking it.
    """
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(file), path.stat())
    return False
