"""Slots: filled all together they hold what each alone would."""

from __future__ import annotations

import html
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from publisher.errors import RenderError
from publisher.models import Slot, Subscriber
from publisher.slots import DEFAULT, FILTERS, Filling, one_line

VALUE = st.text(st.sampled_from("ab é<&'\"\0\n\u2028"), max_size=6)
SLOT = st.builds(
    Slot,
    name=st.sampled_from(
        ["way_out", "subscriber.name", "subscriber.a", "subscriber.b"]
    ),
    escape=st.sampled_from(["text", "html", "header"]),
    default=st.sampled_from(["", "you", "<there>"]),
    filters=st.lists(st.sampled_from([DEFAULT, *FILTERS]), max_size=2).map(tuple),
)
ESCAPES: dict[str, Callable[[str], str]] = {
    "html": html.escape,
    "text": str,
    "header": one_line,
}


def alone(slot: Slot, value: str) -> str:
    """Fill one slot, as a template would."""
    if DEFAULT not in slot.filters:
        value = value or slot.default
    for name in slot.filters:
        value = value or slot.default if name == DEFAULT else FILTERS[name](value)
    return ESCAPES[slot.escape](value)


@given(slots=st.lists(SLOT, max_size=8), name=VALUE, note=VALUE, way_out=VALUE)
@example(slots=[Slot("subscriber.a", "html")] * 2, name="", note="\0<", way_out="")
@example(slots=[Slot("subscriber.a", "html")], name="", note="&\0", way_out="")
def test_all_slots_hold_what_each_alone_would(
    slots: list[Slot], name: str, note: str, way_out: str
) -> None:
    reader = Subscriber(address="x@example.org", name=name, attributes={"a": note})
    known = {**reader.values(), "way_out": way_out}
    filling = Filling(slots, others={"way_out"})
    made = filling.values(reader.fields(), {"way_out": way_out})
    assert made == tuple(alone(slot, known.get(slot.name, "")) for slot in slots)


def test_what_is_asked_of_a_reader_is_no_one_else_s() -> None:
    both = [Slot("way_out"), Slot("subscriber.way_out")]
    filling = Filling(both, others={"way_out"})
    assert filling.values({"way_out": "mine"}, {"way_out": "yours"}) == (
        "yours",
        "mine",
    )


def test_a_slot_that_nobody_fills_is_refused_at_once() -> None:
    with pytest.raises(RenderError, match="nothing fills"):
        Filling([Slot("issue")])
