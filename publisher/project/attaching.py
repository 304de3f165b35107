"""Attachments: the owner's files, read when an issue is planned and kept until it went.

What is planned is what is sent: a file that changes afterwards changes a later issue.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from mimetypes import MimeTypes
from pathlib import Path
from typing import TYPE_CHECKING

from publisher import files
from publisher.errors import ConfigError, SourceError
from publisher.models import (
    AttachedFile,
    Attachment,
    Draft,
    EmailDraft,
    Picture,
    PostDraft,
)

if TYPE_CHECKING:
    from publisher.project.folder import Folder

LONGEST = 25 * files.MEGABYTE  # bytes together; no large mailbox takes more
UNKNOWN = "application/octet-stream"
# What the standard library does not know everywhere.
TYPES = {
    ".avif": "image/avif",
    ".epub": "application/epub+zip",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".ics": "text/calendar",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".pptx": "application/vnd.openxmlformats-officedocument"
    ".presentationml.presentation",
    ".webp": "image/webp",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Attachments:
    """The files that travel with a folder's emails."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._contents: dict[str, bytes] = {}  # by digest: what was read just now

    def read(self, paths: Sequence[str], *, where: str) -> tuple[AttachedFile, ...]:
        """Read the files; `ConfigError` where one is not there or is none to send.

        A path that is not a whole one starts at the folder and does not leave it;
        `where` is the file that names them.
        """
        found = tuple(self._file(path, where) for path in paths)
        names = [one.name for one in found]
        for name in names:
            if names.count(name) > 1:
                message = f"two attachments are called {name}"
                raise ConfigError(message, where=where, hint="Try: rename one of them")
        if sum(one.size for one in found) > LONGEST:
            raise _too_long(where)
        return found

    def keep(self, drafts: Iterable[Draft]) -> None:
        """Write what the drafts need into the books, before the first email leaves."""
        needed = {one.digest for draft in drafts for one in _attached(draft)}
        read = {**self._contents, **self._folder.pictures.contents}
        known = {digest: read[digest] for digest in needed & read.keys()}
        if known:
            self._folder.books.files.keep(known)

    def of(self, draft: EmailDraft) -> tuple[Attachment, ...]:
        """Return what travels with a draft's emails, with its bytes."""
        return tuple(
            Attachment(
                name=one.name,
                media_type=one.media_type,
                content=self._content(one.digest),
                content_id=one.content_id,
            )
            for one in draft.attachments
        )

    def of_post(self, draft: PostDraft) -> dict[str, bytes]:
        """Return the bytes of a post's pictures, by their digests."""
        return {one.digest: self._content(one.digest) for one in _attached(draft)}

    def _content(self, digest: str) -> bytes:
        if digest not in self._contents:
            just_read = self._folder.pictures.contents.get(digest)
            kept = just_read or self._folder.books.files.content(digest)
            self._contents[digest] = kept
        return self._contents[digest]

    def _file(self, path: str, where: str) -> AttachedFile:
        content = self._bytes(path, where)
        digest = sha256(content).hexdigest()
        self._contents[digest] = content
        return AttachedFile(
            name=Path(path).name,
            media_type=media_type(path),
            size=len(content),
            digest=digest,
        )

    def _bytes(self, path: str, where: str) -> bytes:
        root = self._folder.root.resolve()
        file = (root / path).resolve()
        if not Path(path).is_absolute() and not file.is_relative_to(root):
            hint = "Try: a file in the folder of the project"
            raise ConfigError(f"{path} is outside of it", where=where, hint=hint)
        try:
            content = files.read_bytes(file, limit=LONGEST, where=path)
        except SourceError as error:
            hint = error.hint or "Try: check attachments"
            said = f"the attachment {path}: {error.message}"
            raise ConfigError(said, where=where, hint=hint) from None
        if not content:
            hint = "Try: another file"
            raise ConfigError(f"the attachment {path} is empty", where=where, hint=hint)
        return content


def _attached(draft: Draft) -> Iterator[AttachedFile | Picture]:
    if isinstance(draft, EmailDraft):
        yield from draft.attachments
        return
    yield from draft.pictures
    if draft.thumbnail:
        yield draft.thumbnail


def _too_long(where: str) -> ConfigError:
    allowed = LONGEST // files.MEGABYTE
    return ConfigError(
        f"the attachments have more than {allowed} MB together",
        where=where,
        hint="Try: put the file on your site, and link to it",
    )


def media_type(name: str) -> str:
    """Return the type of a file by its name: the same on every machine.

    >>> media_type("report.pdf"), media_type("notes")
    ('application/pdf', 'application/octet-stream')
    """
    known = MimeTypes()
    for ending, kind in TYPES.items():
        known.add_type(kind, ending)
    found, encoding = known.guess_type(name, strict=False)
    if encoding:  # archive.tar.gz is no tar
        return "application/gzip" if encoding == "gzip" else UNKNOWN
    return found or UNKNOWN
