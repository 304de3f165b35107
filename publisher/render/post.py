"""Posts: the fullest wording that fits the network."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from publisher.errors import RenderError
from publisher.models import (
    Article,
    Card,
    Document,
    Hashtags,
    Limits,
    PostDraft,
    Site,
)
from publisher.render.environment import Sandbox
from publisher.render.hashtags import chosen, hashtags_in, once
from publisher.render.running import load, run, run_block

THREAD = "thread"  # the step that may be longer than one post
_JOINER = "\u200d"


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a post is about, and for whom.

    `link` is where it leads: the article's address, with what tells where it stood.
    """

    article: Article
    network: str
    site: Site
    words: Mapping[str, object]
    hashtags: Sequence[str]
    content_warning: str
    language: str
    link: str
    visibility: str = ""
    turn: int = 0
    spelling: Hashtags = field(default_factory=Hashtags)

    def values(self, limits: Limits) -> dict[str, Any]:
        """Return what the template knows."""
        article = self.article
        return {
            "article": article,
            "title": article.title,
            "summary": article.summary,
            "url": self.link,
            "hashtags": chosen(article, self.hashtags, limits, self.spelling),
            "content_warning": self.content_warning,
            "network": self.network,
            "site": self.site,
            "words": self.words,
            "language": self.language,
            "direction": article.direction,
            "turn": self.turn,
        }


def post(sandbox: Sandbox, name: str, about: About, limits: Limits) -> PostDraft:
    """Render the template's steps and take the first that fits.

    A network that takes a document gets the whole article, without a template.
    """
    from publisher.units import count

    if limits.takes == "document":
        return _whole(name, about)
    article, room = about.article, _room(limits, about.content_warning)
    steps = enumerate(_steps(sandbox, name, about, limits))
    fitting = ((rung, parts) for rung, parts in steps if _fit(parts, room))
    rung, parts = next(fitting, (-1, ()))
    if not parts:
        raise _too_long(name, article, about.network, limits)
    text, *thread = parts
    lengths = [count(one, limits.unit, link=limits.link) for one in (text, *thread)]
    return PostDraft(
        template=name,
        network=about.network,
        article=article.slug,
        text=text,
        thread=tuple(thread),
        language=about.language,
        direction=article.direction,
        hashtags=hashtags_in("\n".join([text, *thread])),
        card=card_of(article, about.link),
        document=document_of(article) if limits.has_document else None,
        content_warning=about.content_warning,
        visibility=about.visibility,
        length=max(lengths),
        limit=limits.length,
        unit=limits.unit,
        rung=rung,
    )


def _whole(name: str, about: About) -> PostDraft:
    """Return the whole article; its text is what a person reads in a preview."""
    article = about.article
    return PostDraft(
        template=name,
        network=about.network,
        article=article.slug,
        title=article.title,
        text=f"{article.title}\n\n{article.text}".strip(),
        document=document_of(article),
        card=card_of(article, article.url),
        language=about.language,
        direction=article.direction,
        content_warning=about.content_warning,
        visibility=about.visibility,
    )


def _room(limits: Limits, content_warning: str) -> Limits:
    """Return what is left for the text: networks count the warning, or put it above."""
    from publisher.units import count

    if not content_warning:
        return limits
    above = f"CW: {content_warning}\n\n"
    return replace(
        limits,
        length=limits.length and limits.length - count(above, limits.unit),
        byte_length=limits.byte_length and limits.byte_length - count(above, "bytes"),
    )


def _steps(
    sandbox: Sandbox, name: str, about: About, limits: Limits
) -> Iterator[tuple[str, ...]]:
    """Give the wording of each step of the ladder in parts, the fullest first.

    The step that is called `thread` is cut into as many as it needs, where the network
    chains them; any other has one.
    """
    files = [f"{name}.{about.network}.txt.j2", f"{name}.txt.j2"]
    template = sandbox.kept("social", files) or load(sandbox, "social", files)
    sandbox.keep("social", files, template)
    whole, context = run(sandbox, template, about.values(limits), is_hollow=True)
    if not template.blocks:
        yield (_tidy(whole),)
    room = _room(limits, about.content_warning)
    for step, block in template.blocks.items():
        text = _tidy(run_block(sandbox, context, block))
        yield _cut(text, room) if step == THREAD else (text,)
    for text in _last_resort(about.article.title, about.link, room):
        yield (text,)


def _cut(text: str, room: Limits) -> tuple[str, ...]:
    from publisher.render.thread import cut

    return cut(text, room) if room.has_threads else ()


def _fit(parts: Sequence[str], room: Limits) -> bool:
    from publisher.units import fits

    return bool(parts) and all(part and fits(part, room) for part in parts)


def _tidy(text: str) -> str:
    lines = "\n".join(line.strip() for line in text.strip().splitlines())
    return re.sub(r"\n{3,}", "\n\n", once(lines)).strip()


def card_of(article: Article, link: str) -> Card | None:
    """Return what a network shows below the post; without a link there is none."""
    if not link:
        return None
    image = article.images[0] if article.images else None
    return Card(
        url=link,
        title=article.title,
        description=article.summary,
        image=image.url if image else "",
        alt=image.alt if image else "",
    )


def document_of(article: Article) -> Document:
    """Return the whole article, for a network that takes it; its own address in it."""
    return Document(
        title=article.title,
        html=article.html,
        summary=article.summary,
        url=article.url,
        author=article.author,
        image=article.images[0].url if article.images else "",
        tags=article.tags,
        published=article.published.isoformat() if article.published else "",
    )


# --- when nothing fits -------------------------------------------------------------


def _last_resort(title: str, link: str, limits: Limits) -> list[str]:
    """Return the title, shortened as little as needed, with the link."""
    from publisher.units import fits

    link = link and f"\n\n{link}"
    for shorter in _shortened(title):
        if fits(shorter + link, limits):
            return [shorter + link]
    return []


def _shortened(title: str) -> Iterator[str]:
    """Yield ever shorter titles: cut between words, then anywhere in the first word."""
    yield title
    words = title.split()
    for count in range(len(words) - 1, 0, -1):
        yield " ".join(words[:count]).rstrip(" ,;:.–—-") + "…"
    first = words[0] if words else ""
    for end in range(len(first) - 1, 0, -1):
        is_whole = not unicodedata.combining(first[end])
        if is_whole and _JOINER not in first[end - 1 : end + 1]:
            yield first[:end] + "…"


def _too_long(name: str, article: Article, network: str, limits: Limits) -> RenderError:
    most = limits.length if limits.length is not None else limits.byte_length
    return RenderError(
        f"the post about {article.title!r} has no step that fits {network}, which "
        f"takes {most}",
        where=f"templates/social/{name}",
        hint="Try: a last step with only {{ url }}",
    )
