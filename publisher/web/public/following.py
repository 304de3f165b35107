"""Links of tracked letters: to where they lead, and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse, Response

if TYPE_CHECKING:
    from starlette.requests import Request

    from publisher.web.public.desk import Desk
    from publisher.web.public.visits import Visits

# No search engine keeps the address, and no site learns from which letter one comes.
HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"}


class Following:
    """Answers a link of a letter by the address that stands in the books."""

    def __init__(self, desk: Desk, visits: Visits) -> None:
        self.desk = desk
        self.visits = visits

    def click(self, request: Request, mark: str, reader: str = "") -> Response:  # noqa: ARG002
        """Lead on; the answer is the same whether it is counted or not."""
        target = self.desk.project.books.tracking.target(mark)
        if target is None:
            return self.desk.broken(request)
        self.visits.clicked(
            target,
            place=self.desk.visitor(request, "").network,
            headers=request.headers,
            method=request.method,
        )
        return RedirectResponse(target.url, status_code=302, headers=HEADERS)
