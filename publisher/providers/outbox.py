"""The outbox: files on disk, which any mail program or browser opens."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from publisher.errors import Refused
from publisher.models import Email, Json, Kind, Limits, Message, Post, Receipt

LONGEST_NAME = 60  # characters; a name in any script then stays below 255 bytes
_NO_SETTING = {"setting": False}


@dataclass(frozen=True)
class Outbox:
    """Writes each message where it is sent to nobody: `outbox/weekly-7/...`.

    The key names the file, so the same message twice is one file and no name holds an
    address. `payload` makes the JSON that the real network would get.
    """

    folder: Path = field(metadata=_NO_SETTING)
    network: str = field(default="", metadata=_NO_SETTING)
    payload: Callable[[Post], Json] | None = field(default=None, metadata=_NO_SETTING)
    _made: set[Path] = field(default_factory=set, init=False, repr=False, compare=False)
    _shown: dict[Path, list[str]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    kind: ClassVar[Kind] = "email"  # or posts, where `network` names one
    limits: ClassVar[Limits] = Limits(batch=100, remembers=timedelta.max)

    def send(self, message: Message) -> Receipt:
        """Write the message; its receipt's url is the file, seen from the project."""
        try:
            path = (
                self._email(message)
                if isinstance(message, Email)
                else self._post(message)
            )
        except OSError as error:
            raise Refused(
                f"the outbox cannot be written: {error.strerror}",
                where=str(self.folder),
                hint="Try: free some space, or name another folder as PUBLISHER_OUTBOX",
            ) from error
        return Receipt(message.key, path.relative_to(self.folder.parent).as_posix())

    def _email(self, email: Email) -> Path:
        from publisher.mime import encode

        issue, channel, name = self._place(email.key)
        path = issue / (channel or "email") / f"{name}.eml"
        self._write(path, encode(email))
        self._show(issue, email)
        return path

    def _show(self, issue: Path, email: Email) -> None:
        """Keep the first letter of each language where a person looks first.

        Once per run and not once for ever, so that no older run's page is left over.
        """
        from publisher.mime import page

        languages = self._shown.setdefault(issue, [])
        if email.language in languages:
            return
        name = f"digest.{_safe(email.language)}" if languages else "digest"
        languages.append(email.language)
        self._write(issue / f"{name}.html", page(email).encode())
        self._write(issue / f"{name}.txt", email.text.encode())

    def _post(self, post: Post) -> Path:
        issue, channel, name = self._place(post.key)
        stem = f"{channel or self.network or 'post'}-{name}"
        data = self.payload(post) if self.payload else asdict(post)
        text = json.dumps(data, ensure_ascii=False, indent=2, default=str)
        self._write(issue / f"{stem}.json", f"{text}\n".encode())
        self._write(issue / f"{stem}.txt", f"{post.text}\n".encode())
        return issue / f"{stem}.txt"

    def _place(self, key: str) -> tuple[Path, str, str]:
        """Split `weekly/7/outbox:mastodon/a-slug` into folder, "mastodon", "a-slug"."""
        issue, channel, name = ("", "", *key.rsplit("/", 2))[-3:]
        account = channel.removeprefix("outbox").removeprefix(":")
        folder = self.folder / (issue.replace("/", "-") or "issue")
        return folder, _safe(account), _safe(name)

    def _write(self, path: Path, content: bytes) -> None:
        """Let the file appear whole or not at all.

        A killed sender leaves its draft where the repeat of the message replaces it.
        """
        if path.parent not in self._made:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._made.add(path.parent)
        draft = path.with_name(f".{path.name}.part")
        draft.write_bytes(content)
        draft.replace(path)


def _safe(name: str) -> str:
    """Return a name that every file system takes; what was changed gets a mark."""
    plain = re.sub(r"[^\w.-]+", "-", name).lstrip(".")[:LONGEST_NAME]
    if plain == name.replace(":", "-"):
        return plain
    return f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
