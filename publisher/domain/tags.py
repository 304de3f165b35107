"""Lists of tags, `v=DKIM1; k=rsa; p=...`, as DKIM and DMARC write their records.

https://www.rfc-editor.org/rfc/rfc6376#section-3.2
"""

from __future__ import annotations

import re

from publisher.domain.model import Wrong

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_LONGEST_SHOWN = 20


def parse(text: str) -> dict[str, str]:
    """Return the tags in their order; raise `Wrong` where it is no such list.

    >>> parse("v=DMARC1; p=none;")
    {'v': 'DMARC1', 'p': 'none'}
    """
    found: dict[str, str] = {}
    pieces = text.split(";")
    if not pieces[-1].strip():
        del pieces[-1]
    for piece in pieces:
        name, equals, value = (part.strip() for part in piece.partition("="))
        if not equals or not _NAME.fullmatch(name):
            raise Wrong(f"{shown(piece)} is no tag")
        if name in found:
            raise Wrong(f"the tag {name} stands twice")
        found[name] = value
    return found


def shown(text: str) -> str:
    """Return the beginning of what somebody wrote, safe for a line.

    >>> shown(" p = none ")
    '"p = none"'
    """
    plain = "".join(one if one.isprintable() else "?" for one in text.strip())
    short = plain[:_LONGEST_SHOWN]
    return f'"{short}…"' if len(plain) > len(short) else f'"{short}"'
