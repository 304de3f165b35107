from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from responses import RequestsMock
from responses.matchers import header_matcher, json_params_matcher

from publisher.errors import (
    ProviderError,
    Refused,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)
from publisher.models import Json, Mailbox, Receipt
from publisher.providers import Secret
from publisher.providers.postmark import Postmark
from publisher.testing import LETTER, EmailContract, sample_email

URL = "https://api.postmarkapp.com/email/batch"
INACTIVE = (
    "You tried to send to a recipient that has been marked as inactive.\n"
    "Found inactive addresses: ada.reader@example.net.\n"
    "Inactive recipients are ones that have generated a hard bounce."
)
words = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=30)


def schema(specs: Path) -> Draft202012Validator:
    document = json.loads((specs / "postmark.sdk.json").read_text())
    where = "#/paths/~1email~1batch/post/requestBody/content/application~1json/schema"
    return Draft202012Validator({**document, "$ref": where})


class TestPostmark(EmailContract):
    provider = Postmark(Secret("t0ken"))
    secrets = ("t0ken", "ada.reader@example.net")

    def taken(self, ids: Sequence[str]) -> Any:
        return [
            {
                "To": "x",
                "SubmittedAt": "2026-11-20T08:00:00Z",
                "MessageID": one,
                "ErrorCode": 0,
                "Message": "OK",
            }
            for one in ids
        ]

    def letters(self, body: Any) -> list[Any]:
        return list(body)

    def test_send(self, web: RequestsMock) -> None:
        sent: Json = {
            "From": '"The Lantern, Öre" <letters@example.org>',
            "To": '"Ada Ångström" <ada.reader@example.net>',
            "ReplyTo": "desk@example.org",
            "Subject": LETTER.subject,
            "HtmlBody": LETTER.html,
            "TextBody": LETTER.text,
            "Headers": [
                {"Name": "List-Id", "Value": "<weekly.example.org>"},
                {
                    "Name": "List-Unsubscribe",
                    "Value": "<https://example.org/out/ada>",
                },
                {
                    "Name": "List-Unsubscribe-Post",
                    "Value": "List-Unsubscribe=One-Click",
                },
                {"Name": "X-Publisher-Key", "Value": "0123456789abcdef"},
            ],
            "Metadata": {"delivery": "0123456789abcdef"},
            "MessageStream": "broadcast",
        }
        token = header_matcher({"X-Postmark-Server-Token": "t0ken"})
        web.post(
            URL, json=self.taken(["7"]), match=[json_params_matcher([sent]), token]
        )
        assert self.provider.send(LETTER) == Receipt("7")

    @pytest.mark.parametrize(
        ("code", "text", "error"),
        [
            (10, "Bad or missing Server API token.", Refused),
            (100, "Offline for maintenance", Unavailable),
            (300, "Invalid 'To' address: 'ada.reader@example.net'.", Rejected),
            (300, "Invalid 'From' address: 'letters@example.org'.", Refused),
            (400, "The sender signature was not found", Refused),
            (401, "The sender signature is not confirmed", Refused),
            (405, "You ran out of credits", Refused),
            (406, INACTIVE, Rejected),
            (412, "Your account is pending approval", Refused),
            (413, "Your account may not send", Refused),
            (429, "Rate limit exceeded", Throttled),
            (1235, "The stream was not found", Refused),
            (9999, "Something new", Rejected),
        ],
    )
    def test_a_call_is_200_and_each_message_has_its_own_error(
        self, web: RequestsMock, code: int, text: str, error: type[ProviderError]
    ) -> None:
        wrong = {"ErrorCode": code, "Message": text}
        web.post(URL, json=[*self.taken(["1"]), wrong, *self.taken(["3"])])
        emails = [self.email("ben"), LETTER, self.email("cyd")]
        first, second, third = self.provider.send_many(emails)
        assert (first, third) == (Receipt("1"), Receipt("3"))
        assert type(second) is error
        assert f"({code})" in str(second)
        assert "@example" not in str(second)

    def test_a_whole_call_is_refused_for_the_same_reasons(
        self, web: RequestsMock
    ) -> None:
        said = {"ErrorCode": 405, "Message": "You ran out of credits"}
        assert type(self.failure(web, status=422, json=said)) is Refused

    def test_a_late_delivery_is_one_though_it_has_no_code(
        self, web: RequestsMock
    ) -> None:
        late = "Message accepted, but delivery may be delayed."
        web.post(URL, json=[{"MessageID": "7", "Message": late}])
        assert self.provider.send(LETTER) == Receipt("7")

    @pytest.mark.parametrize("result", [None, "x", {}, {"MessageID": 7}])
    def test_a_result_that_cannot_be_read_leaves_one_message_open(
        self, web: RequestsMock, result: Any
    ) -> None:
        web.post(URL, json=[result, *self.taken(["2"])])
        first, second = self.provider.send_many([LETTER, self.email("ben")])
        assert isinstance(first, Uncertain)
        assert second == Receipt("2")

    def test_its_limits_are_kept_before_the_call(self) -> None:
        long = sample_email(html="x" * 5_000_001)
        answers, bodies = self.sent([long, LETTER])
        assert [type(one) for one in answers] == [Rejected, Receipt]
        assert len(bodies[0]) == 1

    def test_text_like_its_own_tag_stays_text(self) -> None:
        page = "<p>{{{ pm:unsubscribe }}} {{ x }}</p>"
        _, [[letter]] = self.sent([sample_email(html=page)])
        assert letter["HtmlBody"] == "<p>&#123;{{ pm:unsubscribe }}} {{ x }}</p>"

    def test_the_golden_request_fits_the_document(self, specs: Path) -> None:
        validator = schema(specs)
        _, [body] = self.sent([LETTER, self.email("ben")])
        assert list(validator.iter_errors(body)) == []
        known = validator.schema["components"]["schemas"]["Email"]["properties"]
        assert {*body[0]} <= {*known}
        assert list(validator.iter_errors([{"From": 7}]))
        assert list(validator.iter_errors(body * 300))

    @settings(
        max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(name=words, subject=words, text=words)
    def test_any_request_fits_the_document(
        self, fits: Draft202012Validator, name: str, subject: str, text: str
    ) -> None:
        reader = Mailbox("ada@example.net", name)
        email = sample_email(recipient=reader, subject=subject, text=text, html=text)
        _, [body] = self.sent([email])
        assert list(fits.iter_errors(body)) == []
        assert body[0].get("TextBody", "") == text

    @pytest.fixture
    def fits(self, specs: Path) -> Draft202012Validator:
        return schema(specs)
