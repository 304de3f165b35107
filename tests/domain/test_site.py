"""One click, tried with a token that nobody has; and the clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime

import pytest
import requests
from responses import RequestsMock, matchers

from publisher.domain import Facts, Finding, site
from tests.domain.sending import NOW, facts

BASE = "https://letters.example.org"
URL = f"{BASE}/out/{site.NOBODYS}"
OURS = facts(unsubscribe=BASE + "/out/{token}", health=f"{BASE}/healthz", has_site=True)
THEIRS = facts(unsubscribe=BASE + "/out/{token}", has_site=True)


@pytest.fixture
def web() -> Iterator[RequestsMock]:
    with RequestsMock() as mock:
        yield mock


def levels(found: Iterator[Finding]) -> dict[str, str]:
    return {one.subject: one.level for one in found}


def answering(
    web: RequestsMock, known: Facts, status: int, *, late: timedelta = timedelta(0)
) -> list[Finding]:
    headers = {"Date": format_datetime(NOW - late, usegmt=True)}
    if known.health:
        web.get(known.health, body="ok", headers=headers)
    said = matchers.urlencoded_params_matcher(site.ONE_CLICK)
    web.post(URL, status=status, headers=headers, match=[said])
    return list(site.look(known))


def test_our_pages_refuse_a_token_that_nobody_has(web: RequestsMock) -> None:
    one_click, clock = answering(web, OURS, 404)
    assert (one_click.level, clock.level) == ("ok", "ok")


@pytest.mark.parametrize(
    ("known", "status", "level"),
    [
        (OURS, 200, "warning"),
        (OURS, 302, "error"),
        (OURS, 401, "error"),
        (OURS, 403, "error"),
        (OURS, 405, "error"),
        (OURS, 429, "warning"),
        (OURS, 502, "error"),
        (THEIRS, 400, "ok"),
        (THEIRS, 403, "ok"),
        (THEIRS, 404, "warning"),
        (THEIRS, 200, "warning"),
        (THEIRS, 500, "error"),
    ],
)
def test_what_answers_mean(
    web: RequestsMock, known: Facts, status: int, level: str
) -> None:
    assert answering(web, known, status)[0].level == level


def test_where_publisher_does_not_answer_nothing_is_posted(web: RequestsMock) -> None:
    web.get(f"{BASE}/healthz", status=502)
    first, _ = site.look(OURS)
    assert first.level == "error"
    assert first.message == f"publisher does not answer at {BASE}/healthz"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (requests.exceptions.SSLError(), "certificate is not believed"),
        (requests.exceptions.ConnectTimeout(), "in time"),
        (requests.exceptions.ConnectionError(), "cannot be reached"),
        (requests.exceptions.InvalidURL(), "cannot be read"),
    ],
)
def test_a_site_that_does_not_answer(
    web: RequestsMock, error: Exception, said: str
) -> None:
    web.get(f"{BASE}/healthz", body=error)
    first, clock = site.look(OURS)
    assert (first.level, clock.level) == ("error", "skipped")
    assert said in first.message


def test_an_address_without_https_is_an_error() -> None:
    known = facts(unsubscribe="http://letters.example.org/out/{token}", has_site=True)
    assert levels(site.look(known)) == {"List-Unsubscribe": "error", "Clock": "skipped"}


def test_without_an_address_only_a_folder_is_told() -> None:
    assert levels(site.look(facts(has_site=True)))["List-Unsubscribe"] == "warning"
    assert levels(site.look(facts()))["List-Unsubscribe"] == "skipped"


@pytest.mark.parametrize(
    ("seconds", "level"),
    [
        (0, "ok"),
        (60, "ok"),
        (-60, "ok"),
        (61, "warning"),
        (-300, "warning"),
        (301, "error"),
        (-301, "error"),
    ],
)
def test_the_clock(web: RequestsMock, seconds: int, level: str) -> None:
    _, clock = answering(web, OURS, 404, late=timedelta(seconds=seconds))
    assert clock.level == level
    way = "ahead of" if seconds > 0 else "behind"
    assert level == "ok" or f"{abs(seconds)} s {way}" in clock.message


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 23 Nov 2026 12:00:00 -0000"])
def test_a_site_without_a_time_is_no_clock(web: RequestsMock, date: str) -> None:
    web.get(f"{BASE}/healthz", headers={"Date": date})
    web.post(URL, status=404)
    assert levels(site.look(OURS))["Clock"] == "skipped"
