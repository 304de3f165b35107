"""Fields: an Email as the providers that make the MIME themselves want it.

They take names and addresses apart, in Unicode, and put what they get into headers.
"""

from __future__ import annotations

from dataclasses import replace

from publisher.mime.attachments import checked as checked_attachments
from publisher.mime.headers import (
    ascii_domain,
    other_lines,
    sender_lines,
    subject_line,
    to_line,
)
from publisher.models import Email, Mailbox, Mailing, Slot, key_mark

KEY_HEADER = "X-Publisher-Key"  # which delivery an email is


def checked(email: Email) -> Email:
    """Return the email with domains as DNS knows them, or refuse what no header holds.

    `Rejected` is about the reader, `Refused` about the sender, as in `mime.encode`.
    """
    # Written for what they refuse: line breaks, addresses that are none.
    _ = [
        *sender_lines(email.sender, email.reply_to),
        to_line(email.recipient),
        subject_line(email.subject),
        *other_lines(email.headers),
    ]
    mailing = replace(
        email.mailing,
        sender=in_ascii(email.sender),
        reply_to=_ascii_address(email.reply_to) if email.reply_to else "",
    )
    return replace(email, mailing=mailing, recipient=in_ascii(email.recipient))


def checked_mailing(mailing: Mailing) -> Mailing:
    """Return the mailing with domains as DNS knows them, or refuse what cannot go."""
    _ = [
        *sender_lines(mailing.sender, mailing.reply_to),
        subject_line(subject_of(mailing)),
        *other_lines(mailing.headers),
    ]
    checked_attachments(mailing.attachments)
    reply_to = _ascii_address(mailing.reply_to) if mailing.reply_to else ""
    return replace(mailing, sender=in_ascii(mailing.sender), reply_to=reply_to)


def subject_of(mailing: Mailing) -> str:
    """Return the subject that all have, or an empty one: where it has slots."""
    parts = mailing.draft.subject
    if any(isinstance(part, Slot) for part in parts):
        return ""
    return " ".join("".join([f"{part}" for part in parts]).split())


def written(box: Mailbox) -> str:
    """Return a mailbox on one line, its name quoted and in its own letters.

    >>> written(Mailbox("ada@example.org", "Ångström, Ada"))
    '"Ångström, Ada" <ada@example.org>'
    """
    if not box.name:
        return box.address
    name = box.name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{name}" <{box.address}>'


def delivery_mark(email: Email) -> str:
    """Return which delivery this is, as its header says it."""
    return email.headers.get(KEY_HEADER, "") or key_mark(email.key)


def in_ascii(box: Mailbox) -> Mailbox:
    """Return the mailbox with its domain as DNS knows it."""
    return replace(box, address=_ascii_address(box.address))


def _ascii_address(address: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local}@{ascii_domain(domain)}"
