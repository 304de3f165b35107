from __future__ import annotations

from dataclasses import replace

import pytest

from publisher import checks
from publisher.checks import Facts
from publisher.models import (
    Article,
    AttachedFile,
    EmailDraft,
    Image,
    Limits,
    Mailbox,
    Problem,
    Site,
    Slot,
)

SITE = Site(
    name="The Lantern",
    sender=Mailbox("letters@example.org", "The Lantern"),
    postal_address="The Lantern, 7 Harbour Steps\n16100 Genova",
)
ARTICLE = Article(
    title="Braces",
    slug="braces",
    text="Write {{ x }} and {% if y %}.",
    html="<p>Write {{ x }} and {% if y %}.</p>",
    images=(Image("https://example.org/a.png"),),
    source="articles/braces.md",
)
FACTS = Facts(site=SITE, campaign="weekly", articles={"braces": ARTICLE})
WAY_OUT = Slot("unsubscribe_url", escape="html")
DRAFT = EmailDraft(
    template="digest",
    subject=("Notes from the harbour",),
    preheader="Nets and knots",
    html=(
        "<p>Hi</p><p>The Lantern,<br>7 Harbour Steps,<br>16100&nbsp;Genova</p>",
        '<a href="',
        WAY_OUT,
        '">Unsubscribe</a>',
    ),
    text=("Hi\n\nThe Lantern, 7 Harbour\nSteps, 16100 Genova\n", WAY_OUT),
    articles=("braces",),
)
WHERE = "weekly: email digest"


def problems(draft: EmailDraft = DRAFT, facts: Facts = FACTS) -> list[Problem]:
    return checks.run([draft], facts)


def with_html(html: str) -> EmailDraft:
    return replace(DRAFT, html=(*DRAFT.html, html))


def messages(draft: EmailDraft = DRAFT, facts: Facts = FACTS) -> list[str]:
    return [f"{one.level}: {one.message}" for one in problems(draft, facts)]


def test_a_good_email_has_no_problem() -> None:
    assert problems() == []


def test_every_check_has_a_stable_name() -> None:
    assert list(checks.known()) == [
        "email.attachments",
        "email.embedded",
        "email.images",
        "email.links",
        "email.postal_address",
        "email.preheader",
        "email.sender",
        "email.size",
        "email.slots",
        "email.subject",
        "email.text",
        "email.unsubscribe",
        "post.hashtags",
        "post.images",
        "post.length",
        "post.link",
        "post.sensitive",
        "post.text",
    ]


@pytest.mark.parametrize("subject", [(), ("",), ("  \n ",)])
def test_an_email_needs_a_subject(subject: tuple[str, ...]) -> None:
    assert problems(replace(DRAFT, subject=subject)) == [
        Problem(
            "email.subject",
            "error",
            "the email has no subject",
            WHERE,
            "Try: subject: … in its schedule",
        )
    ]


@pytest.mark.parametrize(
    ("subject", "message"),
    [
        ("x" * 79, "warning: the subject has 79 characters; inboxes show about 40"),
        ("Short", "warning: the subject has only 5 characters"),
        (
            "A subject\nBcc: b@example.org",
            "error: the subject has more than one line",
        ),
    ],
)
def test_a_subject_is_one_line_of_a_fair_length(subject: str, message: str) -> None:
    assert messages(replace(DRAFT, subject=(subject,))) == [message]


def test_an_email_has_a_preheader() -> None:
    found = problems(replace(DRAFT, preheader=" "))
    assert [(one.check, one.level) for one in found] == [("email.preheader", "warning")]


def test_an_email_needs_a_sender() -> None:
    facts = replace(FACTS, site=replace(SITE, sender=Mailbox("")))
    found = problems(facts=facts)
    assert [(one.message, one.where) for one in found] == [
        ("the email has no sender", "publisher.yaml")
    ]


def test_both_parts_need_a_way_out() -> None:
    bare = replace(
        DRAFT,
        html=tuple(part for part in DRAFT.html if part is not WAY_OUT),
        text=DRAFT.text[:1],
    )
    found = [one for one in problems(bare) if one.check == "email.unsubscribe"]
    assert [(one.level, one.message) for one in found] == [
        ("error", "the HTML part has no unsubscribe link"),
        ("error", "the text part has no unsubscribe link"),
    ]


@pytest.mark.parametrize(
    "url",
    [
        "mailto:letters@example.org?subject=unsubscribe",
        "https://example.org/unsubscribe?x=1",
        "https://lantern.example.org/out/abc",
    ],
)
def test_a_way_out_may_be_written_out(url: str) -> None:
    site = replace(SITE, unsubscribe_url="https://lantern.example.org/out/{token}")
    facts = replace(FACTS, site=site)
    html = tuple(url if part is WAY_OUT else part for part in DRAFT.html)
    assert messages(replace(DRAFT, html=html), facts) == []


def test_a_postal_address_is_set_and_shown() -> None:
    facts = replace(FACTS, site=replace(SITE, postal_address=" "))
    assert messages(facts=facts) == ["error: the email has no postal address"]
    facts = replace(FACTS, site=replace(SITE, postal_address="8 Harbour Steps"))
    assert messages(facts=facts) == [
        "error: the HTML part lacks the postal address",
        "error: the text part lacks the postal address",
    ]


def test_the_text_part_says_something() -> None:
    assert "error: the text part is empty" in messages(replace(DRAFT, text=("\n",)))


@pytest.mark.parametrize(
    ("size", "level"), [(80_000, ""), (94_000, "warning"), (110_000, "error")]
)
def test_html_that_gmail_cuts_off_is_told(size: int, level: str) -> None:
    lines = ("x" * 69 + "\n") * (size // 70)
    found = problems(with_html(f"<p>{lines}</p>"))
    assert [one.level for one in found] == ([level] if level else [])


def test_a_slot_that_nothing_fills_stops_the_email() -> None:
    found = problems(replace(DRAFT, text=(*DRAFT.text, Slot("unsubscribe_ulr"))))
    assert [(one.level, one.message, one.hint) for one in found] == [
        (
            "error",
            "nothing fills {{ unsubscribe_ulr }}",
            "Did you mean unsubscribe_url?",
        )
    ]


def test_a_subscriber_value_that_looks_mistyped_is_told() -> None:
    good = (Slot("subscriber.first_name"), Slot("subscriber.city"))
    assert messages(replace(DRAFT, text=(*DRAFT.text, *good))) == []
    found = problems(replace(DRAFT, text=(*DRAFT.text, Slot("subscriber.frist_name"))))
    assert [(one.level, one.hint) for one in found] == [
        ("warning", "Did you mean subscriber.first_name?")
    ]


def test_code_of_an_article_is_no_leftover_of_a_template() -> None:
    assert messages(with_html("<p>Write {{ x }} and {%\n if y %}</p>")) == []


def test_code_of_a_template_is_a_leftover() -> None:
    assert messages(with_html("<p>{{ article.title }}</p>")) == [
        "error: {{ article.title }} was not rendered in the HTML part"
    ]
    subject = ("This week: {{ articles[0].title }}",)
    assert messages(replace(DRAFT, subject=subject)) == [
        "error: {{ articles[0].title }} was not rendered in the subject"
    ]


def test_without_the_articles_nobody_can_know_whose_code_it_is() -> None:
    facts = replace(FACTS, articles={})
    assert messages(with_html("<p>{{ x }}</p>"), facts) == []


def test_an_image_without_alt_is_told_with_its_article() -> None:
    found = problems(with_html('<img src="https://example.org/a.png" alt="">'))
    assert found == [
        Problem(
            "email.images",
            "warning",
            "the image https://example.org/a.png has no alt text",
            "articles/braces.md",
            "Try: say in a few words what it shows",
        )
    ]


@pytest.mark.parametrize(
    "html",
    [
        '<img src="https://example.org/b.png" alt="A net">',
        '<img src="https://example.org/dot.gif" alt="" role="presentation">',
    ],
)
def test_an_image_with_alt_or_for_decoration_is_right(html: str) -> None:
    assert messages(with_html(html)) == []


def test_an_image_inside_the_html_is_told() -> None:
    html = '<img src="data:image/png;base64,AAAA" alt="A net">'
    assert messages(with_html(html)) == [
        "warning: an image is inside the HTML, where Gmail does not show it"
    ]


@pytest.mark.parametrize(
    ("link", "message"),
    [
        ("<a>x</a>", "warning: a link leads nowhere"),
        ('<a href="#">x</a>', "warning: a link leads nowhere"),
        (
            '<a href="/about">x</a>',
            "warning: the link /about leads nowhere from an inbox",
        ),
        (
            '<a href="http://example.org/">x</a>',
            "warning: the link http://example.org/ is not encrypted",
        ),
    ],
)
def test_a_link_leads_somewhere_from_an_inbox(link: str, message: str) -> None:
    assert messages(with_html(link)) == [message]


@pytest.mark.parametrize(
    "link",
    [
        '<a name="top"></a>',
        '<a href="#top">x</a>',
        '<a href="mailto:a@example.org">x</a>',
    ],
)
def test_anchors_and_mail_links_are_right(link: str) -> None:
    assert messages(with_html(link)) == []


def test_the_same_complaint_about_two_variants_is_made_once() -> None:
    drafts = [replace(DRAFT, subject=("",), language=tag) for tag in ("en", "it")]
    assert len(checks.run(drafts, FACTS)) == 1


def a_file(name: str, size: int = 1000, content_id: str = "") -> AttachedFile:
    return AttachedFile(
        name=name,
        media_type="application/pdf",
        size=size,
        digest="d" * 64,
        content_id=content_id,
    )


def with_file(name: str, size: int = 1000, content_id: str = "") -> EmailDraft:
    return replace(DRAFT, attachments=(a_file(name, size, content_id),))


TAKES_10 = replace(FACTS, limits={"postmark": Limits(size=10_000_000)})


@pytest.mark.parametrize(
    ("draft", "found"),
    [
        (with_file("a.pdf"), []),
        (with_file("a.EXE"), ["error: Gmail refuses mail with a.EXE"]),
        (
            with_file("a.pdf", 4_000_000),
            ["warning: the attachments have 5.5 MB on their way"],
        ),
        (
            with_file("a.pdf", 7_400_000),
            [
                "error: the email has 10.1 MB, and postmark takes 10",
                "warning: the attachments have 10.1 MB on their way",
            ],
        ),
    ],
)
def test_attachments_are_weighed_as_they_travel(
    draft: EmailDraft, found: list[str]
) -> None:
    assert messages(draft, TAKES_10) == found


def test_an_image_that_is_not_there_or_not_shown_is_an_error() -> None:
    shows = '<img src="cid:lamp.png" alt="A lamp">'
    draft = replace(with_file("lamp.png", 10, "lamp.png"), html=(*DRAFT.html, shows))
    blind = replace(FACTS, limits={"brevo": Limits(shows_images=False)})
    assert messages(draft) == []
    assert messages(draft, blind) == [
        "error: brevo cannot show lamp.png, which travels with the email"
    ]
    said = messages(with_html(shows))
    assert said == ["error: the image cid:lamp.png is not attached"]
    assert messages(with_html("<p>Write &lt;img src=cid:x&gt; for it.</p>")) == []
