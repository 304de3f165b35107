"""Each way in which a provider says how long to wait."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.http.waits import LONGEST_WAIT, retry_after

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
NOW = int(NOON.timestamp())


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 30),
        ({"Retry-After": "12"}, 12),
        ({"Retry-After": "0"}, 1),
        ({"Retry-After": "1.5"}, 1.5),
        ({"Retry-After": "Sun, 22 Nov 2026 12:01:30 GMT"}, 90),
        ({"Retry-After": "Sun, 22 Nov 2026 11:00:00 GMT"}, 1),
        ({"RateLimit-Reset": "40"}, 40),
        ({"RateLimit-Reset": str(int(NOON.timestamp()) + 300)}, 300),
        ({"X-RateLimit-Reset": str(int(NOON.timestamp()) + 60)}, 60),
        ({"X-RateLimit-Reset": "2026-11-22T12:05:00.000Z"}, 300),
        ({"X-RateLimit-Reset": "never", "Retry-After": "soon"}, 30),
        ({"X-Sib-RateLimit-Reset": "25"}, 25),
        ({"Retry-After": "9999999"}, 86_400),
        ({"Retry-After": "20", "X-RateLimit-Reset": "500"}, 20),
        ({"Date": "Sun, 22 Nov 2026 12:00:30 GMT", "RateLimit-Reset": "9"}, 9),
    ],
)
def test_every_way_to_say_when(headers: dict[str, str], seconds: float) -> None:
    assert retry_after(headers, now=NOON) == seconds


def test_the_servers_own_clock_is_now() -> None:
    headers = {
        "Date": "Thu, 01 Jan 2026 00:00:00 GMT",
        "Retry-After": "Thu, 01 Jan 2026 00:00:20 GMT",
    }
    assert retry_after(headers, now=NOON) == 20


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "0.3"}, 0.3),
        ({"RateLimit": "limit=100, remaining=0, reset=50"}, 50),
        ({"RateLimit": '"second";r=3;t=1, "day";r=0;t=600'}, 600),
        ({"RateLimit": '"second";r=0;t=1,"hour";r=0;t=60'}, 60),
        ({"RateLimit": '"default";r=5;t=7', "RateLimit-Reset": "9"}, 9),
        ({"RateLimit-Policy": "100;w=60", "RateLimit-Reset": "9"}, 9),
        ({"X-RateLimit-Reset": str(NOW * 1000 + 60_000)}, 60),
        ({"X-RateLimit-Reset": str(NOW * 1000 + 1)}, 1),
        ({"X-RateLimit-Reset": f"{NOW + 90}.25"}, 91),
        ({"X-RateLimit-Reset": "60"}, 60),
        ({"X-RateLimit-Reset-After": "1.338"}, 1.338),
        ({"X-Rate-Limit-Reset": str(NOW + 900)}, 900),
        ({"Retry-After": "9" * 16}, 86_400),
        ({"Retry-After": "9" * 400}, 30),
    ],
)
def test_the_dialects_of_headers(headers: dict[str, str], seconds: float) -> None:
    assert retry_after(headers, now=NOON) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ({"ok": False, "parameters": {"retry_after": 35}}, 35),
        ({"retry_after": 0.529, "global": False}, 0.529),
        ({"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 2000}, 2),
        ({"retry_after_ms": 1500}, 1.5),
        ({"retry_after": 10**400}, 86_400),
        ({"retry_after": True}, 30),
        ({"retry_after": "soon"}, 30),
        ({"retry_after": float("nan")}, 30),
        ({"retry_after": -3}, 1),
        (["retry_after", 3], 30),
        (None, 30),
    ],
)
def test_the_dialects_of_answers(said: Any, seconds: float) -> None:
    assert retry_after({}, said, now=NOON) == pytest.approx(seconds)


def test_a_header_that_is_there_says_it() -> None:
    assert retry_after({"Retry-After": "2"}, {"retry_after": 1.7}, now=NOON) == 2


NAMES = st.sampled_from(
    ["Retry-After", "RateLimit", "RateLimit-Reset", "X-RateLimit-Reset", "Date"]
)
NUMBERS = st.integers() | st.floats()
VALUES = (
    st.text()
    | NUMBERS.map(str)
    | st.integers(0, 10**15).map(lambda number: f"limit=1, remaining=0, reset={number}")
    | st.datetimes().map(datetime.isoformat)
    | st.datetimes().map(lambda at: f"{at:%a, %d %b %Y %H:%M:%S} GMT")
)
SAID = st.dictionaries(
    st.sampled_from(["retry_after", "retry_after_ms", "parameters"]),
    NUMBERS | st.text() | st.none() | st.fixed_dictionaries({"retry_after": NUMBERS}),
)


@given(st.dictionaries(NAMES, VALUES), SAID)
def test_whatever_is_said_the_wait_is_bearable(
    headers: dict[str, str], said: dict[str, Any]
) -> None:
    assert 0 < retry_after(headers, said, now=NOON) <= LONGEST_WAIT
