"""Kinds of text that settings hold: time zones, languages, addresses, URLs, names."""

from __future__ import annotations

import re
from datetime import date
from functools import partial
from typing import Annotated, Literal, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field

from publisher import strict
from publisher.models import Tracking, unique
from publisher.text import suggest

LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
ADDRESS = re.compile(
    r"[^@\s<>\",;:()\[\]]+@[^@\s<>\",;:()\[\]]+\.[^@\s<>\",;:()\[\].]+"
)
CHANNEL = re.compile(r"[a-z][a-z0-9_-]*(:[A-Za-z0-9_.-]+)*")
NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
LANGUAGES = {
    "arabic": "ar",
    "chinese": "zh",
    "english": "en",
    "french": "fr",
    "german": "de",
    "hebrew": "he",
    "italian": "it",
    "italiano": "it",
    "japanese": "ja",
    "persian": "fa",
    "portuguese": "pt",
    "russian": "ru",
    "spanish": "es",
}


def is_zone(name: str) -> bool:
    """Say whether the time zone database knows the name."""
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # also a folder of zones, such as "Europe"
        return False
    return bool(name)


def _zone(name: str) -> str:
    if is_zone(name):
        return name
    close = suggest(name, sorted(available_timezones()))
    hint = f"Did you mean {close}?" if close else "Try: Europe/Rome"
    raise strict.complaint(f'unknown time zone "{name}"', hint=hint)


def _language(tag: str) -> str:
    if LANGUAGE.fullmatch(tag):
        return tag
    short = LANGUAGES.get(tag.lower()) or tag.replace("_", "-")
    hint = f"Try: {short}" if LANGUAGE.fullmatch(short) else "Try: en"
    raise strict.complaint(f'"{tag}" is not a language tag', hint=hint)


def _address(address: str) -> str:
    if not address or ADDRESS.fullmatch(address):
        return address
    inside = re.search(r"<([^<>]+)>", address)
    hint = "Try: letters@example.org"
    if inside and ADDRESS.fullmatch(inside.group(1).strip()):
        hint = "Try: only the part in < >; the name has a line of its own"
    raise strict.complaint(f'"{address}" is not an email address', hint=hint)


def _line(text: str) -> str:
    if text.isprintable():
        return text
    raise strict.complaint("must be a single line", hint="Try: write it on one line")


def _url(url: str) -> str:
    if not url:
        return url
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        is_good = False
    if is_good and not re.search(r"\s", url):
        return url
    bare = re.sub(r"^(\w*:)?/*", "", url)
    hint = f"Try: https://{bare}" if re.match(r"[^\s/]+\.\w", bare) else ""
    hint = hint if not re.search(r"\s", bare) else ""
    raise strict.complaint(
        f'"{url}" is not a web address', hint=hint or "Try: https://example.org/"
    )


def _with(placeholder: str, url: str) -> str:
    if not url or placeholder in _url(url):
        return url
    better = f"{url.rstrip('/')}/{placeholder}"
    raise strict.complaint(
        f"the web address must contain {placeholder}", hint=f"Try: {better}"
    )


def _channel(name: str, *, key: bool = False) -> str:
    if CHANNEL.fullmatch(name):
        return name
    hint = "Try: mastodon, or mastodon:work"
    raise strict.complaint(f'"{name}" is not a channel', hint=hint, key=key)


def _name(name: str, *, key: bool = False) -> str:
    if NAME.fullmatch(name):
        return name
    better = re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-_") or "weekly"
    hint = f"Try: {better}"
    raise strict.complaint(f'"{name}" is not a name', hint=hint, key=key)


def _day(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise strict.complaint(
            f'"{text}" is not a day', hint="Try: 2026-12-24"
        ) from None
    return text


def _tracked(value: object) -> object:
    """Read `off`, a word, or several; the others are for who made the model to say."""
    words = () if value == "off" else _list(value)
    for word in words if isinstance(words, tuple) else ():
        if word not in get_args(Tracking):
            known = ["off", *get_args(Tracking)]
            close = suggest(str(word), known) if isinstance(words, tuple) else ""
            hint = f"Try: {close or ', '.join(known)}"
            raise strict.complaint(f'"{word}" is nothing to track', hint=hint)
    return unique(words) if isinstance(words, tuple) else words


def _list(value: object) -> object:
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


Day = Annotated[str, AfterValidator(_day)]
Zone = Annotated[str, AfterValidator(_zone)]
Language = Annotated[str, AfterValidator(_language)]
Address = Annotated[str, AfterValidator(_address)]
Line = Annotated[str, AfterValidator(_line)]
Url = Annotated[str, AfterValidator(_url)]
IssueUrl = Annotated[str, AfterValidator(lambda url: _with("{issue}", url))]
TokenUrl = Annotated[str, AfterValidator(lambda url: _with("{token}", url))]
ChannelName = Annotated[str, AfterValidator(_channel)]
ChannelKey = Annotated[str, AfterValidator(partial(_channel, key=True))]
Name = Annotated[str, AfterValidator(_name)]
NameKey = Annotated[str, AfterValidator(partial(_name, key=True))]
Lines = tuple[Line, ...]
Tracked = Annotated[
    tuple[Tracking, ...],
    BeforeValidator(
        _tracked, json_schema_input_type=Literal["off"] | Tracking | list[Tracking]
    ),
]
# One text where a list of texts may stand.
_ONE_OR_MORE = BeforeValidator(_list, json_schema_input_type=str | list[str])
Places = Annotated[Lines, _ONE_OR_MORE]
Channels = Annotated[tuple[ChannelName, ...], Field(min_length=1), _ONE_OR_MORE]
