"""What every provider's webhook must take, and what it must refuse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.errors import Unreadable, Unsigned
from publisher.models import Event
from tests.hooks.callers import CALLERS, KINDS, MARK, NOW, Caller, News, amazon

SENSES = {
    "delivered": ("delivered", False, False),
    "deferred": ("deferred", False, False),
    "gone": ("bounced", True, False),
    "soft": ("bounced", False, False),
    "ours": ("bounced", False, True),
    "complained": ("complained", False, False),
    "unsubscribed": ("unsubscribed", False, False),
    "opened": ("opened", False, False),
    "clicked": ("clicked", False, False),
}
few = settings(max_examples=40)  # of each provider
each = pytest.mark.parametrize("caller", CALLERS, ids=lambda one: one.name)
TOLD = [
    pytest.param(caller, kind, id=f"{caller.name}-{kind}")
    for caller in CALLERS
    for kind in KINDS
    if kind not in caller.never
]
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@pytest.fixture(autouse=True, scope="module")
def _amazon() -> Iterator[None]:
    with amazon():
        yield


@pytest.mark.parametrize(("caller", "kind"), TOLD)
def test_what_it_says_is_understood(caller: Caller, kind: str) -> None:
    news = News(kind=kind)
    events = caller.provider().events(caller.request(news))
    if kind == "unknown":
        assert events == []
        return
    (event,) = events
    sense = (event.kind, event.is_permanent, event.is_ours)
    assert sense == SENSES[kind]
    assert event.address == news.address
    assert event.mark == MARK
    assert abs(event.at - news.at) < timedelta(seconds=1)
    assert event.id
    assert "@" not in event.reason


@each
def test_what_is_forged_is_refused(caller: Caller) -> None:
    forged = caller.request(News(kind="gone"), is_forged=True)
    with pytest.raises(Unsigned):
        caller.provider().events(forged)


@each
def test_what_is_unsigned_is_refused(caller: Caller) -> None:
    request = caller.request(News(kind="gone"))
    body = json.loads(request.body)
    if isinstance(body, dict):
        body.pop("signature", None)
        body.pop("Signature", None)
    bare = replace(request, headers={}, body=json.dumps(body).encode())
    with pytest.raises(Unsigned):
        caller.provider().events(bare)


@each
def test_a_body_that_was_changed_on_its_way_is_refused(caller: Caller) -> None:
    if caller.name == "mailgun" or "password" in "".join(caller.environ).lower():
        pytest.skip("its proof does not cover the body")
    request = caller.request(News(kind="delivered"))
    other = request.body.replace(b"ada.reader", b"bob.reader")
    with pytest.raises(Unsigned):
        caller.provider().events(replace(request, body=other))


@each
def test_without_a_key_nothing_is_believed(caller: Caller) -> None:
    bare = {key: one for key, one in caller.environ.items() if "WEBHOOK" not in key}
    keyless = replace(caller, environ=bare).provider()
    with pytest.raises(Unsigned, match=r"docs/webhooks\.md"):
        keyless.events(caller.request(News(kind="gone")))


@each
@pytest.mark.parametrize("age", [timedelta(hours=2), -timedelta(hours=2)])
def test_what_was_signed_at_another_time_is_refused(
    caller: Caller, age: timedelta
) -> None:
    if not caller.is_timed:
        pytest.skip("it signs no time")
    old = caller.request(News(kind="gone"), at=NOW - age)
    with pytest.raises(Unsigned, match="too long ago"):
        caller.provider().events(old)


@each
def test_the_same_call_has_the_same_events(caller: Caller) -> None:
    request = caller.request(News(kind="gone"))
    later = replace(request, received_at=NOW + timedelta(minutes=1))
    first, second = (caller.provider().events(one) for one in (request, later))
    assert first == second


@each
def test_different_news_have_different_ids(caller: Caller) -> None:
    addresses = ("ada@example.net", "bob@example.net")
    kinds = ("gone", "complained", "delivered", "opened")
    events: list[Event] = []
    for address in addresses:
        for kind in kinds:
            news = News(kind=kind, address=address)
            events += caller.provider().events(caller.request(news))
    assert len({one.id for one in events}) == len(addresses) * len(kinds)


@each
def test_one_call_may_tell_of_many(caller: Caller) -> None:
    if not caller.batches:
        pytest.skip("it tells of one at a time")
    news = [News(kind="delivered", address=f"r{n}@example.net") for n in range(100)]
    news.insert(50, News(kind="unknown"))
    events = caller.provider().events(caller.request(*news))
    assert [one.address for one in events] == [f"r{n}@example.net" for n in range(100)]


@each
@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe", b"null", b'"text"', b"17", b"[17]", b"[" * 100_000],
    ids=str,
)
def test_what_is_malformed_is_refused(caller: Caller, body: bytes) -> None:
    request = caller.request(News(kind="gone"), payload=body)
    with pytest.raises((Unreadable, Unsigned)):
        caller.provider().events(request)


def judged(caller: Caller, payload: Any) -> None:
    """Whatever was said with a good signature is read or refused."""
    try:
        events = caller.provider().events(caller.request(payload=payload))
    except (Unreadable, Unsigned):
        return
    for event in events:
        assert event.at <= NOW
        for said in (event.id, event.address, event.mark, event.message, event.reason):
            said.encode()


@each
@few
@given(body=st.binary(max_size=200))
def test_any_bytes_are_judged(caller: Caller, body: bytes) -> None:
    judged(caller, body)


@each
@few
@given(value=anything)
def test_any_json_is_judged(caller: Caller, value: Any) -> None:
    judged(caller, value)


@each
@few
@given(
    kind=st.sampled_from(KINDS),
    values=st.lists(anything, min_size=1, max_size=4),
    places=st.lists(st.integers(0, 200), min_size=1, max_size=4),
)
def test_an_event_with_anything_in_it_is_judged(
    caller: Caller, kind: str, values: list[Any], places: list[int]
) -> None:
    if kind in caller.never:
        return
    said = json.loads(json.dumps(caller.said(News(kind=kind))))
    for value, place in zip(values, places, strict=False):
        said = changed(said, place, value)
    judged(caller, [said] if caller.batches else said)


def paths(value: Any, *before: Any) -> list[tuple[Any, ...]]:
    """Return where something stands in a value, the value itself too."""
    found = [before]
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in pairs:
            found += paths(inner, *before, key)
    return found


def changed(value: Any, place: int, other: Any) -> Any:
    """Return the value with another in one of its places."""
    found = paths(value)
    path = found[place % len(found)]
    if not path:
        return value
    here = value
    for key in path[:-1]:
        here = here[key]
    here[path[-1]] = other
    return value
