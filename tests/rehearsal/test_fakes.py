"""The fakes, spoken to by the real adapters."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.util import find_spec
from itertools import islice
from typing import Any

import pytest

from publisher import providers
from publisher.errors import (
    ConfigError,
    ProviderError,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)
from publisher.models import Delivery, Email, Mailbox, Post, Receipt, State, key_mark
from publisher.rehearsal import (
    FAULTS,
    Audit,
    Fake,
    Faults,
    Record,
    audit,
    faults_of,
    has_fake,
    open_fake,
)
from publisher.testing import LETTER

HAS_BOTO = find_spec("boto3") is not None
needs_boto = pytest.mark.skipif(
    not HAS_BOTO, reason="boto3, of the extra ses, is not installed"
)
SES = pytest.param("ses", marks=needs_boto)
BATCHES = "postmark resend mailtrap mailjet mailgun sendgrid sparkpost brevo".split()
POSTS = ["mastodon", "bluesky", "webhook", "x"]
ALL = [*BATCHES, "smtp", SES, *POSTS]
KEYS = [f"weekly/7/mail/{number}" for number in range(4)]
POST = Post(key="weekly/7/x/tides", text="Tides", created=datetime.now(UTC))


def opened(fake: Fake) -> Any:
    """Return the real adapter, pointed at the fake."""
    cls = providers.known()[fake.provider]
    environ = {
        one.key: fake.settings.get(one.name, "made-up" if one.required else "")
        for one in providers.settings_of(cls, fake.provider)
    }
    return providers.from_environ(cls, fake.provider, "", environ)


def email(key: str) -> Email:
    return Email(
        key=key,
        mailing=LETTER.mailing,
        recipient=Mailbox(f"reader{key[-1]}@example.net"),
        own_headers={"X-Publisher-Key": key_mark(key)},
    )


def sent(fake: Fake) -> list[Receipt | ProviderError]:
    """Send four emails, or one post, and return what became of each."""
    provider = opened(fake)
    messages: list[Any] = [*map(email, KEYS)] if provider.kind == "email" else [POST]
    try:
        if hasattr(provider, "send_many"):
            return list(provider.send_many(messages))
        return [answered(provider.send, one) for one in messages]
    except ProviderError as error:
        return [error for _ in messages]
    finally:
        if hasattr(provider, "close"):
            provider.close()


def answered(send: Callable[[Any], Receipt], message: Any) -> Receipt | ProviderError:
    try:
        return send(message)
    except ProviderError as error:
        return error


@pytest.mark.parametrize("name", ALL)
def test_a_fake_takes_every_message_once(name: str) -> None:
    with open_fake(name) as fake:
        assert {type(one) for one in sent(fake)} == {Receipt}
        assert set(fake.record.taken.values()) == {1}
        is_post = name in POSTS
        assert len(fake.record.taken) == (1 if is_post else len(KEYS))
        assert is_post or set(fake.record.taken) == {key_mark(key) for key in KEYS}
        assert fake.record.early == 0


@pytest.mark.parametrize("name", ALL)
def test_a_fake_asks_to_wait_as_its_provider_does(name: str) -> None:
    with open_fake(name, Faults(first=("429",))) as fake:
        error = sent(fake)[0]
        if name == "smtp":  # a mail server cannot say for how long
            assert isinstance(error, Unavailable)
            return
        assert isinstance(error, Throttled)
        assert 1 <= error.retry_after <= 2
        assert not fake.record.taken or name == "ses"


@pytest.mark.parametrize("fault", ["reset", "lost", "500", "html", "badjson", "hang"])
@pytest.mark.parametrize("name", ALL)
def test_after_a_broken_answer_the_adapter_does_not_know(name: str, fault: str) -> None:
    with open_fake(name, Faults(first=(fault,), patience=0.05)) as fake:
        first, *others = sent(fake)
        count = sum(fake.record.taken.values())
    took = fault in {"lost", "html", "badjson"}
    if name in {"smtp", "ses"}:  # each has its own answer; many were on their way
        sure = sum(isinstance(one, Receipt) for one in (first, *others))
        unsure = sum(isinstance(one, Uncertain) for one in (first, *others))
        assert sure <= count <= sure + unsure
    else:
        assert count == (len(KEYS) if name not in POSTS else 1) * took
    if name == "smtp" and fault in {"500", "reset"}:
        assert isinstance(first, Unavailable | Receipt)  # it surely was not taken
    elif name == "webhook" and fault in {"html", "badjson"}:
        assert isinstance(first, Receipt)  # any 2xx is a yes
    else:
        assert isinstance(first, Uncertain)


@pytest.mark.parametrize("name", ALL)
def test_who_is_refused_stays_refused_and_the_others_are_taken(name: str) -> None:
    with open_fake(name, Faults(first=("partial",))) as fake:
        answers = sent(fake)
        refused = [one for one in answers if isinstance(one, Rejected)]
        if name in {"brevo", "mailgun", "sendgrid"}:  # they refuse the whole call
            assert (len(refused), not fake.record.taken) == (len(answers), True)
            provider = opened(fake)
            answers = [answered(provider.send, email(key)) for key in KEYS]
            refused = [one for one in answers if isinstance(one, Rejected)]
        assert len(refused) == 1
        assert len(fake.record.taken) == len(answers) - 1
        assert len(fake.record.refused) == 1


@pytest.mark.parametrize("name", ["resend", "mastodon", "bluesky", "brevo"])
def test_a_key_that_came_before_is_no_second_message(name: str) -> None:
    with open_fake(name) as fake:
        first, again = sent(fake), sent(fake)
        assert set(fake.record.taken.values()) == {1}
    if name == "brevo":
        assert {type(one) for one in again} == {Uncertain}
    else:
        assert again == first


@pytest.mark.parametrize("name", ["postmark", "webhook", "smtp"])
def test_without_a_key_it_is_a_second_message(name: str) -> None:
    with open_fake(name) as fake:
        sent(fake)
        sent(fake)
        assert set(fake.record.taken.values()) == {2}


def test_who_comes_before_the_asked_time_is_noted() -> None:
    with open_fake("postmark", Faults(first=("429",), wait=0.4)) as fake:
        sent(fake)
        time.sleep(0.1)
        sent(fake)
        time.sleep(0.5)
        sent(fake)
        assert (fake.record.calls, fake.record.early) == (3, 1)


def test_a_slow_one_answers_late() -> None:
    with open_fake("resend", Faults(first=("slow",), slowness=0.1)) as fake:
        began = time.monotonic()
        assert isinstance(sent(fake)[0], Receipt)
        assert time.monotonic() - began >= 0.1


def test_the_login_of_bluesky_meets_no_fault() -> None:
    with open_fake("bluesky", Faults(first=("500",))) as fake:
        assert isinstance(sent(fake)[0], Uncertain)
        assert (fake.record.calls, fake.record.faults) == (1, {"500": 1})


@pytest.mark.parametrize("name", ["mastodon", "x"])
def test_some_can_be_asked(name: str) -> None:
    with open_fake(name) as fake:
        provider = opened(fake)
        assert provider.find(POST) is None
        receipt = provider.send(POST)
        assert provider.find(POST) == receipt


@pytest.mark.parametrize("name", ["postmark", "smtp"])
def test_a_fake_listens_on_loopback_only_and_goes_when_it_is_done(name: str) -> None:
    with open_fake(name) as fake:
        settings = fake.settings
        host, port = settings.get("host"), settings.get("port")
        if name == "postmark":
            host, port = settings["url"].removeprefix("http://").split(":")
        assert (host, bool(port)) == ("127.0.0.1", True)
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", int(f"{port}")), timeout=1)


def dialogue(line: socket.socket, text: str, replies: int) -> list[str]:
    line.sendall(text.replace("\n", "\r\n").encode())
    heard = ""
    while heard.count("\r\n") < replies:
        heard += line.recv(4096).decode()
    return [one[:3] for one in heard.splitlines()]


def test_the_mail_server_takes_many_commands_in_one_packet() -> None:
    envelope = "MAIL FROM:<a@example.org>\nRCPT TO:<b@example.net>\n"
    with open_fake("smtp") as fake:
        place = (fake.settings["host"], int(fake.settings["port"]))
        with socket.create_connection(place, timeout=5) as line:
            assert dialogue(line, "EHLO me\n", 7)[0] == "220"
            one = f"{envelope}DATA\n"
            assert dialogue(line, one, 3) == ["250", "250", "354"]
            letter = "X-Publisher-Key: one\n\n..hidden\n.\n"
            two = f"{envelope}BDAT 11\nMessage-ID:BDAT 16 LAST\n <two@x>\n\n. \n"
            assert dialogue(line, letter + two, 5) == ["250"] * 5
            nobody = "MAIL FROM:<a@example.org>\nDATA\nBDAT 3 LAST\nx\nNOPE\nQUIT\n"
            assert dialogue(line, nobody, 5)[1:] == ["503", "503", "502", "221"]
        assert fake.record.taken == {"one": 1, "two": 1}


# --- faults ---------------------------------------------------------------------------


def test_the_same_seed_is_the_same_faults() -> None:
    one, same, other = (faults_of("429,lost:0.2", seed=seed) for seed in (1, 1, 2))
    drawn = [list(islice(faults.draws(), 500)) for faults in (one, same, other)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert set(drawn[0]) == {"429", "lost", ""}
    assert 60 < drawn[0].count("lost") < 140


def test_every_fault_comes_early_and_never_twice_in_a_row() -> None:
    early = list(islice(faults_of(",".join(FAULTS)).draws(), 2 * len(FAULTS)))
    assert sorted(early[::2]) == sorted(FAULTS)
    assert set(early[1::2]) == {""}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("losst", "there is no fault 'losst'. Did you mean lost"),
        ("lost:2", "the rate of lost must be between 0 and 1"),
        ("lost:x", "the rate of lost must be between 0 and 1"),
        ("lost:0.6,429:0.6", "nothing would ever arrive"),
    ],
)
def test_a_fault_that_is_none_is_refused(words: str, why: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(why)):
        faults_of(words)


def test_a_plugin_has_no_fake() -> None:
    assert has_fake("postmark")
    assert not has_fake("pigeon")
    assert not has_fake("../etc")
    with pytest.raises(ConfigError, match="no fake of pigeon"), open_fake("pigeon"):
        pass


# --- the audit ------------------------------------------------------------------------


def delivery(key: str, state: State, receipt: str = "") -> Delivery:
    return Delivery(
        key=key, issue="w/1", channel="x", draft="d", state=state, receipt=receipt
    )


def test_the_audit_finds_what_differs() -> None:
    record = Record()
    record.takes([key_mark("a"), key_mark("b"), key_mark("b"), key_mark("d"), "at://e"])
    record.takes(["nobody"])
    found = audit(
        [
            delivery("a", State.ACCEPTED),
            delivery("b", State.ACCEPTED),
            delivery("c", State.ACCEPTED),
            delivery("d", State.FAILED),
            delivery("e", State.ACCEPTED, "at://e"),
            delivery("f", State.FAILED),
        ],
        record,
    )
    assert found == Audit(doubles=1, losses=1, denied=1, strangers=1)
    assert not found.is_clean
    assert (Audit() + found) == found


def test_what_is_uncertain_may_have_been_taken_or_not() -> None:
    record = Record()
    record.takes([key_mark("a"), "at://b"])  # of b there is no receipt
    rows = [delivery(key, State.UNCERTAIN) for key in "abc"]
    assert audit(rows, record).is_clean
