"""The public pages, as a browser, a mail program and a scanner meet them."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from html import unescape
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from publisher import tokens
from publisher.errors import ConfigError
from publisher.models import Consent
from publisher.project import Project
from publisher.web.public import application
from tests.conftest import Letters

ADDRESS = "nina@readers.example.org"
PUBLIC = "site:\n  public_url: https://letters.example.org\n"
SETTINGS = """
lists: {weekly: "The Lantern, weekly", tips: "Tips & tricks", staff: "For us"}
signup: {lists: [weekly, tips], %s}
"""


def served(letters: Letters, more: str = "days: 7") -> Letters:
    text = (letters.root / "publisher.yaml").read_text()
    text = re.sub(r"^lists:.*$", "", text, flags=re.M)
    text = text.replace("site:\n", PUBLIC, 1) + SETTINGS % more
    letters.write("publisher.yaml", text)
    return letters


@pytest.fixture
def client(letters: Letters) -> Iterator[TestClient]:
    with TestClient(application(served(letters).root, environ={})) as opened:
        yield opened


@pytest.fixture
def project(client: TestClient, letters: Letters) -> Iterator[Project]:
    with Project(letters.root, environ={}) as opened:
        yield opened


def letter(letters: Letters, number: int = 1) -> str:
    """Return the text of the letter that asks once more."""
    for _ in range(100):
        found = sorted(letters.root.glob(f"outbox/confirm-{number}/email/*.eml"))
        if found:
            message = message_from_bytes(found[0].read_bytes(), policy=policy.default)
            body = message.get_body(("plain",))
            assert body
            return str(body.get_content())
        time.sleep(0.05)
    raise AssertionError("no letter came")


def path_in(text: str, page: str) -> str:
    found = re.search(rf"https://letters\.example\.org(/{page}/[\w.-]+)", text)
    assert found, text
    return found[1]


def sign_up(client: TestClient, **fields: str) -> str:
    form = {"email": ADDRESS, "list": "weekly", **fields}
    answer = client.post("/subscribe", data=form)
    assert answer.status_code == 200
    return answer.text


def lists(project: Project, address: str = ADDRESS) -> dict[str, str]:
    return project.books.consents.lists_of(address)


# --- subscribing ----------------------------------------------------------------------


def test_a_reader_subscribes_by_a_letter_and_a_button(
    client: TestClient, project: Project, letters: Letters
) -> None:
    form = client.get("/")
    assert "The Lantern, weekly" in form.text
    assert "Tips &amp; tricks" in form.text
    assert "For us" not in form.text
    sign_up(client, name="Nina  Marsh")
    assert lists(project) == {"weekly": "pending"}
    path = path_in(letter(letters), "confirm")
    page = client.get(path)
    assert "The Lantern, weekly" in page.text
    assert lists(project) == {"weekly": "pending"}, "a link that is looked at does it"
    assert "Welcome" in client.post(path).text
    assert lists(project) == {"weekly": "confirmed"}
    reader = project.books.subscribers.find(ADDRESS)
    assert reader is not None
    assert reader.name == "Nina Marsh"
    asked, confirmed = project.books.consents.of(ADDRESS)
    assert (asked.act, confirmed.act) == ("asked", "confirmed")
    assert asked.words.startswith("Yes, send me these letters.")
    assert asked.words in unescape(form.text)
    assert asked.digest
    assert asked.network == asked.browser == "", "nobody asked to keep these"


def test_the_answer_is_the_same_whoever_is_known(
    client: TestClient, project: Project
) -> None:
    people, now = project.books.subscribers, project.clock()
    people.add("in@readers.example.org", lists=["weekly"], now=now)
    people.suppress("gone@readers.example.org", reason="complained", now=now)
    answers = {
        sign_up(client, email=f"{who}@readers.example.org")
        for who in ("in", "gone", "new")
    }
    assert len(answers) == 1
    assert project.books.ledger.next_number("confirm") == 2, "only the new one is asked"


def test_a_name_in_the_form_changes_nobody_who_is_known(
    client: TestClient, project: Project
) -> None:
    people, now = project.books.subscribers, project.clock()
    people.add(ADDRESS, name="Nina", lists=["tips"], now=now)
    sign_up(client, name="Buy now")
    reader = people.find(ADDRESS)
    assert reader is not None
    assert reader.name == "Nina"


@pytest.mark.parametrize(
    "fields",
    [
        {"email": "no address"},
        {"email": ""},
        {"list": "staff"},
        {"list": ""},
        {"made": "forged"},
    ],
)
def test_what_is_wrong_is_said_on_the_form_and_nothing_is_stored(
    client: TestClient, project: Project, fields: dict[str, str]
) -> None:
    form = {"email": ADDRESS, "list": "weekly", **fields}
    answer = client.post("/subscribe", data=form)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert project.books.subscribers.all() == []


def test_a_program_that_fills_in_everything_is_told_that_all_is_well(
    client: TestClient, project: Project
) -> None:
    assert "Look into your mail" in sign_up(client, website="https://spam.example")
    assert project.books.subscribers.all() == []


def test_who_asks_too_often_has_to_wait(client: TestClient, project: Project) -> None:
    for number in range(20):
        sign_up(client, email=f"r{number}@readers.example.org")
    answer = client.post("/subscribe", data={"email": ADDRESS, "list": "weekly"})
    assert answer.status_code == 400
    assert lists(project) == {}


def test_one_address_gets_three_letters_an_hour_at_most(
    client: TestClient, project: Project
) -> None:
    for _ in range(6):
        sign_up(client)
    assert project.books.ledger.next_number("confirm") == 4


def test_a_browser_works_for_it_where_the_owner_wants_that(letters: Letters) -> None:
    import base64
    import hashlib
    import json

    served(letters, "proof_of_work: true, keep_network: true")
    with (
        TestClient(application(letters.root, environ={})) as client,
        Project(letters.root, environ={}) as project,
    ):
        form = {"email": ADDRESS, "list": "weekly"}
        assert client.post("/subscribe", data=form).status_code == 400
        said = re.search(r"data-puzzle='([^']+)'", client.get("/").text)
        assert said
        puzzle = json.loads(unescape(said[1]))
        number = next(
            one
            for one in range(puzzle["maxnumber"])
            if hashlib.sha256(f"{puzzle['salt']}{one}".encode()).hexdigest()
            == puzzle["challenge"]
        )
        answer = base64.b64encode(json.dumps({**puzzle, "number": number}).encode())
        form["altcha"] = answer.decode()
        assert client.post("/subscribe", data=form).status_code == 200
        assert client.post("/subscribe", data=form).status_code == 400, "used twice"
        (asked,) = project.books.consents.of(ADDRESS)
        assert asked.browser == "testclient"
        assert asked.network


def test_a_letter_that_never_left_leaves_with_the_next_start(letters: Letters) -> None:
    root = served(letters).root
    app = application(root, environ={})
    TestClient(app).post("/subscribe", data={"email": ADDRESS, "list": "weekly"})
    assert not list(root.glob("outbox/confirm-1/email/*.eml"))
    with TestClient(application(root, environ={})):
        assert "confirm" in letter(letters)


# --- leaving and choosing -------------------------------------------------------------


@pytest.fixture
def way_out(project: Project) -> str:
    """The path out of the list, as it stands in a letter to a reader of two lists."""
    now = project.clock()
    project.books.subscribers.add(ADDRESS, lists=["weekly", "tips"], now=now)
    url = tokens.unsubscribe_url(
        project.settings.site,
        secret=project.secret,
        address=ADDRESS,
        list_name="weekly",
    )
    return url.removeprefix("https://letters.example.org")


@pytest.mark.parametrize("how", ["form", "parts"])
def test_one_click_ends_it_at_once_without_a_page(
    client: TestClient, project: Project, way_out: str, how: str
) -> None:
    said = {"List-Unsubscribe": "One-Click"}
    if how == "parts":
        body = (
            b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\n'
            b"One-Click\r\n--x--\r\n"
        )
        kind = {"content-type": "multipart/form-data; boundary=x"}
        answer = client.post(way_out, content=body, headers=kind)
    else:
        answer = client.post(way_out, data=said, follow_redirects=False)
    assert (answer.status_code, answer.text) == (200, "")
    assert "set-cookie" not in answer.headers
    assert lists(project) == {"weekly": "ended", "tips": "confirmed"}
    assert project.books.consents.of(ADDRESS)[-1].how == "one-click"


def test_who_only_looks_leaves_nothing(
    client: TestClient, project: Project, way_out: str
) -> None:
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE"):
        client.request(method, way_out, headers={"purpose": "prefetch"})
    assert lists(project) == {"weekly": "confirmed", "tips": "confirmed"}


def test_a_person_leaves_by_a_button_and_can_come_back(
    client: TestClient, project: Project, way_out: str
) -> None:
    page = client.get(way_out)
    assert ADDRESS in page.text
    gone = client.post(way_out)
    assert "You have left" in gone.text
    choices = re.search(r'href="(/choices/[^"]+)"', gone.text)
    assert choices
    shown = client.get(choices[1]).text
    assert shown.count(" checked") == 1
    made = re.search(r'name="made" value="([^"]+)"', shown)
    assert made
    form = {"list": ["weekly", "staff"], "made": made[1], "do": "save"}
    assert "Saved." in client.post(choices[1], data=form).text
    assert lists(project) == {"weekly": "confirmed", "tips": "ended"}
    form = {"list": ["weekly"], "made": made[1], "do": "leave"}
    client.post(choices[1], data=form)
    assert {*lists(project).values()} == {"ended"}


def test_choices_need_a_form_of_ours(
    client: TestClient, project: Project, way_out: str
) -> None:
    choices = re.search(r'href="(/choices/[^"]+)"', client.get(way_out).text)
    assert choices
    client.post(choices[1], data={"do": "leave"})
    assert lists(project) == {"weekly": "confirmed", "tips": "confirmed"}


def test_a_token_of_one_page_opens_no_other(
    client: TestClient, project: Project, way_out: str
) -> None:
    now, secret = project.clock(), project.secret
    old = tokens.dated(
        tokens.CONFIRMING,
        *(ADDRESS, "weekly"),
        now=now - timedelta(days=8),
        secret=secret,
    )
    foreign = tokens.dated(
        tokens.CONFIRMING, ADDRESS, "weekly", now=now, secret="another-secret-of-old"
    )
    choosing = tokens.sign(tokens.CHOOSING, ADDRESS, secret=secret)
    leaving = way_out.removeprefix("/out/")
    before = lists(project)
    wrong = {
        "confirm": [old, foreign, choosing, leaving, "x"],
        "out": [old, foreign, choosing, leaving[:-1], f"{leaving}A", leaving.upper()],
        "choices": [old, foreign, leaving, choosing.replace(".", "")],
    }
    for page, made in wrong.items():
        for token in made:
            for method in ("GET", "POST"):
                assert client.request(method, f"/{page}/{token}").status_code == 404
    assert lists(project) == before


def test_who_was_written_to_by_name_alone_is_suppressed_by_leaving(
    client: TestClient, project: Project
) -> None:
    url = tokens.unsubscribe_url(
        project.settings.site,
        secret=project.secret,
        address="friend@readers.example.org",
        list_name="",
    )
    client.post(url.removeprefix("https://letters.example.org"))
    assert project.books.subscribers.is_suppressed("friend@readers.example.org")


# --- the archive ----------------------------------------------------------------------


@pytest.fixture
def sent(project: Project, letters: Letters, monkeypatch: pytest.MonkeyPatch) -> str:
    """An issue that went to a list."""
    now = project.clock() - timedelta(hours=1)
    project.books.subscribers.add(
        ADDRESS, name="Nina Secret", lists=["weekly"], now=now
    )
    monkeypatch.setattr(
        "publisher.project.drafting.Drafting.is_rehearsal", lambda _: False
    )
    plan = project.plan("weekly")
    project.send(plan)
    return plan.issue.id


def test_what_went_to_all_can_be_read_by_all(
    client: TestClient, sent: str, project: Project
) -> None:
    listed = client.get("/archive").text
    assert f'href="/archive/{sent}"' in listed
    page = client.get(f"/archive/{sent}")
    assert page.status_code == 200
    assert "Second wind" in page.text
    assert "Nina" not in page.text
    assert ADDRESS not in page.text
    assert "/out/" not in page.text
    assert "script-src" not in page.headers["content-security-policy"]
    feed = ET.fromstring(client.get("/feed.xml").content)  # noqa: S314  ours
    (entry,) = feed.findall("{http://www.w3.org/2005/Atom}entry")
    assert (
        entry.findtext("{http://www.w3.org/2005/Atom}id")
        == f"https://letters.example.org/archive/{sent}"
    )
    assert client.get("/archive/weekly/99").status_code == 404
    assert client.get("/archive/../publisher.yaml").status_code == 404


def test_a_list_that_is_not_open_is_in_no_archive(
    client: TestClient, sent: str, letters: Letters
) -> None:
    text = (letters.root / "publisher.yaml").read_text()
    letters.write("publisher.yaml", text.replace("[weekly, tips]", "[tips]"))
    with TestClient(application(letters.root, environ={})) as opened:
        assert sent not in opened.get("/archive").text
        assert opened.get(f"/archive/{sent}").status_code == 404


# --- everything -----------------------------------------------------------------------


def test_every_page_is_guarded(client: TestClient, way_out: str) -> None:
    for path in ("/", "/archive", "/feed.xml", way_out, "/nowhere", "/style.css"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["referrer-policy"] == "no-referrer", path
        assert "default-src 'none'" in headers["content-security-policy"], path
        assert "set-cookie" not in headers, path
    framed = client.get("/").headers["content-security-policy"]
    assert "frame-ancestors *" in framed
    assert (
        "frame-ancestors 'none'"
        in (client.get(way_out).headers["content-security-policy"])
    )


@pytest.mark.parametrize("language", ["en", "it", "es", "fr", "de", "ar"])
def test_the_pages_speak_the_readers_language(
    client: TestClient, way_out: str, language: str
) -> None:
    header = {"accept-language": f"{language}-XY,en;q=0.5"}
    for path in ("/", way_out, "/archive", "/nowhere"):
        page = client.get(path, headers=header).text
        assert f'<html lang="{language}"' in page
        assert ('dir="rtl"' in page.partition("<head>")[0]) == (language == "ar")
    title = "<title>Subscribe"
    assert (title in client.get("/", headers=header).text) == (language == "en")


def test_a_long_body_is_refused(client: TestClient) -> None:
    answer = client.post("/subscribe", content=b"email=" + b"x" * 100_000)
    assert answer.status_code == 413


METHODS = st.sampled_from(["GET", "HEAD", "POST", "PUT", "OPTIONS"])
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    METHODS, st.sampled_from(["", "confirm", "out", "choices", "archive"]), TEXT, TEXT
)
def test_no_request_breaks_a_page_or_changes_a_reader(  # noqa: PLR0917
    client: TestClient,
    project: Project,
    way_out: str,
    method: str,
    page: str,
    token: str,
    body: str,
) -> None:
    from urllib.parse import quote

    answer = client.request(
        method, f"/{page}/{quote(token, safe='')}", content=body.encode()
    )
    assert answer.status_code < 500
    assert lists(project) == {"weekly": "confirmed", "tips": "confirmed"}


def test_without_a_public_address_it_says_what_is_missing(letters: Letters) -> None:
    with pytest.raises(ConfigError, match="seen from outside"):
        application(letters.root, environ={})


# --- forgetting -----------------------------------------------------------------------


def test_who_is_forgotten_is_gone_and_only_they_come_back(
    client: TestClient, project: Project, letters: Letters
) -> None:
    sign_up(client)
    client.post(path_in(letter(letters), "confirm"))
    consents, people = project.books.consents, project.books.subscribers
    assert consents.everything(ADDRESS)["consents"]
    assert consents.forget(ADDRESS)
    assert consents.everything(ADDRESS) == {}
    assert people.all() == []
    assert project.books.ledger.verify() == []
    report = people.import_rows(
        [{"email": ADDRESS.upper()}], lists=["weekly"], now=project.clock()
    )
    assert report.new == 0
    assert people.is_suppressed(ADDRESS)
    sign_up(client)
    client.post(path_in(letter(letters, 2), "confirm"))
    assert lists(project) == {"weekly": "confirmed"}
    assert not people.is_suppressed(ADDRESS)


def test_who_complained_stays_out_even_when_forgotten(
    client: TestClient, project: Project
) -> None:
    people, now = project.books.subscribers, project.clock()
    people.add(ADDRESS, lists=["weekly"], now=now)
    people.suppress(ADDRESS, reason="complained", now=now)
    project.books.consents.forget(ADDRESS)
    sign_up(client)
    assert lists(project) == {}
    assert people.is_suppressed(ADDRESS)


def test_who_never_answered_is_forgotten_in_time(
    client: TestClient, project: Project
) -> None:
    sign_up(client)
    consents, now = project.books.consents, project.clock()
    people = project.books.subscribers
    people.add("stays@readers.example.org", lists=["weekly"], now=now)
    assert consents.forget_unconfirmed(now - timedelta(days=30)) == 0
    assert consents.forget_unconfirmed(now + timedelta(days=1)) == 1
    assert [one.address for one in people.all()] == ["stays@readers.example.org"]
    sign_up(client)
    assert lists(project) == {"weekly": "pending"}


def test_the_journal_only_grows(project: Project) -> None:
    people, consents, now = (
        project.books.subscribers,
        project.books.consents,
        project.clock(),
    )
    people.add(ADDRESS, lists=["weekly"], now=now)
    said = Consent(act="added", said_at=now, how="command", words="Yes!")
    for _ in range(3):
        consents.note([ADDRESS], lists=["weekly"], said=said)
    assert [one.words for one in consents.of(ADDRESS)] == ["Yes!"] * 3
