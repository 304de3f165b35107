"""`publisher explain`: which campaigns and tag rules take an article, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from publisher.cli.output import as_json, in_project, open_project, print_json, table

if TYPE_CHECKING:
    from publisher.models import Campaign, Json
    from publisher.plan import Wording


@click.command(epilog="Example: publisher explain articles/hello.md")
@click.argument("article")
@as_json
@in_project
def command(article: str, folder: str | None, *, json_: bool) -> None:
    """Say which campaigns and tag rules take an article.

    For one article: each channel, whether it goes there, and the rule that says so.
    """
    found = open_project(folder, only_looks=True).explain(article)
    if json_:
        print_json(
            [_data(campaign, channel, words) for campaign, channel, words in found]
        )
        return
    table(
        ("campaign", "channel", "goes", "because", "adds"),
        [
            (
                campaign.name,
                channel,
                "yes" if words.goes else "no",
                "; ".join(words.why) or "no rule changes it",
                _adds(words),
            )
            for campaign, channel, words in found
        ],
    )


def _data(campaign: Campaign, channel: str, words: Wording) -> Json:
    return {
        "campaign": campaign.name,
        "channel": channel,
        "goes": words.goes,
        "why": list(words.why),
        "hashtags": list(words.hashtags),
        "content_warning": words.content_warning,
        "template": words.template,
        "visibility": words.visibility,
        "utm": dict(words.utm),
        "window": _window(words),
        "spacing_minutes": int(words.spacing.total_seconds()) // 60,
    }


def _adds(words: Wording) -> str:
    """Say in a line what the rules change about a post."""
    minutes = int(words.spacing.total_seconds()) // 60
    parts = [
        " ".join(f"#{tag}" for tag in words.hashtags),
        words.content_warning and f"CW: {words.content_warning}",
        words.template and f"template {words.template}",
        words.visibility,
        ", ".join(f"utm_{name}={text}" for name, text in words.utm),
        _window(words),
        f"{minutes} min apart" if minutes else "",
    ]
    return "; ".join(filter(None, parts))


def _window(words: Wording) -> str:
    """Return the hours in which it may be posted, as they are written."""
    closed = words.closed
    return f"{closed.end:%H:%M}-{closed.start:%H:%M}" if closed else ""
