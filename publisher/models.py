"""The nouns: frozen values that travel the road from a source to a receipt."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import (
    Any,
    ClassVar,
    Literal,
    Protocol,
    TypeAlias,
    TypeVar,
    runtime_checkable,
)

Json: TypeAlias = dict[str, Any]
Direction: TypeAlias = Literal["ltr", "rtl"]
Kind: TypeAlias = Literal["email", "post"]
Unit: TypeAlias = Literal["characters", "graphemes", "mastodon", "utf16", "bytes"]


def fingerprint(value: object) -> str:
    """SHA-256, in hexadecimal, of a value that JSON can hold.

    >>> fingerprint({"b": 1, "a": 2}) == fingerprint({"a": 2, "b": 1})
    True
    """
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


# --- what is written -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Image:
    """A picture in an article; `alt` is empty where its author gave none."""

    url: str
    alt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One written thing, as read from its source. Its text is never a template.

    `slug` is its identity. `html` is sanitised, without the title; `text` is the same
    as plain paragraphs with blank lines between. `language` is a BCP 47 tag ("en"),
    dates know their zone, `source` is a path below the project or a URL.
    """

    title: str
    slug: str
    html: str = ""
    text: str = ""
    summary: str = ""
    language: str = "en"
    direction: Direction = "ltr"
    tags: tuple[str, ...] = ()
    category: str = ""
    author: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    url: str = ""
    site: str = ""
    images: tuple[Image, ...] = ()
    labels: tuple[str, ...] = ()
    headings: tuple[str, ...] = ()
    reading_minutes: int = 1
    source: str = ""
    draft: bool = False

    def data(self) -> Json:
        """Return the article as `publisher articles show --json` prints it."""
        names = (
            "title slug summary language direction tags category author published "
            "updated url site images labels reading_minutes headings draft source "
            "text html"
        )
        values = asdict(self)
        for name in ("published", "updated"):
            values[name] = values[name].isoformat() if values[name] else None
        return {name: values[name] for name in names.split()}


# --- who writes, who reads ---------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A name and an address, as in RFC 5322 section 3.4."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Whose letters these are: the website and the sender."""

    name: str = ""
    url: str = ""
    language: str = "en"
    timezone: str = "UTC"
    sender: Mailbox = field(default_factory=lambda: Mailbox(""))
    reply_to: str = ""
    postal_address: str = ""
    archive_url: str = (
        ""  # "https://example.org/letters/{issue}", where issues are kept
    )
    unsubscribe_url: str = ""  # "https://example.org/out/{token}", else a mailto link


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A person with an address. `attributes` are what the owner knows about them."""

    address: str
    id: int = 0
    name: str = ""
    language: str = ""
    lists: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def first_name(self) -> str:
        """The first word of the name: what a greeting uses."""
        return self.name.split()[0] if self.name.split() else ""

    def values(self) -> dict[str, str]:
        """Return what slots may ask: `subscriber.first_name` and the like."""
        known = {
            "address": self.address,
            "name": self.name,
            "first_name": self.first_name,
            "language": self.language,
        }
        both = {**self.attributes, **known}
        return {f"subscriber.{name}": value for name, value in both.items()}


# --- rendered ----------------------------------------------------------------------

Escape: TypeAlias = Literal["text", "html", "header"]


@dataclass(frozen=True, slots=True)
class Slot:
    """A personal place in a draft, filled by `merge`.

    `filters` are names of the text filters that the template applied to the value, in
    order ("upper", "urlencode"); `escape` is what its place demands.
    """

    name: str
    escape: Escape = "text"
    default: str = ""
    filters: tuple[str, ...] = ()


Slotted: TypeAlias = tuple[str | Slot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailDraft:
    """An email rendered once, addressed to nobody; personal parts are slots."""

    template: str
    subject: Slotted
    html: Slotted
    text: Slotted
    preheader: str = ""
    language: str = "en"
    direction: Direction = "ltr"
    articles: tuple[str, ...] = ()  # slugs

    kind: ClassVar[Kind] = "email"

    def data(self) -> Json:
        """Return a value that JSON can hold and `draft_from` can read."""
        return {"kind": self.kind, **asdict(self)}

    @property
    def id(self) -> str:
        """The draft's name in the books: the same content, the same name."""
        return fingerprint(self.data())[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a network shows below a post for its link."""

    url: str
    title: str
    description: str = ""
    image: str = ""
    alt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostDraft:
    """A social post rendered once for one network.

    `length` is counted in the network's own `unit`; `rung` is the step of the
    template's fit ladder that fitted (0 is the fullest).
    """

    template: str
    network: str
    article: str  # slug
    text: str
    language: str = "en"
    direction: Direction = "ltr"
    hashtags: tuple[str, ...] = ()
    card: Card | None = None
    content_warning: str = ""
    images: tuple[Image, ...] = ()
    length: int = 0
    limit: int | None = None
    unit: Unit = "characters"
    rung: int = 0

    kind: ClassVar[Kind] = "post"

    def data(self) -> Json:
        """Return a value that JSON can hold and `draft_from` can read."""
        return {"kind": self.kind, **asdict(self)}

    @property
    def id(self) -> str:
        """The draft's name in the books: the same content, the same name."""
        return fingerprint(self.data())[:16]


Draft: TypeAlias = EmailDraft | PostDraft


def _slotted(parts: Sequence[str | Json]) -> Slotted:
    return tuple(
        part
        if isinstance(part, str)
        else Slot(**{**part, "filters": tuple(part["filters"])})
        for part in parts
    )


def draft_from(data: Mapping[str, Any]) -> Draft:
    """Read back what `Draft.data` wrote."""
    values = {name: value for name, value in data.items() if name != "kind"}
    if data["kind"] == "email":
        for name in ("subject", "html", "text"):
            values[name] = _slotted(values[name])
        return EmailDraft(**{**values, "articles": tuple(values["articles"])})
    card = values["card"]
    return PostDraft(
        **{
            **values,
            "hashtags": tuple(values["hashtags"]),
            "images": tuple(Image(**image) for image in values["images"]),
            "card": Card(**card) if card else None,
        }
    )


# --- addressed ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Email:
    """An email to one person. `headers` holds what is beyond the usual ones."""

    key: str
    sender: Mailbox
    recipient: Mailbox
    subject: str
    html: str
    text: str
    language: str = "en"
    reply_to: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    message_id: str = ""  # without angle brackets
    date: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A post for one account. `created` is when it was planned, never "now"."""

    key: str
    text: str
    language: str = ""
    hashtags: tuple[str, ...] = ()  # as they stand in the text, without the "#"
    card: Card | None = None
    content_warning: str = ""
    images: tuple[Image, ...] = ()
    created: datetime | None = None


Message: TypeAlias = Email | Post
M_contra = TypeVar("M_contra", bound=Message, contravariant=True)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A provider's word that it took a message; not yet that it was delivered."""

    id: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a provider allows.

    `length` counts in `unit`; `byte_length` is a second limit in UTF-8 bytes; `link`
    is what a URL counts as (None: its own length); `hashtags` how many one post may
    carry. `batch` is how many deliveries one call takes; `per_second` the pace; a key
    is remembered for `remembers`, so a repeat within it is not a second message.
    """

    length: int | None = None
    unit: Unit = "characters"
    byte_length: int | None = None
    link: int | None = None
    hashtags: int | None = None
    images: int = 0
    alt: int | None = None
    batch: int = 1
    per_second: float | None = None
    remembers: timedelta = timedelta(0)


class Provider(Protocol[M_contra]):
    """A service that takes messages. Its dataclass fields are its settings."""

    kind: ClassVar[Kind]
    limits: ClassVar[Limits]

    def send(self, message: M_contra) -> Receipt:
        """Hand the message over, or raise a `ProviderError`."""
        ...


@runtime_checkable
class Opens(Protocol):
    """A provider that holds something open between messages: a connection."""

    def close(self) -> None:
        """Let go of it; sending again opens it anew."""
        ...


@runtime_checkable
class Recalls(Protocol):
    """A provider that can be asked whether it took a message."""

    def find(self, message: Any) -> Receipt | None:
        """Answer "did you get this one?"."""
        ...


@dataclass(frozen=True, slots=True)
class Channel:
    """A provider with an account: `mastodon` or `mastodon:work`.

    `network` is whose rules shape the message: the provider's own name, or for
    `outbox:mastodon` the one it stands in for.
    """

    name: str
    network: str
    kind: Kind
    limits: Limits  # of the network
    provider: Provider[Any]
    is_outbox: bool = False


# --- planned -----------------------------------------------------------------------


class State(StrEnum):
    """Where a delivery stands; ours alone, never the provider's."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    ACCEPTED = "accepted"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A ledger row: this draft, this channel, this recipient, once.

    `recipient` is an address for email, and empty for a post.
    """

    key: str
    issue: str
    channel: str
    draft: str
    recipient: str = ""
    state: State = State.PLANNED
    reason: str = ""
    receipt: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a claimed delivery ended."""

    key: str
    state: State
    reason: str = ""
    receipt: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One occurrence of a campaign: `weekly/7`.

    `planned_at` is chosen once and makes every key and date in it repeatable.
    `is_rehearsal` means that all its channels are the outbox: it does not count when
    the campaign later goes out for real.
    """

    id: str
    campaign: str
    number: int
    articles: tuple[str, ...]  # slugs
    planned_at: datetime
    scheduled_at: datetime | None = None
    is_rehearsal: bool = False
    list: str = ""
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """What a check found. An "error" stops the issue, a "warning" does not."""

    check: str
    level: Literal["error", "warning"]
    message: str
    where: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Every delivery of one issue, frozen, with a hash. Stored nowhere, sent never.

    `parts` are the hashes of what the plan rests on (articles, drafts, audience,
    channels, sender), so that a refusal can name what drifted. `left_out` says which
    articles or people are not in it, and why.
    """

    issue: Issue
    drafts: Mapping[str, Draft]  # by draft id
    deliveries: tuple[Delivery, ...]
    left_out: tuple[tuple[str, int], ...] = ()  # (reason, how many)
    parts: Mapping[str, str] = field(default_factory=dict)
    resumes: bool = False

    @property
    def hash(self) -> str:
        """One fingerprint over all parts."""
        return fingerprint(dict(self.parts))

    def counts(self) -> dict[str, int]:
        """Return how many deliveries each channel has, in the order of the plan."""
        found: dict[str, int] = {}
        for delivery in self.deliveries:
            found[delivery.channel] = found.get(delivery.channel, 0) + 1
        return found


# --- campaigns ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which articles an issue takes.

    `since` is "last issue", "always" or an ISO date; `tags` are alternatives, and any
    of `not_tags` leaves an article out.
    """

    only: tuple[str, ...] = ()  # slugs; empty: any
    tags: tuple[str, ...] = ()
    not_tags: tuple[str, ...] = ()
    language: str = ""
    since: str = "last issue"
    at_least: int = 1
    at_most: int | None = None
    order: Literal["newest", "oldest", "title"] = "newest"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailPart:
    """The email of a campaign: which draft goes to which list, through what."""

    template: str = "digest"
    list: str = ""
    to: tuple[str, ...] = ()  # addresses, instead of a list
    through: str = "outbox"
    subject: str = ""  # a template; empty: the template's own


@dataclass(frozen=True, slots=True, kw_only=True)
class PostPart:
    """The posts of a campaign: one for each article that has one of `tags`."""

    template: str = "announcement"
    through: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    at_most: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """A standing intention: one file in `schedules/`, or a one-off made of flags.

    `when` is the phrase as written; empty for a campaign that only a person sends.
    """

    name: str
    when: str = ""
    timezone: str = "UTC"
    enabled: bool = True
    if_missed: Literal["skip", "send", "ask"] = "skip"
    grace: timedelta = timedelta(hours=2)
    articles: Selection = field(default_factory=Selection)
    email: EmailPart | None = None
    posts: tuple[PostPart, ...] = ()
    source: str = ""  # "schedules/weekly.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class TagRule:
    """Which article tags change a post, and how; from `rules:` in publisher.yaml."""

    tags: tuple[str, ...]
    through: tuple[str, ...] = ()  # empty: every channel of the campaign
    hashtags: tuple[str, ...] = ()
    content_warning: str = ""
    skip: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How the sending of one issue ended, by channel and state."""

    issue: str
    counts: Mapping[str, Mapping[str, int]]
    folders: tuple[str, ...] = ()
    stopped: tuple[tuple[str, str], ...] = ()  # (channel, why and what to do)

    def total(self, *states: State) -> int:
        """Return how many deliveries stand in any of these states."""
        return sum(
            count
            for by_state in self.counts.values()
            for state, count in by_state.items()
            if state in states
        )


def unique(values: Iterable[str]) -> tuple[str, ...]:
    """Return the values in their order, each once.

    >>> unique(["b", "a", "b"])
    ('b', 'a')
    """
    return tuple(dict.fromkeys(values))
