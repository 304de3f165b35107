"""`publisher doctor`: look at this folder, or at a domain, and say what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from publisher.cli.output import as_json, console, in_project, open_project, print_json

if TYPE_CHECKING:
    from publisher.project import Project

SIGNS = {
    "ok": "ok      ",
    "note": "note    ",
    "warning": "warning ",
    "error": "error   ",
    "skipped": "skipped ",
}
EPILOG = """\b
Examples:
  publisher doctor
  publisher doctor --domain example.org
"""


@click.command(epilog=EPILOG)
@click.option("--domain", metavar="NAME", help="Look at this domain's DNS instead.")
@click.option(
    "--selector",
    "selectors",
    metavar="NAME",
    multiple=True,
    help="With --domain: a DKIM key to look for.",
)
@as_json
@in_project
@click.pass_context
def command(
    ctx: click.Context,
    folder: str | None,
    domain: str | None,
    selectors: tuple[str, ...],
    *,
    json_: bool,
) -> None:
    """Look at this folder and say what to do next.

    Settings, articles, schedules, templates and books; nothing is changed. With
    --domain, whether emails from there will arrive: SPF, DKIM, DMARC, mail servers,
    the address for leaving, and the clock. It ends with 1 where something is wrong.
    """
    project = open_project(folder, only_looks=True)
    if domain is not None:
        _domain(ctx, project, domain, selectors, json_=json_)
        return
    if selectors:
        raise click.UsageError("--selector goes with --domain. Try: --domain NAME", ctx)
    findings = project.examine()
    if json_:
        print_json([{"level": level, "message": text} for level, text in findings])
    else:
        for level, text in findings:
            _print(level, text)
    if any(level == "error" for level, _ in findings):
        ctx.exit(1)


def _domain(
    ctx: click.Context,
    project: Project,
    domain: str,
    selectors: tuple[str, ...],
    *,
    json_: bool,
) -> None:
    found = []
    for one in project.vet(domain, selectors=selectors):
        found.append(one)
        if not json_:  # each as soon as it is known: DNS may take its time
            _print(one.level, f"{one}")
    if json_:
        print_json(
            [
                {
                    "level": one.level,
                    "subject": one.subject,
                    "message": one.message,
                    "hint": one.hint,
                }
                for one in found
            ]
        )
    if any(one.level == "error" for one in found):
        ctx.exit(1)


def _print(level: str, text: str) -> None:
    console().print(SIGNS[level] + text, markup=False, soft_wrap=True)
