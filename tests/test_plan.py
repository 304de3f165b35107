from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher import plan as planning
from publisher.errors import PlanChanged
from publisher.models import (
    Article,
    Channel,
    EmailDraft,
    Issue,
    Limits,
    Mailbox,
    Plan,
    PostDraft,
    PostPart,
    Receipt,
    Selection,
    Site,
    Subscriber,
    TagRule,
)

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
SITE = Site(name="The Lantern", sender=Mailbox("letters@example.org"))
ISSUE = Issue(
    id="weekly/7", campaign="weekly", number=7, articles=("a",), planned_at=NOW
)


class Nowhere:
    kind = "email"
    limits = Limits()

    def send(self, message: object) -> Receipt:
        raise AssertionError("a plan sends nothing")


def channel(name: str) -> Channel:
    kind = "email" if name in {"smtp", "outbox"} else "post"
    return Channel(name, name, kind, Limits(), Nowhere())  # type: ignore[arg-type]


def article(slug: str, days: int = 1, **more: object) -> Article:
    published = NOW - timedelta(days=days)
    return Article(title=slug, slug=slug, published=published, **more)  # type: ignore[arg-type]


def slugs(chosen: planning.Chosen) -> list[str]:
    return [one.slug for one in chosen.articles]


def reasons(chosen: planning.Chosen) -> dict[str, str]:
    return {one.slug: reason for one, reason in chosen.left_out}


def test_the_newest_come_first_and_every_other_one_has_a_reason() -> None:
    articles = [
        article("old", 9, tags=("Sea",)),
        article("new", 1, tags=("sea", "craft")),
        article("other", 1, tags=("food",)),
        article("unfinished", 1, tags=("sea",), draft=True),
        article("tomorrow", -1, tags=("sea",)),
        article("seen", 2, tags=("sea",)),
        article("advert", 2, tags=("sea", "advert")),
        article("mare", 2, tags=("sea",), language="it"),
    ]
    selection = Selection(tags=("sea",), not_tags=("Advert",), language="en")
    chosen = planning.choose(articles, selection, sent={"seen"}, now=NOW)
    assert slugs(chosen) == ["new", "old"]
    assert reasons(chosen) == {
        "other": "has none of the tags",
        "unfinished": "is a draft",
        "tomorrow": "is dated in the future",
        "seen": "was already sent",
        "advert": "has a tag that is left out",
        "mare": "is in another language",
    }


def test_what_is_beyond_at_most_waits() -> None:
    articles = [article(name, days) for days, name in enumerate("abc", start=1)]
    chosen = planning.choose(articles, Selection(at_most=2), sent=set(), now=NOW)
    assert slugs(chosen) == ["a", "b"]
    assert reasons(chosen) == {"c": "waits for a later issue"}


def test_too_few_articles_make_no_issue() -> None:
    chosen = planning.choose([article("a")], Selection(at_least=3), sent=set(), now=NOW)
    assert slugs(chosen) == []
    assert reasons(chosen) == {"a": "fewer than 3 are new"}


def test_a_date_is_a_lower_bound() -> None:
    articles = [article("a", 1), article("b", 30)]
    selection = Selection(since="2026-11-01")
    assert slugs(planning.choose(articles, selection, sent={"a"}, now=NOW)) == ["a"]


@given(st.lists(st.integers(-3, 30), max_size=8), st.sets(st.integers(0, 7)))
def test_every_article_is_either_chosen_or_has_a_reason(
    ages: list[int], sent: set[int]
) -> None:
    articles = [article(f"a{number}", days) for number, days in enumerate(ages)]
    chosen = planning.choose(
        articles, Selection(at_most=3), sent={f"a{one}" for one in sent}, now=NOW
    )
    both = [*slugs(chosen), *reasons(chosen)]
    assert sorted(both) == sorted(one.slug for one in articles)


def test_rules_add_hashtags_and_a_warning_where_they_hold() -> None:
    rules = (
        TagRule(tags=("storm",), content_warning="storm damage", hashtags=("Sea",)),
        TagRule(tags=("storm",), through=("bluesky",), hashtags=("Weather",)),
        TagRule(tags=("food",), hashtags=("Food",)),
    )
    storm = article("a", tags=("Storm",))
    fired = planning.fired_by(storm, rules)
    words = planning.wording(storm, "mastodon", PostPart(), fired)
    assert words == planning.Wording(
        goes=True,
        why=("rule 1 (Storm)",),
        hashtags=("Sea",),
        content_warning="storm damage",
    )


def test_a_rule_can_leave_an_article_out() -> None:
    rules = (TagRule(tags=("private",), skip=True),)
    own = article("a", tags=("private",))
    fired = planning.fired_by(own, rules)
    words = planning.wording(own, "mastodon", PostPart(), fired)
    assert not words.goes
    assert words.why == ("rule 1 (private) leaves it out",)


def test_an_article_without_the_tags_of_a_post_is_not_posted() -> None:
    part = PostPart(tags=("sea",))
    assert not planning.wording(article("a"), "mastodon", part, ()).goes


def made(*addresses: str, title: str = "A") -> Plan:
    email = EmailDraft(template="digest", subject=("Hi",), html=("<p>",), text=("t",))
    post = PostDraft(template="announcement", network="mastodon", article="a", text="t")
    return planning.make(
        ISSUE,
        articles=[Article(title=title, slug="a")],
        site=SITE,
        emails=[(channel("smtp"), Subscriber(address=one), email) for one in addresses],
        posts=[(channel("mastodon"), post, None)],
        left_out=["article is a draft", "article is a draft"],
    )


def test_a_plan_holds_each_delivery_once_with_its_key() -> None:
    plan = made("ana@example.org", "bo@example.org")
    assert plan.counts() == {"smtp": 2, "mastodon": 1}
    assert len(plan.drafts) == 2
    assert plan.deliveries[2].key == "weekly/7/mastodon/a"
    assert plan.left_out == (("article is a draft", 2),)
    assert not any("@" in one.key for one in plan.deliveries)


def test_the_plan_on_paper_holds_no_address() -> None:
    assert "ana@" not in str(planning.data(made("ana@example.org")))


def test_an_equal_plan_is_not_refused() -> None:
    saved = planning.data(made("ana@example.org"))
    planning.refuse_drift(saved, made("ana@example.org"))


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (made("ana@example.org", "bo@example.org"), "who gets it changed"),
        (made("ana@example.org", title="B"), "article a changed"),
    ],
)
def test_a_plan_that_drifted_is_refused_and_says_where(plan: Plan, words: str) -> None:
    with pytest.raises(PlanChanged, match=words):
        planning.refuse_drift(planning.data(made("ana@example.org")), plan)


def test_a_file_that_is_no_plan_is_refused() -> None:
    with pytest.raises(PlanChanged, match="not a plan"):
        planning.refuse_drift({"hello": 1}, made())
