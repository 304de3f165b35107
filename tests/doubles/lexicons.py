"""Just enough of https://atproto.com/specs/lexicon to check a record."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from publisher.models import Json
from publisher.units import count


class Lexicons:
    """The published lexicons, of which each has definitions."""

    def __init__(self, path: Path) -> None:
        documents = json.loads(path.read_text())["lexicons"]
        self.defs = {one["id"]: one["defs"] for one in documents}

    def check(self, value: Any, ref: str, at: str = "$") -> list[str]:
        name, _, part = ref.partition("#")
        return self._check(value, self.defs[name][part or "main"], name, at)

    def _check(self, value: Any, schema: Json, home: str, at: str) -> list[str]:
        match schema["type"]:
            case "record":
                return self._check(value, schema["record"], home, at)
            case "ref":
                return self.check(value, self._full(schema["ref"], home), at)
            case "union":
                kinds = [self._full(ref, home) for ref in schema["refs"]]
                if value.get("$type") not in kinds:
                    return [f"{at}: {value.get('$type')} is none of {kinds}"]
                return self.check(value, value["$type"], at)
            case "object":
                return self._object(value, schema, home, at)
            case "array":
                found = [] if len(value) <= schema.get("maxLength", 1e9) else [at]
                for number, item in enumerate(value):
                    found += self._check(item, schema["items"], home, f"{at}[{number}]")
                return found
            case "string":
                return self._string(value, schema, at)
            case "integer":
                good = type(value) is int and value >= schema.get("minimum", value)
                return [] if good else [f"{at}: {value!r}"]
        raise AssertionError(schema["type"])

    def _object(self, value: Json, schema: Json, home: str, at: str) -> list[str]:
        known = schema["properties"]
        found = [
            f"{at}.{n} is missing" for n in schema.get("required", []) if n not in value
        ]
        found += [f"{at}.{n} is unknown" for n in value if n not in {*known, "$type"}]
        for name in set(value) & set(known):
            found += self._check(value[name], known[name], home, f"{at}.{name}")
        return found

    def _string(self, value: Any, schema: Json, at: str) -> list[str]:
        if not isinstance(value, str):
            return [f"{at} is no string"]
        found = []
        if count(value, "bytes") > schema.get("maxLength", 1e9):
            found.append(f"{at} has too many bytes")
        if count(value, "graphemes") > schema.get("maxGraphemes", 1e9):
            found.append(f"{at} is too long")
        if schema.get("format") == "datetime":
            datetime.fromisoformat(value)
        if schema.get("format") == "uri" and ":" not in value:
            found.append(f"{at} is no URI")
        return found

    @staticmethod
    def _full(ref: str, home: str) -> str:
        return home + ref if ref.startswith("#") else ref
