"""What a setting may say: time zones, languages, addresses, URLs, names."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator

from publisher import strict
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
    raise strict.complaint(f"the web address must contain {placeholder}", hint=f"Try: {better}")


def _channel(name: str) -> str:
    if CHANNEL.fullmatch(name):
        return name
    raise strict.complaint(
        f'"{name}" is not a channel', hint="Try: mastodon, or mastodon:work", key=True
    )


def _name(name: str) -> str:
    if NAME.fullmatch(name):
        return name
    better = re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-_") or "weekly"
    raise strict.complaint(
        f'"{name}" is not a list name', hint=f"Try: {better}", key=True
    )


def _list(value: object) -> object:
    return [value] if isinstance(value, str) else value


Zone = Annotated[str, AfterValidator(_zone)]
Language = Annotated[str, AfterValidator(_language)]
Address = Annotated[str, AfterValidator(_address)]
Line = Annotated[str, AfterValidator(_line)]
Url = Annotated[str, AfterValidator(_url)]
IssueUrl = Annotated[str, AfterValidator(lambda url: _with("{issue}", url))]
TokenUrl = Annotated[str, AfterValidator(lambda url: _with("{token}", url))]
ChannelName = Annotated[str, AfterValidator(_channel)]
ListName = Annotated[str, AfterValidator(_name)]
# One text where a list of texts may stand.
Places = Annotated[
    tuple[Line, ...], BeforeValidator(_list, json_schema_input_type=str | list[str])
]
