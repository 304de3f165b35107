"""What a page says beside its article, and what reading a line of it needs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import tzinfo

from publisher.sources.plain import chrome
from publisher.sources.plain.bylines import (
    Byline,
    byline,
)
from publisher.sources.plain.flow import (
    Line,
    ends_statement,
    width,
)

PROSE_WIDTH = 110
PROSE_WORDS = 8
MANY_WORDS = 12
_INNER_STOP = re.compile(r"[^\d\W]{3}[.!]\s+\w")
# Below the article stand teasers, but no whole paragraphs.
TEASER = 260
BIOGRAPHY = 600


@dataclass(slots=True)
class Page:
    """What a page says beside its article, and the lines of the article."""

    title: str = ""
    site: str = ""
    standfirst: str = ""
    byline: Byline = field(default_factory=Byline)
    tags: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Context:
    """What reading a line needs to know."""

    language: str
    zone: tzinfo

    def byline(self, line: str) -> Byline | None:
        """Return what the line says about the article, if it is such a line."""
        return byline(line, language=self.language, zone=self.zone)


def is_prose(line: str) -> bool:
    """Say whether a line can only be a paragraph."""
    if chrome.is_notice(line):
        return False
    if width(line) > PROSE_WIDTH * 2:
        return True
    has_words = len(line.split()) >= PROSE_WORDS or width(line) >= PROSE_WIDTH // 2
    is_question = line.endswith(("?", "？", "؟"))
    if is_question and _INNER_STOP.search(line) and len(line.split()) > MANY_WORDS:
        return True
    return (ends_statement(line) and has_words) or (
        width(line) > PROSE_WIDTH and not is_question
    )


def is_marked(text: str) -> bool:
    """Say whether a line is a title in Markdown, and no row of hashtags."""
    return text.startswith("# ") and text.count("#") == 1
