"""The dialogue: the commands of messages, and what each reply to them means.

https://www.rfc-editor.org/rfc/rfc5321#section-3.3
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache

from publisher.errors import ProviderError, Unavailable, Uncertain
from publisher.models import Receipt
from publisher.providers.smtp.meaning import CLOSING, About, meaning, queued_as, said
from publisher.providers.smtp.replies import Reply
from publisher.providers.smtp.wire import UNREADABLE, Lost, Steps, Wire

GO_AHEAD = 354
QUESTION = 3  # the first digit of a reply that asks for more
LAST_WORDS = 5.0  # seconds that a server which closes has for what it owes
DOT = b".\r\n"


class Step(Enum):
    """What is said, and what a reply is an answer to."""

    RESET = auto()
    SENDER = auto()
    RECIPIENT = auto()
    DATA = auto()
    MESSAGE = auto()  # the dot, or the last BDAT


_COMMANDS = {
    Step.RESET: "rset\r\n",
    Step.SENDER: "MAIL FROM:<%(sender)s>%(options)s\r\n",
    Step.RECIPIENT: "RCPT TO:<%(recipient)s>\r\n",
    Step.DATA: "DATA\r\n",
    Step.MESSAGE: "BDAT %(size)s LAST\r\n",
}


@cache  # there are few ways to begin a message
def _commands(steps: tuple[Step, ...]) -> str:
    return "".join([_COMMANDS[step] for step in steps])


@dataclass(eq=False, slots=True)
class Parcel:
    """One message as it travels."""

    number: int
    message_id: str
    sender: str
    recipient: str
    content: bytes
    begins: float = 0.0  # when its turn is, by the clock that never goes back
    end: int = -1  # where it ends in all that was written; -1: it was not begun
    is_first: bool = False  # on its connection
    is_turned_away: bool = False  # the server closes, and has not looked at it
    refused_at: Step | None = None
    answer: Receipt | ProviderError | None = None

    def unsent(self) -> Parcel:
        """Return it as it was before it travelled."""
        return Parcel(
            self.number, self.message_id, self.sender, self.recipient, self.content
        )


class Dialogue:
    """Speaks over one connection, and knows which reply belongs to what."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.is_closing = False  # the server said so
        self._expected: deque[tuple[Step, Parcel]] = deque()
        self._held: Parcel | None = None  # the server waits for its content
        self._tells_size = "SIZE" in wire.features

    # --- out -------------------------------------------------------------------------

    def say(self, parcel: Parcel, *steps: Step) -> None:
        """Write the steps of a message, behind the content of the one before."""
        self._heed_interruption()
        parts = self._ending()
        if self.wire.is_dirty and steps[0] is Step.SENDER:
            # What is on its way may be refused. Some servers then keep its envelope,
            # and this message would go to the reader of that one as well.
            steps = (Step.RESET, *steps)
        self._expected.extend([(step, parcel) for step in steps])
        parts.append(self._filled(_commands(steps), parcel).encode())
        if steps[-1] is Step.MESSAGE:
            parts.append(parcel.content)
            parcel.end = self.wire.written + sum(map(len, parts))
        self.wire.is_dirty = True
        self.wire.put(*parts)

    def finish(self) -> None:
        """Write the content that the server waits for, if it does."""
        self._heed_interruption()
        if parts := self._ending():
            self.wire.put(*parts)

    def _ending(self) -> list[bytes]:
        """Return the content and its dot; only the dot, if nobody is to get it."""
        parcel, self._held = self._held, None
        if parcel is None:
            return []
        self._expected.append((Step.MESSAGE, parcel))
        if parcel.refused_at:
            return [DOT]
        parcel.end = self.wire.written + len(parcel.content) + len(DOT)
        return [parcel.content, DOT]

    def _filled(self, commands: str, parcel: Parcel) -> str:
        size = len(parcel.content)
        # No 8BITMIME: our emails are ASCII on the wire.
        options = f" SIZE={size}" if self._tells_size else ""
        if not (parcel.sender.isascii() and parcel.recipient.isascii()):
            options += " SMTPUTF8"
        return commands % {
            "sender": parcel.sender,
            "recipient": parcel.recipient,
            "options": options,
            "size": size,
        }

    # --- in --------------------------------------------------------------------------

    def hear(self) -> Steps[Parcel | None]:
        """Take replies until one is the end of a message; None: all were taken."""
        while self._expected:
            reply = yield from self.wire.reply()
            step, parcel = self._expected.popleft()
            if step is Step.MESSAGE:
                self._conclude(parcel, reply)
                return parcel
            if step is Step.DATA:
                if self._is_turned_down(parcel, reply):
                    return parcel
            elif not reply.is_yes:
                self._refuse(parcel, reply, step)
        return None

    def _refuse(self, parcel: Parcel, reply: Reply, step: Step) -> None:
        self._heed(reply)
        if step is Step.RESET and not self.is_closing:
            raise self._confused()  # nobody knows what it makes of the rest
        if parcel.refused_at:
            return
        parcel.refused_at = step
        about: About = "recipient" if step is Step.RECIPIENT else "sender"
        parcel.answer = meaning(reply, about)
        if step is not Step.RECIPIENT and self.is_closing:
            # Between two messages: it is not about this one.
            parcel.is_turned_away = True
            words = f"the server closed the connection ({said(reply)})"
            parcel.answer = Unavailable(f"smtp: {words}")

    def _is_turned_down(self, parcel: Parcel, reply: Reply) -> bool:
        if reply.code == GO_AHEAD:
            if parcel.refused_at not in {None, Step.RECIPIENT}:
                raise self._confused()  # nobody knows whose readers it would go to
            self._held = parcel
            return False
        self._heed(reply)
        if reply.is_yes:
            raise self._confused()
        if parcel.refused_at is None:
            parcel.refused_at = Step.DATA
            parcel.answer = meaning(reply, "message")
        return True

    def _conclude(self, parcel: Parcel, reply: Reply) -> None:
        if not reply.is_yes:
            self._heed(reply)
            parcel.answer = parcel.answer or meaning(reply, "message")
            return
        if not self._expected:
            self.wire.is_dirty = False
        if parcel.refused_at is None:
            parcel.answer = Receipt(queued_as(reply) or parcel.message_id)
        elif parcel.refused_at is not Step.RECIPIENT:
            parcel.is_turned_away = False
            parcel.answer = Uncertain("smtp: the server refused it and then took it")

    def _heed(self, reply: Reply) -> None:
        """Look whether a reply that is no yes says more than no."""
        if reply.code // 100 == QUESTION:
            raise self._confused()
        if reply.code == CLOSING:
            self.is_closing = True
            self.wire.hurry(LAST_WORDS)

    def _heed_interruption(self) -> None:
        """End it when a server speaks that was not asked: mostly it closes."""
        if self._expected or not self.wire.replies:
            return
        reply = self.wire.replies.popleft()
        self.wire.is_alive = False
        if reply.code != CLOSING:
            raise self._confused()
        self.is_closing = True
        raise Lost(f"the server closed the connection ({said(reply)})", is_over=True)

    def _confused(self) -> Lost:
        self.wire.is_alive = False
        return Lost(UNREADABLE)
