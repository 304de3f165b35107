"""The same campaign through every provider: equal letters for equal readers."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from publisher.project import Project
from publisher.project.rehearsing import MADE_UP, NAMES, rehearse
from publisher.rehearsal import Call
from tests.doubles.double import Double
from tests.doubles.letters import READERS, Letter

READERS_COUNT = len(NAMES) + 1
needs_boto = pytest.mark.skipif(
    find_spec("boto3") is None, reason="boto3, of the extra ses, is not installed"
)
OTHERS = [
    pytest.param(one, marks=needs_boto) if one == "ses" else one
    for one in READERS
    if one != "smtp"
]


def letters_through(
    provider: str, project: Project, specs: Path | None = None
) -> list[Letter]:
    """Rehearse, and return what each reader gets; nothing may be wrong with it."""
    double = Double(provider, specs, MADE_UP)
    ended = rehearse(
        project, "weekly", readers=READERS_COUNT, through=provider, witness=double
    )
    assert double.problems == []
    assert ended.is_good
    return sorted(double.letters, key=lambda one: one.reader)


@pytest.fixture(scope="module")
def by_mail(project: Project) -> list[Letter]:
    """What each reader gets through a mail server: whole messages, made here."""
    return letters_through("smtp", project)


def test_a_letter_by_mail_has_all_that_was_written(by_mail: list[Letter]) -> None:
    assert [one.name for one in by_mail] == [*NAMES, NAMES[0]]
    for one in by_mail:
        assert "Braces {{ x }} & “quotes” 🎈 ضوء" in one.subject
        words = "".join(part for part in one.page if isinstance(part, str))
        for sign in ("{{{ z }}}", "%recipient.x% [[var:y]]", "{% if a %}, <%b%> {#c#}"):
            assert sign in one.text
            assert sign in words
        link, mail = re.findall("<([^>]+)>", one.headers["list-unsubscribe"])
        assert mail.startswith("mailto:letters@example.org?subject=")
        assert link in one.text
        assert f'href="{link}"' in one.html
    assert len({one.headers["list-unsubscribe"] for one in by_mail}) == len(by_mail)


@pytest.mark.parametrize("provider", OTHERS)
def test_every_provider_makes_the_same_letters(
    project: Project, by_mail: list[Letter], provider: str
) -> None:
    assert letters_through(provider, project) == by_mail


@pytest.mark.parametrize("provider", [*OTHERS, "mastodon", "bluesky", "webhook", "x"])
def test_every_call_fits_its_providers_document(
    project: Project, specs: Path, provider: str
) -> None:
    letters_through(provider, project, specs)


# --- the double itself ----------------------------------------------------------------


def call_of(body: bytes) -> Call:
    headers = {"content-type": "application/json", "x-postmark-server-token": "t"}
    return Call("POST", "/email/batch", headers, body)


ONE = (
    b'{"From":"a@example.org","To":"%s@example.net","Subject":"s","TextBody":"%s",'
    b'"HtmlBody":"<p>x</p>","Headers":[],"Metadata":{"delivery":"mark-%s"}%s}'
)


@pytest.mark.parametrize(
    ("more", "what"),
    [
        (ONE % (b"ada", b"hello", b"ada", b""), "two readers have the same reader"),
        (
            ONE % (b"ben", b"ada@example.net", b"ben", b""),
            "reader 1 sees the reader of",
        ),
        (ONE % (b"ben", b"hello", b"ben", b',"Cc":"cyd@example.net"'), "there is cc"),
        (ONE % (b"ben", b"hello", b"ben", b',"Subjekt":"s"'), "Subjekt is unknown"),
        (ONE % (b"ben", b"hello", b"ben", b',"Tag":7'), "7 is not"),
        (b"7", "cannot be read"),
    ],
)
def test_the_double_finds_what_is_wrong(specs: Path, more: bytes, what: str) -> None:
    double = Double("postmark", specs)
    first = ONE % (b"ada", b"hello", b"ada", b"")
    double(call_of(b"[" + first + b"," + ONE % (b"ben", b"", b"ben", b"") + b"]"))
    assert double.problems == []
    double(call_of(b"[" + first + b"," + more + b"]"))
    assert what in "\n".join(double.problems)


def test_the_double_knows_who_calls(specs: Path) -> None:
    double = Double("postmark", specs)
    double(Call("PUT", "/email", {}, b"[]"))
    assert double.form == [
        "PUT /email",
        "header content-type",
        "header x-postmark-server-token",
        "$: [] should be non-empty",
        "0 readers and 2 bytes",
    ]
