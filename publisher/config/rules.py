"""The tag rules of publisher.yaml, and how hashtags are written."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from publisher import models
from publisher.strict import Model, complaint
from publisher.strict.kinds import ChannelName, Language, Line, Lines, Name
from publisher.strict.spans import duration
from publisher.text import is_hashtag

PLACES = ("article", "campaign", "channel", "network")


def _window(text: str) -> str:
    try:
        models.Quiet.read(text)
    except ValueError:
        hint = 'Try: "08:00-20:00"'
        raise complaint(f'"{text}" is no part of a day', hint=hint) from None
    return text


def _span(text: str) -> str:
    try:
        duration(text)
    except (ValueError, OverflowError):
        hint = "Try: 30m, 2h or 1d"
        raise complaint(f'"{text}" is no span of time', hint=hint) from None
    return text


def _places(text: str) -> str:
    for name in re.findall(r"\{(.*?)\}", text):
        if name not in PLACES:
            known = ", ".join(f"{{{one}}}" for one in PLACES)
            raise complaint(f"{{{name}}} is not known here", hint=f"Try: {known}")
    return text


Utm = Annotated[Line, AfterValidator(_places)]


class Tagged(Model):
    """What a link says of where it was followed (UTM parameters)."""

    source: Utm = Field(default="", description="utm_source, such as {network}.")
    medium: Utm = Field(default="", description="utm_medium, such as social.")
    campaign: Utm = Field(default="", description="utm_campaign, such as {campaign}.")
    term: Utm = Field(default="", description="utm_term.")
    content: Utm = Field(default="", description="utm_content, such as {article}.")

    def noun(self) -> tuple[tuple[str, str], ...]:
        """Return what is given, in order."""
        return tuple((name, text) for name, text in self if text)


class Rule(Model):
    """Which articles it is about, and what it changes about their posts."""

    tags: Lines = Field(default=(), description="Articles with any of these tags.")
    all_tags: Lines = Field(default=(), description="Articles with all of these.")
    not_tags: Lines = Field(default=(), description="None with any of these.")
    language: Language = Field(default="", description="Articles in this language.")
    category: Line = Field(default="", description="Articles of this category.")
    label: Line = Field(default="", description="Articles with this label.")
    through: tuple[ChannelName, ...] = Field(
        default=(), description="Only for these channels; without it, for all."
    )
    post_to: tuple[ChannelName, ...] = Field(
        default=(), description="Also post it there, beside the campaign's channels."
    )
    template: Name | Literal[""] = Field(
        default="", description="Instead of the campaign's template."
    )
    hashtags: Lines = Field(default=(), description="Stand below the post, without #.")
    content_warning: Line = Field(
        default="", description="Hides the post behind these words."
    )
    visibility: Literal["", "public", "unlisted", "private"] = Field(
        default="", description="public, unlisted or private, where there is such."
    )
    utm: Tagged = Field(
        default_factory=Tagged, description="What the link says of where it stands."
    )
    window: Annotated[str, AfterValidator(_window)] = Field(
        default="", description="Only in these hours of the site's: 08:00-20:00"
    )
    spacing: Annotated[str, AfterValidator(_span)] = Field(
        default="", description="Between two posts of an account: 30m"
    )
    skip: bool = Field(default=False, description="Such an article is not posted.")

    @model_validator(mode="after")
    def _changes_something(self) -> Rule:
        about = {"tags", "all_tags", "not_tags", "language", "category", "label"}
        if not self.model_fields_set - about - {"through"}:
            raise complaint("the rule changes nothing", hint="Try: skip: true")
        return self

    def noun(self) -> models.TagRule:
        """Return the rule as the rooms speak of it."""
        same = dict(self)
        for name in ("window", "utm", "spacing", "hashtags"):
            del same[name]
        return models.TagRule(
            **same,
            hashtags=tuple(tag.removeprefix("#") for tag in self.hashtags),
            utm=self.utm.noun(),
            closed=_closed(self.window),
            spacing=duration(self.spacing) if self.spacing else timedelta(0),
        )


def _closed(window: str) -> models.Quiet | None:
    """Return the hours outside of a window."""
    if not window:
        return None
    opened = models.Quiet.read(window)
    return models.Quiet(start=opened.end, end=opened.start)


class Hashtags(Model):
    """How tags are written below posts, and which never are."""

    write: dict[Line, Line] = Field(
        default={}, description="Tags and how they are written: {nasa: NASA}."
    )
    never: Lines = Field(default=(), description="Tags that are never a hashtag.")

    @model_validator(mode="after")
    def _can_be_written(self) -> Hashtags:
        for tag, written in self.write.items():
            if not is_hashtag(written.removeprefix("#")):
                hint = "Try: letters and digits, without spaces"
                raise complaint(f'{tag}: "{written}" is no hashtag', hint=hint)
        return self
