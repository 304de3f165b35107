"""What is addressed, and who takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Protocol, TypeAlias, TypeVar, runtime_checkable

from publisher.errors import ProviderError
from publisher.models.drafts import Card, EmailDraft, Slot, Slotted
from publisher.models.values import Kind, Unit
from publisher.models.writing import Image, Mailbox


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One reader's copy of a draft: who gets it, and what stands in the draft's slots.

    `values` belong to the slots of the batch, in their order, each escaped for its
    place. `headers` are those that differ from reader to reader.
    """

    key: str
    recipient: Mailbox
    values: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    message_id: str = ""  # without angle brackets


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Copies of one draft: what they share stands here once, however many they are.

    A provider that takes merge data sends `draft` with its slots as the provider
    writes them, and each copy's `values`; any other asks for the whole `emails`.
    """

    draft: EmailDraft
    slots: tuple[Slot, ...]
    sender: Mailbox
    copies: tuple[Copy, ...]
    reply_to: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    date: datetime | None = None

    def numbers(self) -> dict[Slot, int]:
        """Return where in a copy's `values` each slot finds its own."""
        return {slot: number for number, slot in enumerate(self.slots)}

    def subject(self, copy: Copy) -> str:
        """Return the subject that the reader sees."""
        return " ".join(self._filled(self.draft.subject, copy).split())

    def email(self, copy: Copy) -> Email:
        """Return the copy as a whole email."""
        return Email(
            key=copy.key,
            sender=self.sender,
            recipient=copy.recipient,
            subject=self.subject(copy),
            html=self._filled(self.draft.html, copy),
            text=self._filled(self.draft.text, copy),
            language=self.draft.language,
            reply_to=self.reply_to,
            headers={**self.headers, **copy.headers},
            message_id=copy.message_id,
            date=self.date,
        )

    def emails(self) -> list[Email]:
        """Return every copy as a whole email."""
        return [self.email(copy) for copy in self.copies]

    def _filled(self, parts: Slotted, copy: Copy) -> str:
        values = dict(zip(self.slots, copy.values, strict=True))
        return "".join(
            [part if isinstance(part, str) else values[part] for part in parts]
        )


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
class Batches(Protocol):
    """A provider that takes up to `limits.batch` messages in one call."""

    def send_many(self, messages: Sequence[Any]) -> list[Receipt | ProviderError]:
        """Return what became of each message, in their order.

        A `ProviderError` is raised where it is about the whole call, and returned where
        it is about one message.
        """
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
