"""What several nouns are made of: aliases, fingerprints, lists without repeats."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Hashable, Iterable
from typing import Any, Literal, TypeAlias, TypeVar

Json: TypeAlias = dict[str, Any]
Direction: TypeAlias = Literal["ltr", "rtl"]
Kind: TypeAlias = Literal["email", "post"]
H = TypeVar("H", bound=Hashable)
Unit: TypeAlias = Literal["characters", "graphemes", "mastodon", "utf16", "bytes"]


def fingerprint(value: object) -> str:
    """SHA-256, in hexadecimal, of a value that JSON can hold.

    >>> fingerprint({"b": 1, "a": 2}) == fingerprint({"a": 2, "b": 1})
    True
    """
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def key_mark(key: str) -> str:
    """Return which delivery a key stands for, as a hash: keys can hold names."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def unique(values: Iterable[H]) -> tuple[H, ...]:
    """Return the values in their order, each once.

    >>> unique(["b", "a", "b"])
    ('b', 'a')
    """
    return tuple(dict.fromkeys(values))
