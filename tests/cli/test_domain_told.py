"""`publisher doctor --domain`: from the settings to the lines, over a real resolver."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from publisher import files
from publisher.models import Signs
from publisher.project import Project
from tests.cli.conftest import Run
from tests.conftest import Letters
from tests.domain.zones import Zone, serving

ZONE = """\
example.org. TXT "v=spf1 mx -all"
example.org. MX 10 mx.example.org.
mx.example.org. A 127.0.0.1
_dmarc.example.org. TXT "v=DMARC1; p=reject; rua=mailto:dmarc@example.org"
letters._domainkey.example.org. TXT "{}"
"""


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Zone]:
    made = Zone(ZONE.format("v=DKIM1; p="))
    with serving(made) as place:
        monkeypatch.setenv("PUBLISHER_RESOLVER", place)
        yield made


def sign(letters: Letters) -> str:
    """Have emails signed over SMTP, and return what DNS has to say of the key."""
    key = ed25519.Ed25519PrivateKey.generate()
    pem = letters.root / "dkim.pem"
    form = PrivateFormat.PKCS8, NoEncryption()
    pem.write_bytes(key.private_bytes(Encoding.PEM, *form))
    settings = f"""\
SMTP_HOST=127.0.0.1
SMTP_PORT=9
SMTP_SECURITY=none
SMTP_SENDER=bounces+{{key}}@example.org
SMTP_DKIM_DOMAIN=example.org
SMTP_DKIM_SELECTOR=letters
SMTP_DKIM_KEY_FILE={pem}
"""
    files.write(letters.root / ".env", settings.encode())
    with Project(letters.root) as project:
        provider = project.channel("smtp").provider
        assert isinstance(provider, Signs)
        ((_, record),) = provider.dns_records()
    return record


def levels(printed: str) -> dict[str, str]:
    found: list[dict[str, Any]] = json.loads(printed)
    assert all(set(one) == {"level", "subject", "message", "hint"} for one in found)
    return {one["subject"]: one["level"] for one in found}


def test_a_domain_that_is_as_it_should_be(
    run: Run, letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    zone = Zone(ZONE.format(sign(letters).replace(";", "\\;")))
    with serving(zone) as place:
        monkeypatch.setenv("PUBLISHER_RESOLVER", place)
        assert levels(run("doctor", "--domain", "Example.org.", "--json")) == {
            "SPF": "ok",
            "DKIM": "ok",
            "DMARC": "ok",
            "Alignment": "ok",
            "MX": "ok",
            "PTR": "skipped",
            "TLS": "skipped",
            "List-Unsubscribe": "warning",
            "Clock": "skipped",
        }


def test_what_is_wrong_is_one_line_and_ends_with_1(
    run: Run, letters: Letters, zone: Zone
) -> None:
    record = sign(letters)
    said = run("doctor", "--domain", "example.org", code=1)
    assert (
        "error   DKIM: the key at letters._domainkey.example.org is revoked (p= is "
        f'empty). Try: add TXT letters._domainkey.example.org "{record}"\n'
    ) in said
    assert "ok      SPF: example.org: 1 of 10 look-ups\n" in said


def test_outside_of_a_folder_dns_is_looked_at(
    tmp_path: Path, run_in: Callable[[Path], Run], zone: Zone
) -> None:
    found = levels(run_in(tmp_path)("doctor", "--domain", "example.org", "--json"))
    assert found["SPF"] == found["DMARC"] == found["MX"] == "ok"
    assert found["DKIM"] == found["List-Unsubscribe"] == "skipped"


@pytest.mark.parametrize("name", ["letters", "letters._domainkey.example.org"])
def test_a_selector_is_looked_for(
    name: str, run: Run, letters: Letters, zone: Zone
) -> None:
    said = run("doctor", "--domain", "example.org", "--selector", name, code=1)
    assert "DKIM: the key at letters._domainkey.example.org is revoked" in said


def test_a_zone_that_breaks_leaves_the_rest_to_be_told(
    run: Run, letters: Letters, zone: Zone
) -> None:
    zone.broken = {"example.org"}
    said = run("doctor", "--domain", "example.org", code=1)
    assert "error   SPF: DNS fails for example.org. Try: again later" in said
    assert "ok      DMARC: _dmarc.example.org: reject\n" in said


def test_who_writes_as_another_is_told(run: Run, zone: Zone, letters: Letters) -> None:
    text = (letters.root / "publisher.yaml").read_text()
    letters.write(
        "publisher.yaml", text.replace("letters@example.org", "a@example.net")
    )
    said = run("doctor", "--domain", "example.org")
    assert "warning From: letters come from a@example.net, not from example.org" in said


def test_a_channel_that_cannot_be_opened_is_told(
    run: Run, zone: Zone, letters: Letters
) -> None:
    letters.write(".env", "SMTP_HOST=mx.example.org\nSMTP_PORT=many\n")
    said = run("doctor", "--domain", "example.org", code=1)
    assert "error   Channels: " in said
    assert "SMTP_PORT" in said


@pytest.mark.parametrize(
    "name", ["", "localhost", "a b.org", "exa\nmple.org", "x" * 300]
)
def test_what_is_no_domain_is_refused(name: str, run: Run) -> None:
    run("doctor", "--domain", name, code=1)
    assert "is not a domain. Try: example.org" in run.err


def test_a_selector_alone_is_refused(run: Run) -> None:
    run("doctor", "--selector", "letters", code=2)
    assert "--domain" in run.err


def test_a_wrong_resolver_is_said(run: Run, letters: Letters) -> None:
    letters.write(".env", "PUBLISHER_RESOLVER=here\n")
    run("doctor", "--domain", "example.org", code=1)
    assert ".env: PUBLISHER_RESOLVER must be the IP address" in run.err
