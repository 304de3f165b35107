"""What posts cost where a network takes money for each, and where that must end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from publisher import merge, providers
from publisher.models import Campaign, Channel, Plan, PostDraft, Prices

if TYPE_CHECKING:
    from publisher.project.folder import Folder

CENT = 0.01


def takes_money(channel: Channel) -> bool:
    """Say whether a channel's network takes money for a post."""
    cls = providers.known().get(channel.network)
    return cls is not None and isinstance(cls, Prices)


def price(channel: Channel, draft: PostDraft, *, now: datetime) -> float:
    """Return what a post costs on its network, in US dollars; a rehearsal's would."""
    cls = providers.known().get(channel.network)
    if cls is None or not isinstance(cls, Prices):
        return 0.0
    files: defaultdict[str, bytes] = defaultdict(bytes)  # it is about how many
    return cls.price(merge.post(draft, key="", created=now, files=files))


def costs(folder: Folder, plan: Plan) -> dict[str, float]:
    """Return what the posts of a plan cost, by channel; what is free is not in it."""
    found: dict[str, float] = {}
    priced = [name for name in plan.counts() if takes_money(folder.channel(name))]
    for one in plan.deliveries:
        draft = plan.drafts.get(one.draft)
        if one.channel in priced and isinstance(draft, PostDraft):
            cost = price(folder.channel(one.channel), draft, now=folder.clock())
            found[one.channel] = found.get(one.channel, 0.0) + cost
    return {name: round(amount, 3) for name, amount in found.items()}


@dataclass
class Budget:
    """What a campaign may still spend in this month, by the site's clock."""

    folder: Folder
    campaign: Campaign

    def __post_init__(self) -> None:
        self._spent: float | None = None

    def refusal(self, channel: Channel, draft: PostDraft) -> str:
        """Say why a post cannot be paid any more; else count it, and return ""."""
        most = self.campaign.budget
        if most is None or channel.is_outbox:
            return ""
        cost = price(channel, draft, now=self.folder.clock())
        if not cost:
            return ""
        if self._spent is None:
            self._spent = self._before()
        if self._spent + cost > most + CENT / 2:
            return (
                f"it costs {in_dollars(cost)}, and of this month's budget of "
                f"{in_dollars(most)} {in_dollars(most - self._spent)} are left"
            )
        self._spent += cost
        return ""

    def _before(self) -> float:
        now = self.folder.clock().astimezone(self.folder.zone)
        month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        posts = self.folder.books.posts.since(self.campaign.name, month)
        return sum(self._costs(posts, now))

    def _costs(
        self, posts: Iterable[tuple[str, PostDraft]], now: datetime
    ) -> Iterable[float]:
        for name, draft in posts:
            channel = self.folder.channel(name)
            if not channel.is_outbox:
                yield price(channel, draft, now=now)


def in_dollars(amount: float) -> str:
    """Return an amount for a person.

    >>> in_dollars(0.6), in_dollars(0.015)
    ('$0.60', '$0.015')
    """
    text = f"{amount:.3f}"
    return f"${text[:-1] if text.endswith('0') else text}"
