from __future__ import annotations

import html
import json
import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from responses import RequestsMock
from responses.matchers import header_matcher

from publisher.errors import ProviderError, Refused, Rejected, Throttled, Uncertain
from publisher.models import (
    Email,
    EmailDraft,
    Json,
    Mailbox,
    Mailing,
    Receipt,
    Slot,
    Slotted,
)
from publisher.providers import Secret
from publisher.providers.mailgun import Mailgun
from publisher.testing import ANYWHERE, LETTER, EmailContract, sample_email

URL = "https://api.mailgun.net/v3/mg.example.org/messages"
QUEUED = {"id": "<call@mg.example.org>", "message": "Queued. Thank you."}
NAME = Slot("subscriber.name", "html")
OUT = Slot("unsubscribe_url", "header")
CODE = "<p>50% %recipient.x% %unsubscribe_url% %20</p><style>a{top:5%recipient}</style>"
words = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=30)
code = st.sampled_from(
    ["%recipient.x%", "%recipient%", "%", "%%", "%tag_unsubscribe_url%", "100%", "%20"]
)
texts = st.lists(words | code, max_size=3).map("".join)
slotted = st.lists(texts | st.sampled_from([NAME, OUT]), max_size=5).map(tuple)


def mailing(subject: Slotted, text: Slotted, page: Slotted) -> Mailing:
    draft = EmailDraft(template="digest", subject=subject, text=text, html=page)
    return replace(LETTER.mailing, draft=draft, slots=(NAME, OUT))


def to(name: str, shared: Mailing, *values: str) -> Email:
    reader = Mailbox(f"{name}@example.net", name.title())
    key = f"weekly/7/mail/{name}"
    return Email(key=key, mailing=shared, recipient=reader, values=values)


def form(request: Any) -> Json:
    """Read the form: every field has a list of values."""
    boundary = request.headers["Content-Type"].partition("boundary=")[2]
    begin, *parts, end = request.body.decode().split(f"--{boundary}")
    assert (begin, end) == ("", "--\r\n")
    found: dict[str, list[str]] = {}
    for part in parts:
        head, _, value = part.removesuffix("\r\n").partition("\r\n\r\n")
        name = re.fullmatch(r'\r\nContent-Disposition: form-data; name="([^"]+)"', head)
        assert name
        found.setdefault(name[1], []).append(value)
    return found


def seen(body: Json, number: int) -> Json:
    """Return what Mailgun makes of the form for one reader."""
    address = body["to"][number].rpartition("<")[2].strip("<>")
    own = json.loads(body["recipient-variables"][0])[address]

    def value(found: re.Match[str]) -> str:
        filled: str = own[found[1]]  # Mailgun leaves an unknown one as it is
        return filled

    assert {"to", "recipient-variables"} <= {*body}
    filled = {
        name: re.sub(r"%recipient\.(p\w{8}_\w+)%", value, *texts)
        for name, texts in body.items()
        if name not in {"to", "recipient-variables"}
    }
    return {**filled, "to": body["to"][number]}


@cache  # it is long
def schema(path: Path) -> Draft202012Validator:
    document = yaml.load(path.read_text(), yaml.CSafeLoader)
    name = "POST-v3-domain_name-messages-multipart-form-data-RequestBody"
    return Draft202012Validator({**document, "$ref": f"#/components/schemas/{name}"})


def typed(body: Json, validator: Draft202012Validator) -> Json:
    """Return the form with lists only where the document has them."""
    name = "POST-v3-domain_name-messages-multipart-form-data-RequestBody"
    known = validator.schema["components"]["schemas"][name]["properties"]
    for one in body:
        assert one in known or one.startswith(("h:", "v:"))
    lists = {one for one, facts in known.items() if facts.get("type") == "array"}
    return {one: values if one in lists else values[0] for one, values in body.items()}


class TestMailgun(EmailContract):
    provider = Mailgun(Secret("key-t0ken"), "mg.example.org")
    secrets = (
        *("key-t0ken", "ada.reader@example.net"),
        b64encode(b"api:key-t0ken").decode(),
    )

    def taken(self, ids: Sequence[str]) -> Any:
        return QUEUED

    def letters(self, body: Any) -> list[Any]:
        return [seen(body, number) for number, _ in enumerate(body["to"])]

    def sent(self, emails: Sequence[Email]) -> tuple[list[Any], list[Any]]:
        with RequestsMock(assert_all_requests_are_fired=False) as web:
            web.post(ANYWHERE, json=QUEUED)
            answers = self.provider.send_many(emails)
            return answers, [form(one.request) for one in web.calls]

    def test_many_emails_are_one_call_and_each_has_its_receipt(self) -> None:
        answers, [body] = self.sent([self.email(one) for one in ("ada", "ben", "cyd")])
        ids = [f"call@mg.example.org/mark-{one}" for one in ("ada", "ben", "cyd")]
        assert answers == [Receipt(one) for one in ids]
        marks = [one["v:delivery"] for one in self.letters(body)]
        assert marks == ["mark-ada", "mark-ben", "mark-cyd"]

    def test_no_reader_sees_another(self) -> None:
        names = ("ada", "ben", "cyd")
        _, [body] = self.sent([self.email(name) for name in names])
        for name, letter in zip(names, self.letters(body), strict=True):
            shown = json.dumps(letter)
            assert [one for one in names if f"{one}@example.net" in shown] == [name]
            assert letter["h:List-Unsubscribe"] == f"<https://example.org/out/{name}>"
        # Without variables for each of them, all would see all.
        own = json.loads(body["recipient-variables"][0])
        assert [*own] == [f"{name}@example.net" for name in names]
        assert len({tuple(values) for values in own.values()}) == 1

    def test_a_call_that_is_answered_too_shortly_takes_nobody_for_granted(
        self, web: RequestsMock
    ) -> None:
        web.post(URL, json={"message": "Queued. Thank you."})
        with pytest.raises(Uncertain):
            self.provider.send_many([self.email("ada"), self.email("ben")])

    def test_send(self, web: RequestsMock) -> None:
        login = b64encode(b"api:key-t0ken").decode()
        match = [header_matcher({"Authorization": f"Basic {login}"})]
        web.post(URL, json=QUEUED, match=match)
        email = replace(LETTER, message_id="7@example.org")
        assert self.provider.send(email) == Receipt("7@example.org")
        body = form(web.calls[0].request)
        assert seen(body, 0) == {
            "from": '"The Lantern Öre" <letters@example.org>',
            "to": '"Ada Ångström" <ada.reader@example.net>',
            "subject": LETTER.subject,
            "text": LETTER.text,
            "html": LETTER.html,
            "h:List-Id": "<weekly.example.org>",
            "h:Reply-To": "desk@example.org",
            "h:List-Unsubscribe": "<https://example.org/out/ada>",
            "h:List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "h:X-Publisher-Key": "0123456789abcdef",
            "h:Message-Id": "<7@example.org>",
            "v:delivery": "0123456789abcdef",
        }

    def test_the_draft_is_sent_once_and_filled_for_each(self) -> None:
        shared = mailing(("Hi ", NAME), ("Hi ", NAME, ": 50%"), ("<p>", OUT, "</p>"))
        emails = [to("ada", shared, "Ada &amp; %x%", "/a"), to("ben", shared, "", "/b")]
        _, [body] = self.sent(emails)
        for letter, email in zip(self.letters(body), emails, strict=True):
            assert (letter["subject"], letter["text"], letter["html"]) == (
                email.subject,
                email.text,
                email.html,
            )
        assert self.letters(body)[1]["subject"] == "Hi"

    def test_a_personal_subject_may_be_empty(self) -> None:
        shared = mailing((NAME,), ("Hi",), ())
        _, [body] = self.sent([to("ada", shared, "", ""), to("ben", shared, "B", "")])
        assert [one["subject"] for one in self.letters(body)] == ["", "B"]

    def test_what_an_article_says_about_variables_reaches_the_reader(self) -> None:
        email = sample_email(html=CODE, text=CODE, subject="%recipient%")
        _, [body] = self.sent([email])
        [letter] = self.letters(body)
        assert (letter["text"], letter["subject"]) == (CODE, "%recipient%")
        assert html.unescape(letter["html"]) == CODE.replace("5%r", "5% r")
        for name in ("text", "html", "subject"):
            assert not re.search(r"%(?!recipient\.p)\w*(recip|unsub)", body[name][0])

    @given(slotted, slotted, slotted, st.lists(st.tuples(words, words), min_size=1))
    def test_every_reader_sees_what_the_plain_path_fills_in(
        self, subject: Slotted, text: Slotted, page: Slotted, values: list[Any]
    ) -> None:
        shared = mailing(subject, text, page)
        emails = [to(f"r{n}", shared, *own) for n, own in enumerate(values)]
        _, [body] = self.sent(emails)
        for letter, email in zip(self.letters(body), emails, strict=True):
            assert letter["subject"] == email.subject
            assert letter.get("text", "") == email.text
            assert html.unescape(letter.get("html", "")) == html.unescape(email.html)

    def test_two_emails_to_one_address_are_two_calls(self) -> None:
        twice = [
            self.email("ada"),
            self.email("ben", recipient=Mailbox("ADA@example.net")),
        ]
        with pytest.raises(Rejected, match="different readers"):
            self.sent(twice)

    def test_headers_that_only_some_have_are_two_calls(self) -> None:
        with pytest.raises(Rejected, match="same headers"):
            self.sent([LETTER, self.email("ben")])

    def test_options_have_a_limit_which_fails_one_reader(self) -> None:
        long = {"List-Unsubscribe": "<x>", "X-Publisher-Key": "x" * 16_200}
        emails = [self.email("ada"), self.email("ben", own_headers=long)]
        answers, _ = self.sent(emails)
        assert [type(one) for one in answers] == [Receipt, Rejected]
        assert "16 KB" in str(answers[1])

    def test_a_call_that_is_too_long_is_never_made(self) -> None:
        with pytest.raises(Rejected, match="too long together"):
            self.sent([sample_email(html="x" * 25_000_001)])

    @pytest.mark.parametrize("domain", ["", "mg.example.org/x", "mg%2Fx"])
    def test_a_domain_that_would_lead_elsewhere_stops_the_channel(
        self, domain: str
    ) -> None:
        with pytest.raises(Refused, match="MAILGUN_DOMAIN"):
            replace(self.provider, domain=domain).send(LETTER)

    def test_a_yes_from_a_wrong_address_is_none(self, web: RequestsMock) -> None:
        error = self.failure(web, status=200, body="Mailgun Magnificent API")
        assert type(error) is Refused

    @pytest.mark.parametrize(
        ("status", "text", "error"),
        [
            (400, "to parameter is not a valid address.", Rejected),
            (400, "'from' parameter is not a valid address.", Refused),
            (400, "Send options (o:, h:, or v:) are limited to 16KB total", Rejected),
            (400, "Domain mg.example.org is not allowed to send: disabled", Refused),
            (403, "Sandbox subdomains are for test purposes only.", Refused),
            (404, "Domain not found: mg.example.org", Refused),
            (413, "too large", Rejected),
            (429, "too many", Throttled),
            (500, "Internal Server Error, try again after 2 seconds", Uncertain),
        ],
    )
    def test_each_error_says_what_to_do(
        self, web: RequestsMock, status: int, text: str, error: type[ProviderError]
    ) -> None:
        said = {"message": text}
        assert type(self.failure(web, status=status, json=said)) is error

    def test_a_wrong_key_is_answered_in_plain_text(self, web: RequestsMock) -> None:
        error = self.failure(
            web, status=401, body="Forbidden", content_type="text/plain"
        )
        assert type(error) is Refused

    @pytest.mark.parametrize("status", [400, 429])
    @pytest.mark.parametrize(
        ("text", "wait"), [("120 seconds", 120), ("2 hours", 7200)]
    )
    def test_how_long_to_wait_stands_in_the_text(
        self, web: RequestsMock, status: int, text: str, wait: int
    ) -> None:
        said = (
            f"Domain x is not allowed to send: limit exceeded, try again after {text}"
        )
        error = self.failure(web, status=status, json={"message": said})
        assert isinstance(error, Throttled)
        assert error.retry_after == wait

    @pytest.mark.parametrize(
        "answer", [{}, {"id": 7}, {"id": "x", "message": "Hm"}, {"message": "Queued"}]
    )
    def test_a_yes_that_cannot_be_read_leaves_it_open(
        self, web: RequestsMock, answer: Json
    ) -> None:
        assert type(self.failure(web, status=200, json=answer)) is Uncertain

    @pytest.fixture
    def fits(self, specs: Path) -> Draft202012Validator:
        return schema(specs / "mailgun.yaml")

    def test_the_golden_request_fits_the_document(
        self, fits: Draft202012Validator
    ) -> None:
        shared = mailing(("Hi ", NAME), ("Hi ", NAME), ("<p>", OUT, "</p>"))
        _, [body] = self.sent([to("ada", shared, "A", "a"), to("ben", shared, "", "b")])
        fields = typed(body, fits)
        assert list(fits.iter_errors(fields)) == []
        assert list(fits.iter_errors({**fields, "to": 7}))

    @settings(
        max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(name=words, subject=words, text=words)
    def test_any_request_fits_the_document(
        self, fits: Draft202012Validator, name: str, subject: str, text: str
    ) -> None:
        reader = Mailbox("ada@example.net", name)
        email = sample_email(recipient=reader, subject=subject, text=text, html=text)
        _, [body] = self.sent([email])
        assert list(fits.iter_errors(typed(body, fits))) == []
