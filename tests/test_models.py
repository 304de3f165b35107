"""The nouns: frozen, however they were made."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from publisher.models import Receipt, maker


def test_what_a_maker_makes_is_the_noun_itself() -> None:
    made = maker(Receipt)("7", "https://example.org/7")
    assert made == Receipt("7", "https://example.org/7")
    assert (type(made), hash(made)) == (Receipt, hash(Receipt(made.id, made.url)))
    with pytest.raises(FrozenInstanceError):
        made.id = "8"  # type: ignore[misc]


def test_a_maker_wants_every_field() -> None:
    with pytest.raises(TypeError):
        maker(Receipt)("7")
