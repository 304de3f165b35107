"""Articles + template -> Draft: in a sandbox, once, with slots for what is personal.

What templates may use is in docs/templates.md.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from publisher.models import (
    Article,
    AttachedFile,
    Direction,
    Hashtags,
    Issue,
    Limits,
    PostDraft,
    Site,
    Tracking,
)
from publisher.render import letter as letters
from publisher.render import post as posts
from publisher.render.environment import Sandbox
from publisher.render.letter import Letter
from publisher.render.personal import Tokens
from publisher.render.running import names

if TYPE_CHECKING:
    from publisher.locales import Phrase

__all__ = ["Letter", "Templates"]


class Templates:
    """The templates of some folders, the first before the next, file by file.

    Each folder holds `email/`, `social/` and perhaps `words.yaml`.
    """

    def __init__(
        self, folders: Sequence[Path], *, site: Site, spelling: Hashtags | None = None
    ) -> None:
        self.site = site
        self._spelling = spelling or Hashtags()
        self._phrases: dict[str, Mapping[str, Phrase]] = {}
        self._folders = tuple(folders)
        self._sandbox = Sandbox(self._folders, Tokens(secrets.token_hex(8)))

    def names(self, kind: Literal["email", "social"]) -> list[str]:
        """Return the names of the templates of a kind."""
        return names(self._sandbox, kind)

    def letter(
        self,
        template: str,
        *,
        articles: Sequence[Article],
        issue: Issue,
        subject: str = "",
        view_url: str = "",
        title: str = "",
        language: str = "",
        attachments: Sequence[AttachedFile] = (),
        tracking: Sequence[Tracking] = (),
    ) -> Letter:
        """Return a letter of these articles, to be drafted for each reader.

        `subject` is a template too; an empty one leaves the word to the template.
        """
        from publisher.locales import words

        language, direction = self._language_of(articles, language)
        setting = letters.Setting(
            site=self.site,
            words=words(language, self._folders),
            language=language,
            direction=direction,
            view_url=view_url,
            title=title,
        )
        return letters.Letter(
            sandbox=self._sandbox,
            parts=letters.parts(self._sandbox, template, subject),
            values=setting.values(articles, issue),
            attachments=tuple(attachments),
            tracking=tuple(tracking),
        )

    def _words(self, language: str) -> Mapping[str, Phrase]:
        """Return the fixed phrases, read once: thousands of posts may want them."""
        from publisher.locales import words

        if language not in self._phrases:
            self._phrases[language] = words(language, self._folders)
        return self._phrases[language]

    def _language_of(
        self, articles: Sequence[Article], wanted: str
    ) -> tuple[str, Direction]:
        """Return the language that articles share, else the wanted or the site's."""
        from publisher.language import direction

        if articles and len({article.language for article in articles}) == 1:
            return articles[0].language, articles[0].direction
        language = wanted or self.site.language
        return language, direction(language)

    def post(
        self,
        template: str,
        *,
        article: Article,
        network: str,
        limits: Limits,
        hashtags: Sequence[str] = (),
        content_warning: str = "",
        language: str = "",
        link: str = "",
        visibility: str = "",
        turn: int = 0,
    ) -> PostDraft:
        """Return the fullest wording of a post that fits the network.

        `link` is where it leads, instead of the article's own address; `turn` is how
        often the account has posted the article before.
        """
        language = language or article.language
        about = posts.About(
            article=article,
            network=network,
            site=self.site,
            words=self._words(language),
            hashtags=hashtags,
            content_warning=content_warning,
            language=language,
            link=link or article.url,
            visibility=visibility,
            turn=turn,
            spelling=self._spelling,
        )
        return posts.post(self._sandbox, template, about, limits)
