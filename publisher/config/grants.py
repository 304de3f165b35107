"""Tokens of `publisher channels login`: files of their own, beside the books.

They are not in git (`.publisher/` is ignored), only their owner can read them, and
what `.env` says wins over them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from publisher import files
from publisher.errors import ConfigError, SourceError
from publisher.models import Grant

FOLDER = Path(".publisher", "tokens")
ONLY_MINE = 0o600


def key_of(channel: str) -> str:
    """Return the setting that a channel's token is.

    >>> key_of("x:work")
    'X_WORK_TOKEN'
    """
    return f"{_name(channel).upper()}_TOKEN"


def _name(channel: str) -> str:
    return re.sub(r"\W", "_", channel)


def keep(root: Path, channel: str, grant: Grant) -> None:
    """Write a channel's tokens: the whole file or nothing, and only we can read it."""
    path = root / FOLDER / f"{_name(channel)}.json"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    files.create(path.with_name(".gitignore"), "*\n")
    text = json.dumps(
        {
            "channel": channel,
            "access_token": grant.access,
            "refresh_token": grant.refresh,
            "obtained_at": grant.obtained_at.isoformat(),
            "expires_at": grant.expires_at and grant.expires_at.isoformat(),
        },
        indent=2,
    )
    files.write(path, text + "\n", mode=ONLY_MINE)


def kept(root: Path) -> dict[str, Grant]:
    """Return the tokens of each channel that has logged in."""
    return dict(map(_read, sorted((root / FOLDER).glob("*.json"))))


def into(environ: Mapping[str, str], grants: Mapping[str, Grant]) -> dict[str, str]:
    """Return the environment with the tokens that it does not name itself."""
    found = dict(environ)
    for channel, grant in grants.items():
        key = key_of(channel)
        if not (environ.get(key) or environ.get(f"{key}_FILE")):
            found[key] = grant.access
    return found


def _read(path: Path) -> tuple[str, Grant]:
    try:
        said = json.loads(files.read_text(path))
        expires = said["expires_at"]
        grant = Grant(
            access=said["access_token"],
            refresh=said["refresh_token"],
            obtained_at=datetime.fromisoformat(said["obtained_at"]),
            expires_at=datetime.fromisoformat(expires) if expires else None,
        )
        return f"{said['channel']}", grant
    except (SourceError, ValueError, KeyError, TypeError):
        raise ConfigError(
            "cannot be read as the tokens of a channel",
            where=f"{FOLDER / path.name}",
            hint="Try: remove it, and publisher channels login again",
        ) from None
