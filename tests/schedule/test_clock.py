from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import time_machine

from publisher.errors import ConfigError
from publisher.models import Campaign, Delay
from publisher.schedule import run_forever
from publisher.schedule.clock import Times


def test_the_trigger_gives_each_time_after_the_other() -> None:
    trigger = Times(Campaign(name="x", when="every day 08:00", timezone="Europe/Rome"))
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    first = trigger.get_next_fire_time(None, now)
    assert first == datetime(2026, 11, 23, 7, tzinfo=UTC)
    assert trigger.get_next_fire_time(first, now) == first + timedelta(days=1)
    once = Times(Campaign(name="x", when="at 2026-11-22 11:00"))
    assert once.get_next_fire_time(None, now) is None


def test_a_sequence_is_looked_at_each_minute() -> None:
    campaign = Campaign(
        name="x", when="1 day after subscribe", delay=Delay(timedelta(days=1))
    )
    now = datetime(2026, 11, 22, 12, 0, 30, tzinfo=UTC)
    first = Times(campaign).get_next_fire_time(None, now)
    assert first == datetime(2026, 11, 22, 12, 1, tzinfo=UTC)
    assert Times(campaign).get_next_fire_time(first, first) == datetime(
        2026, 11, 22, 12, 2, tzinfo=UTC
    )


def test_every_campaign_is_asked_at_the_start_and_stopping_stops() -> None:
    asked: list[str] = []
    campaigns = [
        Campaign(name="a", when="Fri 08:00"),
        Campaign(name="manual"),
        Campaign(name="off", when="Fri 08:00", enabled=False),
        Campaign(name="b", when="Fri 08:00"),
    ]
    run_forever(
        lambda: campaigns,
        lambda one: asked.append(one.name),
        stop=lambda: len(asked) > 1,
    )
    assert asked == ["a", "b"]


def test_a_changed_file_is_asked_again_and_a_broken_one_changes_nothing() -> None:
    asked: list[str] = []
    looked: list[int] = []
    end = time.monotonic() + 20

    def campaigns() -> list[Campaign]:
        looked.append(1)
        if len(looked) == 2:
            raise ConfigError("is being written")
        when = "Fri 08:00" if len(looked) < 4 else "Sat 08:00"
        return [Campaign(name="a", when=when)]

    run_forever(
        campaigns,
        lambda one: asked.append(one.when),
        stop=lambda: len(asked) > 1 or time.monotonic() > end,
        reload_seconds=0.01,
    )
    assert asked == ["Fri 08:00", "Sat 08:00"]
    assert len(looked) == 4


def test_when_the_time_comes_the_campaign_is_asked() -> None:
    asked: list[datetime] = []
    begun = datetime(2026, 11, 27, 6, 59, 59, 200_000, tzinfo=UTC)
    campaign = Campaign(name="a", when="Fri 08:00", timezone="Europe/Rome")
    with time_machine.travel(begun, tick=True):
        run_forever(
            lambda: [campaign],
            lambda _: asked.append(datetime.now(UTC)),
            stop=lambda: (
                len(asked) > 1 or datetime.now(UTC) > begun + timedelta(seconds=20)
            ),
        )
    at_start, in_time = asked
    assert at_start < datetime(2026, 11, 27, 7, tzinfo=UTC) <= in_time


def test_a_campaign_whose_last_time_has_come_can_leave() -> None:
    looked: list[int] = []
    begun = datetime(2026, 11, 27, 6, 59, 59, 500_000, tzinfo=UTC)
    end = begun + timedelta(seconds=2)
    campaign = Campaign(name="a", when="at 2026-11-27 07:00")

    def campaigns() -> list[Campaign]:
        looked.append(1)
        return [campaign] if datetime.now(UTC) < end - timedelta(seconds=1) else []

    with time_machine.travel(begun, tick=True):
        run_forever(
            campaigns,
            lambda _: None,
            stop=lambda: datetime.now(UTC) > end,
            reload_seconds=0.1,
        )
    assert len(looked) > 2


def test_a_campaign_that_wants_to_go_on_later_is_asked_then() -> None:
    asked: list[datetime] = []
    begun = datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC)
    midnight = begun + timedelta(seconds=1)
    campaign = Campaign(name="a", when="Fri 08:00")

    def tick(_campaign: Campaign) -> datetime | None:
        asked.append(datetime.now(UTC))
        return midnight if len(asked) == 1 else None

    with time_machine.travel(begun, tick=True):
        run_forever(
            lambda: [campaign],
            tick,
            stop=lambda: datetime.now(UTC) > midnight + timedelta(seconds=1),
        )
    assert len(asked) == 2
    assert asked[0] < midnight <= asked[1]
