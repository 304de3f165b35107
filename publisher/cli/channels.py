"""`publisher channels`: the channels, and what each needs in .env."""

from __future__ import annotations

import click

from publisher.cli.output import as_json, in_project, open_project, print_json, table


@click.command(epilog="Example: publisher channels")
@as_json
@in_project
def command(folder: str | None, *, json_: bool) -> None:
    """List the channels and what each needs.

    Each provider, whether it is configured, and its settings in .env.
    """
    rows = open_project(folder, only_looks=True).providers()
    if json_:
        print_json(rows)
        return
    table(
        ("provider", "takes", "state", "settings in .env"),
        [
            (
                row["name"],
                "emails and posts" if row["name"] == "outbox" else f"{row['kind']}s",
                row["state"],
                ", ".join(row["settings"]),
            )
            for row in rows
        ],
    )
