"""Loads the settings of a folder; what the environment says beats `.env`."""

from __future__ import annotations

import io
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from publisher import files, strict
from publisher.cards import Theme
from publisher.config import grants
from publisher.errors import ConfigError, SourceError
from publisher.models import (
    Grant,
    Hashtags,
    Json,
    Mailbox,
    Often,
    Pace,
    Quiet,
    Site,
    TagRule,
    Tracking,
)

if TYPE_CHECKING:
    from publisher.config.model import ProjectFile

FILE = "publisher.yaml"
SHORTEST_SECRET = 16
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Fetch:
    """How articles are read from the web."""

    allow_private: bool = False
    max_bytes: int = 10_000_000
    timeout: float = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUp:
    """What the form for new readers offers, and how the letter to them goes.

    `lists` may be joined by anybody; `days` is how long the link in the letter works.
    """

    lists: tuple[str, ...] = ()
    through: str = "outbox"
    template: str = "confirm"
    words: str = ""
    ask_name: bool = True
    keep_network: bool = False
    proof_of_work: bool = False
    days: int = 7


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that an owner has set, with the defaults for the rest.

    `articles` are places, `lists` names with their titles,
    `segments` questions by their names, `channels` the channels
    that write to the outbox instead, `paces` how fast channels may send. `quiet` are
    the hours in which no reader is written to, and `often` is how often they are at
    most. `cards` is how they look; None: none is made. `environ` is the environment
    over `.env` over the tokens of those that have logged in, which are the `grants`; it
    holds secrets, so it is never shown.
    """

    root: Path
    site: Site
    store_url: str
    outbox: Path
    articles: tuple[str, ...] = ("articles",)
    lists: Mapping[str, str] = field(default_factory=dict)
    topics: Mapping[str, str] = field(default_factory=dict)
    segments: Mapping[str, str] = field(default_factory=dict)
    signup: SignUp = SignUp()
    cards: Theme | None = None
    tracking: tuple[Tracking, ...] = ()
    channels: Mapping[str, str] = field(default_factory=dict)
    paces: Mapping[str, Pace] = field(default_factory=dict)
    quiet: Quiet | None = None
    often: Often | None = None
    rules: tuple[TagRule, ...] = ()
    hashtags: Hashtags = field(default_factory=Hashtags)
    sensitive: tuple[str, ...] = ()
    fetch: Fetch = Fetch()
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    grants: Mapping[str, Grant] = field(default_factory=dict, repr=False)

    def pace(self, channel: str) -> Pace:
        """Return how fast a channel may send: its own line, or its provider's."""
        provider = channel.partition(":")[0]
        return self.paces.get(channel) or self.paces.get(provider) or Pace()

    @cached_property
    def secret(self) -> str:
        """What signs links: PUBLISHER_SECRET, or one made when first asked for."""
        return _given_secret(self.environ) or _own_secret(self._secret_file)

    @property
    def has_secret(self) -> bool:
        """Whether there is a secret already, so that asking for it makes none."""
        return bool(_given_secret(self.environ)) or self._secret_file.exists()

    @property
    def _secret_file(self) -> Path:
        return self.root / ".publisher" / "secret"


def load(root: Path, environ: Mapping[str, str]) -> Settings:
    """Read the settings of a folder; nothing is written and nothing is opened."""
    from publisher.config.model import ProjectFile

    text = _text(root)
    found = strict.read(ProjectFile, text, where=FILE)
    tokens = grants.kept(root)
    merged = grants.into(_environment(root, environ), tokens)
    return Settings(
        root=root,
        site=_site(found),
        store_url=_store_url(root, files.setting("PUBLISHER_STORE", merged)),
        outbox=root / (files.setting("PUBLISHER_OUTBOX", merged) or "outbox"),
        articles=found.articles,
        lists=MappingProxyType(dict(found.lists)),
        topics=MappingProxyType(
            {tag.casefold(): title for tag, title in found.topics.items()}
        ),
        segments=MappingProxyType(dict(found.segments)),
        signup=SignUp(**dict(found.signup)) if found.signup else SignUp(),
        cards=_theme(root, found),
        tracking=found.tracking,
        channels=MappingProxyType(dict(found.channels)),
        paces=MappingProxyType(
            {name: pace.noun() for name, pace in found.pace.items()}
        ),
        quiet=Quiet.read(quiet) if (quiet := found.guards.quiet_hours) else None,
        often=Often.read(often) if (often := found.guards.frequency_cap) else None,
        rules=tuple(rule.noun() for rule in found.rules),
        hashtags=Hashtags.of(found.hashtags.write, found.hashtags.never),
        sensitive=found.sensitive,
        fetch=Fetch(
            allow_private=found.fetch.allow_private,
            max_bytes=int(found.fetch.max_mb * MEGABYTE),
            timeout=found.fetch.timeout_seconds,
        ),
        environ=MappingProxyType(merged),
        grants=MappingProxyType(tokens),
    )


def problems(root: Path, environ: Mapping[str, str]) -> list[ConfigError]:
    """Return everything that is wrong with a folder's settings, for `doctor`."""
    from publisher.config.model import ProjectFile

    try:
        found = strict.problems(ProjectFile, _text(root), where=FILE)
        _given_secret(_environment(root, environ))
    except ConfigError as error:
        return [error]
    return found


def settings_schema() -> Json:
    """Return the JSON Schema of publisher.yaml, for editors."""
    from publisher.config.model import ProjectFile

    return strict.schema(ProjectFile, title="publisher.yaml")


def _text(root: Path) -> str:
    if not (root / FILE).is_file():
        raise ConfigError(
            f"{root} is not a publisher folder: it has no {FILE}",
            hint="Try: publisher init",
        )
    try:
        return files.read_text(root / FILE, where=FILE)
    except SourceError as error:
        raise ConfigError(error.message, where=error.where, hint=error.hint) from None


def _site(found: ProjectFile) -> Site:
    public = found.site.public_url.rstrip("/")
    return Site(
        name=found.site.name or found.sender.name,
        url=found.site.url,
        language=found.site.language,
        timezone=found.site.timezone,
        sender=Mailbox(found.sender.address, found.sender.name or found.site.name),
        reply_to=found.sender.reply_to,
        postal_address=found.site.postal_address.strip(),
        public_url=public,
        archive_url=found.site.archive_url
        or (public and f"{public}/archive/{{issue}}"),
        unsubscribe_url=found.site.unsubscribe_url
        or (public and f"{public}/out/{{token}}"),
        unsubscribe_address=found.sender.unsubscribe,
    )


def _theme(root: Path, found: ProjectFile) -> Theme | None:
    """Return how cards look; None: there are none. A font lies in the folder."""
    if found.cards is None:
        return None
    font = found.cards.font
    return Theme(colour=found.cards.colour, font=root / font if font else None)


def _environment(root: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment over `.env`.

    A key is also beaten by its `_FILE` variant from outside: a container that mounts a
    secret means it.
    """
    path = root / ".env"
    inside = dict(_pairs(path)) if path.is_file() else {}
    for key in environ:
        if key.endswith("_FILE") and environ[key]:
            inside.pop(key.removesuffix("_FILE"), None)
    return {**inside, **environ}


def _pairs(path: Path) -> Iterator[tuple[str, str]]:
    """Read `.env`; `$` in a password stays what it is. No line of it is ever shown."""
    from dotenv.parser import parse_stream

    try:
        text = files.read_text(path, where=".env")
    except SourceError as error:
        raise ConfigError(error.message, where=error.where, hint=error.hint) from None
    for binding in parse_stream(io.StringIO(text)):
        if binding.error or (binding.key and binding.value is None):
            skipped = binding.original.string
            blank = len(skipped) - len(skipped.lstrip("\n"))
            raise ConfigError(
                "is not a NAME=value line",
                where=f".env:{binding.original.line + blank}",
                hint="Try: put the value in single quotes",
            )
        if binding.key:
            yield binding.key, binding.value or ""


def _store_url(root: Path, url: str) -> str:
    """Return where the books are; a relative SQLite file lies in the folder."""
    if not url:
        return f"sqlite:///{root / '.publisher' / 'books.sqlite3'}"
    if "://" not in url:
        raise ConfigError(
            "PUBLISHER_STORE is not a database URL",
            where=".env",
            hint="Try: sqlite:///books.sqlite3, or remove it",
        )
    scheme, _, path = url.partition(":///")
    if scheme.startswith("sqlite") and path and not path.startswith((":", "file:")):
        return f"{scheme}:///{root / path}"
    return url


def _given_secret(environ: Mapping[str, str]) -> str:
    """Return PUBLISHER_SECRET; refuse one that can be guessed."""
    given = files.setting("PUBLISHER_SECRET", environ)
    if not given or len(given) >= SHORTEST_SECRET:
        return given
    raise ConfigError(
        f"PUBLISHER_SECRET must have {SHORTEST_SECRET} characters or more",
        where=".env",
        hint="Try: remove it, and one is made for you",
    )


def _own_secret(path: Path) -> str:
    """Return the folder's secret; made once, by whichever process is first."""
    if not path.exists():
        files.create(path, secrets.token_urlsafe(32) + "\n", mode=0o600)
    return files.read_text(path).strip()
