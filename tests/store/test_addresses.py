from __future__ import annotations

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from publisher.errors import ConfigError
from publisher.store.addresses import _is_plain, loosely_normal, normal

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
