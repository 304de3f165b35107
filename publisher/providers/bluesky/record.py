"""Parts of a record: what is marked in its text, stands below it, and warns of it."""

from __future__ import annotations

import re

from publisher.models import Card, Json
from publisher.units import links

# https://docs.bsky.app/docs/advanced-guides/moderation#self-labels
SELF_LABELS = ("sexual", "nudity", "porn", "graphic-media")


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
