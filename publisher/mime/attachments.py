"""Attachments and the images of a page: encoded once for all readers.

https://www.rfc-editor.org/rfc/rfc2387 (related), /rfc2183 (disposition), /rfc2231
(names)

The texts stand innermost, the images that the page shows around them, and what is
attached around both: mixed > related > alternative.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from hashlib import sha256
from urllib.parse import quote

from publisher.errors import Refused
from publisher.mime.bodies import base64_lines
from publisher.models import Attachment, with_images

LONGEST_NAME = 255  # bytes, as in most file systems
_PART = r"[A-Za-z0-9!#$&^_.+-]+"
_TYPE = re.compile(rf'{_PART}/{_PART}(?:; ?{_PART}=(?:{_PART}|"[ !#-\[\]-~]*"))*')
# What cannot be in base64, and would be no single part.
_STRUCTURED = ("multipart/", "message/")
_ID = re.compile(r"[!-;=?-~]{1,200}")
_SIMPLE = re.compile(r"[A-Za-z0-9_.-]+(?: [A-Za-z0-9_.-]+)*")
_SIMPLE_LENGTH = 60
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CHUNK = re.compile(r"(?:%..|[^%]){1,18}")  # three signs each at most


def boundary(seed: str, kind: str = "") -> str:
    """Return a line that no part holds: neither encoding writes a "=" and a "_"."""
    return f"=_{sha256((seed + kind).encode()).hexdigest()[:32]}"


def around(
    attachments: Sequence[Attachment], *, texts: str, seed: str
) -> tuple[str, bytes, bytes]:
    """Return the message's type, and what stands before and after its texts.

    `texts` is the type of the texts together, which is the message's own if there are
    no attachments.
    """
    inline = [one for one in attachments if one.content_id]
    others = [one for one in attachments if not one.content_id]
    outer, before, after = texts, b"", b""
    for kind, parts in (("related", inline), ("mixed", others)):
        if not parts:
            continue
        mark = boundary(seed, kind)
        before = f"--{mark}\r\nContent-Type: {outer}\r\n\r\n".encode() + before
        line = f"--{mark}\r\n".encode()
        after += b"".join([line + _part(one) for one in parts])
        after += f"--{mark}--\r\n".encode()
        root = ' type="multipart/alternative";' if kind == "related" else ""
        outer = f'multipart/{kind};{root}\r\n boundary="{mark}"'
    return outer, before, after


def checked(attachments: Sequence[Attachment]) -> None:
    """Refuse what no header holds: for providers that write the headers themselves."""
    for one in attachments:
        _ = [*_head(one)]


def in_base64(one: Attachment) -> str:
    """Return the content on one line, as JSON holds it."""
    return b64encode(one.content).decode()


def seen(html: str, attachments: Sequence[Attachment]) -> str:
    """Return a page as a browser can show it: with the images that travel with it."""
    images = {
        one.content_id: f"data:{one.media_type};base64,{in_base64(one)}"
        for one in attachments
        if one.content_id and one.media_type.startswith("image/")
    }
    return with_images(html, images)


def _part(one: Attachment) -> bytes:
    head = "".join([f"{line}\r\n" for line in _head(one)])
    return f"{head}\r\n".encode() + base64_lines(one.content)


def _head(one: Attachment) -> Iterator[str]:
    kind = one.media_type
    if not _TYPE.fullmatch(kind) or kind.lower().startswith(_STRUCTURED):
        raise Refused(
            f"{kind!r} cannot be the type of an attachment",
            hint="Try: application/pdf, image/png",
        )
    yield f"Content-Type: {kind}"
    yield "Content-Transfer-Encoding: base64"
    if one.content_id:
        if not _ID.fullmatch(one.content_id):
            raise Refused(
                f"{one.content_id!r} cannot be the id of an image",
                hint="Try: logo@example.org, and src=cid:logo@example.org in the page",
            )
        yield f"Content-ID: <{one.content_id}>"
    how = "inline" if one.content_id else "attachment"
    yield ";\r\n ".join([f"Content-Disposition: {how}", *_named(one.name)])


def _named(name: str) -> Iterator[str]:
    """Yield the parameters of a file's name: one, or a numbered row where it is long.

    >>> list(_named("caffè.pdf"))
    ["filename*=utf-8''caff%C3%A8.pdf"]
    """
    if _CONTROL.search(name) or len(name.encode("utf-8", "replace")) > LONGEST_NAME:
        raise Refused(
            "an attachment's name holds a line break or is too long",
            hint="Try: a name of one short line",
        )
    if not name:
        return
    if len(name) <= _SIMPLE_LENGTH and _SIMPLE.fullmatch(name):
        yield f'filename="{name}"'
        return
    chunks = _CHUNK.findall(quote(name, safe="", errors="replace"))
    if len(chunks) == 1:
        yield f"filename*=utf-8''{chunks[0]}"
        return
    chunks[0] = f"utf-8''{chunks[0]}"
    for number, chunk in enumerate(chunks):
        yield f"filename*{number}*={chunk}"
