"""The preview's server: only for this machine, and what it shows is what is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from publisher.models import Email
from publisher.project import Project
from publisher.web.preview import Preview, application, write_static

if TYPE_CHECKING:
    from tests.conftest import Letters

TOKEN = "t0ken"
PATHS = ("", "data", "email?name=weekly", "source?name=weekly")


@pytest.fixture
def client(letters: Letters) -> Iterator[TestClient]:
    with Project(letters.root) as project:
        project.books.subscribers.add(
            "ana@example.org", name="Ana Marsh", lists=["weekly"], now=project.clock()
        )
    app = application(Preview(letters.root, "weekly"), TOKEN)
    with TestClient(app, base_url="http://127.0.0.1:8025") as opened:
        yield opened


def shown(client: TestClient) -> Any:
    return client.get(f"/{TOKEN}/data").json()["shown"]


def test_what_it_shows_is_what_the_plan_would_send(
    client: TestClient, letters: Letters
) -> None:
    data = shown(client)
    with Project(letters.root, only_looks=True) as project:
        plan, messages = project.preview("weekly")
        (email,) = [one.message for one in messages if isinstance(one.message, Email)]
        assert set(plan.drafts) == set(project.plan("weekly").drafts)
    html = client.get(f"/{TOKEN}/email?name=weekly").text
    assert html == email.html
    assert data["email"]["text"] == email.text
    assert data["email"]["subject"] == email.subject
    assert "Hello Ana" in html
    posts = [one.message.text for one in messages if not isinstance(one.message, Email)]
    assert [post["text"] for post in data["posts"]] == posts
    assert all(post["length"] <= post["limit"] for post in data["posts"])


def test_the_source_is_the_message_that_travels(client: TestClient) -> None:
    raw = client.get(f"/{TOKEN}/source?name=weekly").content
    message = message_from_bytes(raw)
    assert isinstance(message, Message)
    assert message["List-Unsubscribe"]
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]


def test_looking_leaves_the_books_as_they_are(
    client: TestClient, letters: Letters
) -> None:
    path = letters.root / ".publisher" / "books.sqlite3"
    before = path.read_bytes()
    for name in PATHS:
        assert client.get(f"/{TOKEN}/{name}").status_code == 200
    assert path.read_bytes() == before
    assert letters.messages() == []


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", ""])
def test_another_sites_name_for_loopback_is_refused(
    client: TestClient, host: str
) -> None:
    answer = client.get(f"/{TOKEN}/data", headers={"Host": host})
    assert answer.status_code == 400
    assert "Ana" not in answer.text


@pytest.mark.parametrize("path", ["/", "/data", "/wrong/data", "/t0ke/", "/../data"])
def test_without_the_token_there_is_nothing(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_can_be_done_from_it(client: TestClient, method: str) -> None:
    for name in PATHS:
        assert client.request(method, f"/{TOKEN}/{name}").status_code == 405


def test_the_email_may_run_no_script(client: TestClient) -> None:
    policy = client.get(f"/{TOKEN}/email?name=weekly").headers[
        "Content-Security-Policy"
    ]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script" not in policy
    hidden = client.get(f"/{TOKEN}/email?name=weekly&images=off")
    assert "img-src 'none'" in hidden.headers["Content-Security-Policy"]


@pytest.mark.parametrize("name", PATHS)
def test_nothing_of_it_is_kept_or_leaked(client: TestClient, name: str) -> None:
    headers = client.get(f"/{TOKEN}/{name}").headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_broken_template_keeps_the_last_good_page_and_says_where(
    letters: Letters,
) -> None:
    preview = Preview(letters.root, "weekly")
    app = application(preview, TOKEN)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        good = shown(client)
        letters.write("templates/social/announcement.txt.j2", "{{ tilte }}")
        preview.changed()
        data = client.get(f"/{TOKEN}/data").json()
        assert data["shown"] == good
        assert "templates/social/announcement.txt.j2:1" in data["error"]
        assert "title" in data["error"]


def test_an_unknown_name_is_an_error_in_words(client: TestClient) -> None:
    data = client.get(f"/{TOKEN}/data?name=wekly").json()
    assert "weekly" in data["error"]
    assert client.get(f"/{TOKEN}/email?name=nobody").status_code == 404
    assert client.get(f"/{TOKEN}/source?name=nobody").status_code == 404


def test_a_static_page_holds_everything(letters: Letters) -> None:
    article = letters.article("third-tide", date="2026-11-13")
    article.write_text(f"{article.read_text('utf-8')}\n</script><b>x", "utf-8")
    folder = letters.root / "page"
    asyncio.run(write_static(letters.root, "weekly", folder))
    assert {path.name for path in folder.iterdir()} == {
        "index.html",
        "email.html",
        "email.light.html",
        "email.dark.html",
        "email.eml",
    }
    page = (folder / "index.html").read_text("utf-8")
    assert "window.STATIC" in page
    assert page.count("</script>") == 1
