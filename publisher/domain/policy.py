"""DMARC, looked at: the policy, where reports go, and what agrees with who writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from publisher.domain import dmarc
from publisher.domain.model import Facts, Finding, Wrong

if TYPE_CHECKING:
    from publisher.dns import Resolver

SUBJECT = "DMARC"


def look(facts: Facts, resolver: Resolver) -> Iterator[Finding]:
    """Look at the record of who writes, else at that of their organization."""
    here = f"_dmarc.{facts.domain}"
    texts = dmarc.published(facts.domain, resolver)
    if len(texts) > 1:
        said = f"{len(texts)} records stand at {here}, which count as none"
        yield Finding("error", SUBJECT, said, "Try: leave one, and remove the others")
        return
    try:
        _ = [dmarc.parse(text) for text in texts]
    except Wrong as error:
        said = f"the record at {here} is broken: {error}"
        yield Finding("error", SUBJECT, said, f"Try: mend TXT {here}")
        return
    found = dict(dmarc.walk(facts.domain, resolver))
    if not found:
        yield _missing(facts, resolver)
        return
    # Its own record, else that of its organization, else that of the public suffix.
    whose = (facts.domain, dmarc.organization(facts.domain, resolver), [*found][-1])
    name = next(one for one in whose if one in found)
    record = found[name]
    yield from _judged(facts.domain, name, record)
    yield from _reported(name, record, resolver)
    yield from _aligned(facts, record, resolver)


def _missing(facts: Facts, resolver: Resolver) -> Finding:
    here = f"_dmarc.{facts.domain}"
    add = f'"v=DMARC1; p=none; rua=mailto:dmarc@{facts.domain}"'
    said = f"there is no record at {here}; large providers refuse mailings without one"
    if any("dmarc1" in text.lower() for text in resolver.txt(here)):
        said = f"what stands at {here} is no record: it must begin with v=DMARC1;"
    elif any(dmarc.is_dmarc(text) for text in resolver.txt(facts.domain)):
        said = f"the record stands at {facts.domain} instead of {here}"
    return Finding("error", SUBJECT, said, f"Try: add TXT {here} {add}")


def _judged(domain: str, name: str, record: dmarc.Record) -> Iterator[Finding]:
    policy = record.policy if name == domain else record.below
    where = f"_dmarc.{name}"
    if not record.has_policy:
        said = f"{where} has no p=, which older receivers want"
        yield Finding("warning", SUBJECT, said, f"Try: p=none in TXT {where}")
    elif policy == "none":
        yield Finding(
            "warning",
            SUBJECT,
            f"{where} only watches (p=none): others can still write as you",
            "Try: p=quarantine, when the reports show no mail of yours that fails",
        )
    elif record.is_test or record.share < 100:  # noqa: PLR2004  percent
        part = "is a test (t=y)" if record.is_test else f"is for {record.share} %"
        said = f"{where}: {policy}, but it {part}"
        yield Finding("warning", SUBJECT, said, "Try: remove that from the record")
    else:
        yield Finding("ok", SUBJECT, f"{where}: {policy}")


def _reported(name: str, record: dmarc.Record, resolver: Resolver) -> Iterator[Finding]:
    for tag in record.odd:
        said = f"receivers cannot read {tag} in _dmarc.{name}"
        yield Finding("warning", SUBJECT, said, f"Try: mend TXT _dmarc.{name}")
    if not record.reports:
        said = f"_dmarc.{name} asks for no reports, so nobody tells you what fails"
        yield Finding("warning", SUBJECT, said, f"Try: rua=mailto:dmarc@{name}")
    for other in dict.fromkeys(record.reports):
        if dmarc.are_aligned(name, other, resolver, is_strict=False):
            continue
        there = f"{name}._report._dmarc.{other}"
        if not any(dmarc.is_dmarc(text) for text in resolver.txt(there)):
            said = f"{other} does not say that it takes the reports about {name}"
            add = f'Try: have TXT {there} "v=DMARC1" added there'
            yield Finding("warning", SUBJECT, said, add)


def _aligned(
    facts: Facts, record: dmarc.Record, resolver: Resolver
) -> Iterator[Finding]:
    """Say which of the two proofs agrees with who writes: one is enough."""
    signs = tuple(dict.fromkeys(key.domain for key in facts.keys))
    dkim = _agreeing(facts.domain, signs, resolver, is_strict=record.is_strict_dkim)
    spf = _agreeing(
        facts.domain, facts.envelopes, resolver, is_strict=record.is_strict_spf
    )
    said = [f"DKIM signs as {one}" for one in dkim]
    said += [f"bounces go to {one}" for one in spf]
    if said:
        yield Finding("ok", "Alignment", f"{facts.domain}: {', '.join(said)}")
    elif not (signs and facts.envelopes):
        yield Finding(
            "skipped",
            "Alignment",
            "no channel says what it signs as, or where bounces go",
            "Try: --selector NAME, if your provider signs as your domain",
        )
    else:
        others = ", ".join(dict.fromkeys((*signs, *facts.envelopes)))
        said_so = f"{others} proves nothing about mail from {facts.domain}"
        hint = f"Try: sign as {facts.domain} (SMTP_DKIM_DOMAIN)"
        yield Finding("error", "Alignment", said_so, hint)


def _agreeing(
    domain: str, others: Iterable[str], resolver: Resolver, *, is_strict: bool
) -> list[str]:
    return [
        other
        for other in others
        if dmarc.are_aligned(domain, other, resolver, is_strict=is_strict)
    ]
