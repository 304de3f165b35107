"""`publisher render`: write a campaign's next messages to files, or print them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher import files, mime
from publisher.cli.asking import asked_options
from publisher.cli.output import as_json, in_project, open_project, print_json, say
from publisher.models import Email

if TYPE_CHECKING:
    from publisher.models import Json
    from publisher.project import Flags, Project, Shown

FORMATS = ("html", "text", "eml", "json")


@click.command(epilog="Example: publisher render weekly-digest -o out/")
@click.argument("name", metavar="CAMPAIGN|ARTICLE")
@asked_options
@click.option(
    "-o", "--output", metavar="DIR", default="-", help="A folder, or - to print."
)
@click.option(
    "--format",
    "formats",
    multiple=True,
    type=click.Choice(FORMATS),
    help="Default: all into a folder, text when printing.",
)
@as_json
@in_project
def command(
    *,
    name: str,
    asked: Flags,
    output: str,
    formats: tuple[str, ...],
    folder: str | None,
    json_: bool,
) -> None:
    """Write a campaign's next messages to files.

    As `send` would make them; without -o they are printed. Nothing is sent or stored.
    """
    if json_ and (formats or output != "-"):
        raise click.UsageError("--json prints everything: leave out -o and --format")
    project = open_project(folder, only_looks=True)
    plan, shown = project.preview(name, **asked)
    if json_:
        print_json(
            {
                "issue": plan.issue.id,
                "messages": [_data(project, one) for one in shown],
                "left_out": dict(plan.left_out),
            }
        )
        return
    for one in shown:
        for form in formats or (("text",) if output == "-" else FORMATS):
            _write(project, one, form, output)
    for reason, count in plan.left_out:
        say(f"not sent: {count} ({reason})")


def _data(project: Project, shown: Shown) -> Json:
    """Return a message for a program; a post's `json` is what its network would get."""
    message, channel = shown.message, shown.channel
    about: Json = {"key": message.key, "channel": channel.name, "text": message.text}
    if isinstance(message, Email):
        headers = {"subject": message.subject, "headers": message.headers}
        return {"kind": "email", **about, **headers, "html": message.html}
    return {"kind": "post", **about, "json": project.payload(shown)}


def _write(project: Project, shown: Shown, form: str, output: str) -> None:
    content = rendered(project, shown, form)
    if content is None:
        return
    if output == "-":
        click.echo(content)
        return
    name = shown.message.key.replace("/", "-").replace(":", "-")
    if isinstance(shown.message, Email):
        name = "email"
    end = "txt" if form == "text" else form
    path = Path(output) / f"{name}.{end}"
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write(path, content)
    say(f"wrote {path}")


def rendered(project: Project, shown: Shown, form: str) -> str | bytes | None:
    """Return the message in one of `FORMATS`, or None where it has no such form."""
    message = shown.message
    if isinstance(message, Email):
        forms: dict[str, str | bytes] = {
            "html": mime.page(message),
            "text": message.text,
            "eml": mime.encode(message),
        }
        return forms.get(form)
    if form == "text":
        return message.text
    if form == "json":
        return json.dumps(project.payload(shown), ensure_ascii=False, indent=2)
    return None
