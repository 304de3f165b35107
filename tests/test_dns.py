"""DNS, asked of a real server on loopback that also is silent, broken or short."""

from __future__ import annotations

import socket

import pytest

from publisher.dns import Resolver, Silent
from publisher.errors import ConfigError
from tests.domain.zones import Zone, serving

ZONE = """\
example.org. TXT "v=spf1 " "mx -all"
example.org. TXT "caf\\195\\169"
example.org. MX 20 second.example.org.
example.org. MX 10 First.example.org.
nothing.example.org. MX 0 .
first.example.org. A 192.0.2.1
first.example.org. AAAA 2001:db8::1
www.example.org. CNAME first.example.org.
round.example.org. CNAME about.example.org.
about.example.org. CNAME round.example.org.
1.2.0.192.in-addr.arpa. PTR first.example.org.
long.example.org. TXT "there"
"""


@pytest.fixture
def zone() -> Zone:
    return Zone(ZONE)


def test_what_stands_under_a_name(zone: Zone) -> None:
    with serving(zone) as place:
        dns = Resolver(place)
        assert set(dns.txt("example.org")) == {"v=spf1 mx -all", "café"}
        assert [host for _, host in dns.mx("example.org")] == [
            "first.example.org",
            "second.example.org",
        ]
        assert dns.mx("nothing.example.org") == ((0, ""),)
        assert dns.addresses("www.example.org") == ("192.0.2.1", "2001:db8::1")
        assert dns.ipv4("www.example.org") == ("192.0.2.1",)
        assert dns.alias("www.example.org") == "first.example.org"
        assert dns.names("192.0.2.1") == ("first.example.org",)


@pytest.mark.parametrize(
    "name",
    ["no.example.org", "1.2.0.192.in-addr.arpa", "a..b", "x" * 64 + ".org", "a\\"],
)
def test_what_is_not_there_is_empty(name: str, zone: Zone) -> None:
    with serving(zone) as place:
        assert Resolver(place).txt(name) == ()


def test_each_question_is_asked_once(zone: Zone) -> None:
    with serving(zone) as place:
        dns = Resolver(place)
        for name in ("example.org", "EXAMPLE.org.", "example.org"):
            dns.txt(name)
    assert zone.asked == [("example.org", "TXT", "udp")]


def test_an_answer_that_is_cut_short_comes_over_tcp(zone: Zone) -> None:
    zone.cut = {"long.example.org"}
    with serving(zone) as place:
        assert Resolver(place).txt("long.example.org") == ("there",)
    assert [way for *_, way in zone.asked] == ["udp", "tcp"]


def test_a_broken_zone_is_said_in_a_line(zone: Zone) -> None:
    zone.broken = {"example.org"}
    with serving(zone) as place, pytest.raises(Silent, match="DNS fails for example"):
        Resolver(place).txt("example.org")


def test_aliases_that_go_round_are_a_broken_zone(zone: Zone) -> None:
    with serving(zone) as place, pytest.raises(Silent):
        Resolver(place).txt("round.example.org")


def test_one_address_is_enough_where_the_other_kind_is_not_answered(
    zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(zone) as place:
        dns = Resolver(place, patience=1)
        known = dns.ipv4("first.example.org")
        zone.silent = {"first.example.org"}
        assert dns.addresses("first.example.org") == known


def test_where_nobody_answers_at_all_the_rest_is_not_asked(zone: Zone) -> None:
    zone.silent = {f"{number}.example.org" for number in range(9)}
    with serving(zone) as place:
        dns = Resolver(place, patience=0.2)
        for number in range(9):
            with pytest.raises(Silent):
                dns.txt(f"{number}.example.org")
    assert {name for name, *_ in zone.asked} == {"0.example.org", "1.example.org"}


def test_a_resolver_that_is_not_there_is_silent() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        with pytest.raises(Silent, match="does not answer"):
            Resolver(f"127.0.0.1:{port}", patience=0.2).txt("example.org")


@pytest.mark.parametrize(
    "server", ["localhost", "127.0.0.1:0", "[::1]:x", "1.2.3.4:99999", "::1:"]
)
def test_a_resolver_that_is_no_address_is_refused(server: str) -> None:
    with pytest.raises(ConfigError, match="PUBLISHER_RESOLVER"):
        Resolver(server)
