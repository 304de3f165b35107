"""The filters that templates have beyond Jinja's own; docs/templates.md lists them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime
from html.parser import HTMLParser
from typing import Any

from jinja2.nodes import EvalContext
from jinja2.runtime import Context, Undefined
from jinja2.utils import pass_context, pass_eval_context
from markupsafe import Markup

from publisher.models import Article
from publisher.render.personal import ReaderText

VOID = frozenset(("area", "br", "col", "hr", "img", "source", "track", "wbr"))

QUOTABLE = range(20, 200)  # characters


def default(value: Any, default_value: Any = "", *, boolean: bool = False) -> Any:
    """Return the default for what is missing, and for what a reader has not."""
    if isinstance(value, Undefined):
        return default_value
    if isinstance(value, ReaderText):
        return value or default_value or value
    return default_value if boolean and not value else value


@pass_context
def date(
    context: Context, value: datetime | None, style: str = "long", language: str = ""
) -> str:
    """Return a date in words, in the letter's language; no date is an empty text."""
    from publisher.locales import format_date

    if value is None:
        return ""
    return format_date(value, language or context.get("language", "en"), style)


@pass_eval_context
def body(eval_ctx: EvalContext, article: Article, words: int = 0) -> str:
    """Return the article in the template's own kind, whole or its first paragraphs."""
    if not eval_ctx.autoescape:
        return _first_paragraphs(article.text, words)
    html = _first_blocks(article.html, words) if words else article.html
    return Markup(html)  # noqa: S704  sanitised when it was read


def _first_paragraphs(text: str, words: int) -> str:
    if not words:
        return text
    kept: list[str] = []
    for paragraph in text.split("\n\n"):
        kept.append(paragraph)
        words -= len(paragraph.split())
        if words <= 0:
            break
    return "\n\n".join(kept)


def _first_blocks(html: str, words: int) -> str:
    cutter = _Cutter(html, words)
    cutter.feed(html)
    return html if cutter.end is None else html[: cutter.end]


class _Cutter(HTMLParser):
    """Finds where the top-level element ends in which the last wanted word stands."""

    def __init__(self, html: str, words: int) -> None:
        super().__init__(convert_charrefs=False)
        self.end: int | None = None
        self._left = words
        self._depth = 0
        self._starts = [0]
        for line in html.split("\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002
        self._depth += tag not in VOID

    def handle_endtag(self, tag: str) -> None:
        self._depth -= tag not in VOID
        if self._left <= 0 and self._depth <= 0 and self.end is None:
            line, column = self.getpos()
            self.end = self._starts[line - 1] + column + len(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self._left -= len(data.split())


def truncate_words(value: str, count: int = 30) -> str:
    """Return the first words, and "…" if there are more.

    >>> truncate_words("one two three", 2)
    'one two…'
    """
    words = value.split()
    if len(words) <= count:
        return value
    return " ".join(words[:count]).rstrip(" ,;:.–—-") + "…"


def sentence(value: str, number: int = 0) -> str:
    """Return one sentence of a text that can stand alone; after the last, the first.

    Those that are very short or very long count only where there are no others.

    >>> sentence("Yes. The lamp was lit at dusk. The boats came home by it.", 1)
    'The boats came home by it.'
    """
    from publisher.text import sentences

    found = [one for part in value.split("\n\n") for one in sentences(part)]
    quotable = [one for one in found if len(one) in QUOTABLE and one[-1] not in ":,;"]
    known = quotable or found
    return known[number % len(known)] if known else ""


def plain(value: str) -> str:
    """Return the text without tags, on one line."""
    return " ".join(str(Markup(value).striptags()).split())  # noqa: S704


def hashtag(value: str) -> str:
    """Return the tag as networks take it, "#OpenData", or "" if they take none of it.

    >>> hashtag("2026")
    ''
    """
    from publisher.text import camel_case_hashtag

    # A network ends a hashtag at a joiner, so Persian words are joined visibly.
    joined = camel_case_hashtag(value.replace("\u200c", "_"))
    word = "".join(filter(is_of_hashtag, joined)).strip("_")
    return f"#{word}" if any(map(str.isalpha, word)) else ""


def is_of_hashtag(sign: str) -> bool:
    """Whether a hashtag goes on with this sign: a letter, its marks, a digit or "_"."""
    return sign == "_" or sign.isalnum() or unicodedata.category(sign).startswith("M")


@pass_context
def plural(context: Context, phrase: str | Mapping[str, str], number: int) -> str:
    """Return a phrase that counts, in the letter's language."""
    from publisher.locales import count_in_words

    return count_in_words(phrase, number, context.get("language", "en"))


def fill(phrase: str, **values: object) -> str:
    """Put values into a phrase: "{name}" and the like.

    >>> fill("Sent by {name} {x}", name="Ana")
    'Sent by Ana {x}'
    """
    return re.sub(
        r"\{(\w+)\}", lambda match: str(values.get(match[1], match[0])), phrase
    )


FILTERS: Mapping[str, Callable[..., Any]] = {
    "body": body,
    "date": date,
    "fill": fill,
    "hashtag": hashtag,
    "plain": plain,
    "plural": plural,
    "sentence": sentence,
    "truncate_words": truncate_words,
}
