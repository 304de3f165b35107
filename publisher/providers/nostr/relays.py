"""Handing events to relays over WebSocket, and what became of them there.

https://github.com/nostr-protocol/nips/blob/master/01.md
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from time import monotonic
from typing import Any

from publisher.errors import (
    ProviderError,
    Refused,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)
from publisher.http.call import redacted
from publisher.http.waits import DEFAULT_WAIT
from publisher.models import Json

PATIENCE = 15.0  # seconds for the answer to one event
# The first of these is what a post comes to that no relay took.
_WORST = (Uncertain, Throttled, Unavailable, Refused, Rejected)


def opened(url: str) -> Any:
    """Open a connection to a relay; a `ProviderError` says that there is none."""
    from websocket import WebSocketException, create_connection

    try:
        return create_connection(url, timeout=PATIENCE)
    except (OSError, WebSocketException, ValueError) as error:
        said = type(error).__name__
        raise Unavailable(f"nostr: {_host(url)} cannot be reached ({said})") from None


def hand_over(
    events: Sequence[Json], relays: Sequence[str], connect: Callable[[str], Any]
) -> None:
    """Give the events to every relay; one that has taken all of them is enough.

    An event has its id from what it says, so a relay that has it already has it once.
    """
    errors = []
    for url in relays:
        try:
            _give(events, url, connect)
        except ProviderError as error:
            errors.append(error)
    if errors and len(errors) == len(relays):
        errors.sort(key=lambda error: _WORST.index(_kind(error)))
        raise errors[0]


def _kind(error: ProviderError) -> Any:
    return next(kind for kind in _WORST if isinstance(error, kind))


def _give(events: Sequence[Json], url: str, connect: Callable[[str], Any]) -> None:
    with closing(connect(url)) as wire:
        for event in events:
            try:
                wire.send(json.dumps(["EVENT", event], ensure_ascii=False))
                is_taken, said = _answer(wire, event["id"])
            except Exception as error:
                if _is_of_wire(error):
                    raise _lost(url) from None
                raise
            if not is_taken and not said.startswith("duplicate:"):
                raise _refusal(said, url)


def _is_of_wire(error: Exception) -> bool:
    """Say whether the connection broke: its package has errors of its own."""
    return isinstance(error, OSError) or type(error).__module__.startswith("websocket")


def _lost(url: str) -> Uncertain:
    return Uncertain(f"nostr: {_host(url)} gave no answer")


def _answer(wire: Any, number: str) -> tuple[bool, str]:
    """Wait for the OK of this event; what else a relay says is not for us.

    There is one event on its way at a time, and some relays refuse it without its id.
    """
    for said in _messages(wire):
        match said:
            case ["OK", str(one), bool(is_taken), *rest] if one in {number, ""}:
                return is_taken, f"{rest[0]}" if rest else ""
    raise TimeoutError


def _messages(wire: Any) -> Iterator[Any]:
    give_up = monotonic() + PATIENCE
    while monotonic() < give_up:
        text = wire.recv()
        if not text:
            return
        try:
            yield json.loads(text)
        except ValueError:
            continue


def _refusal(said: str, url: str) -> ProviderError:
    """Name why a relay took no event, by the word with which its sentence begins."""
    words = f"nostr: {_host(url)} did not take it: {redacted(said)[:200]}"
    match said.partition(":")[0]:
        case "rate-limited":
            return Throttled(words, retry_after=DEFAULT_WAIT)
        case "blocked" | "restricted" | "auth-required":
            return Refused(words, hint="Try: another relay in NOSTR_RELAYS.")
        case "error":
            return Unavailable(words)
        case _:
            return Rejected(words)


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].rpartition("@")[2]
