"""News: what Mailgun says of a message, and its lists of whom it sends nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from publisher import hooks, signatures
from publisher.bounces.meaning import kind_of
from publisher.models import Event, Request

LISTS = {
    "bounces": hooks.GONE,
    "complaints": hooks.COMPLAINED,
    "unsubscribes": hooks.UNSUBSCRIBED,
}
# https://documentation.mailgun.com/docs/mailgun/user-manual/events/event-structure
_SENSES = {
    "delivered": hooks.DELIVERED,
    "opened": hooks.OPENED,
    "clicked": hooks.CLICKED,
    "unsubscribed": hooks.UNSUBSCRIBED,
    "complained": hooks.COMPLAINED,
}
# Why it gave up: what it does not even try, and what is about us.
_REASONS = {
    "suppress-bounce": hooks.GONE,
    "suppress-complaint": hooks.COMPLAINED,
    "suppress-unsubscribe": hooks.UNSUBSCRIBED,
    "bounce": hooks.GONE,
    "old": hooks.SOFT,
    "espblock": hooks.OURS,
}


def events(request: Request, key: str) -> list[Event]:
    """Verify and read a webhook's call."""
    call = hooks.read(request.body)
    at = hooks.text(call, "signature", "timestamp")
    token = hooks.text(call, "signature", "token")
    said = hooks.text(call, "signature", "signature")
    signatures.hmac_hex(key, f"{at}{token}".encode(), said)
    signatures.refuse_old(at, request)
    return _event(call.get("event-data"), token, request)


def _event(said: Any, token: str, request: Request) -> list[Event]:
    sense = _sense(said)
    if sense is None:
        return []
    status = ("delivery-status",)
    event = hooks.made(
        sense,
        request,
        name=token,
        address=hooks.text(said, "recipient"),
        at=hooks.part(said, "timestamp"),
        mark=hooks.text(said, "user-variables", "delivery"),
        message=hooks.text(said, "message", "headers", "message-id"),
        reasons=[hooks.text(said, *status, name) for name in ("code", "message")],
    )
    return [event]


def _sense(said: Any) -> hooks.Sense | None:
    name = hooks.text(said, "event")
    if name != "failed":
        return _SENSES.get(name)
    if hooks.text(said, "severity") != "permanent":
        return hooks.DEFERRED
    known = _REASONS.get(hooks.text(said, "reason"))
    if known:
        return known
    code = hooks.text(said, "delivery-status", "enhanced-code")
    words = hooks.text(said, "delivery-status", "message")
    return hooks.GONE if kind_of(code, words) == "hard" else hooks.SOFT


def listed(answer: Any, sense: hooks.Sense, now: datetime) -> Iterator[Event]:
    """Yield the addresses of one page of a list."""
    for one in hooks.rows(answer, "items"):
        yield hooks.listed(
            sense,
            address=hooks.text(one, "address"),
            at=one.get("created_at"),
            now=now,
            reason=hooks.text(one, "error"),
        )


def next_page(answer: Any) -> dict[str, str]:
    """Return what names the next page; nothing after the last, which is empty.

    Only the end of its link is believed: our key goes nowhere else.
    """
    if not hooks.rows(answer, "items"):
        return {}
    query = hooks.text(answer, "paging", "next").partition("?")[2]
    return dict(parse_qsl(query))
