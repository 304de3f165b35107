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
_FORMS = {
    "adkim": "[rs]",
    "aspf": "[rs]",
    "pct": r"\d\d?|100",
    "psd": "[ynu]",
    "t": "[yn]",
}
_PLACE = re.compile(r"mailto:[^\s,!@]+@([^\s,!@]+)(?:!\d+[kmgtKMGT]?)?")


@dataclass(frozen=True, slots=True)
class Record:
    """A policy, that of subdomains, and how exactly domains have to agree.

    `reports` are the domains that reports go to; `psd` is "y" for a public suffix,
    "n" for an organization, and "u" where it is not said. `share` is the percentage
    of mail that the policy is for. `odd` are tags that receivers cannot read, so that
    they take what is usual instead.
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
    odd: tuple[str, ...] = ()


def is_dmarc(text: str) -> bool:
    """Say whether a text is a DMARC record; case counts.

    >>> is_dmarc("v = DMARC1;p=none"), is_dmarc("v=DMARC12; p=none")
    (True, False)
    """
    return bool(re.match(rf"v\s*=\s*{VERSION}\s*(?:;|$)", text))


def parse(text: str) -> Record:
    """Read a record; raise `Wrong` where receivers would take it for none."""
    if not is_dmarc(text):
        raise Wrong(f"it does not begin with v={VERSION};")
    found = tags.parse(text)
    for name in ("p", "sp"):
        if name in found and found[name].lower() not in POLICIES:
            said = f"{name}={tags.shown(found[name])}"
            raise Wrong(f"{said} must be one of {', '.join(POLICIES)}")
    policy = found.get("p", "none").lower()
    reports = [one.strip() for one in found.get("rua", "").split(",") if one.strip()]
    places = [place for one in reports if (place := _PLACE.fullmatch(one))]
    odd = [f"{name}={tags.shown(found[name])}" for name in _unread(found)]
    if len(places) < len(reports):
        odd.append("rua=")  # without the address: it may be somebody's
    return Record(
        policy=policy,
        below=found.get("sp", policy).lower(),
        is_strict_dkim=found.get("adkim", "r").lower() == "s",
        is_strict_spf=found.get("aspf", "r").lower() == "s",
        reports=tuple(place[1].lower() for place in places),
        psd=found.get("psd", "u").lower(),
        share=int(found.get("pct", "100")) if "pct" not in _unread(found) else 100,
        is_test=found.get("t", "n").lower() == "y",
        has_policy="p" in found,
        odd=tuple(odd),
    )


def _unread(found: dict[str, str]) -> list[str]:
    """Return the names of tags whose values are none."""
    return [
        name
        for name, form in _FORMS.items()
        if name in found and not re.fullmatch(form, found[name], re.I | re.A)
    ]


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
