"""What a reader said: yes or no, to which words, and how."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from typing import Literal, TypeAlias

from publisher.models.values import Json

Act: TypeAlias = Literal[
    "asked",
    "confirmed",
    "left",
    "added",
    "imported",
    "paused",
    "resumed",
    "allowed",
    "refused",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One line of the journal: what somebody did about a list, and when.

    A pause is of all lists, and names none. `words` are those that they saw, in
    `language`. `how` is "form", "link", "one-click", "command", "mail", or "provider"
    where a webhook told of it; `network` and `browser` are the IP address and the user
    agent, where the owner keeps these.
    """

    act: Act
    said_at: datetime
    how: str
    list: str = ""
    words: str = ""
    language: str = ""
    network: str = ""
    browser: str = ""

    @property
    def digest(self) -> str:
        """The SHA-256 of the words; empty where there were none."""
        return sha256(self.words.encode()).hexdigest() if self.words else ""

    def data(self) -> Json:
        """Return a value that JSON can hold."""
        return {
            **asdict(self),
            "said_at": self.said_at.isoformat(),
            "hash": self.digest,
        }
