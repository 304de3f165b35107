"""Files in a form: multipart/form-data (RFC 7578); the same parts, the same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class File(NamedTuple):
    """A file of a form; its name has to be made here, for nothing in it is escaped."""

    field: str
    name: str
    media_type: str
    content: bytes


def form(fields: Mapping[str, str], files: Sequence[File]) -> tuple[bytes, str]:
    """Return a body and its Content-Type.

    The boundary is made of the parts, so a repeated call is the same call.
    """
    parts = [_head(name) + value.encode() for name, value in fields.items()]
    parts += [_head(one.field, one) + one.content for one in files]
    boundary = hashlib.sha256(b"\0".join(parts)).hexdigest()
    mark = f"--{boundary}".encode()
    body = b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark
    return body + b"--\r\n", f"multipart/form-data; boundary={boundary}"


def _head(field: str, file: File | None = None) -> bytes:
    lines = [f'Content-Disposition: form-data; name="{field}"']
    if file:
        lines = [f'{lines[0]}; filename="{file.name}"']
        lines.append(f"Content-Type: {file.media_type}")
    return "\r\n".join([*lines, "", ""]).encode()
