from __future__ import annotations

from dataclasses import replace

import pytest

from publisher import checks
from publisher.checks import Facts
from publisher.models import Article, Card, Image, Limits, PostDraft, Problem, Site

URL = "https://lantern.example.org/nets/"
ARTICLE = Article(title="Nets", slug="nets", url=URL, source="articles/nets.md")
LIMITS = {
    "mastodon": Limits(length=40, unit="mastodon", link=23, hashtags=2, alt=20),
    "bluesky": Limits(length=30, unit="graphemes", byte_length=60),
}
FACTS = Facts(site=Site(), limits=LIMITS, articles={"nets": ARTICLE})
DRAFT = PostDraft(
    template="announcement", network="mastodon", article="nets", text=f"Nets {URL}"
)
WHERE = "articles/nets.md on mastodon"


def messages(draft: PostDraft, facts: Facts = FACTS) -> list[str]:
    return [f"{one.level}: {one.message}" for one in checks.run([draft], facts)]


def test_a_good_post_has_no_problem() -> None:
    assert messages(DRAFT) == []


def test_a_post_says_something() -> None:
    draft = replace(DRAFT, text=" \n", card=Card(url=URL, title="Nets"))
    assert checks.run([draft], FACTS) == [
        Problem(
            "post.text",
            "error",
            "the post is empty",
            WHERE,
            "Try: check templates/social/announcement.txt.j2",
        )
    ]


def test_a_post_is_counted_as_its_network_counts() -> None:
    assert messages(replace(DRAFT, text="x" * 16 + " " + URL)) == []
    assert messages(replace(DRAFT, text="x" * 17 + " " + URL)) == [
        "error: the post has 41 characters; mastodon takes 40"
    ]


def test_mastodon_counts_the_content_warning_too() -> None:
    draft = replace(DRAFT, text="x" * 10 + " " + URL, content_warning="Waves")
    assert messages(draft) == []
    assert messages(replace(draft, content_warning="High waves")) == [
        "error: the post has 44 characters; mastodon takes 40"
    ]


@pytest.mark.parametrize(
    ("warning", "expected"),
    [
        ("nudity", []),
        ("waves", ["error: the post has 36 graphemes; bluesky takes 30"]),
        ("nudity, waves", ["error: the post has 36 graphemes; bluesky takes 30"]),
    ],
)
def test_bluesky_gets_the_words_of_a_warning_above_the_text(
    warning: str, expected: list[str]
) -> None:
    draft = replace(DRAFT, network="bluesky", card=Card(url=URL, title="Nets"))
    assert messages(replace(draft, text="x" * 25, content_warning=warning)) == expected


def test_bytes_are_a_limit_of_their_own() -> None:
    draft = replace(DRAFT, network="bluesky", card=Card(url=URL, title="Nets"))
    assert messages(replace(draft, text="\U0001f468‍\U0001f469‍\U0001f467" * 4)) == [
        "error: the post has 72 bytes; bluesky takes 60"
    ]


def test_a_network_that_is_no_channel_counts_as_the_draft_says() -> None:
    draft = replace(DRAFT, network="pigeon", limit=10)
    assert messages(draft) == ["error: the post has 38 characters; pigeon takes 10"]
    assert messages(replace(draft, limit=None)) == []


@pytest.mark.parametrize(
    ("hashtags", "expected"),
    [
        (("Sea", "بحر"), []),
        (("a", "b", "c"), ["warning: the post has 3 hashtags; 2 are enough"]),
        (("slow reading",), ["warning: #slow reading does not work as a hashtag"]),
        (("2026",), ["warning: #2026 does not work as a hashtag"]),
    ],
)
def test_hashtags_are_few_and_work(
    hashtags: tuple[str, ...], expected: list[str]
) -> None:
    assert messages(replace(DRAFT, hashtags=hashtags)) == expected


def test_a_hashtag_that_does_not_work_comes_with_one_that_does() -> None:
    found = checks.run([replace(DRAFT, hashtags=("slow reading",))], FACTS)
    assert [one.hint for one in found] == ["Try: SlowReading"]


@pytest.mark.parametrize(
    ("alt", "expected"),
    [
        ("A net", []),
        ("", ["warning: the image https://x/a.png has no alt text"]),
        (
            "x" * 21,
            [
                "warning: the alt text of https://x/a.png has 21 characters; "
                "mastodon takes 20"
            ],
        ),
    ],
)
def test_an_image_has_a_fair_alt_text(alt: str, expected: list[str]) -> None:
    draft = replace(DRAFT, images=(Image("https://x/a.png", alt),))
    assert messages(draft) == expected


def test_a_post_links_to_its_article() -> None:
    draft = replace(DRAFT, text="Nets")
    assert messages(draft) == ["warning: the post has no link to the article"]
    assert messages(replace(draft, card=Card(url=URL, title="Nets"))) == []
    no_url = replace(FACTS, articles={"nets": replace(ARTICLE, url="")})
    assert messages(draft, no_url) == []
    assert messages(draft, replace(FACTS, articles={})) == []


def test_template_code_does_not_go_out() -> None:
    text = f"{{{{ title }}}} {URL}"
    assert messages(replace(DRAFT, text=text)) == [
        "error: {{ title }} was not rendered"
    ]
