"""What readers do themselves: subscribe, confirm, choose and leave.

Each of it is a line in the journal of consent. Nobody learns here who reads what: a
stranger gets the same answer as a reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal
from zoneinfo import available_timezones

from publisher import tokens
from publisher.errors import ConfigError, StoreError
from publisher.models import (
    Campaign,
    Consent,
    EmailPart,
    Selection,
    State,
    Subscriber,
)
from publisher.project import pausing, tracking
from publisher.project.drafting import Drafting
from publisher.project.sending import Stop, begin, never, send_issue

if TYPE_CHECKING:
    from publisher.config import SignUp
    from publisher.models import Plan
    from publisher.project import Project
    from publisher.tokens import WayOut

CONFIRM = "confirm"  # the campaign of the letters that ask once more
TRIES = 5  # two people who sign up at once want the same number
UNCONFIRMED = timedelta(days=30)  # then who never answered is forgotten


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who asks, as far as the owner wants to know."""

    how: str = "form"
    network: str = ""
    browser: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What one reader gets: their lists, open to all or not, and topics.

    Who has chosen no topic reads everything. `paused_until` is the day on which their
    pause is over.
    """

    address: str
    lists: tuple[str, ...]
    topics: tuple[str, ...] = ()
    language: str = ""
    timezone: str = ""
    paused_until: date | None = None
    tracking: str = ""  # "yes", "no", or nothing was said


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a reader says on the page of what they get; None is not said."""

    lists: Sequence[str] = ()
    topics: Sequence[str] = ()
    language: str | None = None
    timezone: str | None = None


class Membership:
    """The verbs of readers, in a project whose owner serves its pages."""

    def __init__(self, project: Project) -> None:
        self._project = project

    @property
    def signup(self) -> SignUp:
        """What the form offers."""
        return self._project.settings.signup

    def lists(self) -> dict[str, str]:
        """Return the lists that anybody may join, with their titles."""
        titles = self._project.settings.lists
        return {name: titles[name] for name in self.signup.lists}

    # --- coming ---

    def sign_up(
        self,
        address: str,
        *,
        lists: Sequence[str],
        name: str = "",
        language: str = "",
        words: str = "",
        visitor: Visitor | None = None,
    ) -> str:
        """Note who wants to subscribe; return the issue of the letter that asks again.

        Empty where none is sent: the address is on the lists already, or must not be
        written to. `ConfigError` where it is no address. The letter stands in the
        ledger, and `write_to` sends it.
        """
        wanted = [one for one in lists if one in self.lists()]
        said = self._said("asked", visitor or Visitor(), words, language)
        asked = self._project.books.consents.ask(
            address, lists=wanted, name=name, language=language, said=said
        )
        return self._ask_again(address, asked, language) if asked else ""

    def _ask_again(self, address: str, lists: Sequence[str], language: str) -> str:
        """Plan the letter with the link; other people may be planned at this moment."""
        for _ in range(TRIES - 1):
            try:
                return self._planned(address, lists, language)
            except StoreError:
                continue
        return self._planned(address, lists, language)

    def _planned(self, address: str, lists: Sequence[str], language: str) -> str:
        project = self._project
        part = EmailPart(
            template=self.signup.template,
            list=",".join(lists),
            to=(address,),
            through=self.signup.through,
            language=language,
            tracking=(),
        )
        nothing = Selection(at_least=0, at_most=0, since="always")
        people = project.books.subscribers
        # Given by name, for who was forgotten may ask to come back.
        reader = people.find(address) or Subscriber(address=address)
        campaign = Campaign(name=CONFIRM, articles=nothing, email=part)
        drafting = Drafting(project, campaign, readers=[reader])
        number = project.books.ledger.next_number(CONFIRM)
        plan: Plan = drafting.plan([], sent=set(), number=number, now=project.clock())
        begin(project, plan)
        return plan.issue.id

    def write_to(self, issue: str, *, stop: Stop = never) -> None:
        """Send the letter of an issue that `sign_up` has planned."""
        send_issue(self._project, self._project.resumed(issue), stop=stop, stays=False)

    def unsent(self) -> list[str]:
        """Return the issues whose letters never left: the server was stopped before."""
        ledger = self._project.books.ledger
        return [
            issue.id
            for issue in reversed(ledger.issues(CONFIRM, limit=1000))
            for counts in ledger.counts(issue.id).values()
            if counts[State.PLANNED] or counts[State.CLAIMED]
        ]

    def asked(self, token: str) -> tuple[str, tuple[str, ...]] | None:
        """Return who confirms which lists by a link; None where it is not valid."""
        said = tokens.read_dated(
            tokens.CONFIRMING,
            token,
            now=self._project.clock(),
            within=timedelta(days=self.signup.days),
            secret=self._project.secret,
        )
        match said:
            case [address, lists]:
                return address, tuple(lists.split(","))
        return None

    def confirm(self, token: str, *, visitor: Visitor) -> tuple[str, ...]:
        """Subscribe who follows the link; return the titles of the lists, if any."""
        found = self.asked(token)
        if found is None:
            return ()
        address, lists = found
        said = self._said("confirmed", visitor)
        on = self._project.books.consents.confirm(address, lists=lists, said=said)
        titles = self._project.settings.lists
        return tuple(titles.get(one, one) for one in on)

    # --- going, and choosing ---

    def way_out(self, token: str) -> WayOut | None:
        """Return who leaves what by a link; None where it was not made here."""
        return tokens.read_unsubscribe(self._project.secret, token)

    def leave(self, token: str, *, visitor: Visitor) -> bool:
        """End what the link says; return whether it is a link of ours."""
        found = self.way_out(token)
        if found is None:
            return False
        lists = [one for one in found.list.split(",") if one]
        said = self._said("left", visitor)
        self._project.books.consents.leave(found.address, lists=lists, said=said)
        return True

    def choices_token(self, address: str) -> str:
        """Return the link's own part to what a reader gets."""
        return tokens.sign(tokens.CHOOSING, address, secret=self._project.secret)

    def choices(self, token: str) -> Choices | None:
        """Return what the reader of a link gets; None where it is not valid."""
        match tokens.read(tokens.CHOOSING, token, secret=self._project.secret):
            case [address]:
                states = self._project.books.consents.lists_of(address)
                on = [name for name, state in states.items() if state == "confirmed"]
                reader = self._project.books.subscribers.find(address)
                return Choices(
                    address=address,
                    lists=tuple(on),
                    topics=self._project.books.memory.topics_of(address),
                    language=reader.language if reader else "",
                    timezone=reader.timezone if reader else "",
                    paused_until=pausing.end_of(self._project, address),
                    tracking=self._project.books.tracking.answer(address),
                )
        return None

    def languages(self, chosen: str) -> list[str]:
        """Return the languages that a reader may choose from, theirs among them."""
        own = {self._project.settings.site.language, chosen} - {""}
        return sorted({*self._project.pages.languages(), *own})

    def choose(
        self,
        token: str,
        wanted: Wanted,
        *,
        visitor: Visitor,
    ) -> Choices | None:
        """Let a reader be on exactly these of the lists that are open, or theirs.

        Who has the link has the letters, so nothing has to be confirmed again.
        """
        found = self.choices(token)
        if found is None:
            return None
        known = [one for one in wanted.topics if one in self._project.settings.topics]
        self._project.books.memory.follow(found.address, known)
        self._prefer(found, wanted)
        self._join_and_leave(found, wanted.lists, visitor)
        return self.choices(token)

    def _prefer(self, found: Choices, wanted: Wanted) -> None:
        """Keep a language and a time zone that there are; none is one, too."""
        languages = {"", *self.languages(found.language)}
        zones = {"", found.timezone, *available_timezones()}
        self._project.books.subscribers.prefer(
            found.address,
            language=wanted.language if wanted.language in languages else None,
            timezone=wanted.timezone if wanted.timezone in zones else None,
        )

    def _join_and_leave(
        self, found: Choices, lists: Sequence[str], visitor: Visitor
    ) -> None:
        consents = self._project.books.consents
        offered = {*self.lists(), *found.lists}
        left = [one for one in found.lists if one not in lists]
        new = [one for one in lists if one in offered and one not in found.lists]
        if left:
            said = self._said("left", visitor)
            consents.leave(found.address, lists=left, said=said)
        if new:
            said = self._said("confirmed", visitor)
            consents.confirm(found.address, lists=new, said=said)

    def asks_tracking(self) -> bool:
        """Say whether anything is tracked that readers may allow or refuse."""
        return tracking.asks(self._project)

    def track(
        self,
        token: str,
        act: Literal["allowed", "refused"],
        *,
        words: str,
        language: str,
        visitor: Visitor,
    ) -> None:
        """Keep that the reader of a link allows being tracked, or does not."""
        found = self.choices(token)
        if found is not None:
            said = self._said(act, visitor, words, language)
            self._project.books.tracking.say(found.address, said=said)

    def pause(
        self, token: str, until: date, *, words: str, visitor: Visitor
    ) -> Choices | None:
        """Send the reader of a link nothing before that day; None where it is not ours.

        Raises `ConfigError` where the day is not one of the year to come.
        """
        found = self.choices(token)
        if found is None:
            return None
        said = self._said("paused", visitor, words)
        pausing.pause(self._project, found.address, until, said=said)
        return self.choices(token)

    def resume(self, token: str, *, visitor: Visitor) -> Choices | None:
        """End the pause of a link's reader at once; None where it is not ours."""
        found = self.choices(token)
        if found is None:
            return None
        said = self._said("resumed", visitor)
        self._project.books.pauses.resume(found.address, said=said)
        return self.choices(token)

    def tidy_up(self) -> int:
        """Forget who was asked long ago and never answered; return how many."""
        before = self._project.clock() - UNCONFIRMED
        return self._project.books.consents.forget_unconfirmed(before)

    def refuse_without_address(self) -> None:
        """Raise `ConfigError` where no link could lead here."""
        if not self._project.settings.site.public_url:
            raise ConfigError(
                "the pages need to know where they are seen from outside",
                where="publisher.yaml",
                hint="Try: public_url: https://letters.example.org, below site",
            )

    def _said(
        self, act: str, visitor: Visitor, words: str = "", language: str = ""
    ) -> Consent:
        keeps = self.signup.keep_network
        return Consent(
            act=act,  # type: ignore[arg-type]
            said_at=self._project.clock(),
            how=visitor.how,
            words=words,
            language=language,
            network=visitor.network if keeps else "",
            browser=visitor.browser[:300] if keeps else "",
        )
