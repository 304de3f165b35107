"""A campaign through Debian's Postfix into Dovecot, and read back over IMAP.

Both have their own folder and configuration, and end with the module; Debian wants them
started as root. Ports of loopback only, certificates of an authority made here.
"""

from __future__ import annotations

import base64
import grp
import imaplib
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path

import dkim
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from publisher.errors import Refused, Unavailable
from publisher.models import Attachment, Mailbox, Receipt
from publisher.providers import Secret
from publisher.providers.smtp import Smtp
from publisher.testing import sample_email

pytestmark = pytest.mark.servers

READERS = ("nura@example.net", "ferry@example.net")
PASSWORD = "s3cret-of-this-test"
SUBJECT = "رسالة المنارة 🗼 the harbour, in a line that is too long for one header"

MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.example.net
mydestination =
mynetworks =
local_recipient_maps =
alias_maps =
alias_database =
virtual_mailbox_domains = example.net
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = inline:{{ {mailboxes} }}
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
smtpd_tls_security_level = encrypt
smtpd_tls_cert_file = {folder}/server.pem
smtpd_tls_key_file = {folder}/server.key
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = unix:{folder}/auth
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_client_restrictions = permit_sasl_authenticated, reject
"""
MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup   unix  n - n 60 1 pickup
cleanup  unix  n - n - 0 cleanup
qmgr     unix  n - n 300 1 qmgr
tlsmgr   unix  - - n 1000? 1 tlsmgr
rewrite  unix  - - n - - trivial-rewrite
bounce   unix  - - n - 0 bounce
defer    unix  - - n - 0 bounce
proxymap unix  - - n - - proxymap
virtual  unix  - n n - - virtual
error    unix  - - n - - error
retry    unix  - - n - - error
anvil    unix  - - n - 1 anvil
postlog  unix-dgram n - n - 1 postlogd
"""
DOVECOT = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/server.key
auth_mechanisms = plain login
mail_location = maildir:{folder}/mail/%n
first_valid_uid = 1
first_valid_gid = 1
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%n allow_all_users=yes
}}
service imap-login {{
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {imap}
    ssl = yes
  }}
}}
service auth {{
  unix_listener {folder}/auth {{
    mode = 0666
  }}
}}
"""


@dataclass(frozen=True)
class Mail:
    """Two servers that are one mail system."""

    folder: Path
    smtp: int
    imap: int

    def inbox(self, reader: str, count: int, within: float = 20) -> list[bytes]:
        """Return a reader's emails as they were delivered, once there are `count`."""
        trusted = ssl.create_default_context(cafile=str(self.folder / "ca.pem"))
        give_up = time.monotonic() + within
        with imaplib.IMAP4_SSL("127.0.0.1", self.imap, ssl_context=trusted) as imap:
            imap.login(reader, PASSWORD)
            while True:
                imap.select("INBOX")
                numbers = imap.search(None, "ALL")[1][0].split()
                if len(numbers) >= count or time.monotonic() > give_up:
                    break
                time.sleep(0.1)
            found = [imap.fetch(one.decode(), "(BODY.PEEK[])")[1] for one in numbers]
        assert len(found) == count, (self.folder / "postfix.log").read_text()
        return [bytes(part[0][1]) for part in found if isinstance(part[0], tuple)]


def program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        pytest.skip(f"{name} is not on this machine: apt install postfix dovecot-imapd")
    return found


def free_ports() -> tuple[int, int]:
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as two,
    ):
        return one.getsockname()[1], two.getsockname()[1]


def certificates(folder: Path) -> None:
    """Write an authority, `ca.pem`, and what it says of 127.0.0.1."""
    now = datetime.now(UTC)
    authority, server = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example.net")])
    blank = (
        x509.CertificateBuilder()
        .issuer_name(issuer)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
    )
    ca = (
        blank.subject_name(issuer)
        .public_key(authority.public_key())
        .serial_number(x509.random_serial_number())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(authority, hashes.SHA256())
    )
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    leaf = (
        blank.subject_name(subject)
        .public_key(server.public_key())
        .serial_number(x509.random_serial_number())
        .add_extension(names, critical=False)
        .sign(authority, hashes.SHA256())
    )
    form = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(ca.public_bytes(form))
    (folder / "server.pem").write_bytes(leaf.public_bytes(form))
    (folder / "server.key").write_bytes(_pem(server))


def _pem(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey,
) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def configure(mail: Mail) -> None:
    """Write what both servers read, and folders that their users may enter."""
    nobody = pwd.getpwnam("nobody")
    facts = {
        "folder": mail.folder,
        "port": mail.smtp,
        "imap": mail.imap,
        "password": PASSWORD,
        "uid": nobody.pw_uid,
        "gid": nobody.pw_gid,
        "mailboxes": ", ".join(f"{one}={one.split('@')[0]}/" for one in READERS),
    }
    for name, text in (("main", MAIN), ("master", MASTER)):
        (mail.folder / f"{name}.cf").write_text(text.format(**facts))
    (mail.folder / "dovecot.conf").write_text(DOVECOT.format(**facts))
    mail.folder.chmod(0o755)
    for name, owner in (("queue", "root"), ("data", "postfix"), ("mail", "nobody")):
        (mail.folder / name).mkdir()
        shutil.chown(mail.folder / name, owner)
    certificates(mail.folder)


def wait_for(port: int, logs: Path, within: float = 20) -> None:
    give_up = time.monotonic() + within
    while time.monotonic() < give_up:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    told = "\n".join(log.read_text() for log in logs.glob("*.log"))
    pytest.fail(f"no server on port {port}:\n{told}")


@pytest.fixture(scope="module")
def mail() -> Iterator[Mail]:
    postfix, dovecot = program("postfix"), program("dovecot")
    if os.geteuid() != 0:
        pytest.skip("Postfix and Dovecot are started as root only")
    if "postdrop" not in {one.gr_name for one in grp.getgrall()}:
        pytest.skip("Postfix is not installed whole: it has no group postdrop")
    # Below pytest's own folder no other user may read, and a socket's path is short.
    with tempfile.TemporaryDirectory(prefix="mail-") as folder:
        made = Mail(Path(folder), *free_ports())
        configure(made)
        imap = [dovecot, "-F", "-c", f"{folder}/dovecot.conf"]
        smtp = [postfix, "-c", folder, "start-fg"]
        servers = [subprocess.Popen(one) for one in (imap, smtp)]
        try:
            for port in (made.imap, made.smtp):
                wait_for(port, made.folder)
            yield made
        finally:
            subprocess.run([postfix, "-c", folder, "stop"], check=False)
            for server in servers:
                server.terminate()
                server.wait(20)


@dataclass(frozen=True)
class Keys:
    """What signs, and what DNS would say of it."""

    pem: str
    records: dict[bytes, bytes]

    def dns(self, name: bytes, **_: object) -> bytes:
        return self.records[name]


@pytest.fixture(scope="module")
def keys() -> Keys:
    one = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    two = ed25519.Ed25519PrivateKey.generate()
    told = {
        "rsa": b"k=rsa; p="
        + base64.b64encode(
            one.public_key().public_bytes(
                serialization.Encoding.DER,
                serialization.PublicFormat.SubjectPublicKeyInfo,
            )
        ),
        "ed": b"k=ed25519; p=" + base64.b64encode(two.public_key().public_bytes_raw()),
    }
    records = {
        f"{name}._domainkey.example.org.".encode(): b"v=DKIM1; " + text
        for name, text in told.items()
    }
    return Keys((_pem(one) + _pem(two)).decode(), records)


@pytest.fixture
def smtp(mail: Mail, monkeypatch: pytest.MonkeyPatch) -> Iterator[Smtp]:
    monkeypatch.setenv("SSL_CERT_FILE", str(mail.folder / "ca.pem"))
    made = Smtp("127.0.0.1", mail.smtp, READERS[0], Secret(PASSWORD))
    yield made
    made.close()


# --- a campaign, by the command line -------------------------------------------------


def publisher(folder: Path, *words: str, **environ: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "publisher", *words],
        cwd=folder,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def delivered(
    mail: Mail, keys: Keys, tmp_path_factory: pytest.TempPathFactory
) -> bytes:
    """Return what the second reader got of a campaign that was sent as one sends it."""
    folder = tmp_path_factory.mktemp("sends") / "letters"
    publisher(folder.parent, "init", str(folder))
    campaign = (
        "when: Fri 08:00\ntimezone: Europe/Rome\n"
        "articles: {language: ar, since: always, at_most: 1}\n"
        "email: {template: letter, list: arabic, through: smtp,\n"
        f"  subject: '{SUBJECT}'}}\n"
    )
    (folder / "schedules" / "harbour.yaml").write_text(campaign)
    owners = (folder / "publisher.yaml").read_text()
    one_click = "site:\n  unsubscribe_url: https://example.org/out/{token}\n"
    (folder / "publisher.yaml").write_text(owners.replace("site:\n", one_click, 1))
    (folder / "dkim.pem").write_text(keys.pem)
    publisher(folder, "subscribers", "add", READERS[1], "--list", "arabic")
    publisher(
        folder,
        *("send", "harbour", "--yes"),
        SSL_CERT_FILE=str(mail.folder / "ca.pem"),
        SMTP_HOST="127.0.0.1",
        SMTP_PORT=str(mail.smtp),
        SMTP_USERNAME=READERS[0],
        SMTP_PASSWORD=PASSWORD,
        SMTP_DKIM_DOMAIN="example.org",
        SMTP_DKIM_SELECTOR="rsa ed",
        SMTP_DKIM_KEY_FILE=str(folder / "dkim.pem"),
    )
    return mail.inbox(READERS[1], 1)[0]


def read(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert not [defect for part in message.walk() for defect in part.defects]
    return message


def test_the_headers_arrive_as_they_were_meant(delivered: bytes) -> None:
    message = read(delivered)
    assert message["Subject"] == SUBJECT
    assert message["From"].addresses[0].addr_spec == "letters@example.org"
    assert message["To"].addresses[0].addr_spec == READERS[1]
    assert message["Reply-To"] == "hello@example.org"
    assert message["List-Unsubscribe"].startswith("<https://example.org/out/")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "with ESMTPSA" in message["Received"]


def test_both_texts_arrive(delivered: bytes) -> None:
    message = read(delivered)
    kinds = [part.get_content_type() for part in message.walk()]
    assert kinds == ["multipart/alternative", "text/plain", "text/html"]
    plain, page = (part.get_content() for part in message.iter_parts())
    assert "إلغاء الاشتراك: https://example.org/out/" in plain
    assert 'dir="rtl"' in page
    assert "إلغاء الاشتراك" in page


@pytest.mark.parametrize("index", [0, 1])
def test_each_signature_verifies(delivered: bytes, keys: Keys, index: int) -> None:
    checker = dkim.DKIM(delivered.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    assert checker.verify(index, dnsfunc=keys.dns)
    assert b"list-unsubscribe" in checker.signature_fields[b"h"].lower()


# --- what the campaign does not show -------------------------------------------------


def test_attachments_arrive_byte_for_byte(mail: Mail, smtp: Smtp) -> None:
    paper = bytes(range(256)) * 400 + b"\r\n.\r\n..\n.\r"
    email = sample_email(
        recipient=Mailbox(READERS[0]),
        attachments=(Attachment("Gezeiten ü.pdf", "application/pdf", paper),),
        headers={"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
    )
    assert isinstance(smtp.send(email), Receipt)
    message = read(mail.inbox(READERS[0], 1)[0])
    (one,) = message.iter_attachments()
    assert one.get_filename() == "Gezeiten ü.pdf"
    assert one.get_payload(decode=True) == paper
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_wrong_password_is_refused(smtp: Smtp) -> None:
    wrong = replace(smtp, password=Secret("wr0ng"))
    with pytest.raises(Refused):
        wrong.send(sample_email(recipient=Mailbox(READERS[0])))
    wrong.close()


def test_a_certificate_of_nobody_is_not_believed(
    mail: Mail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    unknown = Smtp("127.0.0.1", mail.smtp, READERS[0], Secret(PASSWORD))
    with pytest.raises((Refused, Unavailable)):
        unknown.send(sample_email(recipient=Mailbox(READERS[0])))
    unknown.close()
