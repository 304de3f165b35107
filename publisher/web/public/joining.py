"""Subscribing: the form, and the button that the letter leads to."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from publisher.errors import ConfigError
from publisher.web.public.desk import Desk, Form, one
from publisher.web.public.guards import PAGE_POLICY, Limiter, Work
from publisher.web.public.postman import Postman


class Joining:
    """Takes sign-ups and confirmations."""

    def __init__(self, desk: Desk, postman: Postman) -> None:
        self.desk = desk
        self.postman = postman
        self.by_place = Limiter(most=20, seconds=60)
        self.by_address = Limiter(most=3, seconds=3600)
        self.work = Work(desk.project.secret)

    def signup(
        self, request: Request, *, given: Form | None = None, problem: str = ""
    ) -> HTMLResponse:
        """Show the form, with what was written into it already."""
        say = self.desk.pages.words(self.desk.language(request))
        form = given or {}
        lists = self.desk.membership.lists()
        signup = self.desk.membership.signup
        answer = self.desk.page(
            request,
            "signup",
            status=400 if problem else 200,
            lists=lists,
            ask_name=signup.ask_name,
            given={
                "email": one(form, "email"),
                "name": one(form, "name"),
                "lists": form.get("list", list(lists)[:1]),
            },
            problem=say(problem) if problem else "",
            made=self.desk.made(),
            consent=self.words(request),
            puzzle=self.work.puzzle() if signup.proof_of_work else "",
        )
        # The one page that others may show in a frame of theirs.
        answer.headers["Content-Security-Policy"] = PAGE_POLICY.format(ancestors="*")
        return answer

    def words(self, request: Request) -> str:
        """Return what a reader agrees to, as the form shows it."""
        say = self.desk.pages.words(self.desk.language(request))
        usual = "Yes, send me these letters. I can leave at any time, with one click."
        return self.desk.membership.signup.words or say(usual)

    def subscribe(self, request: Request, form: Form) -> Response:
        """Take the form: whatever is known of an address, the answer is the same."""
        if problem := self._problem(request, form):
            return self.signup(request, given=form, problem=problem)
        address = one(form, "email").strip()
        if not one(form, "website") and self.by_address.allows(address.lower()):
            try:
                issue = self.desk.membership.sign_up(
                    address,
                    lists=form.get("list", []),
                    name=" ".join(one(form, "name").split())[:100],
                    language=self.desk.language(request),
                    words=self.words(request),
                    visitor=self.desk.visitor(request, "form"),
                )
            except ConfigError:
                problem = "This is not an email address."
                return self.signup(request, given=form, problem=problem)
            if issue:
                self.postman.take(issue)
        return self.desk.told(
            request,
            "Look into your mail",
            "If this address is not subscribed yet, a letter is on its way to it. "
            "Follow the link in it, and you are subscribed.",
        )

    def _problem(self, request: Request, form: Form) -> str:
        if not self.by_place.allows(self.desk.visitor(request, "").network):
            return "That was too often. Please wait a minute."
        made = one(form, "made")
        if made and not self.desk.is_ours(made):
            return "This form is too old. Please send it again."
        if not set(form.get("list", ())) & self.desk.membership.lists().keys():
            return "Please choose what you want to get."
        needs_work = self.desk.membership.signup.proof_of_work
        if needs_work and not self.work.is_done(one(form, "altcha")):
            return "Your browser has not finished its work. Please send it again."
        return ""

    def ask_confirm(self, request: Request, token: str) -> Response:
        """Show whom a link subscribes to what, with a button."""
        found = self.desk.membership.asked(token)
        if found is None:
            return self.desk.broken(request)
        address, lists = found
        say = self.desk.pages.words(self.desk.language(request))
        return self.desk.page(
            request,
            "asked",
            heading=say("Do you want these letters?"),
            sentence=say("They will go to"),
            address=address,
            lists=self.desk.titles(lists),
            action=f"{self.desk.base}/confirm/{token}",
            button=say("Yes, subscribe me"),
            link="",
            link_text="",
        )

    def confirm(self, request: Request, token: str, form: Form) -> Response:  # noqa: ARG002
        """Subscribe who pressed the button."""
        lists = self.desk.membership.confirm(
            token, visitor=self.desk.visitor(request, "link")
        )
        if not lists:
            return self.desk.broken(request)
        return self.desk.told(
            request, "Welcome", "From now on you get these letters:", lists=lists
        )
