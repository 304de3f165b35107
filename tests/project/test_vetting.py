"""A domain, looked at with what the folder knows: its channels, and its own pages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest
from responses import RequestsMock
from starlette.testclient import TestClient

from publisher.project import Project
from publisher.web.public import application
from tests.conftest import Letters
from tests.domain.zones import Zone, serving

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BASE = "https://letters.example.org"
ZONE = """\
example.org. TXT "v=spf1 -all"
bounces.example.org. TXT "v=spf1 mx -all"
bounces.example.org. MX 5 mx.example.org.
_dmarc.example.org. TXT "v=DMARC1; p=reject; rua=mailto:us@example.org"
mx.example.org. A 8.8.4.4
4.4.8.8.in-addr.arpa. PTR mx.example.org.
xn--bcher-kva.example. MX 0 .
"""


@pytest.fixture
def environ() -> Iterator[dict[str, str]]:
    with serving(Zone(ZONE)) as place:
        yield {"PUBLISHER_RESOLVER": place}


def vet(letters: Letters, environ: dict[str, str], name: str = "example.org") -> Any:
    with Project(letters.root, environ=environ, clock=lambda: NOW) as project:
        found = list(project.vet(name))
    return {one.subject: (one.level, f"{one}") for one in found}, found


def test_our_own_pages_answer_as_the_doctor_wants_it(
    letters: Letters, environ: dict[str, str]
) -> None:
    text = (letters.root / "publisher.yaml").read_text()
    text = text.replace("site:\n", f"site:\n  public_url: {BASE}\n", 1)
    letters.write("publisher.yaml", text)
    date = {"Date": format_datetime(NOW, usegmt=True)}
    with (
        TestClient(application(letters.root, environ={})) as client,
        RequestsMock() as web,
    ):

        def forward(request: Any) -> tuple[int, dict[str, str], bytes]:
            answer = client.request(
                request.method,
                request.path_url,
                content=request.body,
                headers=dict(request.headers),
            )
            return answer.status_code, date, answer.content

        web.add_callback("GET", f"{BASE}/healthz", forward)
        web.add_callback("POST", f"{BASE}/out/made-up-by-publisher-doctor", forward)
        found, _ = vet(letters, environ)
    assert found["List-Unsubscribe"][0] == "ok"
    assert found["Clock"][0] == "ok"


def test_every_account_and_server_is_looked_at(
    letters: Letters, environ: dict[str, str]
) -> None:
    environ |= {
        "SMTP_HOST": "mx.example.org gone.example.org:25",
        "SMTP_SECURITY": "none",
        "SMTP_SENDER": "b+{key}@bounces.example.org",
        "SMTP_WORK_HOST": "127.0.0.1",
        "SMTP_WORK_SECURITY": "none",
        "SMTP_WORK_USERNAME": "me",
        "SMTP_WORK_PASSWORD": "p",
        "BREVO_TOKEN": "t",
    }
    letters.write(
        "schedules/work.yaml",
        'when: Fri 08:00\nemail: {list: weekly, through: "smtp:work"}\n',
    )
    _, found = vet(letters, environ)
    said = [f"{one.level} {one.message}" for one in found if one.subject == "PTR"]
    assert said == [
        "ok mx.example.org (8.8.4.4) is mx.example.org, and that leads back",
        "error gone.example.org has no address",
        "skipped 127.0.0.1 is not seen from outside, so another address sends",
    ]
    said = [one.message for one in found if one.subject == "SPF"]
    assert said == [
        "example.org: 0 of 10 look-ups",
        "bounces.example.org: 1 of 10 look-ups",
    ]
    (agrees,) = [one.message for one in found if one.subject == "Alignment"]
    assert (
        agrees
        == "example.org: bounces go to bounces.example.org, bounces go to example.org"
    )


def test_a_name_beyond_ascii_is_asked_as_dns_knows_it(
    letters: Letters, environ: dict[str, str]
) -> None:
    found, _ = vet(letters, environ, "Bücher.example")
    assert found["MX"][0] == "error"
    assert "xn--bcher-kva.example says that it takes no mail" in found["MX"][1]


def test_a_resolver_of_the_folder_is_asked(
    letters: Letters, environ: dict[str, str]
) -> None:
    letters.write(".env", f"PUBLISHER_RESOLVER={environ['PUBLISHER_RESOLVER']}\n")
    found, _ = vet(letters, {})
    assert found["SPF"][0] == "ok"


def test_nothing_is_made_by_looking(letters: Letters, environ: dict[str, str]) -> None:
    before = sorted(letters.root.rglob("*"))
    vet(letters, environ)
    assert sorted(letters.root.rglob("*")) == before
