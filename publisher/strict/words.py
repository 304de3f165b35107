"""Plain words for what pydantic found, each with its place and a way out."""

from __future__ import annotations

import re
import types
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from publisher.errors import ConfigError
from publisher.strict.document import Document, Path
from publisher.text import suggest

NOUNS: dict[object, str] = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
}
PLURALS: dict[object, str] = {str: "texts", int: "whole numbers", float: "numbers"}

TRUTHS = {"yes", "on", "y", "1"}


def explained(
    error: ValidationError, model: type[BaseModel], document: Document
) -> list[ConfigError]:
    """Return every complaint of pydantic, in plain words."""
    found = error.errors()
    paths = [tuple(one["loc"]) for one in found]
    return [
        _complaint(one, model, document)
        for one in found
        if one["input"] is not None and not _is_echo(one, paths)
    ]


def _is_echo(one: Mapping[str, Any], paths: list[Path]) -> bool:
    """A list is also called too short because its items are wrong."""
    path = tuple(one["loc"])
    inside = any(other[: len(path)] == path != other for other in paths)
    return one["type"] == "too_short" and inside


def empties(data: object, document: Document, path: Path = ()) -> list[ConfigError]:
    """Return a complaint for each key that stands there without a value."""
    match data:
        case dict():
            inside = data.items()
        case list():
            inside = dict(enumerate(data)).items()
        case None if path:
            hint = "Try: write a value, or remove the line"
            message = f"{_name(path)} has no value"
            return [ConfigError(message, where=document.at(path), hint=hint)]
        case _:
            return []
    return [
        found
        for step, value in inside
        for found in empties(value, document, (*path, step))
    ]


def in_order(errors: Iterable[ConfigError]) -> list[ConfigError]:
    """Return the complaints in the order in which the text is read."""
    return sorted(errors, key=_position)


def _position(error: ConfigError) -> tuple[int, int]:
    _, line, column = error.where.rsplit(":", 2)
    return int(line), int(column)


def _complaint(
    error: Mapping[str, Any], model: type[BaseModel], document: Document
) -> ConfigError:
    path = tuple(error["loc"])
    kind, context = str(error["type"]), error.get("ctx", {})
    name = _name(path)
    if kind == "extra_forbidden":
        return _unknown_key(path, model, document)
    if kind == "missing":
        hint = f'Try: add a line "{path[-1]}: …"'
        return ConfigError(f"{name} is missing", where=document.at(path), hint=hint)
    if kind == "complaint":
        where = document.at(path, key=context["key"], offset=context["offset"])
        return ConfigError(error["msg"], where=where, hint=context["hint"])
    where = document.at(path)
    message, hint = _wrong(kind, context, error["input"], _annotation(model, path))
    return ConfigError(f"{name} {message}".strip(), where=where, hint=hint)


def _wrong(
    kind: str, context: Mapping[str, Any], given: object, expected: object
) -> tuple[str, str]:
    """Say what a value must be, and how the one given becomes that."""
    match kind:
        case "literal_error":
            names = re.findall(r"'([^']*)'", context["expected"])
            return f"must be {_any_of(names)}", _closest(str(given), names)
        case "greater_than_equal":
            least = f"{context['ge']:g}"
            return f"must be {least} or more", f"Try: {least}"
        case "greater_than":
            most = context["gt"]
            return f"must be more than {most:g}", f"Try: {most + 1:g}"
        case "less_than_equal":
            most = context["le"]
            return f"must be {most:g} or less", f"Try: {most:g}"
        case "string_too_short" | "too_short":
            return "must not be empty", "Try: write a value, or remove the line"
    return f"must be {_noun(expected)}", _way_out(given, expected)


def _noun(expected: object) -> str:
    inner = _bare(expected)
    if inner in NOUNS:
        return NOUNS[inner]
    if get_origin(inner) in {tuple, list}:
        plural = PLURALS.get(_bare(_item(inner)))
        return f"a list of {plural}" if plural else "a list"
    return "a block of `key: value` lines"


def _way_out(given: object, expected: object) -> str:
    inner = _bare(expected)
    if inner is bool:
        return f"Try: {'true' if str(given).lower() in TRUTHS else 'false'}"
    if inner is str and isinstance(given, int | float):
        shown = str(given).lower() if isinstance(given, bool) else str(given)
        return f'Try: put it in quotes: "{shown}"'
    if inner is int and isinstance(given, float):
        return f"Try: {given:.0f}"
    if inner in {int, float}:
        return "Try: a number without quotes or words"
    if isinstance(given, list):
        return "Try: without the brackets or dashes"
    if get_origin(inner) in {tuple, list}:
        return f"Try: [{given}]" if isinstance(given, str | int) else "Try: [one, two]"
    if inner is str:
        return "Try: a single line of text"
    return "Try: write its keys below it, indented"


def _unknown_key(path: Path, model: type[BaseModel], document: Document) -> ConfigError:
    """Name the stranger, and the known key that it looks like."""
    key = str(path[-1])
    known = _keys(_annotation(model, path[:-1]))
    close = suggest(key, known)
    hint = f"Did you mean {close}?" if close else f"Known keys: {', '.join(known)}"
    return ConfigError(
        f'unknown key "{key}"', where=document.at(path, key=True), hint=hint
    )


def _keys(annotation: object) -> list[str]:
    inner = _bare(annotation)
    if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
        return []
    return [field.alias or name for name, field in inner.model_fields.items()]


def _annotation(model: object, path: Iterable[str | int]) -> object:
    """Return the type that the model wants at a path."""
    expected: object = model
    for step in path:
        expected = _bare(expected)
        if isinstance(expected, type) and issubclass(expected, BaseModel):
            expected = next(_fields(expected, str(step)), None)
        else:
            expected = _item(expected)
    return expected


def _fields(model: type[BaseModel], key: str) -> Iterator[object]:
    for name, field in model.model_fields.items():
        if key in {name, field.alias}:
            yield field.annotation


def _item(annotation: object) -> object:
    """Return what a list or a mapping holds."""
    if isinstance(annotation, type) or annotation is None:
        return None
    arguments = [one for one in get_args(annotation) if one is not Ellipsis]
    return arguments[-1] if arguments else None


def _bare(annotation: object) -> object:
    """Take off `Annotated` and `| None`."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _bare(get_args(annotation)[0])
    if origin in {Union, types.UnionType}:
        return _bare(next(one for one in get_args(annotation) if one is not type(None)))
    return str if origin is Literal else annotation


def _name(path: Path) -> str:
    """Call a value by its key: "site.name", "an item of tags"."""
    keys = [step for step in path if isinstance(step, str) and step != "[key]"]
    name = ".".join(keys[-2:]) if isinstance(path[-1:], tuple) else ""
    if path and isinstance(path[-1], int):
        return f"an item of {keys[-1]}" if keys else "an item"
    return name


def _any_of(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else names[0]


def _closest(word: str, known: list[str]) -> str:
    close = suggest(word, known)
    return f"Did you mean {close}?" if close else f"Try: {known[0]}"
