"""The strict double of a provider: looks at every call before the fake answers it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from publisher.rehearsal import Call
from tests.doubles.documents import LIMITS, problems
from tests.doubles.letters import READERS, Letter


@dataclass
class Double:
    """Collects what is wrong, for a server's thread cannot fail a test.

    `form` is what the provider's document says, where it is in `specs`; `privacy` what
    no reader may see.
    """

    provider: str
    specs: Path | None
    secret: str = ""
    form: list[str] = field(default_factory=list)
    privacy: list[str] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    calls: int = 0

    def __call__(self, call: Call) -> None:
        if call.path.endswith("createSession") or call.method == "GET":
            return
        self.calls += 1
        try:
            self.form += problems(self.provider, call, self.specs, self.secret)
            if self.provider in READERS:
                self._read(call)
        except Exception as error:  # noqa: BLE001  whatever it is, the call is odd
            self.form.append(f"cannot be read: {type(error).__name__} {error}")

    @property
    def problems(self) -> list[str]:
        """Everything that is wrong."""
        return [*self.form, *self.privacy]

    def _read(self, call: Call) -> None:
        letters = list(READERS[self.provider](call))
        most, longest = LIMITS[self.provider]
        if not 0 < len(letters) <= most or len(call.body) > longest:
            self.form.append(f"{len(letters)} readers and {len(call.body)} bytes")
        self.privacy += _seen_by_others(letters)
        self.privacy += _other_addressees(call)
        self.letters += letters


def _seen_by_others(letters: list[Letter]) -> Iterator[str]:
    """Say who sees another reader's address, mark or way out."""
    for own in ("mark", "reader", "unsubscribe"):
        values = [_own(letter, own) for letter in letters]
        if len({*values}) < len(values) and all(values):
            yield f"two readers have the same {own}"
        for number, letter in enumerate(letters):
            seen = " ".join(
                (letter.subject, letter.text, letter.html, letter.others, letter.name)
            )
            for other, value in enumerate(values):
                if other != number and value and value in seen:
                    yield f"reader {number} sees the {own} of reader {other}"


def _own(letter: Letter, name: str) -> str:
    if name == "unsubscribe":
        return letter.headers.get("list-unsubscribe", "")
    return letter.mark if name == "mark" else letter.reader


def _other_addressees(call: Call) -> Iterator[str]:
    """Say whether a message is for anybody beside its reader."""
    if not call.headers.get("content-type", "").startswith("application/json"):
        return
    names = _names(json.loads(call.body))
    yield from (f"there is {one}" for one in {"cc", "bcc", "header_to"} & names)


def _names(value: object) -> set[str]:
    if isinstance(value, dict):
        below = [_names(one) for one in value.values()]
        return {str(name).lower() for name in value}.union(*below)
    if isinstance(value, list):
        return set().union(*map(_names, value))
    return set()
