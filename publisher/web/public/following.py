"""Links of tracked letters, to where they lead and nowhere else, and their pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse, Response

from publisher import tokens
from publisher.store import Trace

if TYPE_CHECKING:
    from starlette.requests import Request

    from publisher.store import Target
    from publisher.web.public.desk import Desk
    from publisher.web.public.visits import Visits

# No search engine keeps the address, and no site learns from which letter one comes.
PICTURE = bytes.fromhex(  # a GIF of one clear dot
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)
HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"}


class Following:
    """Answers a link of a letter by the address that stands in the books."""

    def __init__(self, desk: Desk, visits: Visits) -> None:
        self.desk = desk
        self.visits = visits

    def click(self, request: Request, mark: str, reader: str = "") -> Response:
        """Lead on; the answer is the same whether it is counted or not."""
        target = self.desk.project.books.tracking.target(mark)
        if target is None:
            return self.desk.broken(request)
        self.visits.clicked(
            target,
            place=self.desk.visitor(request, "").network,
            headers=request.headers,
            method=request.method,
            trace=self._trace(target, reader),
        )
        return RedirectResponse(target.url, status_code=302, headers=HEADERS)

    def seen(self, request: Request, token: str) -> Response:
        """Answer with a picture that nobody sees, the same whoever asks."""
        match tokens.read(tokens.SEEING, token, secret=self.desk.project.secret):
            case [reader]:
                day = self.desk.project.local_now().date().isoformat()
                self._opened(request, f"day {reader}", (int(reader), day))
            case [reader, issue, draft]:
                trace = Trace(
                    reader=int(reader),
                    issue=issue,
                    draft=draft,
                    kind="opened",
                    at=self.desk.project.clock(),
                )
                self._opened(request, f"{reader} {issue}", trace)
        return Response(PICTURE, media_type="image/gif", headers=HEADERS)

    def _opened(
        self, request: Request, key: str, found: Trace | tuple[int, str]
    ) -> None:
        place = self.desk.visitor(request, "").network
        self.visits.opened(
            key, found, place=place, headers=request.headers, method=request.method
        )

    def _trace(self, target: Target, token: str) -> Trace | None:
        """Return whose click it is, where a link has its reader's own part."""
        if not token:
            return None
        match tokens.read(tokens.TRACING, token, secret=self.desk.project.secret):
            case [reader, issue] if issue == target.issue:
                return Trace(
                    reader=int(reader),
                    issue=issue,
                    draft=target.draft,
                    kind="clicked",
                    url=target.url,
                    at=self.desk.project.clock(),
                )
        return None
