"""Tag rules: which of them fire for an article, and what they change."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher import plan as planning
from publisher.models import Article, PostPart, Quiet, TagRule

BY_RULES = PostPart(through=("mastodon",), by_rules=True)
ARTICLE = Article(
    title="A",
    slug="a",
    tags=("Sea", "Storm"),
    language="pt-BR",
    category="Notes",
    labels=("grief",),
)


def fires(rule: TagRule, article: Article = ARTICLE) -> bool:
    return bool(
        planning.wording(
            article, "mastodon", BY_RULES, planning.fired_by(article, (rule,))
        ).why
    )


@pytest.mark.parametrize(
    ("rule", "does"),
    [
        (TagRule(), True),
        (TagRule(tags=("sea", "food")), True),
        (TagRule(tags=("food",)), False),
        (TagRule(all_tags=("sea", "storm")), True),
        (TagRule(all_tags=("sea", "food")), False),
        (TagRule(not_tags=("food",)), True),
        (TagRule(tags=("sea",), not_tags=("STORM",)), False),
        (TagRule(language="pt"), True),
        (TagRule(language="pt-br"), True),
        (TagRule(language="p"), False),
        (TagRule(language="pt-PT"), False),
        (TagRule(category="notes"), True),
        (TagRule(category="essays"), False),
        (TagRule(label="Grief"), True),
        (TagRule(label="war"), False),
        (TagRule(through=("bluesky",)), False),
    ],
)
def test_a_rule_fires_for_what_meets_all_its_conditions(
    rule: TagRule, *, does: bool
) -> None:
    assert fires(rule) is does


def test_it_says_which_rule_fired_and_by_what() -> None:
    rules = (
        TagRule(hashtags=("One",)),
        TagRule(tags=("food",)),
        TagRule(all_tags=("storm",), not_tags=("war",), language="pt", label="grief"),
        TagRule(category="notes"),
    )
    assert planning.wording(
        ARTICLE, "mastodon", BY_RULES, planning.fired_by(ARTICLE, rules)
    ).why == (
        "rule 1 (every article)",
        "rule 3 (Storm, not war, language pt, label grief)",
        "rule 4 (category notes)",
    )


def test_the_last_word_wins_and_hashtags_add_up() -> None:
    night = Quiet(time(20), time(8))
    hour = timedelta(hours=1)
    rules = (
        TagRule(
            hashtags=("One",),
            template="calm",
            visibility="unlisted",
            content_warning="Waves",
            utm=(("source", "a"), ("medium", "social")),
            closed=night,
            spacing=hour,
        ),
        TagRule(hashtags=("Two", "One"), template="loud", utm=(("source", "b"),)),
    )
    words = planning.wording(
        ARTICLE, "mastodon", BY_RULES, planning.fired_by(ARTICLE, rules)
    )
    assert words.hashtags == ("One", "Two")
    assert words.template == "loud"
    assert words.visibility == "unlisted"
    assert words.content_warning == "Waves"
    assert words.utm == (("source", "b"), ("medium", "social"))
    assert (words.closed, words.spacing) == (night, hour)


def test_a_rule_adds_channels_where_the_campaign_lets_it() -> None:
    rules = (TagRule(tags=("sea",), post_to=("bluesky", "mastodon")),)
    fired = planning.fired_by(ARTICLE, rules)
    assert planning.posted_to(BY_RULES, fired) == ("mastodon", "bluesky")
    only = PostPart(through=("mastodon",))
    assert planning.posted_to(only, fired) == ("mastodon",)
    other = Article(title="B", slug="b")
    assert planning.posted_to(BY_RULES, planning.fired_by(other, rules)) == (
        "mastodon",
    )


tags = st.lists(st.sampled_from("abcd"), max_size=4, unique=True).map(tuple)


@given(tags, tags, tags, tags)
def test_it_is_what_sets_say(
    own: tuple[str, ...],
    any_of: tuple[str, ...],
    all_of: tuple[str, ...],
    none_of: tuple[str, ...],
) -> None:
    article = Article(title="A", slug="a", tags=tuple(map(str.upper, own)))
    rule = TagRule(tags=any_of, all_tags=all_of, not_tags=none_of)
    wanted = (
        (not any_of or set(own) & set(any_of))
        and set(all_of) <= set(own)
        and not set(own) & set(none_of)
    )
    assert fires(rule, article) is bool(wanted)
