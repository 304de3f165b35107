"""Opens a channel by name; what is not configured goes to the outbox, or is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from publisher import files, strict
from publisher.config.loading import FILE, Settings
from publisher.errors import ConfigError
from publisher.models import Channel

OUTBOX = "outbox"


class Setting(Protocol):
    """One field of a provider, and the name it has in the environment."""

    @property
    def key(self) -> str: ...  # noqa: D102
    @property
    def required(self) -> bool: ...  # noqa: D102


class Gallery(Protocol):
    """What the gallery of providers gives; `project` hands the module over."""

    def known(self) -> Mapping[str, type[Any]]:
        """Return every installed provider by name."""
        ...

    def settings_of(
        self, cls: type[Any], name: str = "", account: str = ""
    ) -> list[Any]:
        """Return a provider's settings, each with its key in the environment."""
        ...

    def from_environ(
        self,
        cls: type[Any],
        name: str,
        account: str,
        environ: Mapping[str, str],
        *,
        extra: Mapping[str, Any] | None = None,
    ) -> Any:
        """Make a provider from its settings."""
        ...


def channel(name: str, settings: Settings, gallery: Gallery) -> Channel:
    """Open a channel: `mastodon`, `mastodon:work`, `outbox`, `outbox:mastodon`.

    1. `channels: {mastodon: outbox}` in publisher.yaml sends it to the outbox (and with
       it every account of mastodon that has no line of its own);
    2. what the environment configures is real;
    3. where the environment configures no provider at all, everything goes to the
       outbox: a newcomer's first send leaves nothing but files;
    4. otherwise it is an error, because a typing error must not look like a rehearsal.
    """
    _check_names(settings, gallery)
    provider, _, account = name.partition(":")
    if provider == OUTBOX:
        return _outbox(account, settings, gallery)
    cls = _provider(provider, gallery)
    if name in settings.channels or provider in settings.channels:
        return _outbox(name, settings, gallery)
    if _is_configured(cls, provider, account, settings.environ, gallery):
        opened = gallery.from_environ(cls, provider, account, settings.environ)
        return Channel(name, provider, cls.kind, opened.limits, opened)
    if _is_untouched(settings.environ, gallery):
        return _outbox(name, settings, gallery)
    raise _needs(name, cls, settings.environ, gallery)


def _outbox(stands_for: str, settings: Settings, gallery: Gallery) -> Channel:
    """Return the outbox, shaping messages as the channel that it stands for."""
    cls = _provider(OUTBOX, gallery)
    extra: dict[str, Any] = {"folder": Path(settings.outbox)}
    name, network, rules = OUTBOX, OUTBOX, cls
    if stands_for:
        network = stands_for.partition(":")[0]
        rules = _provider(network, gallery)
        name = f"{OUTBOX}:{stands_for}"
        extra |= {"network": network, "payload": getattr(rules, "payload", None)}
    opened = gallery.from_environ(cls, OUTBOX, "", settings.environ, extra=extra)
    return Channel(name, network, rules.kind, rules.limits, opened, is_outbox=True)


def _provider(name: str, gallery: Gallery) -> type[Any]:
    known = gallery.known()
    if name in known:
        return known[name]
    raise _unknown(name, known, where="")


def _check_names(settings: Settings, gallery: Gallery) -> None:
    """Refuse a redirect or a rule for a provider that is none: it would do nothing."""
    known = gallery.known()
    for name, path in _named(settings):
        if name.partition(":")[0] not in known:
            text = files.read_text(settings.root / FILE, where=FILE)
            is_key = path[0] in {"channels", "pace"}
            where = strict.locate(text, path, where=FILE, key=is_key)
            raise _unknown(name.partition(":")[0], known, where=where)


def _named(settings: Settings) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """Give each channel that publisher.yaml names, with its place in it."""
    for name in settings.channels:
        yield name, ("channels", name)
    for name in settings.paces:
        yield name, ("pace", name)
    for row, rule in enumerate(settings.rules):
        for key, names in (("through", rule.through), ("post_to", rule.post_to)):
            for column, name in enumerate(names):
                yield name, ("rules", row, key, column)


def _unknown(name: str, known: Mapping[str, Any], *, where: str) -> ConfigError:
    from publisher.text import suggest

    close = suggest(name, known)
    hint = f"Did you mean {close}?" if close else f"Try one of: {', '.join(known)}"
    return ConfigError(f'there is no provider "{name}"', where=where, hint=hint)


def _is_configured(
    cls: type[Any],
    name: str,
    account: str,
    environ: Mapping[str, str],
    gallery: Gallery,
) -> bool:
    """Say whether a provider has what it must have, and anything at all.

    A provider whose settings all have defaults is not configured by silence.
    """
    wanted = gallery.settings_of(cls, name, account)
    if not all(_has(one.key, environ) for one in wanted if one.required):
        return False
    return not wanted or any(_has(one.key, environ) for one in wanted)


def _is_untouched(environ: Mapping[str, str], gallery: Gallery) -> bool:
    """Say whether no setting of any provider, for any account, is given."""
    given = [
        key.removesuffix("_FILE") for key, value in environ.items() if value.strip()
    ]
    known = gallery.known()
    for name in known:
        try:
            settings = gallery.settings_of(known[name], name)
        except ConfigError:  # a plugin that does not load; is it meant to be used?
            if any(key.startswith(f"{name.upper()}_") for key in given):
                return False
            continue
        for one in settings:
            first = one.key.removesuffix(_field(one, name))
            last = f"_{_field(one, name)}"
            if any(key.startswith(first) and key.endswith(last) for key in given):
                return False
    return True


def _field(setting: Setting, name: str) -> str:
    """Return the field's part of a key: TOKEN of MASTODON_TOKEN."""
    return setting.key[len(name) + 1 :]


def _has(key: str, environ: Mapping[str, str]) -> bool:
    return any(environ.get(one, "").strip() for one in (key, f"{key}_FILE"))


def _needs(
    name: str, cls: type[Any], environ: Mapping[str, str], gallery: Gallery
) -> ConfigError:
    provider, _, account = name.partition(":")
    wanted = gallery.settings_of(cls, provider, account)
    missing = [
        one.key for one in wanted if one.required and not _has(one.key, environ)
    ] or [one.key for one in wanted[:1]]
    line = f"channels: {{{name}: {OUTBOX}}}"
    if ":" in name:
        line = f'channels: {{"{name}": {OUTBOX}}}'
    return ConfigError(
        f"channel {name} needs {' and '.join(missing)} in .env",
        hint=f"Try: put it there, or send it to the outbox: {line} in {FILE}",
    )
