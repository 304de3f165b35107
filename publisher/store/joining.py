"""Who comes in with an import, and who stays out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from publisher.errors import ConfigError
from publisher.models import unique
from publisher.store import addresses, times
from publisher.store.imports import SHOWN, Columns, ImportReport, Person, Row
from publisher.store.readers import NOTHING, attributes_from

BATCH = 10_000  # rows that are written at once, and stay when the next are not
encoded = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode

NEW, CHANGED, UNCHANGED = "new", "changed", "unchanged"
# Told the line, the reason and the row itself, of each row that is nobody.
Refuse = Callable[[int, str, Columns, Sequence[str]], None]


@dataclass(slots=True)
class Known:
    """What the books know of one person, and what is to be written.

    `attributes` are JSON, as they are kept; `before` are the subscriptions in the
    books, where they are others by now; `given` are the tags that are not in them yet.
    """

    normal: str
    address: str
    id: int = 0
    name: str = ""
    language: str = ""
    timezone: str = ""
    attributes: str = NOTHING
    tags: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    paused_until: str = ""
    created: str = ""
    subscriptions: dict[str, str] = field(default_factory=dict)
    before: dict[str, str] | None = None
    suppressed: str = ""  # the reason
    is_new: bool = False
    is_learned: bool = False
    is_suppressed_now: bool = False
    is_paused_now: bool = False

    def learn(self, found: Person) -> bool:
        """Take over what the row says, and say whether it was news.

        An empty cell says nothing.
        """
        before = (self.name, self.language, self.timezone, self.attributes)
        self.name = found.name or self.name
        self.language = found.language or self.language
        self.timezone = found.timezone or self.timezone
        is_news = self._give(found.tags) if found.tags else False
        if found.attributes:
            known, new = attributes_from(self.attributes), found.attributes
            if found.tags:
                new = {**new, "tags": ", ".join(sorted((*self.tags, *self.given)))}
            if not new.items() <= known.items():
                self.attributes = encoded({**known, **new})
        after = (self.name, self.language, self.timezone, self.attributes)
        is_news |= self.is_new or before != after
        self.is_learned = self.is_learned or is_news
        return is_news

    def _give(self, tags: Sequence[str]) -> bool:
        """Add tags to those in the books, and say whether it was news."""
        new = [one for one in tags if one not in {*self.tags, *self.given}]
        self.given = (*self.given, *new)
        return bool(new)

    def join(self, lists: Iterable[str], state: str) -> bool:
        """Subscribe to lists; who has left one stays out, who is in stays in."""
        free = [
            name
            for name in lists
            if self.subscriptions.get(name) not in {"ended", "confirmed", state}
        ]
        return self.put(free, state)

    def leave(self, lists: Iterable[str]) -> bool:
        """End subscriptions."""
        return self.put(list(lists), "ended")

    def put(self, lists: Sequence[str], state: str) -> bool:
        """Set the state of subscriptions, whatever it was; say whether it was news."""
        is_news = False
        for name in lists:
            is_news |= self._put(name, state)
        return is_news

    def suppress(self, reason: str) -> None:
        """Never write to them; the first reason stays."""
        if not self.suppressed:
            self.suppressed, self.is_suppressed_now = reason, True

    def pause(self, until: str) -> bool:
        """Let them get nothing until then, unless they have paused for longer."""
        is_news = until > self.paused_until
        if is_news:
            self.paused_until, self.is_paused_now = until, True
        return is_news

    @property
    def is_changed(self) -> bool:
        """Whether there is anything to write."""
        is_hindered = self.is_suppressed_now or self.is_paused_now
        return self.is_learned or self.before is not None or is_hindered

    def _put(self, name: str, state: str) -> bool:
        if self.subscriptions.get(name) == state:
            return False
        if self.before is None:
            self.before = dict(self.subscriptions)
        self.subscriptions[name] = state
        return True

    def moved(self) -> list[tuple[str, str]]:
        """Return the lists whose state is another than in the books."""
        if self.before is None:
            return []
        return [
            (name, state)
            for name, state in self.subscriptions.items()
            if self.before.get(name) != state
        ]


def stranger(normal: str, found: Person) -> Known:
    """Return what is known of somebody who is in no books."""
    return Known(normal, found.address, is_new=True)


def admit(known: Known, found: Person, lists: tuple[str, ...]) -> str:
    """Change `known` by what a row says, without ever bringing back who left.

    Return whether they are new, changed or unchanged, or else why they stay out.
    """
    if found.skip:
        return found.skip
    wanted = unique((*lists, *found.lists)) if found.lists else lists
    if found.gone or found.has_left:
        _let_go(known, found, wanted)
        return found.gone.removeprefix("imported as ") or "unsubscribed"
    if known.suppressed:
        return "is suppressed"
    is_news = known.leave(found.left) if found.left else False
    is_news |= known.join(wanted, "pending" if found.is_pending else "confirmed")
    if found.pending:
        is_news |= known.join(found.pending, "pending")
    if wanted and all(known.subscriptions[name] == "ended" for name in wanted):
        return "had left"
    is_news |= known.learn(found)
    if found.paused_until:
        is_news |= known.pause(found.paused_until)
    return NEW if known.is_new else CHANGED if is_news else UNCHANGED


def _let_go(known: Known, found: Person, wanted: Sequence[str]) -> None:
    if known.is_new:
        known.learn(found)
    known.leave((*wanted, *found.left) or known.subscriptions)
    if found.gone:
        known.suppress(found.gone)
    elif not known.subscriptions:
        # They left, and no list is named: the only safe reading is all of them.
        known.suppress("imported as unsubscribed")


@dataclass(frozen=True, slots=True)
class Admitted:
    """Who of a batch is to be written: strangers who only join `lists`, and others."""

    strangers: Mapping[str, Person]
    changed: Sequence[Known]
    lists: tuple[str, ...]
    now: str


class Joining:
    """One import, batch by batch, and what has become of its rows so far."""

    def __init__(
        self, lists: Sequence[str], now: datetime, refuse: Refuse | None = None
    ) -> None:
        self.now = times.written(now)
        self.lists = unique(lists)
        self._refuse = refuse
        self._verdicts: Counter[str] = Counter()
        self._invalid: Counter[str] = Counter()
        self._examples: list[tuple[int, str]] = []

    def batches(self, rows: Iterable[Row]) -> Iterator[list[tuple[str, Person]]]:
        """Yield the people of the rows, some thousand at a time."""
        rows = iter(rows)
        while some := list(islice(rows, BATCH)):
            yield self._people(some)

    def _people(self, rows: Iterable[Row]) -> list[tuple[str, Person]]:
        """Return who is in the rows; note those that hold no address."""
        people = []
        for line, columns, cells in rows:
            found = columns.person(cells)
            if found.paused_until and found.paused_until <= self.now:
                found = found._replace(paused_until="")
            try:
                people.append((addresses.normal(found.address), found))
            except ConfigError as error:
                reason = error.message if found.address else "there is no email address"
                self._note(line, reason, columns, cells)
        return people

    def _note(
        self, line: int, reason: str, columns: Columns, cells: Sequence[str]
    ) -> None:
        self._invalid[reason] += 1
        if len(self._examples) < SHOWN:
            self._examples.append((line, reason))
        if self._refuse:
            self._refuse(line, reason, columns, cells)

    def admit(
        self, people: Iterable[tuple[str, Person]], known: dict[str, Known]
    ) -> Admitted:
        """Say who is to be written; `known` are those whom the books know."""
        strangers: dict[str, Person] = {}
        changed: dict[str, Known] = {}
        for normal, found in people:
            one = known.get(normal)
            if one is None:
                # Nearly everybody in a first import: nothing is to be weighed for them.
                if found.is_plain and normal not in strangers:
                    strangers[normal] = found
                    continue
                first = strangers.pop(normal, None)
                one = known[normal] = stranger(normal, first or found)
                if first:
                    self._count(one, first)
            self._count(one, found)
            if one.is_changed:
                changed[normal] = one
        self._verdicts[NEW] += len(strangers)
        return Admitted(strangers, list(changed.values()), self.lists, self.now)

    def _count(self, one: Known, found: Person) -> None:
        self._verdicts[admit(one, found, self.lists)] += 1
        if one.is_new and one.is_changed:
            one.is_new, one.created = False, found.created

    def report(self) -> ImportReport:
        """Return what became of the rows."""
        out = self._verdicts.copy()
        new, changed, unchanged = (out.pop(one, 0) for one in (NEW, CHANGED, UNCHANGED))
        return ImportReport(
            new=new,
            changed=changed,
            unchanged=unchanged,
            kept_out=dict(out.most_common()),
            invalid=dict(self._invalid.most_common()),
            examples=tuple(self._examples),
        )
