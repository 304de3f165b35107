from __future__ import annotations

from email import message_from_bytes, policy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from publisher.http.forms import File, form


def read(body: bytes, kind: str) -> list[tuple[str, str | None, bytes]]:
    head = f"Content-Type: {kind}\r\n\r\n".encode()
    message: Any = message_from_bytes(head + body, policy=policy.HTTP)
    return [
        (
            part.get_param("name", header="content-disposition"),
            part.get_filename(),
            part.get_payload(decode=True),
        )
        for part in message.iter_parts()
    ]


@given(st.binary(max_size=80))
def test_what_goes_in_comes_out(content: bytes) -> None:
    file = File("photo", "0.png", "image/png", b"x" + content + b"x")
    body, kind = form({"caption": "Fähre"}, [file])
    assert body.count(file.content) >= 1
    assert body.endswith(b"--\r\n")
    found = read(body, kind)
    assert found[0] == ("caption", None, "Fähre".encode())
    assert found[1][:2] == ("photo", "0.png")


def test_the_same_parts_are_the_same_bytes() -> None:
    one = File("photo", "0.png", "image/png", b"one")
    assert form({"a": "b"}, [one]) == form({"a": "b"}, [one])
    assert form({"a": "b"}, [one])[1] != form({"a": "c"}, [one])[1]
