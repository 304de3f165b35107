"""Each network that one logs in to names where, for what, and who we are there."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from publisher import providers
from publisher.models import LogsIn

NAMES = ["linkedin", "threads", "x"]


def test_they_are_all_known() -> None:
    known = providers.known()
    assert [name for name in known if isinstance(known[name], LogsIn)] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_login_is_whole_and_goes_over_https(name: str) -> None:
    cls = providers.known()[name]
    login = cls.login
    places = [login.authorize, login.token]
    places += [way[0] for way in (login.exchange, login.renewal) if way]
    assert {urlsplit(place).scheme for place in places} == {"https"}
    assert login.scopes
    settings = {one.name: one for one in providers.settings_of(cls, name)}
    assert not settings["client_id"].required
    assert settings["client_secret"].is_secret
    assert settings["token"].is_secret
