"""The shipped letters in a real browser: small and large, light and dark, both ways."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.browser.conftest import Browser, Letter

pytestmark = pytest.mark.browser

REMOTE_PICTURE = re.compile(r'(<img [^>]*src=")https://[^"]*')
CONTRAST = 4.5  # WCAG 2.2, 1.4.3
TARGET = 24  # CSS pixels; WCAG 2.2, 2.5.8

# Every piece of text that can be seen: its colour, what is behind it, where it stands.
TEXTS = """
const texts = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const parse = (colour) => (colour.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
function behind(element) {
  for (let one = element; one; one = one.parentElement) {
    const [r, g, b, a = 1] = parse(getComputedStyle(one).backgroundColor);
    if (a > 0) return [r, g, b];
  }
  return [255, 255, 255];
}
const light = (c) => c.map((v) => v / 255)
  .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
  .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
while (walker.nextNode()) {
  const node = walker.currentNode, element = node.parentElement;
  const range = document.createRange();
  range.selectNodeContents(node);
  const box = range.getBoundingClientRect();
  if (!node.data.trim() || !box.width || !element.checkVisibility()) continue;
  const style = getComputedStyle(element);
  const [one, two] = [light(parse(style.color).slice(0, 3)), light(behind(element))];
  texts.push({
    text: node.data.trim().slice(0, 60), right: box.right, left: box.left,
    contrast: (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05),
    size: parseFloat(style.fontSize), direction: style.direction,
    align: style.textAlign, code: Boolean(element.closest("pre, code")),
    lang: element.closest("[lang]").lang,
  });
}
return texts;
"""

# A link in running text is as tall as its line: WCAG 2.5.8 measures it by its spacing.
LINKS = """
const links = [...document.querySelectorAll("a")].filter((a) => a.checkVisibility());
return links.map((a) => {
  const style = getComputedStyle(a);
  const line = style.display === "inline" ? parseFloat(style.lineHeight) : 0;
  return [a.textContent.trim(), Math.max(line, a.getBoundingClientRect().height)];
});
"""

IMAGES = "return [...document.images].map((one) => ({src: one.src, alt: one.alt}));"
# Whether the link to unsubscribe can be seen, and pressed where it is seen.
WAY_OUT = """
return [...document.querySelectorAll("a")]
  .filter((a) => /unsub|annulla|إلغاء/i.test(a.textContent))
  .map((a) => {
    a.scrollIntoView({block: "center"});
    const box = a.getBoundingClientRect();
    const at = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return a.checkVisibility() && at === a && /^(https|mailto):/.test(a.href);
  });
"""


@pytest.fixture(params=["en", "ar", "it"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["digest", "letter"])
def template(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def is_mixed() -> bool:
    return False


@pytest.fixture
def opened(  # noqa: PLR0917  pytest passes by name
    browser: Browser,
    letter: Letter,
    picture: str,
    tmp_path: Path,
    template: str,
    language: str,
    is_mixed: bool,
) -> Browser:
    """The browser with that letter, whose pictures are on this machine."""
    html = letter(template, language, is_mixed=is_mixed).html
    page = tmp_path / "letter.html"
    page.write_text(REMOTE_PICTURE.sub(rf"\g<1>{picture}", html), encoding="utf-8")
    browser.open(page.as_uri())
    return browser


def texts_of(browser: Browser) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = browser.run(TEXTS)
    assert len(found) > 10
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_a_letter_is_readable(  # noqa: PLR0917  pytest passes by name
    opened: Browser,
    pictures: Path,
    template: str,
    language: str,
    width: int,
    scheme: str,
) -> None:
    opened.show(width, scheme)
    opened.picture(pictures / f"{template}.{language}.{width}.{scheme}.png")
    assert opened.run("return document.documentElement.scrollWidth") <= width
    found = texts_of(opened)
    assert [one for one in found if one["left"] < 0 or one["right"] > width] == []
    assert [one for one in found if one["contrast"] < CONTRAST] == []
    assert [one for one in found if one["size"] < 13] == []
    assert [one for one in opened.run(IMAGES) if not one["alt"]] == []
    assert opened.run(WAY_OUT) == [True]
    links = opened.run(LINKS)
    assert links
    assert [link for link in links if link[1] < TARGET] == []
    assert opened.complaints() == []


@pytest.mark.parametrize("width", [360, 1200])
@pytest.mark.parametrize("language", ["ar"])
def test_an_arabic_letter_stands_on_the_right(
    opened: Browser, language: str, width: int
) -> None:
    opened.show(width)
    assert opened.run("return getComputedStyle(document.body).direction") == "rtl"
    assert opened.run("return document.documentElement.dir") == "rtl"
    own = [one for one in texts_of(opened) if one["lang"] == "ar" and not one["code"]]
    assert {one["direction"] for one in own} == {"rtl"}
    assert {one["align"] for one in own} <= {"right", "-webkit-right", "start"}
    edge = max(one["right"] for one in own)
    assert len([one for one in own if edge - one["right"] < 1]) > len(own) / 3


@pytest.mark.parametrize("is_mixed", [True])
@pytest.mark.parametrize("template", ["digest"])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_an_article_of_the_other_direction_keeps_it(opened: Browser) -> None:
    opened.show(1200)
    found = opened.run("""
        return [...document.querySelectorAll("td[lang]")].map((td) => {
          const style = getComputedStyle(td);
          return [td.lang, style.direction, style.textAlign.replace("-webkit-", "")];
        });
    """)
    sides = {tuple(one) for one in found}
    assert sides == {
        ("ar", "rtl", "right"),
        ("en", "ltr", "left"),
        ("it", "ltr", "left"),
    }


def test_without_pictures_their_words_are_shown(
    browser: Browser, letter: Letter, tmp_path: Path, pictures: Path
) -> None:
    page = tmp_path / "letter.html"
    page.write_text(letter("digest", "en").html, encoding="utf-8")
    browser.show(360)
    browser.open(page.as_uri())
    browser.complaints()  # that nothing is found at the pictures' addresses
    browser.picture(pictures / "digest.en.360.no-pictures.png")
    images = browser.run(
        "return [...document.images].map((i) => [i.alt, i.naturalWidth])"
    )
    assert images
    assert all(alt and not width for alt, width in images)
    assert browser.run("return document.documentElement.scrollWidth") <= 360
