"""The flags that `plan`, `send`, `render` and `preview` share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def asked_options(function: F) -> F:
    """Add `--through`, `--to`, `--list`, `--template` and `--again`."""
    options = (
        click.option("--through", metavar="CHANNEL", default="", help="One channel."),
        click.option(
            "--to", metavar="ADDRESS", multiple=True, help="A test to this person only."
        ),
        click.option(
            "--list", "list_", metavar="NAME", default="", help="Another list."
        ),
        click.option("--template", metavar="NAME", default="", help="Another template."),
        click.option("--again", is_flag=True, help="Also what was sent before."),
    )
    for option in reversed(options):
        function = option(function)
    return function
