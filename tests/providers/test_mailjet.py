from __future__ import annotations

import html
from base64 import b64encode
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

from publisher.errors import ProviderError, Refused, Rejected, Throttled, Uncertain
from publisher.models import Json, Mailbox, Receipt
from publisher.providers import Secret
from publisher.providers.mailjet import Mailjet
from publisher.testing import LETTER, EmailContract, sample_email

URL = "https://api.mailjet.com/v3.1/send"
LOGIN = b64encode(b"k3y:s3cret").decode()
words = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=30)
code = st.lists(
    st.sampled_from([*"[]x ", "[[var:x]]", "[[var:bracket]]", "[[data:y]]"])
)


def wrong(text: str, *fields: str, status: int = 400, name: str = "mj-0013") -> Json:
    error = {
        "ErrorIdentifier": "88b5ca9f",
        "ErrorCode": name,
        "StatusCode": status,
        "ErrorMessage": text,
        "ErrorRelatedTo": [*fields],
    }
    return {"Status": "error", "Errors": [error]}


class TestMailjet(EmailContract):
    provider = Mailjet(Secret("k3y"), Secret("s3cret"))
    secrets = ("k3y", "s3cret", LOGIN, "ada.reader@example.net")

    def taken(self, ids: Sequence[str]) -> Any:
        messages = [
            {
                "Status": "success",
                "To": [{"Email": "x", "MessageUUID": "u", "MessageID": one}],
            }
            for one in ids
        ]
        return {"Messages": messages}

    def letters(self, body: Any) -> list[Any]:
        return list(body["Messages"])

    def test_send(self, web: RequestsMock) -> None:
        sent: Json = {
            "From": {"Email": "letters@example.org", "Name": "The Lantern, Öre"},
            "To": [{"Email": "ada.reader@example.net", "Name": "Ada Ångström"}],
            "ReplyTo": {"Email": "desk@example.org"},
            "Subject": LETTER.subject,
            "HTMLPart": LETTER.html,
            "TextPart": LETTER.text,
            "Headers": {
                "List-Id": "<weekly.example.org>",
                "List-Unsubscribe": "<https://example.org/out/ada>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                "X-Publisher-Key": "0123456789abcdef",
            },
            "CustomID": "0123456789abcdef",
            "TemplateLanguage": False,
        }
        login = header_matcher({"Authorization": f"Basic {LOGIN}"})
        match = [json_params_matcher({"Messages": [sent]}), login]
        answer = self.taken(["x"])
        answer["Messages"][0]["To"][0]["MessageID"] = 1152921504606846976
        web.post(URL, json=answer, match=match)
        assert self.provider.send(LETTER) == Receipt("1152921504606846976")

    @pytest.mark.parametrize("status", [200, 400])
    @pytest.mark.parametrize(
        ("result", "error"),
        [
            (wrong('"ada.reader@example.net" is invalid', "To[0].Email"), Rejected),
            (wrong("not an authorized sender", "From", status=403), Refused),
            (wrong("is invalid", "From.Email"), Refused),
            (wrong("is invalid", "ReplyTo.Email"), Refused),
            (wrong("too fast", status=429), Throttled),
            (wrong("we failed", status=500), Uncertain),
            ({"Status": "error"}, Rejected),
            ({"Status": "error", "Errors": []}, Rejected),
            ({"Status": "success", "To": []}, Uncertain),
            ({}, Uncertain),
            (None, Uncertain),
        ],
    )
    def test_a_400_may_have_sent_all_the_others(
        self,
        web: RequestsMock,
        status: int,
        result: Any,
        error: type[ProviderError],
    ) -> None:
        answer = self.taken(["1", "2", "3"])
        answer["Messages"][1] = result
        web.post(URL, status=status, json=answer)
        emails = [self.email("ben"), LETTER, self.email("cyd")]
        first, second, third = self.provider.send_many(emails)
        assert (first, third) == (Receipt("1"), Receipt("3"))
        assert type(second) is error
        assert "@example" not in str(second)

    def test_a_400_for_the_whole_call_took_nothing(self, web: RequestsMock) -> None:
        said = wrong("Malformed JSON", name="mj-0031")["Errors"][0]
        error = self.failure(web, status=400, json=said)
        assert type(error) is Rejected
        assert "Malformed JSON" in str(error)

    def test_a_429_need_not_be_json(self, web: RequestsMock) -> None:
        error = self.failure(web, status=429, body="<html>slow down")
        assert isinstance(error, Throttled)

    @pytest.mark.parametrize("status", [200, 400])
    def test_results_that_do_not_fit_are_given_to_nobody(
        self, web: RequestsMock, status: int
    ) -> None:
        web.post(URL, status=status, json=self.taken(["1"]))
        with pytest.raises(Uncertain):
            self.provider.send_many([self.email("ada"), self.email("ben")])

    def test_a_crash_that_quotes_messages_leaves_all_open(
        self, web: RequestsMock
    ) -> None:
        error = self.failure(web, status=500, json=self.taken(["1"]))
        assert type(error) is Uncertain

    def test_a_subject_that_is_too_long_fails_alone(self) -> None:
        answers, _ = self.sent([sample_email(subject="x" * 256), LETTER])
        assert [type(one) for one in answers] == [Rejected, Receipt]

    @given(text=code.map("".join))
    def test_what_an_article_says_about_templates_reaches_the_reader(
        self, text: str
    ) -> None:
        _, [body] = self.sent([sample_email(html=f"<p>{text}</p>", text=text)])
        [letter] = body["Messages"]
        assert letter["TemplateLanguage"] is False
        bracket = letter.get("Variables", {}).get("bracket", "")
        pieces = letter.get("TextPart", "").split("[[var:bracket]]")
        assert not [one for one in pieces if "[[" in one]
        assert bracket.join(pieces) == text
        assert "[[" not in letter["HTMLPart"]
        assert html.unescape(letter["HTMLPart"]) == f"<p>{text}</p>"

    @pytest.fixture
    def fits(self, specs: Path) -> Draft202012Validator:
        text = (specs / "mailjet-send.transcribed.yaml").read_text()
        document = yaml.load(text, yaml.CSafeLoader)
        where = "#/paths/~1v3.1~1send/post/requestBody/content/application~1json/schema"
        return Draft202012Validator({**document, "$ref": where})

    def test_the_golden_request_fits_the_document(
        self, fits: Draft202012Validator
    ) -> None:
        code = sample_email(text="[[var:x]]")
        _, [body] = self.sent([LETTER, self.email("ben"), code])
        assert list(fits.iter_errors(body)) == []
        assert list(fits.iter_errors({"Messages": body["Messages"] * 20}))
        assert list(fits.iter_errors({"Messages": [{"From": {"Email": "x"}}]}))

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
