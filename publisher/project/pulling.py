"""Suppressions that providers keep, brought into the books."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from publisher import events
from publisher.errors import ConfigError
from publisher.models import Suppresses

if TYPE_CHECKING:
    from publisher.project.folder import Folder

CHUNK = 1_000  # addresses in one transaction


@dataclass(slots=True)
class Pulled:
    """How many addresses a provider's lists have by kind, and how many were new."""

    counts: Counter[str] = field(default_factory=Counter)
    new: int = 0


def pull(folder: Folder, name: str, *, dry_run: bool = False) -> Pulled:
    """Take over whom a channel's provider sends nothing, page by page.

    What was taken once is not taken again, so who subscribed anew since stays.
    """
    provider = folder.channel(name).provider
    if not isinstance(provider, Suppresses):
        raise ConfigError(
            f"the provider of {name} shows no list of suppressions",
            hint="Try: its webhook, as docs/webhooks.md says",
        )
    told, now = Pulled(), folder.clock()
    listed = (one for one in provider.suppressed(now) if one.address)
    while some := list(islice(listed, CHUNK)):
        told.counts.update(one.kind for one in some)
        if dry_run:
            continue
        with folder.books.events.hearing(name, now=now, salt=folder.salt) as hearing:
            told.new += events.act(hearing, some)
    return told
