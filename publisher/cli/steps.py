"""Whose turn it is in a sequence, in words: `plan`, `schedules` and `status` say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.cli.output import plural

if TYPE_CHECKING:
    from publisher.models import Step


def in_words(step: Step) -> str:
    """Return "3 readers are due, 12 wait, the next on Thu 26 Nov 2026 09:00 CET"."""
    if step.wish == "cancelled":
        return "cancelled: nobody gets it any more"
    words = [_due(step)]
    if step.asked:
        words.append(f"{step.asked:,} of them wait for your word")
    if step.waiting:
        words.append(f"{step.waiting:,} {'waits' if step.waiting == 1 else 'wait'}")
    if step.next_at:
        words.append(f"the next on {step.next_at:%a %d %b %Y %H:%M %Z}")
    if not step.has_begun and step.campaign.since == "first seen":
        words.append("who subscribes from its first run on is in it")
    elif not step.has_begun:
        words.append("it has not begun")
    if step.wish:
        words.append(step.wish)
    return ", ".join(words)


def _due(step: Step) -> str:
    if not step.due:
        return "nobody is due"
    return f"{plural(step.due, 'reader')} {'is' if step.due == 1 else 'are'} due"
