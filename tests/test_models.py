"""The nouns: frozen, however they were made."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from publisher.models import Receipt, Subscriber, maker


def test_what_a_maker_makes_is_the_noun_itself() -> None:
    made = maker(Receipt)("7", "https://example.org/7")
    assert made == Receipt("7", "https://example.org/7")
    assert (type(made), hash(made)) == (Receipt, hash(Receipt(made.id, made.url)))
    with pytest.raises(FrozenInstanceError):
        made.id = "8"  # type: ignore[misc]


def test_a_maker_wants_every_field() -> None:
    with pytest.raises(TypeError):
        maker(Receipt)("7")


def test_a_maker_of_some_fields_leaves_the_others_as_they_are() -> None:
    make = maker(Subscriber, "name", "address")
    made, other = make("Ana", "ana@example.org"), make("Bo", "bo@example.org")
    assert made == Subscriber(address="ana@example.org", name="Ana")
    assert made.attributes is not other.attributes
