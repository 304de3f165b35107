from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.errors import Refused
from publisher.models import Card, Json, Message, Post, Receipt
from publisher.providers import is_configured
from publisher.providers.outbox import Outbox
from publisher.testing import sample_email

KEY = "weekly/7/outbox/5f2c"
EMAIL = sample_email(key=KEY)
POST = Post(
    key="weekly/7/outbox:mastodon/tides",
    text="Tides 🌊 https://example.org/tides",
    card=Card(url="https://example.org/tides", title="Tides"),
)


def files(folder: Path) -> list[str]:
    found = (p for p in folder.rglob("*") if p.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in found)


def test_an_email_is_a_file_that_a_mail_program_opens(tmp_path: Path) -> None:
    receipt = Outbox(tmp_path / "outbox").send(EMAIL)
    assert receipt == Receipt(EMAIL.key, "outbox/weekly-7/email/5f2c.eml")
    raw = (tmp_path / receipt.url).read_bytes()
    message = message_from_bytes(raw, policy=policy.default)
    assert message["subject"] == "Tides"
    assert message["to"] == "reader@example.net"


def test_the_first_email_is_also_a_page_and_a_text(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    outbox.send(EMAIL)
    outbox.send(sample_email(key="weekly/7/outbox/aaaa", html="<p>Second</p>"))
    outbox.send(sample_email(key="weekly/7/outbox/bbbb", language="de"))
    assert files(tmp_path / "weekly-7") == [
        "digest.de.html",
        "digest.de.txt",
        "digest.html",
        "digest.txt",
        "email/5f2c.eml",
        "email/aaaa.eml",
        "email/bbbb.eml",
    ]
    assert (tmp_path / "weekly-7/digest.html").read_text() == "<p>Hello</p>"


def test_an_older_run_leaves_no_stale_page(tmp_path: Path) -> None:
    Outbox(tmp_path).send(EMAIL)
    Outbox(tmp_path).send(sample_email(key=KEY, html="<p>Newer</p>"))
    assert (tmp_path / "weekly-7/digest.html").read_text() == "<p>Newer</p>"


def test_a_post_is_its_text_and_the_json_of_its_network(tmp_path: Path) -> None:
    def payload(post: Post) -> Json:
        return {"status": post.text}

    receipt = Outbox(tmp_path / "outbox", "mastodon", payload).send(POST)
    assert receipt.url == "outbox/weekly-7/mastodon-tides.txt"
    assert (tmp_path / receipt.url).read_text() == POST.text + "\n"
    written = (tmp_path / "outbox/weekly-7/mastodon-tides.json").read_text()
    assert json.loads(written) == {"status": POST.text}
    assert "🌊" in written


def test_without_a_payload_the_whole_post_is_written(tmp_path: Path) -> None:
    Outbox(tmp_path).send(POST)
    data = json.loads((tmp_path / "weekly-7/mastodon-tides.json").read_text())
    assert data["card"]["title"] == "Tides"


@pytest.mark.parametrize("message", [EMAIL, POST], ids=["email", "post"])
def test_the_same_key_is_the_same_file(tmp_path: Path, message: Message) -> None:
    first = Outbox(tmp_path).send(message)
    before = files(tmp_path)
    assert Outbox(tmp_path).send(message) == first
    assert files(tmp_path) == before


def test_accounts_of_one_network_keep_apart(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    urls = {
        outbox.send(replace(POST, key=f"w/1/outbox:{name}/tides")).url
        for name in ("mastodon", "mastodon:work", "bluesky")
    }
    assert len(urls) == 3


@settings(deadline=None)  # a busy machine is no bug
@given(st.lists(st.text(min_size=1, max_size=200), min_size=2, max_size=4, unique=True))
def test_every_key_stays_in_the_outbox_and_has_its_own_file(
    tmp_path_factory: pytest.TempPathFactory, names: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("outbox")
    outbox = Outbox(folder / "outbox")
    clean = [name.replace("/", "") + str(n) for n, name in enumerate(names)]
    urls = {
        outbox.send(replace(POST, key=f"../../w/1/outbox:x/{name}")).url
        for name in clean
    }
    assert len(urls) == len(clean)
    assert {path.split("/")[0] for path in files(folder)} == {"outbox"}


def test_no_file_name_holds_an_address(tmp_path: Path) -> None:
    Outbox(tmp_path).send(EMAIL)
    assert not [name for name in files(tmp_path) if "reader" in name]


def test_a_folder_that_cannot_be_written_stops_the_channel(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("in the way")
    with pytest.raises(Refused, match="the outbox cannot be written"):
        Outbox(tmp_path / "outbox").send(POST)


def test_two_thousand_emails_are_as_many_files_and_one_page(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    for number in range(2000):
        outbox.send(replace(EMAIL, key=f"w/1/outbox/{number}"))
    assert len(files(tmp_path)) == 2002


def test_it_needs_no_settings_and_repeats_are_harmless() -> None:
    assert is_configured(Outbox, "outbox", "", {})
    assert Outbox.limits.remembers == timedelta.max
