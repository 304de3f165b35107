"""`publisher segments`: questions with their counts, and why somebody is in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Run


@pytest.fixture
def asked(run: Run) -> Run:
    path = run.root / "publisher.yaml"
    text = path.read_text(encoding="utf-8")
    saved = '\nsegments:\n  vips: "list = weekly and tag = vip"\n'
    path.write_text(text + saved, encoding="utf-8")
    run("subscribers", "add", "vera@example.org", "--list", "weekly")
    run("subscribers", "tag", "vera@example.org", "vip")
    assert run.err == "tags: vip\n"
    return run


def test_saved_questions_are_listed_with_their_counts(asked: Run) -> None:
    assert json.loads(asked("segments", "--json")) == [
        {"name": "vips", "question": "list = weekly and tag = vip", "count": 1}
    ]
    assert "vips" in asked("segments")


def test_one_question_says_why_a_reader_is_in(asked: Run) -> None:
    found = asked("segments", "show", "vips", "--why", "vera@example.org", "--json")
    assert json.loads(found)["why"] == [
        {"condition": "list = weekly", "holds": True},
        {"condition": "tag = vip", "holds": True},
        {"condition": "not suppressed", "holds": True},
        {"condition": "is in it", "holds": True},
    ]
    assert asked("segments", "show", "tag=vip") == ""
    assert asked.err == "tag = vip\n1 reader\n"
    asked("subscribers", "show", "vera@example.org")
    assert "tags: vip" in asked.err
    asked("subscribers", "untag", "vera@example.org", "vip")
    assert asked.err == "tags: none\n"


def test_what_cannot_be_answered_is_one_line(asked: Run) -> None:
    asked("segments", "show", "vip", code=1)
    assert asked.err == 'error: there is no segment "vip". Did you mean vips?\n'
    asked("segments", "show", "tga = vip", code=1)
    assert asked.err == "error: unknown field `tga` [column 1]. Try: tag\n"
    path = asked.root / "publisher.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("tag = vip", "tag vip"), encoding="utf-8")
    asked("segments", code=1)
    broken = path.read_text(encoding="utf-8").partition('vip"')[0].split("\n")
    place = f"publisher.yaml:{len(broken)}:{len(broken[-1]) + 1}: "
    assert asked.err.startswith(f"error: {place}")
    assert "expected a comparison and not `vip`" in asked.err
