"""What is written, by whom, and for whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime

from publisher.models.values import Direction, Json


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
    dates know their zone, `source` is a path below the project or a URL. Articles with
    one `work` are translations of each other.
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
    translation_of: str = ""

    @property
    def work(self) -> str:
        """What it shares with its translations."""
        return self.translation_of or self.slug

    def data(self) -> Json:
        """Return the article as `publisher articles show --json` prints it."""
        names = (
            "title slug summary language direction tags category author published "
            "updated url site images labels reading_minutes headings draft source "
            "translation_of text html"
        )
        values = asdict(self)
        for name in ("published", "updated"):
            values[name] = values[name].isoformat() if values[name] else None
        return {name: values[name] for name in names.split()}


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
    public_url: str = ""  # of `publisher serve`, seen from outside; no slash at its end
    archive_url: str = (
        ""  # "https://example.org/letters/{issue}", where issues are kept
    )
    unsubscribe_url: str = ""  # "https://example.org/out/{token}", else a mailto link
    unsubscribe_address: str = ""  # a mailbox that `publisher bounces fetch` reads


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A person with an address. `attributes` are what the owner knows about them."""

    address: str
    id: int = 0
    name: str = ""
    language: str = ""
    lists: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    timezone: str = ""  # of the IANA database; empty: not known

    @property
    def first_name(self) -> str:
        """The first word of the name: what a greeting uses."""
        words = self.name.split(maxsplit=1)
        return words[0] if words else ""

    def fields(self) -> dict[str, str]:
        """Return what is known: `first_name` and the like."""
        return {
            **self.attributes,
            "address": self.address,
            "name": self.name,
            "first_name": self.first_name,
            "language": self.language,
            "timezone": self.timezone,
        }

    def values(self) -> dict[str, str]:
        """Return what slots may ask: `subscriber.first_name` and the like."""
        return {f"subscriber.{name}": value for name, value in self.fields().items()}
