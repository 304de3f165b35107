"""Guards of the public pages: headers, how much is read, how often somebody may ask."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from base64 import b64decode
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

LONGEST_BODY = 64_000  # bytes of a form
MOST_KEYS = 20_000  # who is remembered at a time
HARDEST = 40_000  # hashes at most: about a second in a browser
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
)
LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
)


class Careful:
    """Adds `HEADERS` to every answer, and a policy where the page has none."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the app does."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message["headers"], *HEADERS]
                names = {name.lower() for name, _ in headers}
                policy = PAGE_POLICY.format(ancestors="'none'").encode()
                if b"content-security-policy" not in names:
                    headers.append((b"content-security-policy", policy))
                if b"cache-control" not in names:
                    headers.append((b"cache-control", b"no-store"))
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, sending)


@dataclass
class Limiter:
    """Lets each key do something `most` times in so many `seconds`, in this process."""

    most: int
    seconds: float
    clock: Callable[[], float] = time.monotonic
    _seen: OrderedDict[str, deque[float]] = field(default_factory=OrderedDict)

    def allows(self, key: str) -> bool:
        """Count one more, and say whether it is not too many."""
        now = self.clock()
        times = self._seen.setdefault(key, deque())
        self._seen.move_to_end(key)
        while times and now - times[0] >= self.seconds:
            times.popleft()
        while len(self._seen) > MOST_KEYS:
            self._seen.popitem(last=False)
        if len(times) >= self.most:
            return False
        times.append(now)
        return True


@dataclass
class Work:
    """Puzzles that a browser solves in a second: dear for who signs up thousands.

    In the form of https://altcha.org/docs/v2/server-integration (v1 of the protocol):
    find the number whose hash behind the salt is the challenge.
    """

    secret: str
    seconds: float = 1800
    clock: Callable[[], float] = time.time
    _used: OrderedDict[str, None] = field(default_factory=OrderedDict)

    def puzzle(self) -> str:
        """Return a new puzzle, as JSON."""
        salt = f"{secrets.token_hex(12)}?expires={int(self.clock() + self.seconds)}"
        number = secrets.randbelow(HARDEST)
        challenge = hashlib.sha256(f"{salt}{number}".encode()).hexdigest()
        return json.dumps(
            {
                "algorithm": "SHA-256",
                "challenge": challenge,
                "maxnumber": HARDEST,
                "salt": salt,
                "signature": self._signature(challenge),
            }
        )

    def is_done(self, answer: str) -> bool:
        """Say whether an answer solves a puzzle of ours, in time and for once.

        The answer is base64 of JSON, as ALTCHA's own element sends it.
        """
        try:
            found = json.loads(b64decode(answer, validate=True))
            salt, challenge = str(found["salt"]), str(found["challenge"])
            number = int(found["number"])
            expires = int(salt.partition("?expires=")[2])
            signature = str(found["signature"])
        except (ValueError, TypeError, KeyError, AttributeError):
            return False
        solved = hashlib.sha256(f"{salt}{number}".encode()).hexdigest()
        is_ours = hmac.compare_digest(
            signature.encode(), self._signature(challenge).encode()
        )
        is_right = hmac.compare_digest(solved.encode(), challenge.encode())
        if not (is_ours and is_right) or expires < self.clock():
            return False
        if challenge in self._used:
            return False
        self._used[challenge] = None
        while len(self._used) > MOST_KEYS:
            self._used.popitem(last=False)
        return True

    def _signature(self, challenge: str) -> str:
        key = f"publisher.work:{self.secret}".encode()
        return hmac.new(key, challenge.encode(), hashlib.sha256).hexdigest()
