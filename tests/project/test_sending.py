"""Addressing: many messages at once are those of each alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from publisher.models import Delivery
from publisher.project import Project
from publisher.project.sending import Addressing

if TYPE_CHECKING:
    from tests.conftest import Letters

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def test_messages_made_together_are_those_of_each_alone(letters: Letters) -> None:
    with Project(letters.root, environ={}, clock=lambda: NOW) as project:
        people = project.books.subscribers
        ana = people.add("ana@example.org", name="Ana", lists=["weekly"], now=NOW)
        plan = project.plan("weekly")
        issue = plan.issue
        addressing = Addressing(project, issue, plan.drafts)
        drafts = sorted(plan.drafts, key=lambda name: plan.drafts[name].kind)

        def delivery(draft: str, address: str) -> Delivery:
            return Delivery(
                key=f"{issue.id}/{draft}/{address}",
                issue=issue.id,
                channel="x",
                draft=draft,
                recipient=address,
                reader=ana if address == ana.address else None,
            )

        addresses = ["ana@example.org", "stranger@example.org"]
        for several in (drafts[:1], drafts):
            rows = [delivery(one, to) for one in several for to in addresses]
            alone = [addressing.message(row) for row in rows]
            assert addressing.messages(rows) == alone
