"""SPF, followed: what a receiver has to ask DNS, and whether it will.

https://www.rfc-editor.org/rfc/rfc7208#section-4.6.4
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.domain import spf
from publisher.domain.model import Facts, Finding, Level, Wrong

if TYPE_CHECKING:
    from publisher.dns import Resolver

MOST = 10  # look-ups; then the whole record counts as broken
MOST_VOID = 2  # of them without an answer
MOST_MX = 10  # mail servers of one `mx`
COUNTED = 60  # nobody needs to know it more exactly
SUBJECT = "SPF"


@dataclass
class Cost:
    """What a record and all that it includes make receivers ask."""

    resolver: Resolver
    lookups: int = 0
    void: int = 0
    has_ptr: bool = False
    has_macro: bool = False
    opens: str = ""  # what lets everybody in, such as an include with +all

    def follow(self, domain: str, path: tuple[str, ...] = ()) -> spf.Record:
        """Count a domain's record and what it leads to; raise `Wrong` if it is broken.

        It is the worst case, in which no mechanism matches before the last one.
        """
        if domain in path:
            raise Wrong(f"it includes itself: {' → '.join((*path, domain))}")
        record = _only(domain, self.resolver)
        here = (*path, domain)
        for term in record.terms:
            if term.qualifier == "+" and term.target.endswith("/0"):
                self.opens = f"{term}"
            if term.name in spf.ASKS and self.lookups < COUNTED:
                self._ask(term, here)
        if record.redirect and self.lookups < COUNTED:
            self.lookups += 1
            if self._is_plain(record.redirect):
                return self.follow(record.redirect, here)
        return record

    def _ask(self, term: spf.Term, path: tuple[str, ...]) -> None:
        self.lookups += 1
        self.has_ptr = self.has_ptr or term.name == "ptr"
        target = term.target or path[-1]
        if not self._is_plain(target):
            return
        if term.name == "include":
            if not self.resolver.txt(target):
                self.void += 1
            if self.follow(target, path).default == "+" == term.qualifier:
                self.opens = f"{term}"
        elif term.name == "mx":
            self._count_mx(target)
        elif term.name == "a":
            self.void += not self.resolver.addresses(target)
        elif term.name == "exists":
            self.void += not self.resolver.ipv4(target)

    def _count_mx(self, target: str) -> None:
        servers = self.resolver.mx(target)
        self.void += not servers
        if len(servers) > MOST_MX:
            many = f"{len(servers)} mail servers, {MOST_MX} are allowed"
            raise Wrong(f"mx:{target} has {many}")

    def _is_plain(self, target: str) -> bool:
        self.has_macro = self.has_macro or spf.has_macro(target)
        return not spf.has_macro(target)


def _only(domain: str, resolver: Resolver) -> spf.Record:
    texts = [text for text in resolver.txt(domain) if spf.is_spf(text)]
    if len(texts) > 1:
        raise Wrong(f"{domain} has {len(texts)} SPF records, which count as none")
    if not texts:
        raise Wrong(f"it leads to {domain}, which has no SPF record")
    try:
        return spf.parse(texts[0])
    except Wrong as error:
        raise Wrong(f"the record of {domain} is broken: {error}") from None


def look(facts: Facts, resolver: Resolver) -> Iterator[Finding]:
    """Look at the record of the domain, and of each that bounces go to."""
    for domain in dict.fromkeys((facts.domain, *facts.envelopes)):
        if any(spf.is_spf(text) for text in resolver.txt(domain)):
            yield from _followed(domain, resolver)
        else:
            yield _missing(domain, facts, resolver)


def _missing(domain: str, facts: Facts, resolver: Resolver) -> Finding:
    hosts = " ".join(f"a:{one.host}" for one in facts.servers if _is_name(one.host))
    wanted = f'"v=spf1 {hosts or "include:…"} ~all"'
    hint = f"Try: add TXT {domain} {wanted}"
    if not hosts:
        hint += ", with the include that your provider names"
    almost = [text for text in resolver.txt(domain) if "spf1" in text.lower()[:12]]
    if almost:
        hint = f"Try: let the TXT record begin with {spf.VERSION} and a blank"
        return Finding("error", SUBJECT, f"{domain}: the record is none", hint)
    # Most services send with a bounce address of theirs, and that domain's record.
    is_needed = domain in facts.envelopes
    level: Level = "error" if is_needed else "warning"
    return Finding(level, SUBJECT, f"{domain} has no record", hint)


def _followed(domain: str, resolver: Resolver) -> Iterator[Finding]:
    cost = Cost(resolver)
    try:
        record = cost.follow(domain)
    except Wrong as error:
        hint = f"Try: mend the TXT record of {domain}; receivers ignore all of it"
        said = f"{error}" if domain in f"{error}" else f"{domain}: {error}"
        yield Finding("error", SUBJECT, said, hint)
        return
    wrong = list(_too_much(domain, cost)) + list(_too_open(domain, record, cost))
    if all(one.level != "error" for one in wrong):
        said = f"{domain}: {cost.lookups} of {MOST} look-ups"
        yield Finding("ok", SUBJECT, said)
    yield from wrong


def _too_much(domain: str, cost: Cost) -> Iterator[Finding]:
    if cost.lookups > MOST:
        many = f"{cost.lookups}" if cost.lookups < COUNTED else f"{COUNTED} or more"
        yield Finding(
            "error",
            SUBJECT,
            f"{domain} takes {many} DNS look-ups, {MOST} are allowed",
            "Try: remove the includes of services that you no longer use",
        )
    if cost.void > MOST_VOID:
        yield Finding(
            "error",
            SUBJECT,
            f"{domain}: {cost.void} look-ups find nothing, {MOST_VOID} are allowed",
            "Try: remove the names that are gone",
        )


def _too_open(domain: str, record: spf.Record, cost: Cost) -> Iterator[Finding]:
    hint = f"Try: end the record of {domain} with ~all"
    if cost.opens:
        said = f"{domain} has {cost.opens}, so anybody may send as you"
        yield Finding("error", SUBJECT, said, "Try: remove that")
    match record.default:
        case "+":
            said = f"{domain} ends with +all: anybody may send as you"
            yield Finding("error", SUBJECT, said, hint)
        case "?":
            said = f"{domain} ends with ?all, which says nothing"
            yield Finding("warning", SUBJECT, said, hint)
        case "" if not (record.redirect or cost.has_macro):
            said = f"{domain} does not say what holds for all other servers"
            yield Finding("warning", SUBJECT, said, hint)
    if cost.has_ptr:
        yield Finding(
            "warning",
            SUBJECT,
            f"{domain} uses ptr, which is slow and often ignored",
            "Try: a, mx, ip4 or ip6 instead",
        )


def _is_name(host: str) -> bool:
    return "." in host and any(one.isalpha() for one in host) and ":" not in host
