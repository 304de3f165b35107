"""JSON with gaps: what `json` would have written, whatever the texts are."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from publisher.http.gaps import MARK, encoded, escaped, form_of, gap, plain

odd = st.sampled_from([MARK, '"', "\\", "\\u007f", "\n", "\0", "😀", "é", "رسالة", ""])
texts = st.lists(odd | st.text(max_size=5), max_size=4).map("".join)
names = texts.filter(lambda name: MARK not in name)


@given(st.dictionaries(names, texts))
def test_a_form_that_is_filled_is_the_json_of_its_texts(values: dict[str, str]) -> None:
    form = form_of({name: {"x": gap(n)} for n, name in enumerate(values)})
    same = {name: {"x": text} for name, text in values.items()}
    assert form.filled(escaped(list(values.values()))) == encoded(same)


@given(st.lists(texts))
def test_texts_that_are_escaped_together_stay_apart(values: list[str]) -> None:
    assert escaped(values) == [encoded({"": one})[5:-2] for one in values]


@given(st.lists(texts))
def test_plain_texts_have_no_control_sign(values: list[str]) -> None:
    if parts := plain(values):
        assert [part.decode() for part in parts] == values
        assert not any(ord(sign) < ord(" ") for text in values for sign in text)


def test_a_form_may_want_a_text_twice_or_not_at_all() -> None:
    form = form_of({"a": gap(1), "b": f"<{gap(1)}>"})
    assert json.loads(form.filled([b"1", b"2", b"3"])) == {"a": "2", "b": "<2>"}


def test_json_is_utf_8_and_survives_what_is_no_text() -> None:
    assert encoded({"a": "é\ud800"}) == '{"a":"é?"}'.encode()
    assert escaped(["é\ud800"]) == ["é?".encode()]
