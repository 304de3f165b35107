"""Which of an issue's articles each reader gets: of their topics, and each only once.

Readers who get the same articles share a letter. Who would get none gets no mail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from publisher.models import Article, Campaign, Subscriber

if TYPE_CHECKING:
    from publisher.project.folder import Folder

HAD = "reader has had all of it from another campaign"
FOREIGN = "reader follows other topics"


@dataclass(frozen=True, slots=True)
class Portions:
    """What is the reader's own about an issue: what they had, and what they follow.

    `had` are the readers' ids by slug, `follows` topics by reader.
    """

    articles: Sequence[Article]
    had: Mapping[str, set[int]] = field(default_factory=dict)
    follows: Mapping[int, frozenset[str]] = field(default_factory=dict)

    @property
    def are_equal(self) -> bool:
        """Whether all readers get all articles."""
        return not self.had and not self.follows

    def of(self, reader: Subscriber) -> tuple[Article, ...]:
        """Return the articles of one reader, in the issue's order."""
        return tuple(one for one in self.followed(reader) if not self._had(one, reader))

    def followed(self, reader: Subscriber) -> tuple[Article, ...]:
        """Return what they follow; who has chosen no topic follows all."""
        topics = self.follows.get(reader.id)
        if topics is None:
            return tuple(self.articles)
        return tuple(one for one in self.articles if topics & _topics_of(one))

    def why_none(self, reader: Subscriber) -> str:
        """Say why a reader gets nothing."""
        return HAD if self.followed(reader) else FOREIGN

    def _had(self, article: Article, reader: Subscriber) -> bool:
        return reader.id in self.had.get(article.slug, ())


def portions_of(
    folder: Folder,
    campaign: Campaign,
    articles: Sequence[Article],
    *,
    is_rehearsal: bool,
) -> Portions:
    """Look up what readers had and follow, as far as the campaign heeds it."""
    email = campaign.email
    if email is None or not articles or campaign.delay:
        return Portions(articles)
    memory = folder.books.memory
    had: Mapping[str, set[int]] = {}
    if campaign.articles.memory:
        slugs = [one.slug for one in articles]
        had = memory.had(slugs, campaign=campaign.name, is_rehearsal=is_rehearsal)
    known = folder.settings.topics
    follows = memory.follows(email.list) if known and campaign.articles.topics else {}
    return Portions(articles, had, follows)


def _topics_of(article: Article) -> set[str]:
    return {tag.casefold() for tag in (*article.tags, article.category) if tag}
