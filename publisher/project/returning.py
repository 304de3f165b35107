"""What came back: read from its mailbox, counted, and acted upon, each once.

A letter is put aside after what it tells is in the books, and the place that was
reached is noted after that: who is killed between two of these reads it again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from publisher import bounces, config, files
from publisher.bounces import Bounce
from publisher.errors import Busy, ConfigError, SourceError
from publisher.mailbox import BATCH, Access, Mailbox, Place
from publisher.project.consequences import Consequences
from publisher.project.sending import Stop, never

if TYPE_CHECKING:
    from publisher.project.folder import Folder

NOTE = "bounces.json"  # in .publisher: how far each mailbox was read


@dataclass(slots=True)
class Returned:
    """What was in the mailbox: letters `read`, recipients by kind, and the rest.

    `others` are no reports; `suppressed` are readers who get nothing more from now on,
    and `strangers` bounces of somebody else's emails. With `stays` the server did not
    move what was counted.
    """

    read: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    others: int = 0
    suppressed: int = 0
    strangers: int = 0
    stays: bool = False


def fetch(folder: Folder, *, dry_run: bool = False, stop: Stop = never) -> Returned:
    """Read what is new in the bounce mailbox, and act on it, batch by batch.

    Raises `ConfigError` where no mailbox is set, `Busy` where another process reads it.
    """
    access = config.bounce_mailbox(folder.settings.environ)
    if access is None:
        raise ConfigError(
            "there is no bounce mailbox: BOUNCES_IMAP_HOST is not in .env",
            hint="Try: fill it in, as docs/bounces.md says",
        )
    if dry_run:
        return _read(folder, access, stop=stop)
    try:
        with folder.books.ledger.lease("bounces"):
            return _acted(folder, access, stop)
    except Busy:
        raise Busy(
            "another publisher is reading the bounce mailbox",
            hint="Wait until it is done",
        ) from None


def _acted(folder: Folder, access: Access, stop: Stop) -> Returned:
    consequences = Consequences(folder)
    told = _read(folder, access, stop=stop, act=consequences.act)
    told.suppressed = consequences.suppressed
    told.strangers = consequences.strangers
    return told


def _read(
    folder: Folder,
    access: Access,
    *,
    stop: Stop,
    act: Callable[[Sequence[Bounce]], object] | None = None,
) -> Returned:
    told, note = Returned(), _Note(folder.root, access)
    with Mailbox(access, only_looks=act is None) as mailbox:
        place = note.place()
        uids = mailbox.arrived(place)
        if act and uids and place.validity != mailbox.validity:
            # Who is killed has marked some as read: from here on that counts no more.
            note.write(Place(mailbox.validity, uids[0] - 1))
        for start in range(0, len(uids), BATCH):
            if stop():
                break
            batch = uids[start : start + BATCH]
            found = {
                uid: bounces.read(letter)
                for uid, letter in mailbox.letters(batch).items()
            }
            _count(told, found)
            if act is None:
                continue
            act([one for uid in sorted(found) for one in found[uid]])
            done = [uid for uid in sorted(found) if _is_done(found[uid])]
            told.stays |= not mailbox.put_aside(done)
            note.write(Place(mailbox.validity, batch[-1]))
    return told


def _count(told: Returned, found: Mapping[int, Sequence[Bounce]]) -> None:
    told.read += len(found)
    told.others += sum(not one for one in found.values())
    kinds = Counter[str](one.kind for some in found.values() for one in some)
    told.counts = dict(Counter(told.counts) + kinds)


def _is_done(found: Sequence[Bounce]) -> bool:
    """Say whether nobody needs to look at a letter any more.

    It names a delivery of ours and is understood. All else is left to people: the
    mailbox may be one that they read.
    """
    return bool(found) and all(
        (one.mark or one.token) and one.kind != "unknown" for one in found
    )


class _Note:
    """How far each mailbox was read. Without it they are read again, not lost."""

    def __init__(self, root: Path, access: Access) -> None:
        self._path = root / ".publisher" / NOTE
        self._name = f"{access.user}@{access.host}/{access.folder}"

    def place(self) -> Place:
        found = self._all().get(self._name)
        match found:
            case [int(validity), int(uid)]:
                return Place(validity, uid)
            case _:
                return Place()

    def write(self, place: Place) -> None:
        known = {**self._all(), self._name: [place.validity, place.uid]}
        files.write(self._path, json.dumps(known, indent=1) + "\n", mode=0o600)

    def _all(self) -> dict[str, object]:
        try:
            known = json.loads(files.read_text(self._path))
        except (SourceError, ValueError):
            return {}
        return known if isinstance(known, dict) else {}
