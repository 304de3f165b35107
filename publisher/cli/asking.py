"""The flags that `plan`, `send` and `render` share, as one value."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from publisher.project import Flags


def asked_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the flags from `--through` to `--again`, as one `asked`."""

    @wraps(function)
    def command(
        *args: Any,
        through: str,
        to: tuple[str, ...],
        list_: str,
        template: str,
        attach: tuple[str, ...],
        again: bool,
        urgent: bool,
        **rest: Any,
    ) -> Any:
        asked: Flags = {
            "through": through,
            "to": to,
            "list": list_,
            "template": template,
            "attach": [str(Path(one).absolute()) for one in attach],
            "again": again,
            "urgent": urgent,
        }
        return function(*args, asked=asked, **rest)

    options = (
        click.option("--through", metavar="CHANNEL", default="", help="One channel."),
        click.option(
            "--to", metavar="ADDRESS", multiple=True, help="A test to this person only."
        ),
        click.option(
            "--list", "list_", metavar="NAME", default="", help="Another list."
        ),
        click.option(
            "--template", metavar="NAME", default="", help="Another template."
        ),
        click.option(
            "--attach",
            metavar="FILE",
            multiple=True,
            help="A file that goes with the email.",
        ),
        click.option("--again", is_flag=True, help="Also what was sent before."),
        click.option("--urgent", is_flag=True, help="Also in quiet hours."),
    )
    decorated: Callable[..., Any] = command
    for option in reversed(options):
        decorated = option(decorated)
    return decorated
