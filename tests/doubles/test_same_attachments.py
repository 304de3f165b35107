"""What travels with a letter, through every provider: the same files, whole."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from publisher.errors import CheckFailed
from publisher.project import Project
from publisher.project.rehearsing import MADE_UP, rehearse
from publisher.rehearsal import Faults
from tests.conftest import Letters
from tests.doubles.conftest import ARTICLE, SCHEDULE, SIGNED
from tests.doubles.double import Double
from tests.doubles.letters import READERS, File, Letter

needs_boto = pytest.mark.skipif(
    find_spec("boto3") is None, reason="boto3, of the extra ses, is not installed"
)
PROVIDERS = [
    pytest.param(one, marks=needs_boto) if one == "ses" else one for one in READERS
]
# One pixel.
PNG = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAA"
    "AABJRU5ErkJggg=="
)
REPORT = b"%PDF-1.4 " + bytes(range(256)) * 40 + b"\r\n--publisher-\r\n"
TEMPLATE = """\
<html lang="{{ language }}"><body><img src="cid:lamp.png" alt="A lamp">
<h1>{{ article.title }}</h1>{{ article.html }}
<a href="{{ unsubscribe_url }}">out</a> {{ site.postal_address }}</body></html>
"""
TEXT = """\
{% set preheader %}{{ article.summary }}{% endset %}
{{ article.text }}
{{ unsubscribe_url }} {{ site.postal_address }}
"""


@pytest.fixture(scope="module")
def attached(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project with a letter that carries two files, and one that shows another."""
    letters = Letters(tmp_path_factory.mktemp("attached"))
    text = (letters.root / "publisher.yaml").read_text()
    letters.write("publisher.yaml", text.replace("site:", SIGNED, 1))
    for path in (letters.root / "articles").iterdir():
        path.unlink()
    letters.write("articles/braces.md", ARTICLE)
    letters.write("templates/email/lit.html.j2", TEMPLATE)
    letters.write("templates/email/lit.txt.j2", TEXT)
    for name, content in (("lamp.png", PNG), ("Jahresbericht – 2026.pdf", REPORT)):
        path = letters.root / "files" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    start = SCHEDULE.partition("posts:")[0].rstrip()
    files = '["files/Jahresbericht – 2026.pdf", files/lamp.png]'
    letters.write("schedules/weekly.yaml", f"{start}\n  attachments: {files}\n")
    lit = start.replace("template: digest", "template: lit")
    letters.write("schedules/lit.yaml", f"{lit}\n  attachments: {files}\n")
    with Project(letters.root, environ={}) as opened:
        yield opened


def sent(
    project: Project,
    campaign: str,
    provider: str,
    specs: Path | None,
    faults: Faults | None = None,
) -> list[Letter]:
    double = Double(provider, specs, MADE_UP)
    ended = rehearse(
        project,
        campaign,
        readers=5,
        through=provider,
        witness=double,
        faults=faults,
    )
    assert double.problems == []
    assert ended.is_good
    return double.letters


WHOLE: File = ("Jahresbericht – 2026.pdf", "", REPORT)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_each_reader_gets_the_files_that_are_attached(
    attached: Project, provider: str
) -> None:
    letters = sent(attached, "weekly", provider, None)
    assert len(letters) == 5
    for one in letters:
        assert one.files == (WHOLE, ("lamp.png", "", PNG))


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_page_shows_the_image_that_travels_with_it(
    attached: Project, provider: str
) -> None:
    if provider == "brevo":
        with pytest.raises(CheckFailed, match=r"brevo cannot show lamp\.png"):
            sent(attached, "lit", provider, None)
        return
    letters = sent(attached, "lit", provider, None)
    assert len(letters) == 5
    for one in letters:
        assert one.files == (WHOLE, ("lamp.png", "lamp.png", PNG))
        assert 'src="cid:lamp.png"' in one.html


@pytest.mark.parametrize("provider", [one for one in PROVIDERS if one != "smtp"])
def test_attachments_fit_the_providers_document(
    attached: Project, specs: Path, provider: str
) -> None:
    sent(attached, "weekly" if provider == "brevo" else "lit", provider, specs)
