"""The command-line door: one short function per verb, in a file of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from publisher import __version__
from publisher.errors import CheckFailed, PublisherError

# The module of a verb is imported when the verb is used: `--help` stays quick.
VERBS = {
    "init": "Make a new publisher folder with samples.",
    "new": "Begin an article or a schedule.",
    "articles": "List the articles, or show one as it was read.",
    "explain": "Say which campaigns and tag rules take an article.",
    "render": "Write a campaign's next messages to files.",
    "preview": "Open a page that shows what would be sent.",
    "check": "Look for what is wrong before anything goes.",
    "plan": "Show who gets what, when and through which channel.",
    "send": "Send a campaign's next issue, or one article.",
    "run": "Do what the schedules say.",
    "schedules": "List the schedules and their next runs.",
    "status": "Show how an issue stands.",
    "verify": "Prove that every delivery is accounted for.",
    "subscribers": "Add, import, export, list and suppress readers.",
    "channels": "List the channels and what each needs.",
    "doctor": "Look at this folder and say what to do next.",
}
EPILOG = """\b
Examples:
  publisher init letters && cd letters && publisher preview
  publisher plan weekly-digest
  publisher send weekly-digest
  publisher send articles/hello.md --through mastodon
"""


class Verbs(click.Group):
    """Knows every verb's name and one line, and imports a verb only to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in the order of the road."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the verb's module; its command has the verb's name."""
        if cmd_name not in VERBS:
            return None
        module = import_module(f"publisher.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """Write the table without importing any verb."""
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Suggest the nearest verb for one that does not exist."""
        from publisher.text import suggest

        name = args[0] if args else ""
        if name and name not in VERBS and not name.startswith("-"):
            close = suggest(name, list(VERBS))
            hint = f" Did you mean {close!r}?" if close else " Try: publisher --help"
            raise click.UsageError(f"There is no command {name!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)


@click.group(
    cls=Verbs,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 88},
)
@click.option("-C", "--project", metavar="DIR", help="The publisher folder.")
@click.option("--debug", is_flag=True, help="Show tracebacks.")
@click.version_option(__version__, message="publisher %(version)s")
@click.pass_context
def cli(ctx: click.Context, project: str | None, *, debug: bool) -> None:
    """Turn articles into email digests and social posts, and send them once."""
    ctx.obj = {"project": project or ".", "debug": debug}


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 fixable, 2 usage, 3 in part, 4 check."""
    arguments = list(sys.argv[1:] if args is None else args)
    debug = "--debug" in arguments or bool(os.environ.get("PUBLISHER_DEBUG"))
    if debug:
        arguments = [one for one in arguments if one != "--debug"]
    try:
        code: Any = cli.main(arguments, prog_name="publisher", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.exceptions.Abort:
        _say("stopped; nothing more was sent. The same command goes on from here")
        sys.exit(130)
    except PublisherError as error:
        if debug:
            raise
        _say(_lines(error))
        sys.exit(error.exit_code)
    except BrokenPipeError:  # the reader of our output has gone: `| head`
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        if debug:
            raise
        _say(f"{error.filename or 'the machine'}: {error.strerror or error}")
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


def _lines(error: PublisherError) -> str:
    if not isinstance(error, CheckFailed):
        return str(error)
    found = [
        f"{one.where + ': ' if one.where else ''}{one.message}. {one.hint}"
        for one in error.problems
    ]
    return "a check stopped it; nothing was sent\n  " + "\n  ".join(found)


def _say(text: str) -> None:
    click.echo(f"error: {text}", err=True)
