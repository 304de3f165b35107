"""An email to nobody comes back over IMAP, and its reader is suppressed."""

from __future__ import annotations

import imaplib
import json
import ssl
from pathlib import Path
from typing import Any

import pytest

from tests.servers.mailsystem import PASSWORD, READERS, RETURNS, Mail, publisher

pytestmark = pytest.mark.servers

GONE = "gone@example.net"
CAMPAIGN = """\
when: Fri 08:00
timezone: Europe/Rome
articles: {language: en, since: always, at_most: 1}
email: {template: letter, list: weekly, through: smtp}
"""


def settings(mail: Mail) -> dict[str, str]:
    return {
        "SSL_CERT_FILE": str(mail.folder / "ca.pem"),
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(mail.smtp),
        "SMTP_USERNAME": READERS[0],
        "SMTP_PASSWORD": PASSWORD,
        "SMTP_SENDER": RETURNS.replace("@", "+{key}@"),
        "BOUNCES_IMAP_HOST": "127.0.0.1",
        "BOUNCES_IMAP_PORT": str(mail.imap),
        "BOUNCES_IMAP_USER": RETURNS,
        "BOUNCES_IMAP_PASSWORD": PASSWORD,
    }


def folder_of(mail: Mail, folder: str) -> list[bytes]:
    """Return the flags of each letter in a folder of the bounce mailbox."""
    trusted = ssl.create_default_context(cafile=str(mail.folder / "ca.pem"))
    with imaplib.IMAP4_SSL("127.0.0.1", mail.imap, ssl_context=trusted) as imap:
        imap.login(RETURNS, PASSWORD)
        imap.select(folder, readonly=True)
        numbers = imap.search(None, "ALL")[1][0].split()
        found = [imap.fetch(one.decode(), "FLAGS")[1][0] for one in numbers]
    return [one for one in found if isinstance(one, bytes)]


@pytest.fixture(scope="module")
def letters(mail: Mail, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that has sent one campaign, to a reader and to nobody."""
    folder = tmp_path_factory.mktemp("sends") / "letters"
    publisher(folder.parent, "init", str(folder))
    (folder / "schedules" / "harbour.yaml").write_text(CAMPAIGN)
    for one in (READERS[1], GONE):
        publisher(folder, "subscribers", "add", one, "--list", "weekly")
    publisher(folder, "send", "harbour", "--yes", **settings(mail))
    return folder


def fetched(folder: Path, mail: Mail, *flags: str) -> dict[str, Any]:
    told = publisher(folder, "bounces", "fetch", "--json", *flags, **settings(mail))
    found: dict[str, Any] = json.loads(told)
    return found


def test_an_email_to_nobody_suppresses_its_reader(letters: Path, mail: Mail) -> None:
    (returned,) = mail.inbox(RETURNS, 1)
    assert b"unknown user" in returned
    looked = fetched(letters, mail, "--dry-run")
    assert looked["counts"] == {"hard": 1}
    assert len(folder_of(mail, "INBOX")) == 1

    assert fetched(letters, mail) == {
        "read": 1,
        "counts": {"hard": 1},
        "others": 0,
        "suppressed": 1,
        "strangers": 0,
        "stays": False,
    }
    people = json.loads(publisher(letters, "subscribers", "list", "--json"))
    assert {one["address"]: one["is_suppressed"] for one in people} == {
        READERS[1]: False,
        GONE: True,
    }
    assert folder_of(mail, "INBOX") == []
    (moved,) = folder_of(mail, "processed")
    assert rb"\Seen" in moved
    assert fetched(letters, mail)["read"] == 0

    # And nothing more goes there.
    publisher(letters, "send", "harbour", "--again", "--yes", **settings(mail))
    assert len(mail.inbox(READERS[1], 2)) == 2
    assert fetched(letters, mail)["read"] == 0
