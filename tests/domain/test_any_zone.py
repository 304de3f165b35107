"""Whatever stands in DNS, `doctor --domain` says something, and never breaks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import dns.exception
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from publisher.dns import Resolver
from publisher.domain import Key, look
from publisher.models import MailServer
from tests.domain.sending import facts
from tests.domain.zones import Zone, serving

NAMES = [
    "example.org.",
    "_dmarc.example.org.",
    "letters._domainkey.example.org.",
    "mx.example.org.",
    "127.0.0.1.",
    "1.0.0.127.in-addr.arpa.",
]
BEGINNINGS = [
    b"",
    b"v=spf1 ",
    b"v=DMARC1;",
    b"v=DKIM1;p=",
    b"v=DMARC1;p=none;rua=mailto:",
]
LEVELS = {"ok", "warning", "error", "skipped"}


def text(raw: bytes) -> str:
    said = "".join(rf"\{byte:03}" for byte in raw[:250])
    return f'"{said}"'


WORDS = st.sampled_from(
    [
        b"include:example.org",
        b"redirect=mx.example.org",
        b"mx",
        b"a:a..b",
        b"ptr",
        b"%{i}",
    ]
).map(lambda word: word + b" ")
TXT = st.builds(
    lambda first, rest: f"TXT {text(first + b''.join(rest))}",
    st.sampled_from(BEGINNINGS),
    st.lists(WORDS | st.binary(max_size=12), max_size=6),
)
OTHERS = st.sampled_from(
    ["A 127.0.0.1", "MX 0 .", "MX 5 mx.example.org.", "MX 1 127.0.0.1.", "PTR ."]
    + [f"CNAME {name}" for name in NAMES]
    + [f"PTR {name}" for name in NAMES]
)
LINES = st.lists(st.tuples(st.sampled_from(NAMES), TXT | OTHERS), max_size=12)
KNOWN = facts(
    keys=(Key("letters", "example.org", "v=DKIM1; k=ed25519; p=" + "A" * 43 + "="),),
    envelopes=("mx.example.org",),
    servers=(MailServer("127.0.0.1", 9), MailServer("mx.example.org", 9, "none")),
)


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Zone, str]]:
    zone = Zone("")
    with serving(zone) as place:
        yield zone, place


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(LINES, st.sets(st.sampled_from(NAMES), max_size=2))
def test_any_zone_is_told_in_lines(
    served: tuple[Zone, str], lines: list[tuple[str, str]], broken: set[str]
) -> None:
    zone, place = served
    with suppress(dns.exception.DNSException):  # an alias beside something else
        zone.fill("\n".join(" ".join(line) for line in lines))
    zone.broken = {name.rstrip(".") for name in broken}
    found = list(look(KNOWN, Resolver(place, patience=5)))
    assert {one.level for one in found} <= LEVELS
    assert all(f"{one}".isprintable() for one in found), [f"{one}" for one in found]
    subjects = {one.subject for one in found}
    assert {"SPF", "DKIM", "DMARC", "MX", "PTR", "TLS", "Clock"} <= subjects
