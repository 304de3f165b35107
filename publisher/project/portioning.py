"""Which of an issue's articles each reader gets: of their topics, and each only once.

Readers who get the same articles share a letter. Who would get none gets no mail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from publisher import language
from publisher.models import Article, Campaign, Subscriber

if TYPE_CHECKING:
    from publisher.project.folder import Folder

HAD = "reader has had all of it from another campaign"
FOREIGN = "reader follows other topics"


@dataclass(frozen=True)
class Portions:
    """What is the reader's own about an issue: what they had, and what they follow.

    `had` are the readers' ids by slug, `follows` topics by reader.
    """

    articles: Sequence[Article]
    had: Mapping[str, set[int]] = field(default_factory=dict)
    follows: Mapping[int, frozenset[str]] = field(default_factory=dict)
    language: str = "en"  # of readers who have told none

    @property
    def are_equal(self) -> bool:
        """Whether all readers get all articles."""
        is_translated = len(self._works) < len(self.articles)
        return not (self.had or self.follows or is_translated)

    def of(self, reader: Subscriber) -> tuple[Article, ...]:
        """Return the articles of one reader, in the issue's order."""
        return tuple(one for one in self.followed(reader) if not self._had(one, reader))

    def followed(self, reader: Subscriber) -> tuple[Article, ...]:
        """Return what they follow; who has chosen no topic follows all."""
        topics = self.follows.get(reader.id)
        articles = self.spoken(reader)
        if topics is None:
            return articles
        return tuple(one for one in articles if topics & self._topics_of(one))

    def spoken(self, reader: Subscriber) -> tuple[Article, ...]:
        """Return each article in the language of a reader, as far as it is there."""
        wanted = (reader.language, self.language)
        return tuple(_version(versions, wanted) for versions in self._works.values())

    @cached_property
    def _works(self) -> Mapping[str, Sequence[Article]]:
        """The articles by what they are: translations of one together."""
        found: dict[str, list[Article]] = {}
        for one in self.articles:
            found.setdefault(one.work, []).append(one)
        return found

    def why_none(self, reader: Subscriber) -> str:
        """Say why a reader gets nothing."""
        return HAD if self.followed(reader) else FOREIGN

    def _had(self, article: Article, reader: Subscriber) -> bool:
        """Say whether they had it, in any language."""
        versions = self._works[article.work]
        return any(reader.id in self.had.get(one.slug, ()) for one in versions)

    def _topics_of(self, article: Article) -> set[str]:
        """Return its tags and those of its translations: a topic has one name."""
        return set[str]().union(*map(_topics_of, self._works[article.work]))


def portions_of(
    folder: Folder,
    campaign: Campaign,
    articles: Sequence[Article],
    *,
    is_rehearsal: bool,
) -> Portions:
    """Look up what readers had and follow, as far as the campaign heeds it."""
    email, spoken = campaign.email, folder.settings.site.language
    if email is None or not articles or campaign.delay:
        return Portions(articles, language=spoken)
    memory = folder.books.memory
    had: Mapping[str, set[int]] = {}
    if campaign.articles.memory:
        slugs = [one.slug for one in articles]
        had = memory.had(slugs, campaign=campaign.name, is_rehearsal=is_rehearsal)
    known = folder.settings.topics
    follows = memory.follows(email.list) if known and campaign.articles.topics else {}
    return Portions(articles, had, follows, spoken)


def _version(versions: Sequence[Article], wanted: Sequence[str]) -> Article:
    for tag in wanted:
        for one in versions:
            if one.language == tag:
                return one
        for one in versions:
            if language.alike(one.language, tag):
                return one
    return versions[0]


def _topics_of(article: Article) -> set[str]:
    return {tag.casefold() for tag in (*article.tags, article.category) if tag}
