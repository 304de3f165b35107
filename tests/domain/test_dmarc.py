"""DMARC: the record, where it is found, and what agrees with who writes."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.domain import Key, dmarc, policy
from publisher.domain.model import Wrong
from tests.domain.conftest import Asking
from tests.domain.sending import facts
from tests.domain.zones import Zone

RUA = "rua=mailto:reports@example.org"
STRICT = f'_dmarc.example.org. TXT "v=DMARC1; p=reject; adkim=s; aspf=s; {RUA}"'
OK = f'_dmarc.example.org. TXT "v=DMARC1; p=reject; {RUA}"'


def found(
    asking: Asking,
    text: str,
    *,
    domain: str = "example.org",
    signs: tuple[str, ...] = ("example.org",),
    envelopes: tuple[str, ...] = (),
) -> list[tuple[str, str]]:
    keys = tuple(Key("letters", one) for one in signs)
    known = facts(domain=domain, keys=keys, envelopes=envelopes)
    return [(one.level, f"{one}") for one in policy.look(known, asking(text))]


def test_a_good_record(asking: Asking) -> None:
    assert found(asking, OK, envelopes=("example.org",)) == [
        ("ok", "DMARC: _dmarc.example.org: reject"),
        (
            "ok",
            "Alignment: example.org: DKIM signs as example.org, bounces go to "
            "example.org",
        ),
    ]


def test_below_an_organization_its_record_holds(asking: Asking) -> None:
    text = f'_dmarc.example.org. TXT "v=DMARC1; p=reject; sp=quarantine; {RUA}"'
    first, *_ = found(asking, text, domain="a.news.example.org")
    assert first == ("ok", "DMARC: _dmarc.example.org: quarantine")


def test_a_subdomain_with_a_record_of_its_own_has_its_own_policy(
    asking: Asking,
) -> None:
    text = f'{OK}\n_dmarc.news.example.org. TXT "v=DMARC1; p=quarantine; {RUA}"'
    first, *_ = found(asking, text, domain="news.example.org")
    assert first == ("ok", "DMARC: _dmarc.news.example.org: quarantine")


WATCHED = {
    "v=DMARC1; p=none; " + RUA: "only watches",
    "v=DMARC1; " + RUA: "has no p=",
    "v=DMARC1; p=reject; t=y; " + RUA: "is a test",
    "v=DMARC1; p=reject; pct=20; " + RUA: "is for 20 %",
    "v=DMARC1; p=reject": "no reports",
    "v=DMARC1; p=reject; adkim=x; " + RUA: 'cannot read adkim="x"',
    "v=DMARC1; p=reject; pct=101; " + RUA: 'cannot read pct="101"',
    "v=DMARC1; p=reject; rua=us@example.org": "cannot read rua=",
    "v=DMARC1; p=reject; rua=mailto:us@example.net": "does not say that it takes",
}


@pytest.mark.parametrize("text", WATCHED)
def test_what_could_be_better_is_a_warning(text: str, asking: Asking) -> None:
    said = found(asking, f'_dmarc.example.org. TXT "{text}"')
    assert [
        line for level, line in said if level == "warning" and WATCHED[text] in line
    ]
    assert all(level != "error" for level, _ in said)


def test_reports_may_go_elsewhere_where_that_is_agreed(asking: Asking) -> None:
    text = (
        '_dmarc.example.org. TXT "v=DMARC1; p=reject; rua=mailto:us@example.net!10m"\n'
        'example.org._report._dmarc.example.net. TXT "v=DMARC1"'
    )
    assert [level for level, _ in found(asking, text)] == ["ok", "ok"]


BROKEN = {
    "": "there is no record at _dmarc.example.org",
    'example.org. TXT "v=DMARC1; p=none"': "stands at example.org instead",
    '_dmarc.example.org. TXT "v=dmarc1; p=none"': "must begin with v=DMARC1;",
    f"{OK}\n{OK.replace('reject', 'none')}": "2 records stand at",
    '_dmarc.example.org. TXT "v=DMARC1; p=rejct"': "must be one of none, quarantine",
    '_dmarc.example.org. TXT "v=DMARC1; p=none; sp=x"': "must be one of none, quarant",
    '_dmarc.example.org. TXT "v=DMARC1; p=none; p=reject"': "stands twice",
    '_dmarc.example.org. TXT "v=DMARC1; p=none, rua"': "must be one of",
    '_dmarc.example.org. TXT "v=DMARC1; p=none; rua"': "is no tag",
}


@pytest.mark.parametrize("zone", BROKEN)
def test_what_counts_as_none_is_an_error(zone: str, asking: Asking) -> None:
    ((level, said),) = found(asking, zone)
    assert level == "error"
    assert BROKEN[zone] in said


# (record, d=, bounces, what comes of it)
AGREEING = [
    (OK, ("example.org",), (), "ok"),
    (OK, ("mail.example.org",), (), "ok"),
    (OK, ("example.net",), ("bounce.example.org",), "ok"),
    (OK, ("example.net",), ("example.net",), "error"),
    (OK, ("myexample.org",), ("example.org.net",), "error"),
    (OK, ("example.net",), (), "skipped"),
    (OK, (), (), "skipped"),
    (STRICT, ("mail.example.org",), ("bounce.example.org",), "error"),
    (STRICT, ("mail.example.org",), ("example.org",), "ok"),
    (STRICT, ("example.org",), ("bounce.example.org",), "ok"),
]


@pytest.mark.parametrize(("record", "signs", "envelopes", "level"), AGREEING)
def test_one_of_two_proofs_has_to_agree(
    record: str,
    signs: tuple[str, ...],
    envelopes: tuple[str, ...],
    level: str,
    asking: Asking,
) -> None:
    last = found(asking, record, signs=signs, envelopes=envelopes)[-1]
    assert last[1].startswith("Alignment")
    assert last[0] == level


def test_neighbours_below_a_public_suffix_do_not_agree(asking: Asking) -> None:
    text = (
        f'_dmarc.shops.example. TXT "v=DMARC1; p=none; psd=y; {RUA}"\n'
        f'_dmarc.a.shops.example. TXT "v=DMARC1; p=reject; {RUA}"\n'
    )
    resolver = asking(text)
    assert dmarc.organization("www.a.shops.example", resolver) == "a.shops.example"
    assert dmarc.organization("b.shops.example", resolver) == "b.shops.example"
    assert dmarc.organization("shops.example", resolver) == "shops.example"
    last = found(asking, text, domain="a.shops.example", signs=("b.shops.example",))[-1]
    assert last[0] != "ok"


def test_a_public_suffix_speaks_only_for_who_says_nothing(asking: Asking) -> None:
    text = (
        f'_dmarc.shops.example. TXT "v=DMARC1; p=none; sp=none; psd=y; {RUA}"\n'
        f'_dmarc.a.shops.example. TXT "v=DMARC1; p=reject; {RUA}"\n'
    )
    first, *_ = found(asking, text, domain="www.a.shops.example")
    assert first == ("ok", "DMARC: _dmarc.a.shops.example: reject")
    first, *_ = found(asking, text, domain="b.shops.example")
    assert first[0] == "warning"
    assert "_dmarc.shops.example only watches" in first[1]


def test_an_organization_can_say_that_it_is_one(asking: Asking) -> None:
    resolver = asking(f'{OK}\n_dmarc.uni.example.org. TXT "v=DMARC1; p=none; psd=n"')
    assert dmarc.organization("a.uni.example.org", resolver) == "uni.example.org"


def test_a_very_deep_name_asks_eight_times_at_most(asking: Asking) -> None:
    zone = Zone(OK)
    resolver = asking(zone)
    deep = f"{'a.' * 30}example.org"
    assert dmarc.organization(deep, resolver) == "example.org"
    assert len(zone.asked) == 8


PIECES = st.sampled_from(
    [
        "p=none",
        ";",
        "sp=",
        "rua=mailto:",
        "a@b.example",
        ",",
        "=",
        " ",
        "pct=5",
        "psd=y",
    ]
) | st.text(max_size=6)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_no_record_can_break_the_reader(text: str) -> None:
    with suppress(Wrong):
        assert dmarc.parse(f"v=DMARC1;{text}").policy in dmarc.POLICIES
