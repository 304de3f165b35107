"""What publisher.yaml may hold, key by key; the docs and the JSON Schema follow it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from publisher import models, segments
from publisher.cards import CALM, colours
from publisher.config.rules import Hashtags, Rule
from publisher.strict import Model, complaint
from publisher.strict.kinds import (
    Address,
    ChannelKey,
    ChannelName,
    Day,
    IssueUrl,
    Language,
    Line,
    Lines,
    Name,
    NameKey,
    Places,
    TokenUrl,
    Tracked,
    Url,
    Zone,
)
from publisher.text import suggest


class Site(Model):
    """The website whose letters these are."""

    name: Line = Field(default="", description="What readers know you by.")
    url: Url = Field(default="", description="Your website's address.")
    language: Language = Field(default="en", description="A BCP 47 tag: en, it, ar.")
    timezone: Zone = Field(default="UTC", description="A zone of the IANA database.")
    postal_address: str = Field(default="", description="Stands below every email.")
    public_url: Url = Field(
        default="", description="Where publisher serve answers, seen from outside."
    )
    archive_url: IssueUrl = Field(
        default="", description="Where issues are kept: …/{issue}"
    )
    unsubscribe_url: TokenUrl = Field(
        default="", description="One-click page: …/{token}"
    )


class Sender(Model):
    """Who the emails are from."""

    name: Line = Field(default="", description="The name beside the address.")
    address: Address = Field(
        default="", description="The address that emails come from."
    )
    reply_to: Address = Field(default="", description="Where answers go, if elsewhere.")
    unsubscribe: Address = Field(
        default="", description="Whose mailbox `publisher bounces fetch` reads."
    )


class SignUp(Model):
    """The form with which readers subscribe, and the letter that asks them again."""

    lists: tuple[NameKey, ...] = Field(
        default=(), description="Those of `lists` that anybody may join."
    )
    through: ChannelName = Field(
        default="outbox", description="The channel of the letter with the link."
    )
    template: Name = Field(default="confirm", description="That letter's template.")
    words: str = Field(
        default="", description="What readers agree to; else a sentence in their words."
    )
    ask_name: bool = Field(default=True, description="The form asks for a name.")
    keep_network: bool = Field(
        default=False, description="Keep IP address and browser with each consent."
    )
    proof_of_work: bool = Field(
        default=False, description="The browser works a second first; needs JavaScript."
    )
    days: int = Field(
        default=7, ge=1, le=90, description="How long the link can be followed."
    )


def _colour(text: str) -> str:
    try:
        colours.read(text)
    except ValueError:
        raise complaint(f'"{text}" is no colour', hint=f'Try: "{CALM}"') from None
    return text


class Cards(Model):
    """The pictures that are made for articles without one."""

    colour: Annotated[str, AfterValidator(_colour)] = Field(
        default=CALM, description="Of the band with the site's name, as in CSS."
    )
    font: Line = Field(
        default="", description="A file, asked first: .ttf, .otf or .ttc"
    )


def _switched(value: object) -> object:
    return {True: {}, False: None}[value] if isinstance(value, bool) else value


class Fetching(Model):
    """How articles are read from the web."""

    allow_private: bool = Field(
        default=False, description="Also from loopback and private addresses."
    )
    max_mb: float = Field(
        default=10, gt=0, le=1000, description="No larger file is read."
    )
    timeout_seconds: float = Field(
        default=20, gt=0, le=600, description="No longer wait."
    )


class WarmUp(Model):
    """Caps that grow from day to day, for a new domain or address."""

    caps: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        default=(),
        min_length=1,
        description="Each day's cap, instead of caps that grow.",
    )
    start: int = Field(default=50, ge=1, description="The first day's cap.")
    grow: float = Field(
        default=2, gt=1, le=100, description="What the cap is multiplied by each day."
    )
    until: int = Field(default=100_000, ge=1, description="Then there is no cap more.")
    since: Day | None = Field(
        default=None,
        description="The first day; else only days with something sent count.",
    )

    def noun(self) -> models.WarmUp:
        """Return the plan as the rooms speak of it."""
        return models.WarmUp(
            caps=self.caps,
            start=self.start,
            grow=self.grow,
            until=self.until,
            since=None if self.since is None else date.fromisoformat(self.since),
        )


def _caps(value: object) -> object:
    # A tuple: what a validator hands on is taken as Python, not as JSON.
    return {"caps": tuple(value)} if isinstance(value, list) else value


class Pace(Model):
    """How fast a channel may send."""

    per_second: float | None = Field(
        default=None, gt=0, description="Messages a second; 0.5 is one in two seconds."
    )
    per_day: int | None = Field(
        default=None, ge=1, description="Messages a day, in the site's time zone."
    )
    warm_up: Annotated[
        WarmUp | None,
        BeforeValidator(_caps, json_schema_input_type=WarmUp | list[int] | None),
    ] = Field(default=None, description="Daily caps that grow, or a list of them.")

    def noun(self) -> models.Pace:
        """Return the pace as the rooms speak of it."""
        return models.Pace(
            per_second=self.per_second,
            per_day=self.per_day,
            warm_up=None if self.warm_up is None else self.warm_up.noun(),
        )


def _quiet(text: str) -> str:
    return _read(text, models.Quiet.read, "quiet hours", 'Try: "22:00-07:00"')


def _often(text: str) -> str:
    return _read(text, models.Often.read, "frequency cap", "Try: 3 in 7 days")


def _read(text: str, read: Callable[[str], object], name: str, hint: str) -> str:
    try:
        read(text)
    except (ValueError, KeyError, OverflowError):
        raise complaint(f'"{text}" is no {name}', hint=hint) from None
    return text


class Guarding(Model):
    """What keeps a reader from being written to, besides their own wish."""

    quiet_hours: Annotated[str, AfterValidator(_quiet)] = Field(
        default="", description="By each reader's clock, when no email leaves: 22-7"
    )
    frequency_cap: Annotated[str, AfterValidator(_often)] = Field(
        default="", description="Letters that a reader gets at most: 3 in 7 days"
    )


def _question(text: str) -> str:
    try:
        segments.parse(text)
    except segments.Misread as error:
        offset = error.column - 1
        raise complaint(error.sentence, hint=error.hint, offset=offset) from None
    return text


Question = Annotated[str, AfterValidator(_question)]


class ProjectFile(Model):
    """The whole of publisher.yaml."""

    site: Site = Field(
        default_factory=Site, description="The website and its defaults."
    )
    sender: Sender = Field(
        default_factory=Sender, description="Who the emails are from."
    )
    articles: Places = Field(
        default=("articles",),
        description="Folders, files or web addresses of articles.",
    )
    lists: dict[NameKey, Line] = Field(
        default={},
        description="What one subscribes to: a name, and its title for people.",
    )
    topics: dict[Line, Line] = Field(
        default={},
        description="Tags that readers may choose to read of, and their titles.",
    )
    segments: dict[NameKey, Question] = Field(
        default={},
        description='Saved questions about readers: "tag = vip and language = it".',
    )
    signup: SignUp | None = Field(
        default=None, description="The form for new readers; without it there is none."
    )
    cards: Annotated[
        Cards | None,
        BeforeValidator(_switched, json_schema_input_type=Cards | bool | None),
    ] = Field(
        default=None,
        description="true: articles without a picture get a card, or how it looks.",
    )
    tracking: Tracked = Field(
        default=(), description="off; or clicks, opens-day, individual, or several."
    )
    channels: dict[ChannelKey, Literal["outbox"]] = Field(
        default={}, description="Channels that write to the outbox instead."
    )
    pace: dict[ChannelKey, Pace] = Field(
        default={}, description="How fast channels may send, by name."
    )
    guards: Guarding = Field(
        default_factory=Guarding, description="When readers are left in peace."
    )
    rules: tuple[Rule, ...] = Field(default=(), description="How tags change a post.")
    hashtags: Hashtags = Field(
        default_factory=Hashtags, description="How tags are written below posts."
    )
    sensitive: Lines = Field(
        default=(), description="Tags that want a content warning on every post."
    )
    fetch: Fetching = Field(
        default_factory=Fetching, description="How articles are fetched."
    )

    @model_validator(mode="after")
    def _lists_are_known(self) -> ProjectFile:
        for name in self.signup.lists if self.signup else ():
            if name not in self.lists:
                close = suggest(name, list(self.lists))
                hint = f"Did you mean {close}?" if close else "Try: name it in lists"
                message = f'signup names a list "{name}" that is not in lists'
                raise complaint(message, hint=hint)
        return self
