"""Links of tracked letters, as readers, scanners and forgers follow them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from typing import Literal

import pytest
from starlette.testclient import TestClient

from publisher import mime, tokens
from publisher.errors import ConfigError
from publisher.models import Consent, Email, EmailDraft
from publisher.project import Project
from publisher.web.public import application
from publisher.web.public.visits import Visits
from tests.cli.conftest import Run
from tests.conftest import Letters

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
PUBLIC = "site:\n  public_url: https://letters.example.org\n"
ADDRESS = "ana@readers.example.org"
FIRST = "https://lantern.example.org/first-light"


@pytest.fixture
def tracked(letters: Letters) -> Letters:
    return track(letters, "clicks")


@pytest.fixture
def run(letters: Letters, capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(capsys, letters.root)


def track(letters: Letters, modes: str) -> Letters:
    text = (letters.root / "publisher.yaml").read_text()
    text = text.replace("site:\n", PUBLIC, 1) + f"tracking: {modes}\n"
    letters.write("publisher.yaml", text)
    with Project(letters.root, environ={}) as project:
        people, now = project.books.subscribers, project.clock()
        people.add(ADDRESS, name="Ana Reader", lists=["weekly"], now=now)
        people.add("bo@readers.example.org", lists=["weekly"], now=now)
    return letters


def sent(letters: Letters) -> list[tuple[str, str]]:
    """Send the issue; return the page and the text of each letter."""
    with Project(letters.root, environ={}) as project:
        project.send(project.plan("weekly"))
    return [parts(path.read_bytes()) for path in letters.messages()]


def parts(raw: bytes) -> tuple[str, str]:
    message = message_from_bytes(raw, policy=policy.default)
    page, text = message.get_body(("html",)), message.get_body(("plain",))
    assert page
    assert text
    return str(page.get_content()), str(text.get_content())


def marks(page: str) -> list[str]:
    found = re.findall(r"https://letters\.example\.org(/c/[\w-]+)", page)
    return [*dict.fromkeys(found)]


@pytest.fixture
def client(tracked: Letters) -> Iterator[TestClient]:
    with follower(tracked) as opened:
        yield opened


def follower(letters: Letters) -> TestClient:
    return TestClient(
        application(letters.root, environ={}),
        headers={"User-Agent": FIREFOX},
        follow_redirects=False,
    )


def clicks(letters: Letters) -> dict[str, int]:
    with Project(letters.root, environ={}) as project:
        return project.books.tracking.clicks("weekly/1")


def test_a_link_leads_to_where_the_article_is_and_is_counted(
    tracked: Letters, run: Run
) -> None:
    (page, text), (other, _) = sent(tracked)
    assert FIRST not in page
    assert FIRST not in text
    assert marks(page) == marks(other), "a count holds no reader"
    assert set(marks(text)) <= set(marks(page))
    with follower(tracked) as client:
        path = marks(page)[0]
        answer = client.get(path)
        assert answer.status_code == 302
        assert answer.headers["location"].startswith("https://lantern.example.org/")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        client.get(path)  # the same reader once more
    assert sum(clicks(tracked).values()) == 1
    said = json.loads(run("stats", "weekly/1", "--json"))
    assert said["tracking"] == ["clicks"]
    assert said["accepted"] == 2
    assert said["clicks"][answer.headers["location"]] == 1
    assert "1 click, of 2 letters" in (run("stats", "weekly") + run.err)


def test_ways_out_and_our_own_pages_are_never_led_past_us(tracked: Letters) -> None:
    page, text = sent(tracked)[0]
    for part in (page, text):
        assert "https://letters.example.org/out/" in part
        assert "https://lantern.example.org/letters/weekly/1" in part
    assert "List-Unsubscribe: <https://letters.example.org/out/" in (
        tracked.messages()[0].read_text().replace("\n ", "")
    )


def test_what_is_looked_at_is_what_is_sent(tracked: Letters) -> None:
    with Project(tracked.root, environ={}) as project:
        (shown, *_) = project.render("weekly")
        assert isinstance(shown.message, Email)
        looked_at = parts(mime.encode(shown.message))
    assert looked_at == sent(tracked)[0]
    assert marks(looked_at[0])


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", {}),
        ("GET", {"Purpose": "prefetch"}),
        ("GET", {"Sec-Purpose": "prefetch;prerender"}),
        ("GET", {"X-Moz": "prefetch"}),
        ("GET", {"User-Agent": ""}),
        ("GET", {"User-Agent": "Mozilla/5.0 (compatible; bingbot/2.0)"}),
        ("GET", {"User-Agent": "python-requests/2.32"}),
        ("GET", {"User-Agent": "Barracuda Sentinel (EE)"}),
        ("GET", {"User-Agent": "Mozilla/5.0 BitlyBot"}),
        ("GET", {"DNT": "1"}),
        ("GET", {"Sec-GPC": "1"}),
    ],
)
def test_machines_and_who_asks_for_it_are_led_on_and_not_counted(
    tracked: Letters, method: str, headers: dict[str, str]
) -> None:
    page, _ = sent(tracked)[0]
    with follower(tracked) as client:
        answer = client.request(method, marks(page)[0], headers=headers)
        assert answer.status_code == 302
    assert sum(clicks(tracked).values()) == 0


def test_who_follows_every_link_within_seconds_is_not_counted(
    tracked: Letters,
) -> None:
    page, _ = sent(tracked)[0]
    assert len(marks(page)) > 1
    with follower(tracked) as client:
        for path in marks(page):
            assert client.get(path).status_code == 302
        client.get(marks(page)[0], headers={"User-Agent": f"{FIREFOX} another"})
    assert sum(clicks(tracked).values()) == 1


def test_forged_and_foreign_links_lead_nowhere(
    client: TestClient, tracked: Letters
) -> None:
    page, _ = sent(tracked)[0]
    mark = marks(page)[0].removeprefix("/c/")
    out = re.search(r"/out/([\w.-]+)", page)
    assert out
    secret = (tracked.root / ".publisher" / "secret").read_text().strip()
    url = "https://evil.example/"
    forged = [
        mark[:-1] + ("A" if mark[-1] != "A" else "B"),
        mark.swapcase(),
        out[1],
        tokens.mark(tokens.CLICKING, "weekly/1", "x", url, secret=secret),
        tokens.sign(tokens.CLICKING, url, secret=secret),
        "https://evil.example/",
        "%2F%2Fevil.example",
        f"{mark}'--",
    ]
    for one in forged:
        for query in ("", f"?url={url}&u={url}&to={url}"):
            answer = client.get(f"/c/{one}{query}")
            assert answer.status_code == 404, one
            assert "location" not in answer.headers
    led = client.get(f"/c/{mark}?url={url}&next={url}")
    assert led.headers["location"].startswith("https://lantern.example.org/")
    assert client.post(f"/c/{mark}").status_code in (404, 405)


def test_nothing_is_tracked_unless_somebody_asks(letters: Letters, run: Run) -> None:
    page, _ = sent(track(letters, "off"))[0]
    assert FIRST in page
    assert not marks(page)
    run("stats", "weekly/1")
    assert "nothing is tracked of weekly/1" in run.err


def test_a_schedule_has_a_word_of_its_own(letters: Letters) -> None:
    track(letters, "clicks")
    path = letters.root / "schedules" / "weekly.yaml"
    text = path.read_text().replace("list: weekly}", "list: weekly, tracking: off}")
    path.write_text(text)
    assert not marks(sent(letters)[0][0])


def test_tracking_needs_pages_that_answer(letters: Letters) -> None:
    letters.write(
        "publisher.yaml",
        (letters.root / "publisher.yaml").read_text() + "tracking: clicks\n",
    )
    with (
        Project(letters.root, environ={}) as project,
        pytest.raises(ConfigError, match="needs pages that readers reach"),
    ):
        project.plan("weekly")


def test_what_is_nothing_to_track_is_told_with_its_place(letters: Letters) -> None:
    text = (letters.root / "publisher.yaml").read_text() + "tracking: [click]\n"
    letters.write("publisher.yaml", text)
    with (
        Project(letters.root, environ={}) as project,
        pytest.raises(ConfigError, match='"click" is nothing to track') as found,
    ):
        _ = project.settings
    assert found.value.hint == "Try: clicks"


def test_the_books_and_so_the_archive_have_the_real_links(tracked: Letters) -> None:
    sent(tracked)
    with Project(tracked.root, environ={}) as project:
        drafts = project.books.ledger.drafts("weekly/1").values()
    (draft,) = [one for one in drafts if isinstance(one, EmailDraft)]
    page = "".join(map(str, draft.html))
    assert FIRST in page
    assert not marks(page)


def test_clicks_wait_some_seconds_and_are_counted_once(tracked: Letters) -> None:
    page, _ = sent(tracked)[0]
    now = [100.0]
    with Project(tracked.root, environ={}) as project:
        books = project.books.tracking
        visits = Visits(lambda: books, clock=lambda: now[0])
        target = books.target(marks(page)[0].removeprefix("/c/"))
        assert target
        for _ in range(3):
            visits.clicked(
                target, place="::1", headers={"user-agent": FIREFOX}, method="GET"
            )
        visits.count()
        assert sum(books.clicks("weekly/1").values()) == 0
        now[0] += 11
        visits.count()
        visits.count()
        assert books.clicks("weekly/1")[target.url] == 1


# --- opens, and single readers --------------------------------------------------------


def pictures(page: str) -> list[str]:
    return re.findall(r'src="https://letters\.example\.org(/o/[\w.-]+)"', page)


def everything(letters: Letters, address: str = ADDRESS) -> dict[str, object]:
    with Project(letters.root, environ={}) as project:
        found = project.books.consents.everything(address)["tracking"]
    assert isinstance(found, dict)
    return found


def say(letters: Letters, act: Literal["allowed", "refused"]) -> None:
    with Project(letters.root, environ={}) as project:
        said = Consent(
            act=act, said_at=project.clock(), how="command", words="You may look."
        )
        assert project.books.tracking.say(ADDRESS, said=said)


def letter_to(letters: Letters, address: str) -> str:
    for path in letters.messages():
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        if address in str(message["To"]):
            return parts(path.read_bytes())[0]
    raise AssertionError("no letter")


def test_a_picture_tells_the_last_day_and_nothing_else(letters: Letters) -> None:
    track(letters, "opens-day")
    sent(letters)
    page = letter_to(letters, ADDRESS)
    (picture,) = pictures(page)
    assert FIRST in page, "links stay as they are"
    with follower(letters) as client:
        answer = client.get(picture)
        assert answer.headers["content-type"] == "image/gif"
        assert answer.headers["cache-control"] == "no-store"
        assert client.head(picture).status_code == 200
    with Project(letters.root, environ={}) as project:
        today = project.local_now().date().isoformat()
    assert everything(letters) == {
        "allowed": "",
        "last_opened": today,
        "traces": [],
    }
    assert everything(letters, "bo@readers.example.org")["last_opened"] == ""


@pytest.mark.parametrize(
    "headers",
    [
        {"User-Agent": "Mozilla/5.0"},
        {"User-Agent": "Proofpoint URL scanner"},
        {"Sec-GPC": "1"},
        {"Purpose": "prefetch"},
    ],
)
def test_what_fetches_every_picture_opens_nothing(
    letters: Letters, headers: dict[str, str]
) -> None:
    track(letters, "opens-day")
    sent(letters)
    with follower(letters) as client:
        for path in pictures(letter_to(letters, ADDRESS)):
            assert client.get(path, headers=headers).status_code == 200
    assert everything(letters)["last_opened"] == ""


def test_forged_and_foreign_pictures_are_answered_and_nothing_is_kept(
    letters: Letters,
) -> None:
    track(letters, "[opens-day, individual]")
    sent(letters)
    page = letter_to(letters, ADDRESS)
    secret = (letters.root / ".publisher" / "secret").read_text().strip()
    out = re.search(r"/out/([\w.-]+)", page)
    assert out
    forged = [
        pictures(page)[0][3:-1] + "x",
        out[1],
        tokens.sign(tokens.SEEING, "1", secret="another-secret-of-another"),
        tokens.sign(tokens.TRACING, "1", "weekly/1", secret=secret),
        tokens.sign(tokens.CHOOSING, "1", secret=secret),
        "1",
    ]
    with follower(letters) as client:
        for one in forged:
            assert client.get(f"/o/{one}").status_code == 200
    for address in (ADDRESS, "bo@readers.example.org"):
        found = everything(letters, address)
        assert (found["last_opened"], found["traces"]) == ("", [])


def test_single_readers_are_tracked_who_allowed_it_and_no_others(
    letters: Letters, run: Run
) -> None:
    track(letters, "[clicks, individual]")
    say(letters, "allowed")
    sent(letters)
    own, other = letter_to(letters, ADDRESS), letter_to(letters, "bo@readers")
    assert not pictures(other)
    link = re.search(r"(/c/[\w-]+/[\w.-]+)", own)
    assert link
    assert not re.search(r"/c/[\w-]+/", other), "only who allowed it has a name there"
    assert marks(own) == marks(other)
    with follower(letters) as client:
        assert client.get(link[1]).status_code == 302
        client.get(pictures(own)[0])
        client.get(marks(other)[1])
    found = everything(letters)
    traces = found["traces"]
    assert isinstance(traces, list)
    assert [(one["kind"], one["issue"]) for one in traces] == [
        ("clicked", "weekly/1"),
        ("opened", "weekly/1"),
    ] or [one["kind"] for one in traces] == ["opened", "clicked"]
    assert everything(letters, "bo@readers.example.org")["traces"] == []
    assert sum(clicks(letters).values()) == 2
    said = json.loads(run("stats", "weekly/1", "--json"))
    assert said["readers"] == {"opened": 1, "clicked": 1}
    shown = run("subscribers", "show", ADDRESS)
    assert "clicked weekly/1 https://lantern.example.org/" in shown + run.err


def test_a_foreign_readers_part_is_led_on_and_says_nothing(letters: Letters) -> None:
    track(letters, "individual")
    say(letters, "allowed")
    sent(letters)
    own = letter_to(letters, ADDRESS)
    mark = marks(own)[0]
    secret = (letters.root / ".publisher" / "secret").read_text().strip()
    with follower(letters) as client:
        for token in (
            tokens.sign(tokens.TRACING, "1", "weekly/2", secret=secret),
            tokens.sign(tokens.SEEING, "1", "weekly/1", secret=secret),
            tokens.sign(tokens.TRACING, "1", "weekly/1", secret="another-secret-0"),
            "x.y",
        ):
            assert client.get(f"{mark}/{token}").status_code == 302
    assert everything(letters)["traces"] == []
    assert sum(clicks(letters).values()) == 0, "nobody asked to count them"


def test_who_refuses_is_erased_at_once_and_not_tracked_again(
    letters: Letters, run: Run
) -> None:
    track(letters, "[opens-day, individual]")
    say(letters, "allowed")
    sent(letters)
    own = letter_to(letters, ADDRESS)
    with follower(letters) as client:
        client.get(pictures(own)[0])
    assert everything(letters)["traces"]
    run("subscribers", "tracking", ADDRESS, "no")
    assert everything(letters) == {"allowed": "no", "last_opened": "", "traces": []}
    with follower(letters) as client:  # an old letter
        client.get(pictures(own)[0])
        client.get(
            "/o/"
            + tokens.sign(
                tokens.SEEING,
                "1",
                secret=(letters.root / ".publisher" / "secret").read_text().strip(),
            )
        )
    assert everything(letters) == {"allowed": "no", "last_opened": "", "traces": []}
    with Project(letters.root, environ={}) as project:
        acts = [one.act for one in project.books.consents.of(ADDRESS)]
        assert acts == ["allowed", "refused"]
        reader = project.books.subscribers.find(ADDRESS)
        (shown, *_) = project.preview("weekly", reader=reader)[1]
        assert isinstance(shown.message, Email)
        assert not pictures(shown.message.html)


def test_a_reader_allows_and_refuses_it_on_their_own_page(letters: Letters) -> None:
    track(letters, "individual")
    letters.write(
        "publisher.yaml",
        (letters.root / "publisher.yaml").read_text() + "signup: {lists: [weekly]}\n",
    )
    sent(letters)
    path = re.search(r"example\.org(/choices/[\w.-]+)", letter_to(letters, ADDRESS))
    assert path
    with follower(letters) as client:
        for button, answer in (("allow", "yes"), ("refuse", "no")):
            page = client.get(path[1]).text
            made = re.search(r'name="made" value="([^"]+)"', page)
            assert made
            assert everything(letters)["allowed"] != answer, "only looked at"
            said = client.post(path[1], data={"do": button, "made": made[1]})
            assert said.status_code == 200
            assert everything(letters)["allowed"] == answer
    with Project(letters.root, environ={}) as project:
        line = project.books.consents.of(ADDRESS)[0]
        assert (line.act, line.how, line.language) == ("allowed", "link", "en")
        assert line.words.startswith("We may see which letters you open")


def test_who_is_forgotten_leaves_no_trace(letters: Letters, run: Run) -> None:
    track(letters, "[opens-day, individual]")
    say(letters, "allowed")
    sent(letters)
    own = letter_to(letters, ADDRESS)
    with follower(letters) as client:
        client.get(pictures(own)[0])
        run("subscribers", "forget", ADDRESS, "--yes")
    with Project(letters.root, environ={}) as project:
        assert project.books.tracking.readers_who("opened", "weekly/1") == 0
        assert project.books.consents.everything(ADDRESS) == {}


def test_who_refused_is_counted_with_all_others_and_no_more(
    letters: Letters,
) -> None:
    track(letters, "[clicks, opens-day, individual]")
    say(letters, "refused")
    sent(letters)
    page = letter_to(letters, ADDRESS)
    assert not pictures(page)
    assert not re.search(r"/c/[\w-]+/", page)
    assert marks(page)


# --- A/B tests ----------------------------------------------------------------------


def test_a_winner_is_found_by_clicks_unless_it_could_be_chance(
    letters: Letters, run: Run
) -> None:
    track(letters, "off")
    test = 'test: {subjects: ["One", "Two"], share: 50}'
    letters.write(
        "schedules/tested.yaml",
        "articles: {since: always}\n"
        f"email:\n  list: weekly\n  tracking: clicks\n  {test}\n",
    )
    with Project(letters.root, environ={}) as project:
        rows = ({"email": f"r{number}@example.org"} for number in range(98))
        project.books.subscribers.import_rows(
            rows, lists=["weekly"], now=project.clock()
        )
    run("send", "tested")
    run("winner", "tested", "--by", "clicks", code=1)
    assert "too close to tell" in run.err
    run("winner", "tested", "--by", "opens", code=1)
    assert "opens of tested/1 are not tracked" in run.err
    with Project(letters.root, environ={}) as project:
        _, second = project.variants("tested")
        books = project.books.tracking
        mark = tokens.mark(
            tokens.CLICKING, "tested/1", second.draft, FIRST, secret=project.secret
        )
        books.count({mark: 12})
    assert json.loads(run("winner", "tested", "--json"))["B"]["clicks"] == 12
    assert "clicks" in run("winner", "tested")
    run("winner", "tested", "--by", "clicks")
    assert "B has won" in run.err
