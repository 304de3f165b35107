from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.errors import (
    ConfigError,
    ProviderError,
    Refused,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)
from publisher.models import Document, Json, Media, Post
from publisher.providers import Secret
from publisher.providers.nostr import Nostr, event_id
from publisher.providers.nostr.keys import decode, encode, secret

HAS_PACKAGES = all(find_spec(one) for one in ("coincurve", "websocket"))
needs_packages = pytest.mark.skipif(
    not HAS_PACKAGES, reason="coincurve and websocket-client are in the extra nostr"
)
PLANNED = datetime(2026, 11, 20, 8, tzinfo=UTC)
POST = Post(
    key="weekly/7/nostr/tides",
    text="Tides & ferries 🌊\n\nhttps://example.org/tides\n\n#Ferries",
    hashtags=("Ferries",),
    content_warning="seasickness",
    created=PLANNED,
)
DOCUMENT = Document(
    title="Tides",
    html="<p>Low</p>",
    summary="When",
    url="https://example.org/tides/",
    tags=("Sea",),
    published="2026-11-19T08:00:00+00:00",
)
PICTURE = Media(
    content=b"--", media_type="image/png", url="https://example.org/a.png", alt="A quay"
)
KEY = "11" * 32


class Relay:
    """Takes events and answers as its script says; else it keeps them, once each."""

    def __init__(self, *script: Any) -> None:
        self.script = list(script)
        self.events: dict[str, Json] = {}
        self.calls = 0
        self.said: list[str] = []

    def connect(self, url: str) -> Relay:
        return self

    def close(self) -> None:
        self.said.clear()

    def send(self, text: str) -> None:
        name, event = json.loads(text)
        assert name == "EVENT"
        self.calls += 1
        answer = self.script.pop(0) if self.script else None
        if isinstance(answer, Exception):
            raise answer
        number = event["id"]
        told = [bool(not answer), answer or ""]
        if not answer:
            told[1] = "duplicate: have it" if number in self.events else ""
            told[0] = number not in self.events
            self.events[number] = event
        self.said += [
            '["NOTICE","hello"]',
            "no json",
            json.dumps(["OK", "x", False, ""]),
        ]
        self.said.append(json.dumps(["OK", number, *told]))

    def recv(self) -> str:
        return self.said.pop(0) if self.said else ""


def nostr(*relays: Relay, **settings: Any) -> Nostr:
    names = {f"wss://{number}.example.org": one for number, one in enumerate(relays)}
    return Nostr(
        Secret(KEY),
        ", ".join(names),
        connect=lambda url: names[url],
        clock=lambda: PLANNED,
        **settings,
    )


@needs_packages
class TestNostr:
    def test_a_note_is_signed_and_names_itself(self) -> None:
        from coincurve import PublicKeyXOnly

        relay = Relay()
        receipt = nostr(relay).send(POST)
        ((number, event),) = relay.events.items()
        assert receipt.id == number == event_id(event)
        assert receipt.url.startswith("https://njump.me/note1")
        signature = bytes.fromhex(event.pop("sig"))
        owner = PublicKeyXOnly(bytes.fromhex(event["pubkey"]))
        assert owner.verify(signature, bytes.fromhex(number))
        assert event == {
            "id": number,
            "pubkey": event["pubkey"],
            **Nostr.payload(POST),
        }

    def test_a_repeat_is_the_same_event(self) -> None:
        relay = Relay()
        receipts = {nostr(relay).send(POST) for _ in range(3)}
        assert len(receipts) == len(relay.events) == 1
        assert relay.calls == 3

    def test_a_repeat_after_no_answer_never_doubles(self) -> None:
        relay = Relay(TimeoutError())
        with pytest.raises(Uncertain):
            nostr(relay).send(POST)
        nostr(relay).send(POST)
        assert len(relay.events) == 1

    def test_a_thread_names_its_first_and_its_last_part(self) -> None:
        relay = Relay()
        receipt = nostr(relay).send(replace(POST, thread=("two", "three")))
        one, two, three = receipt.id.split(",")
        owner = relay.events[one]["pubkey"]
        assert relay.events[two]["tags"][1:] == [
            ["e", one, "", "root", owner],
            ["p", owner],
        ]
        assert relay.events[three]["tags"][1:] == [
            ["e", one, "", "root", owner],
            ["e", two, "", "reply", owner],
            ["p", owner],
        ]

    def test_one_relay_is_enough(self) -> None:
        broken, relay = Relay(ConnectionResetError()), Relay()
        nostr(broken, relay).send(POST)
        assert len(relay.events) == 1

    @pytest.mark.parametrize(
        ("said", "error"),
        [
            ("rate-limited: slow down", Throttled),
            ("blocked: not you", Refused),
            ("restricted: members only", Refused),
            ("auth-required: who are you", Refused),
            ("error: my disk", Unavailable),
            ("invalid: too far off", Rejected),
            ("pow: difficulty 28 needed", Rejected),
            ("what", Rejected),
            (ConnectionResetError(), Uncertain),
        ],
    )
    def test_its_own_errors(self, said: Any, error: type[ProviderError]) -> None:
        with pytest.raises(ProviderError) as caught:
            nostr(Relay(said), Relay("blocked: not you")).send(POST)
        assert type(caught.value) is (Refused if error is Rejected else error)
        with pytest.raises(ProviderError) as caught:
            nostr(Relay(said)).send(POST)
        assert type(caught.value) is error
        assert KEY not in f"{caught.value!r}"

    def test_a_refusal_may_come_without_the_id(self) -> None:
        relay = Relay("invalid: too old")
        relay.recv = lambda: '["OK", "", false, "invalid: too old"]'  # type: ignore[method-assign]
        with pytest.raises(Rejected, match="too old"):
            nostr(relay).send(POST)

    def test_a_relay_that_is_not_there_got_nothing(self) -> None:
        with pytest.raises(Unavailable, match=r"127\.0\.0\.1:9 cannot be reached"):
            Nostr(Secret(KEY), "ws://127.0.0.1:9").send(POST)
        found = Nostr(Secret(KEY), "ws://127.0.0.1:9").verify()
        assert found.name.startswith("npub1")
        assert "cannot be reached" in found.remarks[0]

    def test_an_article_is_replaced_and_deleted_by_its_name(self) -> None:
        relay = Relay()
        ours = nostr(relay, long_form=True)
        assert ours.limits.takes == "document"
        post = replace(POST, document=DOCUMENT, created=PLANNED.replace(hour=7))
        receipt = ours.send(post)
        assert receipt.id.startswith("30023:")
        newer = replace(post, document=replace(DOCUMENT, html="<p>Higher</p>"))
        assert ours.edit(receipt.id, newer).id == receipt.id
        first, second = relay.events.values()
        assert first["tags"][0] == second["tags"][0] == ["d", "tides-24d33734"]
        assert second["created_at"] > first["created_at"]
        ours.delete(receipt.id)
        gone = list(relay.events.values())[-1]
        assert gone["kind"] == 5
        assert gone["tags"] == [["a", receipt.id], ["k", "30023"]]

    def test_a_note_is_deleted_and_not_changed(self) -> None:
        relay = Relay()
        ours = nostr(relay)
        ours.delete("aa,bb")
        (gone,) = relay.events.values()
        assert gone["tags"] == [["e", "aa"], ["e", "bb"], ["k", "1"]]
        with pytest.raises(Rejected, match="cannot be changed"):
            ours.edit("aa", POST)

    @pytest.mark.parametrize("key", ["", "11", "nsec1xyz", encode("npub", bytes(32))])
    def test_a_key_that_is_none_is_told_and_not_shown(self, key: str) -> None:
        with pytest.raises(ConfigError, match="is no key") as caught:
            Nostr(Secret(key), "ws://127.0.0.1:9")
        assert not key or key not in f"{caught.value!r}"

    @pytest.mark.parametrize("relays", ["", " , ", "relay.example.org", "wss://"])
    def test_without_a_relay_nothing_counts_as_sent(self, relays: str) -> None:
        with pytest.raises(ConfigError, match="no address of a relay"):
            Nostr(Secret(KEY), relays)


@pytest.mark.skipif(HAS_PACKAGES, reason="the packages are installed here")
def test_without_its_packages_it_says_what_to_install() -> None:
    with pytest.raises(ConfigError, match=r"needs the package .*publisher\[nostr\]"):
        Nostr(Secret(KEY), "wss://relay.example.org")


# --- events ------------------------------------------------------------------------


def test_a_note() -> None:
    assert Nostr.payload(replace(POST, media=(PICTURE,))) == {
        "kind": 1,
        "created_at": 1_795_161_600,
        "tags": [
            ["t", "ferries"],
            ["content-warning", "seasickness"],
            ["imeta", "url https://example.org/a.png", "m image/png", "alt A quay"],
        ],
        "content": f"{POST.text}\n\nhttps://example.org/a.png",
    }


def test_an_article() -> None:
    assert Nostr.payload(replace(POST, document=DOCUMENT)) == {
        "kind": 30023,
        "created_at": 1_795_161_600,
        "tags": [
            ["d", "tides-24d33734"],
            ["title", "Tides"],
            ["summary", "When"],
            ["published_at", "1795075200"],
            ["r", "https://example.org/tides/"],
            ["t", "sea"],
            ["content-warning", "seasickness"],
        ],
        "content": "Low",
    }


def test_what_it_cannot_send_is_not_sent() -> None:
    with pytest.raises(Rejected, match="needs the time"):
        Nostr.payload(replace(POST, created=None))
    with pytest.raises(Rejected, match="public address"):
        Nostr.payload(replace(POST, media=(replace(PICTURE, url=""),)))


@given(st.text(max_size=80))
def test_an_id_is_of_what_nip_01_writes(text: str) -> None:
    event = {"pubkey": "ab", **Nostr.payload(replace(POST, text=text))}
    signs = {"\n": "\\n", '"': '\\"', "\\": "\\\\", "\r": "\\r", "\t": "\\t"}
    content = "".join(signs.get(one, one) for one in event["content"])
    written = (
        f'[0,"ab",{event["created_at"]},1,[["t","ferries"],'
        f'["content-warning","seasickness"]],"{content}"]'
    )
    assert event_id(event) == hashlib.sha256(written.encode()).hexdigest()


# --- keys --------------------------------------------------------------------------


def test_keys_are_written_as_nip_19_says() -> None:
    hexadecimal = "67dea2ed018072d675f5415ecfaed7d2597555e202d85b3d65ea4e58d2d92ffa"
    nsec = "nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5"
    assert encode("nsec", bytes.fromhex(hexadecimal)) == nsec
    assert secret(nsec) == secret(f" {hexadecimal}\n") == bytes.fromhex(hexadecimal)
    npub = "npub180cvv07tjdrrgpa0j7j7tmnyl2yr6yr7l8j4s3evf6u64th6gkwsyjh6w6"
    assert decode("npub", npub).hex().startswith("3bf0c63fcb93463407af97a5e5ee64fa")


@given(st.binary(min_size=32, max_size=32), st.integers(5, 62))
def test_a_mistyped_key_is_none(value: bytes, place: int) -> None:
    written = encode("nsec", value)
    assert decode("nsec", written) == value
    other = "q" if written[place] != "q" else "p"
    with pytest.raises(ValueError, match="check sum"):
        decode("nsec", written[:place] + other + written[place + 1 :])
