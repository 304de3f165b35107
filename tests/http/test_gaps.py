"""JSON with gaps: what `json` would have written, whatever the texts are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from publisher.http.gaps import (
    BETWEEN,
    encoded,
    escaped,
    form_of,
    gap,
    is_plain,
    members_of,
)

odd = st.sampled_from(
    [BETWEEN, '"', "\\", "\\u007f", "\n", "\0", "😀", "é", "رسالة", ""]
)
texts = st.lists(odd | st.text(max_size=5), max_size=4).map("".join)
names = texts.filter(lambda name: BETWEEN not in name)


@given(st.dictionaries(names, st.tuples(texts, texts)))
def test_what_is_joined_is_the_json_of_each(values: dict[str, tuple[str, str]]) -> None:
    form = form_of({"": {name: gap(number) for number, name in enumerate(values)}})
    columns = [escaped(column) for column in values.values()] or [[b"", b""]]
    plain = [
        {"": {name: column[number] for name, column in values.items()}}
        for number in range(2)
    ]
    assert form.joined(columns) == b",".join(map(encoded, plain))


@given(st.lists(texts))
def test_texts_that_are_escaped_together_stay_apart(values: list[str]) -> None:
    assert escaped(values) == [encoded({"": one})[5:-2] for one in values]


@given(texts)
def test_plain_text_stands_in_json_as_it_is_and_has_no_control_sign(text: str) -> None:
    if is_plain(text):
        assert encoded({"": text}) == f'{{"":"{text}"}}'.encode("utf-8", "replace")
        assert not any(sign < " " or sign == BETWEEN for sign in text)


def test_a_form_may_want_a_text_twice_or_not_at_all() -> None:
    form = members_of({"a": gap(1), "b": f"<{gap(1)}>"})
    assert form.joined([[b"1"], [b"2"], [b"3"]]) == b'"a":"2","b":"<2>"'


def test_json_is_utf_8_and_survives_what_is_no_text() -> None:
    assert encoded({"a": "é\ud800"}) == '{"a":"é?"}'.encode()
    assert escaped(["é\ud800"]) == ["é?".encode()]
