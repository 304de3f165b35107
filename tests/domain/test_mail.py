"""Mail servers: MX with all its odd cases, and names that lead back."""

from __future__ import annotations

import pytest

from publisher.domain import mail
from publisher.models import MailServer
from tests.domain.conftest import Asking
from tests.domain.sending import facts

MX = {
    "example.org. MX 10 mx.example.org.\nmx.example.org. A 192.0.2.1": [
        ("ok", "example.org: mx.example.org")
    ],
    "example.org. MX 0 .": [("error", "takes no mail (null MX)")],
    "example.org. MX 0 .\nexample.org. MX 5 mx.example.org.": [("error", "null MX")],
    "example.org. A 192.0.2.1": [("warning", "goes to the address of the website")],
    "": [("error", "can take no mail")],
    "example.org. MX 10 mx.example.org.": [("error", "has no address")],
    "example.org. MX 10 gone.example.org.\nexample.org. MX 20 mx.example.org.\n"
    "mx.example.org. AAAA 2001:db8::1": [
        ("warning", "gone.example.org, a mail server of example.org, has no address"),
        ("ok", "example.org: mx.example.org"),
    ],
    "example.org. MX 10 192.0.2.1.": [("error", "192.0.2.1, a mail server")],
    "example.org. MX 10 mx.example.org.\nmx.example.org. CNAME a.example.org.\n"
    "a.example.org. A 192.0.2.1": [("warning", "alias (CNAME)"), ("ok", "mx.example")],
}


@pytest.mark.parametrize("zone", MX)
def test_whether_answers_arrive(zone: str, asking: Asking) -> None:
    found = list(mail.look_at_mx(facts(), asking(zone)))
    assert [one.level for one in found] == [level for level, _ in MX[zone]]
    assert all(
        said in one.message for one, (_, said) in zip(found, MX[zone], strict=True)
    )


FORWARD = "smtp.example.org. A 8.8.4.4\n"
PTR = "4.4.8.8.in-addr.arpa. PTR {}.example.org.\n"


@pytest.mark.parametrize(
    ("zone", "has_login", "level", "said"),
    [
        (FORWARD + PTR.format("smtp"), False, "ok", "is smtp.example.org, and that le"),
        (
            FORWARD + PTR.format("out") + "out.example.org. A 8.8.4.4",
            True,
            "ok",
            "is out",
        ),
        (FORWARD, False, "error", "(8.8.4.4) has no name"),
        (FORWARD, True, "warning", "(8.8.4.4) has no name"),
        (
            FORWARD + PTR.format("out"),
            False,
            "error",
            "out.example.org, which does not",
        ),
        ("smtp.example.org. A 127.0.0.1", False, "skipped", "not seen from outside"),
        ("smtp.example.org. A 10.1.2.3", False, "skipped", "not seen from outside"),
    ],
)
def test_whether_an_address_has_a_name(
    zone: str, has_login: bool, level: str, said: str, asking: Asking
) -> None:
    server = MailServer("smtp.example.org", 25, has_login=has_login)
    (found,) = mail.look_at_ptr(facts(servers=(server,)), asking(zone))
    assert found.level == level
    assert said in found.message


def test_a_server_of_this_machine_may_have_no_name_in_dns(asking: Asking) -> None:
    server = MailServer("localhost", 25)
    found = list(mail.look_at_ptr(facts(servers=(server,)), asking("")))
    assert {one.level for one in found} == {"skipped"}


def test_a_server_that_is_nowhere_is_an_error(asking: Asking) -> None:
    server = MailServer("no..where", 25)
    (found,) = mail.look_at_ptr(facts(servers=(server,)), asking(""))
    assert (found.level, found.hint) == ("error", "Try: check SMTP_HOST")


def test_without_a_mail_server_the_provider_sees_to_it(asking: Asking) -> None:
    (found,) = mail.look_at_ptr(facts(), asking(""))
    assert found.level == "skipped"
