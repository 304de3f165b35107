"""A domain that sends: SPF, DKIM, DMARC, MX, PTR, TLS, one-click and the clock.

Each part says what is, and what to do. What cannot be looked at stops nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from publisher.domain import dkim, mail, policy, site, spf_cost, tls
from publisher.domain.model import Facts, Finding, Key

if TYPE_CHECKING:
    from publisher.dns import Resolver

__all__ = ["Facts", "Finding", "Key", "look"]


def look(facts: Facts, resolver: Resolver) -> Iterator[Finding]:
    """Look at everything, and yield what was found as soon as it is known."""
    yield from _told("SPF", spf_cost.look(facts, resolver))
    yield from _told("DKIM", dkim.look(facts, resolver))
    yield from _told("DMARC", policy.look(facts, resolver))
    yield from _told("MX", mail.look_at_mx(facts, resolver))
    yield from _told("PTR", mail.look_at_ptr(facts, resolver))
    yield from _told("TLS", tls.look(facts, resolver))
    yield from site.look(facts)


def _told(subject: str, part: Iterable[Finding]) -> Iterator[Finding]:
    """Yield what a part finds; a zone that does not answer ends only that part."""
    from publisher.dns import Silent

    try:
        yield from part
    except Silent as error:
        yield Finding("error", subject, error.message, error.hint)
