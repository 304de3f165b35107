"""Debian's chromium, driven through chromedriver with the standard library alone.

https://www.w3.org/TR/webdriver2/ and Chrome's own /goog/cdp/execute
"""

from __future__ import annotations

import base64
import http.client
import json
import re
import shutil
import struct
import subprocess
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from publisher import files, merge, sources, tokens
from publisher.config import load
from publisher.models import Article, Email, Issue, Site, Subscriber
from publisher.render import Templates

PROGRAMS = ("chromium", "chromedriver")
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync "
    "--disable-dev-shm-usage --hide-scrollbars"
).split()
# Whatever a page asks for, nothing but this machine is found.
CLOSED = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
PLANNED = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)

CACHE = Path.home() / ".cache" / "publisher-tests"

Letter: TypeAlias = Callable[..., Email]


class Browser:
    """One window. `run` hands its arguments to a function body in the page."""

    def __init__(self, port: int, profile: Path) -> None:
        self._port = port
        options = {
            "binary": shutil.which("chromium"),
            "args": [*FLAGS, CLOSED, f"--user-data-dir={profile}"],
        }
        wanted = {
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL"},
        }
        made = self._ask("POST", "", {"capabilities": {"alwaysMatch": wanted}})
        self._session = f"/{made['sessionId']}"

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        try:
            text = None if method != "POST" else json.dumps(body or {})
            connection.request(method, f"/session{path}", text)
            value = json.load(connection.getresponse())["value"]
        finally:
            connection.close()
        if isinstance(value, dict) and "error" in value:
            raise AssertionError(f"{value['error']}: {value['message']}")
        return value

    def _cdp(self, command: str, **params: object) -> Any:
        body = {"cmd": command, "params": params}
        return self._ask("POST", f"{self._session}/goog/cdp/execute", body)

    def open(self, url: str) -> None:
        self._ask("POST", f"{self._session}/url", {"url": url})

    def show(self, width: int, scheme: str = "light", height: int = 900) -> None:
        """Set the width of the window, and what the system prefers."""
        self._cdp(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self._cdp("Emulation.setEmulatedMedia", features=[feature])

    def run(self, script: str, *args: object) -> Any:
        body = {"script": script, "args": args}
        return self._ask("POST", f"{self._session}/execute/sync", body)

    def run_async(self, script: str, *args: object) -> Any:
        """Run a script that calls its last argument when it is done."""
        body = {"script": script, "args": args}
        return self._ask("POST", f"{self._session}/execute/async", body)

    def wait(self, condition: str, seconds: float = 10, *args: object) -> Any:
        """Wait until an expression holds, looked at in every frame of the screen."""
        script = """
            const [expression, until, rest, done] = arguments;
            const look = new Function("args", "return " + expression);
            const end = performance.now() + until;
            (function again() {
              const found = look(rest);
              if (found || performance.now() > end) return done(found || null);
              setTimeout(again, 5);
            })();
        """
        found = self.run_async(script, condition, seconds * 1000, list(args))
        assert found, f"after {seconds} s still not: {condition}"
        return found

    def arrive(self, condition: str, seconds: float = 20) -> None:
        """Wait until it holds, also where another page comes meanwhile.

        A script that waits inside a page dies with it.
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with suppress(AssertionError):  # the page is just being changed
                if self.run(f"return Boolean({condition})"):
                    return
            time.sleep(0.05)
        pytest.fail(f"after {seconds} s still not: {condition}")

    def within(self, frame: str) -> None:
        """Step into the first frame that a selector finds; "" steps out of all."""
        if not frame:
            self._ask("POST", f"{self._session}/frame", {"id": None})
            return
        body = {"using": "css selector", "value": frame}
        found = self._ask("POST", f"{self._session}/element", body)
        self._ask("POST", f"{self._session}/frame", {"id": found})

    def press(self, keys: str) -> None:
        strokes = [
            {"type": kind, "value": key}
            for key in keys
            for kind in ("keyDown", "keyUp")
        ]
        source = {"type": "key", "id": "keyboard", "actions": strokes}
        self._ask("POST", f"{self._session}/actions", {"actions": [source]})

    def complaints(self) -> list[str]:
        """Return what the console has got since last asked: errors and refusals."""
        lines = self._ask("POST", f"{self._session}/se/log", {"type": "browser"})
        return [
            one["message"] for one in lines if one["level"] in {"SEVERE", "WARNING"}
        ]

    def picture(self, path: Path) -> None:
        """Write what the whole page looks like."""
        height = int(self.run("return document.documentElement.scrollHeight"))
        width = int(self.run("return innerWidth"))
        area = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        made = self._cdp(
            "Page.captureScreenshot", captureBeyondViewport=True, clip=area
        )
        path.write_bytes(base64.b64decode(made["data"]))

    def close(self) -> None:
        self._ask("DELETE", self._session)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    for program in PROGRAMS:
        if not shutil.which(program):
            pytest.skip(
                f"{program} is not installed (Debian: chromium, chromium-driver)"
            )
    profile = tmp_path_factory.mktemp("profile")
    command = ["chromedriver", "--port=0", f"--log-path={profile / 'driver.log'}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as driver:
        assert driver.stdout
        try:
            found = Browser(_port(driver.stdout), profile / "data")
            yield found
            found.close()
        finally:
            driver.terminate()


def _port(lines: Iterable[str]) -> int:
    for line in lines:
        found = re.search(r"started successfully on port (\d+)", line)
        if found:
            return int(found[1])
    raise AssertionError("chromedriver did not start")


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder for screenshots, printed by pytest as part of its --basetemp."""
    return tmp_path_factory.mktemp("pictures")


@pytest.fixture(scope="session")
def axe() -> str:
    """axe-core, from npm: its script, which a page can run."""
    script = CACHE / "axe" / "node_modules" / "axe-core" / "axe.min.js"
    if not script.exists():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("npm is not installed, which brings axe-core")
        script.parents[2].mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--no-save", "--prefix", str(script.parents[2])]
        subprocess.run([*command, "axe-core@4"], check=True, capture_output=True)
    return script.read_text("utf-8")


def serious(page: Browser, axe: str) -> list[str]:
    """Return what keeps people from using a page, as axe-core finds it."""
    page.run(axe)
    found = page.run_async("""
        const done = arguments[0];
        const told = (one) => [one.impact, one.id, one.nodes.map((node) => node.html)];
        axe.run(document, {iframes: false}).then((all) =>
          done(all.violations.map(told)));
    """)
    return [
        json.dumps(one, indent=1) for one in found if one[0] in {"serious", "critical"}
    ]


# --- letters of the shipped articles ------------------------------------------------


@pytest.fixture(scope="session")
def site() -> Site:
    """The site of the shipped example."""
    return load(files.shipped("publisher.yaml").parent, {}).site


@pytest.fixture(scope="session")
def articles() -> list[Article]:
    root = files.shipped("publisher.yaml").parent
    found, problems = sources.read_all(["articles"], root=root)
    assert not problems
    return found


@pytest.fixture(scope="session")
def letter(site: Site, articles: list[Article]) -> Letter:
    """Make the email of a template and a language, as a reader would get it.

    A digest holds all articles of its language; a mixed one also one of each other.
    """

    def made(template: str, language: str, *, is_mixed: bool = False) -> Email:
        own = [one for one in articles if one.language == language]
        other = {one.language: one for one in articles if one not in own}
        chosen = own[:1] if template == "letter" else own
        chosen = [*chosen, *other.values()] if is_mixed else chosen
        return _addressed(template, chosen, replace(site, language=language))

    return made


def _addressed(template: str, chosen: list[Article], site: Site) -> Email:
    names = {"ar": ("هدى سالم", "رسالة المنارة"), "it": ("Ugo Neri", "La Lanterna")}
    name, title = names.get(site.language, ("Ana Marsh", "The Lantern, every Friday"))
    slugs = tuple(one.slug for one in chosen)
    issue = Issue(
        id="weekly/12", campaign="weekly", number=12, articles=slugs, planned_at=PLANNED
    )
    reader = Subscriber(address="ana@example.net", id=1, name=name, lists=("weekly",))
    templates = Templates((files.shipped("templates"),), site=site)
    written = templates.letter(
        template,
        articles=chosen,
        issue=issue,
        view_url="https://lantern.example.org/letters/weekly/12/",
        title=title,
    )
    way_out = tokens.unsubscribe_url(
        site, secret="0" * 32, address=reader.address, list_name="weekly"
    )
    mailing = merge.mailing(
        written.draft(reader), site=site, issue=issue, list_name="weekly"
    )
    return merge.email(
        mailing, key="weekly/12/ana", reader=reader, links={"unsubscribe_url": way_out}
    )


@pytest.fixture(scope="session")
def picture() -> str:
    """A picture as wide as newsletters have them, as a data URL."""
    width, height = 1200, 600
    rows = b"".join(
        b"\0" + bytes((90 + row // 8, 120 + row // 16, 140)) * width
        for row in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [
        struct.pack(">I", len(data))
        + kind
        + data
        + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in (
            (b"IHDR", header),
            (b"IDAT", zlib.compress(rows)),
            (b"IEND", b""),
        )
    ]
    png = b"\x89PNG\r\n\x1a\n" + b"".join(parts)
    return "data:image/png;base64," + base64.b64encode(png).decode()
