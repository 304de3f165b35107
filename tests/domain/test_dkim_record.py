"""DKIM keys in DNS: there, readable, large enough, not revoked, and ours."""

from __future__ import annotations

from base64 import b64encode
from contextlib import suppress
from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain import Key, dkim
from publisher.domain.model import Wrong
from tests.domain.conftest import Asking
from tests.domain.sending import facts


@cache
def rsa_key(bits: int, form: PublicFormat = PublicFormat.SubjectPublicKeyInfo) -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    return b64encode(key.public_key().public_bytes(Encoding.DER, form)).decode()


@cache
def small_key() -> str:
    """768 bits, which no program makes any more; no primes are needed to be read."""
    key = rsa.RSAPublicNumbers(65537, (1 << 767) + 1).public_key()
    form = PublicFormat.SubjectPublicKeyInfo
    return b64encode(key.public_bytes(Encoding.DER, form)).decode()


@cache
def ed_key() -> str:
    key = ed25519.Ed25519PrivateKey.generate().public_key()
    return b64encode(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


@cache
def curve_key() -> str:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    form = PublicFormat.SubjectPublicKeyInfo
    return b64encode(key.public_bytes(Encoding.DER, form)).decode()


def zone(text: str) -> str:
    """Write a TXT record in parts, as one of 2048 bits has to be."""
    parts = [text[at : at + 200] for at in range(0, len(text), 200)] or [""]
    said = " ".join(f'"{part}"' for part in parts)
    return f"letters._domainkey.example.org. TXT {said}"


def found(asking: Asking, text: str, record: str = "") -> list[tuple[str, str]]:
    known = facts(keys=(Key("letters", "example.org", record),))
    made = dkim.look(known, asking(zone(text)))
    return [(one.level, f"{one}") for one in made]


def test_a_good_key_is_found(asking: Asking) -> None:
    ((level, said),) = found(asking, f"v=DKIM1; k=rsa; p={rsa_key(2048)}")
    assert level == "ok"
    assert said == "DKIM: letters._domainkey.example.org: RSA, 2048 bits"


def test_a_key_without_version_and_in_the_older_form_is_one_too(asking: Asking) -> None:
    ((level, _),) = found(asking, f"p={rsa_key(2048, PublicFormat.PKCS1)}")
    assert level == "ok"


def test_an_ed25519_key_is_long_enough(asking: Asking) -> None:
    ((level, said),) = found(asking, f"v=DKIM1;k=ed25519;p={ed_key()}")
    assert (level, said.endswith("Ed25519")) == ("ok", True)


def test_the_key_that_signs_is_recognised(asking: Asking) -> None:
    text = f"v=DKIM1; k=rsa; p={rsa_key(2048)}"
    ((level, said),) = found(asking, text, text)
    assert level == "ok"
    assert said.endswith("the one that signs")
    other = f"v=DKIM1; k=ed25519; p={ed_key()}"
    ((level, said),) = found(asking, text, other)
    assert level == "error"
    assert "another key stands at letters._domainkey.example.org" in said
    assert said.endswith(f'Try: add TXT letters._domainkey.example.org "{other}"')


WRONG = {
    "v=DKIM1; p=": "is revoked",
    "v=DKIM1; k=rsa": "has no key",
    "v=DKIM1; p=!!!": "is not base64",
    "v=DKIM1; p=AAAA": "is no RSA key",
    "v=DKIM1; k=ed25519; p=AAAA": "is no Ed25519 key",
    "v=DKIM1; k=dsa; p=AAAA": "no kind of key",
    "v=DKIM1; h=sha1; p=AAAA": "SHA-256",
    "v=DKIM1; s=tlsrpt; p=AAAA": "not for email",
    "v=DKIM1; p=AAAA; p=AAAA": "stands twice",
    "p=AAAA; v=DKIM1": "must begin with v=DKIM1",
    "v=DKIM1; nonsense; p=AAAA": "is no tag",
    "hello": "no key stands at",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_cannot_be_used_says_why(text: str, asking: Asking) -> None:
    ((level, said),) = found(asking, text.replace(";", "\\;"))
    assert level == "error"
    assert WRONG[text] in said


def test_a_key_of_another_kind_is_refused(asking: Asking) -> None:
    ((level, said),) = found(asking, f"v=DKIM1; p={curve_key()}")
    assert (level, "is no RSA key" in said) == ("error", True)


def test_short_keys_are_said_to_be_short(asking: Asking) -> None:
    ((level, said),) = found(asking, f"v=DKIM1; p={small_key()}")
    assert (level, "has 768 bits" in said) == ("error", True)
    ((level, said),) = found(asking, f"v=DKIM1; p={rsa_key(1024)}")
    assert (level, "2048 are usual" in said) == ("warning", True)


def test_a_key_for_testing_may_not_count(asking: Asking) -> None:
    levels = [level for level, _ in found(asking, f"v=DKIM1; t=y:s; p={rsa_key(2048)}")]
    assert levels == ["ok", "warning"]


def test_two_keys_under_one_name_are_one_too_many(asking: Asking) -> None:
    known = facts(keys=(Key("letters", "example.org"),))
    lines = [zone(f"v=DKIM1; p={key}") for key in (rsa_key(2048), rsa_key(1024))]
    (only,) = dkim.look(known, asking("\n".join(lines)))
    assert (only.level, only.message[:6]) == ("error", "2 keys")


def test_a_key_behind_an_alias_is_found(asking: Asking) -> None:
    known = facts(keys=(Key("s1", "example.org"),))
    lines = "s1._domainkey.example.org. CNAME letters._domainkey.example.org.\n"
    (only,) = dkim.look(known, asking(lines + zone(f"p={rsa_key(2048)}")))
    assert only.level == "ok"


def test_where_no_selector_is_known_the_owner_is_asked(asking: Asking) -> None:
    (only,) = dkim.look(facts(), asking(""))
    assert only.level == "skipped"
    assert "--selector" in only.hint


PIECES = st.sampled_from(
    [
        "v=DKIM1",
        ";",
        "p=",
        "k=rsa",
        "k=ed25519",
        "=",
        " ",
        "h=sha256",
        "t=y",
        "s=*",
        "AAAA",
    ]
) | st.text(max_size=6)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_no_record_can_break_the_reader(text: str) -> None:
    with suppress(Wrong):
        assert dkim.parse(text).kind in dkim.KINDS


@given(st.binary(max_size=80))
def test_no_key_can_break_the_reader(raw: bytes) -> None:
    for kind in dkim.KINDS:
        text = f"v=DKIM1; k={kind}; p={b64encode(raw).decode()}"
        with suppress(Wrong):
            assert (dkim.parse(text).bits == 0) == (not raw)
