"""What single providers say in ways of their own."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from typing import Any

import pytest
import responses

from publisher.errors import Unsigned
from publisher.models import Event, Request
from publisher.providers.ses.news import heard
from tests.hooks.callers import (
    AMAZON,
    CALLERS,
    NOW,
    OTHER_KEY,
    TOPIC,
    Caller,
    News,
    amazon,
    certificate,
    iso,
    signed_by_amazon,
)

BY_NAME = {one.name: one for one in CALLERS}


def told(name: str, kind: str = "gone", **changes: Any) -> str:
    """Return what a provider's event with these fields means, in a word."""
    caller = BY_NAME[name]
    said = caller.said(News(kind=kind)) | changes
    events = caller.provider().events(
        caller.request(payload=[said] if caller.batches else said)
    )
    return " ".join(map(word, events))


def word(event: Event) -> str:
    if event.kind != "bounced":
        return event.kind
    return "gone" if event.is_permanent else "ours" if event.is_ours else "soft"


# --- mailgun ---


@pytest.mark.parametrize(
    ("reason", "words", "wanted"),
    [
        ("suppress-bounce", "Not delivering to previously bounced address", "gone"),
        ("suppress-complaint", "Not delivering to a user who complained", "complained"),
        ("suppress-unsubscribe", "Not delivering to unsubscribed", "unsubscribed"),
        ("generic", "5.1.1 The email account does not exist", "gone"),
        ("generic", "5.2.2 The mailbox is full", "soft"),
        ("", "", "soft"),
    ],
)
def test_mailgun_says_why_it_gave_up(reason: str, words: str, wanted: str) -> None:
    data = {
        **BY_NAME["mailgun"].said(News(kind="gone"))["event-data"],
        "reason": reason,
        "delivery-status": {"code": 550, "message": words},
    }
    more: Any = {"event-data": data}
    assert told("mailgun", **more) == wanted


def test_the_signature_of_mailgun_is_bound_to_its_time() -> None:
    caller = BY_NAME["mailgun"]
    request = caller.request(News(kind="gone", name="17abc"))
    moved = request.body.replace(b'"17abc"', b'"7abc"')
    seconds = f"{int(NOW.timestamp())}".encode()
    moved = moved.replace(b'"%b"' % seconds, b'"%b1"' % seconds)
    with pytest.raises(Unsigned, match="too long ago"):
        caller.provider().events(replace(request, body=moved))


# --- sendgrid ---


@pytest.mark.parametrize(
    ("reason", "wanted"),
    [
        ("Bounced Address", "gone"),
        ("Invalid", "gone"),
        ("Unsubscribed Address", "unsubscribed"),
        ("Spam Reporting Address", "complained"),
        ("Spam Content (if spam checker app enabled)", "ours"),
    ],
)
def test_sendgrid_says_why_it_dropped(reason: str, wanted: str) -> None:
    assert told("sendgrid", event="dropped", reason=reason) == wanted


# --- postmark ---


@pytest.mark.parametrize(
    ("reason", "wanted"),
    [
        ("HardBounce", "gone"),
        ("SpamComplaint", "complained"),
        ("ManualSuppression", "unsubscribed"),
    ],
)
def test_postmark_says_why_it_suppresses(reason: str, wanted: str) -> None:
    assert told("postmark", "unsubscribed", SuppressionReason=reason) == wanted


def test_postmark_says_that_it_no_longer_suppresses() -> None:
    assert told("postmark", "unsubscribed", SuppressSending=False) == ""


@pytest.mark.parametrize(
    "kind", ["AutoResponder", "ChallengeVerification", "Subscribe"]
)
def test_an_answer_is_no_bounce(kind: str) -> None:
    assert told("postmark", Type=kind) == ""


# --- resend ---


def resend(**data: Any) -> list[Event]:
    caller = BY_NAME["resend"]
    said = caller.said(News(kind="gone"))
    return caller.provider().events(
        caller.request(payload={**said, "data": said["data"] | data})
    )


def test_resend_does_not_say_which_of_several() -> None:
    (event,) = resend(to=["ana@example.net", "bob@example.net"])
    assert event.address == ""


def test_resend_writes_an_address_with_its_name() -> None:
    (event,) = resend(to=["Ana <ana@example.net>"])
    assert event.address == "ana@example.net"


def test_resend_writes_tags_as_a_list_too() -> None:
    (event,) = resend(tags=[{"name": "delivery", "value": "f" * 32}])
    assert event.mark == "f" * 32


# --- brevo ---


@pytest.mark.parametrize(
    ("event", "wanted"),
    [
        ("hardBounce", "gone"),
        ("invalid_email", "gone"),
        ("softBounce", "soft"),
        ("complaint", "complained"),
        ("unsubscribe", "unsubscribed"),
        ("proxy_open", "opened"),
        ("error", ""),
    ],
)
def test_brevo_writes_names_in_two_ways(event: str, wanted: str) -> None:
    assert told("brevo", event=event) == wanted


def test_brevo_blocks_whom_it_knows() -> None:
    reason = "blocked : due to blacklist user"
    assert told("brevo", event="blocked", reason=reason) == "gone"


@pytest.mark.parametrize("name", ["brevo", "mailjet"])
def test_one_event_comes_without_an_array(name: str) -> None:
    caller = BY_NAME[name]
    request = caller.request(payload=caller.said(News(kind="complained")))
    assert [word(one) for one in caller.provider().events(request)] == ["complained"]


# --- mailjet ---


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        ("user unknown", "gone"),
        ("preblocked", "gone"),
        ("spam reporter", "complained"),
        ("sender blocked", "ours"),
        ("duplicate in campaign", "ours"),
    ],
)
def test_mailjet_says_why_it_blocked(error: str, wanted: str) -> None:
    assert told("mailjet", event="blocked", error=error) == wanted


# --- sparkpost ---


@pytest.mark.parametrize(
    ("number", "wanted"),
    [
        ("30", "gone"),
        ("90", "unsubscribed"),
        ("21", "soft"),
        ("54", "ours"),
        ("60", ""),
    ],
)
def test_sparkpost_counts_kinds_of_bounces(number: str, wanted: str) -> None:
    said = BY_NAME["sparkpost"].said(News(kind="gone"))["msys"]["message_event"]
    inner = {**said, "bounce_class": number}
    assert told("sparkpost", msys={"message_event": inner}) == wanted


def test_the_ping_of_sparkpost_holds_nothing() -> None:
    assert told("sparkpost", msys={}) == ""


# --- basic auth ---


@pytest.mark.parametrize(
    "said",
    [
        "",
        "Basic",
        "Basic !!!",
        "Bearer t0ken",
        f"Basic {b64encode(b'hooks:').decode()}",
        f"Basic {b64encode(b'hooks').decode()}",
    ],
)
@pytest.mark.parametrize("name", ["postmark", "brevo", "mailjet", "sparkpost"])
def test_another_login_proves_nothing(name: str, said: str) -> None:
    caller = BY_NAME[name]
    request = replace(
        caller.request(News(kind="gone")), headers={"authorization": said}
    )
    with pytest.raises(Unsigned):
        caller.provider().events(request)


# --- ses ---


def notice(**changes: str) -> dict[str, str]:
    return {
        "Type": "Notification",
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": TOPIC,
        "Message": '{"eventType": "Complaint", "mail": {"destination": ["a@b.test"]}}',
        "Timestamp": iso(NOW),
        **changes,
    }


def asking(**changes: str) -> dict[str, str]:
    url = f"{AMAZON}/?Action=ConfirmSubscription"
    more = {"Type": "SubscriptionConfirmation", "Token": "t", "SubscribeURL": url}
    return notice(Message="You have chosen to subscribe", **{**more, **changes})


def posted(body: bytes) -> list[Event]:
    request = Request(method="POST", path="/hooks/ses", received_at=NOW, body=body)
    return heard(request, TOPIC, AMAZON)


@pytest.mark.parametrize("version", ["1", "2"])
def test_both_versions_of_amazons_signature_prove_a_notice(version: str) -> None:
    with amazon():
        (event,) = posted(signed_by_amazon(notice(), version=version))
    assert (event.kind, event.address) == ("complained", "a@b.test")


@pytest.mark.parametrize(
    "url",
    [
        "https://sns.eu-west-1.amazonaws.com.example.org/cert.pem",
        "https://example.org/sns.eu-west-1.amazonaws.com/cert.pem",
        "https://sns.eu-west-1.amazonaws.com@example.org/cert.pem",
        "https://sns.eu-west-1.amazonaws.com:8443/cert.pem",
        "http://sns.eu-west-1.amazonaws.com/cert.pem",
        "https://sns.example.org.evil.example/cert.pem",
        "https://[::1/cert.pem",
        "file:///etc/passwd",
        "",
    ],
)
def test_a_certificate_from_elsewhere_is_not_fetched(url: str) -> None:
    body = signed_by_amazon(notice(), key=OTHER_KEY)
    body = body.replace(f"{AMAZON}/cert.pem".encode(), url.encode())
    with responses.RequestsMock() as web:
        with pytest.raises(Unsigned, match="not Amazon's"):
            posted(body)
        assert not web.calls


def test_a_certificate_from_amazon_is_fetched() -> None:
    url = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem"
    body = signed_by_amazon(notice(), key=OTHER_KEY)
    body = body.replace(f"{AMAZON}/cert.pem".encode(), url.encode())
    with responses.RequestsMock() as web:
        web.get(url, body=certificate(OTHER_KEY))
        assert [one.kind for one in posted(body)] == ["complained"]


def test_a_certificate_that_is_none_proves_nothing() -> None:
    url = "https://sns.eu-west-2.amazonaws.com/none.pem"
    body = signed_by_amazon(notice()).replace(
        f"{AMAZON}/cert.pem".encode(), url.encode()
    )
    with responses.RequestsMock() as web:
        web.get(url, body=b"<html>")
        with pytest.raises(Unsigned, match="cannot be read"):
            posted(body)


def test_a_topic_that_is_expected_is_confirmed() -> None:
    with amazon() as web:
        web.get(f"{AMAZON}/?Action=ConfirmSubscription", body="ok")
        assert posted(signed_by_amazon(asking())) == []
        assert [one.request.url for one in web.calls][-1:] == [
            f"{AMAZON}/?Action=ConfirmSubscription"
        ]


@pytest.mark.parametrize(
    "changes",
    [
        {"TopicArn": "arn:aws:sns:eu-west-1:666:other"},
        {"SubscribeURL": "https://example.org/?Action=ConfirmSubscription"},
    ],
)
def test_no_other_topic_is_confirmed(changes: dict[str, str]) -> None:
    with amazon() as web:
        with pytest.raises(Unsigned):
            posted(signed_by_amazon(asking(**changes)))
        assert not any("Confirm" in f"{one.request.url}" for one in web.calls)


def test_a_word_about_the_topic_is_no_news() -> None:
    words = "Successfully validated SNS topic for Amazon SES event publishing."
    with amazon():
        assert posted(signed_by_amazon(notice(Message=words))) == []


def test_what_is_not_spam_is_no_complaint() -> None:
    said = {"complaint": {"complaintFeedbackType": "not-spam"}}
    with amazon():
        assert told("ses", "complained", **said) == ""


def test_a_bounce_is_about_whom_we_wrote_to() -> None:
    caller: Caller = BY_NAME["ses"]
    with amazon():
        (event,) = caller.provider().events(caller.request(News(kind="gone")))
    assert event.address == "ada.reader@example.net"
    assert "550 5.1.1" in event.reason


def test_of_several_readers_each_has_an_event() -> None:
    people = [{"emailAddress": f"r{n}@example.net"} for n in range(2)]
    bounce = {"bounceType": "Permanent", "bouncedRecipients": people}
    mail = {"destination": ["r0@example.net", "r1@example.net", "r2@example.net"]}
    caller = BY_NAME["ses"]
    said = caller.said(News(kind="gone")) | {"bounce": bounce, "mail": mail}
    with amazon():
        events = caller.provider().events(caller.request(payload=said))
    assert [one.address for one in events] == ["r0@example.net", "r1@example.net"]
    assert len({one.id for one in events}) == 2
