"""Which letters the bytes of a page are: by its mark, its header or its own head."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from publisher.errors import SourceError

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What pages call Latin-1 and ASCII is Windows' own set: https://encoding.spec.whatwg.org
WINDOWS = {"iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254"}
# A page that says so in letters of one byte cannot be of two.
WIDE = {"utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"}
HEAD = 4096
_NAMED = re.compile(r"(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.I)


def decode(data: bytes, *, content_type: str = "", where: str = "") -> str:
    """Return a page or a feed as text, or raise `SourceError` where it is none.

    A charset that is named wrongly counts as not named; what nobody names is UTF-8.
    """
    for mark, charset in MARKS:
        if data.startswith(mark):
            return _text(data, charset, where).removeprefix("\ufeff")
    if b"\x00" in data[:HEAD]:
        raise _no_text(where)
    for charset in (*_named(data, content_type), "utf-8"):
        try:
            return data.decode(charset)
        except (UnicodeError, LookupError):
            continue
    return _text(data, "utf-8", where)


def _named(data: bytes, content_type: str) -> Iterator[str]:
    for said in (content_type, data[:HEAD].decode("ascii", "ignore")):
        found = _NAMED.search(said)
        name = _known(found[1]) if found else ""
        if name and name not in WIDE:
            yield WINDOWS.get(name, name)


def _known(name: str) -> str:
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):
        return ""
    # Python also has codecs that are no letters, such as hex and zip.
    return info.name if getattr(info, "_is_text_encoding", True) else ""


def _text(data: bytes, charset: str, where: str) -> str:
    try:
        return data.decode(charset)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise SourceError(
            f"byte 0x{data[error.start]:02X} is not {charset.upper()}",
            where=f"{where}:{line}" if where else "",
            hint="Try: save it as UTF-8",
        ) from None


def _no_text(where: str) -> SourceError:
    hint = "Try: a page, a feed or a text file"
    return SourceError("is not a text", where=where, hint=hint)
