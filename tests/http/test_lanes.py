"""Lanes: each message is answered for, whatever happens on them."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.errors import (
    ProviderError,
    Refused,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)
from publisher.http.lanes import Lanes
from publisher.models import Receipt

ANSWERS: tuple[ProviderError | None, ...] = (
    None,
    None,
    None,
    Rejected("no such mailbox"),
    Uncertain("no answer"),
    Unavailable("greylisted", is_personal=True),
    Refused("wrong key"),
    Throttled("too many", retry_after=1),
    Unavailable("is down"),
)
STOPS = ANSWERS[6:]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(ANSWERS), max_size=30),
    st.lists(st.booleans(), max_size=30),
    st.integers(1, 6),
)
def test_whatever_is_pulled_has_one_answer(
    script: list[ProviderError | None], early: list[bool], lanes: int
) -> None:
    pulled: list[int] = []
    places: Counter[str] = Counter()

    def numbers() -> Iterator[int]:
        for number in range(len(script)):
            places[threading.current_thread().name] += 1
            pulled.append(number)
            yield number

    def is_early(number: int) -> bool:
        return script[number] is not None and number < len(early) and early[number]

    def packed(number: int) -> int:
        error = script[number]
        if error is not None and is_early(number):
            raise error
        return number

    def handed_over(number: int) -> Receipt:
        error = script[number]
        if error is not None:
            raise error
        return Receipt(f"{number}")

    answers = dict(Lanes(numbers(), packed, handed_over, lanes).answers())
    assert sorted(answers) == pulled
    assert places.keys() <= {threading.current_thread().name}
    for number, answer in answers.items():
        assert answer == (script[number] or Receipt(f"{number}"))
    ends = [number for number, error in enumerate(script) if error in STOPS]
    if not ends:
        assert len(pulled) == len(script)
        return
    # Beside what was on its way, nothing is pulled after what is about all. What cannot
    # even be packed is on no way.
    later = [number for number in pulled if number > ends[0]]
    assert len([one for one in later if not is_early(one)]) < lanes + 1


def test_as_many_are_on_their_way_as_there_are_lanes() -> None:
    meet = threading.Barrier(4, timeout=5)

    def handed_over(number: int) -> Receipt:
        meet.wait()
        return Receipt(f"{number}")

    answers = Lanes(iter(range(8)), int, handed_over, 4).answers()
    assert len(dict(answers)) == 8
    assert not [one for one in threading.enumerate() if one.name.startswith("lane")]


def test_what_is_odd_is_the_callers_to_see_and_the_others_arrive() -> None:
    arrived: list[int] = []

    def handed_over(number: int) -> Receipt:
        if not number:
            raise KeyError(number)
        time.sleep(0.01)
        arrived.append(number)
        return Receipt(f"{number}")

    with pytest.raises(KeyError):
        list(Lanes(iter(range(4)), int, handed_over, 4).answers())
    assert sorted(arrived) == [1, 2, 3]


def test_who_has_to_end_waits_for_no_call_that_hangs() -> None:
    class Ending(BaseException):
        pass

    is_over = threading.Event()

    def handed_over(number: int) -> Receipt:
        is_over.wait(30)
        return Receipt(f"{number}")

    def numbers() -> Iterator[int]:
        yield 1
        raise Ending

    began = time.monotonic()
    with pytest.raises(Ending):
        list(Lanes(numbers(), int, handed_over, 4).answers())
    assert time.monotonic() - began < 5
    is_over.set()
