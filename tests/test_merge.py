"""Merging: slots filled, the headers of lists added, the same key the same bytes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher import merge
from publisher.errors import RenderError
from publisher.mime import encode
from publisher.models import (
    Card,
    Email,
    EmailDraft,
    Image,
    Issue,
    Mailbox,
    Post,
    PostDraft,
    Site,
    Slot,
    Subscriber,
)

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SITE = Site(
    name="The Lantern",
    sender=Mailbox("letters@example.org", "The Lantern"),
    reply_to="hello@example.org",
)
ISSUE = Issue(id="w/7", campaign="w", number=7, articles=("a",), planned_at=NOW)
DRAFT = EmailDraft(
    template="digest",
    subject=("For ", Slot("subscriber.first_name", "header", "you")),
    html=('<a href="', Slot("unsubscribe_url", "html"), '">'),
    text=("Hi ", Slot("subscriber.first_name", "text", "there", ("upper",)), "!"),
    language="it",
)
ANA = Subscriber(address="ana@example.org", name="Ana Marsh")
WAY_OUT = "https://example.org/out/x?a=b&c=d"


def merged(
    draft: EmailDraft = DRAFT,
    reader: Subscriber = ANA,
    *,
    site: Site = SITE,
    list_name: str = "weekly",
    unsubscribe_url: str = WAY_OUT,
) -> Email:
    mailing = merge.mailing(draft, site=site, issue=ISSUE, list_name=list_name)
    return merge.email(
        mailing,
        key="w/7/smtp/0123",
        reader=reader,
        links={"unsubscribe_url": unsubscribe_url, "confirm_url": "https://y.example"},
    )


def test_a_whole_email() -> None:
    made = merged()
    digest = made.headers["X-Publisher-Key"]
    assert made.key == "w/7/smtp/0123"
    assert made.sender == Mailbox("letters@example.org", "The Lantern")
    assert made.recipient == Mailbox("ana@example.org", "Ana Marsh")
    assert made.subject == "For Ana"
    assert made.html == '<a href="https://example.org/out/x?a=b&amp;c=d">'
    assert made.text == "Hi ANA!"
    assert (made.language, made.reply_to) == ("it", "hello@example.org")
    assert made.headers == {
        "List-Id": "<weekly.example.org>",
        "Precedence": "bulk",
        "List-Unsubscribe": f"<{WAY_OUT}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "X-Publisher-Key": digest,
    }
    assert made.message_id == f"{digest}@example.org"
    assert made.date == NOW


def test_the_same_key_gives_the_same_bytes() -> None:
    assert encode(merged()) == encode(merged())


def test_one_click_is_promised_only_where_a_post_can_be_made() -> None:
    made = merged(unsubscribe_url="mailto:hello@example.org?subject=unsubscribe")
    assert "List-Unsubscribe-Post" not in made.headers
    assert made.headers["List-Unsubscribe"].startswith("<mailto:")


def test_a_test_to_one_person_belongs_to_no_list() -> None:
    assert "List-Id" not in merged(list_name="").headers


def test_a_list_of_any_script_has_an_ascii_id() -> None:
    assert merged(list_name="رسالة").headers["List-Id"].isascii()
    site = Site(sender=Mailbox("x@bücher.example"))
    made = merged(site=site)
    assert made.headers["List-Id"] == "<weekly.xn--bcher-kva.example>"
    assert made.message_id.endswith("@xn--bcher-kva.example")


def test_a_default_stands_where_the_reader_has_no_value() -> None:
    made = merged(reader=Subscriber(address="x@example.org"))
    assert (made.subject, made.text) == ("For you", "Hi THERE!")


def test_a_line_break_in_a_name_cannot_become_a_header() -> None:
    reader = Subscriber(
        address="x@example.org",
        name="a",
        attributes={"note": "x\r\nBcc: y@example.org\u2028z"},
    )
    draft = EmailDraft(
        template="x",
        subject=(Slot("subscriber.note", "header"),),
        html=("x",),
        text=("x",),
    )
    made = merged(draft, reader)
    assert made.subject == "x Bcc: y@example.org z"
    assert b"\r\nBcc" not in encode(made)
    named = Subscriber(address="x@example.org", name="a\r\nBcc: y@example.org")
    assert b"\r\nBcc" not in encode(merged(draft, named))


def test_a_reader_s_value_is_escaped_in_html() -> None:
    draft = EmailDraft(
        template="x",
        subject=("s",),
        html=("<p>", Slot("subscriber.name", "html"), "</p>"),
        text=(Slot("subscriber.name"),),
    )
    made = merged(draft, Subscriber(address="x@example.org", name="<b>'\"&"))
    assert made.html == "<p>&lt;b&gt;&#x27;&quot;&amp;</p>"
    assert made.text == "<b>'\"&"


WORDS = st.text(st.sampled_from("ab é😀<&'\"\0\n\u2028 ر"), max_size=6)
SLOTS = st.builds(
    Slot,
    name=st.sampled_from(
        "unsubscribe_url subscriber.address subscriber.first_name subscriber.name "
        "subscriber.language subscriber.a subscriber.b".split()
    ),
    escape=st.sampled_from(["text", "html", "header"]),
    default=st.sampled_from(["", "you", "<there>"]),
    filters=st.lists(st.sampled_from(["default", "upper", "trim"]), max_size=2).map(
        tuple
    ),
)
READERS = st.builds(
    Subscriber,
    address=WORDS,
    name=WORDS,
    language=st.sampled_from(["", "ar"]),
    attributes=st.dictionaries(st.sampled_from(["a", "name"]), WORDS),
)


@given(
    slots=st.lists(SLOTS, max_size=6),
    readers=st.lists(READERS, max_size=4),
    way_out=st.sampled_from(["", "https://example.org/out/", "mailto:x@example.org"]),
)
def test_emails_that_are_merged_together_are_those_of_each_alone(
    slots: list[Slot], readers: list[Subscriber], way_out: str
) -> None:
    draft = EmailDraft(template="x", subject=tuple(slots), html=("x",), text=("x",))
    shared = merge.mailing(draft, site=SITE, issue=ISSUE, list_name="weekly")
    keys = [f"w/7/{number}" for number in range(len(readers))]
    urls = [f"{way_out}{key}" if way_out else "" for key in keys]
    alone = [
        merge.email(shared, key=key, reader=reader, links={"unsubscribe_url": url})
        for key, reader, url in zip(keys, readers, urls, strict=True)
    ]
    together = merge.emails(
        shared, keys=keys, readers=readers, links={"unsubscribe_url": urls}
    )
    assert together == alone


def test_a_slot_that_nothing_fills_is_an_error() -> None:
    draft = EmailDraft(template="x", subject=(Slot("x"),), html=("x",), text=("x",))
    with pytest.raises(RenderError, match="nothing fills"):
        merged(draft)


def test_a_post_takes_everything_from_its_draft() -> None:
    card = Card(url="https://example.org/a", title="A")
    images = (Image("https://example.org/a.png", "A"),)
    draft = PostDraft(
        template="announcement",
        network="mastodon",
        article="a",
        text="A #B",
        language="en",
        hashtags=("B",),
        card=card,
        content_warning="C",
        images=images,
    )
    assert merge.post(draft, key="w/7/mastodon/a", created=NOW) == Post(
        key="w/7/mastodon/a",
        text="A #B",
        language="en",
        hashtags=("B",),
        card=card,
        content_warning="C",
        images=images,
        created=NOW,
    )


def test_a_page_to_leave_by_has_a_mail_beside_it() -> None:
    served = replace(SITE, unsubscribe_url="https://example.org/out/{token}")
    made = merged(site=served)
    page, mail = made.headers["List-Unsubscribe"].split(", ")
    assert page == f"<{WAY_OUT}>"
    assert mail == "<mailto:hello@example.org?subject=unsubscribe%20weekly>"


def test_a_letter_that_asks_for_a_yes_is_of_no_list_yet() -> None:
    draft = replace(DRAFT, text=(Slot("confirm_url"),))
    made = merged(draft)
    assert made.text == "https://y.example"
    assert made.headers["Auto-Submitted"] == "auto-generated"
    assert "List-Id" not in made.headers
    assert "Precedence" not in made.headers
