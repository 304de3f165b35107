"""OAuth 2.0 with PKCE: the address that a person opens, and the tokens for their yes.

https://www.rfc-editor.org/rfc/rfc6749, https://www.rfc-editor.org/rfc/rfc7636
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from publisher.errors import ProviderError, Refused, Unavailable
from publisher.http.call import call, redacted
from publisher.models import App, Grant, Login

if TYPE_CHECKING:
    from publisher.http.call import Response

# What is not mended by trying again (RFC 6749, 5.2); the others are the network's day.
_FINAL = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


def verifier() -> str:
    """Return a secret that only who began the login knows."""
    return secrets.token_urlsafe(48)


def challenge(secret: str) -> str:
    """Return what is told of it (RFC 7636, S256).

    >>> challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
    """
    digest = hashlib.sha256(secret.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def address(login: Login, app: App, *, redirect: str, state: str, secret: str) -> str:
    """Return where a person says yes."""
    values = {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": redirect,
        "scope": login.separator.join(login.scopes),
        "state": state,
    }
    if login.has_pkce:
        values |= {"code_challenge": challenge(secret), "code_challenge_method": "S256"}
    return f"{login.authorize}?{urlencode(values)}"


def redeemed(
    login: Login,
    app: App,
    code: str,
    *,
    redirect: str,
    secret: str,
    provider: str,
    now: datetime,
) -> Grant:
    """Return the tokens for the code that came with a person's yes."""
    values = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect,
    }
    if login.has_pkce:
        values["code_verifier"] = secret
    found = _asked(login, app, values, provider=provider, now=now)
    if login.exchange is None:
        return found
    return _changed(login.exchange, app, found, provider=provider, now=now)


def renewed(
    login: Login, app: App, grant: Grant, *, provider: str, now: datetime
) -> Grant:
    """Return new tokens for old ones. A refresh token that is not told anew stays.

    `Refused` where only a person's new yes helps, and any other `ProviderError` where
    it may go later: then what there was is as good as before.
    """
    if login.renewal:
        return _changed(login.renewal, None, grant, provider=provider, now=now)
    if not grant.refresh:
        raise _over(provider, "gave no token that renews it")
    values = {"grant_type": "refresh_token", "refresh_token": grant.refresh}
    return _asked(login, app, values, provider=provider, now=now, refresh=grant.refresh)


def _asked(
    login: Login,
    app: App,
    values: Mapping[str, str],
    *,
    provider: str,
    now: datetime,
    refresh: str = "",
) -> Grant:
    """Ask the token endpoint, as the app that we are."""
    sent = {**values, "client_id": app.client_id}
    headers = {"Accept": "application/json"}
    if app.client_secret and login.proves == "basic":
        pair = f"{app.client_id}:{app.client_secret}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    elif app.client_secret:
        sent["client_secret"] = app.client_secret
    answer = call(
        "POST",
        login.token,
        provider=provider,
        data=sent,
        headers=headers,
        secrets=[*values.values(), app.client_secret],
        verdict=_verdict(provider, [*values.values(), app.client_secret]),
    )
    return _grant(answer, provider, now, refresh)


def _changed(
    way: tuple[str, str], app: App | None, grant: Grant, *, provider: str, now: datetime
) -> Grant:
    """Change a token for another, as Meta does: with itself."""
    url, kind = way
    values = {"grant_type": kind, "access_token": grant.access}
    if app:
        values["client_secret"] = app.client_secret
    hidden = [*values.values()]
    answer = call(
        "GET",
        url,
        provider=provider,
        params=values,
        secrets=hidden,
        verdict=_verdict(provider, hidden),
    )
    return _grant(answer, provider, now, "")


def _verdict(provider: str, hidden: list[str]) -> Any:
    def verdict(response: Response) -> ProviderError | None:
        if response.status_code not in _FINAL:
            return None
        return _over(provider, _why(response, hidden))

    return verdict


def _why(response: Response, hidden: list[str]) -> str:
    try:
        said = response.json()
        words = said.get("error_description") or said.get("error") or ""
        words = words.get("message", "") if isinstance(words, dict) else f"{words}"
    except (ValueError, AttributeError):
        words = ""
    tail = redacted(words, hidden)[:200]
    return f"gave no token ({response.status_code}){tail and ': '}{tail}"


def _over(provider: str, why: str) -> Refused:
    hint = f"Try: publisher channels login {provider}"
    return Refused(f"{provider} {why}", hint=hint)


def _grant(answer: Response, provider: str, now: datetime, refresh: str) -> Grant:
    try:
        said = answer.json()
        access = said["access_token"]
        seconds = said.get("expires_in")
        expires = now + timedelta(seconds=float(seconds)) if seconds else None
        given = said.get("refresh_token") or refresh
        if not (isinstance(access, str) and access and isinstance(given, str)):
            raise TypeError  # noqa: TRY301
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        raise Unavailable(f"{provider} answered without a token") from None
    return Grant(access=access, refresh=given, obtained_at=now, expires_at=expires)
