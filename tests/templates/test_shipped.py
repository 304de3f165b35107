"""What every shipped template keeps, whatever the article."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from publisher import files, merge, mime
from publisher.errors import RenderError
from publisher.models import (
    Article,
    Direction,
    Email,
    Image,
    Issue,
    Limits,
    Mailbox,
    Site,
    Subscriber,
)
from publisher.project import Project
from publisher.render import Templates

if TYPE_CHECKING:
    from tests.conftest import Letters

SITE = Site(
    name="The Lantern",
    url="https://lantern.example.org/",
    sender=Mailbox("letters@example.org", "The Lantern"),
    postal_address="7 Harbour Steps, 16100 Genova, Italy",
)
ISSUE = Issue(
    id="weekly/7",
    campaign="weekly",
    number=7,
    articles=(),
    planned_at=datetime(2026, 11, 20, 8, 0, tzinfo=UTC),
)
SHIPPED = Templates((files.shipped("templates"),), site=SITE)
WAY_OUT = "https://lantern.example.org/out/abc"
TEXT = "The lamp was lit at dusk, and the boats came home by it. " * 6
ARTICLE = Article(
    title="Salt & light",
    slug="salt",
    html=f"<p>{TEXT}</p>",
    text=TEXT,
    summary=TEXT[:180],
    tags=("sea",),
    url="https://lantern.example.org/salt",
    images=(Image("https://lantern.example.org/salt.jpg", "A heap of salt"),),
)
# What a mail program is told: dark colours, text neither grown nor in Times, no links
# that it guessed.
HELD = (
    "@media (prefers-color-scheme: dark)",
    '<meta name="color-scheme" content="light dark">',
    "[data-ogsc]",
    "-webkit-text-size-adjust: 100%",
    "<!--[if mso]>",
    '<meta name="x-apple-disable-message-reformatting">',
    '<meta name="format-detection"',
)
SCRIPT = "<script>alert(1)</script>"
TRAPS = (
    "{{ 7 * 7 }}",
    "{% raw %}{{ x }}{% endraw %}",
    "{{ subscriber.address }}",
    "{# gone #}",
    SCRIPT,
    "${x} %recipient.x% [[var:x]]",
)
MARKUP = 2_048  # bytes of markup for an article, its own words not counted
GMAIL = 102 * 1024  # bytes of HTML, beyond which Gmail clips


def email(template: str, *articles: Article, language: str = "en") -> Email:
    templates = Templates(
        (files.shipped("templates"),), site=replace(SITE, language=language)
    )
    letter = templates.letter(template, articles=articles, issue=ISSUE)
    reader = Subscriber(address="ana@example.net", name="Ana Marsh")
    mailing = merge.mailing(
        letter.draft(reader), site=SITE, issue=ISSUE, list_name="weekly"
    )
    return merge.email(
        mailing, key="weekly/7/x", reader=reader, links={"unsubscribe_url": WAY_OUT}
    )


class Page(HTMLParser):
    """The tags of a page with their attributes, and the text that can be read."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


LETTERS = SHIPPED.names("email")
OF_ARTICLES = [one for one in LETTERS if one != "confirm"]


@pytest.mark.parametrize("template", LETTERS)
@pytest.mark.parametrize(("language", "way"), [("en", "ltr"), ("ar", "rtl")])
def test_every_letter_has_what_a_letter_needs(
    template: str, language: str, way: Direction
) -> None:
    article = replace(ARTICLE, language=language, direction=way)
    made = email(template, article, language=language)
    page = Page(made.html)
    (html,) = (attributes for tag, attributes in page.tags if tag == "html")
    assert (html["lang"], html["dir"]) == (language, way)
    assert WAY_OUT in {attributes.get("href") for _, attributes in page.tags}
    for text in (made.html, made.text):
        assert SITE.postal_address in text
    assert WAY_OUT in made.text
    assert made.subject
    assert all(
        attributes.get("alt") is not None
        for tag, attributes in page.tags
        if tag == "img"
    )
    for rule in HELD:
        assert rule in made.html
    assert {"script", "form", "iframe", "link"}.isdisjoint(tag for tag, _ in page.tags)


@pytest.mark.parametrize("template", OF_ARTICLES)
def test_the_preheader_comes_first_and_is_not_the_title(template: str) -> None:
    made = email(template, ARTICLE)
    body = re.split(r"<body[^>]*>", made.html)[1]
    words = " ".join(" ".join(Page(body).words).split())
    assert made.mailing.draft.preheader
    assert ARTICLE.title not in made.mailing.draft.preheader
    assert words.startswith(" ".join(made.mailing.draft.preheader.split()))


def test_an_article_costs_a_digest_little_markup() -> None:
    many = [replace(ARTICLE, slug=f"a{number}") for number in range(12)]
    sizes = [len(email("digest", *many[:count]).html) for count in (2, 12)]
    own = len(ARTICLE.title) + len(ARTICLE.summary) + len(ARTICLE.url)
    assert (sizes[1] - sizes[0]) / 10 - own <= MARKUP
    assert mime.html_size(email("digest", *many).html) < GMAIL


@pytest.mark.parametrize("template", OF_ARTICLES)
@pytest.mark.parametrize("trap", TRAPS)
def test_an_article_about_templates_is_shown_as_it_is_written(
    template: str, trap: str
) -> None:
    html = f"<p>{escape(trap)}</p>"
    trapped = replace(ARTICLE, title=f"On {trap}", summary=trap, html=html, text=trap)
    made = email(template, trapped)
    assert trap in made.text
    page = Page(made.html)
    assert "".join(page.words).count(trap) >= 3  # in title, preheader and body
    assert "script" not in {tag for tag, _ in page.tags}
    assert "49" not in made.subject
    assert trap in made.subject or " ".join(trap.split()) in made.subject


@pytest.mark.parametrize("template", OF_ARTICLES)
def test_a_script_in_an_articles_page_is_no_script_in_the_letter(
    letters: Letters, template: str
) -> None:
    letters.write(
        "articles/trap.html",
        f"<title>Trap</title><article><h1>Trap</h1><p onclick=x()>{TEXT}</p>{SCRIPT}"
        f"<p>{TEXT}<a href='javascript:alert(1)'>x</a></p></article>",
    )
    with Project(letters.root) as project:
        (shown,) = project.render("trap", template=template, to=("ana@example.net",))
    assert isinstance(shown.message, Email)
    assert "The lamp was lit at dusk" in shown.message.html
    for danger in ("<script", "alert(1)", "onclick", "javascript:"):
        assert danger not in shown.message.html


@pytest.mark.parametrize("template", OF_ARTICLES)
@pytest.mark.parametrize("ending", ["html", "txt"])
def test_a_slip_in_a_copied_template_is_told_with_its_line(
    tmp_path: Path, template: str, ending: str
) -> None:
    name = f"email/{template}.{ending}.j2"
    shipped = files.read_text(files.shipped("templates", name))
    files.write(tmp_path / name, shipped.replace("item.title", "item.titel"))
    line = 1 + shipped[: shipped.index("item.title")].count("\n")
    letter = with_own(tmp_path).letter(template, articles=[ARTICLE] * 3, issue=ISSUE)
    with pytest.raises(RenderError) as caught:
        letter.draft(Subscriber(address="ana@example.net"))
    assert caught.value.where == f"{tmp_path.name}/{name}:{line}"
    assert "Did you mean title?" in str(caught.value)


@pytest.mark.parametrize("name", ["email/_frame.html.j2", "email/letter.html.j2"])
def test_an_owners_copy_wins_and_the_rest_stays_shipped(
    tmp_path: Path, name: str
) -> None:
    shipped = files.read_text(files.shipped("templates", name))
    files.write(tmp_path / name, shipped.replace("</h1>", " (ours)</h1>", 1))
    if "_frame" in name:
        files.write(tmp_path / name, shipped.replace("</body>", "<p>ours</p></body>"))
    made = with_own(tmp_path).letter("letter", articles=[ARTICLE], issue=ISSUE)
    html = "".join(map(str, made.draft(Subscriber(address="a@example.net")).html))
    assert "ours" in html
    assert "prefers-color-scheme: dark" in html


def with_own(folder: Path) -> Templates:
    return Templates((folder, files.shipped("templates")), site=SITE)


@pytest.mark.parametrize("template", OF_ARTICLES)
def test_an_article_without_anything_makes_a_letter(template: str) -> None:
    bare = Article(title="Fog", slug="fog", html="", text="")
    made = email(template, bare)
    assert "Fog" in made.text
    assert 'src=""' not in made.html
    assert 'href=""' not in made.html
    assert not re.search(r"\bNone\b", made.html + made.text)


@pytest.mark.parametrize("template", SHIPPED.names("social"))
@pytest.mark.parametrize("network", ["mastodon", "bluesky", "webhook", "telegram"])
def test_every_post_fits_and_keeps_its_link(template: str, network: str) -> None:
    limits = Limits(length=300)
    long = replace(ARTICLE, title="A long title " * 40, summary=TEXT)
    for article in (ARTICLE, long):
        made = SHIPPED.post(template, article=article, network=network, limits=limits)
        assert made.length <= 300
        assert article.url in made.text or (made.card and made.card.url == article.url)
