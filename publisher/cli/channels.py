"""`publisher channels`: what each can and needs, whose it is, and logging in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from publisher.cli.output import (
    as_json,
    in_project,
    open_project,
    print_json,
    say,
    table,
)

if TYPE_CHECKING:
    from publisher.models import Json

EPILOG = """\b
Examples:
  publisher channels
  publisher channels test mastodon
  publisher channels login x
"""


@click.group(invoke_without_command=True, epilog=EPILOG)
@as_json
@in_project
@click.pass_context
def command(context: click.Context, folder: str | None, *, json_: bool) -> None:
    """List the channels, what each can, and what each needs.

    First those that are configured, with their limits and tokens; then every provider
    with its settings in .env.
    """
    if context.invoked_subcommand:
        return
    project = open_project(folder, only_looks=True)
    accounts, rows = project.accounts(), project.providers()
    if json_:
        print_json({"channels": accounts, "providers": rows})
        return
    if accounts:
        heads = ("channel", "state", "takes", "can", "token")
        table(heads, [_row(one) for one in accounts])
        click.echo()
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


def _row(one: Json) -> tuple[str, ...]:
    if "kind" not in one:
        return one["name"], one["state"], "", "", ""
    takes = one["limits"] or f"{one['kind']}s"
    return one["name"], one["state"], takes, ", ".join(one["can"]), _token(one)


def _token(one: Json) -> str:
    """Say since when a channel has its token, and until when."""
    parts = []
    if one["token_since"]:
        parts.append(f"since {one['token_since'][:10]}")
    if one["token_until"]:
        parts.append(f"until {one['token_until'][:16].replace('T', ' ')}")
    if one["version_until"]:
        parts.append(f"its version until {one['version_until']}")
    return ", ".join(parts)


@command.command(epilog="Example: publisher channels test mastodon:work")
@click.argument("channel")
@as_json
@in_project
def test(channel: str, folder: str | None, *, json_: bool) -> None:
    """Ask whose account a channel is; nothing is posted.

    It ends with 1 where the network does not take our settings.
    """
    project = open_project(folder)
    found = project.identify(channel)
    if json_:
        print_json(
            {
                "channel": channel,
                "name": found and found.name,
                "url": found and found.url,
                "expires_at": found and found.expires_at and found.expires_at,
                "remarks": list(found.remarks) if found else [],
            }
        )
        return
    if found is None:
        say(f"{channel} opens; whose account it is cannot be asked")
        return
    click.echo(f"{channel} is {found.name}{found.url and ', '}{found.url}")
    if found.expires_at:
        until = found.expires_at.astimezone(project.zone)
        click.echo(f"  its token lasts until {until:%a %d %b %Y %H:%M %Z}")
    for remark in found.remarks:
        click.echo(f"  {remark}")


LOGIN_EPILOG = """\b
Examples:
  publisher channels login x
  publisher channels login threads --redirect https://example.org/back
"""


@command.command(epilog=LOGIN_EPILOG)
@click.argument("channel")
@click.option("--port", metavar="N", type=int, help="Of this machine; as in your app.")
@click.option("--no-browser", is_flag=True, help="Only print the address to open.")
@click.option("--redirect", metavar="URL", help="Of your own; bring its address back.")
@in_project
def login(
    channel: str,
    folder: str | None,
    port: int | None,
    redirect: str | None,
    *,
    no_browser: bool,
) -> None:
    """Log in to a network in a browser, and keep its token outside of git.

    The network sends the browser back to this machine, http://127.0.0.1:8917/callback,
    which must be named in your app there. With --redirect it is another address, of
    which you bring what stands in the address bar.
    """
    from publisher.project import logging_in

    project = open_project(folder)

    def show(address: str) -> None:
        say(f"open this address, and say yes:\n  {address}")
        if not (no_browser or redirect):
            click.launch(address)

    def ask(address: str) -> str:
        show(address)
        return str(click.prompt("the address that it led to", err=True))

    if redirect:
        found = logging_in.log_in_by_hand(project, channel, redirect=redirect, ask=ask)
    else:
        chosen = logging_in.PORT if port is None else port
        found = logging_in.log_in(project, channel, port=chosen, show=show)
    said = project.identify(channel)
    say(f"{channel} is {said.name}" if said else f"{channel} has its token")
    if found.is_hidden:
        say(f"another token in .env wins over it. Try: remove {found.key}")
