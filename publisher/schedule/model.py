"""What a schedule file may hold, key by key; the docs and the JSON Schema follow it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import PurePosixPath, PureWindowsPath
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from publisher import strict
from publisher.models import Campaign, EmailPart, PostPart, Selection, Test
from publisher.schedule.canary import CanaryPart, a_grace, a_hold, a_share
from publisher.schedule.cron import Misread
from publisher.schedule.evergreen import Resting, a_rest
from publisher.schedule.phrases import rhythm
from publisher.schedule.sequence import is_sequence, read_delay
from publisher.schedule.through import Through
from publisher.strict.kinds import (
    Channels,
    Language,
    Line,
    Lines,
    Name,
    Tracked,
    Zone,
)
from publisher.strict.spans import duration

WAYS = ("when", "every", "cron", "at")


def _phrase(start: str) -> AfterValidator:
    """Check a phrase that `Campaign.when` holds with a word before it."""

    def check(text: str) -> str:
        try:
            if not start and is_sequence(text):
                read_delay(text)
            else:
                rhythm(start + text)
        except Misread as error:
            offset = max(0, error.offset - len(start))
            raise strict.complaint(
                error.message, hint=error.hint, offset=offset
            ) from None
        return text

    return AfterValidator(check)


def _since(text: str) -> str:
    if text in {"last issue", "always"}:
        return text
    try:
        date.fromisoformat(text)
    except ValueError:
        raise strict.complaint(
            f'cannot read "{text}"', hint="Try: last issue, always or 2026-01-31"
        ) from None
    return text


def _first_seen(text: str) -> str:
    if text in {"first seen", "always"}:
        return text
    try:
        date.fromisoformat(text)
    except ValueError:
        hint = "Try: first seen, always or 2026-01-31"
        raise strict.complaint(f'cannot read "{text}"', hint=hint) from None
    return text


class Articles(strict.Model):
    """Which articles an issue takes."""

    only: Lines = Field(default=(), description="These slugs and no others.")
    tags: Lines = Field(default=(), description="Articles with any of these tags.")
    not_tags: Lines = Field(default=(), description="None with any of these tags.")
    language: Language = Field(default="", description="Only in this one.")
    since: Annotated[str, AfterValidator(_since)] = Field(
        default="last issue", description="last issue, always, or a date: 2026-01-31"
    )
    at_least: int = Field(default=1, ge=0, description="With fewer there is no issue.")
    at_most: int | None = Field(default=None, ge=1, description="No more than these.")
    order: Literal["newest", "oldest", "title"] = Field(
        default="newest", description="Which comes first."
    )
    memory: bool = Field(
        default=True, description="No reader gets what another campaign sent them."
    )
    topics: bool = Field(
        default=True, description="Readers get what they follow, if they chose topics."
    )

    evergreen: Annotated[
        Resting | None,
        BeforeValidator(a_rest, json_schema_input_type=Resting | str | None),
    ] = Field(default=None, description="Posted again when it has rested: 90d.")

    @model_validator(mode="after")
    def _some_fit(self) -> Articles:
        if self.at_most is not None and self.at_least > self.at_most:
            raise strict.complaint(
                f"at_least {self.at_least} is more than at_most {self.at_most}",
                hint=f"Try: at_least: {self.at_most}",
            )
        return self

    def noun(self) -> Selection:
        """Return the part as the rooms speak of it."""
        if self.evergreen is None:
            return Selection(**dict(self))
        # Of an archive one is posted at a time, whatever is new to others.
        return Selection(
            **{
                **dict(self),
                "at_most": self.at_most or 1,
                "since": "always",
                "evergreen": self.evergreen.noun(),
            }
        )


class TestPart(strict.Model):
    """An A/B test: some readers get one variant each, the others the winner."""

    subjects: Lines = Field(default=(), description="Two or more, to choose from.")
    templates: tuple[Name, ...] = Field(default=(), description="Or two templates.")
    share: int = Field(
        default=20, ge=2, le=98, description="How many per cent of the list take part."
    )
    winner: str = Field(default="by hand", description="by hand: publisher winner")

    @model_validator(mode="after")
    def _can_be_decided(self) -> TestPart:
        if bool(self.subjects) == bool(self.templates):
            message = "a test is of subjects or of templates"
            raise strict.complaint(message, hint='Try: subjects: ["One", "Another"]')
        variants = self.subjects or self.templates
        if len(set(variants)) < max(2, len(variants)) or len(variants) > self.share:
            message = "a test needs two or more variants, no two of them alike"
            raise strict.complaint(message, hint="Try: another subject or template")
        if self.winner != "by hand":
            message = f'no winner is named "{self.winner}" without a person'
            hint = "Try: by hand, and publisher winner NAME --by clicks"
            raise strict.complaint(message, hint=hint)
        return self

    def noun(self) -> Test:
        """Return the part as the rooms speak of it."""
        return Test(subjects=self.subjects, templates=self.templates, share=self.share)


class Email(strict.Model):
    """The email of a campaign."""

    template: Name = Field(default="digest", description="digest, letter or your own.")
    list: Name = Field(description="The list whose subscribers get it.")
    segment: Line = Field(
        default="", description="Only those of the list: a segment, or a question."
    )
    through: Through = Field(
        default=(("outbox", 0),),
        description="A channel; several: [first, then]; by share: {a: 70, b: 30}",
    )
    subject: Line = Field(default="", description="Instead of the template's own.")
    test: TestPart | None = Field(default=None, description="An A/B test.")
    canary: Annotated[
        CanaryPart | None,
        BeforeValidator(a_share, json_schema_input_type=CanaryPart | str | int | None),
    ] = Field(default=None, description="Some readers go ahead: 1%, or 500.")
    local_time: bool = Field(
        default=False, description="At its time by each reader's own clock."
    )
    urgent: bool = Field(
        default=False, description="Whatever the hour, and whatever they had before."
    )
    attachments: Lines = Field(
        default=(), description="Files of the project that travel with it: [a.pdf]"
    )
    tracking: Tracked | None = Field(default=None, description="off, clicks, ...")

    @model_validator(mode="after")
    def _parts_once(self) -> Email:
        if self.test and any(share for _, share in self.through):
            message = "a test and shares would part the readers twice"
            raise strict.complaint(message, hint="Try: through: [first, then]")
        if self.segment and self.test:
            message = "a test goes to a whole list"
            raise strict.complaint(message, hint="Try: without segment")
        for path in self.attachments:
            if PurePosixPath(path).is_absolute() or PureWindowsPath(path).drive:
                message = f"{path} is a place of this machine only"
                hint = "Try: a path that starts at the project: files/report.pdf"
                raise strict.complaint(message, hint=hint)
        return self

    def noun(self) -> EmailPart:
        """Return the part as the rooms speak of it."""
        first, *others = self.through
        return EmailPart(
            template=self.template,
            list=self.list,
            through=first[0],
            instead=tuple(name for name, _ in others),
            shares=tuple(share for _, share in self.through if share),
            subject=self.subject,
            test=self.test.noun() if self.test else None,
            attachments=self.attachments,
            segment=self.segment,
            canary=self.canary.noun() if self.canary else None,
            by_their_clock=self.local_time,
            is_urgent=self.urgent,
            tracking=self.tracking,
        )


class Post(strict.Model):
    """One post for each article of the issue."""

    template: Name = Field(default="announcement", description="The posts' template.")
    through: Channels = Field(
        default=(),
        description="The channels: [mastodon, bluesky]; and those that rules name.",
    )
    tags: Lines = Field(default=(), description="Only articles with any of these.")
    at_most: int | None = Field(default=None, ge=1, description="No more than these.")
    pictures: int = Field(
        default=0, ge=0, le=20, description="So many of the article's go with it."
    )

    def noun(self) -> PostPart:
        """Return the part as the rooms speak of it."""
        return PostPart(**dict(self), by_rules=True)


class ScheduleFile(strict.Model):
    """The whole of one file in schedules/."""

    when: Annotated[str, _phrase("")] = Field(
        default="", description="Fri 08:00, every day 09:00, 3 days after subscribe ..."
    )
    every: Annotated[str, _phrase("every ")] = Field(
        default="", description="Instead of `when`: day 09:00, 2 hours ..."
    )
    cron: Annotated[str, _phrase("cron ")] = Field(
        default="", description="Instead of `when`: 0 8 * * fri"
    )
    at: Annotated[str, _phrase("at ")] = Field(
        default="", description="Instead of `when`, once: 2026-12-24 18:00"
    )
    timezone: Zone = Field(
        default="", description="The clock it follows; without it, the site's."
    )
    enabled: bool = Field(default=True, description="false: only a person sends it.")
    if_missed: Literal["skip", "send", "ask"] = Field(
        default="skip",
        description="What becomes of a run later than `grace`. After subscribe: send.",
    )
    grace: Annotated[str, AfterValidator(a_grace)] = Field(
        default="2h", description="How late a run may begin: 30m, 2h, 1d"
    )
    since: Annotated[str, AfterValidator(_first_seen)] = Field(
        default="first seen",
        description="With `after subscribe`, who is in it: always, or a date.",
    )
    hold: Annotated[str, AfterValidator(a_hold)] = Field(
        default="", description="How long it can be undone before anything leaves: 10m"
    )
    budget: float | None = Field(
        default=None,
        ge=0,
        description="US dollars that its posts may cost in a calendar month.",
    )
    articles: Articles = Field(
        default_factory=Articles, description="Which articles an issue takes."
    )
    email: Email | None = Field(default=None, description="The email, if any.")
    posts: tuple[Post, ...] = Field(default=(), description="The posts, if any.")

    @model_validator(mode="after")
    def _means_one_thing(self) -> ScheduleFile:
        given = [way for way in WAYS if getattr(self, way)]
        if len(given) > 1:
            message = f"{' and '.join(given)} both say when"
            raise strict.complaint(message, hint="Try: keep one of them")
        if not self.email and not self.posts:
            hint = "Try: email: {list: weekly}, or posts: [{through: mastodon}]"
            raise strict.complaint("sends nothing", hint=hint)
        return self

    @model_validator(mode="after")
    def _is_whole(self) -> ScheduleFile:
        """Refuse what has no meaning with a reader's own clock, or only with one."""
        if self.articles.evergreen and self.email:
            message = "evergreen articles are posted, not sent by email"
            raise strict.complaint(message, hint="Try: posts, in a file of their own")
        if not is_sequence(self.when):
            if "since" in self.model_fields_set:
                message = "since goes with a reader's own clock"
                hint = "Try: when: 3 days after subscribe; or articles: {since: ...}"
                raise strict.complaint(message, hint=hint)
            return self
        if self.hold:
            message = "hold goes with an issue, and here each reader's step is its own"
            raise strict.complaint(message, hint="Try: without hold")
        if self.email and len(self.email.through) > 1:
            message = "a sequence goes through one channel"
            raise strict.complaint(message, hint="Try: email: {through: postmark}")
        if self.email and self.email.segment:
            message = "a sequence goes to all who subscribe"
            raise strict.complaint(message, hint="Try: without segment")
        if self.email and (self.email.canary or self.email.local_time):
            message = "canary and local_time go with an issue, not with readers' steps"
            raise strict.complaint(message, hint="Try: without them")
        if self.email and self.email.test:
            message = "a sequence has no test: its readers come one by one"
            raise strict.complaint(message, hint="Try: without test")
        if self.posts or self.email is None:
            message = "a post is for everybody: no reader's clock can start it"
            hint = f"Try: the posts in a file of their own, without {self.when!r}"
            raise strict.complaint(message, hint=hint)
        return self

    def noun(self, *, name: str, timezone: str, source: str) -> Campaign:
        """Return the file as the campaign that it is."""
        words = {"when": "", "every": "every ", "cron": "cron ", "at": "at "}
        phrases = [
            start + getattr(self, way).strip()
            for way, start in words.items()
            if getattr(self, way)
        ]
        delay = read_delay(self.when) if is_sequence(self.when) else None
        articles = self.articles.noun()
        chosen = "if_missed" in self.model_fields_set
        if delay:
            articles = self._for_everybody(articles)
        return Campaign(
            name=name,
            when="".join(phrases),
            timezone=self.timezone or timezone,
            enabled=self.enabled,
            # A reader's own clock has no later run that would take its place.
            if_missed="send" if delay and not chosen else self.if_missed,
            grace=duration(self.grace),
            articles=articles,
            email=self.email.noun() if self.email else None,
            posts=tuple(post.noun() for post in self.posts),
            source=source,
            delay=delay,
            since=self.since,
            hold=duration(self.hold) if self.hold else timedelta(0),
            budget=self.budget,
        )

    def _for_everybody(self, articles: Selection) -> Selection:
        """Return what a sequence takes: what one reader got is not sent to others.

        Without `articles` there are none: its template holds all the words.
        """
        if "articles" not in self.model_fields_set:
            return replace(articles, at_least=0, at_most=0, since="always")
        is_usual = articles.since == "last issue"
        return replace(articles, since="always") if is_usual else articles
