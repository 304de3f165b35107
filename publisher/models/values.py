"""What several nouns are made of: aliases, fingerprints, lists without repeats."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Hashable, Iterable
from dataclasses import MISSING, Field, field, fields, make_dataclass
from typing import Any, Literal, TypeAlias, TypeVar

Json: TypeAlias = dict[str, Any]
Direction: TypeAlias = Literal["ltr", "rtl"]
Kind: TypeAlias = Literal["email", "post"]
H = TypeVar("H", bound=Hashable)
T = TypeVar("T")
Unit: TypeAlias = Literal[
    "characters", "graphemes", "mastodon", "utf16", "bytes", "threads", "weighted"
]


def fingerprint(value: object) -> str:
    """SHA-256, in hexadecimal, of a value that JSON can hold.

    >>> fingerprint({"b": 1, "a": 2}) == fingerprint({"a": 2, "b": 1})
    True
    """
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def key_mark(key: str, salt: str = "") -> str:
    """Return which delivery a key stands for, as a hash: keys can hold names.

    Whoever knows the mark may say that the message came back, so with a `salt` nobody
    can work it out.
    """
    return hashlib.sha256(f"{salt}{key}".encode()).hexdigest()[:32]


def unique(values: Iterable[H]) -> tuple[H, ...]:
    """Return the values in their order, each once.

    >>> unique(["b", "a", "b"])
    ('b', 'a')
    """
    return tuple(dict.fromkeys(values))


def _default(one: Field[Any]) -> Any:
    if one.default_factory is MISSING:
        return field(default=one.default)
    return field(default_factory=one.default_factory)


def maker(noun: type[T], *names: str) -> Callable[..., T]:
    """Return what makes a frozen noun of the fields of these names, in their order.

    Without names it wants all fields; others have their defaults. It takes a quarter of
    the time, which counts where there is one for each reader: a frozen dataclass sets
    each field through a call. Here an open twin is filled, with the same slots, and
    then becomes the noun. `__post_init__` is not called.
    """
    own = {one.name: one for one in fields(noun)}  # type: ignore[arg-type]
    first = [(name, own[name].type) for name in names or own]
    others = [
        (name, one.type, _default(one))
        for name, one in own.items()
        if names and name not in names
    ]
    twin = make_dataclass(noun.__name__, [*first, *others], slots=True)

    def make(*values: Any) -> T:
        made: Any = twin(*values)
        made.__class__ = noun
        return made  # type: ignore[no-any-return]

    return make
