"""A campaign through Debian's Postfix into Dovecot, and read back over IMAP."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from email.message import EmailMessage

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from publisher.errors import Refused, Unavailable
from publisher.models import Attachment, Mailbox, Receipt
from publisher.providers import Secret
from publisher.providers.smtp import Smtp
from publisher.testing import sample_email
from tests.servers.mailsystem import PASSWORD, READERS, Mail, pem, publisher

pytestmark = pytest.mark.servers

SUBJECT = "رسالة المنارة 🗼 the harbour, in a line that is too long for one header"


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
    return Keys((pem(one) + pem(two)).decode(), records)


@pytest.fixture
def smtp(mail: Mail, monkeypatch: pytest.MonkeyPatch) -> Iterator[Smtp]:
    monkeypatch.setenv("SSL_CERT_FILE", str(mail.folder / "ca.pem"))
    made = Smtp("127.0.0.1", mail.smtp, READERS[0], Secret(PASSWORD))
    yield made
    made.close()


# --- a campaign, by the command line -------------------------------------------------


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
