"""`publisher preview`: a page on this machine that shows what would be sent."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from publisher.cli.output import in_project, open_project, say


@click.command(epilog="Example: publisher preview weekly-digest")
@click.argument("name", default="", metavar="[CAMPAIGN|ARTICLE]")
@click.option(
    "--port",
    type=click.IntRange(0, 65_526),  # the nine after it are tried, too
    default=8025,
    show_default=True,
    help="The first to try; 0 takes any.",
)
@click.option("--no-open", is_flag=True, help="Do not open a browser.")
@click.option(
    "--static", "static", metavar="DIR", help="Write the page as files instead."
)
@click.option("--text", "text", is_flag=True, help="Print it here instead.")
@in_project
@click.pass_context
def command(
    ctx: click.Context,
    name: str,
    port: int,
    static: str | None,
    folder: str | None,
    *,
    no_open: bool,
    text: bool,
) -> None:
    """Open a page that shows what would be sent.

    The page follows your files while they change. Nothing is sent from it.
    """
    project = open_project(folder, only_looks=True)
    name = name or project.next_campaign()
    if text:
        from publisher.cli.render import command as render

        ctx.invoke(render, name=name, folder=folder, output="-")
        return
    from publisher.web import preview

    if static is not None:
        import asyncio

        asyncio.run(preview.write_static(project.root, name, Path(static)))
        say(f"wrote {static}/index.html")
        return
    project.intention(name)  # a wrong name is told here, not in the page

    def ready(url: str) -> None:
        say(f"preview at {url}\nnothing is sent from here; Ctrl-C stops")
        if not no_open and _has_screen():
            import webbrowser

            webbrowser.open(url)

    preview.serve(project.root, name, port=port, ready=ready)


def _has_screen() -> bool:
    """Whether a browser could be seen: not over SSH, not in CI."""
    if os.environ.get("CI") or os.environ.get("SSH_CONNECTION"):
        return False
    if sys.platform in {"win32", "darwin"}:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
