"""Keeps a spreadsheet from running what a reader wrote, and takes the guard off again.

https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import re

# A cell that begins with an apostrophe already gets one more, so that taking one off
# gives back exactly what was there.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")


def guarded(cell: str) -> str:
    """Return a cell as no spreadsheet takes it for a formula.

    >>> guarded("=1+1"), guarded("Ana")
    ("'=1+1", 'Ana')
    """
    return f"'{cell}" if _FORMULA.match(cell) else cell


def bare(cell: str) -> str:
    """Return what was guarded.

    >>> bare("'=1+1"), bare("'t Hooft")
    ('=1+1', "'t Hooft")
    """
    return cell[1:] if cell[:1] == "'" and _FORMULA.match(cell) else cell
