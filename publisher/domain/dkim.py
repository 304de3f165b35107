"""DKIM keys in DNS: there, readable, large enough, and ours.

https://www.rfc-editor.org/rfc/rfc6376#section-3.6.1 (and rfc8301 for the sizes)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher import mime
from publisher.domain import tags
from publisher.domain.model import Facts, Finding, Key, Wrong

if TYPE_CHECKING:
    from publisher.dns import Resolver

SUBJECT = "DKIM"
VERSION = "DKIM1"
SMALLEST, GOOD = 1024, 2048  # bits of an RSA key
KINDS = {"rsa": "RSA", "ed25519": "Ed25519"}
_LONGER = "Try: make a new key of 2048 bits under a new selector, then remove this one"


@dataclass(frozen=True, slots=True)
class Record:
    """A public key; `text` is empty where it is revoked."""

    kind: str
    text: str
    bits: int
    is_test: bool = False


def is_key(text: str) -> bool:
    """Say whether a text wants to be a key: `v=` may be missing, `p=` may not."""
    plain = "".join(text.split())
    return plain.startswith(f"v={VERSION}") or ";p=" in f";{plain}"


def parse(text: str) -> Record:
    """Read a record; raise `Wrong` where receivers cannot use it."""
    found = tags.parse(text)
    version = found.get("v", VERSION)
    if version != VERSION or ("v" in found and next(iter(found)) != "v"):
        raise Wrong(f"it must begin with v={VERSION}")
    if "p" not in found:
        raise Wrong("it has no key, p=")
    kind, flags = found.get("k", "rsa"), _words(found.get("t", ""))
    if kind not in KINDS:
        raise Wrong(f"k={tags.shown(kind)} is no kind of key that receivers know")
    if "h" in found and "sha256" not in _words(found["h"]):
        raise Wrong("h= does not allow SHA-256")
    if not {"*", "email"} & _words(found.get("s", "*")):
        raise Wrong("s= says that the key is not for email")
    key = "".join(found["p"].split())
    try:
        bits = mime.key_bits(kind, key) if key else 0
    except ValueError as error:
        raise Wrong(f"p= {error}") from None
    return Record(kind, key, bits, is_test="y" in flags)


def _words(value: str) -> set[str]:
    return {word.strip() for word in value.split(":")}


def look(facts: Facts, resolver: Resolver) -> Iterator[Finding]:
    """Look at each key that emails are signed with."""
    if not facts.keys:
        yield Finding(
            "skipped",
            SUBJECT,
            "no channel says which key signs",
            "Try: --selector NAME, the part before ._domainkey in what your provider "
            "told you to add to DNS",
        )
    for key in facts.keys:
        yield from _look_at(key, resolver)


def _look_at(key: Key, resolver: Resolver) -> Iterator[Finding]:
    texts = [text for text in resolver.txt(key.name) if is_key(text)]
    wanted = f'"{key.record}"' if key.record else "with the key of your provider"
    add = f"Try: add TXT {key.name} {wanted}"
    if not texts:
        yield Finding("error", SUBJECT, f"no key stands at {key.name}", add)
        return
    if len(texts) > 1:
        said = f"{len(texts)} keys stand at {key.name}; receivers take any of them"
        yield Finding("error", SUBJECT, said, "Try: leave one, and remove the others")
        return
    try:
        record = parse(texts[0])
    except Wrong as error:
        yield Finding("error", SUBJECT, f"{key.name} cannot be used: {error}", add)
        return
    if not record.text:
        said = f"the key at {key.name} is revoked (p= is empty)"
        yield Finding("error", SUBJECT, said, add)
    elif key.record and _differs(record, key):
        said = f"another key stands at {key.name} than the one that signs"
        yield Finding("error", SUBJECT, said, add)
    else:
        yield from _judged(key, record)


def _differs(record: Record, key: Key) -> bool:
    ours = parse(key.record)
    return (record.kind, record.text) != (ours.kind, ours.text)


def _judged(key: Key, record: Record) -> Iterator[Finding]:
    size = f"{record.bits} bits"
    if record.kind == "rsa" and record.bits < SMALLEST:
        said = f"the key at {key.name} has {size}, too few to be believed"
        yield Finding("error", SUBJECT, said, _LONGER)
        return
    if record.kind == "rsa" and record.bits < GOOD:
        said = f"the key at {key.name} has {size}, {GOOD} are usual"
        yield Finding("warning", SUBJECT, said, _LONGER)
    else:
        what = KINDS[record.kind] + (f", {size}" if record.kind == "rsa" else "")
        whose = ", the one that signs" if key.record else ""
        yield Finding("ok", SUBJECT, f"{key.name}: {what}{whose}")
    if record.is_test:
        said = f"the key at {key.name} is for testing (t=y), so it may not count"
        yield Finding("warning", SUBJECT, said, "Try: remove t=y from the record")
