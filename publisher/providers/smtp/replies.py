"""Replies: what a server says, cut from the bytes as they arrive.

https://www.rfc-editor.org/rfc/rfc5321#section-4.2
"""

from __future__ import annotations

import re
from collections import deque
from typing import NamedTuple

LONGEST = 1 << 16  # bytes of one reply; whoever says more does not speak SMTP
_USUAL = re.compile(rb"(?:[2-5][0-9][0-9] [^\r\n]*\r\n)+")  # whole, and of one line
_EACH = re.compile(rb"([0-9]{3}) ([^\r\n]*)\r\n")
_LINE = re.compile(rb"([2-5][0-9][0-9])(?:([ -])([^\r\n]*))?\r?")


class Reply(NamedTuple):
    """A code, and the words of all its lines."""

    code: int
    words: bytes

    @property
    def is_yes(self) -> bool:
        """Whether the server did what it was asked."""
        return 200 <= self.code < 300  # noqa: PLR2004


class Replies(deque[Reply]):
    """The whole replies that arrived and were not read yet.

    `is_broken` says that what came after them is none: nothing more can be read.
    """

    def __init__(self) -> None:
        super().__init__()
        self.is_broken = False
        self._rest = b""  # a line that has not ended
        self._code = b""
        self._lines: list[bytes] = []  # of a reply that goes on

    @property
    def has_rest(self) -> bool:
        """Whether a reply has begun and not ended."""
        return bool(self._rest or self._lines)

    def feed(self, data: bytes) -> None:
        r"""Take what arrived.

        >>> replies = Replies()
        >>> replies.feed(b"250-sink\r\n250 SIZE 9\r\n25")
        >>> replies.feed(b"0 ok\r\n")
        >>> list(replies)
        [Reply(code=250, words=b'sink\nSIZE 9'), Reply(code=250, words=b'ok')]
        """
        if not self.has_rest and not self.is_broken and _USUAL.fullmatch(data):
            self.extend(
                [Reply(int(code), words) for code, words in _EACH.findall(data)]
            )
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            if self.is_broken:
                return
            self._read(line)
        if len(self._rest) + sum(map(len, self._lines)) > LONGEST:
            self.is_broken = True

    def _read(self, line: bytes) -> None:
        found = _LINE.fullmatch(line)
        if found is None or (self._lines and found[1] != self._code):
            self.is_broken = True
            return
        code, sign, words = found.groups(b"")
        if sign == b"-":
            self._code = code
            self._lines.append(words)
            return
        if self._lines:
            words = b"\n".join([*self._lines, words])
            self._lines = []
        self.append(Reply(int(code), words))
