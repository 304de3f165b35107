"""Letters: one rendering for everybody whose letter is the same but for slots."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from publisher.errors import RenderError
from publisher.models import Article, EmailDraft, Issue, Slot, Slotted, Subscriber
from publisher.render import Templates

Write = Callable[..., Templates]
Draft = Callable[..., EmailDraft]

BEN = Subscriber(address="ben@example.org", name="Ben", attributes={"city": "Oslo"})
NOBODY = Subscriber(address="nobody@example.org")


def html_of(draft: EmailDraft) -> str:
    return "".join(part for part in draft.html if isinstance(part, str))


def slots_of(parts: Slotted) -> list[Slot]:
    return [part for part in parts if isinstance(part, Slot)]


# --- slots -------------------------------------------------------------------------


def test_what_depends_on_the_reader_becomes_a_slot(draft: Draft) -> None:
    made = draft('Hi {{ subscriber.first_name | default("there") | upper }}!')
    slot = Slot("subscriber.first_name", default="there", filters=("upper",))
    assert made.text == ("Hi ", slot, "!")


def test_a_default_after_filters_keeps_its_place(draft: Draft) -> None:
    made = draft('{{ subscriber.city | trim | default("home") | title }}')
    slot = Slot("subscriber.city", "text", "home", ("trim", "default", "title"))
    assert made.text == (slot,)


def test_a_slot_is_escaped_as_its_place_demands(draft: Draft) -> None:
    made = draft(
        "{% set subject %}For {{ subscriber.name }}{% endset %}{{ subscriber.name }}",
        "<title>{{ subject }}</title><p>{{ subscriber.name }}</p>",
    )
    places = {
        "header": slots_of(made.subject),
        "text": slots_of(made.text),
        "html": slots_of(made.html),
    }
    found = {place: [slot.escape for slot in some] for place, some in places.items()}
    assert found == {"header": ["header"], "text": ["text"], "html": ["html", "html"]}


def test_slots_survive_attributes_macros_and_inlining(draft: Draft) -> None:
    made = draft(
        html="<style>a{color:red}</style>"
        '{% macro button(url, text) %}<a href="{{ url }}">{{ text }}</a>{% endmacro %}'
        "<p>{{ button(unsubscribe_url, 'Bye ' ~ subscriber.name) }}"
        '<a href="https://example.org/?n={{ subscriber.name | urlencode }}">x</a></p>'
    )
    assert [slot.name for slot in slots_of(made.html)] == [
        "unsubscribe_url",
        "subscriber.name",
        "subscriber.name",
    ]
    assert '<a href="' in html_of(made)
    assert 'style="color: red;"' in html_of(made)


def test_the_same_letter_is_the_same_draft_in_any_process(
    write: Write, article: Article, issue: Issue
) -> None:
    files = {
        "email/one.txt.j2": "{{ subscriber.name }}",
        "email/one.html.j2": "<p>{{ subscriber.name }}",
    }
    ids = {
        write(files).letter("one", articles=[article], issue=issue).draft(BEN).id
        for _ in range(2)
    }
    assert len(ids) == 1


def test_the_way_out_may_be_asked_for_but_not_computed_with(draft: Draft) -> None:
    made = draft("{% if unsubscribe_url %}{{ unsubscribe_url }}{% endif %}")
    assert made.text == (Slot("unsubscribe_url"),)
    with pytest.raises(RenderError, match="unsubscribe_url may only be printed"):
        draft("{{ unsubscribe_url | length }}")


# --- groups ------------------------------------------------------------------------


def test_readers_share_one_rendering(
    write: Write, article: Article, issue: Issue, ana: Subscriber
) -> None:
    files = {"email/one.txt.j2": "{{ subscriber.name }}", "email/one.html.j2": "<p>x"}
    letter = write(files).letter("one", articles=[article], issue=issue)
    assert letter.draft(ana) is letter.draft(BEN)


def test_readers_with_equal_values_share_what_depends_on_them(
    write: Write, article: Article, issue: Issue, ana: Subscriber
) -> None:
    text = (
        "{% if subscriber.city == 'Rome' %}Ciao {{ subscriber.name }}"
        "{% elif subscriber.name %}Hi {{ subscriber.first_name }}{% else %}Hi"
        "{% endif %}"
    )
    files = {"email/one.txt.j2": text, "email/one.html.j2": "<p>x"}
    roman = replace(ana, address="rita@example.org", name="Rita")
    letter = write(files).letter("one", articles=[article], issue=issue)
    assert letter.draft(ana) is letter.draft(roman)
    assert letter.draft(ana).text == ("Ciao ", Slot("subscriber.name"))
    assert letter.draft(BEN).text == ("Hi ", Slot("subscriber.first_name"))
    assert letter.draft(NOBODY).text == ("Hi",)


def test_the_order_of_readers_changes_no_draft(
    write: Write, article: Article, issue: Issue, ana: Subscriber
) -> None:
    text = "{% if subscriber.city %}{{ subscriber.name|truncate(3) }}{% endif %}x"
    files = {"email/one.txt.j2": text, "email/one.html.j2": "<p>x"}
    readers = [ana, BEN, NOBODY]
    orders = (readers, readers[::-1])
    ids = []
    for order in orders:
        letter = write(files).letter("one", articles=[article], issue=issue)
        ids.append({one.address: letter.draft(one).id for one in order})
    assert ids[0] == ids[1]


def test_lists_of_a_reader_are_values(draft: Draft, ana: Subscriber) -> None:
    text = "{% if 'weekly' in subscriber.lists %}weekly{% else %}other{% endif %}"
    assert draft(text, reader=ana).text == ("weekly",)
    assert draft(text, reader=NOBODY).text == ("other",)


def test_a_reader_s_value_in_css_is_no_slot(draft: Draft) -> None:
    made = draft(html="<style>p{color:{{ subscriber.city }}}</style><p>x</p>")
    assert 'style="color: Rome;"' in html_of(made)


# --- what a template knows -----------------------------------------------------------


def test_an_article_s_text_is_never_a_template(draft: Draft) -> None:
    made = draft("{{ article | body }}", "<div>{{ article | body }}</div>")
    assert made.text == ("One two three {{ x }} & four.\n\nFive six.",)
    assert "<p>One <b>two</b> three {{ x }} &amp; four.</p>" in html_of(made)


def test_values_are_escaped_in_html_only(draft: Draft) -> None:
    made = draft("{{ article.title }}", "<p>{{ article.title }}</p>")
    assert made.text == ("Salt & <light>",)
    assert "<p>Salt &amp; &lt;light&gt;</p>" in html_of(made)


def test_body_stops_after_the_paragraph_with_the_last_word(draft: Draft) -> None:
    made = draft(
        "{{ article|body(words=3) }}", "<div>{{ article|body(words=3) }}</div>"
    )
    assert made.text == ("One two three {{ x }} & four.",)
    assert "four.</p></div>" in html_of(made)


def test_dates_are_in_the_letter_s_language_and_the_site_s_zone(draft: Draft) -> None:
    made = draft("{{ issue.date | date }} {{ article.published | date('short') }}")
    assert made.text == ("22 November 2026 20/11/2026",)


def test_the_language_is_that_of_the_articles_or_of_the_site(
    write: Write, article: Article, issue: Issue
) -> None:
    files = {"email/one.txt.j2": "{{ start }}", "email/one.html.j2": "<p>x"}
    arabic = replace(article, language="ar", direction="rtl")
    templates = write(files)
    one = templates.letter("one", articles=[arabic], issue=issue).draft(NOBODY)
    both = templates.letter("one", articles=[arabic, article], issue=issue)
    assert (one.language, one.direction, one.text) == ("ar", "rtl", ("right",))
    assert (both.draft(NOBODY).language, both.draft(NOBODY).direction) == ("en", "ltr")


def test_subject_and_preheader_come_from_the_text_part(draft: Draft) -> None:
    made = draft(
        "{% set subject = article.title %}{% set preheader %}Look,\n"
        "{{ subscriber.first_name | default('you') }}{% endset %}",
        "<p>{{ subject }} / {{ preheader }}</p>",
    )
    assert made.subject == ("Salt & <light>",)
    assert made.preheader == "Look, you"
    assert made.html[0] == (
        "<html><head></head><body><p>Salt &amp; &lt;light&gt; / Look, "
    )


def test_the_schedule_s_subject_wins(draft: Draft) -> None:
    made = draft(
        "{% set subject = 'mine' %}",
        subject="{{ articles[0].title }}, {{ subscriber.first_name }}",
    )
    assert made.subject == (
        "Salt & <light>, ",
        Slot("subscriber.first_name", escape="header"),
    )


def test_without_a_subject_or_preheader_the_title_and_summary_stand_in(
    draft: Draft,
) -> None:
    made = draft()
    assert made.subject == ("Weekly digest",)
    assert made.preheader == "What the sea leaves behind."


def test_phrases_count_and_take_values(draft: Draft, tmp_path: Path) -> None:
    words = tmp_path / "templates" / "words.yaml"
    words.parent.mkdir(exist_ok=True)
    words.write_text(
        'en: {min: {one: "{count} minute", other: "{count} minutes"}, by: "by {who}"}'
    )
    made = draft("{{ words.min | plural(3) }} {{ words.by | fill(who=site.name) }}")
    assert made.text == ("3 minutes by The Lantern",)


def test_the_owner_s_file_wins_over_the_shipped_one(
    write: Write, article: Article, issue: Issue
) -> None:
    write({"email/one.txt.j2": "s", "email/one.html.j2": "<p>shipped"}, "shipped")
    templates = write({"email/one.txt.j2": "owner"})
    made = templates.letter("one", articles=[article], issue=issue).draft(NOBODY)
    assert made.text == ("owner",)
    assert "shipped" in html_of(made)
    assert templates.names("email") == ["one"]


# --- errors ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("\n{{ artcles }}", "2: there is no 'artcles' here. Did you mean articles?"),
        ("{{ article.titel }}", "1: an article has no 'titel'. Did you mean title?"),
        ("{{ site.nme }}", "1: a site has no 'nme'. Did you mean name?"),
        ("a\n\n{% if %}", "3: Expected an expression, got 'end of statement block'"),
        ("{{ 1 / 0 }}", "1: division by zero"),
        ("{{ 1 + 'a' }}", "1: unsupported operand type(s) for +: 'int' and 'str'"),
        ("{{ 'a' | uper }}", "1: No filter named 'uper'. Did you mean upper?"),
        ("{{ lipsum() }}", "1: there is no 'lipsum' here"),
        (
            "{{ 'ab' | random }}",
            "1: No filter named 'random'. Try: docs/templates.md lists them",
        ),
        (
            "{{ subscriber.frist_name }}",
            "1: no subscriber has 'frist_name'. Did you mean subscriber.first_name?",
        ),
        (
            "{{ subscriber.email }}",
            "1: no subscriber has 'email'. Did you mean subscriber.address?",
        ),
        (
            "{{ subscriber }}",
            "1: a subscriber is not a text. Try: {{ subscriber.first_name }}",
        ),
        ("{% for i in range(20000) %}{% endfor %}", "1: a range may have 10000 steps"),
        ("{{ 'abc' * 1000000 }}", "1: the result of * is too long"),
        ("{{ 9 ** 9 ** 9 }}", "1: the result of ** is too large"),
        (
            "{{ article.__class__ }}",
            "1: access to attribute '__class__' of 'Article' object is unsafe",
        ),
        (
            "{{ issue.date | date('tiny') }}",
            "1: 'tiny' is no style of date. Try: short, medium, long, full",
        ),
    ],
)
def test_an_error_says_where_and_what_was_meant(
    draft: Draft, source: str, message: str
) -> None:
    with pytest.raises(RenderError) as caught:
        draft(source)
    assert str(caught.value) == f"templates/email/one.txt.j2:{message}"


def test_an_endless_template_stops(draft: Draft) -> None:
    loop = "{% for i in range(9999) %}"
    with pytest.raises(RenderError, match="writes more than"):
        draft(f"{loop}{loop}{loop}long{'{% endfor %}' * 3}")


def test_an_error_in_the_subject_says_so(draft: Draft) -> None:
    with pytest.raises(RenderError) as caught:
        draft(subject="{{ articel.title }}")
    assert str(caught.value) == (
        "the subject: there is no 'articel' here. Did you mean article?"
    )


def test_an_error_in_an_included_file_names_that_file(
    write: Write, article: Article, issue: Issue
) -> None:
    files = {
        "email/one.txt.j2": "{% include 'email/parts/foot.j2' %}",
        "email/one.html.j2": "<p>x",
        "email/parts/foot.j2": "\n\n{{ sit.name }}",
    }
    letter = write(files).letter("one", articles=[article], issue=issue)
    with pytest.raises(RenderError) as caught:
        letter.draft(NOBODY)
    assert caught.value.where == "templates/email/parts/foot.j2:3"


def test_a_missing_template_lists_what_there_is(
    write: Write, article: Article, issue: Issue
) -> None:
    templates = write({"email/digest.txt.j2": "x", "email/digest.html.j2": "x"})
    with pytest.raises(RenderError) as caught:
        templates.letter("digets", articles=[article], issue=issue)
    assert str(caught.value) == (
        "templates/email/: there is no email template 'digets' (there are: digest). "
        "Did you mean digest?"
    )


def test_a_letter_without_text_part_is_refused(
    write: Write, article: Article, issue: Issue
) -> None:
    with pytest.raises(RenderError, match=r"there is no templates/email/one.txt.j2"):
        write({"email/one.html.j2": "x"}).letter("one", articles=[article], issue=issue)


def test_a_template_in_another_encoding_is_named(
    write: Write, article: Article, issue: Issue, tmp_path: Path
) -> None:
    templates = write({"email/one.txt.j2": "x", "email/one.html.j2": "x"})
    (tmp_path / "templates" / "email" / "one.txt.j2").write_bytes(b"Caff\xe8")
    with pytest.raises(RenderError) as caught:
        templates.letter("one", articles=[article], issue=issue)
    assert str(caught.value) == (
        "templates/email/one.txt.j2: is not UTF-8. Try: save it as UTF-8"
    )


def test_a_name_that_a_reader_has_is_not_a_mistake(draft: Draft) -> None:
    reader = Subscriber(address="x@example.org", attributes={"email": "no"})
    assert draft("{{ subscriber.email }}", reader=reader).text == (
        Slot("subscriber.email"),
    )
