"""`publisher articles`: list the articles, or show one as it was read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from publisher.cli.output import (
    as_json,
    console,
    in_project,
    open_project,
    plural,
    print_json,
    say,
    table,
)

if TYPE_CHECKING:
    from publisher.errors import SourceError
    from publisher.models import Article


@click.group(
    invoke_without_command=True,
    epilog="Example: publisher articles --tag sea --json",
)
@click.option(
    "--tag", "tags", metavar="TAG", multiple=True, help="Only articles with this tag."
)
@click.option(
    "--language", metavar="TAG", help="Only articles in this language, such as it."
)
@as_json
@in_project
@click.pass_context
def command(
    ctx: click.Context,
    tags: tuple[str, ...],
    language: str | None,
    folder: str | None,
    *,
    json_: bool,
) -> None:
    """List the articles, or show one as it was read."""
    if ctx.invoked_subcommand:
        return
    project = open_project(folder, only_looks=True)
    wanted = {tag.casefold().lstrip("#") for tag in tags}
    found = [
        article
        for article in project.articles
        if not wanted or wanted & {tag.casefold() for tag in article.tags}
        if not language or article.language == language
    ]
    if json_:
        print_json([article.data() for article in found])
    else:
        _list(found)
    for problem in project.unreadable:
        say(f"error: {problem}")
    if project.unreadable:
        ctx.exit(1)


def _list(articles: list[Article]) -> None:
    rows = [
        (
            article.slug,
            article.title,
            article.language,
            f"{article.published:%Y-%m-%d}" if article.published else "-",
            "draft" if article.draft else f"{article.reading_minutes} min",
            ", ".join(article.tags),
        )
        for article in articles
    ]
    table(("slug", "title", "lang", "date", "read", "tags"), rows)
    say(plural(len(articles), "article"))


@command.command(epilog="Example: publisher articles show article.txt --json")
@click.argument("location", metavar="PATH-OR-URL")
@as_json
@in_project
@click.pass_context
def show(ctx: click.Context, location: str, folder: str | None, *, json_: bool) -> None:
    """Show an article as it was read: a file, a URL, or the slug of one."""
    from pathlib import Path

    project = open_project(folder, only_looks=True)
    errors: list[SourceError] = []
    if location.startswith(("http://", "https://")) or Path(location).exists():
        found = project.read(location, errors)
    else:
        found = [project.article(location)]
    if json_:
        values = [article.data() for article in found]
        print_json(values[0] if len(values) == 1 else values)
    else:
        for article in found:
            _show(article)
    for problem in errors:
        say(f"error: {problem}")
    if errors:
        ctx.exit(1)


def _show(article: Article) -> None:
    from rich.markup import escape

    out = console()
    out.print(f"[bold]{escape(article.title)}[/bold]")
    facts: dict[str, Any] = {
        "slug": article.slug,
        "language": f"{article.language} ({article.direction})",
        "by": article.author,
        "published": article.published and f"{article.published:%Y-%m-%d %H:%M %Z}",
        "category": article.category,
        "tags": ", ".join(article.tags),
        "labels": ", ".join(article.labels),
        "site": article.site,
        "url": article.url,
        "reading": f"{article.reading_minutes} min",
        "images": len(article.images) or "",
        "draft": "yes: it is not sent" if article.draft else "",
    }
    for name, value in facts.items():
        if value:
            out.print(f"  {name + ':':<11}{escape(str(value))}")
    out.print()
    out.print(escape(article.text))
