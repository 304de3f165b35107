"""DMARC records: what receivers do with mail that only claims to be ours.

https://www.rfc-editor.org/rfc/rfc9989 (before it rfc7489). It finds the domain of an
organization by a walk up DNS, so no list of public suffixes is needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.domain import tags
from publisher.domain.model import Wrong

if TYPE_CHECKING:
    from publisher.dns import Resolver

VERSION = "DMARC1"
POLICIES = ("none", "quarantine", "reject")
MOST_LABELS = 7  # of a parent: deeper ones are not asked
_PLACE = re.compile(r"mailto:[^\s,!@]+@([^\s,!@]+)(?:!\d+[kmgtKMGT]?)?")


@dataclass(frozen=True, slots=True)
class Record:
    """A policy, that of subdomains, and how exactly domains have to agree.

    `reports` are the domains that reports go to; `psd` is "y" for a public suffix,
    "n" for an organization, and "u" where it is not said. `share` is the percentage
    of mail that the policy is for.
    """

    policy: str = "none"
    below: str = "none"
    is_strict_dkim: bool = False
    is_strict_spf: bool = False
    reports: tuple[str, ...] = ()
    psd: str = "u"
    share: int = 100
    is_test: bool = False
    has_policy: bool = True


def is_dmarc(text: str) -> bool:
    """Say whether a text is a DMARC record; case counts.

    >>> is_dmarc("v = DMARC1;p=none"), is_dmarc("v=DMARC12; p=none")
    (True, False)
    """
    return bool(re.match(rf"v\s*=\s*{VERSION}\s*(?:;|$)", text))


def parse(text: str) -> Record:
    """Read a record; raise `Wrong` where receivers would not do what it wants."""
    if not is_dmarc(text):
        raise Wrong(f"it does not begin with v={VERSION};")
    found = tags.parse(text)
    policy = _one_of(found, "p", POLICIES, "none")
    return Record(
        policy=policy,
        below=_one_of(found, "sp", POLICIES, policy),
        is_strict_dkim=_one_of(found, "adkim", ("r", "s"), "r") == "s",
        is_strict_spf=_one_of(found, "aspf", ("r", "s"), "r") == "s",
        reports=tuple(_reports(found.get("rua", ""))),
        psd=_one_of(found, "psd", ("y", "n", "u"), "u"),
        share=_share(found.get("pct", "100")),
        is_test=found.get("t", "n").lower() == "y",
        has_policy="p" in found,
    )


def _one_of(
    found: dict[str, str], name: str, known: tuple[str, ...], default: str
) -> str:
    value = found.get(name, default).lower()
    if value not in known:
        said = f"{name}={tags.shown(value)}"
        raise Wrong(f"{said} must be one of {', '.join(known)}")
    return value


def _share(value: str) -> int:
    if not re.fullmatch(r"\d{1,3}", value, re.ASCII) or int(value) > 100:  # noqa: PLR2004  percent
        raise Wrong(f"pct={tags.shown(value)} must be 0 to 100")
    return int(value)


def _reports(value: str) -> Iterator[str]:
    for one in value.split(","):
        place = one.strip()
        if not place:
            continue
        found = _PLACE.fullmatch(place)
        if found:
            yield found[1].lower()
        elif place.lower().startswith("mailto:") or ":" not in place:
            # Without the address: it may be somebody's.
            raise Wrong("rua= must hold mailto: addresses")


def published(domain: str, resolver: Resolver) -> list[str]:
    """Return the DMARC records of exactly this domain."""
    return [text for text in resolver.txt(f"_dmarc.{domain}") if is_dmarc(text)]


def walk(domain: str, resolver: Resolver) -> Iterator[tuple[str, Record]]:
    """Yield each domain from this one upwards that has a record, section 4.10."""
    labels = domain.split(".")
    starts = [0, *range(max(1, len(labels) - MOST_LABELS), len(labels))]
    for start in starts:
        name = ".".join(labels[start:])
        texts = published(name, resolver)
        if len(texts) != 1:
            continue
        try:
            record = parse(texts[0])
        except Wrong:
            continue
        yield name, record
        if record.psd == "n" or (record.psd == "y" and start):
            return


def organization(domain: str, resolver: Resolver) -> str:
    """Return the domain of the organization that a domain belongs to."""
    found = domain
    for name, record in walk(domain, resolver):
        if record.psd == "y" and name != domain:
            above = len(name.split("."))
            return ".".join(domain.split(".")[-above - 1 :])
        found = name
    return found


def are_aligned(
    first: str, second: str, resolver: Resolver, *, is_strict: bool
) -> bool:
    """Say whether two domains agree: the same, or of one organization."""
    if first == second or is_strict:
        return first == second
    return organization(first, resolver) == organization(second, resolver)
