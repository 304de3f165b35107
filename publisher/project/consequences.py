"""Bounces become news of deliveries, which mean something for a reader.

Anybody can write to the bounce mailbox, so only what names a delivery of ours counts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from publisher import events, tokens
from publisher.bounces import Bounce, Kind
from publisher.models import (
    Consent,
    Event,
    EventKind,
    Issue,
    Subscriber,
    key_mark,
    unique,
)
from publisher.plan import email_key

if TYPE_CHECKING:
    from publisher.project.folder import Folder

JOURNAL = ""  # a mailbox may hear of any channel
NEWS: dict[Kind, EventKind] = {
    "hard": "bounced",
    "soft": "bounced",
    "deferred": "deferred",
    "complained": "complained",
    "unsubscribed": "unsubscribed",
}
NEWEST = 1_000  # issues that a bounce may be about


class Consequences:
    """Acts on bounces, batch by batch, and counts how many readers were suppressed.

    Whatever is told again is no news. `strangers` are bounces that name no delivery of
    these books.
    """

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self.suppressed = 0
        self.strangers = 0

    def act(self, bounces: Sequence[Bounce]) -> None:
        """Write down what came back, and do what follows from it."""
        self._let_go(bounces)
        told = [one for one in bounces if one.kind in NEWS and not one.token]
        found = self._readers(told)
        news = [
            self._event(one, found[one.mark]) for one in told if found.get(one.mark)
        ]
        self.strangers += len(told) - len(news)
        if not news:
            return
        people, now = self._folder.books.subscribers, self._folder.clock()
        addresses = unique(one.address for one in news)
        before = [one for one in addresses if people.is_suppressed(one)]
        heard = self._folder.books.events
        with heard.hearing(JOURNAL, now=now, salt=self._folder.salt) as hearing:
            events.act(hearing, news)
        after = [one for one in addresses if people.is_suppressed(one)]
        self.suppressed += len(after) - len(before)

    def _let_go(self, bounces: Sequence[Bounce]) -> None:
        """End what signed tokens say; who forged one is a stranger."""
        for token in filter(None, (one.token for one in bounces)):
            out = tokens.read_unsubscribe(self._folder.settings.secret, token)
            if out is None:
                self.strangers += 1
                continue
            said = Consent(act="left", said_at=self._folder.clock(), how="mail")
            lists = [one for one in out.list.split(",") if one]
            self._folder.books.consents.leave(out.address, lists=lists, said=said)

    def _event(self, bounce: Bounce, address: str) -> Event:
        now = self._folder.clock()
        words = [bounce.report, bounce.kind, bounce.mark, bounce.final.lower()]
        name = hashlib.sha256("\n".join(words).encode("utf-8", "replace"))
        return Event(
            id=name.hexdigest()[:32],
            kind=NEWS[bounce.kind],
            at=min(bounce.at or now, now),  # clocks of others may be fast
            address=address,
            is_permanent=bounce.kind == "hard",
            is_ours=bounce.is_ours,
            mark=bounce.mark,
            reason=bounce.reason,
        )

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
                if bounce.mark in (key_mark(key, self._folder.salt) for key in keys):
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
                    yield key_mark(delivery.key, self._folder.salt), delivery.recipient

    @cached_property
    def _issues(self) -> list[Issue]:
        found = self._folder.books.ledger.issues(limit=NEWEST)
        return [issue for issue in found if not issue.is_rehearsal]
