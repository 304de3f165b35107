from __future__ import annotations

import json
import sys
import threading
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import requests
from responses import RequestsMock

from publisher.errors import (
    ConfigError,
    ProviderError,
    Refused,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)
from publisher.models import Json, Mailbox, Receipt
from publisher.providers import Secret, ses
from publisher.providers.ses import Ses
from publisher.testing import LETTER, ProviderContract, sample_email

PATH = "/v2/email/outbound-emails"
TAKEN = {"MessageId": "0102-7"}
HAS_PACKAGE = find_spec("boto3") is not None
needs_package = pytest.mark.skipif(
    not HAS_PACKAGE, reason="boto3, of the extra ses, is not installed"
)


class Server(ThreadingHTTPServer):
    """SES on loopback: gives every call the same answer, and keeps what it got."""

    daemon_threads = True

    def __init__(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status, self.body, self.headers = status, body, headers
        self.calls: list[tuple[str, bytes, dict[str, str]]] = []
        self.pages: list[bytes] = []  # what a GET is answered with, one after another

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.calls.append((self.path, content, dict(self.headers)))
        if not self.server.status:  # the line breaks before the answer
            self.close_connection = True
            return
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def do_GET(self) -> None:
        self.server.calls.append((self.path, b"", dict(self.headers)))
        body = self.server.pages.pop(0) if self.server.pages else self.server.body
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def answering(
    status: int = 200, body: bytes = b"", headers: dict[str, str] | None = None
) -> Iterator[Server]:
    server = Server(status, body, headers or {})
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def account(url: str = "http://127.0.0.1:9", **settings: Any) -> Ses:
    names = {"key_id": Secret("AKIAEXAMPLE"), "key": Secret("s3cret"), **settings}
    return Ses(region="eu-west-1", url=url, **names)


def said(kind: str, text: str) -> Json:
    return {"headers": {"x-amzn-errortype": kind}, "json": {"message": text}}


@needs_package
class TestSes(ProviderContract):
    message = LETTER
    secrets = ("AKIAEXAMPLE", "s3cret", "ada.reader@example.net")

    @pytest.fixture(autouse=True)
    def _account(self) -> Iterator[None]:
        self.provider = account()
        yield
        self.provider.close()

    def failure(self, web: RequestsMock, **answer: Any) -> ProviderError:
        """As the contract has it, but from a server: boto3 does not use `requests`."""
        body, status = answer.get("body", b""), answer.get("status", 200)
        if isinstance(body, requests.ReadTimeout):
            body, status = b"", 0
        if isinstance(body, requests.ConnectionError):
            return self.caught("http://127.0.0.1:9")
        body = json.dumps(answer["json"]) if "json" in answer else body
        content = body.encode() if isinstance(body, str) else body
        with answering(status, content, answer.get("headers")) as server:
            return self.caught(server.url, server)

    def caught(self, url: str, server: Server | None = None) -> ProviderError:
        provider = account(url)
        with pytest.raises(ProviderError) as caught:
            provider.send(self.message)
        provider.close()
        shown = f"{caught.value} {caught.value!r} {caught.value.__cause__!r}"
        assert not [one for one in self.secrets if one in shown]
        assert server is None or len(server.calls) == 1  # it repeats nothing by itself
        return caught.value

    def test_the_same_message_is_the_same_request(self, web: RequestsMock) -> None:
        with answering(body=json.dumps(TAKEN).encode()) as server:
            provider = account(server.url)
            for _ in range(2):
                provider.send(LETTER)
            provider.close()
        first, second = server.calls
        assert first[:2] == second[:2]

    def sent(self, email: Any, **settings: Any) -> tuple[Receipt, Json]:
        """Send one email; return the receipt and what SES got."""
        with answering(body=json.dumps(TAKEN).encode()) as server:
            provider = account(server.url, **settings)
            receipt = provider.send(email)
            provider.close()
        [(path, body, headers)] = server.calls
        assert path == PATH
        assert "/eu-west-1/ses/aws4_request" in headers["Authorization"]
        found: Json = json.loads(body)
        return receipt, found

    def test_send(self) -> None:
        receipt, body = self.sent(LETTER)
        assert receipt == Receipt("0102-7")
        raw = b64decode(body["Content"]["Raw"].pop("Data"))
        assert body == {
            "Destination": {"ToAddresses": ["ada.reader@example.net"]},
            "Content": {"Raw": {}},
            "EmailTags": [{"Name": "delivery", "Value": "0123456789abcdef"}],
        }
        message = message_from_bytes(raw, policy=policy.default)
        assert isinstance(message, EmailMessage)
        assert message["Subject"] == LETTER.subject
        assert message["List-Unsubscribe"] == "<https://example.org/out/ada>"
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        page = message.get_body(("html",))
        assert page is not None
        assert page.get_content().strip() == LETTER.html

    def test_what_an_article_says_about_templates_stays(self) -> None:
        _, body = self.sent(sample_email(text="{{ x }}\n"))
        assert b"{{ x }}" in b64decode(body["Content"]["Raw"]["Data"])

    def test_a_configuration_set_and_a_tag_of_odd_signs(self) -> None:
        email = replace(LETTER, own_headers={"X-Publisher-Key": "weekly/7"})
        _, body = self.sent(email, configuration_set="events")
        assert body["ConfigurationSetName"] == "events"
        assert body["EmailTags"] == [{"Name": "delivery", "Value": "weekly-7"}]

    def test_a_domain_is_written_as_dns_knows_it(self) -> None:
        reader = Mailbox("ada@bücher.example")
        _, body = self.sent(replace(LETTER, recipient=reader))
        assert body["Destination"]["ToAddresses"] == ["ada@xn--bcher-kva.example"]

    @pytest.mark.parametrize(
        ("status", "kind", "text", "error"),
        [
            (400, "MessageRejected", "Email address is not verified: x", Rejected),
            (400, "MessageRejected", "not verified: Letters@example.org", Refused),
            (400, "MailFromDomainNotVerifiedException", "no", Refused),
            (400, "AccountSuspendedException", "no", Refused),
            (400, "SendingPausedException", "no", Refused),
            (400, "LimitExceededException", "no", Refused),
            (404, "NotFoundException", "no such configuration set", Refused),
            (400, "BadRequestException", "missing", Rejected),
            (429, "TooManyRequestsException", "slow", Throttled),
            (400, "Throttling", "Maximum sending rate exceeded.", Throttled),
            (400, "ThrottlingException", "Daily message quota exceeded.", Refused),
            (403, "InvalidSignatureException", "no", Refused),
            (503, "ServiceUnavailable", "no", Unavailable),
            (500, "InternalFailure", "letters@example.org", Uncertain),
            (301, "Moved", "elsewhere", Refused),
            (408, "RequestTimeout", "slow", Unavailable),
        ],
    )
    def test_each_code_says_what_to_do(
        self,
        web: RequestsMock,
        status: int,
        kind: str,
        text: str,
        error: type[ProviderError],
    ) -> None:
        assert type(self.failure(web, status=status, **said(kind, text))) is error

    def test_too_fast_is_a_matter_of_a_second(self, web: RequestsMock) -> None:
        error = self.failure(web, status=429, **said("TooManyRequestsException", ""))
        assert isinstance(error, Throttled)
        assert error.retry_after == 1

    def test_no_answer_in_time_leaves_it_open(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ses, "ANSWER", 0.2)
        import socket

        with socket.create_server(("127.0.0.1", 0)) as silent:
            error = self.caught(f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert type(error) is Uncertain

    def test_without_tls_nothing_was_sent(self) -> None:
        with answering() as server:
            error = self.caught(server.url.replace("http:", "https:"))
        assert type(error) is Unavailable

    def test_without_credentials_the_channel_stops(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "PROFILE", "SESSION_TOKEN"):
            monkeypatch.delenv(f"AWS_{name}", raising=False)
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
        provider = account(key_id=Secret(""), key=Secret(""))
        with pytest.raises(Refused, match="NoCredentialsError"):
            provider.send(LETTER)

    @pytest.mark.parametrize(
        "settings",
        [{"url": "not an address"}, {"region": "no region"}],
    )
    def test_a_setting_that_cannot_be_stops_the_channel(self, settings: Any) -> None:
        names = {"url": "http://127.0.0.1:9", "region": "eu-west-1", **settings}
        keys = {"key_id": Secret("AKIAEXAMPLE"), "key": Secret("s3cret")}
        with pytest.raises(Refused, match="setting is wrong"):
            Ses(**{**keys, **names}).send(LETTER)

    def test_half_an_access_key_is_none(self) -> None:
        with pytest.raises(ConfigError, match="both key_id and key"):
            account(key=Secret(""))

    def test_an_address_that_is_none_fails_before_a_call(self) -> None:
        with pytest.raises(Rejected):
            account().send(replace(LETTER, recipient=Mailbox("ada")))

    def test_a_message_that_is_too_long_is_never_sent(self) -> None:
        with pytest.raises(Rejected, match="over 40 MB"):
            account().send(sample_email(text="x" * 40_000_000))

    def test_the_request_fits_the_document(self, specs: Path) -> None:
        from botocore.model import ServiceModel
        from botocore.validate import ParamValidator

        model = ServiceModel(json.loads((specs / "ses-v2.botocore.json").read_text()))
        operation = model.operation_model("SendEmail")
        shape, validator = operation.input_shape, ParamValidator()
        request = account(configuration_set="events")._request(LETTER)
        assert not validator.validate(request, shape).has_errors()
        wrong = {**request, "Destination": "ada"}
        assert validator.validate(wrong, shape).has_errors()
        assert operation.http["requestUri"] == PATH


def test_one_message_is_one_call() -> None:
    assert not hasattr(Ses, "send_many")


def test_without_the_package_it_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(ConfigError) as caught:
        account()
    assert caught.value.hint == "Try: pip install 'publisher[ses]'"


@needs_package
def test_every_page_of_the_accounts_suppressions_is_read() -> None:
    pages = [
        {
            "SuppressedDestinationSummaries": [
                {
                    "EmailAddress": f"{person}@example.net",
                    "Reason": reason,
                    "LastUpdateTime": 1_763_000_000,
                }
            ],
            **({"NextToken": "more"} if person == "ana" else {}),
        }
        for person, reason in (("ana", "BOUNCE"), ("bob", "COMPLAINT"))
    ]
    now = datetime(2026, 11, 22, tzinfo=UTC)
    with answering() as server:
        server.pages = [json.dumps(one).encode() for one in pages]
        provider = account(server.url)
        found = list(provider.suppressed(now))
        provider.close()
    told = [(one.address, one.kind, one.is_permanent) for one in found]
    assert told == [
        ("ana@example.net", "bounced", True),
        ("bob@example.net", "complained", False),
    ]
    assert "NextToken=more" in server.calls[1][0]
    assert all(one.at < now for one in found)


@needs_package
@pytest.mark.parametrize(("status", "kind"), [(403, Refused), (500, Unavailable)])
def test_a_list_that_is_not_shown_is_said(
    status: int, kind: type[ProviderError]
) -> None:
    with answering(status, b"{}") as server:
        provider = account(server.url)
        with pytest.raises(kind):
            list(provider.suppressed(datetime(2026, 11, 22, tzinfo=UTC)))
        provider.close()
