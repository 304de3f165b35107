from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.mime.verbatim import in_html, in_text

BRACES = re.compile(r"\{(?=[{%#])")
BRACKETS = re.compile(r"\[(?=\[)")
pieces = st.sampled_from([*"{}%#[] a&<", "{{", "{%", "[[var:x]]", "&amp;", "é"])


@given(st.lists(pieces).map("".join))
def test_no_tag_is_left_in_html_and_programs_read_the_same(text: str) -> None:
    for opener in (BRACES, BRACKETS):
        made = in_html(text, opener)
        assert not opener.search(made)
        assert html.unescape(made) == html.unescape(text)


@given(st.lists(pieces).map("".join))
def test_filling_the_tag_gives_the_text_back(text: str) -> None:
    made = in_text(text, BRACES, "{{ params.brace }}")
    assert not BRACES.search(made.replace("{{ params.brace }}", ""))
    assert made.replace("{{ params.brace }}", "{") == text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "<style>@media x{#y{color:red}}</style>{#y",
            "<style>@media x{ #y{color:red}}</style>&#123;#y",
        ),
        ('<a href="/?q={{x}}">', '<a href="/?q=&#123;{x}}">'),
        ("<p>plain { text }</p>", "<p>plain { text }</p>"),
    ],
)
def test_a_style_sheet_gets_a_space_instead(before: str, after: str) -> None:
    assert in_html(before, BRACES) == after
