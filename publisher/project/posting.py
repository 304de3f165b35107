"""The posts of an issue: which articles go where, in which words, and when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from publisher import plan as planning
from publisher.links import marked
from publisher.models import (
    Article,
    Campaign,
    Channel,
    Hours,
    Issue,
    PostDraft,
    PostPart,
    unique,
)
from publisher.project.costing import Budget

if TYPE_CHECKING:
    from publisher.project.folder import Folder
    from publisher.store import Posted


@dataclass
class Posting:
    """The making of an issue's posts; `left_out` collects the reasons on the way."""

    folder: Folder
    campaign: Campaign
    issue: Issue
    left_out: list[str] = field(default_factory=list)
    _turns: dict[str, datetime] = field(default_factory=dict)  # of each account
    _channels: dict[str, Channel] = field(default_factory=dict)
    _posted: dict[str, list[Posted]] = field(default_factory=dict)

    def drafts(
        self, articles: Sequence[Article]
    ) -> Iterator[tuple[Channel, PostDraft, datetime | None]]:
        """Give each post with its channel, and before when it does not go."""
        rules = self.folder.settings.rules
        fired = {one.slug: planning.fired_by(one, rules) for one in articles}
        done: set[tuple[str, str]] = set()
        budget = Budget(self.folder, self.campaign)
        for part in self.campaign.posts:
            places = {
                one.slug: planning.posted_to(part, fired[one.slug])
                for one in articles[: part.at_most]
            }
            for name in unique(one for names in places.values() for one in names):
                for article in articles[: part.at_most]:
                    if name not in places[article.slug] or (name, article.slug) in done:
                        continue
                    words = planning.wording(article, name, part, fired[article.slug])
                    if not words.goes:
                        self.left_out.append(f"post left out: {'; '.join(words.why)}")
                        continue
                    done.add((name, article.slug))
                    channel = self._channel(name)
                    draft = self.draft(article, part, channel, words)
                    if why := self._why_stale(draft, channel):
                        self.left_out.append(f"post on {name} left out: {why}")
                        continue
                    if why := budget.refusal(channel, draft):
                        self.left_out.append(f"post on {name} left out: {why}")
                        continue
                    yield channel, draft, self._turn(channel, words)

    def _channel(self, name: str) -> Channel:
        if name not in self._channels:
            self._channels[name] = self.folder.channel(name)
        return self._channels[name]

    def draft(
        self,
        article: Article,
        part: PostPart,
        channel: Channel,
        words: planning.Wording,
    ) -> PostDraft:
        """Return the post about an article on a channel, with its pictures."""
        draft = self.folder.templates.post(
            words.template or part.template,
            article=article,
            network=channel.network,
            limits=channel.limits,
            hashtags=words.hashtags,
            content_warning=words.content_warning,
            visibility=words.visibility,
            link=self._link(article, channel, words),
            turn=len(self._before(article.slug, channel)),
        )
        return self._pictured(draft, article, part, channel)

    def _before(self, slug: str, channel: Channel) -> list[Posted]:
        """Return what the account has posted about an evergreen article."""
        if not self.campaign.articles.evergreen:
            return []
        if slug not in self._posted:
            self._posted[slug] = self.folder.books.posts.about(slug)
        return [one for one in self._posted[slug] if one.channel == channel.name]

    def _why_stale(self, draft: PostDraft, channel: Channel) -> str:
        """Say when an account said the same before: again it must say it otherwise."""
        for one in self._before(draft.article, channel):
            if (one.draft.text, one.draft.thread) == (draft.text, draft.thread):
                on = one.at.astimezone(self.folder.zone)
                return f"it says what it said on {on:%Y-%m-%d}, word for word"
        return ""

    def _link(self, article: Article, channel: Channel, words: planning.Wording) -> str:
        values = {
            "article": article.slug,
            "campaign": self.campaign.name,
            "channel": channel.name,
            "network": channel.network,
        }
        return marked(article.url, words.utm, values)

    def _pictured(
        self, draft: PostDraft, article: Article, part: PostPart, channel: Channel
    ) -> PostDraft:
        """Add the article's pictures; where the card has one, it is the first.

        Or the one that is drawn for it.
        """
        pictures, limits = self.folder.pictures, channel.limits
        before = len(pictures.problems)
        found = pictures.of(article, limits, part.pictures)
        if draft.card and limits.has_thumbnail:
            first = found[0] if found else pictures.thumbnail(article, limits)
            draft = replace(draft, thumbnail=first)
        elif found:
            draft = replace(draft, pictures=found)
        self.left_out += pictures.problems[before:]
        return draft

    def _turn(self, channel: Channel, words: planning.Wording) -> datetime | None:
        """Return when an account may have it: in its hours, and not too close."""
        if not words.spacing and not words.closed:
            return None
        start = self.issue.scheduled_at or self.issue.planned_at
        last = self._turns.get(channel.name)
        if last is None:
            last = self.folder.books.posts.last(channel.name)
        turn = start if last is None else max(start, last + words.spacing)
        if words.closed:
            site = self.folder.settings.site
            turn = Hours(site.timezone, quiet=words.closed).opens("", turn)
        self._turns[channel.name] = turn
        return turn if turn > start else None


def explained(
    folder: Folder, article: Article
) -> Iterator[tuple[Campaign, str, planning.Wording]]:
    """Say which campaigns post an article where, and by which rules."""
    fired = planning.fired_by(article, folder.settings.rules)
    for campaign in folder.campaigns:
        selection = campaign.articles
        why = planning.reason_against(article, selection, now=folder.clock())
        for part in campaign.posts:
            for channel in planning.posted_to(part, fired):
                if why:
                    words = planning.Wording(goes=False, why=(f"the article {why}",))
                else:
                    words = planning.wording(article, channel, part, fired)
                yield campaign, channel, words
