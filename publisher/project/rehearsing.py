"""A dress rehearsal: the whole campaign, to made-up readers and fake providers.

The owner's articles, templates and schedules are used as they are. The books, the
readers and the secrets are made for it and gone afterwards; what the providers would
get goes to fakes of them on this machine, by the very road that real messages take.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import TYPE_CHECKING

from publisher import providers
from publisher.errors import ConfigError
from publisher.models import (
    Article,
    Campaign,
    Channel,
    Pace,
    Report,
    State,
    Subscriber,
    unique,
)
from publisher.project import Project
from publisher.project.sending import Progress, Stop, never, silent
from publisher.rehearsal import (
    LOOPBACK,
    SMTP,
    Audit,
    Fake,
    Faults,
    Witness,
    audit,
    open_fake,
)
from publisher.text import suggest

if TYPE_CHECKING:
    from publisher.config import Settings
    from publisher.render import Templates

OUTBOX = "outbox"
NO_PROXY = ("no_proxy", "NO_PROXY")
MADE_UP = "made-up-for-a-rehearsal"
# What names are made of in many places; the last has none.
NAMES = (
    *("First Reader", "القارئة الثانية", 'The "third" reader', "Vierte Größe"),
    *("五号 读者", "Reader 🎈 Six", "O'Seventh, Reader", ""),
)
DOMAINS = 100  # readers are not all at one
MOST_COPIED = 10_000  # readers whose fields are copied


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """How it went. `made_up` readers were on the list; `seconds` is the sending alone.

    `refused` readers are those whom the fakes would never take, and `early` calls came
    before the time that they had asked for; `broken` is what `verify` finds. `faults`
    are those that happened, by how often; `left_out` is the plan's.
    """

    report: Report
    made_up: int
    seconds: float
    calls: int
    early: int
    refused: int
    audit: Audit
    faults: Mapping[str, int] = field(default_factory=dict)
    broken: Sequence[str] = ()
    left_out: Sequence[tuple[str, int]] = ()

    @property
    def messages(self) -> int:
        """How many deliveries came to an end, whichever."""
        waiting = self.report.total(State.PLANNED, State.CLAIMED)
        return self.report.total(*State) - waiting

    @property
    def rate(self) -> float:
        """Messages in a second."""
        return self.messages / self.seconds if self.seconds else 0.0

    @property
    def is_good(self) -> bool:
        """Whether all came to an end, and both sides tell the same."""
        waits = self.report.total(State.PLANNED, State.CLAIMED)
        return self.audit.is_clean and not self.broken and not waits


class _Stage(Project):
    """The owner's folder, with books, secrets and channels made for the rehearsal."""

    def __init__(
        self, project: Project, folder: Path, environ: Mapping[str, str]
    ) -> None:
        super().__init__(project.root, environ=environ, clock=project.clock)
        self._given = project
        self._folder = folder

    @cached_property
    def settings(self) -> Settings:
        """The owner's settings, of which none leads out of the folder made for it."""
        return replace(
            self._given.settings,
            store_url=f"sqlite:///{self._folder / 'books.sqlite3'}",
            outbox=self._folder / "outbox",
            channels={},
            quiet=None,
            often=None,
            environ={**self.environ, "PUBLISHER_SECRET": MADE_UP},
        )

    @property
    def articles(self) -> list[Article]:
        """The owner's articles, read once."""
        return self._given.articles

    @property
    def campaigns(self) -> list[Campaign]:
        """The owner's campaigns; it is everybody's turn at once."""
        return [_at_once(one) for one in self._given.campaigns]

    @cached_property
    def templates(self) -> Templates:
        """The owner's templates, compiled once."""
        return self._given.templates

    def channel(self, name: str) -> Channel:
        """Open a channel, or the one that is rehearsed instead of the outbox."""
        return super().channel(rehearsed_as(name))

    def pace(self, channel: Channel) -> Pace:  # noqa: ARG002  of none of them
        """Return the owner's pace, which a rehearsal does not keep: it has no end."""
        return Pace()


def rehearsed_as(channel: str) -> str:
    """Return which channel is rehearsed: the outbox would fill the disk.

    >>> rehearsed_as("outbox:mastodon"), rehearsed_as("outbox"), rehearsed_as("brevo")
    ('mastodon', 'smtp', 'brevo')
    """
    provider, _, stands_for = channel.partition(":")
    return (stands_for or SMTP) if provider == OUTBOX else channel


def rehearse(
    project: Project,
    name: str,
    *,
    readers: int | None = None,
    through: str = "",
    faults: Faults | None = None,
    witness: Witness | None = None,
    stop: Stop = never,
    progress: Progress = silent,
) -> Rehearsal:
    """Send a campaign to fakes of its providers, as if it had never been sent.

    Without `readers` there are as many as the list has. `witness` sees every call.
    Raises what `plan` and `send` raise, and `ConfigError` where there is nothing to
    send or no fake of a provider.
    """
    with ExitStack() as stack:
        stack.enter_context(_straight)
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="rehearsal-")))
        fakes = {
            channel: stack.enter_context(
                open_fake(channel.partition(":")[0], faults, witness=witness)
            )
            for channel in _channels(project, name, through)
        }
        stage = stack.enter_context(_Stage(project, folder, _environ(fakes)))
        made_up = _invite(project, stage, name, through, readers)
        plan = stage.plan(name, through=through)
        if not plan.size:
            raise _nothing(name, plan.issue.articles)
        began = time.perf_counter()
        report = stage.send(plan, stop=stop, progress=progress)
        seconds = time.perf_counter() - began
        ended = _told(stage, report, fakes, made_up=made_up, seconds=seconds)
        return replace(ended, left_out=plan.left_out)


def _told(
    stage: Project,
    report: Report,
    fakes: Mapping[str, Fake],
    *,
    made_up: int,
    seconds: float,
) -> Rehearsal:
    ledger, found = stage.books.ledger, Audit()
    faults: dict[str, int] = {}
    for channel, fake in fakes.items():
        deliveries = ledger.each_delivery(report.issue, channel)
        found += audit(deliveries, fake.record, salt=stage.salt)
        for fault, count in fake.record.faults.items():
            faults[fault] = faults.get(fault, 0) + count
    return Rehearsal(
        report=report,
        made_up=made_up,
        seconds=seconds,
        calls=sum(fake.record.calls for fake in fakes.values()),
        early=sum(fake.record.early for fake in fakes.values()),
        refused=sum(len(fake.record.refused) for fake in fakes.values()),
        audit=found,
        faults=faults,
        broken=ledger.verify(report.issue),
    )


def _nothing(name: str, articles: Sequence[str]) -> ConfigError:
    if articles:
        hint = "Try: --readers 1000"
        return ConfigError(f"nobody would get {name}: its list is empty", hint=hint)
    hint = "Try: publisher articles"
    return ConfigError(
        f"there is nothing to rehearse: no article fits {name}", hint=hint
    )


def _channels(project: Project, name: str, through: str) -> tuple[str, ...]:
    campaign = project.campaign(name)
    if campaign is None:
        known = [one.name for one in project.campaigns]
        close = suggest(name, known)
        hint = f"Did you mean {close}?" if close else "Try: publisher schedules"
        raise ConfigError(f"there is no campaign {name!r}", hint=hint)
    named = [through] if through else campaign.through
    return unique(rehearsed_as(one) for one in named)


# --- what is made up ------------------------------------------------------------------


def _environ(fakes: Mapping[str, Fake]) -> dict[str, str]:
    """Return settings that lead to the fakes; nothing of the owner's is among them."""
    environ = {}
    known = providers.known()
    for channel, fake in fakes.items():
        name, _, account = channel.partition(":")
        for one in providers.settings_of(known[name], name, account):
            made_up = MADE_UP if one.required else ""
            environ[one.key] = fake.settings.get(one.name, made_up)
    return environ


def _invite(
    project: Project, stage: Project, name: str, through: str, readers: int | None
) -> int:
    """Put made-up readers on the campaign's list, and return how many."""
    email = stage.intention(name, through=through).campaign.email
    if email is None or not email.list:
        return 0
    people, now = project.books.subscribers, project.clock()
    own = people.size(email.list, now=now)
    count = own.count if readers is None else readers
    first = people.first(email.list)
    copied: Sequence[Subscriber] = [first] if first else []
    if own.count <= MOST_COPIED:
        copied = people.audience(email.list)
    rows = _rows(count, copied or [Subscriber(address="")])
    stage.books.subscribers.import_rows(rows, lists=[email.list], now=stage.clock())
    return count


def _rows(count: int, copied: Sequence[Subscriber]) -> Iterator[Mapping[str, str]]:
    """Yield readers with the fields of real ones, and no name or address of theirs."""
    for number in range(count):
        like = copied[number % len(copied)]
        yield {
            **like.attributes,
            "email": f"reader{number}@d{number % DOMAINS}.example.org",
            "name": NAMES[number % len(NAMES)],
            "language": like.language,
        }


class _Straight:
    """Lets no proxy of this machine stand between us and loopback.

    The environment is one for all threads, so the first sets it and the last resets it.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside = 0
        self._before: dict[str, str | None] = {}

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._before = {name: os.environ.get(name) for name in NO_PROXY}
                os.environ |= dict.fromkeys(NO_PROXY, LOOPBACK)
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside:
                return
            for name, value in self._before.items():
                del os.environ[name]
                if value is not None:
                    os.environ[name] = value


_straight = _Straight()


def _at_once(campaign: Campaign) -> Campaign:
    """Return a campaign without what lets readers wait."""
    email = campaign.email
    if email:
        email = replace(email, canary=None, by_their_clock=False)
    return replace(campaign, delay=None, email=email)
