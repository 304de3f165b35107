"""YAML as its author meant it: 1.2 scalars, no double keys, a place for every value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.resolver import BaseResolver

from publisher.errors import ConfigError

Path: TypeAlias = tuple[str | int, ...]
TAG = "tag:yaml.org,2002:"
MOST_VALUES = 100_000  # aliases of aliases of aliases multiply; people's files do not
DEEPEST = 50
FORBIDDEN = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)

# The core schema of YAML 1.2.2 (section 10.3.2), which editors assume too. PyYAML's own
# rules are those of 1.1: there `no` is false and `10:30` is 630.
SCALARS = (
    ("null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""]),
    ("bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")),
    (
        "int",
        re.compile(r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$"),
        list("-+0123456789"),
    ),
    (
        "float",
        re.compile(r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)$"),
        list("-+.0123456789"),
    ),
)


class _Rules(BaseResolver):
    """Which plain scalars are not texts."""


for _name, _pattern, _first in SCALARS:
    _Rules.add_implicit_resolver(TAG + _name, _pattern, _first)


class _PythonComposer(
    yaml.reader.Reader,
    yaml.scanner.Scanner,
    yaml.parser.Parser,
    yaml.composer.Composer,
    _Rules,
):
    def __init__(self, text: str) -> None:
        yaml.reader.Reader.__init__(self, text)
        yaml.scanner.Scanner.__init__(self)
        yaml.parser.Parser.__init__(self)
        yaml.composer.Composer.__init__(self)
        _Rules.__init__(self)


def _fastest() -> Any:
    """Return libyaml's composer where PyYAML was built with it."""
    try:
        from yaml.cyaml import CParser  # type: ignore[attr-defined]
    except ImportError:
        return _PythonComposer

    class _Composer(CParser, _Rules):
        def __init__(self, text: str) -> None:
            CParser.__init__(self, text)
            _Rules.__init__(self)

    return _Composer


COMPOSER = _fastest()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands; `text_column` is where a one-line text itself begins."""

    line: int
    column: int
    text_column: int | None = None


@dataclass(slots=True)
class Document:
    """The data of one YAML text, and where each of its keys and values stands."""

    where: str
    first_line: int = 1
    data: Any = None
    values: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)

    def at(self, path: Path, *, key: bool = False, offset: int | None = None) -> str:
        """Return `file:line:column` of a value, its key, or a character in its text.

        A path that leads nowhere is answered with the nearest part above it.
        """
        place = self.values.get(path)
        if key:
            place = self.keys.get(path, place)
        if place is None:
            if not path:
                return f"{self.where}:{self.first_line}:1"
            return self.at(path[:-1], key=key)
        if offset is not None and place.text_column is not None:
            return f"{self.where}:{place.line}:{place.text_column + offset}"
        return f"{self.where}:{place.line}:{place.column}"


def compose(text: str, *, where: str, first_line: int = 1) -> Document:
    """Read a YAML text, or raise a `ConfigError` with the place that is wrong."""
    document = Document(where, first_line)
    text = text.removeprefix("\ufeff")
    _refuse_controls(text, document)
    node = _parse(text, document)
    if node is not None:
        document.data = _Reader(document).value(node, ())
    return document


def _refuse_controls(text: str, document: Document) -> None:
    found = FORBIDDEN.search(text)
    if not found:
        return
    before = text[: found.start()]
    line = before.count("\n") + document.first_line
    column = found.start() - before.rfind("\n")
    raise ConfigError(
        f"the invisible character U+{ord(found.group()):04X} is not allowed",
        where=f"{document.where}:{line}:{column}",
        hint="Try: delete it",
    )


def _parse(text: str, document: Document) -> Node | None:
    try:
        node: Node | None = COMPOSER(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        raise _explained(error, text, document) from None
    except RecursionError:  # only PyYAML's own parser; libyaml counts
        raise ConfigError(
            "is nested too deeply",
            where=f"{document.where}:{document.first_line}:1",
            hint="Try: fewer brackets",
        ) from None
    return node


# What libyaml and PyYAML say in common -> (what happened, what to do, whether the place
# is where it began). The first line whose words are all in the complaint wins.
COMPLAINTS = (
    (
        "quoted scalar, end of stream",
        "the quotation mark is never closed",
        "Try: close it, or write it twice inside the text",
        True,
    ),
    ("unknown escape", "\\ begins an unknown escape", "Try: write \\\\", True),
    (
        "flow node",
        "a value is expected here",
        "Try: check the brackets and commas",
        False,
    ),
    ("flow sequence", "the bracket [ is never closed", "Try: close it with ]", True),
    ("flow mapping", "the brace { is never closed", "Try: close it with }", True),
    (
        "scanning an alias",
        "a text cannot begin with *",
        "Try: put the text in quotes",
        True,
    ),
    (
        "scanning an anchor",
        "a text cannot begin with &",
        "Try: put the text in quotes",
        True,
    ),
    (
        "duplicate anchor",
        "the anchor stands twice",
        "Try: give one of them another name",
        False,
    ),
    (
        "undefined alias",
        "the alias has no anchor",
        'Try: put the text in quotes: "*…"',
        False,
    ),
    (
        "single document",
        "a second document begins with ---",
        "Try: one document in a file",
        False,
    ),
    (
        "mapping values",
        "a colon is not expected here",
        "Try: put the text in quotes, or check the indentation",
        False,
    ),
    (
        "sequence entries",
        "a list cannot begin here",
        "Try: begin it on a line of its own",
        False,
    ),
    (
        "block scalar",
        "nothing may follow | or > on its line",
        "Try: begin the text on the next line",
        False,
    ),
    (
        "block collection",
        "a list item must begin with -",
        "Try: check the indentation",
        False,
    ),
    (
        "block mapping",
        "a key is expected here",
        "Try: check the indentation and the quotation marks",
        False,
    ),
)


def _explained(
    error: yaml.MarkedYAMLError, text: str, document: Document
) -> ConfigError:
    """Say in plain words what the parser did not like."""
    complaint = f"{error.context or ''} {error.problem or ''}"
    message, hint, at_start = "is not valid YAML", "Try: put the text in quotes", False
    mark = error.problem_mark
    for words, plain, advice, is_start in COMPLAINTS:
        if all(word in complaint for word in words.split(", ")):
            message, hint, at_start = plain, advice, is_start
            break
    else:
        is_tab = mark and _character(text, mark.line, mark.column) == "\t"
        if mark and (is_tab or "cannot start any token" in complaint):
            message, hint = _bad_start(text, mark.line, mark.column)
    if at_start and error.context_mark:
        mark = error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    where = f"{document.where}:{line + document.first_line}:{column + 1}"
    return ConfigError(message, where=where, hint=hint)


def _character(text: str, line: int, column: int) -> str:
    """Return the character at a mark; behind the last line there is none."""
    lines = text.splitlines()
    return lines[line][column : column + 1] if line < len(lines) else ""


def _bad_start(text: str, line: int, column: int) -> tuple[str, str]:
    character = _character(text, line, column)
    if character == "\t":
        return "a tab cannot indent", "Try: use spaces"
    return f"a text cannot begin with {character}", "Try: put the text in quotes"


class _Reader:
    """Turns nodes into plain data and notes every place."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.count = 0
        self.open: set[int] = set()

    def value(self, node: Node, path: Path) -> Any:
        self.count += 1
        self.document.values.setdefault(path, self._place(node))
        if self.count > MOST_VALUES:
            raise self._error(node, "holds too many values", "Try: fewer aliases (*)")
        if len(path) > DEEPEST:
            raise self._error(node, "is nested too deeply", "Try: fewer levels")
        if id(node) in self.open:
            raise self._error(node, "holds itself", "Try: remove the alias (*)")
        self.open.add(id(node))
        try:
            return self._value(node, path)
        finally:
            self.open.discard(id(node))

    def _value(self, node: Node, path: Path) -> Any:
        kind = node.tag.removeprefix(TAG)
        match node:
            case MappingNode() if kind == "map":
                return {
                    key: self.value(value, (*path, key))
                    for key, value in self._pairs(node, path)
                }
            case SequenceNode() if kind == "seq":
                return [
                    self.value(item, (*path, number))
                    for number, item in enumerate(node.value)
                ]
            case ScalarNode() if kind in {"str", "!"}:
                return node.value
            case ScalarNode() if kind in {"null", "bool", "int", "float"}:
                return self._scalar(node, kind)
        tag = f"!!{kind}" if kind != node.tag else node.tag
        raise self._error(node, f"the tag {tag} is not allowed", "Try: remove it")

    def _pairs(self, node: MappingNode, path: Path) -> Iterator[tuple[str, Node]]:
        for key, value in node.value:
            if not isinstance(key, ScalarNode) or not key.value:
                raise self._error(key, "a key must be a text", "Try: name: value")
            name = str(key.value)
            if name == "<<" and not key.style:
                hint = "Try: write the keys out"
                raise self._error(key, "merging with << is not supported", hint)
            first = self.document.keys.get((*path, name))
            if first:
                message = f'the key "{name}" stands twice (first on line {first.line})'
                raise self._error(key, message, "Try: keep one of them")
            self.document.keys[(*path, name)] = self._place(key)
            yield name, value

    def _scalar(self, node: ScalarNode, kind: str) -> Any:
        text = str(node.value)
        try:
            match kind:
                case "null":
                    return None
                case "bool":
                    return text.lower() == "true"
                case "int":
                    # Base 0 reads 0o17 and 0x1F, but refuses 007.
                    return int(text, 0 if text[:2] in {"0o", "0x"} else 10)
            return float(text)
        except ValueError:
            message = "is not a number that can be read"
            raise self._error(node, message, "Try: put it in quotes") from None

    def _spot(self, node: Node) -> tuple[int, int]:
        mark = node.start_mark
        return mark.line + self.document.first_line, mark.column + 1

    def _place(self, node: Node) -> Place:
        line, column = self._spot(node)
        is_text = isinstance(node, ScalarNode) and node.style not in {"|", ">"}
        if not is_text or node.start_mark.line != node.end_mark.line:
            return Place(line, column)
        is_quoted = bool(getattr(node, "style", ""))
        return Place(line, column, column + is_quoted)

    def _error(self, node: Node, message: str, hint: str) -> ConfigError:
        line, column = self._spot(node)
        where = f"{self.document.where}:{line}:{column}"
        return ConfigError(message, where=where, hint=hint)
