from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from responses import RequestsMock
from responses.matchers import header_matcher, json_params_matcher

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
from publisher.providers.sparkpost import SparkPost
from publisher.testing import ANYWHERE, LETTER, EmailContract, sample_email

URL = "https://api.sparkpost.com/api/v1/transmissions"
NAME = Slot("subscriber.name", "html")
OUT = Slot("unsubscribe_url", "header")
CODE = "<p>{{ x }} {{#if y}} {{{ z }}} {}</p><style>@media a{b{top:0}}</style>"
words = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=30)
code = st.sampled_from(["{", "}", "{{", "}}", "{{ x }}", "{{{s0}}}", "{{if x}}", "a"])
texts = st.lists(words | code, max_size=3).map("".join)
slotted = st.lists(texts | st.sampled_from([NAME, OUT]), max_size=5).map(tuple)
MACROS = {"opening_single_curly()": "{", "closing_single_curly()": "}"}
TAG = re.compile(r"\{\{\{([^{}]*)\}\}\}|\{\{([^{}]*)\}\}")


def mailing(subject: Slotted, text: Slotted, page: Slotted) -> Mailing:
    draft = EmailDraft(template="digest", subject=subject, text=text, html=page)
    return replace(LETTER.mailing, draft=draft, slots=(NAME, OUT))


def to(name: str, shared: Mailing, *values: str) -> Email:
    reader = Mailbox(f"{name}@example.net", name.title())
    key = f"weekly/7/mail/{name}"
    return Email(key=key, mailing=shared, recipient=reader, values=values)


def filled(text: str, data: Json) -> str:
    """Fill a text as SparkPost does, and fail where it would do more."""
    rest = TAG.sub("", text)
    assert "{{" not in rest
    assert "}}" not in rest

    def value(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        return MACROS.get(name) or str(data[name])

    return TAG.sub(value, text)


def seen(body: Json, number: int) -> Json:
    """Return what SparkPost makes of the content for one reader."""
    data = body["recipients"][number]["substitution_data"]
    content = {**body["content"], **body["content"]["headers"]}
    del content["headers"], content["from"]
    return {name: filled(text, data) for name, text in content.items()}


def answer(accepted: int, *errors: Json, rejected: int = 0) -> Json:
    results = {
        "total_accepted_recipients": accepted,
        "total_rejected_recipients": rejected or len(errors),
        "id": "7",
    }
    return {"results": {**results, "rcpt_to_errors": [*errors]} if errors else results}


def schema(specs: Path) -> Draft202012Validator:
    document = yaml.load(
        (specs / "sparkpost.transcribed.yaml").read_text(), yaml.CSafeLoader
    )
    where = "#/paths/~1transmissions/post/requestBody/content/application~1json/schema"
    return Draft202012Validator({**document, "$ref": where})


class TestSparkPost(EmailContract):
    provider = SparkPost(Secret("t0ken"))
    secrets = ("t0ken", "ada.reader@example.net")

    def taken(self, ids: Sequence[str]) -> Any:
        return answer(len(ids))

    def letters(self, body: Any) -> list[Any]:
        return list(body["recipients"])

    def test_many_emails_are_one_call_and_each_has_its_receipt(self) -> None:
        answers, [body] = self.sent([self.email(one) for one in ("ada", "ben", "cyd")])
        ids = ["7/mark-ada", "7/mark-ben", "7/mark-cyd"]
        assert answers == [Receipt(one) for one in ids]
        marks = [one["metadata"]["delivery"] for one in self.letters(body)]
        assert marks == ["mark-ada", "mark-ben", "mark-cyd"]

    def test_send(self, web: RequestsMock) -> None:
        sent: Json = {
            "content": {
                "from": {"email": "letters@example.org", "name": "The Lantern, Öre"},
                "reply_to": "desk@example.org",
                "subject": LETTER.subject,
                "text": LETTER.text,
                "html": LETTER.html,
                "headers": {
                    "List-Id": "<weekly.example.org>",
                    "List-Unsubscribe": "{{h0}}",
                    "List-Unsubscribe-Post": "{{h1}}",
                    "X-Publisher-Key": "{{h2}}",
                },
            },
            "recipients": [
                {
                    "address": {
                        "email": "ada.reader@example.net",
                        "name": "Ada Ångström",
                    },
                    "metadata": {"delivery": "0123456789abcdef"},
                    "substitution_data": {
                        "subject": "",
                        "h0": "<https://example.org/out/ada>",
                        "h1": "List-Unsubscribe=One-Click",
                        "h2": "0123456789abcdef",
                    },
                }
            ],
        }
        match = [json_params_matcher(sent), header_matcher({"Authorization": "t0ken"})]
        web.post(f"{URL}?num_rcpt_errors=1", json=answer(1), match=match)
        assert self.provider.send(LETTER) == Receipt("7/0123456789abcdef")

    def test_the_draft_is_sent_once_and_filled_for_each(self) -> None:
        shared = mailing(
            ("Hi ", NAME), ("Hi ", NAME, ": {{ y }} "), ("<p>{", OUT, "}</p>")
        )
        emails = [to("ada", shared, "Ada {{x}}", "/a"), to("ben", shared, "", "/b")]
        _, [body] = self.sent(emails)
        for number, email in enumerate(emails):
            letter = seen(body, number)
            assert (letter["subject"], letter["text"]) == (email.subject, email.text)
            assert html.unescape(letter["html"]) == email.html
        assert seen(body, 1)["subject"] == "Hi"
        # Its value is escaped already: with two braces it would be so twice.
        assert "{{{s1}}}" in body["content"]["html"]

    def test_what_an_article_says_about_templates_reaches_the_reader(self) -> None:
        email = sample_email(html=CODE, text=CODE, subject="{{ x }}")
        _, [body] = self.sent([email])
        letter = seen(body, 0)
        assert (letter["text"], letter["subject"]) == (CODE, "{{ x }}")
        assert html.unescape(letter["html"]) == CODE.replace("}}</", "} } </")

    @given(slotted, slotted, slotted, st.lists(st.tuples(words, words), min_size=1))
    def test_every_reader_sees_what_the_plain_path_fills_in(
        self, subject: Slotted, text: Slotted, page: Slotted, values: list[Any]
    ) -> None:
        shared = mailing(subject, text, page)
        emails = [to(f"r{n}", shared, *own) for n, own in enumerate(values)]
        _, [body] = self.sent(emails)
        for number, email in enumerate(emails):
            letter = seen(body, number)
            assert letter.get("subject", "") == email.subject
            assert letter.get("text", "") == email.text
            page_seen = html.unescape(letter.get("html", ""))
            assert page_seen == html.unescape(email.html)

    def test_a_senders_name_is_no_template(self) -> None:
        sender = Mailbox("letters@example.org", "The {{ x }}")
        _, [body] = self.sent([sample_email(sender=sender)])
        assert filled(body["content"]["from"]["name"], {}) == "The {{ x }}"

    def test_headers_that_only_some_have_are_two_calls(self) -> None:
        with pytest.raises(Rejected, match="same headers"):
            self.sent([LETTER, self.email("ben")])

    def test_values_have_a_limit_which_fails_one_reader(self) -> None:
        shared = mailing(("Hi",), (NAME, OUT), ("<p>",))
        emails = [to("ada", shared, "x" * 100_000, ""), to("ben", shared, "x", "")]
        answers, _ = self.sent(emails)
        assert [type(one) for one in answers] == [Rejected, Receipt]

    def test_an_email_that_is_too_long_is_never_sent(self) -> None:
        with pytest.raises(Rejected, match="20 MB"):
            self.sent([sample_email(html="x" * 20_000_001)])

    def test_headers_of_ones_own_are_few(self) -> None:
        headers = {f"X-{number}": "" for number in range(21)}
        answers, _ = self.sent([self.email("ada", own_headers=headers)])
        assert type(answers[0]) is Rejected

    @pytest.mark.parametrize(
        "error",
        [
            {"message": "recipient is suppressed", "description": "ben@example.net"},
            {"message": "invalid address: 'BEN@example.net'.", "code": "1902"},
        ],
    )
    def test_who_is_named_in_a_yes_was_refused(
        self, web: RequestsMock, error: Json
    ) -> None:
        web.post(ANYWHERE, json=answer(1, error))
        first, second = self.provider.send_many([self.email("ada"), self.email("ben")])
        assert first == Receipt("7/mark-ada")
        assert type(second) is Rejected
        assert "ben" not in str(second)
        assert "BEN" not in str(second)

    @pytest.mark.parametrize(
        "errors",
        [[], [{"message": "required field is missing"}], [7], [{}], [{"message": 7}]],
    )
    def test_a_yes_that_does_not_say_whom_it_refused_leaves_all_open(
        self, web: RequestsMock, errors: list[Any]
    ) -> None:
        web.post(ANYWHERE, json=answer(1, *errors, rejected=1))
        answers = self.provider.send_many([self.email("ada"), self.email("ben")])
        assert [type(one) for one in answers] == [Uncertain, Uncertain]

    def test_a_yes_that_took_nobody_is_a_no(self, web: RequestsMock) -> None:
        web.post(ANYWHERE, json=answer(0, {"message": "no such recipient"}))
        with pytest.raises(Rejected, match="no such recipient"):
            self.provider.send(LETTER)

    @pytest.mark.parametrize(
        "results",
        [
            None,
            {"id": "7"},
            {"id": "7", "total_accepted_recipients": "1"},
            answer(2)["results"],
            answer(1, rejected=1)["results"],
        ],
    )
    def test_counts_that_do_not_fit_take_nobody_for_granted(
        self, web: RequestsMock, results: Any
    ) -> None:
        web.post(ANYWHERE, json={"results": results})
        with pytest.raises(Uncertain):
            self.provider.send(LETTER)

    @pytest.mark.parametrize(
        ("status", "text", "description", "error"),
        [
            (
                400,
                "Invalid domain",
                "Unconfigured or unverified sending domain.",
                Refused,
            ),
            (400, "required field is missing", "content.from is required", Refused),
            (400, "DKIM key 'main' is not verified", None, Refused),
            (422, "substitution language syntax error", "line 3", Rejected),
            (422, "At least one valid recipient is required", None, Rejected),
            (420, "Exceed Sending Limit (hourly)", None, Refused),
            (401, "Unauthorized.", None, Refused),
            (403, "Forbidden.", None, Refused),
            (404, "resource not found", None, Refused),
            (429, "Too many requests", None, Throttled),
            (500, "invalid domain", None, Uncertain),
        ],
    )
    def test_each_error_says_what_to_do(
        self,
        web: RequestsMock,
        status: int,
        text: str,
        description: str | None,
        error: type[ProviderError],
    ) -> None:
        said = {"errors": [{"message": text, "description": description, "code": "1"}]}
        assert type(self.failure(web, status=status, json=said)) is error

    @pytest.mark.parametrize("errors", [[], [7], "no", None])
    def test_an_error_without_words_is_one_too(
        self, web: RequestsMock, errors: Any
    ) -> None:
        error = self.failure(web, status=422, json={"errors": errors})
        assert type(error) is Rejected

    @pytest.fixture
    def fits(self, specs: Path) -> Draft202012Validator:
        return schema(specs)

    def test_the_golden_request_fits_the_document(
        self, fits: Draft202012Validator
    ) -> None:
        shared = mailing(("Hi ", NAME), ("Hi ", NAME), ("<p>", OUT, "</p>"))
        _, [body] = self.sent([to("ada", shared, "A", "a"), to("ben", shared, "", "b")])
        assert list(fits.iter_errors(body)) == []
        # What a reader sees as the addressees is what SparkPost makes of the address.
        assert "header_to" not in json.dumps(body)
        assert list(fits.iter_errors({**body, "recipients": 7}))

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
        if email.subject and email.text:
            assert list(fits.iter_errors(body)) == []
