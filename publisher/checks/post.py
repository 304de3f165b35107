"""What a social post must have, and what its network takes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from publisher.checks import Facts, Found, check, error, leftovers, warning
from publisher.models import Limits, PostDraft

MOST_HASHTAGS = 5  # where the network has no rule, readers have
LABELS = {"sexual", "nudity", "porn", "graphic-media"}  # Bluesky's own
UNITS = {
    "mastodon": "characters",
    "utf16": "UTF-16 units",
    "weighted": "weighted characters",
}


@check("post.text", "post")
def text(draft: PostDraft, facts: Facts) -> Iterator[Found]:
    """It says something, and no template code."""
    if not draft.text.strip():
        hint = f"Try: check templates/social/{draft.template}.txt.j2"
        yield error("the post is empty", hint=hint)
    for code in leftovers(draft.text, (draft.article,), facts):
        yield error(f"{code} was not rendered", hint="Try: check the template")


@check("post.length", "post")
def length(draft: PostDraft, facts: Facts) -> Iterator[Found]:
    """It fits, counted as the network counts."""
    from publisher.units import count

    limits = facts.limits.get(draft.network) or Limits(
        length=draft.limit, unit=draft.unit
    )
    for most, unit in ((limits.length, limits.unit), (limits.byte_length, "bytes")):
        if most is None:
            continue
        link = limits.link if unit != "bytes" else None
        found = count(_with_warning(draft) + draft.text, unit, link=link)
        if found > most:
            yield error(
                f"the post has {found} {UNITS.get(unit, unit)}; "
                f"{draft.network} takes {most}",
                hint="Try: a shorter summary, or a shorter step in its template",
            )


def _with_warning(draft: PostDraft) -> str:
    """Return what the content warning adds to the text that is counted.

    Mastodon counts it though it stands apart; Bluesky gets it above the text, unless
    it is one of its own labels.
    """
    if draft.network == "mastodon":
        return draft.content_warning
    parts = [part.strip() for part in draft.content_warning.split(",")]
    words = [part for part in parts if part and part.casefold() not in LABELS]
    if draft.network != "bluesky" or not words:
        return ""
    return f"CW: {', '.join(words)}\n\n"


@check("post.hashtags", "post")
def hashtags(draft: PostDraft, facts: Facts) -> Iterator[Found]:
    """Few enough to be read, and each of them works."""
    limits = facts.limits.get(draft.network, Limits())
    most = MOST_HASHTAGS if limits.hashtags is None else limits.hashtags
    if len(draft.hashtags) > most:
        yield warning(
            f"the post has {len(draft.hashtags)} hashtags; {most} are enough",
            hint="Try: fewer hashtags in rules, in publisher.yaml",
        )
    for tag in draft.hashtags:
        bare = tag.removeprefix("#")
        if not re.fullmatch(r"\w+", bare) or bare.isdecimal():
            better = re.sub(r"\W+", "", bare.title())
            hint = f"Try: {better}" if better.strip("0123456789") else "Try: words"
            yield warning(f"#{bare} does not work as a hashtag", hint=hint)


@check("post.images", "post")
def images(draft: PostDraft, facts: Facts) -> Iterator[Found]:
    """Every picture says in words what it shows."""
    most = facts.limits.get(draft.network, Limits()).alt
    for image in draft.images:
        if not image.alt.strip():
            hint = "Try: say in a few words what it shows"
            yield warning(f"the image {image.url} has no alt text", hint=hint)
        elif most is not None and len(image.alt) > most:
            yield warning(
                f"the alt text of {image.url} has {len(image.alt)} characters; "
                f"{draft.network} takes {most}",
                hint="Try: a shorter one",
            )


@check("post.link", "post")
def link(draft: PostDraft, facts: Facts) -> Iterator[Found]:
    """Whoever wants to read on can."""
    article = facts.articles.get(draft.article)
    url = article.url if article else ""
    is_there = url in draft.text or (draft.card is not None and draft.card.url)
    if url and not is_there:
        hint = "Try: {{ article.url }} in the template"
        yield warning("the post has no link to the article", hint=hint)


@check("post.sensitive", "post")
def sensitive(draft: PostDraft, facts: Facts) -> Iterator[Found]:
    """What may hurt is announced, not shown."""
    article = facts.articles.get(draft.article)
    takes = facts.limits.get(draft.network, Limits()).takes
    if article is None or draft.content_warning or takes == "document":
        return
    wanted = {tag.casefold() for tag in facts.sensitive}
    for tag in article.tags:
        if tag.casefold() in wanted:
            hint = (
                f"Try: a rule in publisher.yaml: {{tags: [{tag}], content_warning: …}}"
            )
            yield warning(
                f"the article has the tag {tag}, and the post has no content warning",
                hint=hint,
            )
