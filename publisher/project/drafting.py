"""From an intention to a plan: chooses, renders, finds the readers, freezes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias
from zoneinfo import ZoneInfo

from publisher import plan as planning
from publisher.errors import ConfigError
from publisher.models import (
    Article,
    Audience,
    Campaign,
    Channel,
    EmailDraft,
    EmailPart,
    Issue,
    Plan,
    PostDraft,
    Subscriber,
    unique,
)
from publisher.project import guarding, parting, tracking
from publisher.project.folder import Folder
from publisher.project.portioning import Portions, portions_of
from publisher.project.posting import Posting

if TYPE_CHECKING:
    from publisher.render import Letter
    from publisher.store.audiences import Size

ToReader: TypeAlias = tuple[Channel, Subscriber, EmailDraft]
ToAudience: TypeAlias = tuple[Audience, EmailDraft]
ToShare: TypeAlias = "tuple[parting.Share, Letter]"
PAUSED = "reader has paused"


@dataclass
class Drafting:
    """The making of one plan; `left_out` collects the reasons on the way."""

    folder: Folder
    campaign: Campaign
    readers: Sequence[Subscriber] | None = None  # instead of the campaign's own
    left_out: list[str] = field(default_factory=list)

    def channels(self) -> list[Channel]:
        """Every channel that the campaign names, in its order, or a rule for it."""
        by_rules = [
            name
            for rule in self.folder.settings.rules
            for name in rule.post_to
            if any(part.by_rules for part in self.campaign.posts)
        ]
        names = unique([*self.campaign.through, *by_rules])
        return [self.folder.channel(name) for name in names]

    def is_rehearsal(self) -> bool:
        """Whether all of it would stay on this machine."""
        return all(channel.is_outbox for channel in self.channels())

    def plan(
        self,
        articles: Sequence[Article],
        *,
        sent: set[str],
        number: int,
        now: datetime,
        scheduled_at: datetime | None = None,
    ) -> Plan:
        """Choose from the articles and freeze who gets what."""
        chosen = self.chosen(articles, sent=sent, now=now)
        self.left_out += [f"article {reason}" for _, reason in chosen.left_out]
        email = self.campaign.email
        issue = Issue(
            id=f"{self.campaign.name}/{number}",
            campaign=self.campaign.name,
            number=number,
            articles=tuple(article.slug for article in chosen.articles),
            planned_at=now,
            scheduled_at=scheduled_at,
            is_rehearsal=self.is_rehearsal(),
            list=email.list if email else "",
            local_at=self._local_at(scheduled_at or now),
            is_urgent=bool(email and (email.is_urgent or email.to)),
        )
        emails, audiences = self._emails(issue, chosen.articles)
        made = planning.make(
            issue,
            articles=chosen.articles,
            site=self.folder.settings.site,
            emails=emails,
            audiences=audiences,
            posts=self._posts(issue, chosen.articles),
            left_out=self.left_out,
            routes=self._routes(),
        )
        return replace(
            made,
            issue=replace(issue, hash=made.hash),
            hold=self.campaign.hold,
            canary=guarding.canary_of(made, email.canary if email else None),
        )

    def _local_at(self, at: datetime) -> datetime | None:
        """Return what readers' own clocks have to show, with the campaign's zone."""
        email = self.campaign.email
        if email is None or not email.by_their_clock or email.to:
            return None
        return at.astimezone(ZoneInfo(self.campaign.timezone))

    @property
    def needs_articles(self) -> bool:
        """Whether it sends articles; else its template holds all the words."""
        return self.campaign.articles.at_most != 0

    def chosen(
        self, articles: Sequence[Article], *, sent: set[str], now: datetime
    ) -> planning.Chosen:
        """Choose from the articles as the campaign says."""
        if not self.needs_articles:
            return planning.Chosen((), ())
        selection, posted = self.campaign.articles, {}
        if selection.evergreen:
            posted = self.folder.books.posts.last_of_each(
                is_rehearsal=self.is_rehearsal()
            )
        return planning.choose(articles, selection, sent=sent, now=now, posted=posted)

    def _emails(
        self, issue: Issue, articles: Sequence[Article]
    ) -> tuple[Sequence[ToReader], Sequence[ToAudience]]:
        """Return who gets which draft: one by one, or a whole list at once."""
        part = self.campaign.email
        if part is None or (self.needs_articles and not articles):
            return (), ()
        if self.readers is not None:
            return self._to_look_at(part, issue, articles, self.readers), ()
        portions = self._portions(part, issue, articles)
        if (part.segment and not part.to) or not portions.are_equal:
            return self._by_portions(part, issue, portions), ()
        letters = [
            (one, self.letter(one.part, issue, articles))
            for one in parting.shares_of(part)
        ]
        audiences = None if part.to else self._audiences(part, issue, letters)
        if audiences is not None:
            return (), audiences
        if part.test:
            raise ConfigError(
                f"{self.campaign.name}: a test needs letters that are alike for all "
                f"readers, and {part.template} is not",
                hint="Try: without {% if %} on subscriber, or without test",
            )
        letter, channel_of = letters[0][1], self._channel_of(part, issue)
        readers = self._readers(part)
        return [(channel_of(one), one, letter.draft(one)) for one in readers], ()

    def _by_portions(
        self, part: EmailPart, issue: Issue, portions: Portions
    ) -> Sequence[ToReader]:
        """Return who gets what where not all get the same; who gets none is named."""
        if part.test:
            raise ConfigError(
                f"{self.campaign.name}: a test needs the same articles for all readers",
                hint="Try: articles: {memory: false, topics: false}, or without test",
            )
        channel_of = self._channel_of(part, issue)
        letters: dict[tuple[Article, ...], Letter] = {}
        found: list[ToReader] = []
        for reader in self._readers(part):
            own = portions.of(reader)
            if not own:
                self.left_out.append(portions.why_none(reader))
                continue
            if own not in letters:
                letters[own] = self.letter(part, issue, own)
            found.append((channel_of(reader), reader, letters[own].draft(reader)))
        return found

    def _portions(
        self, part: EmailPart, issue: Issue, articles: Sequence[Article]
    ) -> Portions:
        """Return who gets which articles; a test gets all, whatever they had."""
        if part.to:
            return Portions(articles, language=self.folder.settings.site.language)
        return portions_of(
            self.folder, self.campaign, articles, is_rehearsal=issue.is_rehearsal
        )

    def _to_look_at(
        self,
        part: EmailPart,
        issue: Issue,
        articles: Sequence[Article],
        readers: Sequence[Subscriber],
    ) -> Sequence[ToReader]:
        """Return each variant of a test, as each of the readers would see it."""
        portions = Portions(articles, language=self.folder.settings.site.language)
        found: list[ToReader] = []
        for one in parting.variants_of(part):
            channel = self.folder.channel(one.through)
            for reader in readers:
                letter = self.letter(one, issue, portions.spoken(reader))
                found.append((channel, reader, letter.draft(reader)))
        return found

    def _audiences(
        self, part: EmailPart, issue: Issue, letters: Sequence[ToShare]
    ) -> Sequence[ToAudience] | None:
        """Return the readers of the list by shares; None where their drafts differ."""
        people = self.folder.books.subscribers
        first = people.first(part.list)
        drafts = [
            letter.common(first or Subscriber(address="")) for _, letter in letters
        ]
        if first is not None and None in drafts:
            return None
        sizes = [
            people.size(
                part.list, now=issue.planned_at, number=issue.number, shares=one.shares
            )
            for one, _ in letters
        ]
        gone = sum(one.suppressed for one in sizes)
        away = sum(one.paused for one in sizes)
        self.left_out += [PAUSED] * away
        self._note(part, gone, gone + away + sum(one.count for one in sizes))
        return [
            (self._audience(one, part, draft, size), draft)
            for (one, _), draft, size in zip(letters, drafts, sizes, strict=True)
            if draft is not None and size.count
        ]

    def _audience(
        self, one: parting.Share, part: EmailPart, draft: EmailDraft, size: Size
    ) -> Audience:
        return Audience(
            channel=self.folder.channel(one.part.through).name,
            draft=draft.id,
            list=part.list,
            last=size.last,
            count=size.count,
            checksum=size.checksum,
            shares=one.shares,
            is_held=one.is_held,
        )

    def _channel_of(
        self, part: EmailPart, issue: Issue
    ) -> Callable[[Subscriber], Channel]:
        """Return who carries the email of each reader."""
        shared = [
            (shares[1], self.folder.channel(name))
            for name, shares in planning.shared(part)
        ]

        def channel_of(reader: Subscriber) -> Channel:
            place = planning.place(reader, number=issue.number)
            return next(channel for end, channel in shared if place < end)

        return channel_of

    def _routes(self) -> tuple[str, ...]:
        """Return the channels that may take each other's emails, if any."""
        email = self.campaign.email
        names = email.channels if email else ()
        channels = [self.folder.channel(name) for name in names]
        for name, channel in zip(names, channels, strict=True):
            if channel.kind != "email":
                raise ConfigError(
                    f"{name} takes posts, not email",
                    where=self.campaign.source,
                    hint="Try: only channels that take email",
                )
        found = unique(channel.name for channel in channels)
        return found if len(found) > 1 else ()

    def _note(self, part: EmailPart, gone: int, known: int) -> None:
        self.left_out += ["reader is suppressed or left the list"] * gone
        if not known:
            self.left_out.append(f"email has no reader: nobody is on list {part.list}")

    def letter(
        self, part: EmailPart, issue: Issue, articles: Sequence[Article]
    ) -> Letter:
        """Return the letter of these articles, to be drafted for each reader."""
        # What goes to one address by name is in no archive.
        archive = "" if part.to else self.folder.settings.site.archive_url
        return self.folder.templates.letter(
            part.template,
            articles=articles,
            issue=issue,
            subject=part.subject,
            view_url=archive.replace("{issue}", issue.id),
            title=self._title(part.list),
            language=part.language,
            attachments=self.folder.attachments.read(
                part.attachments, where=self.campaign.source
            ),
            tracking=tracking.modes_of(self.folder, part, where=self.campaign.source),
        )

    def _title(self, lists: str) -> str:
        """Return what people call a list, or several with commas between."""
        titles = self.folder.settings.lists
        return ", ".join(titles[one] for one in lists.split(",") if one in titles)

    def _readers(self, part: EmailPart) -> Sequence[Subscriber]:
        if self.readers is not None:
            return self.readers
        people = self.folder.books.subscribers
        if part.to:
            known = [people.find(one) or Subscriber(address=one) for one in part.to]
            willing = [one for one in known if not people.is_suppressed(one.address)]
        else:
            known = people.all(part.list)
            willing = people.audience(part.list)
        self._note(part, len(known) - len(willing), len(known))
        return self._in_segment(part, self._awake(part, willing))

    def _awake(
        self, part: EmailPart, readers: Sequence[Subscriber]
    ) -> Sequence[Subscriber]:
        """Return who has not paused what they get of this list."""
        paused = self.folder.books.pauses.among(now=self.folder.clock())
        found = [
            one for one in readers if one.id not in paused or part.list not in one.lists
        ]
        self.left_out += [PAUSED] * (len(readers) - len(found))
        return found

    def _in_segment(
        self, part: EmailPart, readers: Sequence[Subscriber]
    ) -> Sequence[Subscriber]:
        """Return those whom the segment means, asked now."""
        if not part.segment:
            return readers
        question = self.folder.question(part.segment)
        members = set(
            self.folder.books.segments.members(question, now=self.folder.local_now())
        )
        found = [one for one in readers if one.id in members]
        others = len(readers) - len(found)
        self.left_out += [f"reader is not in segment {part.segment}"] * others
        return found

    def _posts(
        self, issue: Issue, articles: Sequence[Article]
    ) -> Iterator[tuple[Channel, PostDraft, datetime | None]]:
        posting = Posting(self.folder, self.campaign, issue)
        yield from posting.drafts(articles)
        self.left_out += posting.left_out
