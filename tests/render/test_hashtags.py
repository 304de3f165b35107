"""Hashtags: which, how they are written, and none of them twice."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from publisher.models import Article, Hashtags, Limits
from publisher.render.hashtags import chosen, once
from publisher.text import camel_case_hashtag

ARTICLE = Article(
    title="Recovery after trauma",
    slug="a",
    text="How NASA and self esteem helped. #selfesteem",
    tags=("traumarecovery", "selfesteem", "nasa", "overview"),
)


def tags(spelling: Hashtags | None = None, limits: Limits | None = None) -> list[str]:
    return [*chosen(ARTICLE, (), limits or Limits(), spelling or Hashtags())]


def test_a_tag_is_parted_by_the_words_of_its_article() -> None:
    assert tags() == ["#TraumaRecovery", "#SelfEsteem", "#nasa", "#overview"]


def test_the_owner_s_spelling_wins() -> None:
    spelling = Hashtags.of({"NASA": "#NASA", "Trauma recovery": "TR"}, ["OverView"])
    assert tags(spelling) == ["#TR", "#SelfEsteem", "#NASA"]


def test_what_its_author_wrote_with_capitals_stays() -> None:
    article = replace(ARTICLE, tags=("TraumarecoverY",))
    assert chosen(article, (), Limits(), Hashtags()) == ("#TraumarecoverY",)


def test_a_tag_that_is_too_long_for_its_network_does_not_come() -> None:
    assert tags(limits=Limits(hashtag_length=8)) == ["#nasa", "#overview"]


def test_what_stands_in_the_text_does_not_come_again() -> None:
    text = "We spoke of #Salt.\n\n#salt #Sea #sea\n#Salt"
    assert once(text) == "We spoke of #Salt.\n\n#Sea\n"


def test_a_sentence_may_begin_with_a_hashtag() -> None:
    text = "#Salt is old.\n#Salt is new."
    assert once(text) == text


words = st.lists(st.text("abc", min_size=2, max_size=4), min_size=1, max_size=5)


@given(words, st.sets(st.text("abc", min_size=2, max_size=4)))
def test_capitals_are_all_that_changes(parts: list[str], known: set[str]) -> None:
    tag = "".join(parts)
    found = camel_case_hashtag(tag, known | set(parts))
    assert found.lower() == tag
    assert found == tag or found[0].isupper()


@given(words)
def test_as_few_words_as_can_be(parts: list[str]) -> None:
    found = camel_case_hashtag("".join(parts), set(parts))
    assert sum(map(str.isupper, found)) <= len(parts)
