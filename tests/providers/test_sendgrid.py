from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
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
from publisher.providers.sendgrid import SendGrid
from publisher.testing import ANYWHERE, LETTER, EmailContract, sample_email

URL = "https://api.sendgrid.com/v3/mail/send"
NAME = Slot("subscriber.name", "html")
OUT = Slot("unsubscribe_url", "header")
words = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=30)
code = st.sampled_from(["{{ x }}", "-name-", "%x%", "<%y%>", "[unsubscribe]", "- ."])
texts = st.lists(words | code, max_size=3).map("".join)
slotted = st.lists(texts | st.sampled_from([NAME, OUT]), max_size=5).map(tuple)


def mailing(subject: Slotted, text: Slotted, html: Slotted) -> Mailing:
    draft = EmailDraft(template="digest", subject=subject, text=text, html=html)
    return replace(LETTER.mailing, draft=draft, slots=(NAME, OUT))


def to(name: str, shared: Mailing, *values: str) -> Email:
    reader = Mailbox(f"{name}@example.net", name.title())
    key = f"weekly/7/mail/{name}"
    return Email(key=key, mailing=shared, recipient=reader, values=values)


def seen(body: Json, number: int) -> tuple[str, str, str]:
    """Return subject, text and HTML as SendGrid fills them for one reader."""
    own = body["personalizations"][number]
    found = {one["type"]: one["value"] for one in body.get("content", [])}
    for key, value in own.get("substitutions", {}).items():
        found = {kind: text.replace(key, value) for kind, text in found.items()}
    subject = own.get("subject") or body.get("subject", "")
    return subject, found.get("text/plain", ""), found.get("text/html", "")


@cache  # it is long
def schema(path: Path) -> Draft202012Validator:
    document = json.loads(path.read_text())
    where = "#/components/requestBodies/PostMailSend/content/application~1json/schema"
    return Draft202012Validator({**document, "$ref": where})


class TestSendGrid(EmailContract):
    provider = SendGrid(Secret("SG.t0ken"))
    secrets = ("SG.t0ken", "ada.reader@example.net")

    def letters(self, body: Any) -> list[Any]:
        return list(body["personalizations"])

    def sent(self, emails: Sequence[Email]) -> tuple[list[Any], list[Any]]:
        with RequestsMock(assert_all_requests_are_fired=False) as web:
            web.post(ANYWHERE, status=202, headers={"X-Message-Id": "call"})
            answers = self.provider.send_many(emails)
            return answers, [json.loads(one.request.body or b"") for one in web.calls]

    def test_many_emails_are_one_call_and_each_has_its_receipt(self) -> None:
        answers, [body] = self.sent([self.email(one) for one in ("ada", "ben", "cyd")])
        ids = ["call/mark-ada", "call/mark-ben", "call/mark-cyd"]
        assert answers == [Receipt(one) for one in ids]
        marks = [one["custom_args"]["delivery"] for one in self.letters(body)]
        assert marks == ["mark-ada", "mark-ben", "mark-cyd"]

    def test_a_call_that_is_answered_too_shortly_takes_nobody_for_granted(
        self, web: RequestsMock
    ) -> None:
        web.post(URL, status=200, json={})
        with pytest.raises(Uncertain):
            self.provider.send_many([self.email("ada"), self.email("ben")])

    def test_a_yes_without_an_id_is_a_yes(self, web: RequestsMock) -> None:
        web.post(URL, status=202)
        assert self.provider.send(LETTER) == Receipt("0123456789abcdef")

    def test_send(self, web: RequestsMock) -> None:
        sent: Json = {
            "from": {"email": "letters@example.org", "name": "The Lantern, Öre"},
            "reply_to": {"email": "desk@example.org"},
            "subject": LETTER.subject,
            "headers": {"List-Id": "<weekly.example.org>"},
            "content": [
                {"type": "text/plain", "value": LETTER.text},
                {"type": "text/html", "value": LETTER.html},
            ],
            "tracking_settings": {"subscription_tracking": {"enable": False}},
            "personalizations": [
                {
                    "to": [{"email": "ada.reader@example.net", "name": "Ada Ångström"}],
                    "headers": {
                        "List-Unsubscribe": "<https://example.org/out/ada>",
                        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                        "X-Publisher-Key": "0123456789abcdef",
                        "Message-ID": "<7@example.org>",
                    },
                    "custom_args": {"delivery": "0123456789abcdef"},
                }
            ],
        }
        login = header_matcher({"Authorization": "Bearer SG.t0ken"})
        web.post(
            URL,
            status=202,
            headers={"X-Message-Id": "7"},
            match=[json_params_matcher(sent), login],
        )
        email = replace(LETTER, message_id="7@example.org")
        assert self.provider.send(email) == Receipt("7/0123456789abcdef")

    def test_the_draft_is_sent_once_and_filled_for_each(self) -> None:
        shared = mailing(
            ("Hi ", NAME), ("Hi ", NAME, ": -x- {{ y }} ", OUT), ("<p>", NAME, "</p>")
        )
        emails = [to("ada", shared, "Ada &amp; co", "/a"), to("ben", shared, "", "/b")]
        _, [body] = self.sent(emails)
        for number, email in enumerate(emails):
            assert seen(body, number) == (email.subject, email.text, email.html)
        assert json.dumps(body).count("-x- {{ y }}") == 1
        assert seen(body, 1)[0] == "Hi"

    @given(slotted, slotted, slotted, st.lists(st.tuples(words, words), min_size=1))
    def test_every_reader_sees_what_the_plain_path_fills_in(
        self, subject: Slotted, text: Slotted, html: Slotted, values: list[Any]
    ) -> None:
        shared = mailing(subject, text, html)
        emails = [to(f"r{n}", shared, *own) for n, own in enumerate(values)]
        _, [body] = self.sent(emails)
        for number, email in enumerate(emails):
            assert seen(body, number) == (email.subject, email.text, email.html)

    def test_values_have_a_limit_which_fails_one_reader(self) -> None:
        shared = mailing(("Hi",), (NAME, OUT), ("<p>",))
        emails = [to("ada", shared, "€" * 3400, ""), to("ben", shared, "x" * 9900, "")]
        answers, [body] = self.sent(emails)
        assert [type(one) for one in answers] == [Rejected, Receipt]
        assert len(self.letters(body)) == 1

    def test_one_call_has_one_mailing(self) -> None:
        with pytest.raises(Rejected, match="must be of one mailing"):
            self.sent([LETTER, sample_email()])

    def test_a_call_that_is_too_long_is_never_made(self) -> None:
        long = sample_email(html="x" * 30_000_001)
        with pytest.raises(Rejected, match="too long together"):
            self.sent([long])

    def test_a_header_beyond_ascii_is_encoded(self) -> None:
        email = self.email("ada", own_headers={"X-Place": "Öre"})
        _, [body] = self.sent([email])
        assert self.letters(body)[0]["headers"] == {"X-Place": "=?utf-8?q?=C3=96re?="}

    @pytest.mark.parametrize(
        ("status", "name", "text", "error"),
        [
            (400, "from.email", "Does not contain a valid address.", Refused),
            (400, "reply_to.email", "Does not contain a valid address.", Refused),
            (400, None, "The from address has no verified Sender Identity", Refused),
            (400, "personalizations.0.to.0.email", "is not valid", Rejected),
            (400, None, "Bad Request", Rejected),
            (401, None, "Maximum credits exceeded", Refused),
            (403, "from", "does not match a verified Sender Identity", Refused),
            (404, None, "not found", Refused),
            (413, None, "too large", Rejected),
            (429, None, "too many requests", Throttled),
            (500, "from", "crashed", Uncertain),
        ],
    )
    def test_each_error_says_what_to_do(
        self,
        web: RequestsMock,
        status: int,
        name: str | None,
        text: str,
        error: type[ProviderError],
    ) -> None:
        said = {"errors": [{"message": text, "field": name, "help": None}]}
        assert type(self.failure(web, status=status, json=said)) is error

    @pytest.mark.parametrize("errors", [[], [7], [{"message": 7}], "no", None])
    def test_an_error_without_words_is_one_too(
        self, web: RequestsMock, errors: Any
    ) -> None:
        error = self.failure(web, status=400, json={"errors": errors})
        assert type(error) is Rejected

    def test_too_many_requests_wait_until_its_own_header_says(
        self, web: RequestsMock
    ) -> None:
        headers = {
            "X-RateLimit-Reset": "1764000012",
            "Date": "Mon, 24 Nov 2025 16:00:00 GMT",
        }
        error = self.failure(web, status=429, headers=headers)
        assert isinstance(error, Throttled)
        assert error.retry_after == 12

    @pytest.fixture
    def fits(self, specs: Path) -> Draft202012Validator:
        return schema(specs / "sendgrid.json")

    def test_the_golden_request_fits_the_document(
        self, fits: Draft202012Validator
    ) -> None:
        shared = mailing(("Hi ", NAME), ("Hi ", NAME), ("<p>", OUT, "</p>"))
        _, [body] = self.sent([to("ada", shared, "A", "a"), to("ben", shared, "", "b")])
        assert list(fits.iter_errors(body)) == []
        found = fits.schema["components"]["requestBodies"]["PostMailSend"]
        known = found["content"]["application/json"]["schema"]["properties"]
        assert {*body} <= {*known}
        own = known["personalizations"]["items"]["properties"]
        assert {*body["personalizations"][0]} <= {*own}
        assert list(fits.iter_errors({**body, "subject": 7}))

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
        assert list(fits.iter_errors(body)) == []
