"""`publisher doctor`: look at this folder and say what to do next."""

from __future__ import annotations

import click

from publisher.cli.output import as_json, console, in_project, open_project, print_json

SIGNS = {"ok": "ok     ", "note": "note   ", "error": "error  "}


@click.command(epilog="Example: publisher doctor")
@as_json
@in_project
@click.pass_context
def command(ctx: click.Context, folder: str | None, *, json_: bool) -> None:
    """Look at this folder and say what to do next.

    Settings, articles, schedules, templates and books; nothing is changed.
    """
    findings = open_project(folder, only_looks=True).examine()
    if json_:
        print_json([{"level": level, "message": text} for level, text in findings])
    else:
        out = console()
        for level, text in findings:
            out.print(SIGNS[level] + text, markup=False, soft_wrap=True)
    if any(level == "error" for level, _ in findings):
        ctx.exit(1)
