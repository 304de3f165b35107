from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.errors import ProviderError, Refused, Rejected
from publisher.mime.fields import checked, delivery_mark, written
from publisher.models import Mailbox
from publisher.testing import sample_email

VALUES: dict[str, Any] = {
    "sender": Mailbox("letters@bücher.example", "The Lantern"),
    "recipient": Mailbox("ada@München.example", "Ada Ångström"),
    "reply_to": "desk@bücher.example",
    "own_headers": {"List-Unsubscribe": "<https://example.org/out/1>"},
}


def test_domains_are_as_dns_knows_them() -> None:
    good = checked(sample_email(**VALUES))
    assert good.sender == Mailbox("letters@xn--bcher-kva.example", "The Lantern")
    assert good.recipient == Mailbox("ada@xn--mnchen-3ya.example", "Ada Ångström")
    assert good.reply_to == "desk@xn--bcher-kva.example"
    assert good.headers == VALUES["own_headers"]
    assert checked(good) == good


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"recipient": Mailbox("nobody")}, Rejected),
        ({"recipient": Mailbox("zoë@example.org")}, Rejected),
        ({"recipient": Mailbox("a@example.org", "A\nBcc: b@example.org")}, Rejected),
        ({"subject": "Hi\0Bcc: b@example.org"}, Rejected),
        ({"own_headers": {"X-A": "1\r\nBcc: b@example.org"}}, Rejected),
        ({"own_headers": {"X A": "1"}}, Rejected),
        ({"sender": Mailbox("letters")}, Refused),
        ({"reply_to": "desk"}, Refused),
    ],
)
def test_what_no_header_holds_is_refused_without_naming_it(
    change: dict[str, Any], error: type[ProviderError]
) -> None:
    with pytest.raises(error) as caught:
        checked(sample_email(**{**VALUES, **change}))
    assert "example" not in caught.value.message


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=40))
def test_a_written_mailbox_is_one_name_and_one_address(name: str) -> None:
    line = written(Mailbox("ada@example.org", name))
    assert line.endswith("ada@example.org>" if name else "ada@example.org")
    quoted = line.removesuffix(" <ada@example.org>")
    if name:
        inner = quoted[1:-1].replace("\\\\", "\0").replace('\\"', "\1")
        assert '"' not in inner
        assert "\\" not in inner
        assert inner.replace("\0", "\\").replace("\1", '"') == name


def test_the_mark_is_the_header_or_the_hash_of_the_key() -> None:
    marked = sample_email(own_headers={"X-Publisher-Key": "m"})
    assert delivery_mark(marked) == "m"
    mark = delivery_mark(sample_email(key="w/7/x/ada"))
    assert len(mark) == 32
    assert mark == delivery_mark(sample_email(key="w/7/x/ada", subject="Other"))
    assert mark != delivery_mark(sample_email(key="other"))
