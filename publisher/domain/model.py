"""What is known of how a domain sends, and what a look at it finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from publisher.models import MailServer

Level = Literal["ok", "warning", "error", "skipped"]


class Wrong(ValueError):  # noqa: N818  always caught in this room
    """A record cannot be read as what it wants to be; says why."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what is, and where it is not as it should be, what to do.

    "skipped" says that it could not be looked at, and why.
    """

    level: Level
    subject: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        said = f"{self.subject}: {self.message}"
        return f"{said}. {self.hint}" if self.hint else said


@dataclass(frozen=True, slots=True)
class Key:
    """A DKIM key that should stand in DNS; `record` is its text, where it is ours."""

    selector: str
    domain: str
    record: str = ""

    @property
    def name(self) -> str:
        """Where in DNS it stands."""
        return f"{self.selector}._domainkey.{self.domain}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """How emails from `domain` leave, as the folder's settings have it.

    `envelopes` are the domains that bounces go to, where they are known. `unsubscribe`
    is an address with `{token}` in it, and `health` what our own pages answer at;
    `has_site` says that there is a folder which may have them. `clock` is ours.
    """

    domain: str
    clock: Callable[[], datetime]
    keys: tuple[Key, ...] = ()
    envelopes: tuple[str, ...] = ()
    servers: tuple[MailServer, ...] = ()
    unsubscribe: str = ""
    health: str = ""
    has_site: bool = False
