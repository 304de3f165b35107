from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from responses import RequestsMock

from publisher.errors import Refused, Rejected
from publisher.models import Card, Json, Media, Post, Receipt
from publisher.providers import Secret
from publisher.providers.pinterest import Pinterest
from publisher.testing import ProviderContract
from tests.conftest import SPECS

BASE = "https://api.pinterest.com/v5"
LINK = "https://example.org/tides"
PICTURE = Media(content=b"\x89PNG", media_type="image/png", alt="A ferry")
POST = Post(
    key="weekly/7/pinterest/tides",
    text="Of the sea.\n\n#Ferries",
    hashtags=("Ferries",),
    card=Card(url=LINK, title="Tides"),
    thumbnail=PICTURE,
)
needs_specs = pytest.mark.skipif(
    not SPECS.is_dir(), reason="the provider documents are not on this machine"
)


@pytest.fixture
def board() -> Pinterest:
    return Pinterest(Secret("t0ken"), "77")


@pytest.fixture
def web() -> Iterator[RequestsMock]:
    with RequestsMock() as mock:
        yield mock


class TestContract(ProviderContract):
    provider = Pinterest(Secret("t0ken"), "77")
    message = POST
    secrets = ("t0ken",)


def sent(web: RequestsMock) -> Json:
    call: Any = web.calls[-1]
    body: Json = json.loads(call.request.body)
    return body


def schema(path: Path, name: str) -> Json:
    """The document's schema of a name, as JSON Schema wants it."""
    document = json.loads((path / "pinterest.json").read_text(encoding="utf-8"))
    return {"$ref": f"#/components/schemas/{name}", "components": _plain(document)}


def _plain(document: Json) -> Json:
    """Return the components; `nullable` is OpenAPI's, and means nothing here."""
    parts: Json = document["components"]
    return {"schemas": parts["schemas"]}


def test_a_pin_is_a_picture_with_a_link(board: Pinterest, web: RequestsMock) -> None:
    web.post(f"{BASE}/pins", status=201, json={"id": "9"})
    assert board.send(POST) == Receipt("9", "https://www.pinterest.com/pin/9/")
    assert sent(web) == {
        "title": "Tides",
        "description": "Of the sea.\n\n#Ferries",
        "link": LINK,
        "alt_text": "A ferry",
        "board_id": "77",
        "media_source": {
            "source_type": "image_base64",
            "content_type": "image/png",
            "data": "iVBORw==",
        },
    }


@needs_specs
@given(
    title=st.text(max_size=300),
    text=st.text(max_size=800),
    alt=st.text(max_size=900),
    url=st.sampled_from([LINK, f"{LINK}?{'x' * 3000}"]),
)
def test_every_pin_has_the_form_of_the_document(
    title: str, text: str, alt: str, url: str
) -> None:
    post = replace(
        POST,
        text=text,
        card=Card(url=url, title=title),
        media=(replace(PICTURE, alt=alt),),
    )
    with RequestsMock() as web:
        web.post(f"{BASE}/pins", status=201, json={"id": "9"})
        Pinterest(Secret("t"), "77").send(post)
        jsonschema.validate(sent(web), schema(SPECS, "PinCreate"))


@pytest.mark.parametrize("picture", [None, replace(PICTURE, media_type="image/webp")])
def test_without_a_picture_there_is_no_pin(
    board: Pinterest, picture: Media | None
) -> None:
    with pytest.raises(Rejected, match="needs a picture") as caught:
        board.send(replace(POST, thumbnail=picture))
    assert "pictures: 1" in caught.value.hint


def test_the_board_is_asked_before_a_repeat(
    board: Pinterest, web: RequestsMock
) -> None:
    one = {
        "id": "9",
        "title": "Tides",
        "description": "Of the sea. #Ferries",
        "link": LINK,
    }
    web.get(f"{BASE}/boards/77/pins", json={"items": [one]})
    assert board.find(POST) == Receipt("9", "https://www.pinterest.com/pin/9/")
    one["link"] = f"{LINK}/other"
    web.replace("GET", f"{BASE}/boards/77/pins", json={"items": [one]})
    assert board.find(POST) is None


def test_it_can_be_changed_and_taken_back(board: Pinterest, web: RequestsMock) -> None:
    web.patch(f"{BASE}/pins/9", json={"id": "9"})
    assert board.edit("9", POST).id == "9"
    assert "media_source" not in sent(web)
    web.delete(f"{BASE}/pins/9", status=204)
    board.delete("9")
    web.delete(f"{BASE}/pins/8", status=404, json={"message": "gone"})
    board.delete("8")


def test_the_token_says_whose_it_is(board: Pinterest, web: RequestsMock) -> None:
    web.get(f"{BASE}/user_account", json={"username": "ferry"})
    web.get(f"{BASE}/boards/77", json={"name": "Harbours"})
    found = board.verify()
    assert (found.name, found.remarks) == ("@ferry", ("board: Harbours",))
    web.replace("GET", f"{BASE}/user_account", status=401, json={"message": "no"})
    with pytest.raises(Refused):
        board.verify()
