"""Sends one issue as a process that can be killed: `sender.py FOLDER memory|blind`."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

from publisher.errors import StoreError
from publisher.models import (
    Channel,
    Delivery,
    Issue,
    Kind,
    Limits,
    Message,
    Post,
    PostDraft,
    Receipt,
)
from publisher.sender import deliver
from publisher.store import open_books

COUNT = 2_000
SLOWNESS = 0.001  # seconds for each message, so that most kills meet one
PLANNED_AT = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


class Folder:
    """Remembers its keys: one file for each, and a line for each time it was sent."""

    kind: ClassVar[Kind] = "post"
    limits: ClassVar[Limits] = Limits(batch=20, remembers=timedelta.max)

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)

    def send(self, message: Message) -> Receipt:
        time.sleep(SLOWNESS)
        name = hashlib.sha256(message.key.encode()).hexdigest()
        draft = self.folder / f".{name}.{os.getpid()}"
        draft.write_text(message.key)
        draft.replace(self.folder / name)
        return Receipt(name)


class Log:
    """Remembers nothing: each sending is a line on disk."""

    kind: ClassVar[Kind] = "post"
    limits: ClassVar[Limits] = Limits()

    def __init__(self, path: Path) -> None:
        self.file = path.open("a")

    def send(self, message: Message) -> Receipt:
        time.sleep(SLOWNESS)
        self.file.write(f"{message.key}\n")
        self.file.flush()
        os.fsync(self.file.fileno())
        return Receipt("taken")

    def close(self) -> None:
        self.file.close()


def main(folder: Path, way: str) -> str:
    provider = Folder(folder / "out") if way == "memory" else Log(folder / "log")
    channel = Channel("x", "x", "post", Limits(), provider)
    draft = PostDraft(template="t", network="x", article="a", text="Hi")
    issue = Issue(
        id="i/1", campaign="i", number=1, articles=("a",), planned_at=PLANNED_AT
    )
    rows = [
        Delivery(key=f"i/1/x/{number}", issue="i/1", channel="x", draft=draft.id)
        for number in range(COUNT)
    ]
    with (
        open_books(f"sqlite:///{folder / 'books.sqlite3'}") as books,
        books.ledger.lease("i/1"),
    ):
        books.ledger.begin(issue, {draft.id: draft}, rows)
        print("begun", flush=True)
        return deliver(
            "i/1",
            channel=channel,
            ledger=books.ledger,
            message_of=lambda one: Post(key=one.key, text="Hi"),
            skip_reason=lambda _: "",
            now=lambda: datetime.now(UTC),
            sleep=time.sleep,
        )


if __name__ == "__main__":
    try:
        sys.exit(main(Path(sys.argv[1]), sys.argv[2]) or 0)
    except StoreError as error:
        sys.exit(str(error))
