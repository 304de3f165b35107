"""A mailbox is read over IMAP, and nothing in it is ever lost or deleted."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from publisher.errors import ConfigError, PublisherError
from publisher.mailbox import LONGEST, Access, Mailbox, Place, quoted
from tests.bounces.imap import PASSWORD, USER, Folder, Server, serving


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as made:
        yield made


def access(server: Server, **others: str) -> Access:
    given = {"user": USER, "password": PASSWORD, **others}
    return Access(host="127.0.0.1", port=server.port, security="none", **given)


def test_what_nobody_has_read_is_there(server: Server) -> None:
    for flags in ((), (r"\Seen",), (r"\Deleted",), ()):
        server.inbox.add(b"From: a\r\n\r\nb\r\n", *flags)
    with Mailbox(access(server)) as mailbox:
        assert mailbox.arrived(Place()) == [1, 4]
        assert set(mailbox.letters([1, 4])) == {1, 4}
    assert server.inbox.letters[0].flags == set()


def test_what_came_after_a_place_is_there_whoever_has_read_it(server: Server) -> None:
    for flags in ((), (), (r"\Seen",)):
        server.inbox.add(b"x", *flags)
    with Mailbox(access(server)) as mailbox:
        assert mailbox.validity == 7
        assert mailbox.arrived(Place(7, 1)) == [2, 3]
        assert mailbox.arrived(Place(7, 3)) == []
        assert mailbox.arrived(Place(6, 3)) == [1, 2]  # the server counts anew


def test_a_mailbox_with_very_many_letters_is_asked_in_steps(server: Server) -> None:
    server.inbox.add(b"first")
    server.inbox.last = 250_000
    server.inbox.add(b"last")
    with Mailbox(access(server)) as mailbox:
        assert mailbox.arrived(Place()) == [1, 250_001]
        assert mailbox.arrived(Place(7, 200_000)) == [250_001]
    searches = [one for one in server.said if "SEARCH" in one]
    assert len(searches) == 3 + 1


def test_of_a_large_letter_only_the_beginning_is_fetched(server: Server) -> None:
    server.inbox.add(b"x" * (LONGEST + 5))
    with Mailbox(access(server)) as mailbox:
        assert len(mailbox.letters([1])[1]) == LONGEST


def test_what_is_done_with_is_read_and_moved(server: Server) -> None:
    for number in range(3):
        server.inbox.add(b"%d" % number)
    with Mailbox(access(server, processed="Zurück & fort")) as mailbox:
        assert mailbox.put_aside([1, 3])
        assert mailbox.put_aside([2])
    assert server.names("INBOX") == []
    assert server.names("Zur&APw-ck &- fort") == [b"0", b"2", b"1"]
    moved = server.folders["Zur&APw-ck &- fort"].letters
    assert [one.flags for one in moved] == [{r"\Seen"}] * 3


def test_a_folder_stands_where_the_server_wants_folders(server: Server) -> None:
    server.prefix = "INBOX."
    server.inbox.add(b"one")
    with Mailbox(access(server)) as mailbox:
        assert mailbox.put_aside([1])
    assert server.names("INBOX.processed") == [b"one"]


@pytest.mark.parametrize("processed", ["processed", ""])
def test_where_nothing_is_moved_it_is_marked_only(
    server: Server, processed: str
) -> None:
    server.abilities = "IMAP4rev1 AUTH=PLAIN"
    server.inbox.add(b"one")
    with Mailbox(access(server, processed=processed)) as mailbox:
        assert mailbox.put_aside([1]) == (not processed)
    assert server.names("INBOX") == [b"one"]
    assert server.inbox.letters[0].flags == {r"\Seen"}


def test_who_only_looks_changes_nothing(server: Server) -> None:
    server.inbox.add(b"one")
    with Mailbox(access(server), only_looks=True) as mailbox:
        assert mailbox.letters(mailbox.arrived(Place())) == {1: b"one"}
    assert server.inbox.letters[0].flags == set()
    assert any(one.startswith("EXAMINE") for one in server.said)


def test_nothing_is_ever_deleted(server: Server) -> None:
    server.inbox.add(b"one")
    with Mailbox(access(server)) as mailbox:
        mailbox.put_aside([1])
    assert not [one for one in server.said if "DELETE" in one or "EXPUNGE" in one]


# --- logging in ----------------------------------------------------------------------


def test_a_token_logs_in(server: Server) -> None:
    with Mailbox(access(server, password="", token="t0k3n")):
        pass


def test_an_old_server_is_told_user_and_password(server: Server) -> None:
    server.abilities, server.password = "IMAP4rev1", 'pass \\"word"'
    with Mailbox(access(server, password=server.password)):
        pass
    with pytest.raises(ConfigError):  # its letters are ASCII only
        Mailbox(access(server)).__enter__()


@pytest.mark.parametrize("abilities", ["IMAP4rev1", "IMAP4rev1 AUTH=PLAIN"])
def test_a_wrong_password_is_refused_and_not_repeated(
    server: Server, abilities: str
) -> None:
    server.abilities = abilities
    with pytest.raises(ConfigError, match="refused the login") as caught:
        Mailbox(access(server, password="wr0ng")).__enter__()
    assert "wr0ng" not in f"{caught.value!r} {caught.value.__cause__!r}"
    assert USER not in str(caught.value)


def test_no_password_brings_a_second_command(server: Server) -> None:
    server.abilities = "IMAP4rev1"
    with pytest.raises(ConfigError):
        Mailbox(access(server, password="x\r\na1 DELETE INBOX")).__enter__()
    assert not [one for one in server.said if "DELETE" in one]


def test_a_folder_that_is_not_there_is_named(server: Server) -> None:
    with pytest.raises(ConfigError, match="no folder 'Bounced'"):
        Mailbox(access(server, folder="Bounced")).__enter__()


def test_without_tls_it_is_this_machine_only() -> None:
    for host in ("127.0.0.1", "::1", "localhost"):
        Access(host=host, security="none")
    with pytest.raises(ConfigError, match="in the clear"):
        Access(host="imap.example.org", security="none")


def test_its_repr_holds_no_secret() -> None:
    shown = repr(Access(host="x", password="s3cret", token="t0k3n"))
    assert "s3cret" not in shown
    assert "t0k3n" not in shown


# --- when it does not answer ---------------------------------------------------------


def test_nobody_there_is_said_in_a_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(PublisherError, match="cannot be reached") as caught:
        Mailbox(Access(host="127.0.0.1", port=port, security="none")).__enter__()
    assert caught.value.where == f"127.0.0.1:{port}"


@pytest.mark.parametrize("command", ["SEARCH", "FETCH", "STORE", "MOVE"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_line_that_breaks_is_said_in_a_line(
    server: Server, command: str, when: str
) -> None:
    server.inbox.add(b"one")
    server.folders["processed"] = Folder()
    server.breaks = (command, when)
    with pytest.raises(PublisherError) as caught, Mailbox(access(server)) as mailbox:
        mailbox.put_aside(list(mailbox.letters(mailbox.arrived(Place()))))
    assert caught.value.hint
    assert server.names("INBOX") + server.names("processed") == [b"one"]


def test_what_is_no_mail_server_is_said_in_a_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            line, _ = listening.accept()
            with line:
                line.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        port = listening.getsockname()[1]
        with pytest.raises(PublisherError):
            Mailbox(Access(host="127.0.0.1", port=port, security="none")).__enter__()
        thread.join()


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_server_without_tls_is_not_spoken_to(server: Server, security: str) -> None:
    """The password must not leave before the line is safe."""
    server.abilities = "IMAP4rev1"
    given = Access(host="127.0.0.1", port=server.port, security=security)  # type: ignore[arg-type]
    with pytest.raises(PublisherError):
        Mailbox(given).__enter__()
    assert not [one for one in server.said if "LOGIN" in one]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a key, and a certificate that it signed itself for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "imap.example.org")])
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .issuer_name(name)
        .subject_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(here, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("certificate") / "imap.pem"
    form = serialization.Encoding.PEM
    path.write_bytes(
        made.public_bytes(form)
        + key.private_bytes(
            form,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.fixture
def safe(certificate: Path) -> Iterator[Server]:
    with serving(certificate) as made:
        yield made


def test_over_tls_all_is_the_same(
    safe: Server, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    safe.inbox.add(b"one")
    with Mailbox(replace(access(safe), security="tls")) as mailbox:
        assert mailbox.letters([1]) == {1: b"one"}


def test_a_certificate_of_nobody_is_not_believed(safe: Server) -> None:
    with pytest.raises(PublisherError, match="not believed"):
        Mailbox(replace(access(safe), security="tls")).__enter__()
    assert not safe.said


def test_nor_is_one_of_another_host(
    safe: Server, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with pytest.raises(PublisherError, match="not believed"):
        Mailbox(replace(access(safe), host="localhost", security="tls")).__enter__()
    assert not safe.said


def test_folders_are_written_as_the_protocol_wants() -> None:
    assert quoted('Back\\"s & 台北') == '"Back\\\\\\"s &- &U,BTFw-"'
