"""The shipped templates, compared with `tests/golden/`: look at the diff.

After a wanted change: GOLDEN=write .venv/bin/pytest tests/render/test_golden.py
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from publisher import files
from publisher.models import (
    Article,
    EmailDraft,
    Image,
    Issue,
    Limits,
    Slotted,
    Subscriber,
)
from publisher.models import Site as SiteModel
from publisher.render import Templates

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
SALT = Article(
    title="Salt & <light>",
    slug="salt",
    html="<p>One {{ x }} <a href='https://example.org/b'>two</a>.</p><ul><li>A</li></ul>",
    text="One {{ x }} two.\n\n- A",
    summary="What the sea leaves behind.",
    tags=("sea", "open data"),
    author="Ana Marsh",
    published=datetime(2026, 11, 20, 12, 0, tzinfo=UTC),
    url="https://example.org/salt",
    images=(Image("https://example.org/salt.png", "A heap of salt"),),
    reading_minutes=3,
)
NO_LINK = replace(SALT, title="Fog", slug="fog", url="", images=(), author="", tags=())
ARABIC = replace(
    SALT,
    title="لماذا تومض المنارة؟",
    slug="manara",
    html="<h3>الضوء</h3><p>من يقف على الرصيف ليلًا.</p>",
    text="الضوء\n\nمن يقف على الرصيف ليلًا.",
    summary="ضوء يظهر لحظة ثم يغيب.",
    language="ar",
    direction="rtl",
    author="هدى سالم",
    tags=("منارة", "البحر"),
)


@pytest.fixture
def templates(site: SiteModel) -> Templates:
    return Templates((files.shipped("templates"),), site=site)


def shown(parts: Slotted) -> str:
    """Return the text with its slots as a person reads them."""
    return "".join(
        part
        if isinstance(part, str)
        else f"[[{' | '.join((part.name, part.default, *part.filters))}]]"
        for part in parts
    )


def compare(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get("GOLDEN") == "write":
        files.write(path, text)
    assert text == path.read_text(encoding="utf-8")


def compare_email(name: str, draft: EmailDraft) -> None:
    head = f"Subject: {shown(draft.subject)}\nPreheader: {draft.preheader}\n\n"
    compare(f"{name}.txt", f"{head}{shown(draft.text)}\n")
    compare(f"{name}.html", f"{shown(draft.html)}\n")


@pytest.mark.parametrize(
    ("name", "template", "articles"),
    [
        ("digest.en", "digest", [SALT, NO_LINK, ARABIC]),
        ("digest.ar", "digest", [ARABIC]),
        ("letter.en", "letter", [SALT]),
        ("letter.ar", "letter", [ARABIC]),
    ],
)
def test_an_email(
    templates: Templates,
    issue: Issue,
    name: str,
    template: str,
    articles: list[Article],
) -> None:
    letter = templates.letter(
        template,
        articles=articles,
        issue=issue,
        view_url="https://example.org/letters/weekly-digest/7",
    )
    compare_email(name, letter.draft(Subscriber(address="reader@example.org")))


def test_the_posts(templates: Templates) -> None:
    lines = []
    for network, limits in (
        ("mastodon", Limits(length=500, unit="mastodon", link=23)),
        ("bluesky", Limits(length=300, unit="graphemes", byte_length=3000)),
        ("webhook", Limits()),
    ):
        for article in (SALT, NO_LINK, ARABIC):
            made = templates.post(
                "announcement", article=article, network=network, limits=limits
            )
            head = f"--- {network}, {made.length} of {made.limit}, step {made.rung}"
            lines.append(f"{head}\n{made.text}\n")
    compare("posts.txt", "\n".join(lines))
