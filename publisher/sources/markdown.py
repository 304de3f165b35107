"""Markdown with front matter: YAML, TOML, JSON or lines of "Key: value"."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from publisher import dates, language, markup, strict, text
from publisher.errors import ConfigError, SourceError
from publisher.models import Article, Image
from publisher.sources import Given, article

# What other generators call the same thing; the first that is there wins.
NAMES = {
    "title": ("title",),
    "slug": ("slug", "permalink", "path"),
    "date": ("date", "published", "published_at", "publishdate", "pubdate"),
    "updated": ("updated", "lastmod", "modified", "updated_at", "last_modified_at"),
    "tags": ("tags", "tag", "keywords"),
    "category": ("categories", "category", "section"),
    "summary": ("summary", "description", "excerpt", "custom_excerpt"),
    "canonical": ("canonical", "canonical_url", "canonicalurl", "url", "link"),
    "image": ("image", "feature_image", "images", "cover", "thumbnail"),
    "alt": ("alt", "image_alt", "feature_image_alt"),
    "author": ("author", "authors", "by"),
    "lang": ("lang", "language", "locale"),
    "dir": ("dir", "direction"),
    "labels": ("labels", "label", "content_warning", "content_warnings"),
    "site": ("site", "site_name"),
    "translation_of": ("translation_of", "translationkey", "translation_key"),
}
_PELICAN = re.compile(r"([A-Za-z][A-Za-z _-]{1,30}):[ \t]*(.*)")
_DATED_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})[-_](.+)")
_HASHTAG_LINE = re.compile(r"\n[ \t]*(?P<line>[#＃][^\s#＃][^\n]*)[ \t\n]*\Z")
_TAG = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*")
# Other generators keep their own keys a floor lower.
FLOORS = ("taxonomies", "extra", "params")
INDEXES = {"index", "_index", "readme"}
YES = {"true", "yes", "on", "1"}
NO = {"false", "no", "off", "0", ""}
UNPUBLISHED = {"draft", "hidden", "skip", "private"}


@dataclass(frozen=True, slots=True)
class Matter:
    """Front matter: its values by small names, and on which line each stands."""

    values: Mapping[str, Any]
    lines: Mapping[str, int]
    source: str

    def get(self, name: str) -> Any:
        """Return the first of the names that says something."""
        return self._found(name)[1]

    def key(self, name: str) -> str:
        """Return which of the names it was."""
        return self._found(name)[0]

    def text(self, name: str) -> str:
        """Return one line of text."""
        key, value = self._found(name)
        if isinstance(value, list) and name == "category":
            value = value[0]
        if value is None:
            return ""
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return " ".join(str(value).split())
        raise self.wrong(key, "must be a text")

    def words(self, name: str) -> list[str]:
        """Return a list, given as one or as a line with commas."""
        key, value = self._found(name)
        if value is None:
            return []
        if isinstance(value, str):
            return [
                part.strip() for part in re.split(r"[,،、;]", value) if part.strip()
            ]
        if isinstance(value, list) and all(isinstance(one, str | int) for one in value):
            return [str(one) for one in value]
        raise self.wrong(key, "must be a list of words")

    def moment(self, name: str, timezone: str) -> datetime | None:
        """Return a date with its time and zone."""
        key, value = self._found(name)
        zone = UTC if timezone == "UTC" else ZoneInfo(timezone)
        if value is None or _as_truth(value) is not None:  # "published: true"
            return None
        if isinstance(value, datetime):
            return value if value.tzinfo else value.replace(tzinfo=zone)
        if isinstance(value, date):
            return datetime(value.year, value.month, value.day, tzinfo=zone)
        found = dates.read(str(value), timezone=timezone)
        if found is None:
            raise self.wrong(key, f"{str(value)!r} is not a date", "Try: 2026-11-22")
        return found

    def truth(self, name: str) -> bool | None:
        """Return yes or no, or None where nothing is said."""
        key, value = self._found(name)
        if value is None or _as_truth(value) is not None:
            return _as_truth(value)
        raise self.wrong(key, "must be true or false")

    def wrong(self, key: str, message: str, hint: str = "") -> SourceError:
        """Return the error for a key, at its line."""
        where = f"{self.source}:{self.lines.get(key, 1)}"
        return SourceError(f"{key}: {message}", where=where, hint=hint)

    def _found(self, name: str) -> tuple[str, Any]:
        for key in NAMES.get(name, (name,)):
            for floor in (self.values, *map(self.values.get, FLOORS)):
                value = floor.get(key) if isinstance(floor, Mapping) else None
                if value not in (None, "", [], {}):
                    return key, value
        return name, None


def _as_truth(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    return word in YES if word in YES | NO else None


def parse(
    content: str, *, source: str, timezone: str = "UTC", url: str = ""
) -> list[Article]:
    """Return the one article of a Markdown file.

    `source` names the file in errors; its name gives what the front matter does not.
    `url` is where it was fetched from.
    """
    content = content.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    matter, body = _split(content, source)
    body, hashtags = _without_hashtags(body)
    base = _url(matter) or url
    title = matter.text("title")
    # The cleaner comes last, so nothing after it can bring back what it took out.
    heading, raw = markup.without_first_heading(markup.from_markdown(body), title)
    html = markup.sanitise(raw, base)
    stem, dated = _name_of(source)
    work, spoken = _translated(stem)
    published = matter.moment("date", timezone)
    if published is None and dated:
        published = dates.read(dated, timezone=timezone)
    given = Given(
        title=title or heading or _title_of(work),
        slug=_slug(matter, stem),
        summary=matter.text("summary"),
        language=_language(matter) or spoken,
        direction=matter.text("dir").lower(),
        tags=matter.words("tags") or hashtags,
        category=matter.text("category"),
        author=_author(matter),
        published=published,
        updated=matter.moment("updated", timezone),
        url=base,
        site=matter.text("site"),
        images=_images(matter, base),
        labels=matter.words("labels"),
        draft=_is_draft(matter),
        translation_of=matter.text("translation_of") or (work if spoken else ""),
    )
    plain = markup.html_to_text(html)
    if not plain and not (given.title and matter.values):
        raise SourceError("has no text", where=f"{source}:1", hint="Write some in it")
    return [article(given, html=html, plain=plain, source=source)]


# --- front matter --------------------------------------------------------------------


def _split(content: str, source: str) -> tuple[Matter, str]:
    """Part the front matter from the text, whatever its style is."""
    for mark, end, reader in (
        ("---", r"(?:---|\.\.\.)", _yaml),
        (r"\+\+\+",) * 2 + (_toml,),
    ):
        match = re.match(
            rf"\s*{mark}[ \t]*\n(.*?)^{end}[ \t]*(?:\n|\Z)",
            content,
            re.DOTALL | re.MULTILINE,
        )
        if match:
            first = content[: match.start(1)].count("\n") + 1
            values = reader(match[1], source, first)
            return _matter(values, match[1], source, first), content[match.end() :]
        if re.match(rf"\s*{mark}[ \t]*\n\s*\w+\s*[:=]", content):
            sign = mark.replace("\\", "")
            raise SourceError(
                f"the front matter is not closed by {sign}",
                where=f"{source}:1",
                hint=f"Put a line {sign} behind it",
            )
    if content.lstrip().startswith("{"):
        return _json(content, source)
    return _pelican(content, source)


def _matter(values: Any, block: str, source: str, first: int) -> Matter:
    if values is None:
        values = {}
    if not isinstance(values, Mapping):
        raise SourceError(
            "the front matter must be keys with values",
            where=f"{source}:{first}",
            hint="Try: title: A title",
        )
    lines: dict[str, int] = {}
    for number, line in enumerate(block.split("\n"), start=first):
        key = re.match(r"(?:[{\s]*(?=\"))?[\"']?([\w -]+?)[\"']?\s*[:=]", line)
        if key:
            lines.setdefault(key[1].lower(), number)
    small = {str(key).lower(): value for key, value in values.items()}
    return Matter(small, lines, source)


def _yaml(block: str, source: str, first: int) -> Any:
    try:
        return strict.load(block, where=source, first_line=first)
    except ConfigError as error:
        raise SourceError(error.message, where=error.where, hint=error.hint) from None


def _toml(block: str, source: str, first: int) -> Any:
    try:
        return tomllib.loads(block)
    except RecursionError:
        raise _too_deep(f"{source}:{first}") from None
    except ValueError as error:  # also a number of ten thousand digits
        found = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        where = f"{source}:{first}"
        if found:
            where = f"{source}:{first + int(found[1]) - 1}:{found[2]}"
        message = re.sub(r"\s*\(at .*\)$", "", str(error))
        raise SourceError(f"the TOML is broken: {message}", where=where) from None


def _too_deep(where: str) -> SourceError:
    return SourceError("the front matter is nested too deeply", where=where)


def _json(content: str, source: str) -> tuple[Matter, str]:
    start = len(content) - len(content.lstrip())
    try:
        values, end = json.JSONDecoder().raw_decode(content, start)
    except json.JSONDecodeError as error:
        if not re.match(r'\s*\{\s*"', content):
            return Matter({}, {}, source), content  # a text that begins with a brace
        where = f"{source}:{error.lineno}:{error.colno}"
        raise SourceError(f"the JSON is broken: {error.msg}", where=where) from None
    except RecursionError:
        raise _too_deep(f"{source}:1") from None
    except ValueError as error:
        raise SourceError(f"the JSON is broken: {error}", where=source) from None
    return _matter(values, content[start:end], source, 1), content[end:]


def _pelican(content: str, source: str) -> tuple[Matter, str]:
    """Read lines of "Key: value" at the top, as Pelican and MultiMarkdown have them."""
    values: dict[str, Any] = {}
    lines: dict[str, int] = {}
    rows = content.split("\n")
    count = 0
    key = ""
    for count, row in enumerate(rows):
        match = _PELICAN.fullmatch(row)
        if key and row[:1] in {" ", "\t"} and row.strip():
            values[key] = f"{values[key]} {row.strip()}"  # MultiMarkdown's longer lines
            continue
        if not match:
            break
        key = match[1].strip().lower()
        values[key] = match[2].strip()
        lines[key] = count + 1
    known = {name for names in NAMES.values() for name in names} | {"status", "draft"}
    if not values.keys() & known or (count < len(rows) and rows[count].strip()):
        return Matter({}, {}, source), content
    return Matter(values, lines, source), "\n".join(rows[count:])


# --- what it says --------------------------------------------------------------------


def _without_hashtags(body: str) -> tuple[str, tuple[str, ...]]:
    """Take a last line of hashtags out: to Markdown it would be a text."""
    match = _HASHTAG_LINE.search(f"\n{body}")
    tags = text.split_hashtags(match["line"]) if match else ()
    if not match or not tags:
        return body, ()
    return body[: max(0, match.start() - 1)], tags


def _name_of(source: str) -> tuple[str, str]:
    """Return the name and the date that the file's own name gives the article."""
    path = PurePath(urlsplit(source).path if "://" in source else source)
    is_index = path.stem.lower() in INDEXES and path.parent.name
    stem = path.parent.name if is_index else path.stem
    dated = _DATED_NAME.fullmatch(stem)
    return (dated[2], dated[1]) if dated else (stem, "")


def _translated(stem: str) -> tuple[str, str]:
    """Return whose translation a file is by its name, and its language, if it is one.

    >>> _translated("harbour.it"), _translated("version.2")
    (('harbour', 'it'), ('version.2', ''))
    """
    work, dot, tag = stem.rpartition(".")
    if work and dot and language.is_known(tag):
        return work, tag
    return stem, ""


def _url(matter: Matter) -> str:
    url = matter.text("canonical")
    return url if url.startswith(("http://", "https://")) else ""


def _slug(matter: Matter, stem: str) -> str:
    given = matter.text("slug")
    if not given and not _url(matter):
        given = matter.text("canonical")  # Hugo's url: /a/path/
    if ":" in given:  # Jekyll's permalink: /:year/:title/
        given = ""
    return given.strip("/").rsplit("/", 1)[-1].removesuffix(".html") or stem


def _title_of(stem: str) -> str:
    plain = re.sub(r"[-_]+", " ", stem).strip()
    return plain[:1].upper() + plain[1:]


def _language(matter: Matter) -> str:
    found = matter.text("lang").split(".")[0]
    if found and not _TAG.fullmatch(found):
        raise matter.wrong(
            matter.key("lang"), f"{found!r} is not a language", "Try: en"
        )
    return found.replace("_", "-")


def _author(matter: Matter) -> str:
    value = matter.get("author")
    if isinstance(value, Mapping):
        return str(value.get("name", ""))
    if isinstance(value, list):
        names = (
            one.get("name", "") if isinstance(one, Mapping) else one for one in value
        )
        return ", ".join(str(name) for name in names)
    return matter.text("author")


def _images(matter: Matter, base: str) -> list[Image]:
    value = matter.get("image")
    if isinstance(value, list):
        value = value[0] if value else None
    alt = matter.text("alt")
    if isinstance(value, Mapping):
        alt = alt or str(value.get("alt", ""))
        named = (value.get(name) for name in ("url", "src", "path", "image"))
        value = next(filter(None, named), "")
    if not value:
        return []
    if not isinstance(value, str):
        raise matter.wrong(
            matter.key("image"), "must be an address", "Try: /pictures/gale.jpg"
        )
    url = markup.absolute(value, base)
    return [Image(url, alt)] if url else []


def _is_draft(matter: Matter) -> bool:
    if matter.truth("draft"):
        return True
    if _as_truth(matter.values.get("published", True)) is False:
        return True
    return str(matter.values.get("status", "")).lower() in UNPUBLISHED
