"""A post's record: what is marked in its text, stands below it, and warns of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from publisher.models import Card, Json, Media, Post
from publisher.providers.bluesky.keys import planned, stamp
from publisher.units import links

COLLECTION = "app.bsky.feed.post"
ALT = 2000  # characters
# https://docs.bsky.app/docs/advanced-guides/moderation#self-labels
SELF_LABELS = ("sexual", "nudity", "porn", "graphic-media")


def post_record(post: Post) -> Json:
    """Return a post's record: what readers' apps will read."""
    labels, words = warnings(post.content_warning)
    text = f"CW: {words}\n\n{post.text}" if words else post.text
    record: Json = {
        "$type": COLLECTION,
        "text": text,
        "createdAt": stamp(planned(post)),
    }
    if post.language:
        record["langs"] = [post.language]
    if marks := facets(text, post.hashtags):
        record["facets"] = marks
    if post.card:
        record["embed"] = embed(post.card)
    if labels:
        record["labels"] = {
            "$type": "com.atproto.label.defs#selfLabels",
            "values": [{"val": label} for label in labels],
        }
    return record


def parts(post: Post) -> list[Post]:
    """Return the parts of a thread as posts of their own; only the first has a card.

    Each is a little younger than the one before. The words of a warning stand above the
    first alone, its labels are those of all.
    """
    labels, _ = warnings(post.content_warning)
    found = [post]
    for number, text in enumerate(post.thread, start=2):
        later = planned(post) + timedelta(milliseconds=number)
        key = f"{post.key}#{number}"
        part = replace(post, key=key, text=text, created=later, card=None)
        found.append(replace(part, content_warning=", ".join(labels)))
    return found


def warnings(content_warning: str) -> tuple[list[str], str]:
    """Split a warning into the labels that Bluesky knows and words for the rest.

    Words stand above the text: Bluesky has no other place, and none may get lost.
    """
    parts = [part.strip() for part in content_warning.split(",") if part.strip()]
    labels = [label for label in SELF_LABELS if label in map(str.casefold, parts)]
    words = [part for part in parts if part.casefold() not in SELF_LABELS]
    return labels, ", ".join(words)


def embed(card: Card) -> Json:
    """Return a card for a link: Bluesky makes none by itself."""
    return {
        "$type": "app.bsky.embed.external",
        "external": {
            "uri": card.url,
            "title": card.title,
            "description": card.description,
        },
    }


def pictures(some: Sequence[tuple[Media, Json]]) -> Json:
    """Return pictures that were handed over, each with what it shows."""
    images: list[Json] = []
    for media, blob in some:
        image: Json = {"alt": media.alt[:ALT], "image": blob}
        if media.width and media.height:
            image["aspectRatio"] = {"width": media.width, "height": media.height}
        images.append(image)
    return {"$type": "app.bsky.embed.images", "images": images}


def cover_of(record: Json) -> Json | None:
    """Return the picture of a post's card, or its first one."""
    below = record.get("embed", {})
    some = [below.get("external", {}).get("thumb")]
    some += [one["image"] for one in below.get("images", [])]
    return next((one for one in some if one), None)


def facets(text: str, hashtags: tuple[str, ...]) -> list[Json]:
    """Mark links and hashtags, in UTF-8 bytes; the server checks none of it."""
    parts = [(link.start, link.end, {"link": link.url}) for link in links(text)]
    taken = {place for start, end, _ in parts for place in range(start, end)}
    for tag in dict.fromkeys(hashtags):
        parts += [
            (match.start(), match.end(), {"tag": tag})
            for match in re.finditer(rf"(?<!\w)[#＃]{re.escape(tag)}(?!\w)", text)
            if match.start() not in taken
        ]
    return [_facet(text, *part) for part in sorted(parts, key=lambda part: part[0])]


def _facet(text: str, start: int, end: int, feature: dict[str, str]) -> Json:
    ((name, value),) = feature.items()
    place = "uri" if name == "link" else name
    return {
        "index": {
            "byteStart": len(text[:start].encode()),
            "byteEnd": len(text[:end].encode()),
        },
        "features": [{"$type": f"app.bsky.richtext.facet#{name}", place: value}],
    }
