"""`publisher explain`: which campaigns and tag rules take an article, and why."""

from __future__ import annotations

import click

from publisher.cli.output import as_json, in_project, open_project, print_json, table


@click.command(epilog="Example: publisher explain articles/hello.md")
@click.argument("article")
@as_json
@in_project
def command(article: str, folder: str | None, *, json_: bool) -> None:
    """Say where an article would be posted, and which tag rule says so."""
    rows = [
        {
            "campaign": campaign.name,
            "channel": channel,
            "goes": words.goes,
            "why": list(words.why),
            "hashtags": list(words.hashtags),
            "content_warning": words.content_warning,
        }
        for campaign, channel, words in open_project(folder).explain(article)
    ]
    if json_:
        print_json(rows)
        return
    table(
        ("campaign", "channel", "goes", "because", "adds"),
        [
            (
                row["campaign"],
                row["channel"],
                "yes" if row["goes"] else "no",
                "; ".join(row["why"]) or "no rule changes it",
                " ".join(
                    [f"#{tag}" for tag in row["hashtags"]]
                    + [f"CW: {row['content_warning']}"] * bool(row["content_warning"])
                ),
            )
            for row in rows
        ],
    )
