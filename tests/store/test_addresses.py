from __future__ import annotations

from collections.abc import Callable

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from publisher.errors import ConfigError
from publisher.store.addresses import (
    _DOMAIN,
    _LOCAL,
    _asked,
    _is_plain,
    loosely_normal,
    normal,
)

PARTS = st.text("abz09.-_+A", max_size=8)
LABELS = st.lists(st.text("abxnz09-", max_size=6), min_size=1, max_size=4)
ENDS = st.sampled_from(["org", "test", "local", "arpa", "x1", "invalid", "museum"])


@given(PARTS, LABELS, ENDS)
@example("a", ["xn--a"], "org")
@example("a" * 65, ["b"], "org")
@example("a", ["b" * 64], "org")
@example("a", [*["b" * 62] * 4], "org")
@example("a", ["b--c"], "org")
@example("a", ["ab--c"], "org")
def test_what_looks_plain_is_what_the_validator_takes_unchanged(
    local: str, labels: list[str], end: str
) -> None:
    text = f"{local}@{'.'.join(labels)}.{end}".lower()
    if not _is_plain(text):
        return
    try:
        valid = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        pytest.fail(f"{text}: {error}")
    assert valid.normalized == normal(text) == text


def judged(text: str, by: Callable[[str], str]) -> str:
    try:
        return by(text)
    except ConfigError:
        return "no address"


@given(st.from_regex(_LOCAL, fullmatch=True), st.from_regex(_DOMAIN, fullmatch=True))
def test_whatever_the_fast_way_can_take_the_validator_takes_too(
    local: str, domain: str
) -> None:
    text = f"{local}@{domain}"
    assert judged(text, normal) == judged(text, _asked)


@given(st.text("aB1.-_+@ \t\"'İßK\u0130\u212aéأ。", max_size=12), ENDS)
def test_any_text_is_judged_as_the_validator_judges_it(start: str, end: str) -> None:
    for text in (start, f"a@{start}.{end}", f"{start}@example.org"):
        assert judged(text, normal) == judged(text, _asked)


LOCALS = (
    *("ana", "Ana.Marsh", "a", "0", "_", "+", "-", "a-", "-a", "a+b", "a.b.c", "a..b"),
    *(".a", "a.", "a_b", "a'b", '"a b"', "a b", "ünal", "Ünal", "أنا", "a\u212ab", "ß"),
    *(
        "a" * 64,
        "a" * 65,
        "{a}",
        "a/b",
        "a=b",
        "!#$%&*",
        "a,b",
        "a@b",
        "",
        "\0",
        "e\u0301",
    ),
)
DOMAINS = (
    *(
        "example.org",
        "EXAMPLE.ORG",
        "mail.example.co.uk",
        "a-b.example",
        "a--b.example",
    ),
    *("ab--c.example", "xn--bcher-kva.example", "bücher.example", "xn--a.org", "a.b"),
    *("example", "localhost", "example.local", "x.arpa", "x.invalid", "x.test"),
    *("x.onion", "-a.example", "a-.example", "a..example", ".example", "a.example."),
    *("1.2.3.4", "[1.2.3.4]", "a.x1", "a.1x", "a_b.example", "ex ample.org", "例え.jp"),
    *("a" * 63 + ".org", "a" * 64 + ".org", ".".join(["a" * 60] * 4) + ".org", ""),
    *("faß.example", "ex\u00adample.org", "example。org", "exa\u212aple.org"),
)


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_corpus_is_judged_as_the_validator_judges_it(domain: str) -> None:
    for local in LOCALS:
        text = f"{local}@{domain}"
        assert judged(text, normal) == judged(text, _asked), text


def test_common_addresses_take_the_fast_way() -> None:
    for text in ("ana@example.org", "a.b-c+d_e@mail.example.co.uk", "1@a-b.example"):
        assert _is_plain(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" Ana@Example.ORG ", "ana@example.org"),
        ("ana@BÜCHER.example", "ana@xn--bcher-kva.example"),
        ("Ünal@example.org", "ünal@example.org"),
        ("o'brien@example.org", "o'brien@example.org"),
        ("ana@mail.test", "ana@mail.test"),
    ],
)
def test_the_normal_form(text: str, expected: str) -> None:
    assert normal(text) == expected
    assert normal(expected) == expected


@pytest.mark.parametrize("text", ["a", "a@b", "a@localhost", "a b@c.org", "a@-.org"])
def test_no_address_no_normal_form(text: str) -> None:
    with pytest.raises(ConfigError, match="not an email address"):
        normal(text)


def test_the_ledger_compares_even_what_is_no_address() -> None:
    assert loosely_normal("") == ""
    assert loosely_normal(" Root@localhost") == "root@localhost"
