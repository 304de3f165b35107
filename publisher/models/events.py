"""Events: later news of a message, and the calls that bring them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, TypeAlias, runtime_checkable

EventKind: TypeAlias = Literal[
    "delivered",
    "deferred",  # it has not arrived yet, and is still tried
    "bounced",
    "complained",
    "unsubscribed",
    "opened",
    "clicked",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What a provider says became of a message.

    `id` is the provider's own for this news, or made of all that tells it from others.
    `mark` is our delivery's and `message` the provider's name for it, both empty where
    it does not say. `reason` is one line without addresses. Of what bounced,
    `is_permanent` says that nothing will ever arrive there, and `is_ours` that it was
    refused for who we are or what we wrote, which is no fault of the reader's.
    """

    id: str
    kind: EventKind
    at: datetime
    address: str = field(default="", repr=False)
    is_permanent: bool = False
    is_ours: bool = False
    mark: str = ""
    message: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A call that came in, whatever took it. The names of `headers` are lower case."""

    method: str
    path: str
    received_at: datetime
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)

    def header(self, name: str) -> str:
        """Return a header's value; "" where there is none."""
        return self.headers.get(name.lower(), "")


@runtime_checkable
class Reports(Protocol):
    """A provider that calls a webhook when there is news of its messages."""

    def events(self, request: Request) -> list[Event]:
        """Verify that the provider made this call, then read it.

        Raises `Unsigned` where nothing proves it, and `Unreadable` where it is not what
        the provider writes. News that mean nothing to us are left out.
        """
        ...


@runtime_checkable
class Suppresses(Protocol):
    """A provider that keeps a list of whom it sends nothing, and shows it."""

    def suppressed(self, now: datetime) -> Iterator[Event]:
        """Yield why each address is on it, page by page, or raise a `ProviderError`."""
        ...
