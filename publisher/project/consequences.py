"""What a bounce means for a reader: who is gone or complains gets nothing more.

Anybody can write to the bounce mailbox, so only what names a delivery of ours counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from publisher.bounces import Bounce
from publisher.models import Issue, Subscriber, key_mark, unique
from publisher.plan import email_key

if TYPE_CHECKING:
    from publisher.project.folder import Folder

FINAL = {"hard", "complained"}
NEWEST = 1_000  # issues that a bounce may be about


class Consequences:
    """Acts on bounces, batch by batch, and counts how many readers were suppressed.

    Whatever is told again has the same end: a suppression is there once, and the first
    reason stays. `strangers` are bounces that name no delivery of these books.
    """

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self.suppressed = 0
        self.strangers = 0

    def act(self, bounces: Sequence[Bounce]) -> None:
        """Suppress whose address is gone, and who calls it spam."""
        final = [one for one in bounces if one.kind in FINAL]
        found = self._readers(final)
        for one in final:
            address = found.get(one.mark, "")
            if address:
                self._suppress(address, one)
            else:
                self.strangers += 1

    def _suppress(self, address: str, bounce: Bounce) -> None:
        people = self._folder.books.subscribers
        self.suppressed += not people.is_suppressed(address)
        words = "complained" if bounce.kind == "complained" else "bounced"
        told = " ".join(filter(None, (bounce.status, bounce.reason)))
        reason = f"{words}: {told}" if told else words
        people.suppress(address, reason=reason[:300], now=self._folder.clock())

    def _readers(self, bounces: Sequence[Bounce]) -> dict[str, str]:
        """Return the address of each mark; mostly the report has named it itself."""
        found = {one.mark: self._named(one) for one in bounces if one.mark}
        missing = {mark for mark, address in found.items() if not address}
        if missing:
            for mark, address in self._marks():
                if mark in missing:
                    found[mark] = address
                    missing.discard(mark)
                if not missing:
                    break
        return found

    def _named(self, bounce: Bounce) -> str:
        for address in unique(filter(None, (bounce.recipient, bounce.final))):
            for reader in self._known(address):
                keys = (email_key(issue, reader) for issue in self._issues)
                if bounce.mark in map(key_mark, keys):
                    return reader.address
        return ""

    def _known(self, address: str) -> Iterator[Subscriber]:
        known = self._folder.books.subscribers.find(address)
        if known:
            yield known
        yield Subscriber(address=address)  # a test that went to it by hand

    def _marks(self) -> Iterator[tuple[str, str]]:
        """Yield every delivery's mark and address, of the newest issue first."""
        ledger = self._folder.books.ledger
        for issue in self._issues:
            for channel in ledger.counts(issue.id):
                for delivery in ledger.each_delivery(issue.id, channel):
                    yield key_mark(delivery.key), delivery.recipient

    @cached_property
    def _issues(self) -> list[Issue]:
        found = self._folder.books.ledger.issues(limit=NEWEST)
        return [issue for issue in found if not issue.is_rehearsal]
