"""`publisher serve`: the public pages."""

from __future__ import annotations

import click

from publisher.cli.output import in_project, open_project, say


@click.command(epilog="Example: publisher serve --port 8000")
@click.option(
    "--host",
    metavar="ADDRESS",
    default="127.0.0.1",
    show_default=True,
    help="Where to listen.",
)
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@in_project
def command(host: str, port: int, folder: str | None) -> None:
    """Serve the pages on which readers subscribe and leave.

    Put a web server with a certificate before it, and say in publisher.yaml where it
    is seen from outside: site: {public_url: ...}.
    """
    from publisher.web import public

    root = open_project(folder).root
    public.serve(root, host=host, port=port, ready=lambda url: say(f"serving {url}"))
