"""Letters: one rendering for everybody, or for each group that needs its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Template
from jinja2.runtime import Context

from publisher.errors import RenderError
from publisher.models import (
    LINKS,
    Article,
    AttachedFile,
    Direction,
    EmailDraft,
    Issue,
    Site,
    Slot,
    Subscriber,
    Tracking,
    shown_ids,
)
from publisher.render.environment import Sandbox
from publisher.render.personal import VALUES, NeedsReader, Reader
from publisher.render.running import compiled, load, run

Known = tuple[tuple[str, Any], ...]  # names a rendering has to know, and their values


@dataclass(frozen=True, slots=True)
class IssueView:
    """`issue` in a template."""

    id: str
    number: int
    campaign: str
    date: datetime


@dataclass(frozen=True, slots=True)
class CampaignView:
    """`campaign` in a template."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class Parts:
    """The compiled templates of one letter; `subject` is the schedule's own, if any."""

    name: str
    html: Template
    text: Template
    subject: Template | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """An email of one issue, ready to be drafted for any reader.

    Readers for whom the template would print the same text (but for slots) share one
    draft. `_found` is a decision tree by what was asked so far: under the values that
    are known, either the draft or the further names that the template has to know.
    """

    sandbox: Sandbox
    parts: Parts
    values: Mapping[str, Any]
    attachments: tuple[AttachedFile, ...] = ()
    tracking: tuple[Tracking, ...] = ()
    _found: dict[Known, EmailDraft | tuple[str, ...]] = field(default_factory=dict)

    def draft(self, reader: Subscriber) -> EmailDraft:
        """Return the draft for readers like this one."""
        known: Known = ()
        while True:
            if known not in self._found:
                self._found[known] = self._try(known, reader)
            found = self._found[known]
            if isinstance(found, EmailDraft):
                return found
            known += tuple((name, value_of(reader, name)) for name in found)

    def common(self, reader: Subscriber) -> EmailDraft | None:
        """Return the draft of all readers; None where they need different ones."""
        if () not in self._found:
            self._found[()] = self._try((), reader)
        found = self._found[()]
        return found if isinstance(found, EmailDraft) else None

    def _try(self, known: Known, reader: Subscriber) -> EmailDraft | tuple[str, ...]:
        try:
            return self._rendered(dict(known), reader)
        except NeedsReader as question:
            for link in (one for one in LINKS if one in question.names):
                raise RenderError(
                    f"{link} may only be printed",
                    where=f"templates/email/{self.parts.name}",
                    hint=f"Try: {{{{ {link} }}}} without filters and tests",
                ) from None
            return question.names

    def _rendered(self, known: Mapping[str, Any], reader: Subscriber) -> EmailDraft:
        values = {
            **self.values,
            "subscriber": Reader(self.sandbox.tokens, known, reader.attributes),
            **{link: self.sandbox.tokens.mark(Slot(link)) for link in LINKS},
        }
        text, context = run(self.sandbox, self.parts.text, values)
        values["subject"] = self._subject(values, context)
        values["preheader"] = self._preheader(values, context)
        html, _ = run(self.sandbox, self.parts.html, values)
        split = self.sandbox.tokens.split
        return EmailDraft(
            template=self.parts.name,
            subject=split(str(values["subject"]), "header"),
            html=split(self._styled(html), "html"),
            text=split(text, "text"),
            preheader=self.sandbox.tokens.without(str(values["preheader"])),
            language=self.values["language"],
            direction=self.values["direction"],
            articles=tuple(article.slug for article in self.values["articles"]),
            attachments=self._attached(shown_ids(html)),
            tracking=self.tracking,
        )

    def _attached(self, shown: set[str]) -> tuple[AttachedFile, ...]:
        """Return the files: those that the page shows by name as images of it."""
        return tuple(
            replace(one, content_id=one.name) if one.name in shown else one
            for one in self.attachments
        )

    def _subject(self, values: Mapping[str, Any], context: Context) -> Any:
        """Return the schedule's subject, the template's, or the title, on one line."""
        if self.parts.subject is not None:
            found, _ = run(self.sandbox, self.parts.subject, values, "the subject")
        else:
            found = str(_set(context, "subject", values["title"]))
        return self.sandbox.tokens.keep(_one_line(found))

    def _preheader(self, values: Mapping[str, Any], context: Context) -> Any:
        first = values["article"].summary if values["article"] else ""
        found = str(_set(context, "preheader", first))
        return self.sandbox.tokens.keep(_one_line(found))

    def _styled(self, html: str) -> str:
        from publisher import styles

        self.sandbox.tokens.refuse(*styles.css_of(html))
        return styles.inline(html)


def _set(context: Context, name: str, default: object) -> object:
    """Return what the template set on its top level."""
    return context.vars[name] if name in context.exported_vars else default


def _one_line(text: str) -> str:
    return " ".join(text.split())


def value_of(reader: Subscriber, path: str) -> Any:
    """Return what a rendering for this reader has to know."""
    name = path.removeprefix("subscriber.")
    if name in VALUES:
        return getattr(reader, name)
    return reader.values().get(path, "")


# --- what a letter is made of --------------------------------------------------------


def parts(sandbox: Sandbox, name: str, subject: str) -> Parts:
    """Compile the templates of a letter."""
    return Parts(
        name=name,
        html=load(sandbox, "email", [f"{name}.html.j2"]),
        text=load(sandbox, "email", [f"{name}.txt.j2"]),
        subject=compiled(sandbox, subject, where="the subject") if subject else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a letter is made of besides its articles."""

    site: Site
    words: Mapping[str, object]
    language: str
    direction: Direction
    view_url: str
    title: str

    def values(self, articles: Sequence[Article], issue: Issue) -> dict[str, Any]:
        """Return what the templates know, but for the reader."""
        campaign = CampaignView(issue.campaign, self.title or _title(issue.campaign))
        is_rtl = self.direction == "rtl"
        return {
            "articles": tuple(articles),
            "article": articles[0] if articles else None,
            "issue": _view(issue, self.site),
            "campaign": campaign,
            "title": campaign.title,
            "site": self.site,
            "sender": self.site.sender,
            "language": self.language,
            "direction": self.direction,
            "start": "right" if is_rtl else "left",
            "end": "left" if is_rtl else "right",
            "words": self.words,
            "view_url": self.view_url,
        }


def _view(issue: Issue, site: Site) -> IssueView:
    moment = issue.scheduled_at or issue.planned_at
    date = moment.astimezone(ZoneInfo(site.timezone))
    return IssueView(issue.id, issue.number, issue.campaign, date)


def _title(campaign: str) -> str:
    """Return a campaign's name for people.

    >>> _title("weekly-digest")
    'Weekly digest'
    """
    plain = campaign.replace("-", " ").replace("_", " ").strip()
    return plain[:1].upper() + plain[1:]
