"""The preview page: on loopback, behind a random path, live while files change."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.types import Message as ASGIMessage

from publisher import files, mime
from publisher.errors import PublisherError
from publisher.web import showing

# The email gets no script, no form and nothing from this page; only its pictures load.
EMAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src {images}; sandbox"
)
PAGE_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "connect-src 'self'; frame-src 'self'; img-src https: data:"
)
# Nothing of it is kept, and no site that a link leads to learns the address.
HEADERS = (
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
WATCHED = ("templates", "schedules", "publisher.yaml", ".env")


class Preview:
    """Holds the last good rendering of each name, and who waits for the next."""

    def __init__(self, root: Path, first: str = "") -> None:
        self.root = root
        self.first = first
        self.generation = 0
        self._good: dict[str, showing.Picture] = {}
        self._fresh: dict[str, int] = {}
        self._lock = asyncio.Lock()
        self._waiting: set[asyncio.Event] = set()

    async def picture(self, name: str) -> tuple[showing.Picture | None, str]:
        """Return the last good rendering and, if the newest failed, why."""
        async with self._lock:
            if self._fresh.get(name) == self.generation:
                return self._good[name], ""
            generation = self.generation
            try:
                made = await run_in_threadpool(showing.picture, self.root, name)
            except PublisherError as error:
                return self._good.get(name), str(error)
            self._good[name] = made
            self._fresh[name] = generation
            return made, ""

    async def answer(self, name: str) -> dict[str, Any]:
        """Return what the page asks for; without a name, what comes first."""
        name = name or self.first
        if not name:
            known = await self._choices()
            name = next(iter(known["campaigns"] + known["articles"]), "")
        made, error = await self.picture(name) if name else (None, "no articles yet")
        if made is None:
            return {"choices": await self._choices(), "error": error, "shown": None}
        return {"choices": made.choices, "error": error, "shown": made.data}

    async def _choices(self) -> dict[str, list[str]]:
        return await run_in_threadpool(showing.choices, self.root)

    def changed(self) -> None:
        """Forget what was rendered, and wake every page."""
        self.generation += 1
        for event in self._waiting:
            event.set()

    async def changes(self) -> AsyncIterator[str]:
        """Yield a server-sent event for each change."""
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            yield "retry: 500\n\n"
            while True:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(event.wait(), timeout=15)
                is_new = event.is_set()
                event.clear()  # before the yield, or a change meanwhile would be lost
                yield f"data: {self.generation}\n\n" if is_new else ": here\n\n"
        finally:
            self._waiting.discard(event)


class Private:
    """Adds `HEADERS` to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the app does."""

        async def sending(message: ASGIMessage) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *HEADERS]}
            await send(message)

        await self._app(scope, receive, sending)


def application(preview: Preview, token: str) -> Starlette:
    """Return the app; every page stands below `/token/`, which nobody can guess."""

    async def page(_: Request) -> Response:
        html = files.read_text(files.shipped("templates", "web", "preview.html"))
        headers = {"Content-Security-Policy": PAGE_POLICY}
        return HTMLResponse(html, headers=headers)

    async def data(request: Request) -> Response:
        return JSONResponse(await preview.answer(request.query_params.get("name", "")))

    async def email(request: Request) -> Response:
        made, _ = await preview.picture(request.query_params.get("name", ""))
        if made is None or not made.emails:
            return HTMLResponse("", status_code=404)
        look = request.query_params.get("look", "")
        html = showing.as_seen(mime.page(made.emails[0]), look)
        off = request.query_params.get("images") == "off"
        images = "'none'" if off else "https: data:"
        policy = EMAIL_POLICY.format(images=images)
        return HTMLResponse(html, headers={"Content-Security-Policy": policy})

    async def source(request: Request) -> Response:
        made, _ = await preview.picture(request.query_params.get("name", ""))
        if made is None or not made.emails:
            return Response("", status_code=404)
        return Response(mime.encode(made.emails[0]), media_type="text/plain")

    async def events(_: Request) -> Response:
        return StreamingResponse(preview.changes(), media_type="text/event-stream")

    routes = [
        Route("/", page),
        Route("/data", data),
        Route("/email", email),
        Route("/source", source),
        Route("/events", events),
    ]
    # Another site's page must not reach this one by pointing its own name at loopback.
    hosts = ["127.0.0.1", "localhost", "[::1]"]
    guards = [
        Middleware(Private),
        Middleware(TrustedHostMiddleware, allowed_hosts=hosts),
    ]
    return Starlette(routes=[Mount(f"/{token}", routes=routes)], middleware=guards)


async def _watch(preview: Preview, stop: asyncio.Event) -> None:
    from watchfiles import awatch

    places = [preview.root / name for name in WATCHED]
    places += [*showing.article_places(preview.root), files.shipped("templates")]
    found = {place.resolve() for place in places if place.exists()}
    async for _ in awatch(*found, debounce=50, step=20, stop_event=stop):
        preview.changed()


class _Server(uvicorn.Server):
    """Tells the address as soon as the page answers."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets=sockets)
        self._ready()


def serve(root: Path, first: str, *, port: int, ready: Callable[[str], None]) -> None:
    """Serve the page on loopback until it is interrupted.

    `port` is tried first, then the nine after it; 0 takes any. `ready` gets the URL.
    """
    listening = _listen(port)
    token = secrets.token_urlsafe(12)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/{token}/"
    preview = Preview(root, first)
    app = application(preview, token)
    config = uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1)
    server = _Server(config, lambda: ready(url))

    async def both() -> None:
        stop = asyncio.Event()
        watching = asyncio.create_task(_watch(preview, stop))
        try:
            await server.serve(sockets=[listening])
        finally:
            stop.set()
            await asyncio.gather(watching, return_exceptions=True)

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(both())


def _listen(port: int) -> Any:
    import socket

    tried = range(port, port + 10) if port else (0,)
    for number in tried:
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", number))
        except OSError:
            listening.close()
            continue
        return listening
    raise PublisherError(
        f"ports {tried[0]} to {tried[-1]} are all taken", hint="Try: --port 0"
    )


async def write_static(root: Path, name: str, folder: Path) -> None:
    """Write the page with its data as plain files, for a pull request or a picture."""
    preview = Preview(root, name)
    made, error = await preview.picture(name)
    if made is None:
        raise PublisherError(error)
    folder.mkdir(parents=True, exist_ok=True)
    for email in made.emails[:1]:
        source = mime.encode(email)
        made.data["email"]["source"] = source.decode()  # a page of a file fetches none
        files.write(folder / "email.eml", source)
        files.write(folder / "email.html", email.html)
        for look in ("light", "dark"):
            seen = showing.as_seen(mime.page(email), look)
            files.write(folder / f"email.{look}.html", seen)
    known = {"campaigns": [name], "articles": []}
    data = json.dumps({"choices": known, "error": "", "shown": made.data})
    inline = data.replace("<", "\\u003c")  # else an article could end the script
    html = files.read_text(files.shipped("templates", "web", "preview.html"))
    html = html.replace("/*static*/", f"window.STATIC = {inline};")
    files.write(folder / "index.html", html)
