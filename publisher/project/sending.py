"""From a begun issue to receipts: under the lease, channel by channel."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from publisher import merge, providers, tokens
from publisher.errors import ConfigError, PublisherError
from publisher.models import (
    CHOICES,
    WAY_OUT,
    YES,
    Channel,
    Delivery,
    Draft,
    Email,
    Issue,
    Mailing,
    Message,
    Plan,
    Post,
    PostDraft,
    Report,
    State,
    Subscriber,
)
from publisher.project import guarding, holding, tracking
from publisher.project.failing_over import FailingOver
from publisher.project.logging_in import fresh
from publisher.sender import Breaker, deliver

if TYPE_CHECKING:
    from publisher.project.folder import Folder
    from publisher.store import Account

Stop = Callable[[], bool]
Progress = Callable[[int], None]
OFTEN = 0.3  # seconds between two looks at what somebody wishes


def never() -> bool:
    """Nobody asks to stop."""
    return False


def silent(_count: int) -> None:
    """Nobody wants to know how far it is."""


def _nobody(_delivery: Delivery) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Links:
    """What only their reader can follow, of one issue: the same each time."""

    folder: Folder
    issue: Issue
    secret: str

    def way_out(self, address: str) -> str:
        """Return the link out of the issue's list."""
        return tokens.unsubscribe_url(
            self.folder.settings.site,
            secret=self.secret,
            address=address,
            list_name=self.issue.list,
        )

    def choices(self, address: str) -> str:
        """Return the link to what they get; empty where nothing serves it."""
        return self._public("choices", tokens.CHOOSING, address)

    def yes(self, address: str) -> str:
        """Return the link by which they confirm the issue's list."""
        made = f"{int(self.issue.planned_at.timestamp())}"
        values = (address, self.issue.list, made)
        return self._public("confirm", tokens.CONFIRMING, *values)

    def _public(self, page: str, purpose: str, *values: str) -> str:
        base = self.folder.settings.site.public_url
        if not base:
            return ""
        return f"{base}/{page}/{tokens.sign(purpose, *values, secret=self.secret)}"


class Addressing:
    """Turns deliveries of one issue into messages, from what the books hold."""

    def __init__(
        self, folder: Folder, issue: Issue, drafts: Mapping[str, Draft]
    ) -> None:
        self.folder = folder
        self.issue = issue
        self.drafts = drafts
        self.secret = folder.secret
        self._mailings: dict[str, Mailing] = {}

    def message(self, delivery: Delivery) -> Message:
        """Fill the slots of the delivery's draft for its recipient."""
        draft = self.drafts[delivery.draft]
        if isinstance(draft, PostDraft):
            return self.post(draft, delivery)
        reader = delivery.reader or self._reader(delivery.recipient)
        return self.email(delivery, reader)

    def messages(self, deliveries: Sequence[Delivery]) -> list[Message]:
        """Return what `message` would for each; faster where all have one draft."""
        names = {one.draft for one in deliveries}
        if len(names) != 1 or isinstance(self.drafts[name := names.pop()], PostDraft):
            return [self.message(one) for one in deliveries]
        readers = [one.reader or self._reader(one.recipient) for one in deliveries]
        return [
            *merge.emails(
                self._mailing(name),
                keys=[one.key for one in deliveries],
                readers=readers,
                links=self._links_of_all(name, readers),
            )
        ]

    def _reader(self, address: str) -> Subscriber:
        known = self.folder.books.subscribers.find(address)
        return known or Subscriber(address=address)

    def post(self, draft: PostDraft, delivery: Delivery) -> Post:
        """Return the post; its time is the plan's, so a repeat is the same post."""
        return merge.post(
            draft,
            key=delivery.key,
            created=self.issue.planned_at,
            files=self.folder.attachments.of_post(draft),
        )

    def email(self, delivery: Delivery, reader: Subscriber) -> Email:
        """Return the email for a reader who may not be in the books."""
        return merge.email(
            self._mailing(delivery.draft),
            key=delivery.key,
            reader=reader,
            links={
                link: made[0]
                for link, made in self._links_of_all(delivery.draft, [reader]).items()
            },
        )

    def _links_of_all(
        self, draft: str, readers: Sequence[Subscriber]
    ) -> dict[str, list[str]]:
        """Return the links of readers: their way out, and what else the draft shows."""
        links = Links(self.folder, self.issue, self.secret)
        asked = {slot.name for slot in self._mailing(draft).slots}
        ways = {
            WAY_OUT: links.way_out,
            CHOICES: links.choices,
            YES: links.yes,
        }
        made = {
            link: [way(one.address) for one in readers]
            for link, way in ways.items()
            if link == WAY_OUT or link in asked
        }
        own = self.drafts[draft]
        return made | tracking.marks(self.folder, self.issue, draft, own, readers)

    def _mailing(self, name: str) -> Mailing:
        """Return what the emails of a draft share: one object for all of them."""
        if name not in self._mailings:
            draft = self.drafts[name]
            assert not isinstance(draft, PostDraft)  # noqa: S101
            self._mailings[name] = merge.mailing(
                tracking.tracked(self.folder, self.issue, name, draft),
                site=self.folder.settings.site,
                issue=self.issue,
                list_name=self.issue.list,
                attachments=self.folder.attachments.of(draft),
                salt=self.folder.salt,
            )
        return self._mailings[name]


def send_issue(
    folder: Folder,
    plan: Plan,
    *,
    stop: Stop = never,
    progress: Progress = silent,
    stays: bool = True,
) -> Report:
    """Write the plan into the ledger, and hand over whatever is not handed over yet.

    An issue that is in the ledger already is continued as it stands there, whoever
    planned it: the plan at hand adds nothing to it. While it is held this waits, if it
    `stays`.
    """
    ledger = folder.books.ledger
    # A secret that cannot be used stops here, not at every single reader.
    _ = folder.secret
    with ledger.lease(plan.issue.id):
        if ledger.issue(plan.issue.id) is None:
            begin(folder, plan)
        issue = ledger.issue(plan.issue.id) or plan.issue
        if plan.issue.is_urgent and not issue.is_urgent:
            ledger.hurry(issue.id)
            issue = replace(issue, is_urgent=True)
        wish = Wish(folder, issue.id)
        held = holding.wait(folder, issue, stop=stop, wish=wish, stays=stays)
        stopped = [(name, held) for name in ledger.counts(issue.id) if held]
        if not held:
            addressing = Addressing(folder, issue, ledger.drafts(issue.id))
            stopped = hand_over(addressing, stop=stop, progress=progress)
            watch = guarding.Watch(folder, issue, stop=stop, wish=wish, stays=stays)
            while watch.is_on and not stopped:
                stopped = watch.wait() or hand_over(
                    addressing, stop=stop, progress=progress
                )
        counts = ledger.counts(issue.id)
    folders = folders_of(folder, counts, issue)
    return Report(
        issue=issue.id,
        counts=counts,
        folders=folders,
        stopped=tuple(stopped),
        made=(*files_in(folders), *_posted(folder, counts, issue)),
        reasons=tuple(reasons(folder, issue)),
        again_at=again_at(folder, issue, [name for name, _ in stopped]),
        held_until=issue.starts_at if held else None,
        undecided=folder.books.wishes.undecided(issue.id),
        moves=tuple(folder.books.routes.moves(issue.id)),
    )


def begin(folder: Folder, plan: Plan) -> None:
    """Write a plan into the ledger: from here on nothing of it can be lost."""
    begun = replace(plan.issue, starts_at=holding.start_of(folder, plan))
    folder.attachments.keep(plan.drafts.values())
    folder.books.routes.plan(begun.id, plan.routes)
    guarding.plan(folder, plan)
    folder.books.ledger.begin(begun, plan.drafts, plan.deliveries, plan.audiences)


def again_at(folder: Folder, issue: Issue, stopped: Sequence[str]) -> datetime | None:
    """Return when the first of the channels that stopped can go on by itself."""
    now, times = folder.clock(), [issue.starts_at, guarding.ends_at(folder, issue)]
    for name in stopped:
        with suppress(ConfigError):
            channel = folder.channel(name)
            times.append(folder.books.ledger.soonest(issue.id, name))
            if account := _account(folder, channel):
                times.append(account.ready_at(now, folder.pace(channel)))
    return min((one for one in times if one and one > now), default=None)


def hand_over(
    addressing: Addressing, *, stop: Stop, progress: Progress
) -> list[tuple[str, str]]:
    """Hand over what the issue has planned; return which channels stopped, and why.

    The caller holds its lease.
    """
    folder, issue = addressing.folder, addressing.issue.id
    tracking.note(folder, addressing.issue, addressing.drafts)
    wish = Wish(folder, issue)

    def send(name: str, breaker: Breaker | None) -> str:
        return _send_through(
            name,
            addressing,
            stop=stop,
            wish=wish,
            progress=progress,
            breaker=breaker,
        )

    def is_over() -> bool:
        return stop() or bool(wish())

    with folder.books.patient(stop):  # answers in hand are worth a wait
        stopped = FailingOver(folder, issue, send, is_over).run()
    wishes = folder.books.wishes
    if wishes.of(issue) == "cancelled":  # what was in hand then is given back by now
        wishes.cancel(issue, now=folder.clock())
    return stopped


class Wish:
    """What somebody wishes of an issue, looked up now and then."""

    def __init__(self, folder: Folder, issue: str) -> None:
        self._wishes = folder.books.wishes
        self._issue = issue
        self._looked = -OFTEN
        self._words = ""

    def __call__(self) -> str:
        """Say why nothing more may leave, or ""."""
        if time.monotonic() - self._looked >= OFTEN:
            self._looked = time.monotonic()
            self._words = self._said(self._wishes.of(self._issue))
        return self._words

    def _said(self, wish: str) -> str:
        if wish == "paused":
            return f"paused; to go on: publisher resume {self._issue}"
        return wish


def _send_through(
    name: str,
    addressing: Addressing,
    *,
    stop: Stop,
    wish: Callable[[], str],
    progress: Progress,
    breaker: Breaker | None,
) -> str:
    folder = addressing.folder
    try:
        channel = fresh(folder, name)
    except PublisherError as error:
        return str(error)
    return deliver(
        addressing.issue.id,
        channel=channel,
        ledger=folder.books.ledger,
        message_of=addressing.message,
        messages_of=addressing.messages,
        skip_reason=_nobody,  # who left or is suppressed, the claim itself skips
        gone=lambda now: folder.books.wishes.gone(addressing.issue.id, name, now=now),
        now=folder.clock,
        sleep=time.sleep,
        stop=stop,
        wish=wish,
        progress=progress,
        pace=folder.pace(channel),
        account=_account(folder, channel),
        breaker=breaker,
        guards=guarding.guards_of(folder, addressing.issue, channel),
    )


def _account(folder: Folder, channel: Channel) -> Account | None:
    """Return what everybody who sends through the same account knows of it."""
    if channel.is_outbox:
        return None
    digest = providers.account_of(channel.provider, channel.network, salt=folder.secret)
    return folder.books.paces.account(digest, channel=channel.name, zone=folder.zone)


def folders_of(
    folder: Folder, counts: dict[str, dict[str, int]], issue: Issue
) -> tuple[str, ...]:
    """Return where the outbox wrote what is in an issue."""
    base = folder.settings.outbox / issue.id.replace("/", "-")
    is_used = any(_is_outbox(name) for name in counts) and base.is_dir()
    return (str(base),) if is_used else ()


def _is_outbox(channel: str) -> bool:
    """Whether a channel in the ledger is the outbox, for itself or for another."""
    return channel.partition(":")[0] == "outbox"


def files_in(folders: Sequence[str]) -> Iterator[str]:
    """Give what the outbox wrote; a name with a dot is not finished."""
    for folder in folders:
        files = (path for path in Path(folder).rglob("[!.]*") if path.is_file())
        yield from sorted(str(path) for path in files)


def _posted(
    folder: Folder, counts: dict[str, dict[str, int]], issue: Issue
) -> Iterator[str]:
    """Give the web addresses of the issue's posts; emails have none."""
    drafts = folder.books.ledger.drafts(issue.id)
    if not any(draft.kind == "post" for draft in drafts.values()):
        return
    for channel in counts:
        if _is_outbox(channel):
            continue
        for one in folder.books.ledger.deliveries(issue.id, channel, State.ACCEPTED):
            if one.url and drafts[one.draft].kind == "post":
                yield one.url


def reasons(folder: Folder, issue: Issue) -> Iterator[tuple[str, str, int]]:
    """Say why deliveries were not accepted, each reason once."""
    for channel, state, reason, count in folder.books.ledger.reasons(issue.id):
        yield channel, f"{state}: {reason or 'no reason is known'}", count
