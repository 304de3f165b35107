"""The pages for readers in a real browser: usable by all, and without a script."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import uvicorn

from publisher import tokens
from publisher.models import Consent
from publisher.project import Project, pausing
from publisher.web.public import application
from tests.browser.conftest import serious
from tests.conftest import Letters

if TYPE_CHECKING:
    from tests.browser.conftest import Browser

pytestmark = pytest.mark.browser
ADDRESS = "nina@readers.example.org"
READER, RESTING = "ida@readers.example.org", "leo@readers.example.org"
LANGUAGES = ("en", "it", "ar")


class Served:
    """A project whose pages are served on loopback."""

    def __init__(self, root: Path, url: str) -> None:
        self.root = root
        self.url = url

    def paths(self) -> dict[str, str]:
        """Return every kind of page by name."""
        with Project(self.root, environ={}) as project:
            secret, now = project.secret, project.clock()
            out = tokens.sign(tokens.PURPOSE, ADDRESS, "weekly", secret=secret)
            choices, paused = (
                tokens.sign(tokens.CHOOSING, one, secret=secret)
                for one in (READER, RESTING)
            )
            confirm = tokens.dated(
                tokens.CONFIRMING, ADDRESS, "weekly", now=now, secret=secret
            )
        return {
            "form": "/",
            "confirm": f"/confirm/{confirm}",
            "out": f"/out/{out}",
            "choices": f"/choices/{choices}",
            "paused": f"/choices/{paused}",
            "archive": "/archive",
            "missing": "/nowhere",
        }


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    letters = Letters(tmp_path_factory.mktemp("public"))
    text = (letters.root / "publisher.yaml").read_text()
    text = text.replace("lists: {weekly: The weekly letter}", "")
    text = text.replace("site:\n", "site:\n  public_url: http://127.0.0.1\n", 1)
    more = """
lists: {weekly: "The Lantern, weekly", tips: "Tips & tricks"}
topics: {sea: The sea, storm: Storms}
signup: {lists: [weekly, tips], proof_of_work: true}
"""
    letters.write("publisher.yaml", text + more)
    with Project(letters.root, environ={}) as project:
        now = project.clock()
        for one in (READER, RESTING):
            project.books.subscribers.add(one, lists=["weekly"], now=now)
        said = Consent(act="paused", said_at=now, how="link")
        until = pausing.month_after(pausing.today(project))
        pausing.pause(project, RESTING, until, said=said)
    config = uvicorn.Config(
        application(letters.root, environ={}), port=0, log_level="error"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Served(letters.root, f"http://127.0.0.1:{port}")
    server.should_exit = True
    thread.join(timeout=10)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_everybody_can_use_every_page(
    served: Served, browser: Browser, axe: str, language: str, scheme: str
) -> None:
    for name, path in served.paths().items():
        browser.show(320, scheme)
        browser.open(f"{served.url}{path}?lang={language}")
        assert serious(browser, axe) == [], name
        wide = browser.run("return document.documentElement.scrollWidth")
        assert wide <= 320, name


def test_the_form_is_sent_by_the_keyboard_when_the_browser_has_done_its_work(
    served: Served, browser: Browser, pictures: Path
) -> None:
    browser.show(1200)
    browser.complaints()
    browser.open(f"{served.url}/")
    browser.picture(pictures / "form.png")
    browser.run("document.getElementById('email').focus()")
    browser.press(f"{ADDRESS}\ue007")
    browser.arrive("document.querySelector('h1').textContent.includes('your mail')")
    assert urlsplit(browser.run("return location.href")).path == "/subscribe"
    assert browser.complaints() == []
    with Project(served.root, environ={}) as project:
        assert project.books.consents.lists_of(ADDRESS) == {"weekly": "pending"}


def test_a_reader_pauses_by_the_keyboard_and_ends_it(
    served: Served, browser: Browser, pictures: Path
) -> None:
    browser.show(320)
    browser.complaints()
    browser.open(f"{served.url}{served.paths()['choices']}")
    browser.picture(pictures / "choices.png")
    browser.run("document.querySelector('[value=month]').focus()")
    browser.press("\ue007")
    browser.arrive("document.querySelector('[value=resume]') !== null")
    with Project(served.root, environ={}) as project:
        assert pausing.end_of(project, READER) is not None
    browser.picture(pictures / "paused.png")
    browser.run("document.querySelector('[value=resume]').focus()")
    browser.press("\ue007")
    browser.arrive("document.querySelector('[value=month]') !== null")
    assert browser.complaints() == []
    with Project(served.root, environ={}) as project:
        assert pausing.end_of(project, READER) is None
