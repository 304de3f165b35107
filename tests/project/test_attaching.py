"""Files that travel with an email: found, frozen with the plan, and kept until sent."""

from __future__ import annotations

from email import message_from_bytes, policy
from pathlib import Path

import pytest

from publisher.errors import ConfigError
from publisher.models import EmailDraft
from publisher.project import Project
from publisher.project.attaching import media_type
from tests.conftest import Letters

SCHEDULE = """\
articles: {since: always}
email: {list: weekly, attachments: [%s]}
"""
TEMPLATE = """\
<html lang="en"><body><img src="cid:lamp.png" alt="A lamp" role="presentation">
<p style="background: url('cid:sea.png')">{{ article.title }} is not cid:lamp.pngs</p>
<a href="{{ unsubscribe_url }}">out</a> {{ site.postal_address }}</body></html>
"""


@pytest.fixture
def project(letters: Letters) -> Project:
    letters.write("schedules/note.yaml", SCHEDULE % "files/report.pdf")
    letters.write("files/report.pdf", "%PDF-1.4 one")
    opened = Project(letters.root)
    people = opened.books.subscribers
    people.add("ada@readers.example.org", lists=["weekly"], now=opened.clock())
    return opened


def files_of(path: Path) -> dict[str, bytes]:
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    return {
        str(one.get_filename()): bytes(one.get_content())
        for one in message.iter_attachments()
    }


def test_a_file_of_the_project_goes_with_the_email(
    project: Project, letters: Letters
) -> None:
    plan = project.plan("note")
    (draft,) = plan.drafts.values()
    assert isinstance(draft, EmailDraft)
    (file,) = draft.attachments
    assert (file.name, file.media_type, file.size) == (
        "report.pdf",
        "application/pdf",
        12,
    )
    project.send(plan)
    (sent,) = letters.messages()
    assert files_of(sent) == {"report.pdf": b"%PDF-1.4 one"}


def test_another_content_is_another_draft_and_another_plan(
    project: Project, letters: Letters
) -> None:
    before = project.plan("note")
    letters.write("files/report.pdf", "%PDF-1.4 two")
    after = project.plan("note")
    assert before.drafts.keys().isdisjoint(after.drafts)
    assert before.hash != after.hash


def test_an_issue_that_goes_on_sends_the_file_as_it_was(
    project: Project, letters: Letters
) -> None:
    project.send(project.plan("note"), stop=lambda: True)
    assert letters.messages() == []
    (letters.root / "files/report.pdf").unlink()
    with Project(letters.root) as later:
        later.send(later.plan("note/1"))
    (sent,) = letters.messages()
    assert files_of(sent) == {"report.pdf": b"%PDF-1.4 one"}


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("files/none.pdf", "the attachment files/none.pdf: there is no such file"),
        ("../other.pdf", "../other.pdf is outside of it"),
        ("files/empty.pdf", "the attachment files/empty.pdf is empty"),
        ("files", "the attachment files:"),
        ("files/report.pdf, more/report.pdf", "two attachments are called report.pdf"),
        ("files/huge.bin", "the attachment files/huge.bin"),
        ("files/half.bin, files/other.bin", "more than 25 MB together"),
    ],
)
def test_a_file_that_cannot_go_is_named_with_its_schedule(
    project: Project, letters: Letters, path: str, said: str
) -> None:
    letters.write("files/empty.pdf", "")
    letters.write("more/report.pdf", "another")
    for name, size in (("huge", 26_000_000), ("half", 13_000_000), ("other", 1.3e7)):
        with (letters.root / f"files/{name}.bin").open("wb") as file:
            file.truncate(int(size))
    letters.write("schedules/note.yaml", SCHEDULE % path)
    with Project(letters.root) as anew, pytest.raises(ConfigError) as caught:
        anew.plan("note")
    assert caught.value.where == "schedules/note.yaml"
    assert said in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize("path", ["/etc/hostname", "C:/report.pdf"])
def test_a_schedule_names_no_place_of_one_machine(letters: Letters, path: str) -> None:
    letters.write("schedules/note.yaml", SCHEDULE % f'"{path}"')
    with Project(letters.root) as project, pytest.raises(ConfigError) as caught:
        project.plan("note")
    assert "is a place of this machine only" in str(caught.value)


def test_what_the_page_shows_by_name_is_an_image_of_it(
    project: Project, letters: Letters
) -> None:
    letters.write("templates/email/lit.html.j2", TEMPLATE)
    letters.write("templates/email/lit.txt.j2", "{{ unsubscribe_url }}")
    names = ("lamp.png", "sea.png", "lamp.pngs")
    for name in names:
        letters.write(f"files/{name}", name)
    paths = ", ".join(f"files/{name}" for name in names)
    text = (SCHEDULE % paths).replace("list:", "template: lit, list:")
    letters.write("schedules/note.yaml", text)
    with Project(letters.root) as anew:
        _, shown = anew.preview("note")
        draft = shown[0].draft
        assert isinstance(draft, EmailDraft)
        found = {one.name: one.content_id for one in draft.attachments}
        assert found == {"lamp.png": "lamp.png", "sea.png": "sea.png", "lamp.pngs": ""}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.PNG", "image/png"),
        ("a.tar.gz", "application/gzip"),
        ("a.b.ics", "text/calendar"),
        ("notes", "application/octet-stream"),
        ("a.unknown", "application/octet-stream"),
    ],
)
def test_a_name_has_one_type_on_every_machine(name: str, kind: str) -> None:
    assert media_type(name) == kind
