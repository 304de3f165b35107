from __future__ import annotations

from collections.abc import Sequence

import pytest

from publisher.errors import (
    ProviderError,
    Refused,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)
from publisher.http.chain import put_all

WAIT = Throttled("wait", retry_after=4)


class Wall:
    """Takes notes in order, and fails as its script says."""

    def __init__(self, *script: ProviderError | None, sticky: bool = False) -> None:
        self.script = list(script)
        self.shown: list[str] = []
        self.slept: list[float] = []
        self.sticky = sticky

    def put(self, before: Sequence[str]) -> list[str]:
        assert list(before) == self.shown
        error = self.script.pop(0) if self.script else None
        if error:
            raise error
        self.shown.append(f"{len(self.shown)}")
        return self.shown[-1:]

    def take_back(self, one: str) -> None:
        if self.sticky:
            raise Unavailable("not now")
        assert self.shown.pop() == one

    def run(self) -> list[str]:
        puts = [self.put] * 3
        return put_all(puts, self.take_back, provider="wall", sleep=self.slept.append)


def test_all_parts_stand_there() -> None:
    assert Wall().run() == ["0", "1", "2"]


@pytest.mark.parametrize(
    "error", [Rejected("no"), Refused("no"), Unavailable("no"), WAIT]
)
def test_a_failure_of_the_first_is_its_own(error: ProviderError) -> None:
    wall = Wall(error)
    with pytest.raises(type(error)):
        wall.run()
    assert (wall.shown, wall.slept) == ([], [])


@pytest.mark.parametrize("error", [Rejected("no"), Refused("no"), Unavailable("no")])
def test_half_a_thread_is_taken_back(error: ProviderError) -> None:
    wall = Wall(None, None, error)
    with pytest.raises(type(error)):
        wall.run()
    assert wall.shown == []


def test_half_a_thread_that_stays_is_uncertain() -> None:
    with pytest.raises(Uncertain, match="wall has the first 2 messages"):
        Wall(None, None, Rejected("no"), sticky=True).run()


def test_nothing_is_taken_back_where_nobody_knows_what_is_there() -> None:
    wall = Wall(None, Uncertain("lost"))
    with pytest.raises(Uncertain, match=r"the first 1 messages .* lost"):
        wall.run()
    assert wall.shown == ["0"]


def test_a_short_wait_is_waited_for_once() -> None:
    wall = Wall(None, WAIT)
    assert wall.run() == ["0", "1", "2"]
    assert wall.slept == [4]


@pytest.mark.parametrize("script", [[WAIT, WAIT], [Throttled("wait", retry_after=60)]])
def test_a_long_wait_is_for_the_whole_thread(script: list[ProviderError]) -> None:
    wall = Wall(None, *script)
    with pytest.raises(Throttled):
        wall.run()
    assert wall.shown == []
