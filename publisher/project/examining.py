"""Looks at a folder without changing it: what `doctor` and `channels` tell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from publisher import cards, config, providers
from publisher.errors import PublisherError
from publisher.models import Campaign, Json, Signs
from publisher.project.accounts import accounts_of, version_end

if TYPE_CHECKING:
    from publisher.project import Project
    from publisher.project.folder import Folder

WARNED, URGENT = 60, 14  # days before a version of an API ends
Finding = tuple[Literal["ok", "note", "error"], str]


def providers_of(folder: Folder) -> list[Json]:
    """Say of every installed provider whether it is configured, and by which keys."""
    environ = folder.settings.environ
    rows = []
    for name, cls in providers.known().items():
        settings = providers.settings_of(cls, name)
        is_ready = not settings or (
            providers.is_configured(cls, name, "", environ)
            and any(environ.get(one.key) for one in settings)
        )
        rows.append(
            {
                "name": name,
                "kind": cls.kind,
                "state": "ready" if is_ready else "not configured",
                "settings": [one.key for one in settings],
            }
        )
    return rows


def _versions(folder: Folder) -> Iterator[Finding]:
    """Say which channels speak a version that ends soon, or has ended."""
    today = folder.clock().date()
    for name in accounts_of(folder):
        try:
            ends = version_end(folder.channel(name))
        except PublisherError:
            continue  # a campaign that uses it says so
        if ends is None:
            continue
        left = (ends - today).days
        hint = "Try: a newer version of publisher, or its VERSION in .env"
        if left <= 0:
            yield (
                "error",
                f"{name}: its network refuses this version since {ends}. {hint}",
            )
        elif left <= WARNED:
            again = "soon" if left > URGENT else "now"
            said = f"{name}: the version that it speaks ends in {left} days, on {ends}"
            yield "note", f"{said}; mend it {again}. {hint}"


def _tokens(folder: Folder) -> Iterator[Finding]:
    """Say which tokens end soon, or have ended."""
    now = folder.clock()
    for name, grant in folder.settings.grants.items():
        if grant.expires_at is None:
            continue
        hint = f"Try: publisher channels login {name}"
        until = grant.expires_at.astimezone(folder.zone)
        if grant.is_over(now) and not grant.refresh:
            yield "error", f"{name}: its token ended {until:%Y-%m-%d}. {hint}"
        elif grant.is_due(now) and not grant.refresh:
            yield "note", f"{name}: its token ends {until:%Y-%m-%d}. {hint}"


def examine(folder: Project) -> list[Finding]:
    """Look at every part of the folder, and end with what to do next."""
    wrong = config.problems(folder.root, folder.environ)
    if wrong:
        return [("error", str(one)) for one in wrong]
    found: list[Finding] = [("ok", f"settings: {folder.root / 'publisher.yaml'}")]
    found += _articles(folder)
    found += _campaigns(folder)
    found += _channels(folder)
    found += _cards(folder)
    found += _versions(folder)
    found += _tokens(folder)
    found += _books(folder)
    found = list(dict.fromkeys(found))
    is_ready = all(level != "error" for level, _ in found)
    return [*found, ("note", _next(folder) if is_ready else "Mend the errors first.")]


def _articles(folder: Folder) -> Iterator[Finding]:
    count = len(folder.articles)
    drafts = sum(article.draft for article in folder.articles)
    yield "ok" if count else "note", f"articles: {count}, drafts among them: {drafts}"
    for problem in folder.unreadable:
        yield "error", str(problem)


def _campaigns(folder: Project) -> Iterator[Finding]:
    for error in folder.wrong_schedules:
        yield "error", str(error)
    names = [campaign.name for campaign in folder.campaigns]
    yield "ok" if names else "note", f"schedules: {', '.join(names) or 'none yet'}"
    for campaign in folder.campaigns:
        yield from _opening(folder, campaign)


def _opening(folder: Project, campaign: Campaign) -> Iterator[Finding]:
    """Say whether every channel of the campaign opens, and its templates render."""
    for channel_name in campaign.through:
        try:
            channel = folder.channel(channel_name)
        except PublisherError as error:
            yield "error", str(error) if error.where else f"{campaign.name}: {error}"
            return
        place = "the outbox" if channel.is_outbox else channel.network
        yield "ok", f"{campaign.name}: {channel_name} goes to {place}"
        if isinstance(channel.provider, Signs):
            for name, text in channel.provider.dns_records():
                yield "note", f"{channel_name}: DNS must have TXT {name} with: {text}"
    try:
        folder.preview(campaign.name)
    except PublisherError as error:
        yield "error", f"{campaign.name}: {error}"


def _channels(folder: Folder) -> Iterator[Finding]:
    ready = [row["name"] for row in providers_of(folder) if row["state"] == "ready"]
    if ready == ["outbox"]:
        yield "note", "no provider is configured: everything goes to the outbox"


def _cards(folder: Folder) -> Iterator[Finding]:
    """Say whether this machine draws cards, by one with the site's name."""
    theme, site = folder.settings.cards, folder.settings.site
    if theme is None:
        return
    try:
        cards.card(site.name or "A", "", "", language=site.language, theme=theme)
    except PublisherError as error:
        yield "note", f"cards: {error}"
        return
    yield "ok", "cards: drawn for articles without a picture"


def _books(folder: Folder) -> Iterator[Finding]:
    try:
        people = len(folder.books.subscribers.all())
        broken = folder.books.ledger.verify()
    except PublisherError as error:
        yield "error", str(error)
        return
    yield "ok" if people else "note", f"readers: {people}"
    for line in broken:
        yield "error", f"ledger: {line}"
    if not broken:
        yield "ok", "ledger: every delivery is accounted for"


def _next(folder: Folder) -> str:
    if not folder.articles:
        return 'Try: publisher new article "A title"'
    if not folder.books.subscribers.all():
        return "Try: publisher subscribers import subscribers.csv --list weekly"
    return "Try: publisher preview"
