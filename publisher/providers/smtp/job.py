"""The job of one call: which messages wait, and what became of each."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from publisher.errors import ProviderError, Refused, Throttled, Unavailable, Uncertain
from publisher.mime import encode
from publisher.models import Email, Receipt
from publisher.providers.smtp.dialogue import Parcel
from publisher.providers.smtp.envelope import address, sender_of

Answer: TypeAlias = Receipt | ProviderError

_LATER = (Refused, Throttled, Unavailable)  # all may still be sent


class Job:
    """The messages of one call, for the threads that carry them.

    A thread takes a message, and settles it or gives it back; so at any moment a
    message waits, is settled, or is in the hands of one thread.
    """

    def __init__(self, emails: Sequence[Email], bounces_to: str) -> None:
        self.stopped: ProviderError | None = None  # why nothing more may go
        self._emails = emails
        self._bounces_to = bounces_to
        self._answers: dict[int, Answer] = {}
        self._waiting = deque(range(len(emails)))  # its ends are safe among threads
        self._given_back: set[int] = set()
        self._trouble: ProviderError | None = None

    @property
    def waiting(self) -> int:
        """How many nobody has taken yet."""
        return len(self._waiting)

    # --- for those who carry ---------------------------------------------------------

    def next(self) -> Parcel | None:
        """Take the next message that can be sent at all; None if there is none."""
        while self.stopped is None:
            try:
                number = self._waiting.popleft()
            except IndexError:
                return None
            try:
                return self._parcel(number)
            except ProviderError as error:
                self.settle(number, error)
        return None

    def _parcel(self, number: int) -> Parcel:
        email = self._emails[number]
        content = encode(email)  # in which no line begins with a dot
        return Parcel(
            number,
            email.message_id,
            sender_of(email, self._bounces_to),
            address(email.recipient.address),
            content,
        )

    def settle(self, number: int, answer: Answer) -> None:
        """Note what became of a message; what is wrong with us stops the job."""
        self._answers[number] = answer
        if isinstance(answer, Refused):
            self.stop(answer)

    def give_back(self, parcels: Iterable[Parcel]) -> None:
        """Let messages of which nothing was sent wait for another connection."""
        self._waiting.extendleft(sorted((one.number for one in parcels), reverse=True))

    def may_repeat(self, number: int) -> bool:
        """Allow a message whose connection was lost another one, once."""
        if number in self._given_back:
            return False
        self._given_back.add(number)
        return True

    def note(self, trouble: ProviderError) -> None:
        """Remember what keeps messages from being carried."""
        self._trouble = trouble

    def stop(self, why: ProviderError) -> None:
        """Begin no other message."""
        self.stopped = self.stopped or why

    # --- for who asked ---------------------------------------------------------------

    def answers(self) -> list[Answer]:
        """Return what became of each; raise what is about all of them."""
        waiting = set(self._waiting)
        why = self.stopped or self._trouble or Unavailable("smtp: nobody carried it")
        lost = Uncertain("smtp: nobody knows what became of it")
        answers = [
            self._answers.get(number) or (why if number in waiting else lost)
            for number in range(len(self._emails))
        ]
        later = [one for one in answers if isinstance(one, _LATER)]
        if later and len(later) == len(answers):
            raise self.stopped or later[0]
        return answers
