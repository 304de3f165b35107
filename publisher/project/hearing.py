"""What came back by a webhook: verified, read, and acted upon, each once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher import events
from publisher.errors import ConfigError
from publisher.models import Reports, Request

if TYPE_CHECKING:
    from publisher.project.folder import Folder


def hear(folder: Folder, name: str, request: Request) -> int:
    """Take in a call of a channel's webhook; return how many news were new."""
    provider = folder.channel(name).provider
    if not isinstance(provider, Reports):
        raise ConfigError(f"the channel {name} has no webhook")
    news = provider.events(request)
    if not news:
        return 0
    at, salt = request.received_at, folder.salt
    with folder.books.events.hearing(name, now=at, salt=salt) as hearing:
        return events.act(hearing, news)
