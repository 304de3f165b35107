"""Bodies: text as quoted-printable or base64, whichever is shorter.

https://www.rfc-editor.org/rfc/rfc2045#section-6
"""

from __future__ import annotations

from base64 import encodebytes
from binascii import b2a_qp


def part(subtype: str, text: str) -> bytes:
    """Return one part of a multipart message, its headers first."""
    encoding, content = body(text)
    return part_head(subtype, encoding) + content


def part_head(subtype: str, encoding: str) -> bytes:
    """Return the headers of a part, and the empty line that ends them."""
    return (
        f"Content-Type: text/{subtype}; charset=utf-8\r\n"
        f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
    ).encode()


def body(text: str) -> tuple[str, bytes]:
    """Return the shorter of quoted-printable and base64, with its name."""
    raw = raw_lines(text)
    # The line end at the end tells `b2a_qp` which line ends are in use.
    printable = b2a_qp(raw + b"\r\n", istext=True)[:-2]
    if is_readable(len(printable), len(raw)):
        return "quoted-printable", printable
    return "base64", encodebytes(raw).rstrip(b"\n").replace(b"\n", b"\r\n")


def is_readable(printable: int, raw: int) -> bool:
    """Say whether quoted-printable is no longer than base64 with its line ends."""
    return printable <= raw * 4 // 3 * 78 // 76


def raw_lines(text: str) -> bytes:
    """Return the text as bytes, its lines ended as they are on the wire."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    return lines.encode("utf-8", "replace")
