"""The webhooks' door: `POST /hooks/CHANNEL`, where providers say what came back.

| answer | when |
|---|---|
| 200 | it is in the books, or was before, or means nothing to us |
| 400 | it is not what the provider writes |
| 401 | nothing proves that the provider made this call, or it is too old |
| 404 | there is no such channel, or it has no webhook |
| 413 | it is longer than `LONGEST` |
| 503 | the books cannot be written now: the provider calls again |
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from publisher.errors import ConfigError, PublisherError, Unreadable, Unsigned
from publisher.models import Request

if TYPE_CHECKING:
    from starlette.requests import Request as Call

    from publisher.project import Project

LONGEST = 10 * 1024 * 1024  # bytes
log = logging.getLogger("publisher.hooks")


def routes(project: Project) -> list[Route]:
    """Return the routes of the webhooks, for an app that serves other pages, too."""

    async def hook(call: Call) -> Response:
        body = await _body(call)
        if body is None:
            return _answer(413, "it is too long")
        request = Request(
            method=call.method,
            path=call.url.path,
            query=dict(call.query_params),
            headers={name.lower(): value for name, value in call.headers.items()},
            body=body,
            received_at=project.clock(),
        )
        channel = call.path_params["channel"]
        return await run_in_threadpool(_heard, project, channel, request)

    return [Route("/hooks/{channel}", hook, methods=["POST"])]


def application(project: Project) -> Starlette:
    """Return an app that has the webhooks and nothing else."""
    return Starlette(routes=routes(project))


def _heard(project: Project, channel: str, request: Request) -> Response:
    try:
        project.hear(channel, request)
    except PublisherError as error:
        status = _status(error)
        # The name only where it is a channel's: anybody can call any address.
        name = "somewhere" if isinstance(error, ConfigError) else channel
        log.warning("a call of the webhook of %s was refused: %s", name, error)
        return _answer(status, error.message)
    return _answer(200, "")


def _status(error: PublisherError) -> int:
    match error:
        case Unsigned():
            return 401
        case Unreadable():
            return 400
        case ConfigError():
            return 404
    return 503


def _answer(status: int, words: str) -> Response:
    # Amazon and Mailjet send a password only after they were asked for one.
    asked = {"WWW-Authenticate": 'Basic realm="hooks"'} if status == 401 else {}  # noqa: PLR2004
    if status in {404, 503}:
        words = "not here" if status == 404 else "not now"  # noqa: PLR2004
    return PlainTextResponse(words, status_code=status, headers=asked)


async def _body(call: Call) -> bytes | None:
    """Return what was sent; None where it is too long."""
    found = bytearray()
    try:
        async for chunk in call.stream():
            found += chunk
            if len(found) > LONGEST:
                return None
    except ClientDisconnect:
        return None
    return bytes(found)
