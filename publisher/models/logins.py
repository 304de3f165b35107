"""Tokens that a person's yes gives us, and how they are asked for and renewed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol, runtime_checkable

SOON = timedelta(minutes=5)  # before its end a token is as good as ended
SHARE = 6  # of its life, the last part in which it is renewed


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Where a network asks its people, and gives tokens for their yes.

    RFC 6749 with PKCE (RFC 7636) where `has_pkce`. `proves` says how the app proves
    itself, if it has a secret: "basic" is HTTP Basic. `exchange` and `renewal` are a
    web address and a grant type where a token is changed for a longer one, or for a
    new one, without a refresh token (Meta).
    """

    authorize: str
    token: str
    scopes: tuple[str, ...]
    separator: str = " "
    has_pkce: bool = True
    needs_secret: bool = False
    proves: Literal["basic", "body"] = "body"
    exchange: tuple[str, str] | None = None
    renewal: tuple[str, str] | None = None


@runtime_checkable
class LogsIn(Protocol):
    """A provider whose token can be had in a browser; its settings name our app."""

    login: Login
    client_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """Who we are for a network: the owner's own app there."""

    client_id: str
    client_secret: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A token, and what renews it. Times know their zone; None: without an end."""

    access: str
    refresh: str = ""
    obtained_at: datetime
    expires_at: datetime | None = None

    def __repr__(self) -> str:
        """Show when, and never what."""
        return f"Grant(obtained_at={self.obtained_at}, expires_at={self.expires_at})"

    def is_over(self, now: datetime) -> bool:
        """Say whether it ends so soon that nothing should begin with it."""
        return self.expires_at is not None and self.expires_at - now <= SOON

    def is_due(self, now: datetime) -> bool:
        """Say whether it should be renewed: in the last sixth of its life."""
        if self.expires_at is None:
            return False
        left = max((self.expires_at - self.obtained_at) / SHARE, SOON)
        return self.expires_at - now <= left
