"""CSS: moves the rules of <style> into the elements, where every mail program looks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

_STYLE = re.compile(r"<style\b[^>]*>(.*?)</style\s*>", re.IGNORECASE | re.DOTALL)
_ATTRIBUTE = re.compile(r"""\sstyle\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)""", re.IGNORECASE)


def inline(html: str) -> str:
    """Return the page with its rules inlined; what cannot be stays in <style>.

    `@media` rules and the like of `:hover` stay. Nothing is fetched: neither linked nor
    imported stylesheets, remote or local. Linked ones are dropped.
    """
    return str(_inliner().inline(html))


@lru_cache(maxsize=1)
def _inliner() -> Any:  # the package ships no types that mypy sees
    from css_inline import CSSInliner

    return CSSInliner(
        load_remote_stylesheets=False,
        keep_style_tags=True,
        remove_inlined_selectors=True,
    )


def css_of(html: str) -> Iterator[str]:
    """Yield the CSS in a page: that of <style> elements and of style attributes."""
    for pattern in (_STYLE, _ATTRIBUTE):
        for match in pattern.finditer(html):
            yield match[1]
