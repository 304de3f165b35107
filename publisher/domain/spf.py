"""SPF records: which servers may send in a domain's name.

https://www.rfc-editor.org/rfc/rfc7208#section-4.6.1 (grammar: section 12)
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from publisher.domain.model import Wrong
from publisher.domain.tags import shown

VERSION = "v=spf1"
# What each mechanism may have behind its name.
NEEDS_TARGET = {"include", "exists", "ip4", "ip6"}
MAY_HAVE_TARGET = {"a", "mx", "ptr"}
MECHANISMS = {"all"} | NEEDS_TARGET | MAY_HAVE_TARGET
ASKS = {"include", "a", "mx", "ptr", "exists"}  # section 4.6.4, and `redirect`
_MODIFIER = re.compile(r"([A-Za-z][A-Za-z0-9_.-]*)=(.*)", re.ASCII)
_MECHANISM = re.compile(r"([+?~-]?)([A-Za-z0-9]+)(?::(.*?))?((?:/.*)?)", re.ASCII)
_CIDR = re.compile(r"(?:/(0|[1-9]\d?))?(?://(0|[1-9]\d{0,2}))?", re.ASCII)
_MACRO = re.compile(r"%\{[slodiphcrvtSLODIPHCRVT]\d*[rR]?[.+,/_=-]*\}|%[%_-]", re.ASCII)
_LAST_LABEL = re.compile(r"(?=[^.]*[A-Za-z-])[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")
_MOST_BITS = (32, 128)


@dataclass(frozen=True, slots=True)
class Term:
    """A mechanism; `target` is empty where it is the record's own domain."""

    qualifier: str
    name: str
    target: str = ""

    def __str__(self) -> str:
        sign = self.qualifier if self.qualifier != "+" else ""
        return f"{sign}{self.name}" + (f":{self.target}" if self.target else "")


@dataclass(frozen=True, slots=True)
class Record:
    """An SPF record, without what stands behind `all` and so is never reached."""

    terms: tuple[Term, ...] = ()
    redirect: str = ""

    @property
    def default(self) -> str:
        """What holds for all other servers: + - ~ ?, or nothing where it is not said.

        >>> parse("v=spf1 mx ~all").default, parse("v=spf1 mx").default
        ('~', '')
        """
        last = self.terms[-1] if self.terms else None
        return last.qualifier if last and last.name == "all" else ""


def is_spf(text: str) -> bool:
    """Say whether a text wants to be an SPF record; a longer version is none.

    >>> is_spf("V=SPF1 -all"), is_spf("v=spf10 -all")
    (True, False)
    """
    lower = text.lower()
    return lower == VERSION or lower.startswith(f"{VERSION} ")


def has_macro(target: str) -> bool:
    """Say whether what is meant depends on the message, so that nobody can look."""
    return "%" in target


def parse(text: str) -> Record:
    """Read a record; raise `Wrong` for what makes receivers see a permanent error."""
    if not is_spf(text):
        raise Wrong(f"it does not begin with {VERSION}")
    terms, modifiers = [], {}
    for word in text[len(VERSION) :].split(" "):
        if not word:
            continue
        if found := _MODIFIER.fullmatch(word):
            name = found[1].lower()
            if name in {"redirect", "exp"}:
                if name in modifiers:
                    raise Wrong(f"{name}= stands twice")
                modifiers[name] = _domain(found[2], word)
            continue
        terms.append(_term(word))
    return _reached(terms, modifiers.get("redirect", ""))


def _reached(terms: Iterable[Term], redirect: str) -> Record:
    kept: list[Term] = []
    for term in terms:
        kept.append(term)
        if term.name == "all":
            return Record(tuple(kept))
    return Record(tuple(kept), redirect)


def _term(word: str) -> Term:
    found = _MECHANISM.fullmatch(word)
    if not found or found[2].lower() not in MECHANISMS:
        raise Wrong(f"{shown(word)} is no mechanism of SPF")
    sign, name, target, rest = found[1] or "+", found[2].lower(), found[3], found[4]
    if name in {"ip4", "ip6"}:
        return Term(sign, name, _network(name, target, rest, word))
    if name in {"include", "exists", "ptr"}:
        target, rest = None if target is None else f"{target}{rest}", ""
    if name in NEEDS_TARGET and target is None:
        raise Wrong(f"{shown(word)} names no domain")
    if name == "all" and (target is not None or rest):
        raise Wrong(f"{shown(word)} can have nothing behind it")
    bits = _CIDR.fullmatch(rest)
    if not bits or any(
        one and int(one) > most
        for one, most in zip(bits.groups(), _MOST_BITS, strict=True)
    ):
        raise Wrong(f"{shown(word)} has a wrong prefix length")
    return Term(sign, name, "" if target is None else _domain(target, word))


def _network(name: str, target: str | None, rest: str, word: str) -> str:
    """Return an IP network; the address may have bits beyond its prefix."""
    kind = ipaddress.IPv4Network if name == "ip4" else ipaddress.IPv6Network
    # IPv6 has colons of its own, and a mask instead of a length is not allowed.
    if not target or (rest and not re.fullmatch(r"/(0|[1-9]\d{0,2})", rest)):
        raise Wrong(f"{shown(word)} is no network")
    try:
        kind(f"{target}{rest}", strict=False)
    except ValueError:
        raise Wrong(f"{shown(word)} is no network") from None
    return f"{target}{rest}"


def _domain(target: str, word: str) -> str:
    """Return a domain-spec: visible ASCII, with macros and a real last label."""
    plain = _MACRO.sub("", target)
    if not target.isascii() or not target.isprintable() or "%" in plain:
        raise Wrong(f"{shown(word)} names no domain")
    if re.search(r"\}\.?$", target):
        return target  # it ends in a macro
    first, dot, last = target.removesuffix(".").rpartition(".")
    if not (first and dot and _LAST_LABEL.fullmatch(last)) or ".." in target:
        raise Wrong(f"{shown(word)} names no domain")
    return target.removesuffix(".").lower()
