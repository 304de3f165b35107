"""What goes wrong on purpose: which faults, how often, and in which order."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from threading import Lock

from publisher.errors import ConfigError
from publisher.text import suggest

# What the provider does then. A test holds the table in docs/rehearsal.md to it.
FAULTS = {
    "429": "asks to wait, as this provider does",
    "500": "fails, and took nothing",
    "reset": "cuts the connection before it has read the message",
    "lost": "takes it, and cuts the connection instead of an answer",
    "hang": "never answers",
    "slow": "takes its time",
    "html": "takes it, and answers a page",
    "badjson": "takes it, and its answer ends in the middle",
    "partial": "refuses some readers",
}
RATE = 0.05  # of all calls, for a fault that names no rate of its own


@dataclass(frozen=True, kw_only=True)
class Faults:
    """Which faults, by their share of all calls; the same `seed`, the same ones.

    `first` is what happens to the first calls, "" being nothing: so that each fault is
    seen even where there are few calls. The times are seconds: what `429` asks for, how
    late `slow` answers, and after how long `hang` gives up if its caller does not.
    """

    rates: Mapping[str, float] = field(default_factory=dict)
    first: tuple[str, ...] = ()
    seed: int = 0
    wait: float = 1.0
    slowness: float = 0.3
    patience: float = 60.0

    def draws(self) -> Iterator[str]:
        """Yield the fault of each call, in their order; "" for none."""
        yield from self.first
        chance = random.Random(self.seed)  # noqa: S311  no secret is made of it
        while True:
            number = chance.random()
            for name, rate in self.rates.items():
                number -= rate
                if number < 0:
                    yield name
                    break
            else:
                yield ""


def faults_of(words: str, *, seed: int = 0) -> Faults:
    """Read "429,reset:0.2"; each fault comes once early on, and then by its rate.

    >>> faults_of("429,reset:0.2").rates
    {'429': 0.05, 'reset': 0.2}
    """
    rates = dict(_rate(word.strip()) for word in words.split(",") if word.strip())
    if sum(rates.values()) >= 1:
        raise ConfigError(
            "the rates of all faults make 1 or more, so nothing would ever arrive",
            hint="Try: --faults 429:0.1,reset:0.1",
        )
    early = list(rates)
    random.Random(seed).shuffle(early)  # noqa: S311
    # With a good call after each: five bad ones in a row end a channel, and should.
    first = [one for name in early for one in (name, "")]
    return Faults(rates=rates, first=tuple(first), seed=seed)


def _rate(word: str) -> tuple[str, float]:
    name, _, rate = word.partition(":")
    if name not in FAULTS:
        close = suggest(name, list(FAULTS))
        hint = f"Did you mean {close}?" if close else f"Try one of: {','.join(FAULTS)}"
        raise ConfigError(f"there is no fault {name!r}", hint=hint)
    try:
        share = float(rate) if rate else RATE
    except ValueError:
        share = -1.0
    if not 0 < share < 1:
        raise ConfigError(
            f"the rate of {name} must be between 0 and 1", hint=f"Try: {name}:{RATE}"
        )
    return name, share


class Deck:
    """Deals the faults to calls that may come from several threads."""

    def __init__(self, faults: Faults) -> None:
        self._draws = faults.draws()
        self._lock = Lock()

    def next(self) -> str:
        """Return the fault of the next call."""
        with self._lock:
            return next(self._draws)
