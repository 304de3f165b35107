"""The preview page in a real browser, served by the real command."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.browser.conftest import Browser

pytestmark = pytest.mark.browser
CACHE = Path.home() / ".cache" / "publisher-tests"
WIDTHS = (390, 768, 1440)
SOON = 2.0  # seconds from saving a file to the new page
READY = "document.body.dataset.ready && document.querySelector('.post')"
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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A new folder with one reader."""
    finished(tmp_path, "init", "letters")
    made = tmp_path / "letters"
    finished(made, "subscribers", "add", "ana@example.org", "--list", "weekly")
    return made


@pytest.fixture
def page(folder: Path, browser: Browser) -> Iterator[Browser]:
    """The browser on the page of the example campaign."""
    command = ("preview", "weekly-digest", "--no-open", "--port", "0")
    with publisher(folder, *command) as process:
        assert process.stdout
        for line in process.stdout:
            if found := re.search(r"http://\S+", line):
                break
        else:
            raise AssertionError("the preview did not say where it is")
        browser.complaints()
        browser.open(found[0])
        browser.wait(READY)
        yield browser
        browser.open("about:blank")
        process.terminate()


def save(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


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
    assert page.run("return document.getElementById('subject').textContent")
    size = page.run("return document.getElementById('size').textContent")
    assert " of 102 KB" in size
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
    shown = "document.getElementById('plain')"
    assert page.run(f"return !{shown}.hidden && {shown}.textContent.length") > 200
    page.press("3")
    page.wait(f"{shown}.textContent.includes('List-Unsubscribe:')")
    page.press("1")
    assert page.run("return document.getElementById('plain').hidden")
    pressed = "document.querySelector('[data-part=html]').getAttribute('aria-pressed')"
    assert page.run(f"return {pressed}") == "true"


def test_a_saved_article_is_shown_soon(page: Browser, folder: Path) -> None:
    (article,) = folder.glob("articles/one-knot*")
    text = article.read_text("utf-8")
    began = time.monotonic()
    save(
        article, text.replace("One knot, learned properly", "Two knots, learned badly")
    )
    page.wait("document.body.textContent.includes('Two knots, learned badly')", SOON)
    print(f"shown after {time.monotonic() - began:.2f} s")
    assert page.run("return document.querySelectorAll('.post.fresh').length") >= 1


def test_a_saved_schedule_is_shown_soon(page: Browser, folder: Path) -> None:
    schedule = folder / "schedules" / "weekly-digest.yaml"
    text = schedule.read_text("utf-8")
    save(schedule, re.sub(r"^when:.*", "when: Tue 09:30", text, flags=re.MULTILINE))
    page.wait("document.getElementById('runs').textContent.includes('09:30')", SOON)


def test_a_broken_template_has_a_banner_and_the_old_page_stays(
    page: Browser, folder: Path
) -> None:
    posts = page.run("return document.getElementById('posts').textContent")
    save(folder / TEMPLATE, "fine\n{{ tilte }}")
    banner = "document.getElementById('banner')"
    page.wait(f"{banner}.checkVisibility()", SOON)
    words = page.run(f"return {banner}.textContent")
    assert f"{TEMPLATE}:2" in words
    assert "Did you mean title?" in words
    assert page.run("return document.getElementById('posts').textContent") == posts
    save(folder / TEMPLATE, "{{ title }} at last")
    page.wait(f"!{banner}.checkVisibility()", SOON)
    page.wait("document.getElementById('posts').textContent.includes('at last')", SOON)


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
    assert browser.run("return document.getElementById('subject').textContent")
    assert without_pictures(browser.complaints()) == []


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


@pytest.mark.parametrize("width", WIDTHS)
def test_everybody_can_use_the_page(page: Browser, axe: str, width: int) -> None:
    page.show(width)
    page.run(axe)
    found = page.run_async("""
        const done = arguments[0];
        const told = (one) => [one.impact, one.id, one.nodes.map((node) => node.html)];
        axe.run(document, {iframes: false}).then((all) =>
          done(all.violations.map(told)));
    """)
    serious = [one for one in found if one[0] in {"serious", "critical"}]
    assert serious == [], json.dumps(serious, indent=1)
