"""The desk: what all public pages share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse

from publisher import tokens
from publisher.project import Project
from publisher.project.membership import Membership, Visitor

FORM_LASTS = timedelta(days=1)
Form = Mapping[str, list[str]]


def one(form: Form, name: str) -> str:
    """Return the first value of a field; "" where there is none."""
    values = form.get(name) or [""]
    return values[0][:2000]


class Desk:
    """Makes the pages of one project, in the language of whoever asks."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.membership = Membership(project)
        self.membership.refuse_without_address()
        self.site = project.settings.site
        self.base = urlsplit(self.site.public_url).path.rstrip("/")
        self.pages = project.pages
        self.languages = self.pages.languages()

    def language(self, request: Request, chosen: str = "") -> str:
        """Return the language of the pages, the first of these that they speak.

        Asked for by the link, chosen by its reader, the browser's, or the site's.
        """
        asked = request.query_params.get("lang", "")
        accepted = request.headers.get("accept-language", "")[:200]
        wanted = [
            asked,
            chosen,
            *(one.partition(";")[0].strip() for one in accepted.split(",")),
        ]
        for tag in wanted:
            for name in (tag.lower(), tag.lower().partition("-")[0]):
                if name in self.languages:
                    return name
        return self.site.language

    def page(
        self,
        request: Request,
        name: str,
        *,
        status: int = 200,
        language: str = "",
        **values: Any,
    ) -> HTMLResponse:
        """Answer with a page, in the language of whoever asks if no other is given."""
        html = self.pages.page(
            name,
            language=language or self.language(request),
            site=self.site,
            base=self.base,
            **values,
        )
        return HTMLResponse(html, status_code=status)

    def told(
        self,
        request: Request,
        heading: str,
        sentence: str,
        *,
        status: int = 200,
        lists: tuple[str, ...] = (),
        link: str = "",
        link_text: str = "",
    ) -> HTMLResponse:
        """Answer with a heading and a sentence, in the reader's language."""
        say = self.pages.words(self.language(request))
        return self.page(
            request,
            "told",
            status=status,
            heading=say(heading),
            sentence=say(sentence),
            lists=lists,
            link=link,
            link_text=say(link_text),
        )

    def broken(self, request: Request) -> HTMLResponse:
        """Say that a link is none of ours, or too old."""
        return self.told(
            request,
            "This link does not work",
            "It is too old, or a part of it is missing. Try to copy the whole link.",
            status=404,
        )

    def visitor(self, request: Request, how: str) -> Visitor:
        """Return who asks."""
        place = request.client.host if request.client else ""
        browser = request.headers.get("user-agent", "")
        return Visitor(how=how, network=place, browser=browser)

    def titles(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return the lists' titles for people."""
        known = self.project.settings.lists
        return tuple(known.get(one, one) for one in names)

    def made(self) -> str:
        """Return a token of when a form was made, as a hidden field."""
        now, secret = self.project.clock(), self.project.secret
        return tokens.dated(tokens.FORM, "form", now=now, secret=secret)

    def is_ours(self, made: str) -> bool:
        """Say whether a form was made here, and not too long ago."""
        now, secret = self.project.clock(), self.project.secret
        return bool(
            tokens.read_dated(
                tokens.FORM, made, now=now, within=FORM_LASTS, secret=secret
            )
        )
