"""`publisher card`: the picture that networks would show for an article."""

from __future__ import annotations

from pathlib import Path

import click

from publisher import files
from publisher.cli.output import in_bytes, in_project, open_project, say


@click.command(epilog="Example: publisher card articles/hello.md --out hello.png")
@click.argument("article")
@click.option(
    "-o", "--out", metavar="FILE", default="", help="Default: the article's name .png"
)
@in_project
def command(article: str, out: str, folder: str | None) -> None:
    """Draw the picture of an article that has none.

    With title, site and author, 1200 x 630 pixels, in the colour of `cards` in
    publisher.yaml: to look at, or for your own site. Needs publisher[images].
    """
    project = open_project(folder, only_looks=True)
    found = project.article(article)
    content = project.pictures.card(found)
    if out == "-":
        click.echo(content, nl=False)
        return
    path = Path(out or f"{found.slug.replace('/', '-')}.png")
    files.write(path, content)
    say(f"wrote {path}: {in_bytes(len(content))}, with the alt text {found.title!r}")
