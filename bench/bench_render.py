"""How much cheaper merging is than rendering, and our MIME than the standard one.

Absolute numbers say little on a shared machine; the ratios are from one run.
Run: .venv/bin/python bench/bench_render.py
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from time import perf_counter

from publisher import files, merge, mime
from publisher.models import Article, Email, Issue, Mailbox, Site, Subscriber
from publisher.render import Templates

READERS = 300
SITE = Site(
    name="The Lantern",
    url="https://example.org/",
    sender=Mailbox("letters@example.org", "The Lantern"),
    postal_address="7 Harbour Steps, Genova",
)
ISSUE = Issue(
    id="weekly/7",
    campaign="weekly",
    number=7,
    articles=(),
    planned_at=datetime(2026, 11, 22, tzinfo=UTC),
)
PARAGRAPH = "Salt, light and the long way home — a keeper's notes. " * 12
ARTICLES = [
    Article(
        title=f"Letter {number} from the harbour",
        slug=f"letter-{number}",
        html=f"<p>{PARAGRAPH}</p>" * 8,
        text=f"{PARAGRAPH}\n\n" * 8,
        summary=PARAGRAPH[:180],
    )
    for number in range(10)
]
PEOPLE = [
    Subscriber(address=f"reader{number}@example.org", name=f"Reader {number}")
    for number in range(READERS)
]


def per_second(work: Callable[[Subscriber], object], people: list[Subscriber]) -> float:
    """Return how many readers a second get their letter; the best of three runs."""
    best = 0.0
    for _ in range(3):
        began = perf_counter()
        for reader in people:
            work(reader)
        best = max(best, len(people) / (perf_counter() - began))
    return best


def merged(reader: Subscriber) -> Email:
    return merge.email(
        MAILING,
        key=f"weekly/7/smtp/{reader.name}",
        reader=reader,
        links={"unsubscribe_url": f"https://example.org/out/{reader.name[7:]}"},
    )


def rendered(reader: Subscriber) -> object:
    """Render for this one reader, as plain Jinja does: compiled once, run each time."""
    return PLAIN.letter("digest", articles=ARTICLES, issue=ISSUE).draft(reader)


def standard(email: Email) -> EmailMessage:
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = Address(email.sender.name, addr_spec=email.sender.address)
    message["To"] = Address(email.recipient.name, addr_spec=email.recipient.address)
    message["Subject"] = email.subject
    message["Message-ID"] = f"<{email.message_id}>"
    for name, value in email.headers.items():
        message[name] = value
    message.set_content(email.text)
    message.add_alternative(email.html, subtype="html")
    return message


def by_standard(_: Subscriber) -> bytes:
    return standard(merged(PEOPLE[0])).as_bytes()


PLAIN = Templates((files.shipped("templates"),), site=SITE)
LETTER = PLAIN.letter("digest", articles=ARTICLES, issue=ISSUE)
MAILING = merge.mailing(
    LETTER.draft(PEOPLE[0]), site=SITE, issue=ISSUE, list_name="weekly"
)


def main() -> None:
    first = merged(PEOPLE[0])
    size = len(mime.encode(first))
    print(f"one digest: {len(ARTICLES)} articles, {size:,} bytes encoded")
    rows = (
        ("merge (slots filled)", per_second(merged, PEOPLE)),
        ("render for each reader", per_second(rendered, PEOPLE[:20])),
        ("mime.encode", per_second(lambda _: mime.encode(first), PEOPLE)),
        ("EmailMessage.as_bytes", per_second(by_standard, PEOPLE[:20])),
    )
    for name, rate in rows:
        print(f"{name:24} {rate:10,.0f} a second")
    print(f"merging is {rows[0][1] / rows[1][1]:,.0f} times as fast as rendering")
    print(f"our MIME is {rows[2][1] / rows[3][1]:,.1f} times as fast as the standard's")


if __name__ == "__main__":
    main()
