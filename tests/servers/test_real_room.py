"""Matrix against synapse, a whole homeserver from PyPI."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests

from publisher.errors import Refused
from publisher.models import Card, Media, Post
from publisher.providers import Secret
from publisher.providers.matrix import Matrix
from tests.servers.installed import free_port, running, venv

pytestmark = pytest.mark.servers

LINK = "https://example.org/tides?a=1&b=2"
ALIAS = "#ferry:example.org"
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c"
    "4944415408d763f8cfc000000301010018dd8db00000000049454e44ae426082"
)


def settings(folder: Path, port: int) -> Path:
    """Write a homeserver.yaml, which may be JSON."""
    config = {
        "server_name": "example.org",
        "listeners": [
            {
                "port": port,
                "type": "http",
                "bind_addresses": ["127.0.0.1"],
                "resources": [{"names": ["client"], "compress": False}],
            }
        ],
        "database": {"name": "sqlite3", "args": {"database": f"{folder}/rooms.db"}},
        "media_store_path": f"{folder}/media",
        "signing_key_path": f"{folder}/signing.key",
        "pid_file": f"{folder}/pid",
        "report_stats": False,
        "trusted_key_servers": [],
        "enable_registration": True,
        "enable_registration_without_verification": True,
        "rc_message": {"per_second": 1000, "burst_count": 1000},
    }
    path = folder / "homeserver.yaml"
    path.write_text(json.dumps(config))
    return path


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    bin_ = venv("synapse", "matrix-synapse==1.163.0")
    folder, port = tmp_path_factory.mktemp("synapse"), free_port()
    serve = [str(bin_ / "python"), "-m", "synapse.app.homeserver"]
    serve += ["-c", str(settings(folder, port))]
    make = [*serve, "--generate-keys"]
    subprocess.run(make, check=True, cwd=folder, timeout=60, capture_output=True)
    with running(serve, port, within=60, cwd=folder):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def matrix(server: str) -> Matrix:
    return joined(server)


def joined(server: str) -> Matrix:
    """Return an account that has made a room."""
    api = f"{server}/_matrix/client/v3"
    account = {
        "auth": {"type": "m.login.dummy"},
        "username": "ferry",
        "password": "made-up-for-one-test",
    }
    made = requests.post(f"{api}/register", json=account, timeout=20).json()
    headers = {"Authorization": f"Bearer {made['access_token']}"}
    wanted = {"room_alias_name": "ferry", "preset": "public_chat"}
    room = requests.post(
        f"{api}/createRoom", json=wanted, headers=headers, timeout=20
    ).json()
    return Matrix(server, Secret(made["access_token"]), room["room_id"])


@pytest.fixture
def post(request: pytest.FixtureRequest) -> Post:
    name = request.node.name
    return Post(
        key=f"weekly/7/matrix/{name}",
        text=f"Tides & <ferries>: {name}\n\n{LINK}",
        card=Card(url=LINK, title="Tides"),
        created=datetime.now(UTC),
    )


def event(matrix: Matrix, number: str) -> Any:
    return matrix._get(f"/rooms/{quote(matrix.room)}/event/{quote(number)}")


def count(matrix: Matrix) -> int:
    said = matrix._get(f"/rooms/{quote(matrix.room)}/messages", dir="b", limit="500")
    return sum(one["type"] == "m.room.message" for one in said["chunk"])


def test_a_post_stands_as_we_wrote_it(matrix: Matrix, post: Post) -> None:
    receipt = matrix.send(post)
    assert event(matrix, receipt.id)["content"] == Matrix.payload(post)


def test_the_same_key_is_one_event_for_every_part(matrix: Matrix, post: Post) -> None:
    before = count(matrix)
    whole = replace(post, thread=("two", "three"))
    receipts = {matrix.send(whole) for _ in range(3)}
    assert len(receipts) == 1
    assert count(matrix) == before + 3
    (receipt,) = receipts
    one, _, three = receipt.id.split(",")
    related = event(matrix, three)["content"]["m.relates_to"]
    assert (related["rel_type"], related["event_id"]) == ("m.thread", one)


def test_a_picture_is_there_with_its_bytes(
    server: str, matrix: Matrix, post: Post
) -> None:
    picture = Media(content=PIXEL, media_type="image/png", alt="A pixel")
    receipt = matrix.send(replace(post, media=(picture,)))
    content = event(matrix, receipt.id.split(",")[1])["content"]
    assert (content["msgtype"], content["body"]) == ("m.image", "A pixel")
    path = content["url"].removeprefix("mxc://")
    url = f"{server}/_matrix/client/v1/media/download/{path}"
    found = requests.get(url, headers=matrix._headers, timeout=20)
    assert found.content == PIXEL


def test_an_edit_is_what_readers_see(matrix: Matrix, post: Post) -> None:
    receipt = matrix.send(post)
    newer = replace(post, text=f"{post.text}\n\nHigher")
    assert matrix.edit(receipt.id, newer) == receipt
    path = f"/rooms/{quote(matrix.room)}/relations/{quote(receipt.id)}/m.replace"
    api = f"{matrix._base}/_matrix/client/v1{path}"
    found = requests.get(api, headers=matrix._headers, timeout=20).json()["chunk"]
    assert [one["content"]["m.new_content"] for one in found] == [Matrix.payload(newer)]


def test_what_is_deleted_says_nothing(matrix: Matrix, post: Post) -> None:
    receipt = matrix.send(replace(post, thread=("two",)))
    for _ in range(2):
        matrix.delete(receipt.id)
    for number in receipt.id.split(","):
        assert event(matrix, number)["content"] == {}


def test_a_lost_post_is_found(matrix: Matrix, post: Post) -> None:
    assert matrix.find(post) is None
    receipt = matrix.send(replace(post, thread=("two of a lost post",)))
    assert matrix.find(replace(post, thread=("two of a lost post",))) == receipt


def test_a_room_is_found_by_its_name(matrix: Matrix, post: Post) -> None:
    named = replace(matrix, room=ALIAS)
    assert named.send(post) == matrix.send(post)
    assert named.verify().name == "@ferry:example.org"
    assert named.verify().remarks == ()


def test_wrong_settings_are_refused(matrix: Matrix, post: Post) -> None:
    for wrong in (
        replace(matrix, token=Secret("wr0ng")),
        replace(matrix, room="!no:example.org"),
        replace(matrix, room="#no:example.org"),
    ):
        with pytest.raises(Refused):
            wrong.send(post)
