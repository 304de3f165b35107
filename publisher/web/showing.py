"""What the preview page shows: a campaign or article, as it would be sent."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

from publisher import mime, schedule
from publisher.errors import PublisherError
from publisher.models import Email, PostDraft, fingerprint
from publisher.project import Project, Shown

DARK = re.compile(r"@media\s*\(\s*prefers-color-scheme\s*:\s*dark\s*\)")
SCHEMES = re.compile(r'(color-schemes?(?:: |" content="))light dark')
CLIPPED_AT = 102 * 1024  # bytes of HTML that Gmail shows


@dataclass
class Picture:
    """One rendering: what the page asks for, and the messages behind it."""

    data: dict[str, Any]
    choices: dict[str, list[str]]
    emails: list[Email] = field(default_factory=list)


def choices(root: Path) -> dict[str, list[str]]:
    """Return the names that can be previewed; a wrong publisher.yaml leaves none."""
    with Project(root, only_looks=True) as project:
        try:
            return _choices(project)
        except PublisherError:  # the rendering says why
            return {"campaigns": [], "articles": []}


def _choices(project: Project) -> dict[str, list[str]]:
    return {
        "campaigns": [campaign.name for campaign in project.campaigns],
        "articles": [article.slug for article in project.articles],
    }


def article_places(root: Path) -> list[Path]:
    """Return the files and folders of articles; a wrong publisher.yaml names none."""
    try:
        with Project(root, only_looks=True) as project:
            return [project.root / place for place in project.settings.articles]
    except PublisherError:
        return [root / "articles"]


def picture(root: Path, name: str) -> Picture:
    """Render the next issue of `name`, by the very road that `send` takes."""
    began = perf_counter()
    with Project(root, only_looks=True) as project:
        plan, shown = project.preview(name)
        emails = [one.message for one in shown if isinstance(one.message, Email)]
        data: dict[str, Any] = {
            "name": name,
            "issue": plan.issue.id,
            "email": _email(emails[0]) if emails else None,
            "posts": [_post(project, one) for one in shown if not _is_email(one)],
            "problems": [asdict(one) for one in project.check(plan)],
            "unreadable": [str(one) for one in project.unreadable],
            "left_out": [f"{count} {reason}" for reason, count in plan.left_out],
            "who": _who(project, name),
            "runs": _runs(project, name),
        }
        known = _choices(project)
    data["milliseconds"] = round((perf_counter() - began) * 1000)
    return Picture(data, known, emails)


def _is_email(shown: Shown) -> bool:
    return isinstance(shown.message, Email)


def _email(email: Email) -> dict[str, Any]:
    return {
        "from": f"{email.sender.name} <{email.sender.address}>",
        "to": email.recipient.address,
        "subject": email.subject,
        "subject_length": len(email.subject),
        "preheader": email.mailing.draft.preheader,
        "text": email.text,
        "headers": dict(email.headers),
        "size": mime.html_size(email.html),
        "limit": CLIPPED_AT,
        "attachments": [
            {"name": one.name, "size": one.size, "shown": bool(one.content_id)}
            for one in email.mailing.draft.attachments
        ],
        "language": email.language,
        "mark": fingerprint(email.html)[:16],
    }


def _post(project: Project, shown: Shown) -> dict[str, Any]:
    draft = shown.draft
    assert isinstance(draft, PostDraft)  # noqa: S101  `_is_email` has sorted them
    return {
        "channel": shown.channel.name,
        "network": draft.network,
        "article": draft.article,
        "text": draft.text,
        "direction": draft.direction,
        "language": draft.language,
        "length": draft.length,
        "limit": draft.limit,
        "unit": draft.unit,
        "card": asdict(draft.card) if draft.card else None,
        "content_warning": draft.content_warning,
        "json": project.payload(shown),
    }


def _who(project: Project, name: str) -> list[str]:
    """Say through which channel how many would go, and to where."""
    lines = []
    for channel_name, count in project.plan(name).counts().items():
        channel = project.channel(channel_name)
        place = "the outbox on this machine" if channel.is_outbox else channel.network
        what = f"{count:,} {channel.kind}{'' if count == 1 else 's'}"
        lines.append(f"{what} through {channel_name}, to {place}")
    return lines or ["nobody yet: nothing is new, or the list is empty"]


def _runs(project: Project, name: str) -> list[str]:
    for campaign in project.campaigns:
        if campaign.name == name and campaign.enabled:
            runs = schedule.next_runs(campaign, project.clock(), 3)
            return [f"{run:%a %d %b %Y %H:%M} {campaign.timezone}" for run in runs]
    return []


def as_seen(html: str, look: str) -> str:
    """Show the email as where people prefer "light" or "dark", by its own rules.

    A frame cannot ask for either: it has the preference of the whole browser.
    """
    if look not in {"light", "dark"}:
        return html
    html = SCHEMES.sub(rf"\g<1>{look}", html)
    return DARK.sub("@media all" if look == "dark" else "@media not all", html)
