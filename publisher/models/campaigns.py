"""What its owner means to send, and when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import Literal

from publisher.models.drafts import Tracking
from publisher.models.hours import Quiet
from publisher.models.values import unique


@dataclass(frozen=True, slots=True)
class Evergreen:
    """How long an article rests before it is posted again, and how long its tags do."""

    rest: timedelta
    rest_of_tag: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which articles an issue takes.

    `since` is "last issue", "always" or an ISO date; `tags` are alternatives, and any
    of `not_tags` leaves an article out. `memory` leaves out for each reader what they
    had from another campaign, `topics` what they do not follow.
    """

    only: tuple[str, ...] = ()  # slugs; empty: any
    tags: tuple[str, ...] = ()
    not_tags: tuple[str, ...] = ()
    language: str = ""
    since: str = "last issue"
    at_least: int = 1
    at_most: int | None = None
    order: Literal["newest", "oldest", "title"] = "newest"
    memory: bool = True
    topics: bool = True
    evergreen: Evergreen | None = None  # what was posted before is posted again


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """Two or more subjects or templates, and who is asked: `share` per cent of a list.

    Each variant gets an equal part of them; the others wait for the winner.
    """

    subjects: tuple[str, ...] = ()
    templates: tuple[str, ...] = ()
    share: int = 20

    __test__ = False  # for pytest, this is none


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """The first readers of an issue, and what stops it after them.

    They are `first`, or `share` per cent of its readers. After their messages have gone
    the others wait; where more than `bounces` per cent came back, or more than
    `complaints` per cent complained, they wait for a person.
    """

    first: int = 0
    share: float = 0.0
    wait: timedelta = timedelta(minutes=30)
    bounces: float = 2.0
    complaints: float = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailPart:
    """The email of a campaign: which draft goes to which list, through what."""

    template: str = "digest"
    list: str = ""
    to: tuple[str, ...] = ()  # addresses, instead of a list
    through: str = "outbox"
    instead: tuple[str, ...] = ()  # who else may take it, in this order
    shares: tuple[int, ...] = ()  # of 100, for `through` and each of `instead`
    subject: str = ""  # a template; empty: the template's own
    test: Test | None = None
    segment: str = ""  # a saved question, or one written here: only these of the list
    language: str = ""  # of a letter without articles; empty: the site's
    attachments: tuple[str, ...] = ()  # paths below the project, or whole ones
    canary: Canary | None = None
    by_their_clock: bool = False  # when each reader's own shows the time
    is_urgent: bool = False  # heeds neither quiet hours nor how often is too often
    tracking: tuple[Tracking, ...] | None = None  # None: as the folder has it

    @property
    def channels(self) -> tuple[str, ...]:
        """All channels that may take it, the first one first."""
        return (self.through, *self.instead)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostPart:
    """The posts of a campaign: one for each article that has one of `tags`."""

    template: str = "announcement"
    through: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    at_most: int | None = None
    pictures: int = 0  # how many of the article's go with it, at most
    by_rules: bool = False  # tag rules may add channels


@dataclass(frozen=True, slots=True)
class Delay:
    """How long after subscribing a reader's turn comes.

    `is_days` says that it was written in days, `at` is then the time of day, if any.
    """

    span: timedelta
    is_days: bool = False
    at: time | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """A standing intention: one file in `schedules/`, or a one-off made of flags.

    `when` is the phrase as written; empty for a campaign that only a person sends.
    One with a `delay` is a sequence: each reader has a clock of their own in it, and
    `since` says who is in it: who subscribes after it is "first seen", those who did
    "always", or from an ISO date on. Nothing leaves in the `hold` after it was sent, so
    that it can be undone.
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
    delay: Delay | None = None
    since: str = "first seen"
    hold: timedelta = timedelta(0)
    budget: float | None = None  # US dollars that its posts may cost in a month

    @property
    def through(self) -> tuple[str, ...]:
        """The channels that it names, in its order, each once."""
        email = self.email.channels if self.email else ()
        return unique([*email, *(one for part in self.posts for one in part.through)])


@dataclass(frozen=True, slots=True, kw_only=True)
class TagRule:
    """Which articles are posted otherwise, and how; from `rules:` in publisher.yaml."""

    tags: tuple[str, ...] = ()  # any of them
    all_tags: tuple[str, ...] = ()
    not_tags: tuple[str, ...] = ()
    language: str = ""
    category: str = ""
    label: str = ""
    through: tuple[str, ...] = ()  # empty: on every channel
    post_to: tuple[str, ...] = ()  # also where the campaign does not name them
    template: str = ""
    hashtags: tuple[str, ...] = ()
    content_warning: str = ""
    visibility: str = ""  # public, unlisted or private
    utm: tuple[tuple[str, str], ...] = ()  # ("source", "{network}")
    closed: Quiet | None = None  # the hours in which nothing is posted
    spacing: timedelta = timedelta(0)  # between two posts of an account
    skip: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hashtags:
    """How tags are written below posts, and which never are, by tags in lower case."""

    write: Mapping[str, str] = field(default_factory=dict)
    never: frozenset[str] = frozenset()

    @classmethod
    def of(cls, write: Mapping[str, str], never: Iterable[str]) -> Hashtags:
        """Return the rules as their owner wrote them, whatever the capitals."""
        spelled = {_bare(tag): text.removeprefix("#") for tag, text in write.items()}
        return cls(write=spelled, never=frozenset(map(_bare, never)))

    def spelled(self, tag: str) -> str:
        """Return how the owner writes a tag, or ""."""
        return self.write.get(_bare(tag), "")

    def is_never(self, tag: str) -> bool:
        """Say whether the owner wants a tag below no post."""
        return _bare(tag) in self.never


def _bare(tag: str) -> str:
    return "".join(filter(str.isalnum, tag.casefold()))
