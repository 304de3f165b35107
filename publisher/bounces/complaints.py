"""Complaints: what readers call spam, told by their providers.

https://www.rfc-editor.org/rfc/rfc5965, and Outlook's own form of it (JMRP).
"""

from __future__ import annotations

import re

from publisher.bounces.letter import Fields, Letter, blocks
from publisher.bounces.meaning import reason_of
from publisher.bounces.model import Bounce, Kind
from publisher.bounces.reports import servers
from publisher.bounces.whose import returned_fields, returned_to, typed_address

# https://www.iana.org/assignments/marf-parameters and what came before it.
_KINDS: dict[str, Kind] = {
    "abuse": "complained",
    "fraud": "complained",
    "opt-out": "complained",
    "opt-out-list": "complained",
    "miscategorized": "unknown",
    "other": "unknown",
}
# Of these no reader has complained: signatures that fail (DMARC), viruses.
_OTHERS = {"auth-failure", "virus", "not-spam", "dkim"}
_OUTLOOK = "x-hmxmroriginalrecipient"
_HIDDEN = re.compile(r"redacted|undisclosed|unknown|hidden|privacy", re.IGNORECASE)


def found_in(letter: Letter) -> tuple[Bounce, ...] | None:
    """Return what the feedback says; None where there is none.

    Nothing, where it is about something else than a complaint.
    """
    if not letter.feedback:
        is_outlook = returned_fields(letter).first(_OUTLOOK)
        return (_bounce(letter, Fields(), "complained"),) if is_outlook else None
    fields = Fields(
        one for text in letter.feedback for group in blocks(text) for one in group
    )
    kind = fields.first("feedback-type").lower()
    if kind in _OTHERS:
        return ()
    return (_bounce(letter, fields, _KINDS.get(kind, "unknown")),)


def _bounce(letter: Letter, fields: Fields, kind: Kind) -> Bounce:
    named = fields.first("original-rcpt-to", "removal-recipient")
    recipient = _seen(typed_address(named)) or _seen(returned_to(letter))
    said = fields.first("feedback-type") or "abuse"
    agent = fields.first("user-agent").split("/")[0]
    return Bounce(
        kind=kind,
        recipient=recipient,
        final=recipient,
        reason=reason_of(f"{said[:40]}, told by {agent[:60]}" if agent else said[:40]),
        reporter=next(servers(letter), "") or _sender_domain(letter),
    )


def _seen(address: str) -> str:
    """Return an address that the provider did not hide."""
    return "" if _HIDDEN.search(address) else address


def _sender_domain(letter: Letter) -> str:
    return typed_address(letter.head.first("from")).rpartition("@")[2]
