"""The hold: a while in which nothing leaves, so that an issue can be undone."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publisher.models import Issue, Plan
    from publisher.project.folder import Folder

STEP = 0.3  # seconds between two looks at what somebody wishes


def start_of(folder: Folder, plan: Plan) -> datetime | None:
    """Return when the first message may leave; None is at once.

    A rehearsal needs no undoing: nothing of it leaves the machine.
    """
    if not plan.hold or plan.issue.is_rehearsal:
        return None
    return folder.clock() + plan.hold


def wait(
    folder: Folder,
    issue: Issue,
    *,
    stop: Callable[[], bool],
    wish: Callable[[], str],
    stays: bool,
) -> str:
    """Wait for the end of the hold; return why nothing may leave, or "".

    A clock that is set back meanwhile does not make it longer. Who does not `stay`
    comes again later.
    """
    start = issue.starts_at
    if start is None:
        return ""
    end = time.monotonic() + (start - folder.clock()).total_seconds()
    while time.monotonic() < end and folder.clock() < start:
        if stop():
            return _later(folder, issue, start)
        if why := wish():
            return why
        if not stays:
            return _later(folder, issue, start)
        time.sleep(min(STEP, max(0.0, end - time.monotonic())))
    return ""


def _later(folder: Folder, issue: Issue, start: datetime) -> str:
    when = start.astimezone(folder.zone)
    return f"held until {when:%H:%M:%S}; to undo it: publisher cancel {issue.id}"
