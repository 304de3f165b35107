"""An account's own posts: whether one of them is ours."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence

from publisher.models import Json, Post


def same(posts: Iterable[Json], post: Post, text: str) -> Json | None:
    """Return the post that has this text; or the same link, where it is younger."""
    firsts = [one for one in posts if not _answered(one)]
    wanted = _bare(text)
    for one in firsts:
        if _bare(_words(one)) == wanted:
            return one
    if post.card is None or post.created is None:
        return None
    address = _bare(post.card.url)
    for one in firsts:
        if address in {_bare(url) for _, url in _links(one)}:
            return one
    return None


def chained(first: Json, posts: Sequence[Json]) -> list[str]:
    """Return the ids of a post and of its own answers, each to the one before."""
    ids = [f"{first['id']}"]
    answers = {_answered(one): f"{one['id']}" for one in posts if _answered(one)}
    while ids[-1] in answers:
        ids.append(answers[ids[-1]])
    return ids


def _answered(post: Json) -> str:
    """Return the id of what a post answers."""
    others = post.get("referenced_tweets") or []
    return next((f"{one['id']}" for one in others if one["type"] == "replied_to"), "")


def _words(post: Json) -> str:
    """Return the text as it was sent: X puts its own short links into it."""
    text = html.unescape((post.get("note_tweet") or post)["text"])
    for short, url in _links(post):
        is_media = re.fullmatch(r"https://(x|twitter)\.com/\S+/(photo|video)/\d+", url)
        text = text.replace(short, "" if is_media else url)
    return text


def _links(post: Json) -> Iterator[tuple[str, str]]:
    """Yield the links of a post: the short one, and where it leads."""
    of_note = (post.get("note_tweet") or {}).get("entities")
    entities = of_note or post.get("entities") or {}
    for one in entities.get("urls") or []:
        yield one["url"], one.get("expanded_url") or one["url"]


def _bare(text: str) -> str:
    """Return the text without what X may change: white space, and how links begin."""
    return re.sub(r"https?://|/(?=\s|$)|\s+", "", text)
