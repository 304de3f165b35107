"""Ways out: one file each. A provider's dataclass fields are its settings."""

from __future__ import annotations

import dataclasses
import hmac
import re
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from publisher import files
from publisher.errors import ConfigError, Rejected
from publisher.models import Document, Post

GROUP = "publisher.providers"
_YES = {"true", "yes", "on", "1"}
_NO = {"false", "no", "off", "0"}
# Settings that say which account it is: where it is, and who we are there.
_PLACES = {"url", "host", "domain", "region"}
_LOGINS = {"username", "handle", "key", "key_id", "author", "page"}


class Secret(str):
    """A token, a password or a webhook's address: shows itself as *** in logs.

    `str()`, `repr()` and "%s" hide it, so a printed or logged provider gives nothing
    away. An f-string and `+` use the real value: that is how addresses and headers
    are made, so never put one into the f-string of a message.

    >>> Secret("hunter2"), str(Secret("hunter2")), f"Bearer {Secret('hunter2')}"
    (***, '***', 'Bearer hunter2')
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "***"

    def __str__(self) -> str:
        return "***"

    def __format__(self, form: str) -> str:
        return format(self.reveal(), form)

    def reveal(self) -> str:
        """Return the real value, as a plain string."""
        return str.__str__(self)


def whole(post: Post, provider: str) -> Document:
    """Return the article of a post to a network that takes whole articles."""
    if post.document is None:
        raise Rejected(f"{provider} takes whole articles, and this is a post")
    return post.document


@dataclass(frozen=True, slots=True)
class Setting:
    """One field of a provider and the name it has in `.env`."""

    name: str
    key: str
    is_secret: bool
    required: bool
    default: Any = None
    doc: str = ""
    type: Any = str


class Providers(Mapping[str, type[Any]]):
    """Every provider that is installed, by name; a class is imported when asked for."""

    def __init__(self, points: Mapping[str, EntryPoint]) -> None:
        self._points = points

    def __getitem__(self, name: str) -> type[Any]:
        point = self._points[name]
        try:
            loaded: type[Any] = point.load()
        except (ImportError, AttributeError) as error:
            where = point.value
            raise ConfigError(
                f"the provider {name!r} is installed but cannot be loaded",
                where=where,
                hint=f"Try: python -c 'import {point.module}' to see why.",
            ) from error
        return loaded

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._points))

    def __len__(self) -> int:
        return len(self._points)

    def __contains__(self, name: object) -> bool:
        return name in self._points


@cache  # reading what is installed takes 15 ms, and does not change
def known() -> Providers:
    """Return the providers of this package and of every installed plugin."""
    return Providers({point.name: point for point in entry_points(group=GROUP)})


def settings_of(cls: type[Any], name: str = "", account: str = "") -> list[Setting]:
    """Return a provider's settings in the order of its fields.

    A field becomes a setting unless its metadata says `{"setting": False}`; its
    metadata's "doc" is the line that `.env.example` and the docs show. `name` is the
    provider's (default: the class's, in lower case).
    """
    prefix = _prefix(name or cls.__name__, account)
    return [
        Setting(
            name=field.name,
            key=f"{prefix}_{field.name.upper()}",
            is_secret=hint is Secret,
            required=field.default is dataclasses.MISSING
            and field.default_factory is dataclasses.MISSING,
            default=None if field.default is dataclasses.MISSING else field.default,
            doc=field.metadata.get("doc", ""),
            type=hint,
        )
        for field, hint in _fields(cls)  # type: ignore[arg-type]  # a class has a hash
    ]


def is_configured(
    cls: type[Any],
    name: str,
    account: str,
    environ: Mapping[str, str],
) -> bool:
    """Say whether every setting that has no default is there."""
    return not _missing(settings_of(cls, name, account), environ)


def from_environ(
    cls: type[Any],
    name: str,
    account: str,
    environ: Mapping[str, str],
    *,
    extra: Mapping[str, Any] | None = None,
) -> Any:
    """Make a provider from its settings; `extra` are fields that no setting holds.

    `KEY_FILE` may name a file that holds the value, as Docker's secrets do.
    """
    given = dict(extra or {})
    wanted = [one for one in settings_of(cls, name, account) if one.name not in given]
    missing = _missing(wanted, environ)
    if missing:
        channel = f"{name}:{account}" if account else name
        raise ConfigError(
            f"channel {channel} needs {' and '.join(missing)} in .env",
            hint="Try: put it there, or send through outbox",
        )
    for setting in wanted:
        value = files.setting(setting.key, environ)
        if value:
            given[setting.name] = _read(setting, value)
    return cls(**given)


def account_of(provider: Any, name: str, *, salt: str = "") -> str:
    """Return a digest that is the same wherever the same account is meant.

    Of whom a provider is told a name, that is who it is; else it is who has the secret.
    """
    settings = settings_of(type(provider), name)
    given = {one.name: f"{getattr(provider, one.name)}" for one in settings}
    # Who proves a webhook's calls with another key is the same account.
    secret = {one.name for one in settings if one.is_secret and not _hears(one)}
    logins = [given.get(one) for one in _LOGINS if one not in secret]
    wanted = _PLACES | (_LOGINS if any(logins) else secret)
    said = [name, *(f"{one}={given[one]}" for one in sorted(wanted & given.keys()))]
    return hmac.new(salt.encode(), "\n".join(said).encode(), "sha256").hexdigest()


def _hears(setting: Setting) -> bool:
    """Say whether a setting is only about what its webhook hears."""
    return setting.name.startswith("webhook_")


def _prefix(name: str, account: str) -> str:
    parts = [name, account] if account else [name]
    return "_".join(re.sub(r"\W", "_", part).upper() for part in parts)


@cache  # a class does not change, and reading its hints is slow
def _fields(cls: Any) -> tuple[tuple[dataclasses.Field[Any], Any], ...]:
    hints = get_type_hints(cls)
    return tuple(
        (field, hints[field.name])
        for field in dataclasses.fields(cls)
        if field.init and field.metadata.get("setting", True)
    )


def _missing(settings: list[Setting], environ: Mapping[str, str]) -> list[str]:
    return [
        one.key
        for one in settings
        if one.required and not files.setting(one.key, environ)
    ]


def _read(setting: Setting, value: str) -> Any:
    kind = setting.type
    if get_origin(kind) in {Union, types.UnionType}:
        kind = next(one for one in get_args(kind) if one is not types.NoneType)
    if get_origin(kind) is Literal:
        return _choice(setting, value, [str(one) for one in get_args(kind)])
    if kind is bool:
        return _choice(setting, value.casefold(), sorted(_YES | _NO)) in _YES
    try:
        return kind(value)
    except ValueError:
        raise _wrong(setting, "a number") from None


def _choice(setting: Setting, value: str, allowed: list[str]) -> str:
    if value in allowed:
        return value
    raise _wrong(setting, f"one of {', '.join(allowed)}")


def _wrong(setting: Setting, wanted: str) -> ConfigError:
    hint = (
        f"Try: {setting.key}={setting.default}" if setting.default else "Try: mend it"
    )
    return ConfigError(f"{setting.key} must be {wanted}", where=".env", hint=hint)
