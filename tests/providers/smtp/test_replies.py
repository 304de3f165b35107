from __future__ import annotations

from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from publisher.providers.smtp.replies import LONGEST, Replies, Reply

words = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20)
said = st.tuples(st.integers(200, 599), st.lists(words, min_size=1, max_size=4))


def written(code: int, lines: list[str]) -> bytes:
    last = len(lines) - 1
    return b"".join(
        f"{code}{' ' if here == last else '-'}{line}\r\n".encode("latin-1")
        for here, line in enumerate(lines)
    )


def read(*pieces: bytes) -> Replies:
    replies = Replies()
    for piece in pieces:
        replies.feed(piece)
    return replies


@given(st.lists(said, max_size=6), st.data())
def test_replies_are_the_same_however_they_arrive(
    all_said: list[tuple[int, list[str]]], data: st.DataObject
) -> None:
    stream = b"".join(written(*one) for one in all_said)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    edges = [0, *cuts, len(stream)]
    pieces = [stream[a:b] for a, b in pairwise(edges)]
    replies = read(*pieces)
    assert list(replies) == [
        Reply(code, "\n".join(lines).encode("latin-1")) for code, lines in all_said
    ]
    assert not replies.is_broken
    assert not replies.has_rest


@given(st.binary(max_size=80), st.binary(max_size=80))
@example(b"250 ok\r\n25x no\r\n", b"250 ok\r\n")
def test_whatever_arrives_it_is_replies_or_broken(first: bytes, second: bytes) -> None:
    replies = read(first, second)
    assert list(replies) == list(read(first + second))
    assert all(200 <= one.code < 600 for one in replies)


def test_nothing_is_read_after_what_is_no_reply() -> None:
    replies = read(b"250 ok\r\n\0\0?\r\n250 ok\r\n")
    assert list(replies) == [Reply(250, b"ok")]
    assert replies.is_broken


def test_a_code_that_changes_within_a_reply_is_no_reply() -> None:
    assert read(b"250-yes\r\n550 no\r\n").is_broken


def test_a_reply_without_an_end_is_given_up() -> None:
    assert read(b"250-" + b"x" * LONGEST).is_broken
    assert read(*[b"250-" + b"x" * 1000 + b"\r\n"] * 70).is_broken


def test_old_servers_end_lines_as_they_like() -> None:
    assert list(read(b"250\n", b"250 \n250 ok\n")) == [
        Reply(250, b""),
        Reply(250, b""),
        Reply(250, b"ok"),
    ]
