"""What was made once is found again, and the oldest is forgotten."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from publisher.memory import REMEMBERED, OncePer


class Doubling:
    """Counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, value: list[int]) -> list[int]:
        self.asked += 1
        return value * 2


def test_the_same_value_is_worked_out_once() -> None:
    work = Doubling()
    double = OncePer(work)
    first, equal = [1], [1]
    assert [double(first), double(first), double(equal)] == [[1, 1]] * 3
    assert double(first) is double(first)
    assert work.asked == 2


def test_only_the_last_few_are_remembered() -> None:
    work = Doubling()
    double = OncePer(work)
    values = [[number] for number in range(REMEMBERED + 1)]
    for value in (*values, values[-1], values[1]):
        assert double(value) == value * 2
    assert work.asked == REMEMBERED + 1
    assert double(values[0]) == [0, 0]
    assert work.asked == REMEMBERED + 2


def test_many_threads_may_ask_at_once() -> None:
    double = OncePer(Doubling())
    values = [[number] for number in range(100)]
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(double, values * 20))
    assert made == [value * 2 for value in values] * 20


def test_what_cannot_be_made_is_not_remembered() -> None:
    asked = []

    def refuse(value: str) -> str:
        asked.append(value)
        raise ValueError(value)

    once = OncePer(refuse)
    for _ in range(2):
        with pytest.raises(ValueError, match="a"):
            once("a")
    assert asked == ["a", "a"]
