"""Connections: how many, to which servers, for how long, and how fast."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import current_thread, main_thread
from typing import Any

import pytest

from publisher.errors import ConfigError, Refused, Throttled, Unavailable
from publisher.models import Email, Receipt
from publisher.providers.smtp import Smtp, crew, flight
from publisher.providers.smtp.job import Job
from publisher.providers.smtp.servers import Server, servers_in

Start = Callable[..., Any]
Emails = Callable[[int], list[Email]]
CHUNKING = ("PIPELINING", "CHUNKING")


def smtp_to(*servers: Any, **others: Any) -> Smtp:
    hosts = " ".join(f"127.0.0.1:{one.port}" for one in servers)
    return Smtp(hosts, security="none", **others)


def all_taken(answers: list[Any]) -> bool:
    return all(isinstance(one, Receipt) for one in answers)


@pytest.mark.parametrize("offers", [(), ("PIPELINING",), CHUNKING])
def test_one_call_carries_two_hundred(
    server: Start, emails: Emails, offers: tuple[str, ...]
) -> None:
    sink = server(*offers)
    smtp = smtp_to(sink, connections=1)
    assert smtp.limits.batch == 32
    assert all_taken(smtp.send_many(emails(200)))
    smtp.close()
    assert sink.connections == sink.quits == 1
    assert [one for one, _ in sink.accepted] == [
        f"reader{number}@example.net" for number in range(200)
    ]


def test_a_call_for_nobody_is_no_call(server: Start) -> None:
    sink = server()
    assert smtp_to(sink).send_many([]) == []
    assert sink.connections == 0


@pytest.mark.parametrize("offers", [("PIPELINING",), CHUNKING])
def test_one_bad_reader_harms_nobody_else(
    server: Start, emails: Emails, offers: tuple[str, ...]
) -> None:
    sink = server(
        *offers,
        refuses={"reader0@example.net": "550 no", "reader3@example.net": "450 later"},
        returns={"reader5@example.net": "554 spam"},
        keeps_envelopes=True,
    )
    smtp = smtp_to(sink, connections=1)
    answers = smtp.send_many(emails(8))
    smtp.close()
    assert [type(one).__name__ for one in answers] == [
        *("Rejected", "Receipt", "Receipt", "Unavailable"),
        *("Receipt", "Rejected", "Receipt", "Receipt"),
    ]
    assert sink.connections == 1
    assert len(sink.accepted) == 5


def test_a_near_server_gets_one_connection_and_a_far_one_more(
    server: Start, emails: Emails
) -> None:
    sink = server("PIPELINING")
    smtp = smtp_to(sink, connections=3)
    assert all_taken(smtp.send_many(emails(2)))
    assert sink.together == 1
    sink.delay = 0.01
    assert all_taken(smtp.send_many(emails(60)))
    assert sink.together == 3
    assert all_taken(smtp.send_many(emails(60)))  # over those that are open
    smtp.close()
    assert sink.connections == sink.quits == 3


def test_no_more_messages_on_a_connection_than_it_may_carry(
    server: Start, emails: Emails
) -> None:
    sink = server(*CHUNKING)
    smtp = smtp_to(sink, connections=1, messages_per_connection=4)
    assert all_taken(smtp.send_many(emails(10)))
    smtp.close()
    assert sink.mails == [4, 4, 2]
    assert sink.quits == 3


@pytest.mark.parametrize("offers", [(), ("PIPELINING",), CHUNKING])
def test_a_server_that_takes_few_on_a_connection_gets_another(
    server: Start, emails: Emails, offers: tuple[str, ...]
) -> None:
    sink = server(*offers, most=3)
    smtp = smtp_to(sink, connections=1)
    assert all_taken(smtp.send_many(emails(10)))
    smtp.close()
    assert len(sink.accepted) == 10


def test_connections_are_shared_by_weight() -> None:
    servers = servers_in("mx1.example.org mx2.example.org=3", 25)
    for _ in range(8):
        min(servers, key=lambda one: one.need).connections += 1
    assert [one.connections for one in servers] == [2, 6]


def test_messages_are_shared_by_weight_where_connections_end(
    server: Start, emails: Emails
) -> None:
    one, two = server(*CHUNKING), server(*CHUNKING)
    hosts = f"127.0.0.1:{one.port} 127.0.0.1:{two.port}=3"
    smtp = Smtp(hosts, security="none", connections=1, messages_per_connection=2)
    assert all_taken(smtp.send_many(emails(40)))
    smtp.close()
    assert (len(one.accepted), len(two.accepted)) == (10, 30)


def test_a_server_that_is_not_there_is_skipped(server: Start, emails: Emails) -> None:
    gone, busy, there = server(), server(greeting="421 busy"), server()
    gone.close()
    smtp = smtp_to(gone, busy, there)
    assert all_taken(smtp.send_many(emails(3)))
    smtp.close()
    assert len(there.accepted) == 3
    with pytest.raises(Throttled):
        smtp_to(gone, busy).send_many(emails(3))
    with pytest.raises(Unavailable, match="cannot be reached"):
        smtp_to(gone).send_many(emails(3))


def test_a_server_that_refuses_us_stops_the_call(server: Start, emails: Emails) -> None:
    sink = server(*CHUNKING, greeting="554 not you")
    with pytest.raises(Refused, match="not you"):
        smtp_to(sink).send_many(emails(50))
    assert sink.connections == 1


def test_a_server_that_dies_again_and_again_is_left_alone(
    server: Start, emails: Emails
) -> None:
    sink = server(faults=[("forget", 2)] * 50)
    with pytest.raises(Unavailable, match="closed the connection"):
        smtp_to(sink, connections=1).send_many(emails(30))
    assert sink.connections == crew.FRUITLESS


@pytest.mark.parametrize("words", [b"", b"421 4.4.2 idle for too long\r\n"])
def test_connections_that_the_server_ended_meanwhile_are_not_used(
    server: Start, emails: Emails, words: bytes
) -> None:
    sink = server("PIPELINING", "CHUNKING")
    sink.delay = 0.01
    smtp = smtp_to(sink, connections=4)
    assert all_taken(smtp.send_many(emails(60)))
    before = sink.connections
    assert before > 2
    sink.hang_up(words)
    assert all_taken(smtp.send_many(emails(60)))
    smtp.close()
    assert len(sink.accepted) == 120
    assert sink.connections > before


def test_a_server_that_takes_few_connections_is_not_pressed(
    server: Start, emails: Emails
) -> None:
    sink = server("PIPELINING", at_a_time=2)
    sink.delay = 0.01
    smtp = smtp_to(sink, connections=4)
    assert all_taken(smtp.send_many(emails(60)))
    smtp.close()
    assert sink.connections <= 4  # two may have asked before one heard no


def test_the_pace_is_each_servers_own(server: Start, emails: Emails) -> None:
    sink = server(*CHUNKING)
    smtp = smtp_to(sink, connections=2, per_second=40)
    began = time.monotonic()
    assert all_taken(smtp.send_many(emails(9)))
    assert time.monotonic() - began >= 8 / 40
    smtp.close()


def test_a_call_with_a_pace_lasts_about_a_second() -> None:
    assert Smtp("a.example.org", per_second=5).limits.batch == 5
    assert Smtp("a.example.org b.example.org", per_second=5).limits.batch == 10
    slow = Smtp("a.example.org", per_second=0.1).limits
    assert (slow.batch, slow.per_second) == (1, 0.1)
    assert Smtp("a.example.org", per_second=900).limits.batch == 32
    assert Smtp.limits.batch == 32


def test_who_interrupts_does_not_wait(
    server: Start, emails: Emails, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = server("PIPELINING")
    sink.delay = 0.2
    smtp = smtp_to(sink, connections=2)
    settle, settled = Job.settle, []

    def interrupted(job: Job, number: int, answer: Any) -> None:
        settle(job, number, answer)
        settled.append(number)
        if len(settled) >= 12 and current_thread() is main_thread():
            raise KeyboardInterrupt

    monkeypatch.setattr(Job, "settle", interrupted)
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        smtp.send_many(emails(100))
    assert time.monotonic() - began < 5  # of the ten that all would take
    assert sink.connections == 2
    assert len(sink.accepted) < 20
    monkeypatch.undo()
    assert all_taken(smtp.send_many(emails(2)))
    smtp.close()


def test_an_accident_is_not_hidden(
    server: Start, emails: Emails, monkeypatch: pytest.MonkeyPatch
) -> None:
    def begun(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(flight.Flight, "_begun", begun)
    smtp = smtp_to(server())
    with pytest.raises(ZeroDivisionError):
        smtp.send_many(emails(1))
    smtp.close()


@pytest.mark.parametrize(
    ("setting", "read"),
    [
        ("mx.example.org", [("mx.example.org", 587, 1)]),
        ("a:25  b=2\tc:26=3", [("a", 25, 1), ("b", 587, 2), ("c", 26, 3)]),
        (
            "::1 [::1]:2 [fe::1]=2",
            [("::1", 587, 1), ("::1", 2, 1), ("fe::1", 587, 2)],
        ),
    ],
)
def test_servers_are_read(setting: str, read: list[tuple[str, int, int]]) -> None:
    found: tuple[Server, ...] = servers_in(setting, 587)
    assert [(one.host, one.port, one.weight) for one in found] == read


@pytest.mark.parametrize(
    "setting", ["a=0", "a:b", "a=x", "[mx]", "a:1=2=3", ":25", "=2", "a:0", "a:65536"]
)
def test_what_is_no_server_is_named(setting: str) -> None:
    with pytest.raises(ConfigError, match="which is no server"):
        Smtp(setting)


def test_a_name_that_cannot_be_is_not_there(emails: Emails) -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        Smtp(f"{'x' * 70}.example.org", security="none").send(emails(1)[0])


def test_settings_that_cannot_be_are_named() -> None:
    with pytest.raises(ConfigError, match="SMTP_HOST"):
        Smtp(" ")
    with pytest.raises(ConfigError, match="SMTP_CONNECTIONS"):
        Smtp("a.example.org", connections=0)
