"""Which channels take a campaign's emails: one, several in order, or by share."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema

from publisher import strict
from publisher.strict.kinds import CHANNEL

PERCENT = 100
FORMS = "Try: postmark; [postmark, smtp:backup]; or {postmark: 70, mailgun: 30}"
SCHEMA: dict[str, Any] = {
    "anyOf": [
        {"type": "string"},
        {"type": "array", "items": {"type": "string"}, "minItems": 1},
        {
            "type": "object",
            "additionalProperties": {"type": "integer", "minimum": 1},
            "minProperties": 1,
        },
    ]
}


def _read(value: object) -> tuple[tuple[str, int], ...]:
    """Return the channels in their order, each with its percentage; 0 without one."""
    match value:
        case str():
            return ((_channel(value), 0),)
        case dict() if value:
            return _by_share(value)
        case list() if value:
            return tuple((one, 0) for one in _in_order(value))
    raise strict.complaint("must be a channel, or several", hint=FORMS)


def _channel(name: object) -> str:
    if isinstance(name, str) and CHANNEL.fullmatch(name):
        return name
    hint = "Try: postmark, or smtp:backup"
    raise strict.complaint(f'"{name}" is not a channel', hint=hint)


def _in_order(names: list[object]) -> list[str]:
    read = [_channel(one) for one in names]
    for number, name in enumerate(read):
        if name in read[:number]:
            hint = "Try: each channel once, the one to begin with first"
            raise strict.complaint(f"{name} stands here twice", hint=hint)
    return read


def _by_share(shares: dict[object, object]) -> tuple[tuple[str, int], ...]:
    read = []
    for name, share in shares.items():
        if not isinstance(share, int) or isinstance(share, bool) or share < 1:
            message = f"the share of {name} must be a whole number of percent"
            raise strict.complaint(message, hint="Try: {postmark: 70, mailgun: 30}")
        read.append((_channel(name), share))
    total = sum(share for _, share in read)
    if total != PERCENT:
        hint = "Try: shares that make 100, such as {postmark: 70, mailgun: 30}"
        raise strict.complaint(f"the shares make {total} percent, not 100", hint=hint)
    return tuple(read)


Through = Annotated[
    tuple[tuple[str, int], ...], PlainValidator(_read), WithJsonSchema(SCHEMA)
]
