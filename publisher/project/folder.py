"""Opens an owner's folder: what is in it, and the books beside it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Self
from zoneinfo import ZoneInfo

from publisher import files, tokens
from publisher.errors import ConfigError, SourceError
from publisher.models import Article, Campaign, Channel, Issue, Pace, Plan
from publisher.project.intentions import refuse_list
from publisher.text import suggest

if TYPE_CHECKING:
    from publisher.config import Settings
    from publisher.project.attaching import Attachments
    from publisher.project.picturing import Pictures
    from publisher.render import Templates
    from publisher.render.page import Pages
    from publisher.segments import Question
    from publisher.sources import FetchRules
    from publisher.store import Books


def now_utc() -> datetime:
    """Return the time; the one clock of the program, handed to every room."""
    return datetime.now(UTC)


def find_root(start: str | Path) -> Path:
    """Return the nearest folder at or above `start` that has a publisher.yaml."""
    here = Path(start).resolve()
    for folder in (here, *here.parents):
        if (folder / "publisher.yaml").is_file():
            return folder
    return here


NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


class Folder:
    """An owner's folder, opened: each part is read when it is first asked for."""

    def __init__(
        self,
        root: str | Path = ".",
        *,
        environ: Mapping[str, str] | None = None,
        clock: Callable[[], datetime] = now_utc,
        only_looks: bool = False,
    ) -> None:
        self.root = find_root(root)
        self.environ = os.environ if environ is None else environ
        self.clock = clock
        self.only_looks = only_looks
        self._open = ExitStack()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.root)!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the books."""
        self._open.close()
        self.__dict__.pop("books", None)

    # --- what is in the folder ---

    @cached_property
    def settings(self) -> Settings:
        """The settings of publisher.yaml, `.env` and the environment."""
        from publisher import config

        return config.load(self.root, self.environ)

    @property
    def zone(self) -> ZoneInfo:
        """The site's clock, for a person who reads a time."""
        return ZoneInfo(self.settings.site.timezone)

    @cached_property
    def books(self) -> Books:
        """The ledger, the subscribers and the runs.

        Who only looks makes none: where there are none yet, they are empty.
        """
        from publisher.store import open_books

        url = self.settings.store_url
        path = Path(url.removeprefix("sqlite:///"))
        if self.only_looks and url.startswith("sqlite:///") and not path.exists():
            url = "sqlite://"
        return self._open.enter_context(open_books(url))

    @property
    def secret(self) -> str:
        """What signs links; empty where none is signed. Who only looks makes none."""
        settings = self.settings
        site = settings.site
        if not (site.unsubscribe_url or site.public_url or site.unsubscribe_address):
            return ""
        if self.only_looks and not settings.has_secret:
            return "only-for-looking-at"
        return settings.secret

    @cached_property
    def salt(self) -> str:
        """What makes the marks of deliveries our own: nobody forges a bounce."""
        is_made_up = self.only_looks and not self.settings.has_secret
        return tokens.salt_of("" if is_made_up else self.settings.secret)

    @cached_property
    def attachments(self) -> Attachments:
        """The files that travel with emails."""
        from publisher.project.attaching import Attachments

        return Attachments(self)

    @cached_property
    def pictures(self) -> Pictures:
        """The pictures of its articles, which go with posts."""
        from publisher.project.picturing import Pictures

        return Pictures(self)

    @cached_property
    def templates(self) -> Templates:
        """The owner's templates before the shipped ones."""
        from publisher.render import Templates

        folders = (self.root / "templates", files.shipped("templates"))
        spelling = self.settings.hashtags
        return Templates(folders, site=self.settings.site, spelling=spelling)

    @cached_property
    def pages(self) -> Pages:
        """The templates of the public pages, the owner's before the shipped ones."""
        from publisher.render.page import Pages

        return Pages((self.root / "templates", files.shipped("templates")))

    @cached_property
    def _read(self) -> tuple[list[Article], list[SourceError]]:
        from publisher import sources

        return sources.read_all(
            self.settings.articles,
            root=self.root,
            rules=self._fetch_rules(),
            timezone=self.settings.site.timezone,
        )

    def _fetch_rules(self) -> FetchRules:
        from publisher.sources import FetchRules

        fetch = self.settings.fetch
        return FetchRules(
            allow_private=fetch.allow_private,
            max_bytes=fetch.max_bytes,
            timeout=fetch.timeout,
            cache=self.root / ".publisher" / "cache",
        )

    @property
    def articles(self) -> list[Article]:
        """Every article that could be read, drafts too."""
        return self._read[0]

    @property
    def unreadable(self) -> list[SourceError]:
        """Why the others could not be read, one clear line each."""
        return self._read[1]

    def read(
        self, location: str, errors: list[SourceError] | None = None
    ) -> list[Article]:
        """Read a file, a folder or a URL that need not belong to the project.

        What is wrong with some files of a folder is added to `errors`.
        """
        from publisher import sources

        if not (self.root / "publisher.yaml").is_file():
            return sources.read(location, root=Path.cwd(), errors=errors)
        is_here = Path(location).exists() or not (self.root / location).exists()
        return sources.read(
            location,
            root=Path.cwd() if is_here else self.root,
            rules=self._fetch_rules(),
            timezone=self.settings.site.timezone,
            errors=errors,
        )

    def article(self, name: str) -> Article:
        """Find an article by slug, or read it from a path or URL."""
        if not name:
            raise SourceError(
                "there is no article yet", hint='Try: publisher new article "A title"'
            )
        known = {article.slug: article for article in self.articles}
        if name in known:
            return known[name]
        if "/" in name or Path(name).suffix or Path(name).exists():
            return self._only_one(name)
        campaigns = [campaign.name for campaign in self.campaigns]
        if name in campaigns:
            raise SourceError(
                f"{name} is a campaign, not an article", hint="Try: publisher articles"
            )
        close = suggest(name, [*campaigns, *known])
        raise SourceError(
            f"there is no article or campaign {name!r}",
            hint=f"Did you mean {close}?" if close else "Try: publisher articles",
        )

    def _only_one(self, name: str) -> Article:
        found = self.read(name)
        if len(found) == 1:
            return found[0]
        hint = f"Try: one of them, such as {found[0].slug}" if found else "Try: a file"
        raise SourceError(f"holds {len(found)} articles", where=name, hint=hint)

    @cached_property
    def _schedules(self) -> tuple[list[Campaign], list[ConfigError]]:
        from publisher import providers, schedule

        return schedule.campaigns(
            self.root / "schedules",
            timezone=self.settings.site.timezone,
            lists=tuple(self.settings.lists),
            providers=tuple(providers.known()),
        )

    @property
    def campaigns(self) -> list[Campaign]:
        """The campaigns of `schedules/`; what is wrong is in `wrong_schedules`."""
        return self._schedules[0]

    @property
    def wrong_schedules(self) -> list[ConfigError]:
        """What is wrong in schedule files, with its place; those files give nothing."""
        return self._schedules[1]

    def next_campaign(self) -> str:
        """Return the name of what would be sent next: a campaign, else an article."""
        from publisher import schedule

        now = self.clock()
        due = [(schedule.next_runs(one, now, 1), one.name) for one in self.campaigns]
        planned = [(runs[0].astimezone(UTC), name) for runs, name in due if runs]
        names = [name for _, name in sorted(planned) or due]
        return next(iter([*names, *(one.slug for one in self.articles)]), "")

    def refuse_list(self, name: str) -> None:
        """Raise `ConfigError` where the owner names lists and this is none of them."""
        refuse_list(name, self.settings.lists)

    def local_now(self) -> datetime:
        """Return the time by the site's clock: a segment's days begin by it."""
        return self.clock().astimezone(self.zone)

    def question(self, name: str) -> Question:
        """Return a saved question, or the one that is written instead of a name.

        Raises `ConfigError` where it cannot be read, or names a list or a field that
        there is none of.
        """
        from publisher import segments

        text = self.settings.segments.get(name)
        if text is None and NAME.fullmatch(name):
            close = suggest(name, list(self.settings.segments))
            hint = f"Did you mean {close}?" if close else "Try: publisher segments"
            raise ConfigError(f'there is no segment "{name}"', hint=hint)
        known = self.books.segments.attributes()
        question = segments.parse(name if text is None else text, known)
        for one in segments.lists(question):
            self.refuse_list(one)
        return question

    def segment_size(self, name: str) -> int:
        """Count the readers of a segment who are not suppressed."""
        question = self.question(name)
        return self.books.segments.count(question, now=self.local_now())

    def campaign(self, name: str) -> Campaign | None:
        """Find a campaign by name; raise where its own file is wrong."""
        for one in self.campaigns:
            if one.name == name:
                return one
        for error in self.wrong_schedules:
            if PurePath(error.where.split(":")[0]).stem == name:
                raise error
        return None

    def already_sent(self, plan: Plan) -> Issue | None:
        """Return the issue that sent what an empty plan leaves out as sent already."""
        from publisher.plan import SENT

        is_why = any(reason.endswith(SENT) for reason, _ in plan.left_out)
        if plan.size or not is_why:
            return None
        for issue in self.books.ledger.issues(plan.issue.campaign):
            if issue.articles and (plan.issue.is_rehearsal or not issue.is_rehearsal):
                return issue
        return None

    def pace(self, channel: Channel) -> Pace:
        """Return how fast its owner lets a channel send."""
        return Pace() if channel.is_outbox else self.settings.pace(channel.name)

    def channel(self, name: str) -> Channel:
        """Open a channel; nothing is sent by opening."""
        from publisher import config, providers

        return config.channel(name, self.settings, providers)
