"""May it go? One file per family of rules; an error stops, a warning tells."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Literal, TypeAlias, TypeVar

from publisher.models import (
    Article,
    Draft,
    EmailDraft,
    Kind,
    Limits,
    Problem,
    Site,
    unique,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a check may know beyond the draft.

    `limits` are those of each network. `articles` are by slug; without them the checks
    that compare a draft with its articles find nothing. `sensitive` are tags that want
    a content warning.
    """

    site: Site
    limits: Mapping[str, Limits] = field(default_factory=dict)
    campaign: str = ""
    now: datetime | None = None
    articles: Mapping[str, Article] = field(default_factory=dict)
    sensitive: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What a check found; `where` is filled in when it is the draft itself."""

    level: Literal["error", "warning"]
    message: str
    hint: str = ""
    where: str = ""


def error(message: str, *, hint: str, where: str = "") -> Found:
    """Return what stops the issue."""
    return Found("error", message, hint, where)


def warning(message: str, *, hint: str, where: str = "") -> Found:
    """Return what the owner should look at."""
    return Found("warning", message, hint, where)


D = TypeVar("D", bound=Draft)
Check: TypeAlias = Callable[[Any, Facts], Iterable[Found]]

_checks: dict[str, tuple[Kind, Check]] = {}


def check(
    name: str, kind: Kind
) -> Callable[
    [Callable[[D, Facts], Iterable[Found]]], Callable[[D, Facts], Iterable[Found]]
]:
    """Register a check under its stable name, for emails or for posts."""

    def register(
        function: Callable[[D, Facts], Iterable[Found]],
    ) -> Callable[[D, Facts], Iterable[Found]]:
        _checks[name] = (kind, function)
        return function

    return register


@cache
def known() -> Mapping[str, tuple[Kind, Check]]:
    """Return every check of this gallery by name."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return dict(sorted(_checks.items()))


def run(drafts: Iterable[Draft], facts: Facts) -> list[Problem]:
    """Ask every check about every draft; the same complaint is made once."""
    found = [
        problem
        for draft in drafts
        for name, (kind, function) in known().items()
        if kind == draft.kind
        for problem in _problems(name, function, draft, facts)
    ]
    return list(dict.fromkeys(found))


def _problems(
    name: str, function: Check, draft: Draft, facts: Facts
) -> Iterator[Problem]:
    for one in function(draft, facts):
        where = one.where or _where(draft, facts)
        yield Problem(name, one.level, one.message, where, one.hint)


def _where(draft: Draft, facts: Facts) -> str:
    """Name a draft: the email by its template, a post by its article and network."""
    if isinstance(draft, EmailDraft):
        name = f"email {draft.template}"
        return f"{facts.campaign}: {name}" if facts.campaign else name
    return f"{source_of(draft.article, facts)} on {draft.network}"


def source_of(slug: str, facts: Facts) -> str:
    """Return the file or address of an article, or its slug where that is unknown."""
    article = facts.articles.get(slug)
    return article.source if article and article.source else slug


def leftovers(text: str, articles: Iterable[str], facts: Facts) -> tuple[str, ...]:
    """Return template code that reached a reader and stands in none of the articles.

    An article about code has `{{ x }}` of its own. What an article says can only be
    known when it is among the facts; otherwise nothing is reported.
    """
    import re

    slugs = tuple(articles)
    if not slugs or any(slug not in facts.articles for slug in slugs):
        return ()
    found = re.findall(r"\{\{[^{}]{0,80}\}\}|\{%[^{}]{0,80}%\}", text)
    own = "".join(_bare(facts.articles[slug]) for slug in slugs)
    return unique(code for code in found if "".join(code.split()) not in own)


def _bare(article: Article) -> str:
    """Return all that an article says, without spaces, as templates may wrap it."""
    import html

    parts = (article.title, article.summary, article.text, html.unescape(article.html))
    return "".join("".join(parts).split())
