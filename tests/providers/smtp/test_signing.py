"""What SMTP_DKIM_* sets: signatures that verify, and settings that are whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from publisher import providers
from publisher.errors import ConfigError
from publisher.models import Email, Receipt, Signs
from publisher.providers import Secret
from publisher.providers.smtp import Smtp


def pem(private: Any) -> str:
    form = PrivateFormat.PKCS8
    made: bytes = private.private_bytes(Encoding.PEM, form, NoEncryption())
    return made.decode()


RSA = pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))
ED = pem(ed25519.Ed25519PrivateKey.generate())


def signing(selector: str, key: str, port: int = 25) -> Smtp:
    return Smtp(
        "127.0.0.1",
        port,
        security="none",
        dkim_domain="example.org",
        dkim_selector=selector,
        dkim_key=Secret(key),
    )


@pytest.mark.parametrize(
    ("selector", "key"), [("a", RSA), ("b", ED), ("rsa ed", f"# both\n{RSA}\n{ED}")]
)
def test_what_arrives_is_signed(
    server: Callable[..., Any],
    emails: Callable[[int], list[Email]],
    selector: str,
    key: str,
) -> None:
    sink = server("PIPELINING")
    smtp = signing(selector, key, sink.port)
    assert isinstance(smtp.send(emails(1)[0]), Receipt)
    smtp.close()
    message = sink.accepted[0][1]
    records = {f"{name}.".encode(): text.encode() for name, text in smtp.dns_records()}
    assert len(records) == len(selector.split())
    for index in range(len(records)):
        checker = dkim.DKIM(message)
        assert checker.verify(index, lambda name, **_: records[name])
        names = checker.signature_fields[b"h"].lower()
        assert b"from" in names


def test_doctor_asks_for_the_records() -> None:
    smtp = signing("rsa ed", f"{RSA}{ED}")
    assert isinstance(smtp, Signs)
    (first, rsa_text), (second, ed_text) = smtp.dns_records()
    assert (first, second) == (
        "rsa._domainkey.example.org",
        "ed._domainkey.example.org",
    )
    assert rsa_text.startswith("v=DKIM1; k=rsa; p=MII")
    assert ed_text.startswith("v=DKIM1; k=ed25519; p=")
    assert Smtp("mx.example.org").dns_records() == []


def test_the_key_may_stand_in_a_file(tmp_path: Any) -> None:
    file = tmp_path / "dkim.pem"
    file.write_text(RSA)
    environ = {
        "SMTP_HOST": "mx.example.org",
        "SMTP_DKIM_DOMAIN": "example.org",
        "SMTP_DKIM_SELECTOR": "letters",
        "SMTP_DKIM_KEY_FILE": str(file),
    }
    smtp = providers.from_environ(Smtp, "smtp", "", environ)
    assert smtp.dns_records()[0][0] == "letters._domainkey.example.org"
    assert "PRIVATE" not in repr(smtp)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (
            {"dkim_domain": "example.org"},
            "SMTP_DKIM_SELECTOR and SMTP_DKIM_KEY as well",
        ),
        ({"dkim_selector": "a", "dkim_key": RSA}, "needs SMTP_DKIM_DOMAIN as well"),
        (
            {"dkim_domain": "example.org", "dkim_selector": "a b", "dkim_key": RSA},
            "has 2 names, and SMTP_DKIM_KEY 1 keys",
        ),
        (
            {
                "dkim_domain": "example.org",
                "dkim_selector": "a",
                "dkim_key": "-----BEGIN PRIVATE KEY-----\nAAAA\n"
                "-----END PRIVATE KEY-----",
            },
            r"SMTP_DKIM_\*: DKIM: this is no private key",
        ),
        (
            {"dkim_domain": "no domain", "dkim_selector": "a", "dkim_key": RSA},
            "is not a domain",
        ),
    ],
)
def test_half_a_setting_is_refused(given: dict[str, str], says: str) -> None:
    words: dict[str, Any] = {**given, "dkim_key": Secret(given.get("dkim_key", ""))}
    with pytest.raises(ConfigError, match=says) as caught:
        Smtp("mx.example.org", **words)
    assert "AAAA" not in str(caught.value)
