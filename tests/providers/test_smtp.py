from __future__ import annotations

import re
import shlex
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from publisher.errors import (
    ProviderError,
    Refused,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)
from publisher.mime import encode
from publisher.models import Mailbox, Receipt
from publisher.providers import Secret
from publisher.providers.smtp import Smtp, wire
from publisher.testing import sample_email

EMAIL = sample_email(
    key="weekly/7/smtp/5f2c",
    text="Hello\n.\n.. dots\n",
    message_id="5f2c@example.org",
)
PASSWORD = "hunter2"
SECOND = replace(EMAIL, key="weekly/7/smtp/aaaa", message_id="aaaa@example.org")


# --- a server that says what its script says ---------------------------------------

DROP, SILENCE, GARBAGE = "drop", "silence", "garbage"
YES = {
    "connect": "220 ready",
    "ehlo": "250 sink",
    "mail": "250 ok",
    "rcpt": "250 ok",
    "data": "354 go",
    "dot": "250 2.0.0 Ok: queued as 4F1A2B",
    "rset": "250 ok",
    "quit": "221 bye",
    "auth": "235 ok",
}


@dataclass
class Scripted:
    """Answers each verb as told, once for each entry; then says yes."""

    script: dict[str, list[str]] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    mails: list[bytes] = field(default_factory=list)
    connections: int = 0

    def __post_init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self) -> None:
        while not self.over.is_set():
            client, _ = self.listener.accept()
            self.connections += 1
            with client, suppress(OSError):
                self.speak(client)

    def speak(self, client: socket.socket) -> None:
        lines = client.makefile("rb")
        alive = self.answer(client, "connect")
        while alive:
            line = lines.readline()
            if not line:
                return
            verb = line[:4].decode().lower()
            self.seen.append(line.decode().strip())
            alive = self.answer(client, verb)
            if verb == "data" and alive and self.said.startswith("354"):
                self.mails.append(b"".join(iter(lines.readline, b".\r\n")))
                alive = self.answer(client, "dot")
            if verb == "quit":
                return

    def answer(self, client: socket.socket, verb: str) -> bool:
        told = self.script.get(verb, [])
        self.said = told.pop(0) if told else YES[verb]
        if self.said == DROP:
            return False
        if self.said == SILENCE:
            client.recv(4096)  # until the other side gives up
            return False
        reply = "\0\0?" if self.said == GARBAGE else self.said
        client.sendall(reply.encode() + b"\r\n")
        return not reply.startswith("421")

    def close(self) -> None:
        self.over.set()
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        self.thread.join(5)
        self.listener.close()


@pytest.fixture
def scripted() -> Iterator[Any]:
    servers: list[tuple[Scripted, Smtp]] = []

    def start(**script: str | list[str]) -> tuple[Scripted, Smtp]:
        said = {v: [t] if isinstance(t, str) else t for v, t in script.items()}
        server = Scripted(said)
        servers.append((server, Smtp("127.0.0.1", server.port, security="none")))
        return servers[-1]

    yield start
    for server, smtp in servers:
        smtp.close()
        server.close()


def test_an_email_is_handed_over(scripted: Any) -> None:
    server, smtp = scripted()
    assert smtp.send(EMAIL) == Receipt("4F1A2B")
    assert server.seen[:3] == [
        "ehlo example.org",
        "MAIL FROM:<letters@example.org>",
        "RCPT TO:<reader@example.net>",
    ]
    smtp.close()


def test_one_connection_carries_many_emails(scripted: Any) -> None:
    server, smtp = scripted()
    for number in range(20):
        smtp.send(replace(EMAIL, message_id=f"{number}@example.org"))
    smtp.close()
    assert server.connections == 1
    assert len(server.mails) == 20
    assert server.seen[-1] == "quit"


@pytest.mark.parametrize(
    ("stage", "said", "error"),
    [
        ("connect", "421 busy", Throttled),
        ("connect", "450 not now", Unavailable),
        ("connect", "554 go away", Refused),
        ("connect", DROP, Unavailable),
        ("ehlo", DROP, Unavailable),
        ("mail", "421 closing", Unavailable),
        ("mail", "451 later", Unavailable),
        ("mail", "450 4.7.1 slow down", Throttled),
        ("mail", "530 5.7.0 Authentication required", Refused),
        ("mail", "553 sender not owned by you", Refused),
        ("mail", "552 too large", Rejected),
        ("mail", DROP, Unavailable),
        ("rcpt", "421 too many", Throttled),
        ("rcpt", "450 greylisted", Unavailable),
        ("rcpt", "452 4.2.2 over quota", Unavailable),
        ("rcpt", "550 5.1.1 no such user", Rejected),
        ("rcpt", "552 5.2.2 mailbox full", Rejected),
        ("rcpt", "554 5.7.1 Relay access denied", Refused),
        ("rcpt", "530 login first", Refused),
        ("rcpt", DROP, Unavailable),
        ("data", "451 later", Unavailable),
        ("data", "554 no", Rejected),
        ("data", DROP, Unavailable),
        ("dot", "421 4.7.0 too many emails", Throttled),
        ("dot", "451 try again", Unavailable),
        ("dot", "452 4.3.1 no space", Unavailable),
        ("dot", "552 message too large", Rejected),
        ("dot", "554 5.7.1 looks like spam", Rejected),
        ("dot", DROP, Uncertain),
        ("dot", GARBAGE, Uncertain),
    ],
)
def test_each_refusal_says_what_to_do(
    scripted: Any, stage: str, said: str, error: type[ProviderError]
) -> None:
    _, smtp = scripted(**{stage: said})
    with pytest.raises(ProviderError) as caught:
        smtp.send(EMAIL)
    assert type(caught.value) is error, caught.value
    smtp.close()


@pytest.mark.parametrize(
    ("stage", "error"),
    [
        ("connect", Unavailable),
        ("mail", Unavailable),
        ("rcpt", Unavailable),
        ("data", Unavailable),
        ("dot", Uncertain),
    ],
)
def test_silence_is_uncertain_only_after_the_dot(
    scripted: Any,
    monkeypatch: pytest.MonkeyPatch,
    stage: str,
    error: type[ProviderError],
) -> None:
    monkeypatch.setattr(wire, "ANSWER", 0.2)
    _, smtp = scripted(**{stage: SILENCE})
    with pytest.raises(ProviderError) as caught:
        smtp.send(EMAIL)
    assert type(caught.value) is error
    smtp.close()


@pytest.mark.parametrize("stage", ["rcpt", "data", "dot"])
@pytest.mark.parametrize("said", ["550 no", "451 later"])
def test_after_a_refusal_the_next_email_goes(
    scripted: Any, stage: str, said: str
) -> None:
    server, smtp = scripted(**{stage: said})
    with pytest.raises(ProviderError):
        smtp.send(EMAIL)
    assert smtp.send(SECOND) == Receipt("4F1A2B")
    assert server.connections == 1
    assert "rset" in server.seen
    smtp.close()


@pytest.mark.parametrize(
    ("stage", "said"),
    [("mail", DROP), ("mail", "421 idle too long"), ("rcpt", DROP), ("data", DROP)],
)
def test_a_connection_that_grew_old_is_made_anew(
    scripted: Any, stage: str, said: str
) -> None:
    server, smtp = scripted(**{stage: [YES[stage], said]})
    smtp.send(EMAIL)
    assert smtp.send(SECOND) == Receipt("4F1A2B")
    assert server.connections == 2
    assert len(server.mails) == 2
    smtp.close()


def test_a_lost_answer_is_never_repeated_by_itself(scripted: Any) -> None:
    server, smtp = scripted(dot=[YES["dot"], DROP])
    smtp.send(EMAIL)
    with pytest.raises(Uncertain):
        smtp.send(SECOND)
    assert len(server.mails) == 2
    smtp.close()


def test_lines_that_begin_with_a_dot_stay_whole(scripted: Any) -> None:
    server, smtp = scripted()
    smtp.send(EMAIL)
    smtp.close()
    assert not re.search(rb"(?m)^\.", server.mails[0])
    part = message_from_bytes(server.mails[0]).get_payload(0)
    assert isinstance(part, Message)
    assert part.get_payload(decode=True) == b"Hello\r\n.\r\n.. dots\r\n"
    assert re.sub(rb"(?m)^\.", b"", server.mails[0]) == encode(EMAIL)


def test_an_email_beyond_the_announced_size_is_not_begun(scripted: Any) -> None:
    server, smtp = scripted(ehlo="250-sink\r\n250 SIZE 20")
    with pytest.raises(Rejected, match="and 20 are allowed"):
        smtp.send(EMAIL)
    smtp.close()
    assert not [line for line in server.seen if line.startswith("MAIL")]


def test_the_envelope_has_an_international_domain_as_dns_knows_it(
    scripted: Any,
) -> None:
    server, smtp = scripted()
    smtp.sender = "bounces@bücher.example"
    smtp.send(EMAIL)
    smtp.close()
    assert "MAIL FROM:<bounces@xn--bcher-kva.example>" in server.seen


def test_a_wrong_setting_stops_the_channel_and_fails_nobody(scripted: Any) -> None:
    server, smtp = scripted()
    smtp.sender = "bounces at example.org"
    with pytest.raises(Refused, match="is not an address"):
        smtp.send(EMAIL)
    assert server.seen == []


@pytest.mark.parametrize(
    "address",
    ["a@b.org>\r\nRCPT TO:<c@d.org", "a b@c.org", "@", "ö@a.org", '"a>b"@c.org'],
)
def test_an_address_cannot_bring_commands(scripted: Any, address: str) -> None:
    server, smtp = scripted()
    with pytest.raises(Rejected):
        smtp.send(replace(EMAIL, recipient=Mailbox(address)))
    assert server.seen == []


def test_errors_hold_no_address(scripted: Any) -> None:
    _, smtp = scripted(rcpt="550 5.1.1 <reader@example.net> is not known here")
    with pytest.raises(Rejected) as caught:
        smtp.send(EMAIL)
    smtp.close()
    assert "reader" not in f"{caught.value} {caught.value.__cause__!r}"
    assert "is not known here" in str(caught.value)


def test_nobody_listening_means_nothing_was_sent() -> None:
    port = free_port()
    with pytest.raises(Unavailable, match=f"127.0.0.1:{port} cannot be reached"):
        Smtp("127.0.0.1", port, security="none").send(EMAIL)


def test_a_server_without_starttls_gets_no_password(scripted: Any) -> None:
    server, smtp = scripted()
    smtp.security, smtp.username, smtp.password = "starttls", "u", Secret("hunter2")
    with pytest.raises(Refused, match="offers no STARTTLS"):
        smtp.send(EMAIL)
    assert server.seen == ["ehlo example.org"]


def test_a_server_without_logins_is_named(scripted: Any) -> None:
    _, smtp = scripted()
    smtp.username = "u"
    with pytest.raises(Refused, match="offers no login"):
        smtp.send(EMAIL)


# --- a real server library, TLS and logins -----------------------------------------


MAKE_CERTIFICATE = (
    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "
    "-keyout key.pem -out cert.pem -days 2 -subj /CN=localhost "
    "-addext subjectAltName=DNS:localhost,IP:127.0.0.1"
)


class Sink:
    """Keeps what it got."""

    def __init__(self) -> None:
        self.envelopes: list[Any] = []

    async def handle_DATA(  # noqa: N802  aiosmtpd's name
        self, server: Any, session: Any, envelope: Any
    ) -> str:
        self.envelopes.append(envelope)
        return "250 Message accepted"


def _authenticate(*args: Any) -> AuthResult:
    data = args[-1]
    assert isinstance(data, LoginPassword)
    good = (data.login, data.password) == (b"ferry", PASSWORD.encode())
    return AuthResult(success=good, handled=False)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        shlex.split(MAKE_CERTIFICATE),
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture
def context(certificate: Path) -> ssl.SSLContext:
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    return made


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))


@pytest.fixture
def sink(context: ssl.SSLContext) -> Iterator[Controller]:
    controller = Controller(
        Sink(),
        hostname="127.0.0.1",
        port=free_port(),
        tls_context=context,
        require_starttls=True,
        auth_required=True,
        authenticator=_authenticate,
    )
    controller.start()
    yield controller
    controller.stop()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def ferry(port: int, password: str = PASSWORD) -> Smtp:
    return Smtp("127.0.0.1", port, "ferry", Secret(password))


def test_starttls_and_a_login(sink: Controller, trusted: None) -> None:
    smtp = ferry(sink.port)
    assert smtp.send(EMAIL) == Receipt("5f2c@example.org")
    smtp.send(SECOND)
    smtp.close()
    assert [one.mail_from for one in sink.handler.envelopes] == [
        "letters@example.org",
        "letters@example.org",
    ]
    assert sink.handler.envelopes[0].rcpt_tos == ["reader@example.net"]


def test_many_emails_over_several_secure_connections(
    sink: Controller, trusted: None
) -> None:
    smtp = ferry(sink.port)
    smtp.connections = 3
    many = [
        replace(
            sample_email(html=f"<p>{'Salt and light. ' * 4_000}</p>"),
            key=f"weekly/7/smtp/{number}",
            recipient=Mailbox(f"reader{number}@example.net"),
        )
        for number in range(30)
    ]
    answers = smtp.send_many(many)
    smtp.close()
    assert all(isinstance(one, Receipt) for one in answers)
    got = {one.rcpt_tos[0]: one.content for one in sink.handler.envelopes}
    assert len(sink.handler.envelopes) == len(got) == 30
    assert all(got[one.recipient.address] == encode(one) for one in many)


def test_a_wrong_password_stops_the_channel(sink: Controller, trusted: None) -> None:
    smtp = ferry(sink.port, "wr0ng")
    with pytest.raises(Refused, match=r"login was refused \(535\)") as caught:
        smtp.send(EMAIL)
    assert "wr0ng" not in f"{caught.value} {caught.value.__cause__!r} {smtp!r}"


def test_a_password_beyond_ascii_is_named(sink: Controller, trusted: None) -> None:
    with pytest.raises(Refused, match="ASCII only"):
        ferry(sink.port, "schlüssel").send(EMAIL)


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(
    sink: Controller,
) -> None:
    with pytest.raises(Unavailable, match=r"not trusted: self.signed certificate"):
        ferry(sink.port).send(EMAIL)
    assert sink.handler.envelopes == []


def test_tls_from_the_start(context: ssl.SSLContext, trusted: None) -> None:
    controller = Controller(
        Sink(), hostname="127.0.0.1", port=free_port(), ssl_context=context
    )
    controller.start()
    smtp = Smtp("127.0.0.1", controller.port, security="tls")
    assert smtp.send(EMAIL) == Receipt("5f2c@example.org")
    smtp.close()
    controller.stop()
    assert [one.mail_from for one in controller.handler.envelopes] == [
        "letters@example.org"
    ]


def test_closing_twice_is_harmless() -> None:
    smtp = Smtp("127.0.0.1", 9)
    smtp.close()
    smtp.close()
