"""Visits: clicks and opens as they come, and which of them a person made.

Nothing of a visitor is kept: for some seconds, in memory, a hash with a salt that dies
with the process tells whether one of them follows every link of a letter.
"""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING

from publisher.errors import StoreError
from publisher.store import Trace

if TYPE_CHECKING:
    from publisher.store import Target, Tracks

WINDOW = 10.0  # seconds: who follows all links in them is a scanner
ALL = 5  # different links of one letter, or all that it has, if these are fewer
OFTEN = 5.0  # seconds between two times that what is known is written down
MOST = 50_000  # visits that wait; who sends more than these is no reader
# Programs that follow links before people do, or instead of them, as they name
# themselves. https://developers.google.com/search/docs/crawling-indexing/verifying-googlebot
MACHINES = re.compile(
    r"bot\b|bot/|crawl|spider|slurp|scan|preview|prefetch|monitor|uptime|pingdom"
    r"|curl|wget|python|httpx|aiohttp|okhttp|go-http|java/|libwww|perl|ruby|php"
    r"|axios|node-fetch|undici|headless|phantom|puppeteer|playwright|selenium|lighthouse"
    r"|barracuda|mimecast|proofpoint|urldefense|fireeye|trendmicro|symantec|sophos"
    r"|forcepoint|cisco|ironport|messagelabs|safelinks|safebrowsing|virustotal|zscaler"
    r"|fortinet|fortiguard|mailscanner|bitdefender|kaspersky|checkpoint|avanan"
    r"|facebookexternalhit|whatsapp|telegram|slack|discord|skype|embedly|vkshare"
    r"|validator|linkcheck|feed|archive",
    re.IGNORECASE,
)
# What Apple's Mail Privacy Protection calls itself, which fetches what nobody opened.
UNSEEN = "Mozilla/5.0"
PURPOSES = ("purpose", "sec-purpose", "x-purpose", "x-moz")
AHEAD = re.compile(r"prefetch|prerender|preview|instant", re.IGNORECASE)


def is_person(method: str, headers: Mapping[str, str]) -> bool:
    """Say whether a person seems to be there, who does not ask to be left alone.

    `headers` have names in lower case. Who sends DNT or Sec-GPC is not counted.
    https://www.w3.org/TR/gpc/#the-sec-gpc-header-field-for-http-requests
    """
    browser = headers.get("user-agent", "").strip()
    if method != "GET" or not browser or MACHINES.search(browser):
        return False
    if any(AHEAD.search(headers.get(name, "")) for name in PURPOSES):
        return False
    return headers.get("dnt") != "1" and headers.get("sec-gpc") != "1"


@dataclass
class _Looks:
    """What one visitor does with one letter, since a moment of the clock."""

    since: float
    clicks: dict[str, Target] = field(default_factory=dict)  # by mark: each once
    traces: dict[str, Trace] = field(default_factory=dict)
    days: dict[int, str] = field(default_factory=dict)

    @property
    def are_a_scanner(self) -> bool:
        """Say whether all links of the letter were followed, or too many."""
        count = max((one.links for one in self.clicks.values()), default=0)
        return len(self.clicks) >= max(2, min(count, ALL))


@dataclass
class _Known:
    """What people did, ready to be written down."""

    clicks: Counter[str] = field(default_factory=Counter)
    days: dict[int, str] = field(default_factory=dict)
    traces: list[Trace] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.clicks or self.days or self.traces)

    def add(self, looks: _Looks) -> None:
        self.clicks.update([*looks.clicks])
        self.days |= looks.days
        self.traces += looks.traces.values()


class Visits:
    """Counts what people do, some seconds later: a scanner is known by then.

    What waits is counted when the server stops, and lost where it is killed.
    """

    def __init__(
        self,
        tracks: Callable[[], Tracks],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tracks = tracks
        self._clock = clock
        self._salt = secrets.token_bytes(32)
        self._looks: dict[tuple[bytes, str], _Looks] = {}
        self._known = _Known()
        self._lock = threading.Lock()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="visits", daemon=True)

    def clicked(
        self,
        target: Target,
        *,
        place: str,
        headers: Mapping[str, str],
        method: str,
        trace: Trace | None = None,
    ) -> None:
        """Take in a click from a network address; it is counted later, if at all.

        With a `trace` it is a reader's, who has allowed that.
        """
        if not is_person(method, headers):
            return
        with self._lock:
            looks = self._looks_of(place, headers, f"{target.issue} {target.draft}")
            looks.clicks.setdefault(target.mark, target)
            if trace:
                looks.traces.setdefault(f"{trace.reader} {target.mark}", trace)

    def opened(
        self,
        key: str,
        found: Trace | tuple[int, str],
        *,
        place: str,
        headers: Mapping[str, str],
        method: str,
    ) -> None:
        """Take in that a reader opened something: on a day, or what they allowed.

        Who fetches all pictures before anybody looks is nobody who opens a letter.
        """
        is_ahead = headers.get("user-agent", "").strip() == UNSEEN
        if is_ahead or not is_person(method, headers):
            return
        with self._lock:
            looks = self._looks_of(place, headers, "")
            if isinstance(found, Trace):
                looks.traces.setdefault(key, found)
            else:
                looks.days[found[0]] = found[1]

    def _looks_of(self, place: str, headers: Mapping[str, str], letter: str) -> _Looks:
        who = f"{place}\0{headers.get('user-agent', '')}".encode()
        visitor = blake2b(who, key=self._salt, digest_size=16).digest()
        if len(self._looks) >= MOST and (visitor, letter) not in self._looks:
            return _Looks(0)  # lost: no reader does so much
        return self._looks.setdefault((visitor, letter), _Looks(self._clock()))

    def open(self) -> None:
        """Begin to count."""
        self._thread.start()

    def close(self) -> None:
        """Count what waits, and end."""
        self._is_over.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)
        with suppress(StoreError):
            self.count(all_=True)

    def count(self, *, all_: bool = False) -> None:
        """Write down what people did before the last seconds, or all of it."""
        now = self._clock()
        with self._lock:
            done = [
                key
                for key, looks in self._looks.items()
                if all_ or now - looks.since >= WINDOW
            ]
            scanners = {
                visitor
                for (visitor, _), looks in self._looks.items()
                if looks.are_a_scanner
            }
            for key in done:
                looks = self._looks.pop(key)
                if key[0] not in scanners:
                    self._known.add(looks)
            known, self._known = self._known, _Known()
        if not known:
            return
        try:
            self._tracks().count(known.clicks, days=known.days, found=known.traces)
        except StoreError:
            with self._lock:  # somebody else holds the books: once more, later
                known.days |= self._known.days
                known.clicks += self._known.clicks
                known.traces += self._known.traces
                self._known = known
            raise

    def _work(self) -> None:
        while not self._is_over.wait(OFTEN):
            with suppress(StoreError):
                self.count()
