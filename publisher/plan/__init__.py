"""Articles x audience x channels -> a Plan: frozen, hashed, stored nowhere."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from itertools import accumulate, pairwise
from types import MappingProxyType

from publisher.errors import PlanChanged
from publisher.models import (
    Article,
    Audience,
    Channel,
    Delivery,
    Draft,
    EmailDraft,
    EmailPart,
    Issue,
    Json,
    Plan,
    PostDraft,
    Selection,
    Site,
    Step,
    Subscriber,
    fingerprint,
    unique,
)
from publisher.plan.evergreen import Rested
from publisher.plan.rules import Fired, Wording, fired_by, folded, posted_to, wording

__all__ = [
    "Chosen",
    "Fired",
    "Wording",
    "choose",
    "fired_by",
    "posted_to",
    "wording",
]

SENT = "was already sent"
ARTICLE = "article "  # before the slug, in a plan's parts
WORDS = {
    "drafts": "what they are rendered to",
    "audience": "who gets it",
    "channels": "the channels",
    "sender": "the sender or the site",
}


# --- which articles ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Chosen:
    """The articles of an issue, and why each other one is not in it."""

    articles: tuple[Article, ...]
    left_out: tuple[tuple[Article, str], ...]


def choose(
    articles: Iterable[Article],
    selection: Selection,
    *,
    sent: AbstractSet[str],
    now: datetime,
    posted: Mapping[str, datetime] = MappingProxyType({}),
) -> Chosen:
    """Pick the articles of an issue; every other one gets a reason in words.

    `posted` says when evergreen ones were last posted, by slug.
    """
    rested, evergreen = Rested(posted), selection.evergreen
    known = _ordered(articles, selection.order)
    if evergreen:
        known = rested.ordered(known)
    gone = {article.work for article in known if article.slug in sent}
    sent = {article.slug for article in known if article.work in gone} | sent
    taken: list[Article] = []
    left_out: list[tuple[Article, str]] = []
    for article in known:
        reason = _reason_against(article, selection, sent, now)
        if not reason and evergreen:
            reason = rested.reason(article, evergreen, known, taken, now)
        if not reason and _is_full(selection, taken, article):
            reason = "waits for a later issue"
        if reason:
            left_out.append((article, reason))
            continue
        taken.append(article)
    if len(_works(taken)) < selection.at_least:
        few = f"fewer than {selection.at_least} are new"
        return Chosen((), (*left_out, *((article, few) for article in taken)))
    return Chosen(tuple(taken), tuple(left_out))


def _is_full(selection: Selection, taken: Sequence[Article], article: Article) -> bool:
    works = _works(taken)
    most = selection.at_most
    return most is not None and article.work not in works and len(works) >= most


def _works(articles: Iterable[Article]) -> set[str]:
    """Return what they are: translations of one article count once."""
    return {article.work for article in articles}


def _ordered(articles: Iterable[Article], order: str) -> list[Article]:
    by_slug = sorted(articles, key=lambda article: article.slug)
    if order == "title":
        return sorted(by_slug, key=lambda article: article.title.casefold())
    undated = datetime.min.replace(tzinfo=UTC)
    return sorted(
        by_slug,
        key=lambda article: article.published or undated,
        reverse=order == "newest",
    )


def _reason_against(
    article: Article, selection: Selection, sent: AbstractSet[str], now: datetime
) -> str:
    """Return why the selection does not take the article, or ""."""
    if selection.only and article.slug not in selection.only:
        return "is not asked for"
    tags = folded(article.tags)
    if selection.tags and not tags & folded(selection.tags):
        return "has none of the tags"
    if tags & folded(selection.not_tags):
        return "has a tag that is left out"
    if selection.language and article.language != selection.language:
        return "is in another language"
    if article.draft:
        return "is a draft"
    if article.published and article.published > now:
        return "is dated in the future"
    if selection.since == "last issue":
        return SENT if article.slug in sent else ""
    if selection.since != "always" and _is_older(article, selection.since):
        return f"is older than {selection.since}"
    return ""


def _is_older(article: Article, since: str) -> bool:
    published = article.published
    return published is not None and published.date() < date.fromisoformat(since)


def reason_against(article: Article, selection: Selection, *, now: datetime) -> str:
    """Return why a campaign never takes an article, sent or not, or ""."""
    return _reason_against(article, selection, set(), now)


# --- the plan ----------------------------------------------------------------------


def email_key(issue: Issue, reader: Subscriber) -> str:
    """Return the delivery's key; it holds no address, for keys travel in headers.

    Nor a channel: the same reader gets the same issue once, whatever carries it.
    """
    if reader.id:
        return f"{issue.id}/email/{reader.id:09}"
    mark = hashlib.sha256(reader.address.casefold().encode()).hexdigest()[:16]
    return f"{issue.id}/email/{mark}"


def post_key(issue: Issue, channel: Channel, slug: str) -> str:
    """Return the delivery's key for the post about one article."""
    return f"{issue.id}/{channel.name}/{slug}"


def shared(part: EmailPart) -> list[tuple[str, tuple[int, int]]]:
    """Return which channel begins with which shares of 100 of the readers.

    >>> shared(EmailPart(through="a", instead=("b",), shares=(70, 30)))
    [('a', (0, 70)), ('b', (70, 100))]
    >>> shared(EmailPart(through="a", instead=("b",)))
    [('a', (0, 100))]
    """
    ends = list(accumulate(part.shares or (100,)))
    return list(zip(part.channels, pairwise([0, *ends]), strict=False))


def place(reader: Subscriber, *, number: int) -> int:
    """Return in which of 100 equal parts a reader is, in a campaign's issue.

    Always the same one, so that a plan made again is the same.
    """
    if reader.id:
        # The books part the readers of a list in the same way.
        return (reader.id * 7919 + number * 37 % 100) % 100
    mark = hashlib.sha256(f"{number} {reader.address.casefold()}".encode())
    return int.from_bytes(mark.digest()[:8]) % 100


def make(
    issue: Issue,
    *,
    articles: Sequence[Article],
    site: Site,
    emails: Iterable[tuple[Channel, Subscriber, EmailDraft]] = (),
    audiences: Iterable[tuple[Audience, EmailDraft]] = (),
    posts: Iterable[tuple[Channel, PostDraft, datetime | None]] = (),
    left_out: Iterable[str] = (),
    routes: Sequence[str] = (),
) -> Plan:
    """Freeze who gets what through which channel, and which post not before when."""
    drafts: dict[str, Draft] = {}
    readers: list[Audience] = []
    for audience, email in audiences:
        drafts[audience.draft] = email
        readers.append(audience)
    deliveries = [
        *to_readers(issue, emails, drafts),
        *_to_accounts(issue, posts, drafts),
    ]
    channels = unique(
        [one.channel for one in readers] + [one.channel for one in deliveries]
    )
    # Which readers each carries is in the audiences' shares, or follows from the order.
    channels = (*channels, *(f"or {one}" for one in routes))
    audience_parts = [sorted(one.key for one in deliveries), *map(asdict, readers)]
    return Plan(
        issue=issue,
        drafts=drafts,
        deliveries=tuple(deliveries),
        audiences=tuple(readers),
        left_out=tuple(Counter(left_out).items()),
        routes=tuple(routes),
        parts={
            **{f"{ARTICLE}{one.slug}": fingerprint(one.data()) for one in articles},
            "drafts": fingerprint(sorted(drafts)),
            "audience": fingerprint(audience_parts),
            "channels": fingerprint(unique(channels)),
            "sender": of_site(site),
        },
    )


def of_site(site: Site) -> str:
    """Return the part of a plan that says who writes."""
    return fingerprint(asdict(site))


def to_readers(
    issue: Issue,
    emails: Iterable[tuple[Channel, Subscriber, EmailDraft]],
    drafts: dict[str, Draft],
) -> Iterator[Delivery]:
    """Give the delivery of each reader; their drafts are added to `drafts`, by id."""
    names: dict[EmailDraft, str] = {}  # one draft serves many readers: name it once
    for channel, reader, email in emails:
        name = names.get(email) or names.setdefault(email, email.id)
        drafts[name] = email
        yield Delivery(
            key=email_key(issue, reader),
            issue=issue.id,
            channel=channel.name,
            draft=name,
            recipient=reader.address,
            reader=reader,
        )


def _to_accounts(
    issue: Issue,
    posts: Iterable[tuple[Channel, PostDraft, datetime | None]],
    drafts: dict[str, Draft],
) -> Iterator[Delivery]:
    for channel, post, not_before in posts:
        name = post.id
        drafts[name] = post
        yield Delivery(
            key=post_key(issue, channel, post.article),
            issue=issue.id,
            channel=channel.name,
            draft=name,
            not_before=not_before,
        )


# --- a plan on paper ---------------------------------------------------------------


def data(plan: Plan) -> Json:
    """Return the plan as `publisher plan --json` prints it: no reader's address."""
    issue = plan.issue
    return {
        "campaign": issue.campaign,
        "issue": issue.id,
        "scheduled_at": issue.scheduled_at and issue.scheduled_at.isoformat(),
        "is_rehearsal": issue.is_rehearsal,
        "resumes": plan.resumes,
        "articles": list(issue.articles),
        "channels": plan.counts(),
        "or_through": list(plan.routes),
        "deliveries": plan.size,
        "drafts": [
            {"id": name, "kind": draft.kind, "template": draft.template}
            for name, draft in plan.drafts.items()
        ],
        "left_out": dict(plan.left_out),
        "hash": plan.hash,
        "parts": dict(plan.parts),
        "step": step_data(plan.step) if plan.step else None,
        "canary": plan.canary and plan.canary.first,
        "local_at": issue.local_at and issue.local_at.isoformat(),
        "turns": {
            one.key: one.not_before.isoformat()
            for one in plan.deliveries
            if one.not_before
        },
    }


def step_data(step: Step) -> Json:
    """Return whose turn it is in a sequence, for a program."""
    return {
        "due": step.due,
        "asked": step.asked,
        "waiting": step.waiting,
        "next": step.next_at and step.next_at.isoformat(),
        "wish": step.wish,
    }


def refuse_drift(saved: Mapping[str, object], plan: Plan) -> None:
    """Raise `PlanChanged` unless the saved plan is still what would be sent."""
    parts = saved.get("parts")
    if not isinstance(parts, Mapping) or "issue" not in saved:
        raise PlanChanged(
            "this file is not a plan", hint="Try: publisher plan NAME --json > FILE"
        )
    again = f"Try: publisher plan {plan.issue.campaign} --json > FILE"
    if saved.get("campaign") != plan.issue.campaign:
        raise PlanChanged(
            f"the plan is for {saved.get('campaign')}, not for {plan.issue.campaign}",
            hint="Try: the name and the flags that it was made with",
        )
    if saved["issue"] != plan.issue.id:
        raise PlanChanged(
            f"the plan is for {saved['issue']}, and next is {plan.issue.id}", hint=again
        )
    if plan.resumes:
        changed = [] if saved.get("hash") == plan.issue.hash else ["what is half sent"]
    else:
        changed = _changed(parts, plan.parts)
    if changed:
        raise PlanChanged(
            f"since the plan was made, {_listed(changed)} changed; nothing was sent",
            hint=again,
        )


def _changed(before: Mapping[str, object], now: Mapping[str, str]) -> list[str]:
    """Name what differs; what an article is rendered to follows from the article."""
    names = sorted(
        name for name in {*before, *now} if before.get(name) != now.get(name)
    )
    articles = [name for name in names if name.startswith(ARTICLE)]
    others = [one for one in WORDS if one in names]
    if articles:
        others = [one for one in others if one != "drafts"]
    return articles + [WORDS[one] for one in others]


def _listed(words: Sequence[str]) -> str:
    """Join words as a sentence does.

    >>> _listed(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
