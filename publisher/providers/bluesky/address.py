"""The address of a record by what is in it, as the server will work it out.

A CID (https://atproto.com/specs/data-model#link-and-cid-formats) is the SHA-256 of the
record in DAG-CBOR (https://ipld.io/specs/codecs/dag-cbor/spec/): the parts of a thread
name each other by it, so that all of them can be written at once.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import Any

# Version 1, DAG-CBOR, SHA-256, 32 bytes.
_HEAD = bytes((0x01, 0x71, 0x12, 0x20))
_UINT, _NEGATIVE, _BYTES, _TEXT, _LIST, _MAP, _TAG = range(7)
_PLAIN = {None: b"\xf6", True: b"\xf5", False: b"\xf4"}
_LINK = 42  # the tag of a CID
_SHORT, _SIZES = 24, (1, 2, 4, 8)  # numbers below it stand in the head itself


def cid(record: Any) -> str:
    """Return the CID of a record.

    >>> cid({})
    'bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua'
    """
    digest = hashlib.sha256(b"".join(_encoded(record))).digest()
    return f"b{base64.b32encode(_HEAD + digest).decode().lower().rstrip('=')}"


def _encoded(value: Any) -> Iterator[bytes]:
    match value:
        case None | bool():
            yield _PLAIN[value]
        case int():
            yield _head(_UINT, value) if value >= 0 else _head(_NEGATIVE, -1 - value)
        case str():
            text = value.encode()
            yield _head(_TEXT, len(text)) + text
        case bytes():
            yield _head(_BYTES, len(value)) + value
        case {"$link": str() as link, **others} if not others:
            yield _head(_TAG, _LINK)
            yield from _encoded(b"\x00" + _from_base32(link))
        case dict():
            yield _head(_MAP, len(value))
            named = {name.encode(): one for name, one in value.items()}
            for name in sorted(named, key=lambda name: (len(name), name)):
                yield _head(_TEXT, len(name)) + name
                yield from _encoded(named[name])
        case list() | tuple():
            yield _head(_LIST, len(value))
            for one in value:
                yield from _encoded(one)
        case _:
            raise TypeError(f"no record holds a {type(value).__name__}")


def _head(kind: int, number: int) -> bytes:
    if number < _SHORT:
        return bytes((kind << 5 | number,))
    place = next(at for at, size in enumerate(_SIZES) if number < 1 << 8 * size)
    return bytes((kind << 5 | _SHORT + place,)) + number.to_bytes(_SIZES[place])


def _from_base32(link: str) -> bytes:
    text = link[1:].upper()
    return base64.b32decode(text + "=" * (-len(text) % 8))
