"""Tag rules: where an article is posted, in which words, behind what, and when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from publisher.models import Article, PostPart, Quiet, TagRule, unique

NONE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Wording:
    """What the tag rules say about one article on one channel.

    `why` are the rules that fired, in words. Of what only one can say, the last rule
    that says it wins; hashtags add up.
    """

    goes: bool
    why: tuple[str, ...]
    hashtags: tuple[str, ...] = ()
    content_warning: str = ""
    template: str = ""  # empty: that of the campaign
    visibility: str = ""  # empty: that of the account
    utm: tuple[tuple[str, str], ...] = ()
    closed: Quiet | None = None  # the hours in which nothing is posted
    spacing: timedelta = NONE  # between two posts of an account


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule that an article meets, and by what, in words."""

    name: str
    rule: TagRule


def wording(
    article: Article, channel: str, part: PostPart, fired: Sequence[Fired]
) -> Wording:
    """Decide whether the article becomes a post there, and with which extras.

    `channel` is the name as the campaign writes it (`mastodon:work`), `fired` are the
    rules that the article meets.
    """
    if part.tags and not folded(article.tags) & folded(part.tags):
        return Wording(goes=False, why=("it has none of the tags of this post",))
    here = [one for one in fired if _is_for(one.rule, channel)]
    rules = [one.rule for one in here]
    for one in here:
        if one.rule.skip:
            return Wording(goes=False, why=(f"{one.name} leaves it out",))
    return Wording(
        goes=True,
        why=tuple(one.name for one in here),
        hashtags=unique(tag for rule in rules for tag in rule.hashtags),
        content_warning=_last(one.content_warning for one in rules)
        or ", ".join(article.labels),
        template=_last(one.template for one in rules),
        visibility=_last(one.visibility for one in rules),
        utm=tuple({name: text for rule in rules for name, text in rule.utm}.items()),
        closed=next((one.closed for one in reversed(rules) if one.closed), None),
        spacing=next((one.spacing for one in reversed(rules) if one.spacing), NONE),
    )


def _is_for(rule: TagRule, channel: str) -> bool:
    return not rule.through or channel in rule.through


def posted_to(part: PostPart, fired: Sequence[Fired]) -> tuple[str, ...]:
    """Return the channels that a part or a rule names for an article."""
    if not part.by_rules:
        return part.through
    chosen = (name for one in fired for name in one.rule.post_to)
    return unique([*part.through, *chosen])


def fired_by(article: Article, rules: Sequence[TagRule]) -> list[Fired]:
    """Return the rules that an article meets, in their order."""
    found = []
    for number, rule in enumerate(rules, start=1):
        because = _because(article, rule)
        if because is not None:
            said = ", ".join(because) or "every article"
            found.append(Fired(f"rule {number} ({said})", rule))
    return found


def _because(article: Article, rule: TagRule) -> list[str] | None:
    """Return by what an article meets a rule; None where it does not."""
    own = folded(article.tags)
    wanted, needed, barred = map(_folded, (rule.tags, rule.all_tags, rule.not_tags))
    hits = [tag for tag in article.tags if tag.casefold() in wanted | needed]
    if (wanted and not own & wanted) or not needed <= own or own & barred:
        return None
    said = [*hits, *(f"not {tag}" for tag in rule.not_tags)]
    if rule.language:
        if not _speaks(article.language, rule.language):
            return None
        said.append(f"language {rule.language}")
    if rule.category:
        if article.category.casefold() != rule.category.casefold():
            return None
        said.append(f"category {rule.category}")
    if rule.label:
        if rule.label.casefold() not in folded(article.labels):
            return None
        said.append(f"label {rule.label}")
    return said


def _speaks(language: str, wanted: str) -> bool:
    """Say whether a language is the wanted one, or one of its regions.

    >>> _speaks("pt-BR", "pt"), _speaks("pt", "pt-BR")
    (True, False)
    """
    return f"{language}-".casefold().startswith(f"{wanted}-".casefold())


def _last(texts: Iterable[str]) -> str:
    return next(filter(None, reversed([*texts])), "")


@cache  # a rule's tags are asked for with each article
def _folded(tags: tuple[str, ...]) -> frozenset[str]:
    return frozenset(folded(tags))


def folded(tags: Iterable[str]) -> set[str]:
    """Return tags as they are compared: without capitals."""
    return {tag.casefold() for tag in tags}
