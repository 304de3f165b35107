"""The pace of an account: shared, honoured by all, and never stuck."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from publisher.models import Pace, Standing, Turn, WarmUp
from publisher.store import Account, Books, open_books

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
FREE = Pace()


def account(books: Books, digest: str = "abc") -> Account:
    return books.paces.account(digest, channel="mailgun", zone=ZoneInfo("Europe/Rome"))


def turn(
    of: Account,
    *,
    now: datetime = NOW,
    calls: int = 1,
    messages: int | None = None,
    interval: timedelta = SECOND,
    pace: Pace = FREE,
) -> Turn:
    count = calls if messages is None else messages
    return of.turn(now=now, calls=calls, messages=count, interval=interval, pace=pace)


def test_calls_are_reserved_one_after_another(books: Books) -> None:
    one = account(books)
    assert turn(one, calls=3).at == NOW
    assert turn(one).at == NOW + 3 * SECOND
    assert turn(account(books, "other")).at == NOW


def test_time_without_calls_is_not_saved_up(books: Books) -> None:
    one = account(books)
    turn(one)
    late = NOW + 60 * SECOND
    assert turn(one, now=late, calls=2).at == late
    assert turn(one, now=late).at == late + 2 * SECOND


def test_four_at_once_never_get_the_same_time(url: str) -> None:
    def turns() -> list[datetime]:
        with open_books(url) as books:
            one = account(books)
            return [turn(one, calls=2).at for _ in range(10)]

    open_books(url).close()
    with ThreadPoolExecutor(4) as four:
        found = sorted(
            at for some in four.map(lambda _: turns(), range(4)) for at in some
        )
    assert {after - before for before, after in pairwise(found)} == {2 * SECOND}


def test_all_wait_for_a_block_and_go_slower_after_it(books: Books) -> None:
    one = account(books)
    until = NOW + 10 * SECOND
    kept = one.block(now=NOW, until=until, taken=5, since=NOW - 10 * SECOND)
    assert (kept.blocks, kept.share, kept.speed) == (1, 0.7, 0.3125)
    first = turn(account(books))
    assert (first.at, first.between) == (until, SECOND / 0.7)


def test_several_refusals_within_one_wait_slow_down_once(books: Books) -> None:
    one = account(books)
    until = NOW + 10 * SECOND
    one.block(now=NOW, until=until, taken=5, since=NOW)
    kept = one.block(now=NOW + SECOND, until=NOW + 20 * SECOND, taken=5, since=NOW)
    assert (kept.blocks, kept.share) == (1, 0.7)
    assert kept.blocked_until == NOW + 20 * SECOND


def test_the_pace_recovers_while_nobody_is_refused(books: Books) -> None:
    one = account(books)
    one.block(now=NOW, until=NOW + SECOND, taken=5, since=NOW)
    assert turn(one, now=NOW + 3 * SECOND).between == SECOND / 0.8
    assert turn(one, now=NOW + 60 * SECOND).between == SECOND


def test_an_unknown_pace_is_learned_grows_and_is_forgotten(books: Books) -> None:
    one = account(books)
    nothing = timedelta(0)
    assert turn(one, interval=nothing).between == nothing
    one.block(now=NOW, until=NOW + SECOND, taken=40, since=NOW - 3 * SECOND)
    learned = turn(one, now=NOW + SECOND, interval=nothing).between
    assert learned == SECOND / 12.5
    assert turn(one, now=NOW + 3 * SECOND, interval=nothing).between < learned
    later = NOW + timedelta(hours=1)
    assert turn(one, now=later, interval=nothing).between == nothing


def test_a_day_ends_at_midnight_of_the_owner(books: Books) -> None:
    one, pace = account(books), Pace(per_day=10)
    assert turn(one, messages=7, pace=pace).messages == 7
    assert turn(one, messages=7, pace=pace).messages == 3
    assert turn(one, messages=7, pace=pace).messages == 0
    before = datetime(2026, 11, 20, 22, 59, tzinfo=UTC)
    assert turn(one, now=before, pace=pace).messages == 0
    after = turn(one, now=before + timedelta(minutes=2), pace=pace)
    assert (after.messages, after.day) == (1, date(2026, 11, 21))


def test_what_was_not_sent_may_be_sent_later_that_day(books: Books) -> None:
    one, pace = account(books), Pace(per_day=10)
    taken = turn(one, messages=10, pace=pace)
    one.give_back(4, taken.day)
    one.give_back(4, taken.day - timedelta(days=1))
    assert turn(one, messages=10, pace=pace).messages == 4


def test_a_warm_up_grows_with_the_days_on_which_something_was_sent(
    books: Books,
) -> None:
    one, pace = account(books), Pace(warm_up=WarmUp(start=50, grow=2, until=150))
    granted = [
        turn(one, now=NOW + timedelta(days=day), messages=500, pace=pace).messages
        for day in (0, 7, 8)
    ]
    assert granted == [50, 100, 500]


def test_a_warm_up_with_a_date_grows_by_the_calendar(books: Books) -> None:
    warm_up = WarmUp(caps=(10, 20, 30), since=date(2026, 11, 19))
    pace = Pace(per_day=25, warm_up=warm_up)
    one = account(books)
    granted = [
        turn(one, now=NOW + timedelta(days=day), messages=500, pace=pace).messages
        for day in (0, 1, 2)
    ]
    assert granted == [20, 25, 25]


@given(
    caps=st.lists(st.integers(1, 10**6)).map(tuple),
    start=st.integers(1, 10**6),
    grow=st.floats(1, 100),
    day=st.integers(0, 10_000),
)
def test_a_warm_up_has_a_cap_for_every_day_or_is_over(
    caps: tuple[int, ...], start: int, grow: float, day: int
) -> None:
    cap = WarmUp(caps=caps, start=start, grow=grow).cap(day)
    assert cap is None or cap >= min((start, *caps))


def test_a_clock_that_was_set_back_makes_nobody_wait_longer(books: Books) -> None:
    one = account(books)
    one.block(now=NOW, until=NOW + 10 * SECOND, taken=1, since=NOW)
    earlier = NOW - timedelta(days=400)
    assert turn(one, now=earlier).at == earlier + 10 * SECOND
    pace = Pace(per_day=2)
    assert turn(one, now=earlier + SECOND, pace=pace).messages == 1


moments = st.integers(-(10**6), 10**6).map(lambda seconds: NOW + seconds * SECOND)
steps = st.lists(
    st.tuples(moments, st.sampled_from(["turn", "block"]), st.integers(0, 86_400)),
    max_size=20,
)


@given(steps)
def test_no_wait_is_longer_than_what_was_asked_for_or_reserved(
    done: list[tuple[datetime, str, int]],
) -> None:
    known, longest = Standing(), timedelta(minutes=1)
    for now, what, seconds in done:
        if what == "block":
            until = now + seconds * SECOND
            known = known.blocked(now=now, until=until, taken=1, since=now)
            longest += seconds * SECOND
            continue
        known, given_ = known.turn(
            now=now, day=now.date(), calls=2, messages=2, interval=SECOND, pace=FREE
        )
        assert timedelta(0) <= given_.at - now <= longest
        longest += 2 * given_.between


def test_a_share_never_falls_to_nothing() -> None:
    known = Standing()
    for second in range(0, 200, 2):
        now = NOW + second * SECOND
        known = known.blocked(now=now, until=now + SECOND, taken=0, since=now)
    assert known.share >= 0.1
