"""Leaving and choosing: one click for programs, one button for people."""

from __future__ import annotations

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from publisher.errors import ConfigError
from publisher.locales import language_name, zones
from publisher.project import pausing
from publisher.project.membership import Choices, Wanted
from publisher.web.public.desk import Desk, Form, one

ANY = "any"
# What is allowed or refused, as the page says it.
TRACKING = "We may see which letters you open and which links you follow."
ONE_CLICK = {"List-Unsubscribe": ["One-Click"]}


def chosen(form: Form, name: str) -> str | None:
    """Return what is chosen, "" for "any", and None where the form does not ask."""
    said = one(form, name)
    return "" if said == ANY else said or None


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
        self, request: Request, token: str, *, saved: bool = False, problem: str = ""
    ) -> Response:
        """Show what a reader gets."""
        found = self.desk.membership.choices(token)
        if found is None:
            return self.desk.broken(request)
        names = [*self.desk.membership.lists(), *found.lists]
        known = self.desk.project.settings.lists
        languages = self.desk.membership.languages(found.language)
        first = pausing.today(self.desk.project)
        language = self.desk.language(request, found.language)
        say = self.desk.pages.words(language)
        return self.desk.page(
            request,
            "choices",
            status=400 if problem else 200,
            language=language,
            address=found.address,
            lists={one: known.get(one, one) for one in names},
            chosen=found.lists,
            topics=dict(self.desk.project.settings.topics),
            followed=found.topics,
            languages={one: language_name(one) for one in languages},
            own_language=found.language,
            zones=zones(language, also=found.timezone),
            own_zone=found.timezone,
            can_pause=bool(found.lists or found.paused_until),
            paused_until=found.paused_until,
            first_day=first + timedelta(days=1),
            month_after=pausing.month_after(first),
            last_day=first + pausing.LONGEST,
            problem=say(problem) if problem else "",
            action=f"{self.desk.base}/choices/{token}",
            asks_tracking=self.desk.membership.asks_tracking(),
            tracking=found.tracking,
            made=self.desk.made(),
            saved=saved,
        )

    def choose(self, request: Request, token: str, form: Form) -> Response:
        """Save what a reader wants to get, and when."""
        found = self.desk.membership.choices(token)
        if found is None:
            return self.desk.broken(request)
        if not self.desk.is_ours(one(form, "made")):
            return self.show_choices(request, token)
        visitor = self.desk.visitor(request, "link")
        match one(form, "do"):
            case "month" | "until":
                return self._pause(request, token, found, form)
            case "resume":
                self.desk.membership.resume(token, visitor=visitor)
            case "allow" | "refuse" as said:
                self._track(request, token, found, said)
            case said:
                lists = [] if said == "leave" else form.get("list", [])
                wanted = Wanted(
                    lists=lists,
                    topics=form.get("topic", []),
                    language=chosen(form, "language"),
                    timezone=chosen(form, "timezone"),
                )
                self.desk.membership.choose(token, wanted, visitor=visitor)
        return self.show_choices(request, token, saved=True)

    def _track(self, request: Request, token: str, found: Choices, said: str) -> None:
        language = self.desk.language(request, found.language)
        words = self.desk.pages.words(language)(TRACKING)
        self.desk.membership.track(
            token,
            "allowed" if said == "allow" else "refused",
            words=words,
            language=language,
            visitor=self.desk.visitor(request, "link"),
        )

    def _pause(
        self, request: Request, token: str, found: Choices, form: Form
    ) -> Response:
        language = self.desk.language(request, found.language)
        try:
            until = pausing.month_after(pausing.today(self.desk.project))
            if one(form, "do") == "until":
                until = pausing.day_of(one(form, "until"))
            self.desk.membership.pause(
                token,
                until,
                words=self.desk.pages.paused(until, language),
                visitor=self.desk.visitor(request, "link"),
            )
        except ConfigError:
            problem = "Please choose a day in the year to come."
            return self.show_choices(request, token, problem=problem)
        return self.show_choices(request, token, saved=True)
