"""Whoever only looks changes nothing, and whoever forges a link is not believed.

Scanners of mail, prefetching browsers and people who try things out ask for every link
in every letter: `PUBLISHER_FUZZ` is how many of their requests are made up, by a seed.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest

from publisher import tokens
from publisher.models import Consent
from publisher.project import Project, pausing
from publisher.web.public import application
from tests.conftest import Letters

LOOKS = int(os.environ.get("PUBLISHER_FUZZ", "1200"))
MANY = max(LOOKS, 50_000)
SEED = 20261123
PUBLIC = "site:\n  public_url: https://letters.example.org\n"
READERS = ("nina", "bo", "şule+news", "o'hara")
PURPOSES = {
    "confirm": tokens.CONFIRMING,
    "out": tokens.PURPOSE,
    "choices": tokens.CHOOSING,
}
AGENTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com)",
    "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
    "Barracuda Sentinel (EE)",
    "Mozilla/4.0 (compatible; MSIE 9.0; Windows NT 6.1; Microsoft Outlook 14.0)",
    "Mozilla/5.0 (compatible; Proofpoint URL Defense)",
    "SafeLinks/1.0",
    "Mimecast URL Protect",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "facebookexternalhit/1.1",
    "WhatsApp/2.23.20.0 A",
    "curl/8.5.0",
    "",
    "\u00e9 \u0000 x" * 3,
)
HEADERS = (
    ("purpose", "prefetch"),
    ("sec-purpose", "prefetch;prerender"),
    ("x-moz", "prefetch"),
    ("x-purpose", "preview"),
    ("x-http-method-override", "POST"),
    ("x-http-method", "POST"),
    ("x-method-override", "DELETE"),
    ("content-type", "application/x-www-form-urlencoded"),
    ("content-type", "multipart/form-data; boundary=x"),
    ("content-length", "-1"),
    ("transfer-encoding", "chunked"),
    ("accept-language", "it-IT,it;q=0.9,*;q=0.1"),
    ("accept-language", "ar\x00;;q=x,,,"),
    ("range", "bytes=0-1"),
    ("if-none-match", "*"),
    ("origin", "https://elsewhere.example"),
    ("cookie", "made=1; do=leave"),
    ("x-forwarded-host", "elsewhere.example"),
    ("x-forwarded-for", "127.0.0.1"),
    ("expect", "100-continue"),
    ("upgrade", "h2c"),
)
QUERIES = (
    b"",
    b"do=leave&made={made}",
    b"do=month&made={made}",
    b"do=resume&made={made}",
    b"List-Unsubscribe=One-Click",
    b"_method=POST&List-Unsubscribe=One-Click",
    b"email=eve@example.org&list=weekly",
    b"lang=ar&utm_source=x",
    b"lang=%00%ff&list=weekly&list=tips",
    b"%" * 40,
    b"a=" + b"b" * 4_000,
)
BODIES = (
    b"",
    b"List-Unsubscribe=One-Click",
    b"do=leave&made={made}",
    b"do=save&made={made}&language=it&timezone=Europe/Rome",
    b"do=until&until=2027-01-01&made={made}",
    b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\n'
    b"One-Click\r\n--x--\r\n",
    b"\xff\x00" * 50,
    b"{" * 500,
)
SAFE = ("GET", "HEAD", "OPTIONS")
ODD = ("PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "get", "LINK", "MKCOL")


@dataclass
class Served:
    """The pages of a project, asked without a server between, and its books."""

    project: Project
    made: bytes  # a token of a form that is ours
    valid: dict[str, list[str]]
    app: Any = None
    statuses: Counter[int] = field(default_factory=Counter)

    async def ask(
        self,
        method: str,
        raw: bytes,
        query: bytes = b"",
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
    ) -> int:
        """Ask as a web server would, and return the status of the answer."""
        found: list[int] = []
        parts = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, object]:
            return parts.pop() if parts else {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                found.append(message["status"])

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "https",
            "path": unquote(raw.decode("ascii", "replace")),
            "raw_path": raw,
            "root_path": "",
            "query_string": query.replace(b"{made}", self.made),
            "headers": [
                (name.encode(), value.encode("latin-1", "replace"))
                for name, value in headers
            ],
            "client": ("192.0.2.7", 4711),
            "server": ("letters.example.org", 443),
        }
        await self.app(scope, receive, send)
        self.statuses[found[0]] += 1
        return found[0]

    def digest(self) -> str:
        """Return a hash of all that stands in the books."""
        path = self.project.books.database.path
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as shell:
            tables = shell.execute(
                "select name from sqlite_master where type = 'table' order by name"
            ).fetchall()
            made = sha256()
            for (name,) in tables:
                rows = shell.execute(f'select * from "{name}"').fetchall()  # noqa: S608
                made.update(repr((name, sorted(map(repr, rows)))).encode())
        return made.hexdigest()


@pytest.fixture
def served(letters: Letters) -> Iterator[Served]:
    with serving(letters) as found:
        yield found


@contextmanager
def serving(letters: Letters) -> Iterator[Served]:
    """Serve the pages of a folder in which there is something to change."""
    text = (letters.root / "publisher.yaml").read_text()
    lists = "{weekly: The weekly, tips: Tips}"
    text = text.replace("{weekly: The weekly letter}", lists)
    text = text.replace("site:\n", PUBLIC, 1) + "\nsignup: {lists: [weekly, tips]}\n"
    letters.write("publisher.yaml", text + "topics: {sea: The sea}\n")
    with Project(letters.root, environ={}) as project:
        fill(project)
        now, secret = project.clock(), project.secret
        valid = {page: [*real(page, project)] for page in PURPOSES}
        made = tokens.dated(tokens.FORM, "form", now=now, secret=secret).encode()
        app = application(letters.root, environ={})
        yield Served(project, made, valid, app)


def fill(project: Project) -> None:
    """Let there be somebody in every state that a link could change."""
    now, books = project.clock() - timedelta(hours=1), project.books
    for one in READERS:
        books.subscribers.add(
            f"{one}@readers.example.org", lists=["weekly", "tips"], now=now
        )
    asked = Consent(act="asked", said_at=now, how="form", words="Yes.")
    books.consents.ask("eve@readers.example.org", lists=["weekly"], said=asked)
    paused = Consent(act="paused", said_at=now, how="link")
    until = pausing.month_after(pausing.today(project))
    pausing.pause(project, "bo@readers.example.org", until, said=paused)
    books.subscribers.suppress("gone@readers.example.org", reason="asked", now=now)
    books.tags.add("nina@readers.example.org", "vip")
    books.memory.follow("nina@readers.example.org", ["sea"])
    project.send(project.plan("weekly"))


def real(page: str, project: Project) -> Iterator[str]:
    """Give the links that stand in letters."""
    now, secret = project.clock(), project.secret
    for who in (*READERS, "eve"):
        address = f"{who}@readers.example.org"
        match page:
            case "confirm":
                values = (address, "weekly,tips")
                yield tokens.dated(PURPOSES[page], *values, now=now, secret=secret)
            case "out":
                yield tokens.sign(PURPOSES[page], address, "weekly", secret=secret)
                yield tokens.sign(PURPOSES[page], address, "", secret=secret)
            case _:
                yield tokens.sign(PURPOSES[page], address, secret=secret)


@dataclass
class Attacker:
    """Makes up links: of other secrets, purposes and times, cut, longer, spelled."""

    chance: random.Random
    served: Served

    def token(self, page: str) -> str:
        """Return what is none of this page's tokens, but looks like one."""
        made = self.chance.choice(
            (self._foreign_purpose, self._foreign_secret, self._old, self._bent)
        )(page)
        return made if made not in self.served.valid[page] else made[:-1]

    def _foreign_purpose(self, page: str) -> str:
        other = self.chance.choice([one for one in PURPOSES if one != page])
        return self.chance.choice(
            (*self.served.valid[other], self.served.made.decode())
        )

    def _foreign_secret(self, page: str) -> str:
        secret = self.chance.choice(("", " ", "secret", "x" * 40)) or "0"
        address = f"{self.chance.choice(READERS)}@readers.example.org"
        values = [address, *("weekly",) * (page != "choices")]
        now = self.served.project.clock()
        if page == "confirm":
            return tokens.dated(PURPOSES[page], *values, now=now, secret=secret)
        return tokens.sign(PURPOSES[page], *values, secret=secret)

    def _old(self, page: str) -> str:
        """Too old or of tomorrow where a time counts; else with a value too many."""
        now, secret = self.served.project.clock(), self.served.project.secret
        days = self.chance.choice((-400, -8, 1, 400))
        values = ("nina@readers.example.org", "weekly")
        if page == "confirm":
            moment = now + timedelta(days=days)
            return tokens.dated(PURPOSES[page], *values, now=moment, secret=secret)
        return tokens.sign(PURPOSES[page], *values, "more", secret=secret)

    def _bent(self, page: str) -> str:
        token = self.chance.choice(self.served.valid[page])
        at = self.chance.randrange(len(token))
        sign = self.chance.choice("AZaz09-_.=+/ \t\n\0\\%é√ﬁ\u202e")
        return self.chance.choice(
            (
                token[:at],
                token[at:],
                token[:at] + sign + token[at:],
                token[:at] + sign + token[at + 1 :],
                token + sign,
                token + sign * self.chance.randrange(1, 2_000),
                token.swapcase(),
                token + token,
                token.replace(".", "..", 1),
                token.rpartition(".")[0] + ".",
                f".{token}",
                token[:-1] + chr(ord(token[-1]) ^ 1),
            )
        )

    def spelled(self, token: str) -> bytes:
        """Return a token as part of a path, with more or less of it encoded."""
        match self.chance.randrange(6):
            case 0:
                return "".join(f"%{one:02x}" for one in token.encode()).encode()
            case 1:
                return quote(token, safe="").encode()
            case 2:
                return quote(token, safe="/").encode() + self.chance.choice(
                    (b"/", b"//", b"%2f", b"/..", b"/.", b";x=1", b"%00", b"%20")
                )
            case _:
                return quote(token, safe="/.;=+").encode()

    def path(self) -> bytes:
        """Return any path, most often one with a real link or nearly one."""
        page = self.chance.choice([*PURPOSES])
        token = (
            self.chance.choice(self.served.valid[page])
            if self.chance.random() < 0.6
            else self.token(page)
        )
        if self.chance.random() < 0.15:
            return self.chance.choice(ODD_PATHS)
        before = b"/"
        if self.chance.random() < 0.1:
            before = self.chance.choice((b"//", b"/./", b"/x/../", b"/%2f", b""))
        return before + page.encode() + b"/" + self.spelled(token)

    def headers(self) -> list[tuple[str, str]]:
        """Return the headers of a scanner, or of somebody who tries things out."""
        some = self.chance.sample(HEADERS, self.chance.randrange(4))
        return [("user-agent", self.chance.choice(AGENTS)), *some]


ODD_PATHS = (
    b"/",
    b"/subscribe",
    b"/archive",
    b"/archive/weekly/1",
    b"/archive/%2e%2e/publisher.yaml",
    b"/feed.xml",
    b"/healthz",
    b"/hooks/postmark",
    b"/hooks/%00",
    b"/out/",
    b"/choices",
    b"/" + b"a/" * 900,
    b"/%ff%fe",
    b"/\xff",
)


async def look(served: Served, count: int, seed: int) -> None:
    """Look at links in every way that is no press of a button."""
    chance = random.Random(seed)  # noqa: S311  repeatable on purpose
    attacker = Attacker(chance, served)
    for _ in range(count):
        status = await served.ask(
            chance.choice(("GET", *SAFE) if chance.random() < 0.95 else ODD),
            attacker.path(),
            chance.choice(QUERIES),
            attacker.headers(),
            chance.choice(BODIES).replace(b"{made}", served.made),
        )
        assert status < 500


async def forge(served: Served, count: int, seed: int) -> None:
    """Press the buttons of links that nobody has; each is answered with a 404."""
    chance = random.Random(seed)  # noqa: S311  repeatable on purpose
    attacker = Attacker(chance, served)
    for _ in range(count):
        page = chance.choice([*PURPOSES])
        token = attacker.token(page)
        body = chance.choice(BODIES).replace(b"{made}", served.made)
        path = f"/{page}/{quote(token, safe='')}".encode()
        status = await served.ask("POST", path, b"", attacker.headers(), body)
        assert status in {404, 405}, (page, token)


def judge(served: Served, looks: int, forgeries: int, seed: int = SEED) -> None:
    before = served.digest()
    asyncio.run(look(served, looks, seed))
    assert served.digest() == before, "somebody who only looked changed the books"
    asyncio.run(forge(served, forgeries, seed + 1))
    assert served.digest() == before, "a forged link was accepted"
    assert served.project.books.ledger.verify() == []
    assert served.statuses[200] > looks // 4, "most links that are looked at are real"


def judge_apart(folder: Path, seed: int) -> int:
    """Judge half of them in a process of its own; return how many were asked."""
    with serving(Letters(folder)) as served:
        judge(served, MANY // 2, MANY // 20, seed)
        return served.statuses.total()


def test_whoever_looks_or_forges_changes_nothing(served: Served) -> None:
    judge(served, LOOKS, LOOKS // 4)


@pytest.mark.chaos
def test_fifty_thousand_looks_change_nothing(tmp_path: Path) -> None:
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as both:
        folders = [tmp_path / "one", tmp_path / "other"]
        asked = [*both.map(judge_apart, folders, (SEED + 2, SEED + 4))]
    assert sum(asked) == MANY // 2 * 2 + MANY // 20 * 2


def test_the_links_that_are_looked_at_work_when_the_button_is_pressed(
    served: Served,
) -> None:
    """Else all of the above would hold of pages that do nothing."""

    async def press() -> None:
        for page, found in served.valid.items():
            before = served.digest()
            path = f"/{page}/{quote(found[0], safe='')}".encode()
            body = b"do=leave&made=" + served.made
            assert await served.ask("POST", path, body=body) == 200
            assert served.digest() != before, page

    asyncio.run(press())
