"""Providers' own lists of suppressions: read page by page, and taken over once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from responses import RequestsMock
from responses.matchers import header_matcher, query_param_matcher

from publisher.errors import ConfigError, Refused
from publisher.models import Suppresses
from publisher.project import Project
from publisher.providers import from_environ, known
from tests.hooks.callers import CALLERS, NOW

if TYPE_CHECKING:
    from tests.conftest import Letters

ENVIRON = {key: one for caller in CALLERS for key, one in caller.environ.items()}
SHOWN = (
    *("sendgrid", "mailgun", "postmark", "resend", "brevo", "sparkpost"),
    *("mailtrap", "mailjet"),
)
WANTED = [
    ("ana@example.net", "bounced", True),
    ("bob@example.net", "complained", False),
    ("eve@example.net", "unsubscribed", False),
]


@pytest.fixture
def web() -> Iterator[RequestsMock]:
    with RequestsMock() as mock:
        yield mock


def listed(name: str) -> list[tuple[str, str, bool]]:
    provider = from_environ(known()[name], name, "", ENVIRON)
    assert isinstance(provider, Suppresses)
    found = list(provider.suppressed(NOW))
    assert all(one.at <= NOW for one in found)
    assert len({one.id for one in found}) == len(found)
    return [(one.address, one.kind, one.is_permanent) for one in found]


def page(web: RequestsMock, url: str, answer: Any, headers: Any, **query: str) -> None:
    matchers = [header_matcher(headers), query_param_matcher(query)]
    web.get(url, json=answer, match=matchers)


def sendgrid(web: RequestsMock) -> None:
    url = "https://api.sendgrid.com/v3/suppression"
    many = [{"email": f"r{n}@example.net", "created": 1} for n in range(500)]
    lists: dict[str, list[list[dict[str, Any]]]] = {
        "bounces": [[{"created": 1250337600, "email": "ana@example.net"}]],
        "invalid_emails": [[]],
        "spam_reports": [[{"created": 1443651141, "email": "bob@example.net"}]],
        "unsubscribes": [many, [{"created": 1443651141, "email": "eve@example.net"}]],
    }
    for name, pages in lists.items():
        for number, rows in enumerate(pages):
            query = {"limit": "500", "offset": f"{number * 500}"}
            login = {"Authorization": "Bearer t0ken"}
            page(web, f"{url}/{name}", rows, login, **query)


def mailgun(web: RequestsMock) -> None:
    url = "https://api.mailgun.net/v3/mg.example.org"
    people = {"bounces": "ana", "complaints": "bob", "unsubscribes": "eve"}
    login = {"Authorization": "Basic YXBpOnQwa2Vu"}
    for name, person in people.items():
        # Wherever the link leads, our key goes nowhere else.
        after = f"https://elsewhere.example/x?page=next&address={person}&limit=1000"
        row = {
            "address": f"{person}@example.net",
            "error": "no such mailbox",
            "created_at": "Thu, 11 Dec 2025 01:49:40 UTC",
        }
        first = {"items": [row], "paging": {"next": after}}
        last = {"items": [], "paging": {"next": after}}
        page(web, f"{url}/{name}", first, login, limit="1000")
        more = {"limit": "1000", "page": "next", "address": person}
        page(web, f"{url}/{name}", last, login, **more)


def postmark(web: RequestsMock) -> None:
    reasons = {"ana": "HardBounce", "bob": "SpamComplaint", "eve": "ManualSuppression"}
    rows = [
        {
            "EmailAddress": f"{person}@example.net",
            "SuppressionReason": reason,
            "Origin": "Recipient",
            "CreatedAt": "2026-01-15T00:00:00-05:00",
        }
        for person, reason in reasons.items()
    ]
    url = "https://api.postmarkapp.com/message-streams/broadcast/suppressions/dump"
    page(web, url, {"Suppressions": rows}, {"X-Postmark-Server-Token": "t0ken"})


def resend(web: RequestsMock) -> None:
    url, login = (
        "https://api.resend.com/suppressions",
        {"Authorization": "Bearer t0ken"},
    )
    ana = {"id": "1", "email": "ana@example.net", "origin": "bounce"}
    bob = {"id": "2", "email": "bob@example.net", "origin": "complaint"}
    page(web, url, {"has_more": True, "data": [ana]}, login, limit="100")
    page(web, url, {"has_more": False, "data": [bob]}, login, limit="100", after="1")


def brevo(web: RequestsMock) -> None:
    codes = {
        "ana": "hardBounce",
        "bob": "contactFlaggedAsSpam",
        "eve": "unsubscribedViaEmail",
    }
    rows = [
        {
            "email": f"{person}@example.net",
            "reason": {"code": code, "message": "as it is"},
            "blockedAt": "2026-05-01T12:30:00Z",
        }
        for person, code in codes.items()
    ]
    query = {"limit": "100", "offset": "0", "sort": "asc"}
    url = "https://api.brevo.com/v3/smtp/blockedContacts"
    page(web, url, {"contacts": rows, "count": 3}, {"api-key": "t0ken"}, **query)


def sparkpost(web: RequestsMock) -> None:
    url = "https://api.sparkpost.com/api/v1/suppression-list"
    sources = {
        "ana": "Bounce Rule",
        "bob": "Spam Complaint",
        "eve": "List Unsubscribe",
    }
    rows = [
        {"recipient": f"{person}@example.net", "source": source}
        for person, source in sources.items()
    ]
    links = [
        {"href": "/api/v1/suppression-list?cursor=c2&per_page=10000", "rel": "next"}
    ]
    login = {"Authorization": "t0ken"}
    first = {"results": rows[:2], "links": links}
    page(web, url, first, login, cursor="initial", per_page="10000")
    last = {"results": rows[2:], "links": []}
    page(web, url, last, login, cursor="c2", per_page="10000")


def mailtrap(web: RequestsMock) -> None:
    url, login = (
        "https://mailtrap.io/api/suppressions",
        {"Authorization": "Bearer t0ken"},
    )
    many = [{"id": f"{n}", "email": f"r{n}@example.net"} for n in range(1000)]
    kinds = {"ana": "hard bounce", "bob": "spam complaint", "eve": "unsubscription"}
    rows = [
        {
            "id": person,
            "email": f"{person}@example.net",
            "type": kind,
            "created_at": "2025-01-15T10:30:00Z",
        }
        for person, kind in kinds.items()
    ]
    page(web, url, many, login)
    page(web, url, rows, login, last_id="999")


def mailjet(web: RequestsMock) -> None:
    url = "https://api.mailjet.com/v3/REST/contact"
    login = {"Authorization": "Basic azN5OnMzY3JldA=="}
    many = [{"Email": f"r{n}@example.net"} for n in range(1000)]
    row = {
        "Email": "eve@example.net",
        "ExclusionFromCampaignsUpdatedAt": "2025-01-15T10:30:00Z",
    }
    query = {"IsExcludedFromCampaigns": "true", "Limit": "1000"}
    page(web, url, {"Data": many}, login, Offset="0", **query)
    page(web, url, {"Data": [row]}, login, Offset="1000", **query)


ANSWERS = {
    "sendgrid": sendgrid,
    "mailgun": mailgun,
    "postmark": postmark,
    "resend": resend,
    "brevo": brevo,
    "sparkpost": sparkpost,
    "mailtrap": mailtrap,
    "mailjet": mailjet,
}
TOLD = {"resend": WANTED[:2], "mailjet": WANTED[2:]}  # as much as each tells


@pytest.mark.parametrize("name", SHOWN)
def test_every_page_of_a_list_is_read(web: RequestsMock, name: str) -> None:
    ANSWERS[name](web)
    found = [one for one in listed(name) if not one[0].startswith("r")]
    assert found == TOLD.get(name, WANTED)


@pytest.mark.parametrize("name", SHOWN)
def test_a_key_without_the_right_to_look_is_said(web: RequestsMock, name: str) -> None:
    web.get(f"https://{urls(name)}", status=401, json={"message": "no"})
    with pytest.raises(Refused) as refused:
        listed(name)
    assert "t0ken" not in str(refused.value)


def urls(name: str) -> str:
    return {
        "sendgrid": "api.sendgrid.com/v3/suppression/bounces",
        "mailgun": "api.mailgun.net/v3/mg.example.org/bounces",
        "postmark": "api.postmarkapp.com/message-streams/broadcast/suppressions/dump",
        "resend": "api.resend.com/suppressions",
        "brevo": "api.brevo.com/v3/smtp/blockedContacts",
        "sparkpost": "api.sparkpost.com/api/v1/suppression-list",
        "mailtrap": "mailtrap.io/api/suppressions",
        "mailjet": "api.mailjet.com/v3/REST/contact",
    }[name]


@pytest.mark.parametrize("answer", ["[]", "{}", "17", '{"data": 3}', '[17, "x"]'])
@pytest.mark.parametrize("name", SHOWN)
def test_an_answer_of_another_shape_holds_nobody(name: str, answer: str) -> None:
    with RequestsMock(assert_all_requests_are_fired=False) as web:
        places = ("bounces", "complaints", "unsubscribes")
        more = ("invalid_emails", "spam_reports")
        base = f"https://{urls(name)}"
        for url in {base, *(base.replace("bounces", one) for one in (*places, *more))}:
            web.get(url, body=answer)
        assert listed(name) == []


def test_what_a_provider_suppresses_is_suppressed_here(
    letters: Letters, web: RequestsMock
) -> None:
    with Project(letters.root, environ=ENVIRON, clock=lambda: NOW) as project:
        people = project.books.subscribers
        for one in ("ana", "bob", "eve", "zoe"):
            people.add(f"{one}@example.net", lists=["weekly"], now=NOW)
        postmark(web)
        found = project.pull_suppressions("postmark")
        assert found.counts == {"bounced": 1, "complained": 1, "unsubscribed": 1}
        assert found.new == 3
        assert people.suppressed() == {"ana@example.net", "bob@example.net"}
        assert project.books.consents.lists_of("eve@example.net") == {"weekly": "ended"}
        people.add("eve@example.net", lists=["weekly"], now=NOW)
        assert project.pull_suppressions("postmark").new == 0
        weekly = project.books.consents.lists_of("eve@example.net")
        assert weekly == {"weekly": "confirmed"}


def test_a_dry_run_changes_nothing(letters: Letters, web: RequestsMock) -> None:
    with Project(letters.root, environ=ENVIRON, clock=lambda: NOW) as project:
        postmark(web)
        found = project.pull_suppressions("postmark", dry_run=True)
        assert found.counts.total() == 3
        assert project.books.subscribers.suppressed() == set()


def test_a_channel_that_shows_no_list_is_refused(letters: Letters) -> None:
    with (
        Project(letters.root, environ=ENVIRON, clock=lambda: NOW) as project,
        pytest.raises(ConfigError, match="shows no list"),
    ):
        project.pull_suppressions("outbox")


def test_the_command_says_what_it_found(
    letters: Letters,
    web: RequestsMock,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from publisher.cli import main

    monkeypatch.setenv("POSTMARK_TOKEN", "t0ken")
    postmark(web)
    line = ["-C", str(letters.root), "suppressions", "pull", "postmark"]
    with pytest.raises(SystemExit):
        main(line)
    out = "".join(capsys.readouterr())
    assert "3 addresses at postmark" in out
    assert "1 complained: called something spam" in out
    with pytest.raises(SystemExit):
        main([*line, "--json"])
    assert json.loads(capsys.readouterr().out)["new"] == 0
