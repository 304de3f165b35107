"""What is addressed, and who takes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import (
    Any,
    ClassVar,
    Literal,
    Protocol,
    TypeAlias,
    TypeVar,
    runtime_checkable,
)

from publisher.errors import ProviderError
from publisher.models.drafts import Card, Document, EmailDraft, Slot, Slotted
from publisher.models.values import Kind, Unit
from publisher.models.writing import Image, Mailbox


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that travels with an email.

    With a `content_id` it is an image that the page shows as `src="cid:..."`, and none
    that a mail program lists.
    """

    name: str
    media_type: str
    content: bytes = field(repr=False)
    content_id: str = ""  # without angle brackets


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailing:
    """What all emails of one draft share: who writes, when, and the list's headers.

    `slots` are the draft's, each once; an email's `values` stand in the same order.
    """

    draft: EmailDraft
    sender: Mailbox
    slots: tuple[Slot, ...] = ()
    reply_to: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    date: datetime | None = None
    attachments: tuple[Attachment, ...] = ()
    mail_out: str = ""  # the way out that is no page: "mailto:..."
    salt: str = field(default="", repr=False)  # of its deliveries' marks

    def numbers(self) -> dict[Slot, int]:
        """Return where in an email's `values` each slot finds its own."""
        return {slot: number for number, slot in enumerate(self.slots)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Email:
    """An email to one person: a mailing, and what stands in its slots for them.

    A provider that takes merge data sends `mailing.draft` once, with its slots as the
    provider writes them, and the `values` of each email, which are escaped for their
    places. Any other sends `subject`, `html` and `text`, made when they are asked for.
    """

    key: str
    mailing: Mailing
    recipient: Mailbox
    values: tuple[str, ...] = ()
    own_headers: Mapping[str, str] = field(default_factory=dict)  # beyond the usual
    message_id: str = ""  # without angle brackets

    @property
    def sender(self) -> Mailbox:
        """Who writes."""
        return self.mailing.sender

    @property
    def reply_to(self) -> str:
        """Where answers go, if not to the sender."""
        return self.mailing.reply_to

    @property
    def language(self) -> str:
        """The language of the draft."""
        return self.mailing.draft.language

    @property
    def date(self) -> datetime | None:
        """When it was planned."""
        return self.mailing.date

    @property
    def headers(self) -> dict[str, str]:
        """The headers beyond the usual ones: the mailing's and the reader's own."""
        return {**self.mailing.headers, **self.own_headers}

    @property
    def subject(self) -> str:
        """The subject, as this reader sees it."""
        return " ".join(self._filled(self.mailing.draft.subject).split())

    @property
    def html(self) -> str:
        """The page, as this reader sees it."""
        return self._filled(self.mailing.draft.html)

    @property
    def text(self) -> str:
        """The plain text, as this reader sees it."""
        return self._filled(self.mailing.draft.text)

    def _filled(self, parts: Slotted) -> str:
        if not parts:
            return ""
        values = dict(zip(self.mailing.slots, self.values, strict=True))
        return "".join(
            [part if isinstance(part, str) else values[part] for part in parts]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """An image that goes with a post, its bytes included; sizes in pixels."""

    content: bytes = field(repr=False)
    media_type: str
    alt: str = ""
    width: int = 0
    height: int = 0
    url: str = ""  # where it was read from


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A post for one account. `created` is when it was planned, never "now".

    Of a thread `text` is the first part, and `thread` are the others. `thumbnail` is
    the picture of the card. A network that takes whole articles gets the `document`.
    """

    key: str
    text: str
    language: str = ""
    hashtags: tuple[str, ...] = ()  # as they stand in the text, without the "#"
    card: Card | None = None
    content_warning: str = ""
    images: tuple[Image, ...] = ()
    created: datetime | None = None
    title: str = ""
    thread: tuple[str, ...] = ()
    visibility: str = ""  # public, unlisted or private; empty: the account's own
    media: tuple[Media, ...] = ()
    thumbnail: Media | None = None
    document: Document | None = None

    @property
    def slug(self) -> str:
        """The article's name, by which networks of whole articles find it again."""
        return self.key.rpartition("/")[2]


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
    carry, and `hashtag_length` how many characters each may have behind its sign.
    `batch` is how many deliveries one call takes; `per_second` the pace; a key is
    remembered for `remembers`, so a repeat within it is not a second message. An email
    may have `size` bytes, its attachments in base64 included; `shows_images` says
    whether a page can show those that travel with it. A post may have `images`, each
    of `image_bytes` and `image_pixels` with an `alt` text of so many characters; with
    `has_threads` its parts can be chained, and what `takes` a document gets the whole
    article; with `has_document` it goes along with a post.
    """

    length: int | None = None
    unit: Unit = "characters"
    byte_length: int | None = None
    link: int | None = None
    hashtags: int | None = None
    hashtag_length: int | None = None
    images: int = 0
    alt: int | None = None
    batch: int = 1
    per_second: float | None = None
    remembers: timedelta = timedelta(0)
    size: int | None = None
    shows_images: bool = True
    image_bytes: int | None = None
    image_pixels: int | None = None
    has_threads: bool = False
    has_thumbnail: bool = False  # the card's picture is sent along
    takes: Literal["post", "document"] = "post"
    has_document: bool = False


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
class Signs(Protocol):
    """A provider that signs messages with a key whose public half stands in DNS."""

    def dns_records(self) -> Sequence[tuple[str, str]]:
        """Return the TXT records that must be there: name and text."""
        ...


@dataclass(frozen=True, slots=True)
class MailServer:
    """A mail server that takes our emails, and how it is spoken to.

    `has_login` says that it knows us, so that it is mostly somebody's service.
    """

    host: str
    port: int
    security: Literal["starttls", "tls", "none"] = "starttls"
    has_login: bool = False


@runtime_checkable
class Relays(Protocol):
    """A provider that speaks to mail servers itself, and says where bounces go."""

    def mail_servers(self) -> Sequence[MailServer]:
        """Return those that emails are handed to."""
        ...

    def envelope_domain(self) -> str:
        """Return the domain that bounces go to; empty: that of who writes."""
        ...


@runtime_checkable
class Batches(Protocol):
    """A provider that takes up to `limits.batch` messages in one call."""

    def send_many(self, messages: Sequence[Any]) -> list[Receipt | ProviderError]:
        """Return what became of each message, in their order.

        All emails of one call have the same mailing, the very same object.
        A `ProviderError` is raised where it is about the whole call, and returned where
        it is about one message.
        """
        ...


@runtime_checkable
class Fits(Protocol):
    """A provider whose calls take fewer emails where these are long."""

    def fits(self, mailing: Mailing) -> int:
        """Return how many emails of a mailing one call takes: 1 or more."""
        ...


@runtime_checkable
class Streams(Protocol):
    """A provider that keeps many messages on their way at once.

    Beside `limits.batch`, which says how many are claimed at a time.
    """

    def send_each(
        self, messages: Iterator[Any]
    ) -> Iterator[tuple[Any, Receipt | ProviderError]]:
        """Pull messages as they can be carried, and yield each with its answer.

        The answers come in any order, as soon as they are known, one for each message
        that was pulled; what is about the whole channel is the answer of all that were
        pulled and not taken, and nothing more is pulled then. Messages are pulled in
        the caller's thread only, and an end of them may come long before the last
        answer: then whatever is on its way is carried to its end.
        """
        ...


@runtime_checkable
class Recalls(Protocol):
    """A provider that can be asked whether it took a message."""

    def find(self, message: Any) -> Receipt | None:
        """Answer "did you get this one?"."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who an account is, as its network says."""

    name: str
    url: str = ""
    expires_at: datetime | None = None  # the token, where that is told
    remarks: tuple[str, ...] = ()  # what its owner should know: a scope that is missing


@runtime_checkable
class Verifies(Protocol):
    """A provider that can say whose account it is without posting."""

    def verify(self) -> Identity:
        """Ask the network, or raise a `ProviderError`."""
        ...


@runtime_checkable
class Edits(Protocol):
    """A provider whose posts can be changed afterwards."""

    def edit(self, receipt: str, message: Any) -> Receipt:
        """Put the message in the place of the one of this receipt."""
        ...


@runtime_checkable
class Deletes(Protocol):
    """A provider whose posts can be taken back."""

    def delete(self, receipt: str) -> None:
        """Take it back; what is gone already is no error."""
        ...


@runtime_checkable
class Dated(Protocol):
    """A provider that speaks a version of an API that ends."""

    def version_ends(self) -> date | None:
        """Return the day from which it is refused."""
        ...


@runtime_checkable
class Prices(Protocol):
    """A provider that takes money for each post."""

    def price(self, message: Any) -> float:
        """Return what it costs, in US dollars."""
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
