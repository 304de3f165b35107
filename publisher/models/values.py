"""What several nouns are made of: aliases, fingerprints, lists without repeats."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Hashable, Iterable
from dataclasses import fields, make_dataclass
from typing import Any, Literal, TypeAlias, TypeVar

Json: TypeAlias = dict[str, Any]
Direction: TypeAlias = Literal["ltr", "rtl"]
Kind: TypeAlias = Literal["email", "post"]
H = TypeVar("H", bound=Hashable)
T = TypeVar("T")
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


def maker(noun: type[T]) -> Callable[..., T]:
    """Return what makes a frozen noun of all its fields, in their order, without names.

    It takes a quarter of the time, which counts where there is one for each reader: a
    frozen dataclass sets each field through a call. Here an open twin is filled, with
    the same slots, and then becomes the noun. `__post_init__` is not called.
    """
    own = [(one.name, one.type) for one in fields(noun)]  # type: ignore[arg-type]
    twin = make_dataclass(noun.__name__, own, slots=True)

    def make(*values: Any) -> T:
        made: Any = twin(*values)
        made.__class__ = noun
        return made  # type: ignore[no-any-return]

    return make
