"""What each provider makes of a call for each reader, as its manual says it does."""

from __future__ import annotations

import email.policy
import json
import re
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.utils import parseaddr
from html.parser import HTMLParser
from typing import Any, cast

from publisher.models import Json
from publisher.rehearsal import Call

SHOWN = ("list-id", "list-unsubscribe", "list-unsubscribe-post", "x-publisher-key")
MACROS = {"opening_single_curly()": "{", "closing_single_curly()": "}"}
TAG = re.compile(r"\{\{\{([^{}]*)\}\}\}|\{\{([^{}]*)\}\}")
MAILGUN = re.compile(r"%recipient\.(\w+)%")
MAILGUN_TAG = re.compile(r"%(recipient|(tag_|mailing_list_)?unsubscribe)", re.I)
BREVO, BREVO_TAG = "{{ params.brace }}", re.compile(r"\{[{%#]")
MAILJET, MAILJET_TAG = "[[var:bracket]]", re.compile(r"\[\[")


File = tuple[str, str, bytes]  # name, the id of an image of the page, content


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What one reader gets. `html` is the source; `page` what a program reads in it."""

    reader: str
    name: str
    sender: tuple[str, str]
    subject: str
    text: str
    html: str = field(compare=False)
    page: tuple[object, ...] = field(default=(), repr=False)
    headers: Mapping[str, str]
    mark: str
    files: tuple[File, ...] = ()
    others: str = field(default="", compare=False)  # whatever else can be seen


class _Page(HTMLParser):
    """Reads a page as a program does: references are decoded, white space is not."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[object] = []
        self.style = False
        self.words = ""
        self.feed(html)
        self.close()
        self._flush()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._flush()
        self.style = tag == "style"
        self.seen.append((tag, tuple(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self._flush()
        self.style = False
        self.seen.append(("/", tag))

    def handle_data(self, data: str) -> None:
        self.words += data

    def _flush(self) -> None:
        words, self.words = self.words, ""
        words = "".join(words.split()) if self.style else " ".join(words.split())
        if words:
            self.seen.append(words)


def letter(
    *,
    to: tuple[str, str],
    sender: tuple[str, str],
    subject: str,
    text: str,
    html: str,
    headers: Mapping[str, str],
    mark: str,
    files: Iterable[File] = (),
) -> Letter:
    low = {name.lower(): value for name, value in headers.items()}
    return Letter(
        reader=to[1],
        name=to[0],
        sender=sender,
        subject=subject,
        text=text.replace("\r\n", "\n").rstrip(),
        html=html,
        page=tuple(_Page(html).seen),
        headers={name: low[name] for name in SHOWN if name in low},
        mark=mark,
        files=tuple(sorted(files)),
        others=json.dumps(dict(headers)),
    )


def box(person: Json) -> tuple[str, str]:
    low = {name.lower(): value for name, value in person.items()}
    return low.get("name", ""), low["email"]


def only(values: list[Any]) -> Any:
    """Return the one addressee: more would see each other."""
    (value,) = values
    return value


def file(one: Json, content: str, name: str, number: str = "") -> File:
    """Return a file by the names that a provider has for its fields."""
    return one[name], one.get(number, "").removeprefix("cid:"), b64decode(one[content])


def named(pairs: list[Json]) -> dict[str, str]:
    return {one["Name"]: one["Value"] for one in pairs}


# --- one message for each reader ------------------------------------------------------


def postmark(call: Call) -> Iterator[Letter]:
    for one in call.json:
        assert not re.search(r"\{\{\{\s*pm:", one["HtmlBody"])
        yield letter(
            to=parseaddr(one["To"]),
            sender=parseaddr(one["From"]),
            subject=one["Subject"],
            text=one["TextBody"],
            html=one["HtmlBody"],
            headers=named(one["Headers"]),
            mark=one["Metadata"]["delivery"],
            files=[
                file(f, "Content", "Name", "ContentID")
                for f in one.get("Attachments", ())
            ],
        )


def resend(call: Call) -> Iterator[Letter]:
    for one in [call.json] if isinstance(call.json, dict) else call.json:
        yield letter(
            to=parseaddr(only(one["to"])),
            sender=parseaddr(one["from"]),
            subject=one["subject"],
            text=one["text"],
            html=one["html"],
            headers=one["headers"],
            mark=only(one["tags"])["value"],
            files=[
                file(f, "content", "filename", "content_id")
                for f in one.get("attachments", ())
            ],
        )


def mailtrap(call: Call) -> Iterator[Letter]:
    for own in call.json["requests"]:
        one = {**call.json.get("base", {}), **own}
        yield letter(
            to=box(only(one["to"])),
            sender=box(one["from"]),
            subject=one["subject"],
            text=one["text"],
            html=one["html"],
            headers=one["headers"],
            mark=one["custom_variables"]["delivery"],
            files=[
                file(f, "content", "filename", "content_id")
                for f in one.get("attachments", ())
            ],
        )


def mailjet(call: Call) -> Iterator[Letter]:
    for one in call.json["Messages"]:
        yield letter(
            to=box(only(one["To"])),
            sender=box(one["From"]),
            subject=one["Subject"],
            text=bracketed(one["TextPart"], one),
            html=bracketed(one["HTMLPart"], one),
            headers=one["Headers"],
            mark=one["CustomID"],
            files=[
                file(f, "Base64Content", "Filename", "ContentID")
                for kind in ("Attachments", "InlinedAttachments")
                for f in one.get(kind, ())
            ],
        )


def bracketed(text: str, one: Json) -> str:
    pieces = text.split(MAILJET)
    assert not [piece for piece in pieces if MAILJET_TAG.search(piece)]
    return (
        "".join(pieces)
        if len(pieces) == 1
        else one["Variables"]["bracket"].join(pieces)
    )


def brevo(call: Call) -> Iterator[Letter]:
    body = call.json

    def filled(text: str) -> str:
        pieces = text.split(BREVO)
        assert not [piece for piece in pieces if BREVO_TAG.search(piece)]
        if len(pieces) == 1:
            return text
        sign: str = body["params"]["brace"]
        return sign.join(pieces)

    for one in body["messageVersions"]:
        yield letter(
            to=box(only(one["to"])),
            sender=box(body["sender"]),
            subject=filled(one["subject"]),
            text=filled(one["textContent"]),
            html=filled(one["htmlContent"]),
            headers=one["headers"],
            mark=one["headers"]["X-Mailin-custom"],
            files=[file(f, "content", "name") for f in body.get("attachment", ())],
        )


# --- one draft, and what is a reader's own --------------------------------------------


def form(call: Call) -> dict[str, list[str]]:
    """Read a form in parts: every field has a list of values."""
    boundary = call.headers["content-type"].partition("boundary=")[2].strip('"')
    begin, *parts, end = bytes(call.body).split(f"--{boundary}".encode())
    assert (begin, end.strip()) == (b"", b"--")
    found: dict[str, list[str]] = {}
    for part in parts:
        head, _, value = part.removesuffix(b"\r\n").partition(b"\r\n\r\n")
        name = re.search(r'name="([^"]+)"', head.decode())
        assert name
        if b"filename=" not in head:
            found.setdefault(name[1], []).append(value.decode())
    return found


def files_of(call: Call) -> Iterator[File]:
    """Read the files of a form in parts."""
    boundary = call.headers["content-type"].partition("boundary=")[2].strip('"')
    for part in bytes(call.body).split(f"--{boundary}".encode())[1:-1]:
        head, _, content = part.removesuffix(b"\r\n").partition(b"\r\n\r\n")
        kind = re.search(r'name="(attachment|inline)"; filename="(.+)"', head.decode())
        if kind:
            yield kind[2], kind[2] if kind[1] == "inline" else "", content


def mailgun(call: Call) -> Iterator[Letter]:
    fields = form(call)
    variables = json.loads(only(fields.pop("recipient-variables")))
    readers = [parseaddr(one) for one in fields.pop("to")]
    # Without variables for each of them, all would see all.
    assert [*variables] == [address for _, address in readers]
    for name, address in readers:
        own = variables[address]

        def filled(text: str, own: Json = own) -> str:
            pieces = MAILGUN.split(text)
            assert not [one for one in pieces[::2] if MAILGUN_TAG.search(one)]
            pieces[1::2] = [own[key] for key in pieces[1::2]]
            return "".join(pieces)

        one = {key: filled(only(values)) for key, values in fields.items()}
        headers = {key[2:]: value for key, value in one.items() if key[:2] == "h:"}
        yield letter(
            to=(name, address),
            sender=parseaddr(one["from"]),
            subject=one["subject"],
            text=one["text"],
            html=one["html"],
            headers=headers,
            mark=one["v:delivery"],
            files=files_of(call),
        )


def sendgrid(call: Call) -> Iterator[Letter]:
    body = call.json
    bodies = {one["type"]: one["value"] for one in body["content"]}
    for own in body["personalizations"]:

        def filled(text: str, own: Json = own) -> str:
            keys = own.get("substitutions", {})
            if not keys:
                return text
            either = re.compile("|".join(map(re.escape, keys)))
            return either.sub(lambda found: cast("str", keys[found[0]]), text)

        yield letter(
            to=box(only(own["to"])),
            sender=box(body["from"]),
            subject=own.get("subject") or filled(body["subject"]),
            text=filled(bodies["text/plain"]),
            html=filled(bodies["text/html"]),
            headers={**body.get("headers", {}), **own.get("headers", {})},
            mark=own["custom_args"]["delivery"],
            files=[
                file(f, "content", "filename", "content_id")
                for f in body.get("attachments", ())
            ],
        )


def sparkpost(call: Call) -> Iterator[Letter]:
    content = call.json["content"]
    for own in call.json["recipients"]:
        data = own["substitution_data"]

        def filled(text: str, data: Json = data) -> str:
            rest = TAG.sub("", text)
            assert "{{" not in rest
            assert "}}" not in rest
            return TAG.sub(
                lambda found: (
                    MACROS.get(found[1] or found[2]) or str(data[found[1] or found[2]])
                ),
                text,
            )

        assert "header_to" not in own["address"]
        yield letter(
            to=box(own["address"]),
            sender=(filled(content["from"]["name"]), content["from"]["email"]),
            subject=filled(content["subject"]),
            text=filled(content["text"]),
            html=filled(content["html"]),
            headers={name: filled(one) for name, one in content["headers"].items()},
            mark=own["metadata"]["delivery"],
            files=[
                *(file(f, "data", "name") for f in content.get("attachments", ())),
                *(
                    file(f, "data", "name", "name")
                    for f in content.get("inline_images", ())
                ),
            ],
        )


# --- whole messages -------------------------------------------------------------------


def ses(call: Call) -> Iterator[Letter]:
    address = only(call.json["Destination"]["ToAddresses"])
    mark = only(call.json["EmailTags"])["Value"]
    yield written(b64decode(call.json["Content"]["Raw"]["Data"]), address, mark)


def smtp(call: Call) -> Iterator[Letter]:
    yield written(bytes(call.body), call.path)


def written(content: bytes, address: str, mark: str = "") -> Letter:
    """Read a message as a mail program does."""
    read = message_from_bytes(content, policy=email.policy.default)
    assert isinstance(read, EmailMessage)
    to, sender = only(read["To"].addresses), only(read["From"].addresses)
    assert to.addr_spec == address
    assert not read.defects
    parts = {part: read.get_body((part,)) for part in ("plain", "html")}
    text, page = (parts[name] for name in ("plain", "html"))
    assert text
    assert page
    return letter(
        to=(to.display_name, to.addr_spec),
        sender=(sender.display_name, sender.addr_spec),
        subject=str(read["Subject"]),
        text=text.get_content(),
        html=page.get_content(),
        headers={name: str(value) for name, value in read.items()},
        mark=mark or str(read["X-Publisher-Key"]),
        files=[
            (
                one.get_filename() or "",
                str(one["Content-ID"] or "").strip("<>"),
                bytes(one.get_payload(decode=True)),
            )
            for one in read.walk()
            if one.get_content_disposition()
        ],
    )


READERS: dict[str, Callable[[Call], Iterator[Letter]]] = {
    "brevo": brevo,
    "mailgun": mailgun,
    "mailjet": mailjet,
    "mailtrap": mailtrap,
    "postmark": postmark,
    "resend": resend,
    "sendgrid": sendgrid,
    "ses": ses,
    "smtp": smtp,
    "sparkpost": sparkpost,
}
