"""Reading places: a folder of any mix, the web, and everything that can be wrong."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from responses import RequestsMock

from publisher.errors import SourceError
from publisher.sources import FetchRules, read, read_all

MARKDOWN = "---\ntitle: First light\ntags: [sea]\n---\n\nThe lamp was lit at dusk.\n"
PLAIN = "What now?\n\nThe boats came home by it, one after the other.\n\n#sea#storm\n"
HTML = "<title>Gale</title><article><p>The wind is up in the harbour.</p></article>"
RSS = (
    "<rss><channel><title>The Lantern</title>"
    "<item><title>Soup</title><description>It is hot.</description></item>"
    "<item><title>Shelf</title><description>It is wet.</description></item>"
    "</channel></rss>"
)
JSON = (
    '{"version": "https://jsonfeed.org/version/1.1", "title": "The Lantern",'
    ' "items": [{"id": "1", "title": "Rope", "content_text": "A knot."}]}'
)
URL = "https://lantern.example.org/"


class Folder:
    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, name: str, content: str | bytes) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = content.encode() if isinstance(content, str) else content
        path.write_bytes(data)

    def read(self) -> tuple[list[str], list[str]]:
        found, errors = read_all(["articles"], root=self.root)
        for error in errors:
            assert "\n" not in str(error)
        return [one.slug for one in found], [str(error) for error in errors]

    def line(self, name: str) -> str:
        with pytest.raises(SourceError) as caught:
            read(name, root=self.root)
        return str(caught.value)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def mix(folder: Folder) -> Folder:
    folder.write("articles/a.md", MARKDOWN)
    folder.write("articles/b.txt", PLAIN)
    folder.write("articles/deep/c.html", HTML)
    folder.write("articles/d.xml", RSS)
    folder.write("articles/e.json", JSON)
    folder.write("articles/picture.png", b"\x89PNG\r\n\x1a\n\x00")
    folder.write("articles/_drafts/f.md", MARKDOWN)
    folder.write("articles/.hidden.md", MARKDOWN)
    return folder


SLUGS = ["a", "what-now", "soup", "shelf", "c", "rope"]


def test_a_folder_may_hold_any_mix(mix: Folder) -> None:
    slugs, errors = mix.read()
    assert sorted(slugs) == sorted(SLUGS)
    assert errors == []


BAD: dict[str, tuple[str | bytes, str]] = {
    "empty.md": ("", "articles/empty.md:1: is empty"),
    "blank.txt": (" \n\ufeff\n", "articles/blank.txt:1: is empty"),
    "binary.md": (b"\x89PNG\r\n\x1a\n\x00\x01", "articles/binary.md: is not a text"),
    "binary.html": (b"MZ\x00\x01", "articles/binary.html: is not a text"),
    "latin.md": (b"One\ncaf\xe9\n", "articles/latin.md:2: byte 0xE9 is not UTF-8"),
    "yaml.md": (
        "---\ntitle: A\ntags: [a\n---\nx",
        "articles/yaml.md:3:7: the bracket [ is never closed",
    ),
    "date.md": (
        "---\ntitle: A\ndate: soon\n---\nx",
        "articles/date.md:3: date: 'soon' is not a date",
    ),
    "feed.xml": ("<rss>\n<channel>", "articles/feed.xml:2:10: is not a well-formed"),
    "feed.json": ('{"a":\n}', "articles/feed.json:2:1: the JSON is broken"),
    "page.html": ("<script>x</script>", "articles/page.html: has no text that could"),
}


@pytest.mark.parametrize("name", BAD)
def test_one_bad_file_is_one_line_and_hides_no_other(mix: Folder, name: str) -> None:
    content, line = BAD[name]
    mix.write(f"articles/{name}", content)
    slugs, errors = mix.read()
    assert sorted(slugs) == sorted(SLUGS)
    assert len(errors) == 1
    assert errors[0].startswith(line)
    assert mix.line(f"articles/{name}").startswith(line)


def test_fifty_megabytes_are_refused_without_being_read(mix: Folder) -> None:
    for name in ("big.md", "big.html"):
        mix.write(f"articles/{name}", "")
        os.truncate(mix.root / "articles" / name, 50_000_000)
    slugs, errors = mix.read()
    assert sorted(slugs) == sorted(SLUGS)
    assert [error.partition(";")[0] for error in errors] == [
        "articles/big.html: is 50 MB",
        "articles/big.md: is 50 MB",
    ]


def test_a_page_may_say_its_own_letters(folder: Folder) -> None:
    page = '<meta charset="windows-1252"><title>Caffè</title><p>È “pronto”.</p>'
    folder.write("a.html", page.encode("cp1252"))
    (found,) = read("a.html", root=folder.root)
    assert (found.title, found.text) == ("Caffè", "È “pronto”.")
    feed = f'<?xml version="1.0" encoding="iso-8859-15"?>\n{RSS}'.replace("hot", "è €")
    folder.write("b.xml", feed.encode("iso-8859-15"))
    assert read("b.xml", root=folder.root)[0].text == "It is è €."


def test_line_ends_of_windows_are_no_text(folder: Folder) -> None:
    folder.write("a.md", "\ufeff" + MARKDOWN.replace("\n", "\r\n"))
    (found,) = read("a.md", root=folder.root)
    assert (found.title, found.text) == ("First light", "The lamp was lit at dusk.")


def test_what_is_not_there_is_told(folder: Folder) -> None:
    folder.write("articles/first-light.md", MARKDOWN)
    line = folder.line("articles/first-lihgt.md")
    assert "first-light.md" in line
    found, errors = read_all(["articles", "essays"], root=folder.root)
    assert len(found) == 1
    assert str(errors[0]).startswith("essays: there is no such file or folder")


def test_a_slug_that_two_files_have_is_told(folder: Folder) -> None:
    folder.write("articles/a.md", MARKDOWN)
    folder.write("articles/b.md", MARKDOWN.replace("tags", "slug: a\ntags"))
    slugs, errors = folder.read()
    assert slugs == ["a"]
    assert errors[0].startswith("articles/b.md: has the slug 'a', as articles/a.md has")


# --- the web -------------------------------------------------------------------------


@pytest.fixture
def web() -> Iterator[RequestsMock]:
    with RequestsMock() as mock:
        yield mock


@pytest.mark.parametrize(
    ("body", "kind", "slugs"),
    [
        (HTML, "text/html", ["gale"]),
        (RSS, "application/rss+xml", ["soup", "shelf"]),
        (RSS, "text/html", ["soup", "shelf"]),
        (JSON, "application/feed+json", ["rope"]),
        (MARKDOWN, "text/markdown", ["first-light"]),
        (PLAIN, "text/plain", ["what-now"]),
    ],
)
def test_an_address_is_read_by_what_it_answers(
    web: RequestsMock, tmp_path: Path, body: str, kind: str, slugs: list[str]
) -> None:
    web.get(URL, body=body, content_type=kind)
    found = read(URL, root=tmp_path)
    assert [one.slug for one in found] == slugs
    assert {one.source for one in found} == {URL}


def test_an_address_that_fails_is_one_line(mix: Folder, web: RequestsMock) -> None:
    web.get(URL, status=404)
    found, errors = read_all([URL, "articles"], root=mix.root)
    assert len(found) == len(SLUGS)
    assert [str(error) for error in errors] == [f"{URL}: answered 404"]


def test_the_rules_of_fetching_hold(tmp_path: Path, web: RequestsMock) -> None:
    web.get(URL, body=HTML, headers={"ETag": '"one"'})
    rules = FetchRules(max_bytes=10)
    with pytest.raises(SourceError, match="is larger than"):
        read(URL, root=tmp_path, rules=rules)
    rules = FetchRules(cache=tmp_path / "cache")
    (first,) = read(URL, root=tmp_path, rules=rules)
    web.replace("GET", URL, status=304)
    assert read(URL, root=tmp_path, rules=rules) == [first]


def test_a_private_address_is_refused_unless_allowed(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is at a private address") as caught:
        read("http://me:s3cret@127.0.0.1:9/?key=k3y", root=tmp_path)
    assert "s3cret" not in str(caught.value)
    assert "k3y" not in str(caught.value)
    rules = FetchRules(allow_private=True)
    with pytest.raises(SourceError, match="cannot be reached: connection refused"):
        read("http://127.0.0.1:9/", root=tmp_path, rules=rules)
