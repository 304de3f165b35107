"""A folder whose article is full of other programs' template signs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from publisher.project import Project
from tests.conftest import Letters

SIGNED = "site:\n  unsubscribe_url: https://lantern.example.org/out/{token}"
# One article, so that each network gets one post.
SCHEDULE = """\
when: Fri 08:00
articles: {since: always, at_most: 1}
email:
  template: digest
  list: weekly
  subject: "{{ articles[0].title }}, {{ subscriber.first_name | default('reader') }}"
posts: [{template: announcement, through: [mastodon, bluesky, webhook, x]}]
"""
ARTICLE = """\
---
title: "Braces {{ x }} & “quotes” 🎈 ضوء"
date: 2026-11-20
tags: [code]
canonical: https://lantern.example.org/braces
summary: "What {{{ z }}} and %recipient.x% [[var:y]] mean; {% if a %}, <%b%> {#c#}"
---

Templates are written as `{{ x }}`, `{{{ pm:unsubscribe }}}`, `{% for %}`, `{# note #}`,
`%recipient.name%`, `%unsubscribe_url%`, `[[var:name]]`, `-name-`, `{{#if y}}` and `}}`.

لماذا تومض المنارة؟ “Because”, said 👨‍👩‍👧‍👦, "it = must" & <does>.
"""


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project with one campaign and one article, and with books for many threads."""
    letters = Letters(tmp_path_factory.mktemp("golden"))
    text = (letters.root / "publisher.yaml").read_text()
    letters.write("publisher.yaml", text.replace("site:", SIGNED, 1))
    letters.write("schedules/weekly.yaml", SCHEDULE)
    for path in (letters.root / "articles").iterdir():
        path.unlink()
    letters.write("articles/braces.md", ARTICLE)
    with Project(letters.root, environ={}) as opened:
        yield opened
