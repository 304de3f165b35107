"""Signed links: only we can make them, and they say who leaves what."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer

from publisher.errors import ConfigError
from publisher.models import Mailbox, Site
from publisher.tokens import PURPOSE, WayOut, read_unsubscribe, unsubscribe_url

SITE = Site(
    sender=Mailbox("letters@example.org"),
    unsubscribe_url="https://example.org/out/{token}",
)


SECRET = "s3cret"


def link(secret: str = SECRET, address: str = "ana@example.org") -> str:
    return unsubscribe_url(SITE, secret=secret, address=address, list_name="weekly")


def token(url: str) -> str:
    return url.removeprefix("https://example.org/out/")


words = st.text(st.characters(exclude_categories=["Cs"]))


@settings(deadline=None)
@given(words, words, st.text(min_size=1, max_size=90).filter(str.isascii))
def test_a_link_is_signed_as_itsdangerous_signs(
    address: str, list_name: str, secret: str
) -> None:
    theirs = URLSafeSerializer(secret, salt=PURPOSE)
    made = token(
        unsubscribe_url(SITE, secret=secret, address=address, list_name=list_name)
    )
    assert theirs.loads(made) == [address, list_name]
    found = read_unsubscribe(secret, str(theirs.dumps([address, list_name])))
    assert found == WayOut(address, list_name)


@settings(deadline=None)
@given(words, st.text(max_size=9))
def test_a_link_says_who_leaves_what(address: str, secret: str) -> None:
    secret += "x"
    found = read_unsubscribe(secret, token(link(secret, address)))
    assert found == WayOut(address, "weekly")


@pytest.mark.parametrize("sign", ["=", "==", "!", "\n", " ", "\0", "é", "%3D"])
def test_a_signature_is_spelled_as_we_spell_it(sign: str) -> None:
    """What base64 skips is no part of a link, nor can its last letter be another."""
    made = token(link())
    assert read_unsubscribe(SECRET, made)
    said, dot, signature = made.rpartition(".")
    twins = [chr(ord(made[-1]) ^ 1), chr(ord(made[-1]) ^ 2)]
    wrong = [made + sign, f"{said}{dot}{signature[:9]}{sign}{signature[9:]}"]
    wrong += [made[:-1] + one for one in twins]
    assert [one for one in wrong if read_unsubscribe(SECRET, one)] == []


def test_a_link_is_ascii_without_the_address_in_sight_and_always_the_same() -> None:
    assert link() == link()
    assert link().isascii()
    assert "ana" not in link()


@pytest.mark.parametrize("wrong", ["", "x", "a.b", "ÿ", "e30.x", "\0"])
def test_a_link_that_is_not_ours_says_nothing(wrong: str) -> None:
    assert read_unsubscribe(SECRET, wrong) is None


def test_a_link_of_another_secret_or_changed_says_nothing() -> None:
    made = token(link())
    assert read_unsubscribe("other", made) is None
    assert read_unsubscribe(SECRET, made[:-1]) is None
    assert read_unsubscribe(SECRET, made.replace(made[3], "A", 1)) is None


def test_without_a_page_of_ours_the_way_out_is_a_mail() -> None:
    site = Site(sender=Mailbox("letters@example.org"))
    url = unsubscribe_url(site, secret="", address="x@example.org", list_name="a b")
    assert url == "mailto:letters@example.org?subject=unsubscribe%20a%20b"
    replying = Site(sender=Mailbox("l@example.org"), reply_to="r@example.org")
    url = unsubscribe_url(replying, secret="", address="x@example.org", list_name="")
    assert url == "mailto:r@example.org?subject=unsubscribe"


def test_a_page_without_a_place_for_the_token_gets_it_at_the_end() -> None:
    site = Site(unsubscribe_url="https://example.org/out/")
    url = unsubscribe_url(site, secret="s", address="a@example.org", list_name="")
    assert url.startswith("https://example.org/out/")
    assert read_unsubscribe("s", token(url)) == WayOut("a@example.org")


def test_nothing_is_signed_without_a_secret() -> None:
    with pytest.raises(ConfigError, match="PUBLISHER_SECRET"):
        link(secret="")
