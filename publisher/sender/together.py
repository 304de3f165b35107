"""Many messages in one call: claimed together, settled each for itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from publisher.errors import (
    ProviderError,
    PublisherError,
    Refused,
    Rejected,
    StoreError,
    Throttled,
    Unavailable,
    Uncertain,
)
from publisher.models import (
    Delivery,
    Email,
    Fits,
    Message,
    Outcome,
    Receipt,
    State,
)
from publisher.sender.calling import CALL
from publisher.sender.outcomes import accepted, ended
from publisher.sender.turn import REPEATS, Sender
from publisher.sender.waiting import Halt, Pause

Ready = Sequence[tuple[Delivery, Message]]


def _calls(ready: Ready) -> Iterator[Ready]:
    """Part the messages into calls: the emails of one have the same mailing."""
    calls: dict[int, list[tuple[Delivery, Message]]] = {}
    for row, message in ready:
        shared = id(message.mailing) if isinstance(message, Email) else 0
        calls.setdefault(shared, []).append((row, message))
    yield from calls.values()


@dataclass(kw_only=True)
class Together(Sender):
    """Sends through a provider that takes many messages in one call.

    What is claimed is one call for each mailing, also after a crash: the same rows in
    the same order are repeated together, so that a key for a whole call stays the same.
    """

    left: set[str] = field(default_factory=set)  # keys of the call that are not settled
    held: PublisherError | None = None  # what one message met that stops the channel
    most: int = 0  # how many of the last mailing fit into a call; 0: not known yet

    def _batch(self) -> int:
        return min(self.limits.batch, self.most or self.limits.batch)

    def _hand_over(self, rows: Sequence[Delivery]) -> None:
        self.left = {row.key for row in rows}
        self.is_handing_over = False
        try:
            for ready in _calls(self._made(rows)):
                self._call_fitting(ready)
                if self.held is not None:
                    break
        except (Halt, Pause):
            self.is_handing_over = False
            raise
        finally:
            if not self.is_handing_over:  # otherwise nobody knows: they stay claimed
                self._release([row for row in rows if row.key in self.left])
        if self.held is not None:
            held, self.held = self.held, None
            raise self.interruption(held)

    def _settle(self, outcomes: Sequence[Outcome]) -> None:
        super()._settle(outcomes)
        self.left.difference_update(one.key for one in outcomes)

    def _made(self, rows: Sequence[Delivery]) -> Ready:
        """Make the messages; who is skipped or cannot be written to is settled here."""
        done: list[Outcome] = []
        wanted: list[Delivery] = []
        for row in rows:
            if reason := self.skip_reason(row):
                done.append(ended(row, State.SKIPPED, reason))
            else:
                wanted.append(row)
        ready = self._made_together(wanted) or self._made_alone(wanted, done)
        if done and not self._never_forgets:
            # A call without them has another key: what was taken would be sent twice.
            doubt = "its call cannot be repeated: another reader is no longer in it"
            unsure = [pair for pair in ready if pair[0].key in self.doubtful]
            done += [ended(row, State.UNCERTAIN, doubt) for row, _ in unsure]
            ready = [pair for pair in ready if pair not in unsure]
        self._settle(done)
        return ready

    def _made_alone(self, rows: Sequence[Delivery], done: list[Outcome]) -> Ready:
        ready: list[tuple[Delivery, Message]] = []
        for row in rows:
            try:
                ready.append((row, self.message_of(row)))
            except StoreError:
                raise  # that says nothing of the reader
            except PublisherError as error:
                done.append(ended(row, State.FAILED, str(error)))
        return ready

    def _call(self, ready: Ready) -> None:
        """Hand the messages over in one call, and settle what is known of each."""
        began = self.now()
        for _ in range(REPEATS):
            self.pace(len(ready))
            self.look_for_stop()
            try:
                answers = self._answers(ready)
            except Rejected as error:
                self._isolate(ready, error)
                return
            except (Refused, Throttled, Unavailable) as error:
                raise self.interruption(error) from error
            except Uncertain as error:
                doubt = str(error)
                self.doubtful |= {row.key for row, _ in ready}
                if not (self._never_forgets or self._remembers(began)):
                    break
                self.wait(1.0)
                continue
            self._settle(self._read(ready, answers))
            return
        self.silent += 1
        self._settle([ended(row, State.UNCERTAIN, doubt) for row, _ in ready])

    def _answers(self, ready: Ready) -> list[Receipt | ProviderError]:
        self.is_handing_over = True
        self.set_pace()
        provider = self.channel.provider
        try:
            with CALL:
                answers: list[Receipt | ProviderError] = provider.send_many(  # type: ignore[attr-defined]
                    [message for _, message in ready]
                )
        except PublisherError as error:
            self.odd = 0
            self.silent = self.silent if isinstance(error, Uncertain) else 0
            raise
        except Exception as error:  # noqa: BLE001  a plugin may raise anything
            self._note(error)
            self.odd += 1
            return [Uncertain(type(error).__name__) for _ in ready]
        self.is_handing_over = False
        self.unavailable = self.odd = self.silent = 0
        missing = len(ready) - len(answers)
        return [*answers, *[Uncertain("the answer has no word of it")] * missing]

    def _isolate(self, ready: Ready, error: Rejected) -> None:
        """Find the message for which a whole call was refused: send each half.

        The second half is let go meanwhile: what is claimed is one call, so that a
        killed sender's successor repeats that call and no other.
        """
        if len(ready) == 1:
            self._settle([self._rejected(ready[0][0], str(error))])
            return
        self._call_first(ready, len(ready) // 2)

    def _call_fitting(self, ready: Ready) -> None:
        """Hand over as many as fit into one call, and claim no more from then on."""
        provider, message = self.channel.provider, ready[0][1]
        if not (isinstance(provider, Fits) and isinstance(message, Email)):
            self._call(ready)
            return
        try:
            with CALL:
                self.most = provider.fits(message.mailing)
        except (Refused, Throttled, Unavailable) as error:
            raise self.interruption(error) from error
        if self.most < len(ready):
            self._call_first(ready, self.most)
        else:
            self._call(ready)

    def _call_first(self, ready: Ready, count: int) -> None:
        """Hand over the first ones; of the others only those in doubt stay claimed."""
        later = [row.key for row, _ in ready[count:] if row.key not in self.doubtful]
        self.ledger.release(later)
        self.pacer.unsent(len(later))
        self.left.difference_update(later)
        self._call(ready[:count])
        rest = [pair for pair in ready[count:] if pair[0].key in self.doubtful]
        if rest:
            self._call(rest)

    def _read(
        self, ready: Ready, answers: Sequence[Receipt | ProviderError]
    ) -> list[Outcome]:
        """Return the ends of a call; what may still go is not among them."""
        self.is_handing_over = False
        done = []
        for (row, _), answer in zip(ready, answers, strict=False):
            match answer:
                case Receipt():
                    done.append(accepted(row, answer))
                case Rejected():
                    done.append(self._rejected(row, str(answer)))
                case Unavailable(is_personal=True):
                    done.append(self._put_off(row, answer))
                case Refused() | Throttled() | Unavailable():
                    self.held = answer
                    self.late.append(row.key)
                case _:
                    done.append(ended(row, State.UNCERTAIN, str(answer)))
        return done
