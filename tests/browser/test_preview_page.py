"""The preview page in a real browser, served by the real command."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from publisher import files
from tests.browser.conftest import serious

if TYPE_CHECKING:
    from tests.browser.conftest import Browser

pytestmark = pytest.mark.browser
ADDRESS = re.compile(r"http://\S+")
WIDTHS = (390, 768, 1440)
SOON = 2.0  # seconds from saving a file to the new page
READY = "document.body.dataset.ready && document.querySelector('.post')"
SHEET = "document.querySelector('.sheet')"
FRAME = "document.getElementById('frame')"
TAB, ESCAPE = "\ue004", "\ue00c"
CONTROLS = ("name", "help", "HTML", "Text", "Source", "Desktop", "Phone 375")
TEMPLATE = "templates/social/announcement.txt.j2"


def publisher(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "publisher", *arguments],
        cwd=folder,
        env=os.environ | {"NO_COLOR": "1", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finished(folder: Path, *arguments: str) -> None:
    with publisher(folder, *arguments) as process:
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `publisher init` makes, with one reader."""
    made = tmp_path_factory.mktemp("sample") / "letters"
    finished(made.parent, "init", "letters")
    finished(made, "subscribers", "add", "ana@example.org", "--list", "weekly")
    return made


@pytest.fixture
def folder(sample: Path, tmp_path: Path) -> Path:
    """A folder that a test may change."""
    return shutil.copytree(sample, tmp_path / "letters")


@contextmanager
def serving(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Yield the running command and the address that it says."""
    command = ("preview", "weekly-digest", "--no-open", "--port", "0")
    with publisher(folder, *command) as process:
        assert process.stdout
        try:
            yield process, next(m[0] for m in map(ADDRESS.search, process.stdout) if m)
        finally:
            process.terminate()


@contextmanager
def on(browser: Browser, address: str) -> Iterator[Browser]:
    browser.show(1440)
    browser.complaints()
    browser.open(address)
    browser.wait(READY)
    yield browser
    browser.open("about:blank")


@pytest.fixture(scope="module")
def address(sample: Path) -> Iterator[str]:
    with serving(sample) as (_, said):
        yield said


@pytest.fixture
def page(address: str, browser: Browser) -> Iterator[Browser]:
    """The browser on the page of the example campaign, only to look at."""
    with on(browser, address) as opened:
        yield opened


@pytest.fixture
def server(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    with serving(folder) as found:
        yield found


@pytest.fixture
def live(
    server: tuple[subprocess.Popen[str], str], browser: Browser
) -> Iterator[Browser]:
    """The browser on the page of a folder that is the test's own."""
    with on(browser, server[1]) as opened:
        yield opened


def save(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def words(page: Browser, name: str) -> str:
    """The text of the element of that id, as it is seen."""
    return str(page.run("return document.getElementById(arguments[0]).innerText", name))


def without_pictures(complaints: list[str]) -> list[str]:
    """Leave out that the sample articles' pictures are nowhere to be found."""
    return [one for one in complaints if "ERR_NAME_NOT_RESOLVED" not in one]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_and_nothing_in_it_is_refused(
    page: Browser, width: int, scheme: str, pictures: Path
) -> None:
    page.show(width, scheme)
    page.picture(pictures / f"preview.{width}.{scheme}.png")
    assert page.run("return document.documentElement.scrollWidth") <= width
    assert page.run("return document.querySelectorAll('.post').length") >= 8
    assert without_pictures(page.complaints()) == []


def test_it_shows_subject_size_and_exact_counts(page: Browser) -> None:
    assert words(page, "subject") == "Soup for the night watch, and 6 more"
    assert words(page, "preheader").startswith("It must be eaten with one hand")
    assert " of 102 KB" in words(page, "size")
    assert "1 email through outbox" in words(page, "who")
    counts = page.run("""
        return [...document.querySelectorAll(".posts")].map((row) =>
          [...row.querySelectorAll(".top span:last-child")].map((s) => s.textContent));
    """)
    assert len(counts) == 2
    assert all(re.fullmatch(r"\d+ of (300|500)", one) for row in counts for one in row)
    page.within("#frame")
    assert "Read more" in page.run("return document.body.textContent")
    page.within("")


def test_the_keys_switch_what_is_shown(page: Browser) -> None:
    page.show(1440)
    page.press("m")
    assert page.run("return document.getElementById('frame').offsetWidth") == 375
    page.press("m")
    assert page.run("return document.getElementById('frame').offsetWidth") > 600
    page.press("2")
    assert page.run("return document.getElementById('frame').hidden")
    assert "Soup for the night watch" in words(page, "plain")
    assert "Read more: https://" in words(page, "plain")
    page.press("3")
    page.wait("document.getElementById('plain').innerText.includes('Content-Type:')")
    page.press("1")
    assert page.run("return document.getElementById('plain').hidden")
    pressed = "document.querySelector('[data-part=html]').getAttribute('aria-pressed')"
    assert page.run(f"return {pressed}") == "true"
    assert page.run("return document.getElementById('name').value") == "weekly-digest"
    page.press("[")
    page.wait("!document.title.startsWith('weekly-digest')", SOON)
    page.press("]")
    page.wait("document.title.startsWith('weekly-digest')", SOON)


def test_the_keys_are_listed_and_can_be_switched_off(page: Browser) -> None:
    page.press("?")
    assert page.run("return document.getElementById('keys').open")
    page.press("m")  # in the dialog it means nothing
    page.run("document.getElementById('single').click()")
    page.press(ESCAPE)
    page.wait("!document.getElementById('keys').open")
    page.press("m")
    assert page.run("return document.getElementById('frame').className") == "desktop"


def test_every_control_is_reached_by_tab_and_shows_it(page: Browser) -> None:
    reached = []
    for _ in range(11):
        page.press(TAB)
        reached.append(
            page.run("""
                const one = document.activeElement, style = getComputedStyle(one);
                return [one.id || one.textContent, style.outlineStyle];
            """)
        )
    names = [name for name, _ in reached]
    assert names == [*CONTROLS, "Light", "Dark", "Images", "No images"]
    assert {outline for _, outline in reached} == {"solid"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_email_is_light_or_dark_whatever_the_machine_prefers(
    page: Browser, scheme: str
) -> None:
    page.show(1440, scheme)
    for look, sheet in (("light", "rgb(255, 254, 251)"), ("dark", "rgb(33, 30, 26)")):
        page.run(f"document.querySelector('[data-look={look}]').click()")
        page.within("#frame")
        page.wait(f"location.href.includes('look={look}') && {SHEET}")
        assert page.run(f"return getComputedStyle({SHEET}).backgroundColor") == sheet
        page.within("")


def test_without_images_their_words_stand_there(page: Browser) -> None:
    page.complaints()
    page.press("i")
    page.within("#frame")
    page.wait("location.href.includes('images=off') && document.images.length")
    assert page.run("return [...document.images].every((one) => one.alt)")
    page.within("")
    assert not [one for one in page.complaints() if "NOT_RESOLVED" in one]


def test_a_saved_article_is_shown_soon(live: Browser, folder: Path) -> None:
    (article,) = folder.glob("articles/one-knot*")
    text = article.read_text("utf-8")
    began = time.monotonic()
    save(
        article, text.replace("One knot, learned properly", "Two knots, learned badly")
    )
    live.wait("document.body.textContent.includes('Two knots, learned badly')", SOON)
    print(f"shown after {time.monotonic() - began:.2f} s")
    assert live.run("return document.querySelectorAll('.post.fresh').length") >= 1


def test_a_saved_schedule_is_shown_soon(live: Browser, folder: Path) -> None:
    schedule = folder / "schedules" / "weekly-digest.yaml"
    text = schedule.read_text("utf-8")
    save(schedule, re.sub(r"^when:.*", "when: Tue 09:30", text, flags=re.MULTILINE))
    source = live.run(f"return {FRAME}.src")
    live.wait("document.getElementById('runs').textContent.includes('09:30')", SOON)
    # The email is the same, and somebody may be reading it: it is not loaded again.
    assert live.run(f"return {FRAME}.src") == source


def test_a_saved_template_is_shown_soon(live: Browser, folder: Path) -> None:
    source = live.run(f"return {FRAME}.src")
    shipped = files.read_text(files.shipped("templates", "email", "digest.html.j2"))
    own = folder / "templates" / "email" / "digest.html.j2"
    save(own, shipped.replace("{{ title }}", "{{ title }}, all new"))
    live.wait(f"{FRAME}.src !== args[0]", SOON, source)
    live.within("#frame")
    live.wait("document.body.textContent.includes(', all new')", SOON)
    live.within("")


def test_it_says_when_it_was_stopped(
    live: Browser, server: tuple[subprocess.Popen[str], str]
) -> None:
    server[0].terminate()
    live.wait("document.getElementById('state').innerText.includes('has stopped')")
    assert live.run("return document.querySelectorAll('.post').length") >= 8


def test_a_broken_template_has_a_banner_and_the_old_page_stays(
    live: Browser, folder: Path
) -> None:
    posts = live.run("return document.getElementById('posts').textContent")
    save(folder / TEMPLATE, "fine\n{{ tilte }}")
    banner = "document.getElementById('banner')"
    live.wait(f"{banner}.checkVisibility()", SOON)
    told = live.run(f"return {banner}.textContent")
    assert f"{TEMPLATE}:2" in told
    assert "Did you mean title?" in told
    assert live.run("return document.getElementById('posts').textContent") == posts
    save(folder / TEMPLATE, "{{ title }} at last")
    live.wait(f"!{banner}.checkVisibility()", SOON)
    live.wait("document.getElementById('posts').textContent.includes('at last')", SOON)


def test_another_draft_can_be_chosen(page: Browser) -> None:
    page.run("""
        const select = document.getElementById("name");
        select.value = "arabic-letter";
        select.dispatchEvent(new Event("change"));
    """)
    page.wait("document.title.startsWith('arabic-letter')", SOON)


def test_a_static_page_opens_from_a_file(
    folder: Path, browser: Browser, tmp_path: Path
) -> None:
    finished(folder, "preview", "weekly-digest", "--static", str(tmp_path / "page"))
    browser.complaints()
    browser.open((tmp_path / "page" / "index.html").as_uri())
    browser.wait(READY)
    assert words(browser, "subject") == "Soup for the night watch, and 6 more"
    browser.press("3")
    assert "Content-Type:" in words(browser, "plain")
    browser.press("1")
    browser.run("document.querySelector('[data-look=dark]').click()")
    browser.within("#frame")
    browser.wait(f"location.href.includes('email.dark.html') && {SHEET}")
    browser.within("")
    assert without_pictures(browser.complaints()) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_everybody_can_use_the_page(page: Browser, axe: str, width: int) -> None:
    page.show(width)
    assert serious(page, axe) == []
