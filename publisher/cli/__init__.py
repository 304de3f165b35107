"""The command-line door: one short function per verb, in a file of its own."""

from __future__ import annotations

import errno
import io
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
    "init": "Make a new publisher folder with sample articles and schedules.",
    "new": "Begin an article or a schedule.",
    "articles": "List the articles, or show one as it was read.",
    "explain": "Say which campaigns and tag rules take an article.",
    "render": "Write a campaign's next messages to files.",
    "card": "Draw the picture of an article that has none.",
    "preview": "Open a page that shows what would be sent.",
    "check": "Look for what is wrong before anything goes.",
    "plan": "Show who gets what, when and through which channel.",
    "rehearse": "Send a campaign to made-up readers, through fake providers.",
    "send": "Send a campaign's next issue, or one article.",
    "run": "Do what the schedules say.",
    "serve": "Serve the pages on which readers subscribe and leave.",
    "schedules": "List the schedules and their next runs.",
    "status": "Show how an issue stands.",
    "stats": "Show how often the links of an issue were followed.",
    "pause": "Let nothing more of an issue leave for now.",
    "resume": "Let a paused issue go on.",
    "cancel": "Send nothing more of an issue, for good.",
    "winner": "Decide an A/B test, or show how its variants stand.",
    "resolve": "Settle what is uncertain: ask the providers, or say it yourself.",
    "amend": "Change the posts about an article that was corrected after they went.",
    "retry": "Send again what failed.",
    "verify": "Prove that every delivery is accounted for.",
    "bounces": "Read what came back: bounces and complaints.",
    "suppressions": "Take over whom providers send nothing.",
    "subscribers": "Add, import, export, list and suppress readers.",
    "segments": "List the saved questions about readers, and ask one.",
    "channels": "List the channels, what each can, and what each needs.",
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
            hint = f" Did you mean {close!r}?" if close else ""
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
    _speak_utf8()
    debug = "--debug" in arguments or bool(os.environ.get("PUBLISHER_DEBUG"))
    if debug:
        arguments = [one for one in arguments if one != "--debug"]
    try:
        code: Any = cli.main(arguments, prog_name="publisher", standalone_mode=False)
    except Exception as error:
        if debug and not isinstance(error, (click.ClickException, BrokenPipeError)):
            raise
        code = _told(error)
    sys.exit(code if isinstance(code, int) else 0)


def _told(error: Exception) -> int:
    """Say what went wrong in a line, and return the exit code."""
    match error:
        case click.exceptions.NoArgsIsHelpError():
            error.show()
            return error.exit_code
        case click.ClickException():
            _say(_usage(error))
            return error.exit_code
        case click.exceptions.Abort():
            _say("stopped; nothing more was sent. The same command goes on from here")
            return 130
        case PublisherError():
            _say(_lines(error))
            return error.exit_code
        case BrokenPipeError():  # the reader of our output has gone: `| head`
            from publisher.cli.ending import silence

            silence(sys.stdout)
            return 0
        case OSError():
            _say(_machine(error))
            return 1
        case MemoryError():
            _say("this machine has too little memory. Try: end another program first")
            return 1
        case _:
            # Only its kind: what it says may hold an address or a secret.
            kind = type(error).__name__
            _say(f"a defect in publisher: {kind}. Try: the same with --debug")
            return 1


def _speak_utf8() -> None:
    """Write UTF-8 whatever the locale says: an article may be in any script."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _usage(error: click.ClickException) -> str:
    """Return one line: what is wrong, and where to read how it goes."""
    message = error.format_message()
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is None or "Did you mean" in message or "Try: " in message:
        return message
    return f"{message} Try: {context.command_path} --help"


def _machine(error: OSError) -> str:
    """Return what the operating system refused, and what to do about it."""
    hint = {
        errno.EACCES: "Try: check who may write there",
        errno.EPERM: "Try: check who may write there",
        errno.EROFS: "Try: a folder that can be written",
        errno.ENOSPC: "Try: free some space",
        errno.EEXIST: "Try: another place",
        errno.ENOTDIR: "Try: another place",
        errno.EISDIR: "Try: name a file in it",
        errno.EMFILE: "Try: let more files be open (ulimit -n)",
        errno.ENFILE: "Try: end another program first",
    }.get(error.errno or 0, "Try: check the name")
    return f"{error.filename or 'the machine'}: {error.strerror or error}. {hint}"


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
