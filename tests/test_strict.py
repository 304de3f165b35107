# ruff: noqa: E501  a complaint stands whole on the line of what caused it
from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import Field

from publisher import strict
from publisher.errors import ConfigError
from publisher.strict import document

LAUGHS = "\n".join(
    ["a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    + [
        f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]"
        for before, name in zip("abcde", "bcdef", strict=True)
    ]
)
CHECK = "Try: check the indentation"
QUOTE = "Try: put the text in quotes"

# What a person wrote, and the one line that is answered.
NOT_YAML = [
    ("title: The Sea: a story", f"x:1:15: a colon is not expected here. {QUOTE}, or check the indentation"),
    ("a: 1\n b: 2", f"x:2:3: a colon is not expected here. {QUOTE}, or check the indentation"),
    ("title: 'Nets", "x:1:8: the quotation mark is never closed. Try: close it, or write it twice inside the text"),
    ('title: "Nets', "x:1:8: the quotation mark is never closed. Try: close it, or write it twice inside the text"),
    ("tags: [sea, craft", "x:1:7: the bracket [ is never closed. Try: close it with ]"),
    ("site: {name: x", "x:1:7: the brace { is never closed. Try: close it with }"),
    ("site:\n\tname: x", "x:2:1: a tab cannot indent. Try: use spaces"),
    ("title: @home", f"x:1:8: a text cannot begin with @. {QUOTE}"),
    ("title: `x`", f"x:1:8: a text cannot begin with `. {QUOTE}"),
    ("title: %x", f"x:1:8: a text cannot begin with %. {QUOTE}"),
    ("title: *bold*", f"x:1:8: a text cannot begin with *. {QUOTE}"),
    ("title: & more", f"x:1:8: a text cannot begin with &. {QUOTE}"),
    ("title: *bold", 'x:1:8: the alias has no anchor. Try: put the text in quotes: "*…"'),
    ("a: &x 1\nb: &x 2", "x:2:4: the anchor stands twice. Try: give one of them another name"),
    ("- a\nb: 1", f"x:2:1: a list item must begin with -. {CHECK}"),
    ('title: "\\q"', "x:1:8: \\ begins an unknown escape. Try: write \\\\"),
    ("title: - a", "x:1:8: a list cannot begin here. Try: begin it on a line of its own"),
    ("text: | now\n  x", "x:1:9: nothing may follow | or > on its line. Try: begin the text on the next line"),
    ("title: 'a' b", f"x:1:12: a key is expected here. {CHECK} and the quotation marks"),
    ("tags: [a]]", f"x:1:10: a key is expected here. {CHECK} and the quotation marks"),
    ("a: [}", "x:1:5: a value is expected here. Try: check the brackets and commas"),
    ("a: 1\nb: 2\na: 3", 'x:3:1: the key "a" stands twice (first on line 1). Try: keep one of them'),
    ("a: {b: 1, b: 2}", 'x:1:11: the key "b" stands twice (first on line 1). Try: keep one of them'),
    ("a: !fish 1", "x:1:4: the tag !fish is not allowed. Try: remove it"),
    ("a: !!python/object:os.system x", "x:1:4: the tag !!python/object:os.system is not allowed. Try: remove it"),
    ("b: &b {a: 1}\nc: {<<: *b}", "x:2:5: merging with << is not supported. Try: write the keys out"),
    ("a: &a [*a]", "x:1:4: holds itself. Try: remove the alias (*)"),
    ("[a]: 1", "x:1:1: a key must be a text. Try: name: value"),
    ("a: \x07", "x:1:4: the invisible character U+0007 is not allowed. Try: delete it"),
    ("--- 1\n--- 2", "x:2:1: a second document begins with ---. Try: one document in a file"),
    (f"a: {'9' * 5000}", "x:1:4: is not a number that can be read. Try: put it in quotes"),
    (LAUGHS, "x:1:35: holds too many values. Try: fewer aliases (*)"),
]  # fmt: skip


class Sender(strict.Model):
    name: str = ""
    address: str = Field(default="", min_length=3)


class File(strict.Model):
    title: str
    tags: tuple[str, ...] = ()
    count: int = Field(default=1, ge=1, le=9)
    ratio: float = Field(default=1, gt=0)
    draft: bool = False
    order: Literal["newest", "oldest", "title"] = "newest"
    sender: Sender = Sender()
    others: tuple[Sender, ...] = ()
    lists: dict[str, str] = Field(default_factory=dict)
    limit: int | None = None


# Good YAML that does not mean what its keys want.
NOT_MEANT = [
    ("", 'x:1:1: title is missing. Try: add a line "title: …"'),
    ("- a", "x:1:1: must be a block of `key: value` lines. Try: without the brackets or dashes"),
    ("title:", "x:1:7: title has no value. Try: write a value, or remove the line"),
    ("title: 10", 'x:1:8: title must be a text. Try: put it in quotes: "10"'),
    ("title: true", 'x:1:8: title must be a text. Try: put it in quotes: "true"'),
    ("title: [a]", "x:1:8: title must be a text. Try: without the brackets or dashes"),
    ("title: a\ntags: sea", "x:2:7: tags must be a list of texts. Try: [sea]"),
    ("title: a\ntags: [sea, 5]", 'x:2:13: an item of tags must be a text. Try: put it in quotes: "5"'),
    ("title: a\ncount: many", "x:2:8: count must be a whole number. Try: a number without quotes or words"),
    ("title: a\ncount: 1.5", "x:2:8: count must be a whole number. Try: 2"),
    ("title: a\ncount: 0", "x:2:8: count must be 1 or more. Try: 1"),
    ("title: a\ncount: 10", "x:2:8: count must be 9 or less. Try: 9"),
    ("title: a\nratio: 0", "x:2:8: ratio must be more than 0. Try: 1"),
    ("title: a\nratio: x", "x:2:8: ratio must be a number. Try: a number without quotes or words"),
    ("title: a\nlimit: no", "x:2:8: limit must be a whole number. Try: a number without quotes or words"),
    ("title: a\ndraft: yes", "x:2:8: draft must be true or false. Try: true"),
    ("title: a\ndraft: off", "x:2:8: draft must be true or false. Try: false"),
    ("title: a\norder: newst", "x:2:8: order must be newest, oldest or title. Did you mean newest?"),
    ("title: a\norder: 7", "x:2:8: order must be newest, oldest or title. Try: newest"),
    ("title: a\ntgas: [x]", 'x:2:1: unknown key "tgas". Did you mean tags?'),
    ("title: a\nsender: {nam: x}", 'x:2:10: unknown key "nam". Did you mean name?'),
    ("title: a\nsender: {zebra: x}", 'x:2:10: unknown key "zebra". Known keys: name, address'),
    ("title: a\nsender: x", "x:2:9: sender must be a block of `key: value` lines. Try: write its keys below it, indented"),
    ("title: a\nsender: {address: ''}", "x:2:19: sender.address must not be empty. Try: write a value, or remove the line"),
    ("title: a\nothers:\n  - nmae: x", 'x:3:5: unknown key "nmae". Did you mean name?'),
    ("title: a\nothers:\n  - name: 1", 'x:3:11: others.name must be a text. Try: put it in quotes: "1"'),
    ("title: a\nothers: [x]", "x:2:10: an item of others must be a block of `key: value` lines. Try: write its keys below it, indented"),
    ("title: a\nlists: {weekly: 1}", 'x:2:17: lists.weekly must be a text. Try: put it in quotes: "1"'),
    ("title: {a: b}", "x:1:8: title must be a text. Try: a single line of text"),
    ("title: a\ntags: {a: b}", "x:2:7: tags must be a list of texts. Try: [one, two]"),
    ("title: a\ncount: true", "x:2:8: count must be a whole number. Try: a number without quotes or words"),
    ("title: a\nlists: weekly", "x:2:8: lists must be a block of `key: value` lines. Try: write its keys below it, indented"),
    ("title: 'a\n  b'\ncount: 0", "x:3:8: count must be 1 or more. Try: 1"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line"), NOT_YAML, ids=range(len(NOT_YAML)))
def test_what_is_no_yaml_is_told_with_its_place(text: str, line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        strict.load(text, where="x")
    assert str(caught.value) == line


@pytest.mark.parametrize(("text", "line"), NOT_YAML, ids=range(len(NOT_YAML)))
def test_without_libyaml_the_same_is_told(
    text: str, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document, "COMPOSER", document._PythonComposer)
    with pytest.raises(ConfigError) as caught:
        strict.load(text, where="x")
    assert str(caught.value) == line


@pytest.mark.parametrize(("text", "line"), NOT_MEANT, ids=range(len(NOT_MEANT)))
def test_what_a_key_does_not_want_is_told_with_its_place(text: str, line: str) -> None:
    assert [str(one) for one in strict.problems(File, text, where="x")] == [line]
    with pytest.raises(ConfigError) as caught:
        strict.read(File, text, where="x")
    assert str(caught.value) == line


def test_every_complaint_says_what_to_do() -> None:
    starts = ("Try: ", "Did you mean ", "Known keys: ")
    lines = [line for _, line in [*NOT_YAML, *NOT_MEANT]]
    assert [line for line in lines if not any(start in line for start in starts)] == []


def test_the_first_of_several_complaints_says_how_many_follow() -> None:
    text = "count: 0\ntitle: 1\ntgas: x"
    found = strict.problems(File, text, where="x")
    assert [one.where for one in found] == ["x:1:8", "x:2:8", "x:3:1"]
    with pytest.raises(ConfigError, match=r"\(and 2 more problems in this file\)"):
        strict.read(File, text, where="x")


def test_scalars_are_those_of_yaml_1_2() -> None:
    text = """
a: [yes, no, on, off, y, n, 10:30, 2026-01-31, 1_000, .inf, 0b1, 1e]
b: [true, False, ~, null, 0o17, 0x1F, 007, -5, 1.5, 1e3, .5]
c: [!!str 12, "5", '', ]
"""
    assert strict.load(text, where="x") == {
        "a": [
            *("yes", "no", "on", "off", "y", "n", "10:30", "2026-01-31"),
            *("1_000", ".inf", "0b1", "1e"),
        ],
        "b": [True, False, None, None, 15, 31, 7, -5, 1.5, 1000.0, 0.5],
        "c": ["12", "5", ""],
    }


def test_keys_are_texts_whatever_they_look_like() -> None:
    text = "1: a\non: b\ntrue: c\n10:30: d"
    assert strict.load(text, where="x") == {
        "1": "a",
        "on": "b",
        "true": "c",
        "10:30": "d",
    }


def test_aliases_are_allowed() -> None:
    text = "a: &x {b: [1]}\nc: *x"
    assert strict.load(text, where="x") == {"a": {"b": [1]}, "c": {"b": [1]}}


def test_lines_are_counted_from_where_the_text_begins() -> None:
    with pytest.raises(ConfigError) as caught:
        strict.load("title: 'x", where="a.md", first_line=2)
    assert caught.value.where == "a.md:2:8"


def test_a_good_text_becomes_a_frozen_model() -> None:
    found = strict.read(File, "title: On\ntags: [a, b]\nratio: 2", where="x")
    assert found == File(title="On", tags=("a", "b"), ratio=2.0)


def test_a_byte_order_mark_is_no_part_of_the_first_key() -> None:
    assert strict.load("\ufefftitle: x", where="x") == {"title": "x"}


@pytest.mark.parametrize("text", ["[" * 1500, "{a: " * 1500, "- " * 1500])
@pytest.mark.parametrize("composer", [document._fastest(), document._PythonComposer])
def test_deep_nesting_is_refused_and_never_crashes(
    text: str, composer: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document, "COMPOSER", composer)
    with pytest.raises(ConfigError):
        strict.load(text, where="x")


@settings(deadline=None)
@given(st.text(max_size=200))
@example("? x\n0\n")
@example("?\r0")
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    for error in strict.problems(File, text, where="x"):
        assert error.where.count(":") == 2
        assert error.hint


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text("ab:- \n"),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.text("ab", min_size=1), inner)
        ),
    )
)
def test_what_json_says_is_read_as_json_reads_it(value: object) -> None:
    import json

    assert strict.load(json.dumps(value), where="x") == value
