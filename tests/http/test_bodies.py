"""Page and text with gaps: what each message written for itself would hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.http import batches
from publisher.http.bodies import Bodies
from publisher.http.gaps import encoded
from publisher.models import Email, EmailDraft, Json, Mailbox, Mailing, Receipt, Slot
from publisher.providers import brevo, mailjet, mailtrap, postmark, resend
from publisher.testing import SENDER

NAME, OUT = Slot("subscriber.name", "html"), Slot("unsubscribe_url")
PROVIDERS: list[tuple[Callable[[Email], Json], Bodies]] = [
    (brevo.Brevo.payload, brevo.BODIES),
    (mailjet.Mailjet.payload, mailjet.BODIES),
    (mailtrap.Mailtrap.payload, mailtrap.BODIES),
    (postmark.Postmark.payload, postmark.BODIES),
    (resend.Resend.payload, resend.BODIES),
]
# Signs that are tags to one of them, alone or with what stands beside them.
TAGS = "{ {{ {{x}} {% pm:x {{{pm:x}}} [ [[var:x]] <style> % </style>".split()
odd = st.sampled_from([*TAGS, "\x7f", '"', "\\", "\n", "😀", "رسالة", "\ud800", " "])
texts = st.lists(odd | st.text(max_size=4), max_size=3).map("".join)
slotted = st.lists(texts | st.sampled_from([NAME, OUT]), max_size=5).map(tuple)


def emails(subject: str, html: tuple[str | Slot, ...], *values: str) -> list[Email]:
    draft = EmailDraft(template="x", subject=(subject, NAME), html=html, text=html)
    shared = Mailing(draft=draft, sender=SENDER, slots=(NAME, OUT))
    made = Email(
        key="w/7/1",
        mailing=shared,
        recipient=Mailbox("ada@example.org", "Ada Å"),
        values=values[:2],
        own_headers={"X-Publisher-Key": "1"},
    )
    return [made, replace(made, key="w/7/2", values=values[2:])]


@pytest.mark.parametrize(
    ("write", "bodies"), PROVIDERS, ids=[kind.__qualname__ for kind, _ in PROVIDERS]
)
@given(html=slotted, values=st.lists(texts, min_size=4, max_size=4))
def test_what_is_filled_is_what_each_would_be_if_it_were_written_alone(
    write: Callable[[Email], Json],
    bodies: Bodies,
    html: tuple[str | Slot, ...],
    values: list[str],
) -> None:
    clean = ["".join(filter(str.isprintable, one)) for one in values[::2]]
    calls = []

    def send(sent: list[Email], pieces: list[bytes]) -> list[Receipt]:
        calls.append(json.loads(b"".join([b"[", *pieces, b"]"])))
        return [Receipt(one.key) for one in sent]

    sent = emails("Hi ", html, clean[0], values[1], clean[1], values[3])
    answers = batches.hand_over(
        sent,
        send,
        provider="pigeon",
        write=write,
        bodies=bodies,
        longest=10_000,
        longest_call=10_000,
    )
    assert answers == [Receipt(one.key) for one in sent]
    plain = [json.loads(encoded(write(one))) for one in sent]
    assert calls == [plain]


def test_gaps_are_filled_only_where_no_tag_can_arise() -> None:
    bodies = postmark.BODIES
    [safe, risky] = emails("Hi", ("<p>", NAME, "</p>", OUT), "a", "b", "{", "b")
    assert b"".join(bodies.pieces(safe)) == (
        b'"HtmlBody":"<p>a</p>b","TextBody":"<p>a</p>b"'
    )
    assert bodies.pieces(risky) == []
    for html in (("{", NAME), ("{{ x }}", NAME)):
        assert bodies.pieces(emails("Hi", html, "a", "b", "c", "d")[0]) == []
