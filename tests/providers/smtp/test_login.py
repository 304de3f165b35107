"""Getting in: EHLO, TLS and logins, and no secret where people read."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable
from typing import Any

import pytest

from publisher.errors import ProviderError, Refused, Throttled, Unavailable
from publisher.models import Email, Receipt
from publisher.providers import Secret
from publisher.providers.smtp import Smtp

Start = Callable[..., Any]
Emails = Callable[[int], list[Email]]


def ferry(server: Any, **others: Any) -> Smtp:
    settings = {"username": "ferry", "password": Secret("hunter2"), "security": "none"}
    return Smtp("127.0.0.1", server.port, **{**settings, **others})


def coded(words: str) -> str:
    return base64.b64encode(words.encode()).decode()


BEARER = coded("user=ferry\1auth=Bearer t0ken\1\1")
CHALLENGE = "<1896.697170952@example.org>"
PROOF = hmac.new(b"hunter2", CHALLENGE.encode(), "md5").hexdigest()


@pytest.mark.parametrize(
    ("offer", "auth", "token", "said"),
    [
        (
            "AUTH LOGIN PLAIN",
            ("235 ok",),
            "",
            ["AUTH PLAIN " + coded("\0ferry\0hunter2")],
        ),
        (
            "AUTH=LOGIN",
            ("334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6", "235 ok"),
            "",
            ["AUTH LOGIN", coded("ferry"), coded("hunter2")],
        ),
        (
            "AUTH CRAM-MD5",
            (f"334 {coded(CHALLENGE)}", "235 ok"),
            "",
            ["AUTH CRAM-MD5", coded(f"ferry {PROOF}")],
        ),
        ("AUTH PLAIN XOAUTH2", ("235 ok",), "t0ken", [f"AUTH XOAUTH2 {BEARER}"]),
    ],
)
def test_each_way_to_log_in(  # noqa: PLR0917
    server: Start,
    emails: Emails,
    offer: str,
    auth: tuple[str, ...],
    token: str,
    said: list[str],
) -> None:
    sink = server("SIZE", offer, auth=auth)
    smtp = ferry(sink, token=Secret(token))
    assert smtp.send(emails(1)[0]) == Receipt("A1")
    smtp.close()
    assert sink.seen[1 : 1 + len(said)] == said
    assert sink.seen[1 + len(said)].startswith("MAIL")


@pytest.mark.parametrize(
    ("auth", "error"),
    [
        (("535 5.7.8 hunter2 is wrong",), Refused),
        (("334 eyJzdGF0dXMiOiI0MDAifQ==", "535 5.7.8 hunter2"), Refused),
        ((f"454 4.7.0 not now, ferry hunter2 t0ken {coded('hunter2')}",), Throttled),
        (("454 later, hunter2",), Unavailable),
        (("500 what?",), Refused),
    ],
)
@pytest.mark.parametrize("offer", ["AUTH PLAIN", "AUTH LOGIN", "AUTH XOAUTH2"])
def test_no_secret_is_told_when_a_login_fails(
    server: Start,
    emails: Emails,
    auth: tuple[str, ...],
    error: type[ProviderError],
    offer: str,
) -> None:
    sink = server(offer, auth=auth)
    smtp = ferry(sink, token=Secret("t0ken" if "XOAUTH2" in offer else ""))
    with pytest.raises(ProviderError) as caught:
        smtp.send_many(emails(20))
    if auth[0][0] != "3":
        assert type(caught.value) is error
    shown = f"{caught.value} {caught.value.__cause__!r} {smtp!r}"
    assert not any(word in shown for word in ("hunter2", "t0ken", coded("hunter2")))
    assert sink.connections == 1
    assert sink.accepted == []


@pytest.mark.parametrize(
    ("offers", "token", "why"),
    [
        ((), "", "offers no login"),
        (("AUTH GSSAPI",), "", "no way to log in is common"),
        (("AUTH PLAIN",), "t0ken", "takes no token"),
    ],
)
def test_a_login_that_cannot_be_is_named(
    server: Start, emails: Emails, offers: tuple[str, ...], token: str, why: str
) -> None:
    with pytest.raises(Refused, match=why):
        ferry(server(*offers), token=Secret(token)).send_many(emails(2))


def test_a_token_without_a_name_is_tried(server: Start, emails: Emails) -> None:
    sink = server("AUTH XOAUTH2", auth=("334 e30=", "535 5.7.8 who?"))
    with pytest.raises(Refused, match=r"login was refused \(535\)"):
        ferry(sink, username="", token=Secret("t0ken")).send(emails(1)[0])


def test_an_old_server_is_greeted_in_the_old_way(server: Start, emails: Emails) -> None:
    sink = server(says={"EHLO": "502 what?", "HELO": "250 hello"})
    smtp = ferry(sink, username="")
    assert smtp.send(emails(1)[0]) == Receipt("A1")
    smtp.close()
    assert sink.seen[:2] == ["ehlo example.org", "helo example.org"]


@pytest.mark.parametrize(
    ("said", "error"),
    [("421 busy", Throttled), ("450 later", Unavailable), ("550 who?", Refused)],
)
def test_a_greeting_that_is_not_liked(
    server: Start, emails: Emails, said: str, error: type[ProviderError]
) -> None:
    with pytest.raises(error):
        ferry(server(says={"EHLO": said, "HELO": said})).send(emails(1)[0])


def test_what_is_said_before_tls_is_not_believed(server: Start, emails: Emails) -> None:
    sink = server("STARTTLS", says={"STARTTLS": "220 go\r\n250 AUTH PLAIN"})
    with pytest.raises(Unavailable, match="spoke before TLS"):
        ferry(sink, security="starttls").send(emails(1)[0])
    assert sink.seen == ["ehlo example.org", "STARTTLS"]


def test_a_server_that_cannot_begin_tls_gets_no_password(
    server: Start, emails: Emails
) -> None:
    sink = server("STARTTLS", "AUTH PLAIN", says={"STARTTLS": "454 not now"})
    with pytest.raises(Unavailable):
        ferry(sink, security="starttls").send(emails(1)[0])
    assert sink.seen[-1] == "STARTTLS"
