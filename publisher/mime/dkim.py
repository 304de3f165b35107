"""DKIM: a message signed in the name of its sender's domain.

https://www.rfc-editor.org/rfc/rfc6376 (relaxed/relaxed), /rfc8463 (Ed25519)

Who receives the message finds the public key in the domain's DNS, below
`selector._domainkey`, and sees that nobody changed what was signed.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from publisher.errors import ConfigError
from publisher.mime.headers import ascii_domain

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    PrivateKey: TypeAlias = RSAPrivateKey | Ed25519PrivateKey

SIGNED = (
    "from to subject date message-id mime-version content-type reply-to "
    "list-id list-unsubscribe list-unsubscribe-post"
).split()
# Named once more than they are there, so that nobody adds a second one unseen.
OVERSIGNED = {"from", "subject"}
SMALLEST = 1024  # bits; RFC 8301 lets verifiers refuse what is smaller
PEM = "-----BEGIN "
WIDTH = 75  # characters of a line, without the blank that it begins with
_BLANKS = re.compile(r"[ \t]+")
_SELECTOR = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")
_MAKE = "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out dkim.pem"


@dataclass(frozen=True)
class Signer:
    """A domain's private key, and under which name its public half is in DNS.

    `key` is a PEM text, or the path of a file that holds one. Signatures expire
    `lifetime` after the email's own date, where it has one.
    """

    domain: str
    selector: str
    key: str = field(repr=False)
    lifetime: timedelta | None = None

    def __post_init__(self) -> None:
        """Refuse at once what could sign nothing."""
        try:
            object.__setattr__(self, "domain", ascii_domain(self.domain).lower())
        except ValueError:
            raise ConfigError(
                f"DKIM: {self.domain!r} is not a domain", hint="Try: example.org"
            ) from None
        if not _SELECTOR.fullmatch(self.selector):
            raise ConfigError(
                f"DKIM: {self.selector!r} cannot be a selector",
                hint="Try: letters, digits and hyphens, as in letters2026",
            )
        _ = self._private

    @property
    def name(self) -> str:
        """Where in DNS the public key stands."""
        return f"{self.selector}._domainkey.{self.domain}"

    @cached_property
    def kind(self) -> Literal["rsa", "ed25519"]:
        """The kind of the key, as DNS and signatures name it."""
        return "rsa" if _is_rsa(self._private) else "ed25519"

    @cached_property
    def record(self) -> str:
        """What the TXT record in DNS has to say."""
        return f"v=DKIM1; k={self.kind}; p={_public(self._private)}"

    def check(self, lookup: Callable[[str], Iterable[str]]) -> None:
        """Compare with DNS: `lookup` returns the TXT records of a name."""
        hint = f"Try: put this TXT record there: {self.record}"
        records = [_tags(text) for text in lookup(self.name)]
        keys = [tags for tags in records if "p" in tags]
        if not keys:
            raise ConfigError(f"DKIM: no key stands at {self.name}", hint=hint)
        for tags in keys:
            why = self._mismatch(tags)
            if not why:
                return
        raise ConfigError(f"DKIM: {why} at {self.name}", hint=hint)

    def _mismatch(self, tags: dict[str, str]) -> str:
        if not tags["p"]:
            return "the key is revoked"
        if tags.get("k", "rsa") != self.kind or tags["p"] != _public(self._private):
            return "another key stands"
        if "h" in tags and "sha256" not in tags["h"].split(":"):
            return "SHA-256 is not allowed"
        if not {"*", "email"} & set(tags.get("s", "*").split(":")):
            return "the key is not for email"
        return ""

    @cached_property
    def _private(self) -> PrivateKey:
        return _loaded(_read(self.key))

    @cached_property
    def _sign(self) -> Callable[[bytes], bytes]:
        """Return what makes a signature of a SHA-256."""
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
        from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
        from cryptography.hazmat.primitives.hashes import SHA256

        private, padding, algorithm = self._private, PKCS1v15(), Prehashed(SHA256())
        if isinstance(private, RSAPrivateKey):
            return lambda digest: private.sign(digest, padding, algorithm)
        return private.sign

    def header(
        self, names: Sequence[str], covered: str, body_hash: str, date: datetime | None
    ) -> str:
        """Return the header of one signature; `names` are those of `covered`."""
        lines = [
            f"v=1; a={self.kind}-sha256; c=relaxed/relaxed;",
            f"d={self.domain}; s={self.selector};",
            *_times(date, self.lifetime),
            *_wrapped(f"h={':'.join(names)};"),
            f"bh={body_hash};",
            "b=",
        ]
        digest = sha256(f"{covered}dkim-signature:{' '.join(lines)}".encode()).digest()
        signature = "b=" + b64encode(self._sign(digest)).decode()
        cut = [signature[at : at + WIDTH] for at in range(0, len(signature), WIDTH)]
        return "DKIM-Signature: " + "\r\n ".join([*lines[:-1], *cut]) + "\r\n"


def signatures(
    signers: Iterable[Signer], head: str, body_sha256: bytes, *, date: datetime | None
) -> str:
    """Return the headers to stand before the head: one of each signer."""
    names, covered = covered_by(head)
    body_hash = b64encode(body_sha256).decode()
    return "".join([one.header(names, covered, body_hash, date) for one in signers])


def covered_by(head: str) -> tuple[list[str], str]:
    """Return the names of the headers that are signed, and those headers relaxed."""
    found: dict[str, list[str]] = {}
    for line in head.replace("\r\n ", " ").split("\r\n"):
        name, _, value = line.partition(":")
        found.setdefault(name.lower(), []).append(_BLANKS.sub(" ", value).strip(" "))
    names, lines = [], []
    for name in SIGNED:
        values = found.get(name, [])
        names += [name] * (len(values) + (name in OVERSIGNED))
        # Where a header is there twice, the lower one is taken first.
        lines += [f"{name}:{value}\r\n" for value in reversed(values)]
    return names, "".join(lines)


def _times(date: datetime | None, lifetime: timedelta | None) -> Iterator[str]:
    # Never the clock: the same email is the same bytes.
    if date and lifetime:
        began, ends = date.timestamp(), (date + lifetime).timestamp()
        yield f"t={began:.0f}; x={ends:.0f};"


def _wrapped(names: str) -> Iterator[str]:
    """Break a list of names after colons, into lines of a sensible length."""
    line = ""
    for name in names.split(":"):
        if line and len(line) + len(name) >= WIDTH:
            yield line
            line = ""
        line += name if name.endswith(";") else f"{name}:"
    yield line


def _tags(record: str) -> dict[str, str]:
    pairs = (tag.partition("=") for tag in record.split(";"))
    return {name.strip(): "".join(value.split()) for name, _, value in pairs if name}


# --- keys ----------------------------------------------------------------------------


def _read(key: str) -> str:
    r"""Return the PEM text; in `.env` its line ends may stand as \n."""
    if not key.strip():
        raise ConfigError("DKIM: the key is empty", hint=f"Try: {_MAKE}")
    if PEM in key:
        return key.replace("\\n", "\n")
    try:
        return Path(key).read_text("ascii")
    except (OSError, ValueError):  # a NUL in a path is a ValueError, as are odd letters
        # Without the path: what stands there may be a key that lost its first line.
        raise ConfigError(
            "DKIM: the key's file cannot be read",
            hint=f"Try: the path of a PEM file, or the PEM itself. {_MAKE}",
        ) from None


def _loaded(pem: str) -> PrivateKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        private = load_pem_private_key(pem.encode(), None)
    except TypeError:
        raise ConfigError(
            "DKIM: the key is encrypted with a password",
            hint="Try: openssl pkey -in KEY -out dkim.pem",
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        what = "a public key" if f"{PEM}PUBLIC" in pem else "no private key in PEM"
        raise ConfigError(f"DKIM: this is {what}", hint=f"Try: {_MAKE}") from None
    if not isinstance(private, RSAPrivateKey | Ed25519PrivateKey):
        raise ConfigError("DKIM: keys are RSA or Ed25519", hint=f"Try: {_MAKE}")
    if isinstance(private, RSAPrivateKey) and private.key_size < SMALLEST:
        raise ConfigError(
            f"DKIM: an RSA key of {private.key_size} bits is too small to be believed",
            hint=f"Try: {_MAKE}",
        )
    return private


def _is_rsa(private: PrivateKey) -> bool:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    return isinstance(private, RSAPrivateKey)


def _public(private: PrivateKey) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    if _is_rsa(private):
        form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    else:
        form = Encoding.Raw, PublicFormat.Raw
    return b64encode(private.public_key().public_bytes(*form)).decode()
