"""Evergreen articles: posted again when they, and their tags, have rested enough."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from publisher.models import Article, Evergreen
from publisher.plan.rules import folded

NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Rested:
    """When articles were last posted, by slug; else its own day counts."""

    posted: Mapping[str, datetime]

    def since(self, article: Article) -> datetime:
        """Return when an article was last new to anybody."""
        return self.posted.get(article.slug) or article.published or NEVER

    def ordered(self, articles: Iterable[Article]) -> list[Article]:
        """Return articles, the one that has rested longest first."""
        return sorted(articles, key=lambda one: (self.since(one), one.slug))

    def reason(
        self,
        article: Article,
        evergreen: Evergreen,
        articles: Sequence[Article],
        taken: Sequence[Article],
        now: datetime,
    ) -> str:
        """Return why it is too early for an article, or ""."""
        if now - self.since(article) < evergreen.rest:
            return f"has not rested for {_days(evergreen.rest)}"
        if not evergreen.rest_of_tag:
            return ""
        tags = folded(article.tags)
        for one in articles:
            last = self.posted.get(one.slug)
            is_late = last is not None and now - last < evergreen.rest_of_tag
            if (is_late or one in taken) and (shared := tags & folded(one.tags)):
                return f"its tag {min(shared)} has not rested"
        return ""


def _days(span: timedelta) -> str:
    return f"{span.days} days" if span.days != 1 else "a day"
