"""Debian's Postfix and Dovecot as one mail system, for the tests of this folder.

Both have their own folder and configuration, and end with the module; Debian wants them
started as root. Ports of loopback only, certificates of an authority made here.
"""

from __future__ import annotations

import imaplib
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

READERS = ("nura@example.net", "ferry@example.net")
RETURNS = "bounces@example.net"
PASSWORD = "s3cret-of-this-test"

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
recipient_delimiter = +
smtpd_reject_unlisted_recipient = no
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
    (folder / "server.key").write_bytes(pem(server))


def pem(
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
        "mailboxes": ", ".join(
            f"{one}={one.split('@')[0]}/" for one in (*READERS, RETURNS)
        ),
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
