"""The public pages: subscribe, confirm, choose, leave, and what was sent before.

A link that is only looked at changes nothing: programs follow links, people press
buttons. RFC 8058's one-click is a POST, and needs neither cookie nor page.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from publisher.errors import PublisherError
from publisher.project import Project
from publisher.web import hooks
from publisher.web.public.archive import Reading
from publisher.web.public.desk import Desk, Form
from publisher.web.public.following import Following
from publisher.web.public.guards import LETTER_POLICY, LONGEST_BODY, Careful
from publisher.web.public.joining import Joining
from publisher.web.public.leaving import ONE_CLICK, Leaving
from publisher.web.public.postman import Postman
from publisher.web.public.visits import Visits

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

KEPT = {"Cache-Control": "public, max-age=300"}
Answer = Callable[[Request], Awaitable[Response]]


def routes(desk: Desk, postman: Postman, visits: Visits) -> list[Route]:
    """Return what is served; a GET, and so a HEAD, changes nothing but counts."""
    joining, leaving = Joining(desk, postman), Leaving(desk)
    following = Following(desk, visits)
    reading = Reading(desk.project, desk.base, desk.pages)
    forms: list[tuple[str, Callable[..., Response], Callable[..., Response]]] = [
        ("/subscribe", joining.signup, joining.subscribe),
        ("/confirm/{token}", joining.ask_confirm, joining.confirm),
        ("/out/{token}", leaving.ask_leave, leaving.leave),
        ("/choices/{token}", leaving.show_choices, leaving.choose),
    ]
    shown: list[tuple[str, Callable[..., Response]]] = [
        ("/", joining.signup),
        ("/archive", partial(_letters, desk, reading)),
        ("/archive/{issue:path}", partial(_letter, desk, reading)),
        ("/feed.xml", partial(_feed, reading)),
        ("/o/{token}", following.seen),
        ("/c/{mark}", following.click),
        ("/c/{mark}/{reader}", following.click),
        ("/style.css", partial(_file, desk, "style.css", "text/css")),
        ("/work.js", partial(_file, desk, "work.js", "text/javascript")),
        ("/healthz", _health),
        ("/{rest:path}", partial(_missing, desk)),
    ]
    return [
        *(Route(path, _seen(show), methods=["GET"]) for path, show, _ in forms),
        *(Route(path, _done(do), methods=["POST"]) for path, _, do in forms),
        *(Route(path, _seen(show), methods=["GET"]) for path, show in shown),
    ]


def _seen(answer: Callable[..., Response]) -> Answer:
    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(answer, request, **request.path_params)

    return endpoint


def _done(answer: Callable[..., Response]) -> Answer:
    async def endpoint(request: Request) -> Response:
        try:
            form = await _form(request)
        except ClientDisconnect:
            return Response(status_code=400)
        if form is None:
            return Response(status_code=413)
        values = {**request.path_params, "form": form}
        return await run_in_threadpool(answer, request, **values)

    return endpoint


async def _form(request: Request) -> Form | None:
    """Return the fields of a form; None where it is too long to be one."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_BODY:
            return None
    text = body.decode("utf-8", "replace")
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        return _parts(text)
    try:
        return parse_qs(text, max_num_fields=100)
    except ValueError:
        return {}


def _parts(text: str) -> Form:
    """Read the one field that a mail program posts as a form in parts (RFC 8058)."""
    if 'name="List-Unsubscribe"' in text and "One-Click" in text:
        return ONE_CLICK
    return {}


# --- pages without a form -------------------------------------------------------------


def _letters(desk: Desk, reading: Reading, request: Request) -> Response:
    lists = desk.membership.lists()
    return desk.page(request, "archive", issues=reading.issues(), lists=lists)


def _letter(desk: Desk, reading: Reading, request: Request, issue: str) -> Response:
    html = reading.letter(issue.rstrip("/"))
    if html is None:
        return _missing(desk, request)
    return HTMLResponse(html, headers={"Content-Security-Policy": LETTER_POLICY} | KEPT)


def _feed(reading: Reading, _: Request) -> Response:
    kind = "application/atom+xml; charset=utf-8"
    return Response(reading.feed(), media_type=kind, headers=KEPT)


def _file(desk: Desk, name: str, kind: str, _: Request) -> Response:
    return Response(desk.pages.file(name), media_type=kind, headers=KEPT)


def _health(_: Request) -> Response:
    return PlainTextResponse("ok")


def _missing(desk: Desk, request: Request, rest: str = "") -> Response:  # noqa: ARG001
    sentence = "Perhaps the link was cut off."
    return desk.told(request, "There is no such page", sentence, status=404)


# --- the app --------------------------------------------------------------------------


def application(root: Path, *, environ: Mapping[str, str] | None = None) -> Starlette:
    """Return the app of a project's folder, for any ASGI server.

    Raises `ConfigError` where the folder, its settings or its public address are wrong.
    """
    project = Project(root, environ=environ)
    desk = Desk(project)
    postman, visits = Postman(desk.membership), Visits(lambda: project.books.tracking)

    @asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        await run_in_threadpool(desk.membership.tidy_up)
        await run_in_threadpool(postman.open)
        visits.open()
        try:
            yield
        finally:
            await run_in_threadpool(visits.close)
            await run_in_threadpool(postman.close)
            project.close()

    return Starlette(
        routes=[*hooks.routes(project), *routes(desk, postman, visits)],
        middleware=[Middleware(Careful)],
        exception_handlers={PublisherError: _failed},
        lifespan=life,
    )


def _failed(request: Request, error: Exception) -> Response:  # noqa: ARG001
    said = "Something went wrong here. Nothing was lost; please try again later."
    return PlainTextResponse(said, status_code=500)


def serve(root: Path, *, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve the pages until the process is asked to stop."""
    import uvicorn

    app = application(root)
    ready(f"http://{host}:{port}/")
    uvicorn.run(app, host=host, port=port, log_level="warning", access_log=False)
