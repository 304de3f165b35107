"""The configured channels: which there are, what each can, and until when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from publisher import config, files, providers
from publisher.errors import PublisherError
from publisher.models import (
    Channel,
    Dated,
    Deletes,
    Edits,
    Json,
    Limits,
    Recalls,
    Verifies,
)

if TYPE_CHECKING:
    from publisher.project.folder import Folder


def accounts_of(folder: Folder) -> list[str]:
    """Return every configured channel: `mastodon`, and `mastodon:work` by its settings.

    An account is named as its campaigns name it, else in small letters.
    """
    environ, known = folder.settings.environ, providers.known()
    named = {one for campaign in folder.campaigns for one in campaign.through}
    named |= {
        one for rule in folder.settings.rules for one in (*rule.through, *rule.post_to)
    }
    found = []
    for name, cls in known.items():
        if name == config.OUTBOX:
            continue
        for account in sorted({"", *_accounts(cls, name, environ)}):
            channel = _as_named(f"{name}:{account}" if account else name, named)
            _, _, own = channel.partition(":")
            settings = providers.settings_of(cls, name, own)
            if providers.is_configured(cls, name, own, environ) and any(
                files.setting(one.key, environ) for one in settings
            ):
                found.append(channel)
    return found


def _accounts(cls: type[Any], name: str, environ: Mapping[str, str]) -> Iterator[str]:
    """Yield what stands between a provider's name and a required field in a key."""
    for one in providers.settings_of(cls, name):
        if not one.required:
            continue
        head, tail = f"{name.upper()}_", f"_{one.name.upper()}"
        for key in environ:
            key = key.removesuffix("_FILE")  # noqa: PLW2901
            if key.startswith(head) and key.endswith(tail):
                account = key[len(head) : len(key) - len(tail)]
                if account:
                    yield account.lower()


def _as_named(channel: str, named: set[str]) -> str:
    key = config.key_of(channel)
    return next((one for one in sorted(named) if config.key_of(one) == key), channel)


def channels_of(folder: Folder) -> list[Json]:
    """Say of every configured channel what it can, and until when."""
    return [_shown(folder, name) for name in accounts_of(folder)]


def _shown(folder: Folder, name: str) -> Json:
    try:
        channel = folder.channel(name)
    except PublisherError as error:
        return {"name": name, "state": str(error)}
    grant = folder.settings.grants.get(name)
    ends = version_end(channel)
    return {
        "name": name,
        "state": "outbox" if channel.is_outbox else "ready",
        "kind": channel.kind,
        "can": abilities(channel),
        "limits": limits_in_words(channel.limits),
        "token_since": grant and grant.obtained_at.isoformat(),
        "token_until": grant and grant.expires_at and grant.expires_at.isoformat(),
        "version_until": ends and ends.isoformat(),
    }


def abilities(channel: Channel) -> list[str]:
    """Return what a channel can do with a post beside sending it."""
    provider, limits = channel.provider, channel.limits
    known: dict[str, bool] = {
        "edit": isinstance(provider, Edits),
        "delete": isinstance(provider, Deletes),
        "look up": isinstance(provider, Recalls),
        "threads": limits.has_threads,
        "whole articles": limits.takes == "document",
        "test": isinstance(provider, Verifies),
    }
    return [name for name, can in known.items() if can]


def limits_in_words(limits: Limits) -> str:
    """Say in a line how much a channel takes.

    >>> limits_in_words(Limits(length=300, unit="graphemes", images=4))
    '300 graphemes, 4 pictures'
    """
    parts = []
    if limits.length is not None:
        unit = "characters" if limits.unit in {"mastodon", "weighted"} else limits.unit
        parts.append(f"{limits.length:,} {unit}")
    if limits.byte_length is not None:
        parts.append(f"{limits.byte_length:,} bytes")
    if limits.images:
        parts.append(f"{limits.images} pictures")
    return ", ".join(parts)


def version_end(channel: Channel) -> date | None:
    """Return the day from which the version of an API that it speaks is refused."""
    provider = channel.provider
    return provider.version_ends() if isinstance(provider, Dated) else None
