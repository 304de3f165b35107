"""DKIM: what we sign, dkimpy believes; and a key that can sign nothing is refused."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import dkim
import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from dkim.canonicalization import Relaxed
from hypothesis import example, given, settings
from hypothesis import strategies as st

from publisher import merge
from publisher.errors import ConfigError
from publisher.mime import Signer, encode
from publisher.models import (
    Attachment,
    Email,
    EmailDraft,
    Issue,
    Mailbox,
    Site,
    Slot,
    Subscriber,
)
from publisher.testing import sample_email

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SITE = Site(
    name="The Lantern",
    sender=Mailbox("letters@example.org", "The  Lantern, Zoë"),
    reply_to="hello@example.org",
)
ISSUE = Issue(id="w/7", campaign="w", number=7, articles=("a",), planned_at=NOW)
PRIVATE: dict[str, Any] = {
    "rsa": rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "ed": ed25519.Ed25519PrivateKey.generate(),
}
ARABIC = "رسالة من المنارة إلى القرّاء، عن المدّ والضوء. "
ALL = (
    "from:from:to:subject:subject:date:message-id:mime-version:content-type:reply-to:"
    "list-id:list-unsubscribe:list-unsubscribe-post"
)


def pem_of(private: Any, form: PrivateFormat = PrivateFormat.PKCS8) -> str:
    made: bytes = private.private_bytes(Encoding.PEM, form, NoEncryption())
    return made.decode()


@cache
def signer(which: str = "rsa", **changes: Any) -> Signer:
    values = {"domain": "example.org", "selector": which, "key": pem_of(PRIVATE[which])}
    return Signer(**{**values, **changes})


def email(
    html: Sequence[str | Slot] = ("<p>Salt</p>",),
    text: Sequence[str | Slot] = ("Salt",),
    *,
    name: str = "Ana",
    note: str = "",
    way_out: str = "https://example.org/out/x",
) -> Email:
    subject = ("For ", Slot("subscriber.name", "header", "you"), ": salt  and light")
    draft = EmailDraft(
        template="x", subject=subject, html=tuple(html), text=tuple(text)
    )
    mailing = merge.mailing(draft, site=SITE, issue=ISSUE, list_name="weekly")
    reader = Subscriber(address="ana@example.org", name=name, attributes={"note": note})
    return merge.email(
        mailing, key="w/7/x", reader=reader, links={"unsubscribe_url": way_out}
    )


def believed(message: bytes, *signers: Signer, index: int = 0) -> bool:
    """Say whether dkimpy verifies the signature, with the signers' records as DNS."""
    records = {f"{one.name}.".encode(): one.record.encode() for one in signers}
    checker = dkim.DKIM(message)
    try:
        return bool(checker.verify(index, lambda name, **_: records.get(name, b"")))
    except dkim.ValidationError:
        return False


def dns(*texts: str) -> Callable[[str], Sequence[str]]:
    return {"rsa._domainkey.example.org": texts}.__getitem__


# --- signatures that verify ----------------------------------------------------------

# What canonicalisation changes and encoders break: blanks, line ends, dots, foreign
# letters.
LETTERS = st.sampled_from(
    [*"aé€😀ع=.<& \t\n", "  ", " \t ", " \n", "\n\n\n", "\r\n", "x" * 90, "\n."]
)
TEXT = st.lists(LETTERS, max_size=30).map("".join)
NOTE = Slot("subscriber.note", "html")
PARTS = st.lists(TEXT | st.just(NOTE), max_size=6)


@settings(deadline=None)
@given(html=PARTS, text=PARTS, name=TEXT, note=TEXT)
@example(html=["a  b ", NOTE, "  \n\n"], text=[" \t ", NOTE], name="é  è", note="  ")
@example(html=[ARABIC, NOTE, ARABIC], text=[ARABIC], name="Ana", note=ARABIC)
def test_two_signatures_verify_whatever_is_written(
    html: list[str | Slot], text: list[str | Slot], name: str, note: str
) -> None:
    one = email(html, text, name=name, note=note)
    both = signer("rsa"), signer("ed")
    message = encode(one, signers=both)
    assert believed(message, *both, index=0)
    assert believed(message, *both, index=1)
    assert message.endswith(encode(one))


@settings(deadline=None)
@given(html=PARTS, text=PARTS, note=TEXT)
@example(html=["\t", NOTE], text=["a \t\n b  "], note="\t")
def test_every_body_is_its_own_relaxed_form(
    html: list[str | Slot], text: list[str | Slot], note: str
) -> None:
    body = encode(email(html, text, note=note)).partition(b"\r\n\r\n")[2]
    assert Relaxed.canonicalize_body(body) == body


@pytest.mark.parametrize("which", ["rsa", "ed"])
def test_what_no_slot_comes_before_is_hashed_once_and_right(which: str) -> None:
    own: list[str | Slot] = ["Salt", NOTE]
    # Three times: whole triples of bytes, so that nothing waits for the gap.
    arabic: list[str | Slot] = [ARABIC * 3, NOTE]
    cases = ((own, own[:1]), (own[:1], own), (own[:1], arabic), (arabic, arabic[:1]))
    for html, text in cases:
        for note in ("", "Zoë", "  =\n."):
            made = encode(email(html, text, note=note), signers=[signer(which)])
            assert believed(made, signer(which))


def test_everything_that_matters_is_signed_and_nothing_twice() -> None:
    long = f"https://example.org/out/{'abc-_' * 150}"
    made = encode(email(way_out=long), signers=[signer()])
    head = made.decode().partition("\r\nFrom:")[0]
    assert all(len(line) <= 76 for line in head.split("\r\n"))
    tags = dkim.util.parse_tag_value("".join(head.split()).partition(":")[2].encode())
    assert tags.pop(b"b")
    assert tags.pop(b"bh")
    assert tags == {
        b"v": b"1",
        b"a": b"rsa-sha256",
        b"c": b"relaxed/relaxed",
        b"d": b"example.org",
        b"s": b"rsa",
        b"h": ALL.encode(),
    }
    assert believed(made, signer())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"/out/x>", b"/out/y>"),
        (b"One-Click", b"Two-Click"),
        (b"<p>Salt", b"<p>Sand"),
        (b"Subject: ", b"Subject: x\r\nSubject: "),
        (b"From: ", b"From: eve@example.org\r\nFrom: "),
        (b"Reply-To: hello", b"Reply-To: eve"),
        (b"To: Ana", b"To: Eve"),
        (b"--\r\n", b"--\r\nMore"),
    ],
)
def test_a_change_on_the_way_is_seen(old: bytes, new: bytes) -> None:
    made = encode(email(), signers=[signer()])
    assert old in made
    assert not believed(made.replace(old, new), signer())


def test_blanks_that_a_relay_adds_are_forgiven() -> None:
    made = encode(email(), signers=[signer()])
    loose = made.replace(b"To: Ana", b"to:   Ana").replace(b"<p>Salt", b"<p>Salt \t")
    assert believed(made.replace(b"To: Ana", b"to:   Ana") + b"\r\n\r\n", signer())
    assert not believed(loose.replace(b"Salt \t", b"Sa lt"), signer())


def test_a_header_that_is_there_twice_is_signed_twice() -> None:
    one = sample_email(reply_to="a@example.org", headers={"reply-to": "b@example.org"})
    made = encode(one, signers=[signer()])
    assert b":reply-to:reply-to;" in made.replace(b"\r\n ", b"")
    assert believed(made, signer())


def test_attachments_are_signed_with_the_rest() -> None:
    files = (
        Attachment("caffè  1.pdf", "application/pdf", b"%PDF" * 99),
        Attachment("logo.png", "image/png", b"PNG", "logo@example.org"),
    )
    made = encode(sample_email(attachments=files), signers=[signer()])
    assert believed(made, signer())
    assert not believed(made.replace(b"JVBERi", b"JVBERI"), signer())


def test_the_same_email_has_the_same_signatures() -> None:
    both = signer("rsa"), signer("ed")
    assert encode(email(), signers=both) == encode(email(), signers=both)


def test_a_signature_expires_by_the_date_of_the_email() -> None:
    short = signer(lifetime=timedelta(days=14))
    made = encode(email(), signers=[short])
    stamp = int(NOW.timestamp())
    assert f" t={stamp}; x={stamp + 14 * 86400};".encode() in made
    for days, is_believed in ((13, True), (15, False)):
        with time_machine.travel(NOW + timedelta(days=days), tick=False):
            assert believed(made, short) is is_believed
    undated = encode(sample_email(), signers=[short])
    assert b" x=" not in undated.partition(b"From:")[0]


# --- keys ----------------------------------------------------------------------------


def test_a_key_may_be_a_path_or_a_text_with_written_line_ends(tmp_path: Path) -> None:
    pem = pem_of(PRIVATE["rsa"], PrivateFormat.TraditionalOpenSSL)
    (tmp_path / "dkim.pem").write_text(pem)
    for key in (pem, str(tmp_path / "dkim.pem"), pem.strip().replace("\n", "\\n")):
        assert signer(key=key).record == signer().record


def test_a_signer_shows_no_key() -> None:
    assert "PRIVATE" not in repr(signer())


def test_a_domain_of_any_script_signs_in_ascii() -> None:
    abroad = signer(domain="Bücher.example")
    assert abroad.name == "rsa._domainkey.xn--bcher-kva.example"
    assert believed(encode(email(), signers=[abroad]), abroad)


def encrypted() -> str:
    closed = BestAvailableEncryption(b"x")
    made = PRIVATE["ed"].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, closed)
    return str(made.decode())


def public() -> str:
    form = Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    return str(PRIVATE["ed"].public_key().public_bytes(*form).decode())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"key": ""}, "the key is empty"),
        ({"key": "/nowhere/dkim.pem"}, "file cannot be read"),
        ({"key": "MC4CAQAwBQYDK2VwBCIEIA/secret"}, "file cannot be read"),
        ({"key": "/"}, "cannot be read"),
        ({"key": "a\x00b"}, "cannot be read"),
        ({"key": "-----BEGIN PRIVATE KEY-----\nx"}, "no private key in PEM"),
        ({"key": encrypted()}, "encrypted with a password"),
        ({"key": public()}, "this is a public key"),
        ({"key": pem_of(ec.generate_private_key(ec.SECP256R1()))}, "RSA or Ed25519"),
        ({"domain": "a b"}, "'a b' is not a domain"),
        ({"domain": ""}, "'' is not a domain"),
        ({"selector": "a; d=b"}, "cannot be a selector"),
    ],
)
def test_a_key_that_can_sign_nothing_is_refused_with_a_way_out(
    changes: dict[str, str], said: str
) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        signer(**changes)
    assert caught.value.hint.startswith("Try: ")
    assert "-----" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_small_rsa_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    # OpenSSL itself makes none that is smaller than 1024 bits any more.
    monkeypatch.setattr("publisher.mime.dkim.SMALLEST", 3072)
    with pytest.raises(ConfigError, match="2048 bits is too small"):
        Signer("example.org", "small", pem_of(PRIVATE["rsa"]))


# --- what stands in DNS --------------------------------------------------------------


def test_the_record_that_we_propose_is_the_one_that_fits() -> None:
    record = signer().record
    signer().check(dns(record))
    signer().check(dns("v=spf1 -all", f" {record.replace('p=', 'p= ')} ; t=s; s=email"))


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ([], "no key stands"),
        (["v=spf1 -all"], "no key stands"),
        (["v=DKIM1; p="], "revoked"),
        (["v=DKIM1; p=AAAA"], "another key"),
        ([signer("ed").record], "another key"),
        ([signer().record + "; h=sha1"], "SHA-256"),
        ([signer().record + "; s=tlsrpt"], "not for email"),
    ],
)
def test_a_key_that_dns_does_not_know_is_told_with_the_record(
    texts: list[str], said: str
) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        signer().check(dns(*texts))
    assert signer().record in caught.value.hint
    assert "rsa._domainkey.example.org" in caught.value.message


def test_cryptography_is_loaded_for_those_who_sign() -> None:
    code = (
        "import sys\n"
        "from publisher.mime import encode\n"
        "from publisher.testing import sample_email\n"
        "encode(sample_email())\n"
        "print('cryptography' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
