"""A question cut into words, values, signs and brackets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from publisher.errors import ConfigError

# Longer ones would be more than a database takes in one question.
LONGEST = 4000
WORD = re.compile(r"""[^\s()=!<>~,"'\\]+""")
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"' + r"|'((?:[^'\\]|\\.)*)'", re.DOTALL)
SIGN = re.compile(r"!=|<=|>=|[=<>~(),]")
ESCAPED = re.compile(r"\\(.)", re.DOTALL)

Kind = Literal["word", "value", "sign", "end"]


class Misread(ConfigError):  # noqa: N818  as in the error tree
    """A question that cannot be read; `column` counts from 1."""

    def __init__(self, message: str, *, column: int, hint: str) -> None:
        self.sentence = message
        self.column = column
        super().__init__(f"{message} [column {column}]", hint=hint)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a question; a value stood in quotes."""

    kind: Kind
    text: str
    column: int

    @property
    def key(self) -> str:
        """Return the word as keywords are compared; "" for what was quoted."""
        return self.text.lower() if self.kind == "word" else ""

    @property
    def shown(self) -> str:
        """Return it as complaints name it."""
        return "the end" if self.kind == "end" else f"`{self.text}`"


def tokens(text: str) -> list[Token]:
    """Cut a question into pieces; the last is its end."""
    if len(text) > LONGEST:
        message = f"a question has at most {LONGEST} characters, and this {len(text)}"
        raise Misread(message, column=LONGEST, hint="Try: a tag for those readers")
    found, at = [], 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        token, at = _token(text, at)
        found.append(token)
    return [*found, Token("end", "", len(text) + 1)]


def _token(text: str, at: int) -> tuple[Token, int]:
    column = at + 1
    if quoted := QUOTED.match(text, at):
        inner = quoted[1] if quoted[1] is not None else quoted[2]
        value = _printable(ESCAPED.sub(r"\1", inner), column)
        return Token("value", value, column), quoted.end()
    if sign := SIGN.match(text, at):
        return Token("sign", sign[0], column), sign.end()
    if word := WORD.match(text, at):
        return Token("word", _printable(word[0], column), column), word.end()
    if text[at] in "\"'":
        raise Misread("quotes that do not end", column=column, hint='Try: "two words"')
    shown = text[at]
    raise Misread(
        f"`{shown}` means nothing here", column=column, hint="Try: quotes around it"
    )


def _printable(value: str, column: int) -> str:
    """Refuse what no database compares: control characters and half characters."""
    if value.isprintable():
        return value
    raise Misread(
        "a character that cannot be seen", column=column, hint="Try: type it anew"
    )
