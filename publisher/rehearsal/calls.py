"""A call and its answer, as bytes on the wire; what a dialect speaks."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import Any, ClassVar, Protocol


@dataclass(frozen=True)
class Call:
    """One HTTP request. Names of headers are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | bytearray = b""

    @cached_property
    def json(self) -> Any:
        """The body, parsed: only where counting is not enough."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """One HTTP answer."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = "application/json"

    def bytes(self) -> bytes:
        """Return it as it stands on the wire."""
        phrase = HTTPStatus(self.status).phrase
        lines = [f"HTTP/1.1 {self.status} {phrase}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        lines += [f"Content-Type: {self.kind}", f"Content-Length: {len(self.body)}"]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


def in_json(value: Any, status: int = 200, **headers: str) -> Reply:
    """Return an answer in JSON; `retry_after="1"` is the header Retry-After.

    >>> in_json({"ok": True}, 429, retry_after="1").headers
    {'Retry-After': '1'}
    """
    named = {name.replace("_", "-").title(): text for name, text in headers.items()}
    return Reply(status, json.dumps(value).encode(), named)


class Dialect(Protocol):
    """How one provider speaks; each lives in a file of its own.

    `settings` are what it must be opened with beside its address and its secrets.
    `is_whole` says that it refuses a call as a whole where a reader in it is wrong.
    """

    settings: ClassVar[Mapping[str, str]]
    is_whole: ClassVar[bool]

    def aside(self, call: Call) -> Reply | None:
        """Answer what is no sending, such as a login; None: it is one."""
        ...

    def marks(self, call: Call) -> list[str]:
        """Return whose messages a call has, without reading it all."""
        ...

    def key(self, call: Call) -> str:
        """Return the key by which a repeated call is known; "" where none exists."""
        ...

    def taken(self, call: Call, marks: Sequence[str], refused: set[str]) -> Reply:
        """Say what became of each message; of a whole call, if any was refused."""
        ...

    def repeated(self, call: Call, first: Reply, *, is_same: bool) -> Reply:
        """Answer a call whose key came before, with the same body or another."""
        ...

    def throttled(self, seconds: float) -> Reply:
        """Ask to wait."""
        ...

    def failed(self) -> Reply:
        """Fail, as its servers do."""
        ...


class Plain:
    """What most dialects have in common: no login, no key, Retry-After."""

    settings: ClassVar[Mapping[str, str]] = {}
    is_whole: ClassVar[bool] = False

    def aside(self, call: Call) -> Reply | None:  # noqa: ARG002  others look at it
        """Take every call for a sending."""
        return None

    def key(self, call: Call) -> str:  # noqa: ARG002
        """Remember none."""
        return ""

    def repeated(self, call: Call, first: Reply, *, is_same: bool) -> Reply:  # noqa: ARG002
        """Answer as the first time."""
        return first

    def failed(self) -> Reply:
        """Fail in a sentence."""
        return in_json({"message": "Internal server error"}, 500)


def found(mark: re.Pattern[bytes], call: Call, begin: int = 0) -> list[str]:
    """Return the marks in a body: a search is twenty times as fast as parsing it."""
    marks: list[bytes] = mark.findall(call.body, begin)
    return b"\n".join(marks).decode().split("\n") if marks else []
