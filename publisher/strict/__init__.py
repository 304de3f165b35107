"""Reads YAML strictly: what is wrong is told with file:line:column and a way out."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError

from publisher.errors import ConfigError
from publisher.strict.document import Document, compose

T = TypeVar("T", bound=BaseModel)

__all__ = [
    "Model",
    "complaint",
    "examine",
    "load",
    "locate",
    "problems",
    "read",
    "schema",
]


class Model(BaseModel):
    """A block of a settings file: every key is known, no value is bent to fit."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def complaint(
    message: str, *, hint: str, offset: int | None = None, key: bool = False
) -> PydanticCustomError:
    """Return what a validator raises: a sentence, and what to do.

    `offset` points at a character within the text; `key` at the key before it.
    """
    context = {"hint": hint, "offset": offset, "key": key, "message": message}
    return PydanticCustomError("complaint", "{message}", context)


def load(text: str, *, where: str, first_line: int = 1) -> Any:
    """Return the data of a YAML text: dicts with text keys, lists, plain values.

    `first_line` is the line of the file on which the text begins, as in front matter.
    Dates and times stay texts, and so do yes, no, on and off.

    >>> load("on: 10:30", where="x.yaml")
    {'on': '10:30'}
    """
    return compose(text, where=where, first_line=first_line).data


def read(model: type[T], text: str, *, where: str, first_line: int = 1) -> T:
    """Return the text as a model; the error is the first, and says how many follow."""
    document = compose(text, where=where, first_line=first_line)
    found, errors = _validated(model, document)
    if found is not None:
        return found
    first, more = errors[0], len(errors) - 1
    if not more:
        raise first
    rest = f"{more} more problem{'s' if more > 1 else ''} in this file"
    raise ConfigError(
        f"{first.message} (and {rest})", where=first.where, hint=first.hint
    )


def examine(
    model: type[T], text: str, *, where: str
) -> tuple[T | None, list[ConfigError]]:
    """Return the text as a model, or everything that is wrong, in its order."""
    try:
        document = compose(text, where=where)
    except ConfigError as error:
        return None, [error]
    return _validated(model, document)


def problems(model: type[BaseModel], text: str, *, where: str) -> list[ConfigError]:
    """Return everything that is wrong with a text; empty: nothing is."""
    return examine(model, text, where=where)[1]


def locate(
    text: str, path: tuple[str | int, ...], *, where: str, key: bool = False
) -> str:
    """Return the `file:line:column` of a value, or of its key, in a good text."""
    return compose(text, where=where).at(path, key=key)


def schema(model: type[BaseModel], *, title: str) -> dict[str, Any]:
    """Return the JSON Schema of a model, of the draft that editors' servers know."""
    found = model.model_json_schema(mode="validation")
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        **found,
        "title": title,
    }


def _validated(
    model: type[T], document: Document
) -> tuple[T | None, list[ConfigError]]:
    from publisher.strict import words

    data = {} if document.data is None else document.data
    errors = words.empties(data, document)
    found: T | None = None
    try:
        # As JSON, because pydantic's strict mode takes a list for a tuple only there.
        found = model.model_validate_json(json.dumps(data))
    except ValidationError as error:
        errors += words.explained(error, model, document)
    return (None if errors else found), words.in_order(errors)
