"""Verbatim: text that looks like a provider's template tags, and must not become one.

An article about templates contains `{{ x }}`. Where a provider cannot be told to leave
it alone, the sign that begins a tag is written in another way.
"""

from __future__ import annotations

import re

_STYLE = r"(?P<style><style\b.*?</style\s*>)"


def in_html(html: str, opener: re.Pattern[str]) -> str:
    """Write each sign that the pattern finds as a reference, which programs decode.

    In a style sheet nothing is decoded, but there a space does no harm.

    >>> in_html("<b>{{ x }}</b>", re.compile(r"[{](?=[{])"))
    '<b>&#123;{ x }}</b>'
    """
    if not opener.search(html):
        return html
    either = re.compile(f"{_STYLE}|{opener.pattern}", re.DOTALL | re.IGNORECASE)
    return either.sub(lambda found: _reference(found, opener), html)


def in_text(text: str, opener: re.Pattern[str], tag: str) -> str:
    """Write each sign that the pattern finds as the tag that prints it."""
    return opener.sub(lambda _: tag, text)


def _reference(found: re.Match[str], opener: re.Pattern[str]) -> str:
    style = found["style"]
    if style is None:
        return f"&#{ord(found[0])};"
    return opener.sub(lambda sign: f"{sign[0]} ", style)
