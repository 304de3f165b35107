"""How many readers a second a batch API is given: ours, and a plain `requests` loop.

A digest of 62 KB with ten slots, merged for each reader, to a server on loopback that
answers as each provider does and keeps nothing (http_sink.c). The baseline makes the
same calls of dicts with `json.dumps`: one mailing, its readers' values beside it. For
providers without merge data it fills each whole message and dumps it. With the ledger,
readers come from the books and each delivery is claimed and settled. Each sender is a
process of its own; the ratios are from one run.
Run: .venv/bin/python bench/bench_batches.py [how many thousands]
"""

from __future__ import annotations

import html
import json
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from time import perf_counter, process_time, sleep
from typing import Any, TypeAlias

from publisher import merge, tokens
from publisher.models import (
    Audience,
    Channel,
    Delivery,
    Email,
    EmailDraft,
    Issue,
    Mailbox,
    Mailing,
    Message,
    Receipt,
    Site,
    Slot,
    Subscriber,
)
from publisher.providers import Secret, known
from publisher.sender import deliver
from publisher.store import Books, open_books

HERE = Path(__file__).parent
SECRET = "a secret of the bench"
SITE = Site(
    name="The Lantern",
    sender=Mailbox("letters@example.org", "The Lantern"),
    unsubscribe_url="https://example.org/out/{token}",
)
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
ISSUE = Issue(id="w/7", campaign="w", number=7, articles=("a",), planned_at=NOW)
SENTENCE = "Salt, light and the long way home — a keeper's notes from the café. "
PAGE = (
    '<tr><td style="padding: 12px 24px; font-family: Georgia, serif; color: #222">'
    f'<p style="margin: 0 0 16px">{SENTENCE * 4}</p></td></tr>\n'
)
FIELDS = [f"field{number}" for number in range(5)]
HTML = (
    *("<p>Hi ", Slot("subscriber.first_name", "html", "there"), f"</p>{PAGE * 80}"),
    *(part for name in FIELDS for part in (Slot(f"subscriber.{name}", "html"), PAGE)),
    *(PAGE * 78, '<a href="', Slot("unsubscribe_url", "html"), '">Leave</a>'),
)
TEXT = (
    *("Hi ", Slot("subscriber.first_name", "text", "there"), f"\n{SENTENCE * 160}\n"),
    *("Leave: ", Slot("unsubscribe_url", "text"), "\n"),
)
SUBJECT = ("For ", Slot("subscriber.first_name", "header", "you"), ": salt and light")
DRAFT = EmailDraft(template="digest", subject=SUBJECT, html=HTML, text=TEXT)
MERGED = {"mailgun": 500, "sendgrid": 500, "sparkpost": 500}  # and readers in a call
WHOLE = {"postmark": 200, "resend": 100, "brevo": 200, "mailtrap": 200, "mailjet": 50}
Row: TypeAlias = tuple[int, str, str, str, str]
Values: TypeAlias = dict[Slot, str]


def row(number: int) -> Row:
    """Return a reader as the books hold them."""
    own = {name: f"a{number}-{name}/x" for name in FIELDS}
    address, name = f"reader{number}@example.org", f"Reader{number} Marsh"
    return number, address, name, "en", json.dumps(own)


# --- ours ----------------------------------------------------------------------------


def reader(found: Row) -> Subscriber:
    number, address, name, language, own = found
    return Subscriber(
        id=number,
        address=address,
        name=name,
        language=language,
        lists=("weekly",),
        attributes=json.loads(own),
    )


def way_out(found: Subscriber) -> str:
    return tokens.unsubscribe_url(
        SITE, secret=SECRET, address=found.address, list_name="weekly"
    )


def emails(
    shared: Mailing, people: Sequence[Subscriber], urls: Sequence[str]
) -> list[Email]:
    keys = [f"w/7/mail/{one.id:032}" for one in people]
    return merge.emails(
        shared, keys=keys, readers=people, links={"unsubscribe_url": urls}
    )


def mailing() -> Mailing:
    return merge.mailing(DRAFT, site=SITE, issue=ISSUE, list_name="weekly")


def provider(name: str, port: int) -> Any:
    own = {"token": Secret("t0ken"), "domain": "mg.example.org"}
    own |= {
        "key": Secret("k"),
        "secret": Secret("s"),
        "url": f"http://127.0.0.1:{port}",
    }
    kind = known()[name]
    return kind(**{one: own[one] for one in own if one in kind.__dataclass_fields__})


def by_us(name: str, port: int, rows: list[Row]) -> None:
    count = len(rows)
    ours, shared, batch = provider(name, port), mailing(), {**MERGED, **WHOLE}[name]
    for begin in range(0, count, batch):
        people = [reader(one) for one in rows[begin : begin + batch]]
        urls = [way_out(one) for one in people]
        answers = ours.send_many(emails(shared, people, urls))
        assert all(type(one) is Receipt for one in answers)


class People:
    """A list in the books, and its issue."""

    def __init__(self, books: Books, name: str, count: int) -> None:
        self.books, self.shared, self.name = books, mailing(), name
        people = [row(number) for number in range(count)]
        books.subscribers.import_rows(
            ({"email": one[1], "name": one[2], **json.loads(one[4])} for one in people),
            lists=["weekly"],
            now=NOW - timedelta(days=1),
        )
        size = books.subscribers.size("weekly", now=NOW)
        audience = Audience(
            channel=name, draft=DRAFT.id, list="weekly", last=size.last, count=count
        )
        books.ledger.begin(ISSUE, {DRAFT.id: DRAFT}, (), [audience])

    def message(self, row: Delivery) -> Message:
        return self.messages([row])[0]

    def messages(self, rows: Sequence[Delivery]) -> list[Message]:
        readers = [one.reader or Subscriber(address=one.recipient) for one in rows]
        urls = [way_out(one) for one in readers]
        keys = [one.key for one in rows]
        return [
            *merge.emails(
                self.shared, keys=keys, readers=readers, links={"unsubscribe_url": urls}
            )
        ]

    def send(self, ours: Any) -> None:
        channel = Channel(self.name, self.name, "email", ours.limits, ours)
        with self.books.ledger.lease(ISSUE.id):
            why = deliver(
                ISSUE.id,
                channel=channel,
                ledger=self.books.ledger,
                message_of=self.message,
                messages_of=self.messages,
                skip_reason=lambda _: "",
                now=lambda: NOW,
                sleep=sleep,
            )
        assert not why, why


def with_the_ledger(name: str, port: int, count: int) -> None:
    """Send from the books, and keep what became of each; print what that took."""
    with (
        tempfile.TemporaryDirectory() as folder,
        open_books(f"sqlite:///{folder}/books.sqlite3") as books,
    ):
        people = People(books, name, count)
        began, cpu = perf_counter(), process_time()
        people.send(provider(name, port))
        took = perf_counter() - began, process_time() - cpu
        accepted = books.ledger.counts(ISSUE.id)[name]["accepted"]
    assert accepted == count
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([count, *took, peak]))


# --- the baseline --------------------------------------------------------------------


def values_of(found: Row, sign: Any) -> Values:
    _, address, name, _, own = found
    url = SITE.unsubscribe_url.replace("{token}", sign.dumps([address, "weekly"]))
    known = {f"subscriber.{field}": text for field, text in json.loads(own).items()}
    known |= {"subscriber.first_name": name.split()[0], "unsubscribe_url": url}
    slots = [one for one in (*SUBJECT, *HTML, *TEXT) if isinstance(one, Slot)]
    values = {one: known.get(one.name) or one.default for one in slots}
    return {
        one: html.escape(text) if one.escape == "html" else text
        for one, text in values.items()
    }


def own_headers(found: Row, values: Values) -> dict[str, str]:
    mark = sha256(f"w/7/mail/{found[0]:032}".encode()).hexdigest()[:32]
    return {
        "List-Unsubscribe": f"<{values[TEXT[-2]]}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "X-Publisher-Key": mark,
        "Message-ID": f"<{mark}@example.org>",
    }


def filled(parts: Sequence[str | Slot], values: Values) -> str:
    return "".join([values[one] if isinstance(one, Slot) else one for one in parts])


def tokens_in(parts: Sequence[str | Slot], form: str) -> str:
    keys = {one: form.format(key) for one, key in names().items()}
    return "".join([keys[one] if isinstance(one, Slot) else one for one in parts])


def names() -> dict[Slot, str]:
    slots = [one for one in (*SUBJECT, *HTML, *TEXT) if isinstance(one, Slot)]
    return {one: f"s{number}" for number, one in enumerate(dict.fromkeys(slots))}


def plain_sendgrid(people: list[Row], sign: Any) -> dict[str, Any]:
    own, keys = [], names()
    for found in people:
        values = values_of(found, sign)
        headers = own_headers(found, values)
        own.append(
            {
                "to": [{"email": found[1], "name": found[2]}],
                "custom_args": {"delivery": headers["X-Publisher-Key"]},
                "headers": headers,
                "subject": filled(SUBJECT, values),
                "substitutions": {f"-{keys[one]}-": values[one] for one in values},
            }
        )
    return {
        "from": {"email": "letters@example.org", "name": "The Lantern"},
        "headers": {"List-Id": "<weekly.example.org>"},
        "content": [
            {"type": "text/plain", "value": tokens_in(TEXT, "-{}-")},
            {"type": "text/html", "value": tokens_in(HTML, "-{}-")},
        ],
        "personalizations": own,
    }


def plain_sparkpost(people: list[Row], sign: Any) -> dict[str, Any]:
    own, keys = [], names()
    for found in people:
        values = values_of(found, sign)
        headers = own_headers(found, values)
        data = {keys[one]: values[one] for one in values} | headers
        own.append(
            {
                "address": {"email": found[1], "name": found[2]},
                "metadata": {"delivery": headers["X-Publisher-Key"]},
                "substitution_data": data | {"subject": filled(SUBJECT, values)},
            }
        )
    content = {
        "from": {"email": "letters@example.org", "name": "The Lantern"},
        "subject": "{{subject}}",
        "text": tokens_in(TEXT, "{{{{{{{}}}}}}}"),
        "html": tokens_in(HTML, "{{{{{{{}}}}}}}"),
        "headers": {name: f"{{{{{name}}}}}" for name in headers},
    }
    return {"content": content, "recipients": own}


def plain_mailgun(people: list[Row], sign: Any) -> list[tuple[str, str]]:
    own, keys = {}, names()
    for found in people:
        values = values_of(found, sign)
        headers = own_headers(found, values)
        data = {keys[one]: values[one] for one in values} | headers
        own[found[1]] = data | {"subject": filled(SUBJECT, values)}
    return [
        ("from", "The Lantern <letters@example.org>"),
        ("subject", "%recipient.subject%"),
        ("text", tokens_in(TEXT, "%recipient.{}%")),
        ("html", tokens_in(HTML, "%recipient.{}%")),
        *((f"h:{name}", f"%recipient.{name}%") for name in headers),
        *(("to", f"{found[2]} <{found[1]}>") for found in people),
        ("recipient-variables", json.dumps(own)),
    ]


def plain_whole(people: list[Row], sign: Any) -> list[dict[str, Any]]:
    messages = []
    for found in people:
        values = values_of(found, sign)
        message = {
            "From": "The Lantern <letters@example.org>",
            "To": f"{found[2]} <{found[1]}>",
            "Subject": filled(SUBJECT, values),
            "HtmlBody": filled(HTML, values),
            "TextBody": filled(TEXT, values),
            "Headers": own_headers(found, values),
        }
        messages.append(message)
    return messages


PLAIN: dict[str, tuple[str, Callable[[list[Row], Any], Any]]] = {
    "mailgun": ("/v3/mg.example.org/messages", plain_mailgun),
    "sendgrid": ("/v3/mail/send", plain_sendgrid),
    "sparkpost": ("/api/v1/transmissions", plain_sparkpost),
    "postmark": ("/email/batch", plain_whole),
}


def by_requests(name: str, port: int, rows: list[Row]) -> None:
    count = len(rows)
    import requests
    from itsdangerous import URLSafeSerializer

    line, sign = requests.Session(), URLSafeSerializer(SECRET)
    batch, (path, make) = {**MERGED, **WHOLE}[name], PLAIN[name]
    for begin in range(0, count, batch):
        call = make(rows[begin : begin + batch], sign)
        how = {"data": call} if name == "mailgun" else {"data": json.dumps(call)}
        answer = line.post(f"http://127.0.0.1:{port}{path}", **how)
        assert answer.ok, answer.status_code
        assert answer.headers["X-Readers"] == str(batch)


# --- the sink ------------------------------------------------------------------------


def built(folder: Path) -> Path | None:
    """Compile the sink; None where there is no compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    program = folder / "http_sink"
    flags = ["-O2", "-pthread", "-o", str(program)]
    subprocess.run([compiler, *flags, str(HERE / "http_sink.c")], check=True)
    return program


@contextmanager
def running(program: Path) -> Iterator[int]:
    sink = subprocess.Popen([program], stdout=subprocess.PIPE, text=True)
    try:
        assert sink.stdout
        yield int(sink.stdout.readline())
    finally:
        sink.kill()
        sink.communicate()


def to_the_ceiling(name: str, port: int, rows: list[Row]) -> None:
    """Send the baseline's first call again and again, as raw bytes."""
    from itsdangerous import URLSafeSerializer
    from requests import Request

    batch, (path, make) = {**MERGED, **WHOLE}[name], PLAIN[name]
    call = make(rows[:batch], URLSafeSerializer(SECRET))
    data = call if name == "mailgun" else json.dumps(call)
    made = Request("POST", f"http://127.0.0.1:{port}{path}", data=data).prepare().body
    body = made.encode() if isinstance(made, str) else made or b""
    head = f"POST {path} HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", port)) as line:
        for _ in range(0, len(rows), batch):
            line.sendall(head + body)
            answer = b""
            while b"\r\n\r\n" not in answer:
                answer += line.recv(65_536)
            headers, _, rest = answer.partition(b"\r\n\r\n")
            left = int(headers.rpartition(b":")[2]) - len(rest)
            while left > 0:
                left -= len(line.recv(left))


# --- the table -----------------------------------------------------------------------


@dataclass
class Took:
    """What one sender needed."""

    readers: int
    seconds: float
    cpu: float
    megabytes: float


SENDERS: dict[str, Callable[[str, int, list[Row]], None]] = {
    "us": by_us,
    "requests": by_requests,
    "ceiling": to_the_ceiling,
}


def be_a_sender(kind: str, name: str, port: int, count: int) -> None:
    if kind == "ledger":
        with_the_ledger(name, port, count)
        return
    send = SENDERS[kind]
    rows = [row(number) for number in range(count)]
    send(name, port, rows[: {**MERGED, **WHOLE}[name]])  # what is loaded once
    began, cpu = perf_counter(), process_time()
    send(name, port, rows)
    took = perf_counter() - began, process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([count, *took, peak]))


def measured(program: Path, kind: str, name: str, count: int) -> Took:
    """Return the better of two runs."""
    command = [sys.executable, __file__, kind, name]
    runs = []
    for _ in range(2):
        with running(program) as port:
            done = subprocess.run(
                [*command, str(port), str(count)],
                check=True,
                capture_output=True,
                text=True,
            )
        runs.append(Took(*json.loads(done.stdout)))
    return min(runs, key=lambda took: took.seconds)


def line(name: str, took: Took, baseline: Took) -> None:
    rate, base = took.readers / took.seconds, baseline.readers / baseline.seconds
    each = took.cpu / took.readers * 1e6
    print(
        f"  {name:<34} {rate:9,.0f} {rate / base:7.1f}x {each:9.1f}"
        f" {took.megabytes:5.0f}"
    )


def table(program: Path, count: int) -> None:
    print(f"  {'':34} {'readers/s':>9} {'':8} {'us of CPU':>9} {'MB':>5}")
    for name in MERGED:
        base = measured(program, "requests", name, count)
        line(f"{name}: requests, json.dumps", base, base)
        line(f"{name}: publisher", measured(program, "us", name, count), base)
        kept = measured(program, "ledger", name, count)
        line(f"{name}: publisher, from the ledger", kept, base)
        line("  the sink's ceiling", measured(program, "ceiling", name, count), base)
    few = count // 10
    base = measured(program, "requests", "postmark", few)
    line("whole messages: requests, json.dumps", base, base)
    for name in WHOLE:
        line(f"{name}: publisher", measured(program, "us", name, few), base)
    line("  the sink's ceiling", measured(program, "ceiling", "postmark", few), base)


def stages() -> None:
    """Print what each stage costs, from the books' row to an email."""
    rows, shared = [row(number) for number in range(500)], mailing()
    people = [reader(one) for one in rows]
    urls = [way_out(one) for one in people]
    works: list[tuple[str, Callable[[], object]]] = [
        ("row -> Subscriber", lambda: [reader(one) for one in rows]),
        ("unsubscribe link", lambda: [way_out(one) for one in people]),
        ("merge.emails", lambda: emails(shared, people, urls)),
    ]
    for name, work in works:
        best = float("inf")
        for _ in range(5):
            began = process_time()
            work()
            best = min(best, process_time() - began)
        print(f"  {name:<34} {best / len(rows) * 1e6:28.1f}")


def main() -> None:
    if len(sys.argv) == 5:
        be_a_sender(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
        return
    count = (int(sys.argv[1]) if len(sys.argv) > 1 else 20) * 1000
    page = "".join([f"{one}" for one in HTML])
    print(f"batch APIs: a page of {len(page.encode()):,} bytes, {count:,} readers")
    stages()
    with tempfile.TemporaryDirectory() as folder:
        program = built(Path(folder))
        if program is None:
            print("  missing: no C compiler for the sink")
            return
        table(program, count)


if __name__ == "__main__":
    main()
