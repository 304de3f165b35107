"""The error tree: each class says what its reader can do about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publisher.models import Problem


class PublisherError(Exception):
    """One line that says who, what and where, and a hint that says what to do.

    `where` is `file:line:column` or as much of it as is known.
    """

    exit_code = 1

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        line = f"{self.where}: {self.message}" if self.where else self.message
        return f"{line}. {self.hint}" if self.hint else line


class ConfigError(PublisherError):
    """A setting, a schedule or a channel is not as it must be."""


class SourceError(PublisherError):
    """An article could not be read; the others still are."""


class RenderError(PublisherError):
    """A template could not be rendered."""


class StoreError(PublisherError):
    """The books cannot be opened or written."""


class Blocked(StoreError):  # noqa: N818  it passes
    """The books cannot be written at the moment: later they can."""


class Busy(StoreError):  # noqa: N818  not an accident either
    """Another process is at it, and will do it."""


class CheckFailed(PublisherError):  # noqa: N818  a result, not an accident
    """A check stopped the issue before anything left."""

    exit_code = 4

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        first = self.problems[0]
        more = f" (and {len(self.problems) - 1} more)" if len(self.problems) > 1 else ""
        super().__init__(first.message + more, where=first.where, hint=first.hint)


class PlanChanged(PublisherError):  # noqa: N818
    """What a saved plan promised is no longer what would be sent."""


class ProviderError(PublisherError):
    """A provider did not take a message."""


class Rejected(ProviderError):  # noqa: N818
    """This message, never."""


class Gone(Rejected):
    """What is to be changed or taken back is not there."""


class Refused(ProviderError):  # noqa: N818
    """This channel, stop: a wrong token must not fail everybody."""


class Throttled(ProviderError):  # noqa: N818
    """Wait `retry_after` seconds, then send again."""

    def __init__(
        self, message: str, *, retry_after: float, where: str = "", hint: str = ""
    ) -> None:
        super().__init__(message, where=where, hint=hint)
        self.retry_after = retry_after


class Unavailable(ProviderError):  # noqa: N818
    """Not accepted; send again later.

    `is_personal` means that only this recipient has to wait (a full or greylisting
    mailbox), and that all others may go meanwhile.
    """

    def __init__(
        self,
        message: str,
        *,
        is_personal: bool = False,
        where: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(message, where=where, hint=hint)
        self.is_personal = is_personal


class Uncertain(ProviderError):  # noqa: N818
    """No answer after the bytes left: ask, never repeat blindly."""


class Unsigned(PublisherError):  # noqa: N818
    """A call of a webhook that does not prove who made it, or that is too old."""


class Unreadable(PublisherError):  # noqa: N818
    """A call of a webhook that is not what its provider writes."""
