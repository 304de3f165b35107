"""News: what SES says of a message, in a notice of SNS.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from publisher import hooks
from publisher.errors import Unreadable
from publisher.models import Event, Json, Request
from publisher.providers.ses import notices

_SENSES = {
    "Delivery": hooks.DELIVERED,
    "DeliveryDelay": hooks.DEFERRED,
    "Reject": hooks.OURS,
    "Open": hooks.OPENED,
    "Click": hooks.CLICKED,
}
# Where the readers stand that it is about.
_WHO = {
    "Bounce": "bouncedRecipients",
    "Complaint": "complainedRecipients",
    "Delivery": "recipients",
    "DeliveryDelay": "delayedRecipients",
}
_BLOCKED = {"ContentRejected", "AttachmentRejected", "MessageTooLarge"}


def heard(request: Request, topic: str, own: str) -> list[Event]:
    """Verify a notice about the topic and read it, or tell SNS that we want them.

    `own` is where SNS answers in tests.
    """
    notice = notices.proven(request, topic, own)
    match notice.get("Type"):
        case "SubscriptionConfirmation":
            notices.confirm(notice, own)
        case "Notification":
            return _events(notice, request)
    return []


def _events(notice: Json, request: Request) -> list[Event]:
    """Return the events of a notice; a word about the topic itself has none."""
    message = hooks.text(notice, "Message")
    if not message.lstrip().startswith("{"):
        return []  # "Successfully validated SNS topic for Amazon SES event publishing."
    said = hooks.read(message)
    if not isinstance(said, dict):
        raise Unreadable("it holds no events")
    name = hooks.text(said, "eventType") or hooks.text(said, "notificationType")
    sense = _sense(said, name)
    if sense is None:
        return []
    about = said.get(f"{name[:1].lower()}{name[1:]}")
    own = hooks.text(notice, "MessageId")
    return [
        hooks.made(
            sense,
            request,
            name=f"{own}/{number}" if number else own,
            address=address,
            at=hooks.part(about, "timestamp") or notice.get("Timestamp"),
            mark=hooks.text(said, "mail", "tags", "delivery", 0),
            message=hooks.text(said, "mail", "messageId"),
            reasons=[*_reasons(about), reason],
        )
        for number, (address, reason) in enumerate(_readers(said, about, name))
    ]


def _sense(said: Json, name: str) -> hooks.Sense | None:
    match name:
        case "Bounce" if hooks.text(said, "bounce", "bounceType") == "Permanent":
            return hooks.GONE
        case "Bounce":
            kind = hooks.text(said, "bounce", "bounceSubType")
            return hooks.OURS if kind in _BLOCKED else hooks.SOFT
        case "Complaint":
            kind = hooks.text(said, "complaint", "complaintFeedbackType")
            return None if kind == "not-spam" else hooks.COMPLAINED
        case "Subscription":
            new = hooks.part(said, "subscription", "newTopicPreferences")
            is_out = hooks.part(new, "unsubscribeAll") is True
            return hooks.UNSUBSCRIBED if is_out else None
    return _SENSES.get(name)


def _readers(said: Json, about: object, name: str) -> Iterator[tuple[str, str]]:
    """Yield whom it is about, each with what their server said."""
    to = hooks.part(said, "mail", "destination")
    named = hooks.part(about, _WHO[name]) if name in _WHO else to
    if isinstance(to, list) and len(to) == 1:
        # Whom we wrote to: a bounce names where that was forwarded to.
        yield hooks.text(to, 0), hooks.text(named, 0, "diagnosticCode")
        return
    for one in named if isinstance(named, list) else ():
        address = hooks.text(one, "emailAddress") or hooks.text([one], 0)
        yield address, hooks.text(one, "diagnosticCode")


def _reasons(about: object) -> list[str]:
    names = ("bounceType", "bounceSubType", "complaintFeedbackType", "delayType")
    return [hooks.text(about, name) for name in (*names, "reason")]


def listed(pages: Iterable[Json], now: datetime) -> Iterator[Event]:
    """Yield who is on the account's own list of suppressions."""
    for page in pages:
        for one in hooks.rows(page, "SuppressedDestinationSummaries"):
            reason = hooks.text(one, "Reason")
            moment = one.get("LastUpdateTime")
            yield hooks.listed(
                hooks.COMPLAINED if reason == "COMPLAINT" else hooks.GONE,
                address=hooks.text(one, "EmailAddress"),
                at=moment.isoformat() if isinstance(moment, datetime) else moment,
                now=now,
                reason=reason,
            )
