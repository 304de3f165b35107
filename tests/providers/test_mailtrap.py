from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from responses import RequestsMock
from responses.matchers import header_matcher, json_params_matcher

from publisher.errors import ProviderError, Refused, Rejected, Uncertain
from publisher.models import Json, Mailbox, Receipt
from publisher.providers import Secret
from publisher.providers.mailtrap import Mailtrap
from publisher.testing import LETTER, EmailContract, sample_email

URL = "https://bulk.api.mailtrap.io/api/batch"
words = st.text(
    st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=30
).filter(str.strip)


def schema(specs: Path, stream: str = "bulk") -> Draft202012Validator:
    text = (specs / f"mailtrap-{stream}.yaml").read_text()
    document = yaml.load(text, yaml.CSafeLoader)
    where = "#/paths/~1api~1batch/post/requestBody/content/application~1json/schema"
    return Draft202012Validator({**document, "$ref": where})


class TestMailtrap(EmailContract):
    provider = Mailtrap(Secret("t0ken"))
    secrets = ("t0ken", "ada.reader@example.net")

    def taken(self, ids: Sequence[str]) -> Any:
        results = [{"success": True, "message_ids": [one]} for one in ids]
        return {"success": True, "responses": results}

    def letters(self, body: Any) -> list[Any]:
        return list(body["requests"])

    def test_send(self, web: RequestsMock) -> None:
        sent: Json = {
            "from": {"email": "letters@example.org", "name": "The Lantern, Öre"},
            "to": [{"email": "ada.reader@example.net", "name": "Ada Ångström"}],
            "reply_to": {"email": "desk@example.org"},
            "subject": LETTER.subject,
            "html": LETTER.html,
            "text": LETTER.text,
            "headers": {
                "List-Id": "<weekly.example.org>",
                "List-Unsubscribe": "<https://example.org/out/ada>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                "X-Publisher-Key": "0123456789abcdef",
            },
            "custom_variables": {"delivery": "0123456789abcdef"},
        }
        token = header_matcher({"Authorization": "Bearer t0ken"})
        match = [json_params_matcher({"requests": [sent]}), token]
        web.post(URL, json=self.taken(["7"]), match=match)
        assert self.provider.send(LETTER) == Receipt("7")

    @pytest.mark.parametrize(
        ("text", "error"),
        [
            ("address is invalid in 'to' 0", Rejected),
            ("ada.reader@example.net is suppressed", Rejected),
            ("'From' header does not match the sender's domain", Refused),
            ("'reply_to' address is invalid", Refused),
            ("Sending limit reached", Refused),
        ],
    )
    def test_a_call_is_200_and_each_message_has_its_own_error(
        self, web: RequestsMock, text: str, error: type[ProviderError]
    ) -> None:
        answer = self.taken(["1", "2", "3"])
        answer["responses"][1] = {"success": False, "errors": [text]}
        web.post(URL, json=answer)
        emails = [self.email("ben"), LETTER, self.email("cyd")]
        first, second, third = self.provider.send_many(emails)
        assert (first, third) == (Receipt("1"), Receipt("3"))
        assert type(second) is error
        assert "@example" not in str(second)

    @pytest.mark.parametrize("status", [200, 400])
    @pytest.mark.parametrize(
        ("text", "error"),
        [("'from' address is invalid", Refused), ("'requests' is empty", Rejected)],
    )
    def test_a_whole_call_is_refused_with_a_list_of_reasons(
        self, web: RequestsMock, status: int, text: str, error: type[ProviderError]
    ) -> None:
        said = {"success": False, "errors": [text]}
        assert type(self.failure(web, status=status, json=said)) is error

    @pytest.mark.parametrize(
        "result", [None, {}, {"success": True}, {"success": True, "message_ids": []}]
    )
    def test_a_result_that_cannot_be_read_leaves_one_message_open(
        self, web: RequestsMock, result: Any
    ) -> None:
        answer = self.taken(["1", "2"])
        answer["responses"][0] = result
        web.post(URL, json=answer)
        first, second = self.provider.send_many([LETTER, self.email("ben")])
        assert isinstance(first, Uncertain)
        assert second == Receipt("2")

    def test_text_like_a_template_stays_as_it_is(self) -> None:
        page = "<p>{{ name }} {% if x %}</p>"
        _, [body] = self.sent([sample_email(html=page, text="{{ name }}")])
        assert body["requests"][0]["html"] == page
        assert body["requests"][0]["text"] == "{{ name }}"

    @pytest.mark.parametrize("stream", ["bulk", "transactional"])
    def test_the_golden_request_fits_the_document(
        self, specs: Path, stream: str
    ) -> None:
        validator = schema(specs, stream)
        _, [body] = self.sent([LETTER, self.email("ben")])
        assert list(validator.iter_errors(body)) == []
        assert list(validator.iter_errors({"requests": body["requests"] * 300}))
        wrong = {**body["requests"][0], "custom_variables": {"delivery": 7}}
        assert list(validator.iter_errors({"requests": [wrong]}))

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
        assert body["requests"][0]["text"] == text

    @pytest.fixture
    def fits(self, specs: Path) -> Draft202012Validator:
        return schema(specs)
