"""A resolver that knows a zone, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from publisher.dns import Resolver
from tests.domain.zones import Zone, serving

Asking = Callable[[Zone | str], Resolver]


@pytest.fixture
def asking() -> Iterator[Asking]:
    """Return what makes a resolver for a zone, served until the test ends."""
    with ExitStack() as stack:

        def made(zone: Zone | str) -> Resolver:
            known = Zone(zone) if isinstance(zone, str) else zone
            return Resolver(stack.enter_context(serving(known)), patience=5)

        yield made
