"""The long tail, a hundred services and more, through the package `apprise` (an extra).

https://github.com/caronc/apprise/wiki

It says yes or no and nothing else, so a no may come after the message has left, and
stays uncertain. Networks that have a provider of their own here are refused.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

from publisher.errors import ConfigError, Refused, Uncertain
from publisher.models import Identity, Json, Kind, Limits, Post, Receipt
from publisher.providers import Secret

# By the scheme of an address: who does it better here.
OURS = {
    **dict.fromkeys(("bluesky", "bsky"), "bluesky"),
    **dict.fromkeys(("mastodon", "mastodons", "toot", "toots"), "mastodon"),
    **dict.fromkeys(("matrix", "matrixs"), "matrix"),
    **dict.fromkeys(("twitter", "tweet", "x"), "x"),
    **dict.fromkeys(("mailto", "mailtos"), "smtp"),
    **dict.fromkeys(("json", "jsons", "form", "forms", "xml", "xmls"), "webhook"),
    "discord": "discord",
    "slack": "slack",
    "tgram": "telegram",
}


@dataclass(frozen=True)
class Apprise:
    """Tells one service, by its address in apprise's own form."""

    url: Secret = field(metadata={"doc": "an address of apprise, ntfy://example/topic"})

    kind: ClassVar[Kind] = "post"
    limits: ClassVar[Limits] = Limits(per_second=1)

    def __post_init__(self) -> None:
        scheme = self.url.reveal().partition("://")[0].strip().lower()
        if own := OURS.get(scheme):
            raise ConfigError(
                f"apprise: for {scheme} there is a provider of its own",
                where=".env",
                hint=f"Try: {own}; publisher channels says what it needs",
            )

    @staticmethod
    def payload(post: Post) -> Json:
        """Return what the service is told."""
        return {"title": post.title, "body": _text(post)}

    def send(self, post: Post) -> Receipt:
        """Tell the service once."""
        service = self._service()
        said = self.payload(post)
        with _silent():
            is_told = service.notify(title=said["title"] or None, body=said["body"])
        if not is_told:
            raise Uncertain("apprise cannot say whether the service took it")
        return Receipt(post.key)

    def verify(self) -> Identity:
        """Say which service the address means; nobody can be asked."""
        (one,) = self._service()
        return Identity(name=f"{one.service_name}", remarks=("cannot be asked",))

    def _service(self) -> Any:
        try:
            import apprise
        except ImportError:
            raise ConfigError(
                "apprise: the package apprise is not installed",
                hint="Try: pip install 'publisher[apprise]'",
            ) from None
        found = apprise.Apprise()
        with _silent():
            is_known = found.add(self.url.reveal())
        if not is_known:
            hint = "Try: its form in https://github.com/caronc/apprise/wiki"
            raise Refused("apprise: APPRISE_URL is no address that it knows", hint=hint)
        return found


@contextmanager
def _silent() -> Iterator[None]:
    """Keep its log away: it quotes addresses, which hold secrets."""
    log = logging.getLogger("apprise")
    before, log.disabled = log.disabled, True
    try:
        yield
    finally:
        log.disabled = before


def _text(post: Post) -> str:
    warning = [f"CW: {post.content_warning}"] if post.content_warning else []
    return "\n\n".join([*warning, post.text, *post.thread])
