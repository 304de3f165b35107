"""The hall: has the verbs, and is the only room that knows the order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Unpack

from publisher import checks, providers, schedule
from publisher import plan as planning
from publisher.errors import CheckFailed
from publisher.models import (
    Campaign,
    Channel,
    Delivery,
    Draft,
    Identity,
    Json,
    Message,
    Plan,
    Post,
    Problem,
    Report,
    Request,
    State,
    Step,
    Subscriber,
)
from publisher.project import guarding, sequencing
from publisher.project.accounts import channels_of
from publisher.project.costing import costs
from publisher.project.drafting import Drafting
from publisher.project.examining import Finding, examine, providers_of
from publisher.project.folder import find_root, now_utc
from publisher.project.guarding import Waits
from publisher.project.hearing import hear
from publisher.project.intentions import (
    Flags,
    Intention,
    asked_for,
    narrowed,
    one_off,
)
from publisher.project.logging_in import identify
from publisher.project.posting import explained
from publisher.project.running import Again, Ran, run_campaign, run_due
from publisher.project.sending import (
    Addressing,
    Progress,
    Stop,
    never,
    send_issue,
    silent,
)
from publisher.project.wishing import Variant, Wishing

if TYPE_CHECKING:
    from publisher.domain import Finding as Vetted
    from publisher.project.pulling import Pulled
    from publisher.project.returning import Returned

__all__ = ["Flags", "Project", "Ran", "Shown", "Variant", "find_root", "now_utc"]

SAMPLE_READER = Subscriber(address="reader@example.org", name="Ana Reader")


@dataclass(frozen=True, slots=True)
class Shown:
    """One message as it would leave: what `preview` and `render` show."""

    channel: Channel
    draft: Draft
    message: Message


class Project(Wishing):
    """An owner's folder, and what can be done with it.

    >>> with Project("letters/") as project:                     # doctest: +SKIP
    ...     plan = project.plan("weekly-digest")
    ...     for problem in project.check(plan):
    ...         print(problem.message)
    ...     report = project.send(plan)

    `environ` holds secrets and facts of the machine; `.env` in the folder fills what it
    lacks. `clock` returns an aware time. A project keeps what it has read: for files
    that changed since, open another. With `only_looks` it makes no books.

    Every method raises `ConfigError` where the folder or its settings are wrong.
    """

    def intention(self, name: str, **flags: Unpack[Flags]) -> Intention:
        """Return what a name and flags mean: a campaign, or one article."""
        asked = asked_for(
            **flags,
            normal=self.books.subscribers.normal,
            lists=self.settings.lists,
        )
        campaign = self.campaign(name)
        if campaign:
            return Intention(narrowed(campaign, asked, self.channel), self.articles)
        article = self.article(name)
        channel = self.channel(asked.through or "outbox")
        sender = self.settings.site.sender.address
        campaign = one_off(article, asked, channel, sender=sender)
        return Intention(campaign, [article], is_one_off=True)

    def plan(
        self,
        name: str,
        *,
        scheduled_at: datetime | None = None,
        **flags: Unpack[Flags],
    ) -> Plan:
        """Say who would get what, of a campaign or of one article; store nothing.

        The flags are those of `publisher plan`: `through` a channel, `to` addresses
        that get a test, another `list` or `template`, `again` what was sent before.

        An issue that was interrupted is planned on as it stands in the ledger, unless
        the plan is for a scheduled time of its own. Raises `SourceError` where the name
        is unknown, and `RenderError` where a template cannot be rendered.
        """
        issue = self.books.ledger.issue(name)
        if issue and not self.books.sequences.is_one(issue.id):
            return self.resumed(issue.id, is_urgent=flags.get("urgent", False))
        intention = self.intention(issue.campaign if issue else name, **flags)
        if intention.campaign.delay:
            return sequencing.plan(self, intention.campaign)
        draft = Drafting(self, intention.campaign)
        campaign, is_rehearsal = intention.campaign.name, draft.is_rehearsal()
        ledger = self.books.ledger
        begun = ledger.unfinished(campaign, is_rehearsal=is_rehearsal)
        if begun and scheduled_at is None:
            return self.resumed(begun.id, is_urgent=flags.get("urgent", False))
        return draft.plan(
            intention.articles,
            sent=ledger.sent_articles(campaign, is_rehearsal=is_rehearsal),
            number=ledger.next_number(campaign),
            now=self.clock(),
            scheduled_at=scheduled_at,
        )

    def step(self, campaign: Campaign) -> Step:
        """Say whose turn has come in a sequence, and when the next is."""
        return sequencing.step(self, campaign)

    def sequences(self) -> dict[str, Step]:
        """Say the same of each sequence that has begun, by its issue."""
        return sequencing.by_issue(self)

    def resumed(self, issue_id: str, *, is_urgent: bool = False) -> Plan:
        """Return the rest of an issue's plan: what the ledger still has to send."""
        ledger = self.books.ledger
        issue = ledger.issue(issue_id)
        assert issue  # noqa: S101  the ledger has just named it
        issue = replace(issue, is_urgent=issue.is_urgent or is_urgent)
        open_ = (State.PLANNED, State.CLAIMED)
        return Plan(
            issue=issue,
            drafts=ledger.drafts(issue.id),
            waiting={
                channel: sum(by_state[state] for state in open_)
                for channel, by_state in ledger.counts(issue.id).items()
            },
            parts={"drafts": issue.hash},
            resumes=True,
        )

    def costs(self, plan: Plan) -> dict[str, float]:
        """Return what its posts cost in US dollars, where a network takes money."""
        return costs(self, plan)

    def check(self, plan: Plan) -> list[Problem]:
        """Ask every check whether the drafts may go; errors come first."""
        facts = checks.Facts(
            site=self.settings.site,
            limits=self._limits(plan),
            campaign=plan.issue.campaign,
            articles={article.slug: article for article in self.articles},
            sensitive=self.settings.sensitive,
        )
        problems = checks.run(plan.drafts.values(), facts)
        return sorted(problems, key=lambda problem: problem.level != "error")

    def _limits(self, plan: Plan) -> dict[str, Any]:
        channels = [self.channel(name) for name in plan.counts()]
        return {channel.network: channel.limits for channel in channels}

    def send(
        self,
        plan: Plan,
        *,
        saved: Mapping[str, object] | None = None,
        stop: Stop = never,
        progress: Progress = silent,
        stays: bool = True,
    ) -> Report:
        """Send what the plan says, once, and say how it ended.

        `saved` is a plan on paper (`publisher plan --json`): where it is not what would
        be sent now, `PlanChanged` is raised. `CheckFailed` carries what a check found,
        and `Busy` says that another process is sending this issue. What a provider
        refuses is in the report. A plan with a `hold` is waited for, unless it `stays`
        not: then the report says until when it is held.
        """
        if saved is not None:
            planning.refuse_drift(saved, plan)
        errors = [one for one in self.check(plan) if one.level == "error"]
        if errors and not plan.resumes:
            raise CheckFailed(errors)
        if plan.step:
            look = sequencing.Look(
                self, plan.step, is_by_hand=True, stop=stop, progress=progress
            )
            return look.send()
        if not plan.size:
            return Report(issue=plan.issue.id, counts={})
        return send_issue(self, plan, stop=stop, progress=progress, stays=stays)

    def preview(
        self,
        name: str,
        *,
        reader: Subscriber | None = None,
        **flags: Unpack[Flags],
    ) -> tuple[Plan, list[Shown]]:
        """Return the next issue as it would be sent, one message of each draft.

        Articles that were sent already are shown again rather than nothing. The email
        is shown to `reader`, else to the first of its readers, else to a sample one.
        """
        intention, remarks = self.intention(name, **flags).to_look_at()
        readers = self._first(intention, reader)
        draft = Drafting(self, intention.campaign, readers=readers, left_out=remarks)
        made = self._next_or_last(draft, intention)
        addressing = Addressing(self, made.issue, made.drafts)
        shown = [self._shown(one, addressing, draft.readers) for one in made.deliveries]
        return made, shown

    def render(self, name: str, **flags: Unpack[Flags]) -> list[Shown]:
        """Return the next issue's messages as they would be sent, one of each draft.

        Raises what `plan` raises; nothing is stored.
        """
        return self.preview(name, **flags)[1]

    def _next_or_last(self, draft: Drafting, intention: Intention) -> Plan:
        ledger, campaign = self.books.ledger, intention.campaign
        begun = sequencing.begun(self, campaign) if campaign.delay else None
        number = begun.number if begun else ledger.next_number(campaign.name)
        sent = ledger.sent_articles(campaign.name, is_rehearsal=draft.is_rehearsal())
        made = draft.plan(
            intention.articles, sent=sent, number=number, now=self.clock()
        )
        if made.issue.articles or made.size:
            return made
        always = replace(campaign.articles, since="always", at_least=1)
        draft.campaign = replace(campaign, articles=always)
        draft.left_out.clear()
        return draft.plan(
            intention.articles, sent=set(), number=number, now=self.clock()
        )

    def _first(
        self, intention: Intention, reader: Subscriber | None
    ) -> Sequence[Subscriber]:
        email = intention.campaign.email
        if reader or email is None:
            return [reader] if reader else []
        if email.to:
            return [Subscriber(address=email.to[0])]
        return [self.books.subscribers.first(email.list) or SAMPLE_READER]

    def _shown(
        self,
        delivery: Delivery,
        addressing: Addressing,
        readers: Sequence[Subscriber] | None,
    ) -> Shown:
        channel = self.channel(delivery.channel)
        draft = addressing.drafts[delivery.draft]
        if draft.kind == "email" and readers:
            return Shown(channel, draft, addressing.email(delivery, readers[0]))
        return Shown(channel, draft, addressing.message(delivery))

    def waits(self, plan: Plan) -> Waits:
        """Say whom quiet hours and the like would keep from getting it now."""
        return guarding.waits(self, plan)

    def explain(self, name: str) -> list[tuple[Campaign, str, planning.Wording]]:
        """Say of one article which campaigns post it where, and by which rule."""
        return [*explained(self, self.article(name))]

    def payload(self, shown: Shown) -> Json | None:
        """Return the JSON that a post's network would get; None for an email."""
        if not isinstance(shown.message, Post):
            return None
        payload: Json = providers.known()[shown.channel.network].payload(shown.message)
        return payload

    def providers(self) -> list[Json]:
        """Say of every provider whether it is configured, and which settings it has."""
        return providers_of(self)

    def accounts(self) -> list[Json]:
        """Say of every configured channel what it can, and until when."""
        return channels_of(self)

    def identify(self, channel: str) -> Identity | None:
        """Ask whose account a channel is, without posting; None: nobody can say."""
        return identify(self, channel)

    def examine(self) -> list[Finding]:
        """Look at every part of the folder; change nothing."""
        return examine(self)

    def vet(self, domain: str, *, selectors: Sequence[str] = ()) -> Iterator[Vetted]:
        """Look at a domain that emails come from: DNS, servers, pages and the clock.

        `selectors` name DKIM keys besides those of the channels. Nothing is sent.
        """
        from publisher.project import vetting

        return vetting.vet(self, domain, selectors)

    def fetch_bounces(self, *, dry_run: bool = False, stop: Stop = never) -> Returned:
        """Read the bounce mailbox, and suppress who is gone or has complained.

        What was read once does not count again; a dry run changes nothing anywhere.
        Raises `ConfigError` where `.env` names no mailbox or it may not be opened,
        `PublisherError` where it does not answer, and `Busy` where another reads it.
        """
        from publisher.project import returning

        return returning.fetch(self, dry_run=dry_run, stop=stop)

    def hear(self, channel: str, request: Request) -> int:
        """Take in a call of a channel's webhook; return how many news were new.

        Raises `Unsigned` where nothing proves that the provider made it, `Unreadable`
        where it is not what the provider writes, and `ConfigError` where the channel
        has no webhook.
        """
        return hear(self, channel, request)

    def pull_suppressions(self, channel: str, *, dry_run: bool = False) -> Pulled:
        """Take over whom a channel's provider sends nothing, each address once.

        Raises `ConfigError` where the provider shows no such list.
        """
        from publisher.project import pulling

        return pulling.pull(self, channel, dry_run=dry_run)

    def run(self, *, stop: Stop = never) -> list[Ran]:
        """Do what the schedules say is due, each run once, and say what it was.

        First it reads the bounce mailbox, if there is one.
        """
        from publisher.project import watching

        watching.look(self, stop=stop)
        return run_due(self, stop=stop)

    def run_forever(self, *, stop: Stop, told: Callable[[Ran], None]) -> None:
        """Stay, and do each run when its time comes; `told` hears what it was.

        Articles, templates and settings are read anew for every run, and the bounce
        mailbox every few minutes.
        """
        from publisher.project import watching

        said: dict[str, str] = {}
        again = Again()

        def anew() -> Project:
            return Project(self.root, environ=self.environ, clock=self.clock)

        def tick(campaign: Campaign) -> datetime | None:
            times = []
            with anew() as fresh:
                for ran in run_campaign(fresh, campaign, stop=stop):
                    times.append(again.at(ran, self.clock()))
                    # What stops a sequence stops it each minute; once is enough.
                    is_again = said.get(ran.campaign) == ran.result
                    if ran.is_news or not (campaign.delay and is_again):
                        told(ran)
                    said[ran.campaign] = ran.result
            return min(filter(None, times), default=None)

        def campaigns() -> list[Campaign]:
            with anew() as fresh:
                return fresh.campaigns

        with watching.watched(anew, stop=stop):
            schedule.run_forever(campaigns, tick, stop=stop)
