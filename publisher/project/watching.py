"""Reads the bounce mailbox while the schedules run, and is never in their way."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

from publisher import config
from publisher.errors import Busy, PublisherError
from publisher.project import returning

if TYPE_CHECKING:
    from publisher.project.folder import Folder

log = logging.getLogger(__name__)
PATIENCE = 5.0  # seconds for a look that is under way when all ends


def look(folder: Folder, *, stop: Callable[[], bool], told: str = "") -> str:
    """Read the mailbox, if there is one; return what was wrong, and log it once.

    `told` is what was wrong the last time.
    """
    try:
        if config.bounce_mailbox(folder.settings.environ) is None:
            return ""
        found = returning.fetch(folder, stop=stop)
    except Busy:  # another process reads it
        return told
    except PublisherError as error:
        if str(error) != told:
            log.warning("the bounce mailbox is not read: %s", error)
        return str(error)
    if found.suppressed:
        log.warning("the bounce mailbox: %s suppressed", f"{found.suppressed:,}")
    return ""


@contextmanager
def watched(
    opened: Callable[[], Folder], *, stop: Callable[[], bool]
) -> Iterator[None]:
    """Look into the mailbox again and again, beside whatever is done meanwhile.

    `opened` gives a folder that this thread has for itself.
    """
    over = Event()

    def is_over() -> bool:
        return over.is_set() or stop()

    thread = Thread(target=_looks, args=(opened, over, is_over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(PATIENCE)


def _looks(
    opened: Callable[[], Folder], over: Event, is_over: Callable[[], bool]
) -> None:
    told, wait = "", 60.0
    while not is_over():
        try:
            with opened() as folder:
                wait = config.bounce_interval(folder.settings.environ).total_seconds()
                told = look(folder, stop=is_over, told=told)
        except PublisherError as error:
            if str(error) != told:
                log.warning("the bounce mailbox is not read: %s", error)
            told = str(error)
        over.wait(wait)
