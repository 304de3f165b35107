from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from responses import RequestsMock
from responses.matchers import header_matcher, json_params_matcher

from publisher.errors import ProviderError, Refused, Rejected, Uncertain
from publisher.models import Json, Mailbox, Receipt
from publisher.providers import Secret
from publisher.providers.resend import Resend
from publisher.testing import ANYWHERE, LETTER, EmailContract, sample_email

URL = "https://api.resend.com/emails/batch"
words = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=30)


def schema(specs: Path) -> Draft202012Validator:
    document = json.loads((specs / "resend.json").read_text())
    where = "#/paths/~1emails~1batch/post/requestBody/content/application~1json/schema"
    return Draft202012Validator({**document, "$ref": where})


class TestResend(EmailContract):
    provider = Resend(Secret("re_t0ken"))
    secrets = ("re_t0ken", "ada.reader@example.net")

    def taken(self, ids: Sequence[str]) -> Any:
        return {"data": [{"id": one} for one in ids]}

    def letters(self, body: Any) -> list[Any]:
        return list(body)

    def test_send(self, web: RequestsMock) -> None:
        sent: Json = {
            "from": '"The Lantern, Öre" <letters@example.org>',
            "to": ['"Ada Ångström" <ada.reader@example.net>'],
            "reply_to": "desk@example.org",
            "subject": LETTER.subject,
            "html": LETTER.html,
            "text": LETTER.text,
            "headers": {
                "List-Id": "<weekly.example.org>",
                "List-Unsubscribe": "<https://example.org/out/ada>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                "X-Publisher-Key": "0123456789abcdef",
            },
            "tags": [{"name": "delivery", "value": "0123456789abcdef"}],
        }
        headers = {
            "Authorization": "Bearer re_t0ken",
            "x-batch-validation": "permissive",
            "Idempotency-Key": self.key([LETTER]),
        }
        match = [json_params_matcher([sent]), header_matcher(headers)]
        web.post(URL, json=self.taken(["7"]), match=match)
        assert self.provider.send(LETTER) == Receipt("7")

    def key(self, emails: Sequence[Any]) -> str:
        """Return the key of a call with these emails."""
        with RequestsMock() as web:
            web.post(ANYWHERE, json=self.taken([one.key for one in emails]))
            self.provider.send_many(emails)
            return str(web.calls[0].request.headers["Idempotency-Key"])

    def test_a_call_has_its_own_key_whoever_else_is_in_it(self) -> None:
        ada, ben = self.email("ada"), self.email("ben")
        keys = [self.key(emails) for emails in ([ada], [ben], [ada, ben], [ben, ada])]
        assert len({*keys}) == 4
        assert self.key([ada, ben]) == keys[2]
        assert max(map(len, keys)) <= 256
        assert self.provider.limits.remembers == timedelta(hours=24)

    def test_the_valid_ones_are_taken_and_the_others_named(
        self, web: RequestsMock
    ) -> None:
        answer = {
            "data": [{"id": "0"}, {"id": "2"}],
            "errors": [{"index": 1, "message": "Invalid `to`: ben@example.net"}],
        }
        web.post(URL, json=answer)
        names = ("ada", "ben", "cyd")
        first, second, third = self.provider.send_many([*map(self.email, names)])
        assert (first, third) == (Receipt("0"), Receipt("2"))
        assert str(second) == "resend rejected the message: Invalid `to`: ***"
        assert isinstance(second, Rejected)

    @pytest.mark.parametrize(
        "text", ["The example.org domain is not verified", "Invalid `from` field."]
    )
    def test_a_wrong_sender_is_no_readers_fault(
        self, web: RequestsMock, text: str
    ) -> None:
        web.post(URL, json={"data": [], "errors": [{"index": 0, "message": text}]})
        with pytest.raises(Refused):
            self.provider.send(LETTER)

    @pytest.mark.parametrize(
        "answer",
        [
            {"data": [{"id": "1"}]},
            {"data": [{"id": "1"}] * 3},
            {"data": None, "errors": []},
            {"data": [{"id": "1"}, {"id": "2"}], "errors": [{"index": 0}]},
            {"data": [{"id": "1"}], "errors": [{"index": 7}]},
        ],
    )
    def test_ids_that_do_not_fit_are_given_to_nobody(
        self, web: RequestsMock, answer: Json
    ) -> None:
        web.post(URL, json=answer)
        with pytest.raises(Uncertain):
            self.provider.send_many([self.email("ada"), self.email("ben")])

    @pytest.mark.parametrize("item", [None, "x", {}, {"id": ""}, {"id": 7}])
    def test_an_id_that_cannot_be_read_leaves_one_message_open(
        self, web: RequestsMock, item: Any
    ) -> None:
        web.post(URL, json={"data": [item, {"id": "2"}]})
        first, second = self.provider.send_many([LETTER, self.email("ben")])
        assert isinstance(first, Uncertain)
        assert second == Receipt("2")

    @pytest.mark.parametrize(
        ("status", "name", "error"),
        [
            (400, "validation_error", Rejected),
            (422, "missing_required_field", Rejected),
            (422, "invalid_from_address", Refused),
            (401, "restricted_api_key", Refused),
            (403, "validation_error", Refused),
            (429, "daily_quota_exceeded", Refused),
            (429, "monthly_quota_exceeded", Refused),
            (451, "security_error", Refused),
            (409, "invalid_idempotent_request", Uncertain),
            (409, "concurrent_idempotent_requests", Uncertain),
            (413, "", Rejected),
            (500, "application_error", Uncertain),
        ],
    )
    def test_each_name_of_an_error_says_what_to_do(
        self, web: RequestsMock, status: int, name: str, error: type[ProviderError]
    ) -> None:
        said = {"statusCode": status, "name": name, "message": "because"}
        assert type(self.failure(web, status=status, json=said)) is error

    def test_the_golden_request_fits_the_document(self, specs: Path) -> None:
        validator = schema(specs)
        _, [body] = self.sent([LETTER, self.email("ben")])
        assert list(validator.iter_errors(body)) == []
        schemas = validator.schema["components"]["schemas"]
        assert {*body[0]} <= {*schemas["SendEmailRequest"]["properties"]}
        assert list(validator.iter_errors([{"from": 7}]))

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
        if email.subject:
            assert list(fits.iter_errors(body)) == []
        assert body[0].get("text", "") == text

    @pytest.fixture
    def fits(self, specs: Path) -> Draft202012Validator:
        return schema(specs)
