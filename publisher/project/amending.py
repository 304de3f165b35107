"""Amends posts of an article that was corrected after they went."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from publisher import merge
from publisher import plan as planning
from publisher.errors import ConfigError, ProviderError, PublisherError
from publisher.models import Article, Campaign, Channel, Edits, PostDraft, PostPart
from publisher.project.logging_in import fresh
from publisher.project.posting import Posting

if TYPE_CHECKING:
    from publisher.project.folder import Folder
    from publisher.store import Posted

Result: TypeAlias = Literal[
    "edited", "would be edited", "the same", "as it was", "failed"
]


@dataclass(frozen=True, slots=True)
class Amended:
    """What became of one post; `why` where it is not as the article is now."""

    posted: Posted
    result: Result
    text: str = ""
    why: str = ""


def amend(folder: Folder, article: Article, *, dry_run: bool) -> Iterator[Amended]:
    """Change each post about an article to what it would be now, where that can be.

    What was written to the outbox stays: nobody has read it. A post that is as it
    should be is not touched, so the same again changes nothing.
    """
    for posted in folder.books.posts.about(article.slug):
        try:
            channel = _channel(folder, posted.channel, dry_run=dry_run)
            if channel.is_outbox:
                continue
            yield _amended(folder, article, channel, posted, dry_run=dry_run)
        except PublisherError as error:
            yield Amended(posted, "failed", why=f"{error}")


def _channel(folder: Folder, name: str, *, dry_run: bool) -> Channel:
    return folder.channel(name) if dry_run else fresh(folder, name)


def _amended(
    folder: Folder, article: Article, channel: Channel, posted: Posted, *, dry_run: bool
) -> Amended:
    draft = _draft(folder, article, channel, posted)
    if draft is None:
        why = "a rule leaves the article out now"
        return Amended(posted, "as it was", why=why)
    if draft == posted.draft:
        return Amended(posted, "the same")
    if not isinstance(channel.provider, Edits):
        why = f"{channel.network} lets nobody change a post"
        return Amended(posted, "as it was", draft.text, why)
    if dry_run:
        return Amended(posted, "would be edited", draft.text)
    issue = folder.books.ledger.issue(posted.issue)
    assert issue  # noqa: S101  a delivery has an issue
    post = merge.post(
        draft,
        key=posted.key,
        created=issue.planned_at,
        files=folder.attachments.of_post(draft),
    )
    try:
        receipt = channel.provider.edit(posted.receipt, post)
    except ProviderError as error:
        return Amended(posted, "failed", draft.text, f"{error}")
    folder.books.posts.amend(posted, draft, receipt)
    return Amended(posted, "edited", draft.text)


def _draft(
    folder: Folder, article: Article, channel: Channel, posted: Posted
) -> PostDraft | None:
    """Return what the post would be now; its pictures stay those that it has."""
    issue = folder.books.ledger.issue(posted.issue)
    assert issue  # noqa: S101
    campaign, part = _intention(folder, channel, posted)
    fired = planning.fired_by(article, folder.settings.rules)
    words = planning.wording(article, channel.name, replace(part, tags=()), fired)
    if not words.goes:
        return None
    made = Posting(folder, campaign, issue).draft(article, part, channel, words)
    old = posted.draft
    return replace(made, pictures=old.pictures, thumbnail=old.thumbnail)


def _intention(
    folder: Folder, channel: Channel, posted: Posted
) -> tuple[Campaign, PostPart]:
    """Return what meant the post: its campaign, if there still is one, or a one-off."""
    name = posted.issue.rpartition("/")[0]
    template = posted.draft.template
    alone = PostPart(template=template, through=(channel.name,))
    try:
        campaign = folder.campaign(name)
    except ConfigError:
        campaign = None
    if campaign is None:
        return Campaign(name=name), alone
    parts = (one for one in campaign.posts if channel.name in one.through)
    return campaign, replace(next(parts, alone), pictures=0)
