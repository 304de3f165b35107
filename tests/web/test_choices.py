"""The page of what a reader gets: language, time zone and pauses, without a script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from publisher import files, tokens
from publisher.locales import catalog
from publisher.project import Project, pausing
from publisher.web.public import application
from tests.conftest import Letters

ADDRESS, OTHER = "nina@readers.example.org", "bo@readers.example.org"
PUBLIC = "site:\n  public_url: https://letters.example.org\n"
DAY = timedelta(days=1)


@pytest.fixture
def project(letters: Letters) -> Iterator[Project]:
    text = (letters.root / "publisher.yaml").read_text()
    text = text.replace("site:\n", PUBLIC, 1) + "\nsignup: {lists: [weekly]}\n"
    letters.write("publisher.yaml", text)
    with Project(letters.root, environ={}) as opened:
        earlier = opened.clock() - DAY
        for one in (ADDRESS, OTHER):
            opened.books.subscribers.add(one, lists=["weekly"], now=earlier)
        yield opened


@pytest.fixture
def client(project: Project) -> Iterator[TestClient]:
    with TestClient(application(project.root, environ={})) as opened:
        yield opened


class Page:
    """The page of one reader, as their browser has it."""

    def __init__(self, client: TestClient, project: Project) -> None:
        self.client = client
        token = tokens.sign(tokens.CHOOSING, ADDRESS, secret=project.secret)
        self.path = f"/choices/{token}"

    def text(self, language: str = "en") -> str:
        header = {"accept-language": language}
        return unescape(self.client.get(self.path, headers=header).text)

    def press(self, button: str, made: str | None = None, **fields: str) -> str:
        found = re.search(r'name="made" value="([^"]+)"', self.text())
        assert found
        form = {"made": found[1] if made is None else made, "do": button, **fields}
        answer = self.client.post(self.path, data=form, follow_redirects=False)
        self.status = answer.status_code
        assert "set-cookie" not in answer.headers
        return unescape(answer.text)


@pytest.fixture
def page(client: TestClient, project: Project) -> Page:
    return Page(client, project)


# --- a pause --------------------------------------------------------------------------


def test_a_reader_pauses_for_a_month_and_stays_subscribed(
    page: Page, project: Project
) -> None:
    said = page.press("month")
    end = pausing.month_after(pausing.today(project))
    assert "Saved." in said
    assert f"You get nothing until {end.day} {end:%B %Y}." in said
    assert "Pause for a month" not in said
    assert project.books.consents.lists_of(ADDRESS) == {"weekly": "confirmed"}
    line = project.books.consents.of(ADDRESS)[-1]
    assert (line.act, line.how, line.list) == ("paused", "link", "")
    assert line.words == f"You get nothing until {end.day} {end:%B %Y}."


def test_who_has_paused_is_left_out_of_the_next_issue_and_it_says_so(
    page: Page, project: Project
) -> None:
    page.press("month")
    plan = project.plan("weekly")
    assert dict(plan.left_out)["reader has paused"] == 1
    report = project.send(plan)
    sent = project.books.ledger.deliveries(report.issue)
    assert [one.recipient for one in sent if one.recipient] == [OTHER]


def test_a_reader_pauses_until_a_day_and_changes_it(
    page: Page, project: Project
) -> None:
    first = pausing.today(project)
    for until in (first + 9 * DAY, first + 3 * DAY):
        page.press("until", until=f"{until}")
        assert pausing.end_of(project, ADDRESS) == until
        assert f'value="{until}"' in page.text()


def test_a_pause_is_ended_at_once(page: Page, project: Project) -> None:
    page.press("month")
    said = page.press("resume")
    assert "You get nothing" not in said
    assert "Pause for a month" in said
    assert pausing.end_of(project, ADDRESS) is None
    assert project.books.consents.of(ADDRESS)[-1].act == "resumed"
    assert "reader has paused" not in dict(project.plan("weekly").left_out)


@pytest.mark.parametrize(
    "until", ["", "soon", "2026-02-30", "1999-01-01", "9999-12-31", "١٢٣٤-٠١-٠١", "\0"]
)
def test_a_day_that_cannot_be_is_said_on_the_page(
    page: Page, project: Project, until: str
) -> None:
    said = page.press("until", until=until)
    assert page.status == 400
    assert 'role="alert">Please choose a day in the year to come.' in said
    assert pausing.end_of(project, ADDRESS) is None


@pytest.mark.parametrize("button", ["month", "until", "resume", "save", "leave"])
def test_a_form_that_is_not_ours_changes_nothing(
    page: Page, project: Project, button: str
) -> None:
    page.press("month")
    before = project.books.consents.everything(ADDRESS)
    for made in ("", "forged", "x" * 5000):
        page.press(button, made=made, until="2026-12-01", language="it")
    assert project.books.consents.everything(ADDRESS) == before


def test_to_look_at_the_page_pauses_nobody(page: Page, project: Project) -> None:
    for query in ("?do=month", "?do=until&until=2099-01-01", "?do=resume"):
        page.client.get(page.path + query)
        page.client.head(page.path + query)
    assert pausing.end_of(project, ADDRESS) is None


def test_who_is_in_no_books_has_nothing_to_pause(
    client: TestClient, project: Project
) -> None:
    project.books.consents.forget(ADDRESS)
    page = Page(client, project)
    assert "Pause" not in page.text()
    page.press("month")
    assert page.status == 400
    assert project.books.subscribers.find(ADDRESS) is None


@pytest.mark.parametrize(
    ("day", "next_"),
    [("2026-01-31", "2026-02-28"), ("2027-12-31", "2028-01-31"), ("2028-01-30",) * 2],
)
def test_a_month_ends_on_the_same_day_or_the_last(day: str, next_: str) -> None:
    expected = "2028-02-29" if day == next_ else next_
    assert pausing.month_after(date.fromisoformat(day)) == date.fromisoformat(expected)


# --- a language -----------------------------------------------------------------------


def test_a_reader_chooses_a_language_and_the_page_speaks_it(
    page: Page, project: Project
) -> None:
    assert '<option value="de" lang="de">Deutsch</option>' in page.text()
    page.press("save", list="weekly", language="de")
    reader = project.books.subscribers.find(ADDRESS)
    assert reader
    assert (reader.language, reader.lists) == ("de", ("weekly",))
    shown = page.text("fr")
    assert '<html lang="de"' in shown
    assert '<option value="de" lang="de" selected>' in shown
    page.press("save", list="weekly", language="any")
    assert '<html lang="fr"' in page.text("fr")


@pytest.mark.parametrize("language", ["xx", "tlh-Latn", "<script>", "EN", "\0"])
def test_a_language_that_there_is_not_changes_nothing(
    page: Page, project: Project, language: str
) -> None:
    page.press("save", list="weekly", language="it")
    page.press("save", list="weekly", language=language)
    reader = project.books.subscribers.find(ADDRESS)
    assert reader
    assert reader.language == "it"


def test_a_language_that_the_pages_do_not_speak_is_kept(
    page: Page, project: Project
) -> None:
    project.books.subscribers.prefer(ADDRESS, language="nap")
    assert '<option value="nap" lang="nap" selected>' in page.text()
    page.press("save", list="weekly", language="nap")
    reader = project.books.subscribers.find(ADDRESS)
    assert reader
    assert reader.language == "nap"


def test_a_form_without_a_language_leaves_it_as_it_is(
    page: Page, project: Project
) -> None:
    project.books.subscribers.prefer(ADDRESS, language="it")
    page.press("leave")
    reader = project.books.subscribers.find(ADDRESS)
    assert reader
    assert (reader.language, reader.lists) == ("it", ())


# --- a time zone ----------------------------------------------------------------------


def zone_of(project: Project) -> str:
    reader = project.books.subscribers.find(ADDRESS)
    assert reader
    return reader.timezone


def test_a_reader_chooses_a_time_zone_by_the_name_of_its_city(
    page: Page, project: Project
) -> None:
    shown = page.text("de")
    assert '<optgroup label="Europa">' in shown
    assert '<option value="Europe/Rome">Rom</option>' in shown
    page.press("save", list="weekly", timezone="Europe/Rome")
    assert zone_of(project) == "Europe/Rome"
    assert '<option value="Europe/Rome" selected>' in page.text()
    page.press("save", list="weekly")
    assert zone_of(project) == "Europe/Rome", "a form without it leaves it"
    page.press("save", list="weekly", timezone="any")
    assert zone_of(project) == ""


@pytest.mark.parametrize("zone", ["Indian/Maldives", "America/Boise", "UTC"])
def test_a_zone_that_is_not_offered_to_all_is_kept(
    page: Page, project: Project, zone: str
) -> None:
    project.books.subscribers.prefer(ADDRESS, timezone=zone)
    assert f'<option value="{zone}" selected>' in page.text()
    page.press("save", list="weekly", timezone=zone)
    assert zone_of(project) == zone


@pytest.mark.parametrize(
    "zone", ["Europe/Rom", "../etc/passwd", "Europe", "\0", "GMT+1"]
)
def test_a_zone_that_there_is_not_changes_nothing(
    page: Page, project: Project, zone: str
) -> None:
    page.press("save", list="weekly", timezone="Asia/Tokyo")
    page.press("save", list="weekly", timezone=zone)
    assert zone_of(project) == "Asia/Tokyo"


def test_all_that_is_known_of_a_reader_has_what_they_chose(
    page: Page, project: Project
) -> None:
    page.press("save", list="weekly", timezone="Asia/Tokyo", language="fr")
    known = project.books.consents.everything(ADDRESS)
    assert (known["timezone"], known["language"]) == ("Asia/Tokyo", "fr")


# --- every language -------------------------------------------------------------------


def sentences() -> set[str]:
    pages: Path = files.shipped("templates") / "web" / "pages"
    return {
        sentence
        for page in pages.glob("*.j2")
        for sentence in re.findall(r'\b_\("([^"]+)"\)', page.read_text())
    }


@pytest.mark.parametrize("language", ["it", "es", "fr", "de", "ar"])
def test_every_sentence_of_the_pages_is_translated(language: str) -> None:
    known = catalog(language, [files.shipped("templates") / "web"])
    assert sentences() - known.keys() == set()
