"""Logins in a browser, tokens renewed in time, and whose account a channel is."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from publisher import config, files, providers
from publisher.errors import Busy, ConfigError, PublisherError
from publisher.models import App, Channel, Grant, Identity, LogsIn, Verifies

if TYPE_CHECKING:
    from publisher.project.folder import Folder

log = logging.getLogger(__name__)
PORT = 8917  # of this machine, for the way back from a browser
PATIENCE = 300.0  # seconds for a person to say yes
TRIES, PAUSE = 20, 0.5  # while another process renews the same token


@dataclass
class LoggingIn:
    """One login: first the address to open, then what the browser brought back."""

    folder: Folder
    channel: str
    redirect: str

    def __post_init__(self) -> None:
        from publisher.http import oauth

        self.provider, self.app = _app(self.folder, self.channel)
        self._state = secrets.token_urlsafe(24)
        self._secret = oauth.verifier()

    @property
    def state(self) -> str:
        """What the answer must say, too."""
        return self._state

    @property
    def address(self) -> str:
        """Where a person says yes."""
        from publisher.http import oauth

        return oauth.address(
            self.provider.login,
            self.app,
            redirect=self.redirect,
            state=self._state,
            secret=self._secret,
        )

    def finish(self, code: str) -> None:
        """Change the code for tokens, and keep them."""
        from publisher.http import oauth

        grant = oauth.redeemed(
            self.provider.login,
            self.app,
            code,
            redirect=self.redirect,
            secret=self._secret,
            provider=self.channel,
            now=self.folder.clock(),
        )
        _keep(self.folder, self.channel, grant)

    @property
    def key(self) -> str:
        """The setting that the token is."""
        return config.key_of(self.channel)

    @property
    def is_hidden(self) -> bool:
        """Whether a token in the environment or in `.env` wins over the kept one."""
        given = files.setting(self.key, self.folder.settings.environ)
        return given != self.folder.settings.grants[self.channel].access


def _app(folder: Folder, channel: str) -> tuple[type[Any], App]:
    """Return a channel's provider, and who we are there."""
    name, _, account = channel.partition(":")
    known = providers.known()
    cls = known.get(name)
    if cls is None or not isinstance(cls, LogsIn):
        able = [one for one in known if isinstance(known[one], LogsIn)]
        hint = f"Try: {', '.join(able) or 'its settings in .env'}"
        raise ConfigError(f"{channel} has no login in a browser", hint=hint)
    environ = folder.settings.environ
    given = {
        one.name: (one.key, files.setting(one.key, environ))
        for one in providers.settings_of(cls, name, account)
        if one.name in {"client_id", "client_secret"}
    }
    wanted = ["client_id", *(["client_secret"] if cls.login.needs_secret else [])]
    missing = [given[one][0] for one in wanted if not given[one][1]]
    if missing:
        raise ConfigError(
            f"the login of {channel} needs {' and '.join(missing)} in .env",
            hint="Try: make an app in the network's developer portal, as "
            "docs/channels.md says",
        )
    secret = given.get("client_secret", ("", ""))[1]
    return cls, App(client_id=given["client_id"][1], client_secret=secret)


def _keep(folder: Folder, channel: str, grant: Grant) -> None:
    """Write tokens down, and let this folder use them from now on."""
    config.keep_grant(folder.root, channel, grant)
    settings = folder.settings
    key, before = config.key_of(channel), settings.grants.get(channel)
    given = files.setting(key, settings.environ)
    environ = settings.environ
    if not given or (before and given == before.access):
        environ = MappingProxyType({**environ, key: grant.access})
    grants = MappingProxyType({**settings.grants, channel: grant})
    folder.settings = replace(settings, grants=grants, environ=environ)


def fresh(folder: Folder, name: str) -> Channel:
    """Open a channel with a token that lasts; renew it where its end is near.

    What fails on the way does not take away a token that is still good.
    """
    grant = folder.settings.grants.get(name)
    now = folder.clock()
    if grant and grant.is_due(now):
        try:
            _renew(folder, name)
        except PublisherError as error:
            if grant.is_over(now):
                raise
            log.warning("the token of %s could not be renewed yet: %s", name, error)
    return folder.channel(name)


def _renew(folder: Folder, name: str) -> None:
    """Renew a token once, whichever process is first; the others take it over."""
    from publisher.http import oauth

    for _ in range(TRIES):
        try:
            with folder.books.ledger.lease(f"the token of {name}"):
                grant = config.grants_in(folder.root).get(name)
                if grant is None:
                    return
                if grant.is_due(folder.clock()):
                    cls, app = _app(folder, name)
                    now = folder.clock()
                    grant = oauth.renewed(cls.login, app, grant, provider=name, now=now)
                _keep(folder, name, grant)
                return
        except Busy:
            time.sleep(PAUSE)
    raise Busy(f"another publisher renews the token of {name}")


def identify(folder: Folder, name: str) -> Identity | None:
    """Ask whose account a channel is, without posting; None where nobody can say."""
    channel = fresh(folder, name)
    if channel.is_outbox or not isinstance(channel.provider, Verifies):
        return None
    found = channel.provider.verify()
    grant = folder.settings.grants.get(name)
    if grant and found.expires_at is None:
        found = replace(found, expires_at=grant.expires_at)
    return found


def log_in(
    folder: Folder,
    name: str,
    *,
    port: int,
    show: Callable[[str], None],
    stop: Callable[[], bool] = lambda: False,
) -> LoggingIn:
    """Send a person to the network and wait on this machine for their yes."""
    from publisher.http import loopback

    with loopback.listening(port) as waiting:
        login = LoggingIn(folder, name, waiting.redirect)
        show(login.address)
        code = waiting.code(login.state, provider=name, seconds=PATIENCE, stop=stop)
    login.finish(code)
    return login


def log_in_by_hand(
    folder: Folder, name: str, *, redirect: str, ask: Callable[[str], str]
) -> LoggingIn:
    """The same where the browser is elsewhere: a person brings its last address."""
    from publisher.http import loopback

    login = LoggingIn(folder, name, redirect)
    brought = ask(login.address)
    login.finish(loopback.code_in(brought, login.state, provider=name))
    return login
