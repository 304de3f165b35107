"""TLS of mail servers, against real ones on loopback."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from publisher.domain import tls
from publisher.models import MailServer
from tests.domain.conftest import Asking
from tests.domain.sending import facts

HELLO = b"220 ready\r\n"
OFFERS = b"250-mx.example.org\r\n250-SIZE 1000\r\n250 STARTTLS\r\n"
ZONE = """\
mx.example.org. A 127.0.0.1
other.example.org. A 127.0.0.1
example.org. MX 10 mx.example.org.
plain.example.org. A 127.0.0.1
"""


@dataclass
class Talker:
    """Says its lines, one for each that it hears, then speaks TLS."""

    context: ssl.SSLContext
    lines: tuple[bytes, ...] = (HELLO, OFFERS, b"220 go on\r\n")

    def __post_init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(5)
        self.port = int(self.listener.getsockname()[1])
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self) -> None:
        with suppress(OSError):
            client, _ = self.listener.accept()
            with client:
                client.settimeout(5)
                for number, line in enumerate(self.lines):
                    if number:
                        client.recv(1000)
                    client.sendall(line)
                with self.context.wrap_socket(client, server_side=True) as secure:
                    secure.recv(1)

    def close(self) -> None:
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        self.thread.join(6)
        self.listener.close()


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a certificate for mx.example.org until 2035, which signs itself."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mx.example.org")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2035, 1, 1, tzinfo=dt.UTC))
        .add_extension(
            x509.SubjectAlternativeName(
                [
                    x509.DNSName("mx.example.org"),
                    x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
                ]
            ),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    certificate, private = folder / "mx.pem", folder / "mx.key"
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    private.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return certificate, private


Talking = Callable[..., Talker]


@pytest.fixture
def talking(certified: tuple[Path, Path]) -> Iterator[Talking]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certified)
    made: list[Talker] = []

    def talk(*lines: bytes) -> Talker:
        made.append(Talker(context, lines) if lines else Talker(context))
        return made[-1]

    yield talk
    for one in made:
        one.close()


@pytest.fixture
def trusted(certified: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certified[0]))


def look(asking: Asking, server: MailServer) -> tuple[str, str]:
    known = facts(servers=(server,), domain="plain.example.org")
    (found,) = tls.look(known, asking(ZONE))
    return found.level, f"{found}"


@pytest.mark.usefixtures("trusted")
def test_a_good_certificate(talking: Talking, asking: Asking) -> None:
    server = MailServer("mx.example.org", talking().port)
    level, said = look(asking, server)
    assert level == "ok"
    assert "good until 2035-01-01" in said


@pytest.mark.usefixtures("trusted")
def test_tls_from_the_start_and_by_address(talking: Talking, asking: Asking) -> None:
    talker = talking(b"")
    assert look(asking, MailServer("127.0.0.1", talker.port, "tls"))[0] == "ok"


@pytest.mark.usefixtures("trusted")
def test_a_certificate_for_another_name(talking: Talking, asking: Asking) -> None:
    level, said = look(asking, MailServer("other.example.org", talking().port))
    assert level == "error"
    assert "not valid for 'other.example.org'" in said
    assert said.endswith("Try: a certificate for other.example.org")


def test_a_certificate_that_nobody_signed(talking: Talking, asking: Asking) -> None:
    level, said = look(asking, MailServer("mx.example.org", talking().port))
    assert level == "error"
    assert "self-signed certificate" in said


@pytest.mark.usefixtures("trusted")
def test_a_certificate_that_ends_soon(talking: Talking, asking: Asking) -> None:
    soon = dt.datetime(2034, 12, 25, tzinfo=dt.UTC)
    server = MailServer("mx.example.org", talking().port)
    known = facts(servers=(server,), domain="plain.example.org", clock=lambda: soon)
    (found,) = tls.look(known, asking(ZONE))
    assert (found.level, found.hint) == ("warning", "Try: renew it")


ODD = {
    (HELLO, b"250 mx.example.org\r\n"): "offers no STARTTLS",
    (b"554 go away\r\n",): "does not answer as a mail server does",
    (HELLO, b"250-" + b"x" * 5000): "does not answer as a mail server does",
    (HELLO, b"250-x\r\n" * 200): "does not stop talking",
    (HELLO, OFFERS, b"454 not now\r\n"): "does not answer as a mail server does",
    (HELLO, OFFERS, b"220 go on\r\nnoise"): "is not trusted",
    (b"\xff\xfe\r\n",): "does not answer as a mail server does",
}


@pytest.mark.parametrize("lines", ODD)
def test_a_server_that_talks_oddly(
    lines: tuple[bytes, ...], talking: Talking, asking: Asking
) -> None:
    server = MailServer("mx.example.org", talking(*lines).port)
    level, said = look(asking, server)
    assert level == "error"
    assert ODD[lines] in said


def test_a_server_that_is_not_there(asking: Asking) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    level, said = look(asking, MailServer("mx.example.org", port))
    assert (level, "cannot be reached" in said) == ("error", True)


def test_without_tls_only_this_machine_may_be_spoken_to(asking: Asking) -> None:
    assert look(asking, MailServer("127.0.0.1", 25, "none"))[0] == "skipped"
    assert look(asking, MailServer("no.example.org", 25, "none"))[0] == "warning"


@pytest.mark.usefixtures("trusted")
def test_the_servers_that_take_answers_are_looked_at_too(
    talking: Talking, asking: Asking
) -> None:
    (found,) = tls.look(facts(), asking(ZONE), mx_port=talking().port)
    assert found.level == "ok"


def test_those_are_often_out_of_reach(asking: Asking) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (found,) = tls.look(facts(), asking(ZONE), mx_port=port)
    assert found.level == "skipped"
