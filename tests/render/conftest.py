"""A folder of templates that a test fills, and what goes into them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from publisher.models import (
    Article,
    EmailDraft,
    Image,
    Issue,
    Mailbox,
    Site,
    Subscriber,
)
from publisher.render import Templates

Write = Callable[..., Templates]
Draft = Callable[..., EmailDraft]


@pytest.fixture
def site() -> Site:
    return Site(
        name="The Lantern",
        url="https://example.org/",
        timezone="Europe/Rome",
        sender=Mailbox("letters@example.org", "The Lantern"),
        postal_address="7 Harbour Steps, Genova",
    )


@pytest.fixture
def article() -> Article:
    return Article(
        title="Salt & <light>",
        slug="salt",
        html="<p>One <b>two</b> three {{ x }} &amp; four.</p>\n<p>Five six.</p>",
        text="One two three {{ x }} & four.\n\nFive six.",
        summary="What the sea leaves behind.",
        tags=("open data", "2026", "Sea", "sea"),
        url="https://example.org/salt",
        images=(Image("https://example.org/salt.png", "A heap of salt"),),
        published=datetime(2026, 11, 20, 12, 0, tzinfo=UTC),
    )


@pytest.fixture
def issue() -> Issue:
    return Issue(
        id="weekly-digest/7",
        campaign="weekly-digest",
        number=7,
        articles=("salt",),
        planned_at=datetime(2026, 11, 22, 8, 0, tzinfo=UTC),
    )


@pytest.fixture
def ana() -> Subscriber:
    return Subscriber(
        address="ana@example.org",
        name="Ana Marsh",
        lists=("weekly",),
        attributes={"city": "Rome"},
    )


@pytest.fixture
def write(tmp_path: Path, site: Site) -> Write:
    """Write files into `templates/` ("email/x.txt.j2" -> its text) and open them."""

    def written(files: dict[str, str], folder: str = "templates") -> Templates:
        for name, text in files.items():
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return Templates((tmp_path / "templates", tmp_path / "shipped"), site=site)

    return written


@pytest.fixture
def draft(write: Write, article: Article, issue: Issue, ana: Subscriber) -> Draft:
    """Render one letter from the sources of its two parts."""

    def drafted(
        text: str = "x",
        html: str = "<p>x</p>",
        *,
        reader: Subscriber = ana,
        subject: str = "",
    ) -> EmailDraft:
        parts = {"email/one.txt.j2": text, "email/one.html.j2": html}
        letter = write(parts).letter(
            "one", articles=[article], issue=issue, subject=subject
        )
        return letter.draft(reader)

    return drafted
