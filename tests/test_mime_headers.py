"""What providers that write the headers themselves ask before they do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from publisher.errors import ProviderError, Rejected
from publisher.mime.headers import other_lines, recipient_of, refuse_bad, to_line
from publisher.models import Mailbox

names = st.sampled_from(
    ["List-Unsubscribe", "X-Key", "X:", "Ö", "", "x" * 600, "list-id"]
)
values = st.text(max_size=20) | st.sampled_from(["<https://x.example>", "é", "x" * 990])
locals_ = st.sampled_from(["ada", '"a b"', "a..b", "", "é", "a b"])
domains = st.sampled_from(["example.net", "bücher.example", "", "a b", "-"])


def refusal(work: Callable[[], object]) -> str:
    """Return how a refusal is named, or nothing."""
    try:
        work()
    except ProviderError as error:
        return type(error).__name__
    return ""


@given(st.dictionaries(names, values, max_size=4))
@example({"List-Unsubscribe": "<https://example.org/out/ada>"})
@example({"List-" + "x" * 700: "y" * 400})
def test_what_is_refused_is_what_cannot_be_written(headers: dict[str, str]) -> None:
    expected = refusal(lambda: list(other_lines(headers)))
    assert refusal(lambda: refuse_bad(headers)) == expected


@given(locals_, domains, st.text(max_size=10))
def test_who_is_refused_is_who_cannot_be_written_to(
    local: str, domain: str, name: str
) -> None:
    box = Mailbox(f"{local}@{domain}", name)
    expected = refusal(lambda: to_line(box))
    assert refusal(lambda: recipient_of(box)) == expected
    if not expected:
        assert recipient_of(box).address in to_line(box)
        assert recipient_of(box).name == name


def test_an_address_is_not_named_when_it_is_refused() -> None:
    with pytest.raises(Rejected) as caught:
        recipient_of(Mailbox("ada"))
    assert "ada" not in str(caught.value)
