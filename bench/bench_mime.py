"""How long one reader's message takes, from their values to the bytes that travel.

A 62 KB page and its text, merged and encoded for one reader after another, against the
standard library's EmailMessage in the same run; signed, against dkimpy.
Run: .venv/bin/python bench/bench_mime.py
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from itertools import cycle
from time import process_time
from typing import Any, TypeAlias

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from publisher import merge, mime
from publisher.mime import dkim as dkim_room
from publisher.models import (
    Email,
    EmailDraft,
    Issue,
    Mailbox,
    Mailing,
    Site,
    Slot,
    Subscriber,
)

READERS = 400
Work: TypeAlias = tuple[Callable[[], object], int]  # and how often in one round
KEYS: dict[str, Callable[[], Any]] = {
    "RSA-2048": lambda: generate_private_key(65537, 2048),
    "Ed25519": Ed25519PrivateKey.generate,
}
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SITE = Site(name="The Lantern", sender=Mailbox("letters@example.org", "The Lantern"))
ISSUE = Issue(id="w/7", campaign="w", number=7, articles=("a",), planned_at=NOW)
SENTENCE = "Salt, light and the long way home — a keeper's notes from the café. "
ROW = (
    '<tr><td style="padding: 12px 24px; font-family: Georgia, serif; color: #222">'
    f'<p style="margin: 0 0 16px">{SENTENCE * 4}</p></td></tr>\n'
)
GREETING = Slot("subscriber.first_name", "html", "there")
PLAIN_GREETING = Slot("subscriber.first_name", "text", "there")


def draft_with(slots: int) -> EmailDraft:
    """Return a digest of 62 KB with so many slots, two of them in its text."""
    rows = 62_000 // len(ROW.encode())
    own: list[str | Slot] = [GREETING, Slot("unsubscribe_url", "html")]
    own += [Slot(f"subscriber.field{number}", "html") for number in range(slots - 4)]
    html: list[str | Slot] = []
    for number, slot in enumerate(own):
        share = rows * (number + 1) // len(own) - rows * number // len(own)
        html += [ROW * share, '<p>For <a href="https://example.org/', slot, '">x</a>']
    text = ("Hi ", PLAIN_GREETING, f",\n\n{SENTENCE * 4}\n" * 40)
    way_out = ("\n\nLeave: ", Slot("unsubscribe_url", "text"), "\n")
    subject = ("Salt and light, ", Slot("subscriber.first_name", "header", "you"))
    return EmailDraft(
        template="digest", subject=subject, html=tuple(html), text=(*text, *way_out)
    )


def readers(slots: int) -> list[Subscriber]:
    return [
        Subscriber(
            address=f"reader{number}@example.org",
            name=f"Reader{number} Marsh",
            attributes={f"field{one}": f"a{number}-{one}/x" for one in range(slots)},
        )
        for number in range(READERS)
    ]


def mailing_with(slots: int) -> Mailing:
    return merge.mailing(draft_with(slots), site=SITE, issue=ISSUE, list_name="weekly")


def merged(shared: Mailing, reader: Subscriber) -> Email:
    return merge.email(
        shared,
        key=f"w/7/smtp/{reader.address}",
        reader=reader,
        links={"unsubscribe_url": f"https://example.org/out/{reader.name[:12]}"},
    )


def standard(email: Email) -> bytes:
    """Build the same message as the standard library does."""
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = Address(email.sender.name, addr_spec=email.sender.address)
    message["To"] = Address(email.recipient.name, addr_spec=email.recipient.address)
    message["Subject"] = email.subject
    message["Message-ID"] = f"<{email.message_id}>"
    message["Date"] = NOW
    for name, value in email.headers.items():
        message[name] = value
    message.set_content(email.text)
    message.add_alternative(email.html, subtype="html")
    return message.as_bytes()


def fastest(*works: Work) -> list[float]:
    """Return the CPU time of one call of each: the best of twenty rounds, in turn."""
    best = [float("inf")] * len(works)
    for _ in range(20):
        for number, (work, times) in enumerate(works):
            began = process_time()
            for _ in range(times):
                work()
            best[number] = min(best[number], (process_time() - began) / times)
    return best


def line(name: str, took: float, baseline: float) -> str:
    return f"  {name:<44} {took * 1e6:9,.0f} us {baseline / took:9,.1f}x"


def plain_messages() -> None:
    print("one message, from a reader's values to its bytes: CPU time")
    for slots in (4, 10, 50):
        shared, people = mailing_with(slots), cycle(readers(slots))
        theirs, mine, alone = fastest(
            (lambda s=shared, p=people: standard(merged(s, next(p))), 3),
            (lambda s=shared, p=people: mime.encode(merged(s, next(p))), 200),
            (lambda s=shared, p=people: merged(s, next(p)), 200),
        )
        print(line(f"merge + EmailMessage, {slots} slots", theirs, theirs))
        print(line(f"merge + mime.encode, {slots} slots", mine, theirs))
        print(f"    of which merging {alone * 1e6:.0f} us")


def signed_messages() -> None:
    shared, people = mailing_with(10), cycle(readers(10))
    plain = mime.encode(merged(shared, next(people)))
    try:
        import dkim
    except ImportError:
        print("dkimpy is not installed: no signatures are compared")
        return
    print(f"one message of {len(plain):,} bytes with 10 slots, signed")
    names = [name.encode() for name in dkim_room.SIGNED]
    for kind, make in KEYS.items():
        private = make()
        form = PrivateFormat.PKCS8, NoEncryption()
        pem = private.private_bytes(Encoding.PEM, *form).decode()
        signer = mime.Signer("example.org", "letters", pem)
        secret = pem.encode()
        if isinstance(private, Ed25519PrivateKey):
            secret = b64encode(private.private_bytes_raw())
        algorithm = f"{signer.kind}-sha256".encode()
        theirs, mine = fastest(
            (
                lambda k=secret, a=algorithm: dkim.sign(
                    plain,
                    b"letters",
                    b"example.org",
                    k,
                    canonicalize=(b"relaxed", b"relaxed"),
                    signature_algorithm=a,
                    include_headers=names,
                ),
                3,
            ),
            (
                lambda g=signer: mime.encode(merged(shared, next(people)), signers=[g]),
                50,
            ),
        )
        print(line(f"dkimpy, {kind} (signing alone)", theirs, theirs))
        print(line(f"merge + mime.encode + {kind}", mine, theirs))
        print(f"    {1 / mine:,.0f} signed messages a second")


def main() -> None:
    one = merged(mailing_with(10), readers(10)[0])
    sizes = len(one.html.encode()), len(one.text.encode())
    print(f"a digest with {sizes[0]:,} bytes of HTML and {sizes[1]:,} of text")
    plain_messages()
    signed_messages()


if __name__ == "__main__":
    main()
