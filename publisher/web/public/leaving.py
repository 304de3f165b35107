"""Leaving and choosing: one click for programs, one button for people."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from publisher.web.public.desk import Desk, Form, one

ONE_CLICK = {"List-Unsubscribe": ["One-Click"]}


class Leaving:
    """Ends subscriptions, and shows a reader what they get."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def ask_leave(self, request: Request, token: str) -> Response:
        """Show what a link ends, with a button."""
        found = self.desk.membership.way_out(token)
        if found is None:
            return self.desk.broken(request)
        names = [one for one in found.list.split(",") if one]
        say = self.desk.pages.words(self.desk.language(request))
        choices = self.desk.membership.choices_token(found.address)
        return self.desk.page(
            request,
            "asked",
            heading=say("Do you want to leave?"),
            sentence=say("Nothing of this will go any more to"),
            address=found.address,
            lists=self.desk.titles(names) or (say("All letters"),),
            action=f"{self.desk.base}/out/{token}",
            button=say("Unsubscribe"),
            link=f"{self.desk.base}/choices/{choices}",
            link_text=say("Change what you get"),
        )

    def leave(self, request: Request, token: str, form: Form) -> Response:
        """End what the link says, at once: RFC 8058 wants no redirect, no question."""
        is_one_click = {**form} == ONE_CLICK
        how = "one-click" if is_one_click else "link"
        if not self.desk.membership.leave(
            token, visitor=self.desk.visitor(request, how)
        ):
            return self.desk.broken(request)
        if is_one_click:
            return PlainTextResponse("")
        found = self.desk.membership.way_out(token)
        choices = self.desk.membership.choices_token(found.address) if found else ""
        return self.desk.told(
            request,
            "You have left",
            "Nothing more will be sent to you. "
            "If that was a mistake, you can come back.",
            link=f"{self.desk.base}/choices/{choices}",
            link_text="Change what you get",
        )

    def show_choices(
        self, request: Request, token: str, *, saved: bool = False
    ) -> Response:
        """Show what a reader gets."""
        found = self.desk.membership.choices(token)
        if found is None:
            return self.desk.broken(request)
        names = [*self.desk.membership.lists(), *found.lists]
        known = self.desk.project.settings.lists
        return self.desk.page(
            request,
            "choices",
            address=found.address,
            lists={one: known.get(one, one) for one in names},
            chosen=found.lists,
            topics=dict(self.desk.project.settings.topics),
            followed=found.topics,
            action=f"{self.desk.base}/choices/{token}",
            made=self.desk.made(),
            saved=saved,
        )

    def choose(self, request: Request, token: str, form: Form) -> Response:
        """Save what a reader wants to get."""
        if self.desk.membership.choices(token) is None:
            return self.desk.broken(request)
        if not self.desk.is_ours(one(form, "made")):
            return self.show_choices(request, token)
        wanted = [] if one(form, "do") == "leave" else form.get("list", [])
        visitor = self.desk.visitor(request, "link")
        self.desk.membership.choose(
            token, wanted, topics=form.get("topic", []), visitor=visitor
        )
        return self.show_choices(request, token, saved=True)
