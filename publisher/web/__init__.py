"""The HTTP door: the public pages, and pages on loopback that show what would be sent.

`publisher.web:app` is the public pages of the folder at hand, for any ASGI server.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any


def __getattr__(name: str) -> Any:
    """Make the app when a server asks for it, and not before."""
    if name != "app":
        raise AttributeError(name)
    from publisher.web.public import application

    return application(Path.cwd())
