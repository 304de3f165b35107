from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from datetime import timedelta
from email.header import decode_header, make_header
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator
from responses import RequestsMock
from responses.matchers import header_matcher

from publisher.errors import ProviderError, Refused, Rejected, Throttled, Uncertain
from publisher.models import Json, Mailbox, Receipt
from publisher.providers import Secret
from publisher.providers.brevo import Brevo
from publisher.testing import LETTER, EmailContract, sample_email

URL = "https://api.brevo.com/v3/smtp/email"
CODE = "<p>{{ x }} {% if y %} {# z #} {{{ w }}}</p><style>@media a{#b{top:0}}</style>"
words = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=30)
code = st.lists(st.sampled_from([*"{}%# x", "{{", "{%", "{{ params.brace }}"]))


@cache  # it is long
def schema(path: Path) -> Draft4Validator:
    document = yaml.load(path.read_text(), yaml.CSafeLoader)
    return Draft4Validator({**document, "$ref": "#/definitions/sendSmtpEmail"})


def filled(text: str, params: Json) -> str:
    """Fill a text as Brevo does, and fail where it would do more."""
    pieces = text.split("{{ params.brace }}")
    assert not [one for one in pieces if re.search(r"\{[{%#]", one)]
    return params["brace"].join(pieces) if len(pieces) > 1 else text


class TestBrevo(EmailContract):
    provider = Brevo(Secret("xkeysib-t0ken"))
    secrets = ("xkeysib-t0ken", "ada.reader@example.net")

    def taken(self, ids: Sequence[str]) -> Any:
        return {"messageIds": [*ids]}

    def letters(self, body: Any) -> list[Any]:
        return list(body["messageVersions"])

    def version(self, **changes: Any) -> tuple[Json, Json]:
        """Return what stands beside the only version, and the version."""
        _, [body] = self.sent([sample_email(**changes)])
        [version] = body.pop("messageVersions")
        return body, version

    def test_send(self, web: RequestsMock) -> None:
        web.post(URL, json=self.taken(["<7@x>"]), status=201)
        assert self.provider.send(LETTER) == Receipt("<7@x>")
        request = web.calls[0].request
        body = json.loads(request.body or b"")
        key = body["headers"]["idempotencyKey"]
        assert body == {
            "sender": {
                "email": "letters@example.org",
                "name": "=?utf-8?q?The_Lantern=2C_=C3=96re?=",
            },
            "subject": "-",
            "htmlContent": "<p>-</p>",
            "textContent": "-",
            "headers": {"idempotencyKey": key},
            "messageVersions": [
                {
                    "to": [{"email": "ada.reader@example.net", "name": "Ada Ångström"}],
                    "replyTo": {"email": "desk@example.org"},
                    "subject": LETTER.subject,
                    "htmlContent": LETTER.html,
                    "textContent": LETTER.text,
                    "headers": {
                        "List-Id": "<weekly.example.org>",
                        "List-Unsubscribe": "<https://example.org/out/ada>",
                        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                        "X-Publisher-Key": "0123456789abcdef",
                        "X-Mailin-custom": "0123456789abcdef",
                    },
                }
            ],
        }
        matches, why = header_matcher(
            {"api-key": "xkeysib-t0ken", "idempotencyKey": key}
        )(request)
        assert matches, why

    def test_a_call_has_its_own_key(self) -> None:
        ada, ben = self.email("ada"), self.email("ben")
        keys = [
            self.sent(emails)[1][0]["headers"]["idempotencyKey"]
            for emails in ([ada], [ben], [ada, ben], [ada])
        ]
        assert len({*keys}) == 3
        assert keys[0] == keys[3]
        assert {UUID(key).version for key in keys} == {4}
        assert self.provider.limits.remembers == timedelta(minutes=15)

    @pytest.mark.parametrize("name", ["duplicate_parameter", "duplicate_request"])
    def test_a_call_that_came_before_is_open_and_never_made_anew(
        self, web: RequestsMock, name: str
    ) -> None:
        said = {"code": name, "message": "idempotencyKey is already used"}
        assert type(self.failure(web, status=400, json=said)) is Uncertain

    @pytest.mark.parametrize(
        ("status", "name", "text", "error"),
        [
            (400, "invalid_parameter", "email is not valid in to", Rejected),
            (400, "invalid_parameter", "the sender you used is not valid", Refused),
            (400, "invalid_parameter", "email is not valid in replyTo", Refused),
            (400, "account_under_validation", "wait", Refused),
            (429, "too_many_requests", "this sender was too fast", Throttled),
            (500, "internal", "our sender crashed", Uncertain),
            (402, "not_enough_credits", "buy some", Refused),
            (401, "unauthorized", "unrecognised IP address", Refused),
            (406, "not_acceptable", "no", Rejected),
        ],
    )
    def test_each_code_says_what_to_do(
        self,
        web: RequestsMock,
        status: int,
        name: str,
        text: str,
        error: type[ProviderError],
    ) -> None:
        said = {"code": name, "message": text}
        assert type(self.failure(web, status=status, json=said)) is error

    def test_too_many_requests_wait_as_its_own_header_says(
        self, web: RequestsMock
    ) -> None:
        error = self.failure(web, status=429, headers={"x-sib-ratelimit-reset": "12"})
        assert isinstance(error, Throttled)
        assert error.retry_after == 12

    def test_a_single_message_may_have_a_single_id(self, web: RequestsMock) -> None:
        web.post(URL, json={"messageId": "<7@x>"})
        assert self.provider.send(LETTER) == Receipt("<7@x>")

    @pytest.mark.parametrize(
        "answer",
        [
            {"messageIds": ["1"]},
            {"messageId": "1"},
            {"messageIds": "12"},
            {"messageIds": ["1", "2", "3"]},
        ],
    )
    def test_ids_that_do_not_fit_are_given_to_nobody(
        self, web: RequestsMock, answer: Json
    ) -> None:
        web.post(URL, json=answer)
        with pytest.raises(Uncertain):
            self.provider.send_many([self.email("ada"), self.email("ben")])

    def test_an_empty_id_leaves_one_message_open(self, web: RequestsMock) -> None:
        web.post(URL, json={"messageIds": ["", "2"]})
        first, second = self.provider.send_many([LETTER, self.email("ben")])
        assert isinstance(first, Uncertain)
        assert second == Receipt("2")

    def test_one_call_has_one_sender(self) -> None:
        other = sample_email(sender=Mailbox("other@example.org"))
        with pytest.raises(Rejected, match="must have one sender"):
            self.sent([LETTER, other])

    def test_a_header_beyond_ascii_fails_alone(self) -> None:
        odd = self.email("ben", own_headers={"X-Place": "Öre"})
        answers, _ = self.sent([LETTER, odd])
        assert [type(one) for one in answers] == [Receipt, Rejected]

    def test_what_an_article_says_about_templates_reaches_the_reader(self) -> None:
        shared, version = self.version(html=CODE, text="{{ x }}", subject="{% y %}")
        assert version["textContent"] == "{{ params.brace }}{ x }}"
        assert version["subject"] == "{{ params.brace }}% y %}"
        assert filled(version["textContent"], shared["params"]) == "{{ x }}"
        assert filled(version["subject"], shared["params"]) == "{% y %}"
        page = version["htmlContent"]
        assert not re.search(r"\{[{%#]", page)
        assert html.unescape(page) == CODE.replace("{#b", "{ #b")

    @given(text=code.map("".join))
    def test_any_text_is_filled_back_to_itself(self, text: str) -> None:
        shared, version = self.version(text=text, html=text)
        params = shared.get("params", {"brace": "{"})
        if "params.brace" in text:  # its own braces are written in another way
            assert "{{ params.brace }}{ params.brace }}" in version["textContent"]
        made = version.get("textContent", "")
        pieces = made.split("{{ params.brace }}")
        assert params["brace"].join(pieces) == text
        assert not [one for one in pieces if re.search(r"\{[{%#]", one)]
        assert html.unescape(version.get("htmlContent", "")) == text

    @pytest.mark.parametrize(
        ("name", "written"),
        [
            ("Ada", "Ada"),
            ("Ångström Ada", "Ångström Ada"),
            ("Ångström, Ada", "=?utf-8?b?w4VuZ3N0csO2bSwgQWRh?="),
            ("Å, " * 30, "Å Å Å Å Å Å Å Å Å Å Å Å Å Å Å Å Å Å Å Å Å Å Å Å"),
            ("x" * 99, "x" * 70),
        ],
    )
    def test_a_name_that_it_would_lose_is_written_so_that_it_stays(
        self, name: str, written: str
    ) -> None:
        _, version = self.version(recipient=Mailbox("ada@example.net", name))
        assert version["to"][0]["name"] == written
        if written.startswith("=?"):
            assert str(make_header(decode_header(written))) == name

    @pytest.fixture
    def fits(self, specs: Path) -> Draft4Validator:
        return schema(specs / "brevo.yaml")

    def test_the_golden_request_fits_the_document(self, fits: Draft4Validator) -> None:
        _, [body] = self.sent([LETTER, self.email("ben")])
        assert list(fits.iter_errors(body)) == []
        known = fits.schema["definitions"]
        assert {*body} <= {*known["sendSmtpEmail"]["properties"]}
        # The document does not have what the manual has: headers for each version.
        version = {*known["sendSmtpEmail_messageVersions"]["properties"], "headers"}
        assert {*body["messageVersions"][0]} <= version
        assert list(fits.iter_errors({**body, "subject": 7}))

    @settings(
        max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(name=words, subject=words, text=words)
    def test_any_request_fits_the_document(
        self, fits: Draft4Validator, name: str, subject: str, text: str
    ) -> None:
        reader = Mailbox("ada@example.net", name)
        email = sample_email(recipient=reader, subject=subject, text=text, html=text)
        _, [body] = self.sent([email])
        assert list(fits.iter_errors(body)) == []
