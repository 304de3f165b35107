"""The postman: sends the letters that ask readers once more, beside the pages."""

from __future__ import annotations

import queue
import threading
from contextlib import suppress

from publisher.errors import PublisherError
from publisher.project.membership import Membership


class Postman:
    """Sends one letter after another, in a thread of its own."""

    def __init__(self, membership: Membership) -> None:
        self._membership = membership
        self._issues: queue.Queue[str] = queue.Queue()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="postman", daemon=True)

    def open(self) -> None:
        """Begin with what was left over when the server stopped."""
        for issue in self._membership.unsent():
            self._issues.put(issue)
        self._thread.start()

    def take(self, issue: str) -> None:
        """Send a letter soon."""
        self._issues.put(issue)

    def close(self) -> None:
        """Finish the letter in hand; the others stand in the ledger."""
        self._is_over.set()
        self._issues.put("")
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def _work(self) -> None:
        while not self._is_over.is_set():
            if issue := self._issues.get():
                # It stays in the ledger, where `status` shows it.
                with suppress(PublisherError):
                    self._membership.write_to(issue, stop=self._is_over.is_set)
