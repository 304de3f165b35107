"""SPF: read as RFC 7208 has it, and counted as receivers count."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.dns import Resolver
from publisher.domain import Finding, spf, spf_cost, tags
from publisher.domain.model import Wrong
from publisher.models import MailServer
from tests.domain.conftest import Asking
from tests.domain.sending import facts
from tests.domain.zones import Zone

GOOD = [
    "v=spf1",
    "V=SPF1 -ALL",
    "v=spf1  mx   ~all ",
    "v=spf1 +a -a:example.org ?a/24 a//64 a:example.org/24//64 -all",
    "v=spf1 ip4:192.0.2.1 ip4:192.0.2.0/24 ip6:2001:db8::/32 ip6:::1 ~all",
    "v=spf1 include:_spf.example.org ptr ptr:example.org exists:%{ir}.l.example.org",
    "v=spf1 redirect=_spf.example.org exp=why.%{d}",
    "v=spf1 unknown=thing include:%{d2} a:under_score.example.org. -all",
    "v=spf1 a:example.xn--p1ai mx/0 -all",
]
BAD = {
    "v=spf1 all:example.org": "nothing behind",
    "v=spf1 include": "names no domain",
    "v=spf1 include:": "names no domain",
    "v=spf1 include:localhost": "names no domain",
    "v=spf1 include:example.123": "names no domain",
    "v=spf1 include:example..org": "names no domain",
    "v=spf1 include:%{z}.example.org": "names no domain",
    "v=spf1 exists": "names no domain",
    "v=spf1 a:example.org/33": "prefix length",
    "v=spf1 a//129": "prefix length",
    "v=spf1 mx/024": "prefix length",
    "v=spf1 ip4:300.1.1.1": "no network",
    "v=spf1 ip4:192.0.2.0/255.255.255.0": "no network",
    "v=spf1 ip4": "no network",
    "v=spf1 ip6:192.0.2.1": "no network",
    "v=spf1 include=example.org all": "",  # a modifier that nobody knows: ignored
    "v=spf1 includes:example.org": "no mechanism",
    "v=spf1 ipv4:192.0.2.1": "no mechanism",
    "v=spf1 mx, a": "no mechanism",
    "v=spf1 redirect=a.example redirect=b.example": "stands twice",
    "v=spf1 redirect=": "names no domain",
    "v=spf2.0 all": "does not begin",
}


@pytest.mark.parametrize("text", GOOD)
def test_a_good_record_is_read(text: str) -> None:
    spf.parse(text)


@pytest.mark.parametrize(("text", "why"), [one for one in BAD.items() if one[1]])
def test_a_broken_record_says_where(text: str, why: str) -> None:
    with pytest.raises(Wrong, match=why):
        spf.parse(text)


def test_what_stands_behind_all_is_never_reached() -> None:
    record = spf.parse("v=spf1 a -all include:b.example redirect=c.example")
    assert [str(one) for one in record.terms] == ["a", "-all"]
    assert record.redirect == ""


WORDS = st.sampled_from(
    "a mx ptr all include: exists: ip4: ip6: redirect= exp= : / // 24 %{i} %{ "
    "% - ~ ? + example.org 192.0.2.1 2001:db8:: v=spf1 _ . 999 \0 é".split(" ")
) | st.text(max_size=4)


@given(st.lists(st.lists(WORDS, max_size=5).map("".join), max_size=8).map(" ".join))
def test_no_record_can_break_the_reader(text: str) -> None:
    with suppress(Wrong):
        record = spf.parse(f"v=spf1 {text}")
        again = spf.parse(f"v=spf1 {' '.join(map(str, record.terms))}")
        assert again.terms == record.terms


@given(st.text(max_size=60))
def test_what_is_quoted_of_a_record_fits_into_a_line(text: str) -> None:
    said = tags.shown(text)
    assert said.isprintable()
    assert len(said) <= 23


# --- followed ------------------------------------------------------------------------


def found(resolver: Resolver, domain: str = "example.org") -> list[tuple[str, str]]:
    made = spf_cost.look(facts(domain=domain), resolver)
    return [(one.level, one.message) for one in made]


def test_look_ups_are_counted_through_includes(asking: Asking) -> None:
    resolver = asking(
        """\
example.org. TXT "v=spf1 a mx include:one.example.org ip4:192.0.2.9 -all"
example.org. A 192.0.2.1
example.org. MX 10 mx.example.org.
one.example.org. TXT "v=spf1 include:two.example.org exists:example.org ~all"
two.example.org. TXT "v=spf1 redirect=three.example.org"
three.example.org. TXT "v=spf1 ip4:192.0.2.3 -all"
"""
    )
    assert found(resolver) == [("ok", "example.org: 6 of 10 look-ups")]


def test_eleven_look_ups_are_one_too_many(asking: Asking) -> None:
    lines = [
        'example.org. TXT "v=spf1 ' + "a " * 11 + '-all"',
        "example.org. A 192.0.2.1",
    ]
    (only,) = found(asking("\n".join(lines)))
    assert only == ("error", "example.org takes 11 DNS look-ups, 10 are allowed")


def test_ten_look_ups_are_allowed(asking: Asking) -> None:
    lines = [
        'example.org. TXT "v=spf1 ' + "a " * 10 + '-all"',
        "example.org. A 192.0.2.1",
    ]
    assert found(asking("\n".join(lines))) == [("ok", "example.org: 10 of 10 look-ups")]


def test_a_tree_of_includes_ends(asking: Asking) -> None:
    tree = [
        f'n{number}.example.org. TXT "v=spf1 '
        + f"include:n{number + 1}.example.org " * 4
        + '-all"'
        for number in range(8)
    ]
    tree += ['n8.example.org. TXT "v=spf1 -all"', "example.org. CNAME n0.example.org."]
    zone = Zone("\n".join(tree))
    (only,) = found(asking(zone))
    assert only == (
        "error",
        "example.org takes 60 or more DNS look-ups, 10 are allowed",
    )
    assert len(zone.asked) < 20


def test_three_look_ups_that_find_nothing_are_too_many(asking: Asking) -> None:
    resolver = asking(
        """\
example.org. TXT "v=spf1 a:one.example.org mx:two.example.org -all"
more.example.org. TXT "v=spf1 redirect=most.example.org"
most.example.org. TXT "v=spf1 a mx exists:none.example.org -all"
"""
    )
    assert found(resolver) == [("ok", "example.org: 2 of 10 look-ups")]
    (only,) = found(resolver, "more.example.org")
    assert only == ("error", "more.example.org: 3 look-ups find nothing, 2 are allowed")


BROKEN = {
    'example.org. TXT "v=spf1 -all"\nexample.org. TXT "v=spf1 mx -all"': "2 SPF record",
    'example.org. TXT "v=spf1 include:example.org -all"': (
        "includes itself: example.org → example.org"
    ),
    'example.org. TXT "v=spf1 redirect=b.example.org"\n'
    'b.example.org. TXT "v=spf1 include:example.org -all"': "example.org → b",
    'example.org. TXT "v=spf1 include:b.example.org -all"': (
        "it leads to b.example.org, which has no SPF record"
    ),
    'example.org. TXT "v=spf1 include:b.example.org -all"\n'
    'b.example.org. TXT "v=spf1 ipv4:192.0.2.1 -all"': "of b.example.org is broken",
    'example.org. TXT "v=spf1 mx -all"\n'
    + "\n".join(f"example.org. MX 10 m{number}.example.org." for number in range(11)): (
        "11 mail servers"
    ),
}


@pytest.mark.parametrize("zone", BROKEN)
def test_what_receivers_take_for_a_permanent_error(zone: str, asking: Asking) -> None:
    ((level, said),) = found(asking(zone))
    assert level == "error"
    assert BROKEN[zone] in said


ODD = {
    '"v=spf1 +all"': ("error", "anybody may send as you"),
    '"v=spf1 all"': ("error", "anybody may send as you"),
    '"v=spf1 mx ?all"': ("warning", "says nothing"),
    '"v=spf1 ip4:192.0.2.1"': ("warning", "all other servers"),
    '"v=spf1 ptr ~all"': ("warning", "uses ptr"),
}


@pytest.mark.parametrize("record", ODD)
def test_what_is_allowed_and_still_not_good(record: str, asking: Asking) -> None:
    last = found(asking(f"example.org. TXT {record}"))[-1]
    assert last[0] == ODD[record][0]
    assert ODD[record][1] in last[1]


@pytest.mark.parametrize(
    "end", ["+all", "include:c.example.org -all", "ip4:0.0.0.0/0 -all"]
)
def test_an_include_that_lets_everybody_in_does_so_for_us(
    end: str, asking: Asking
) -> None:
    resolver = asking(
        'example.org. TXT "v=spf1 include:b.example.org ~all"\n'
        f'b.example.org. TXT "v=spf1 {end}"\n'
        'c.example.org. TXT "v=spf1 all"'
    )
    ((level, said),) = found(resolver)
    assert (level, "anybody may send as you" in said) == ("error", True)


def test_an_include_that_refuses_the_rest_refuses_only_its_own(asking: Asking) -> None:
    resolver = asking(
        'example.org. TXT "v=spf1 include:b.example.org ~all"\n'
        'b.example.org. TXT "v=spf1 -all"'
    )
    assert found(resolver) == [("ok", "example.org: 1 of 10 look-ups")]


def test_a_macro_is_counted_and_not_followed(asking: Asking) -> None:
    resolver = asking('example.org. TXT "v=spf1 include:%{i}._spf.example.org ~all"')
    assert found(resolver) == [("ok", "example.org: 1 of 10 look-ups")]


def test_without_a_record_the_hint_names_our_servers(asking: Asking) -> None:
    server = MailServer("smtp.example.org", 587)
    known = facts(envelopes=("bounce.example.org",), servers=(server,))
    first, second = spf_cost.look(known, asking('example.org. TXT "hello"'))
    assert (first.level, second.level) == ("warning", "error")
    assert second == Finding(
        "error",
        "SPF",
        "bounce.example.org has no record",
        'Try: add TXT bounce.example.org "v=spf1 a:smtp.example.org ~all"',
    )


def test_a_record_with_a_typing_error_is_seen(asking: Asking) -> None:
    (only,) = spf_cost.look(facts(), asking('example.org. TXT "v=spf1;mx ~all"'))
    assert only.hint == "Try: let the TXT record begin with v=spf1 and a blank"
