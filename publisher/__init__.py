"""Turns articles into email digests and social posts, and sends them once.

The Python door. Everything that the command line does, a program can do:

>>> import publisher
>>> from publisher.files import shipped
>>> samples = publisher.Project(shipped(), environ={"PUBLISHER_STORE": "sqlite://"})
>>> with samples as project:
...     plan = project.plan("one-knot-learned-properly", through="mastodon")
...     problems = project.check(plan)
...     post = project.render("one-knot-learned-properly", through="mastodon")[0]
>>> plan.counts(), problems, post.message.text.splitlines()[0]
({'outbox:mastodon': 1}, [], 'One knot, learned properly')

`project.send(plan)` sends it, and so does

>>> publisher.send("article.md", through="mastodon")            # doctest: +SKIP

Nothing is imported before it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from publisher.errors import (
        Busy,
        CheckFailed,
        ConfigError,
        PlanChanged,
        ProviderError,
        PublisherError,
        Refused,
        Rejected,
        RenderError,
        SourceError,
        StoreError,
        Throttled,
        Unavailable,
        Uncertain,
    )
    from publisher.models import (
        Article,
        Campaign,
        Channel,
        Email,
        EmailDraft,
        Limits,
        Plan,
        Post,
        PostDraft,
        Problem,
        Receipt,
        Report,
        Subscriber,
    )
    from publisher.project import Project, Shown

__version__ = "0.1.0"
__all__ = [
    "Article",
    "Busy",
    "Campaign",
    "Channel",
    "CheckFailed",
    "ConfigError",
    "Email",
    "EmailDraft",
    "Limits",
    "Plan",
    "PlanChanged",
    "Post",
    "PostDraft",
    "Problem",
    "Project",
    "ProviderError",
    "PublisherError",
    "Receipt",
    "Refused",
    "Rejected",
    "RenderError",
    "Report",
    "Shown",
    "SourceError",
    "StoreError",
    "Subscriber",
    "Throttled",
    "Unavailable",
    "Uncertain",
    "send",
]


def __getattr__(name: str) -> Any:
    """Find a noun, an error or the project in its room, when it is asked for."""
    if name in __all__:
        for room in ("models", "errors", "project"):
            module = import_module(f"publisher.{room}")
            if hasattr(module, name):
                return getattr(module, name)
    raise AttributeError(f"module 'publisher' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Name what is for others; the rooms beside it are our own."""
    return [*__all__, "__version__"]


def send(
    name: str,
    *,
    through: str,
    to: str | Sequence[str] = (),
    root: str | Path = ".",
    again: bool = False,
) -> Report:
    """Send one article (path, URL or slug) or campaign through one channel, once.

    `root` is the publisher folder, or any folder below it; `to` is an address, or
    several, for an email. The same call twice sends nothing the second time, unless
    `again`: then the report's `counts` are empty.

    Raises `CheckFailed` where a check stops it before anything leaves, `SourceError`
    where there is no such article, `RenderError` where a template cannot be rendered,
    `ConfigError` where the folder or the channel is not configured, and `StoreError`
    where the books cannot be used or another process is sending the same. What a
    provider refuses is not raised: the report counts it, and says why.
    """
    from publisher.project import Project

    with Project(root) as project:
        return project.send(project.plan(name, through=through, to=to, again=again))
