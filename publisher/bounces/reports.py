"""Delivery status notifications.

https://www.rfc-editor.org/rfc/rfc3464
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from publisher.bounces import meaning, phrases
from publisher.bounces.letter import Fields, Letter, blocks
from publisher.bounces.model import Bounce, Kind
from publisher.bounces.whose import returned_to, spoken_of, typed_address

_ABOUT = "final-recipient"
_OF_RECIPIENT = {_ABOUT, "original-recipient", "action", "status", "diagnostic-code"}
_ARRIVED = {"delivered", "relayed", "expanded", "deliverable"}
_TYPE = re.compile(r"^\s*(?:smtp|x-[\w-]+|unix|dns|rfc822)\s*;\s*", re.IGNORECASE)
_INLINE = re.compile(r"(?im)^(?:final-recipient|action):")


@dataclass(frozen=True, slots=True)
class _Report:
    """What one message/delivery-status says: of the message, and of each recipient."""

    message: Fields
    recipients: tuple[Fields, ...]


def found_in(letter: Letter) -> tuple[Bounce, ...] | None:
    """Return what the reports say; None where there is none.

    Nothing, where all that they say is that the message arrived.
    """
    texts = letter.statuses or [one for one in letter.texts if _is_report(one)]
    reports = [_report(blocks(text)) for text in texts]
    if not any(one.recipients for one in reports):
        return None
    read = (
        _bounce(letter, report.message, recipient)
        for report in reports
        for recipient in report.recipients
    )
    return tuple(dict.fromkeys(one for one in read if one))


def _is_report(text: str) -> bool:
    """Say whether a text for people is a machine's report by mistake."""
    return len({one.lower() for one in _INLINE.findall(text)}) > 1


def _report(groups: list[Fields]) -> _Report:
    """Sort the fields; some servers put no blank line between the groups."""
    message, recipients = Fields(), list[Fields]()
    for group in groups:
        current: Fields | None = None
        for name, value in group:
            if name in _OF_RECIPIENT and (
                current is None or (name == _ABOUT and current.first(_ABOUT))
            ):
                current = Fields()
                recipients.append(current)
            (message if current is None else current).append((name, value))
    # A lone code after its recipient's group belongs to that.
    named = [one for one in recipients if one.first(_ABOUT, "original-recipient")]
    return _Report(message, tuple(named or recipients[:1]))


def _bounce(letter: Letter, message: Fields, fields: Fields) -> Bounce | None:
    action = fields.first("action").split(";")[0].strip().lower()
    if action in _ARRIVED:
        return None
    final = typed_address(fields.first(_ABOUT))
    recipient = typed_address(fields.first("original-recipient")) or final
    told = fields.first("diagnostic-code", "x-supplementary-info")
    said = _TYPE.sub("", told)
    given = meaning.STATUS.search(fields.first("status"))
    status = given[0] if given else ""
    # Where the machines' part says little, the other may say more.
    if not meaning.is_clear(status, said):
        said = f"{said}\n{spoken_of(letter.text, final) or letter.text[:4_000]}"
    is_late = action == "delayed" or (not action and _is_delay(letter))
    return Bounce(
        kind="deferred" if is_late else _kind(status, said),
        is_ours=not is_late and meaning.is_ours(status, said),
        recipient=recipient or returned_to(letter),
        final=final or recipient,
        status=meaning.best_status(status, said),
        reason=meaning.reason_of(_TYPE.sub("", told) or said),
        reporter=_server(message.first("reporting-mta") or fields.first("remote-mta")),
    )


def _kind(status: str, said: str) -> Kind:
    kind = meaning.kind_of(status, said)
    return "soft" if kind == "unknown" and status else kind


def _is_delay(letter: Letter) -> bool:
    subject = letter.head.first("subject").lower()
    return bool(phrases.DELAYED.search(f"{subject}\n{letter.text[:2_000].lower()}"))


def _server(value: str) -> str:
    """Return the server's name in `dns; mx.example.net (192.0.2.55)`."""
    words = value.rpartition(";")[2].split()
    return words[0][:255] if words and "@" not in words[0] else ""


def servers(letter: Letter) -> Iterator[str]:
    """Yield the servers that a report of any kind names as its own."""
    for text in (*letter.statuses, *letter.feedback):
        for group in blocks(text):
            yield from map(_server, group.all("reporting-mta"))
