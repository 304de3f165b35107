"""Pictures of posts: the article's own, or a card; kept when an issue is planned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import PurePath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from publisher import cards, files, pictures
from publisher.errors import PublisherError, SourceError
from publisher.models import Article, Image, Limits, Picture

if TYPE_CHECKING:
    from publisher.project.folder import Folder

LARGEST = 50 * files.MEGABYTE  # bytes that are read, whatever is sent


class Pictures:
    """The pictures of a folder's articles, each read once."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._read: dict[str, bytes] = {}  # by address: what was read just now
        self._cards: dict[str, bytes] = {}  # by slug: what was drawn just now
        self.contents: dict[str, bytes] = {}  # by digest: what goes
        self.problems: list[str] = []  # what could not be read, in words

    def of(self, article: Article, limits: Limits, most: int) -> tuple[Picture, ...]:
        """Return an article's first pictures, as a network takes them.

        What cannot be read is left out, and named in `problems`.
        """
        wanted = article.images[: min(most, limits.images)]
        return tuple(self._taken(article, wanted, limits))

    def thumbnail(self, article: Article, limits: Limits) -> Picture | None:
        """Return the card of an article that has no picture, where its owner wants it.

        What cannot be drawn is left out, and named in `problems`.
        """
        if self._folder.settings.cards is None or article.images:
            return None
        try:
            content = pictures.fitted(self.card(article), limits, where=article.source)
        except PublisherError as error:
            self.problems.append(f"card left out: {error}")
            return None
        return self._kept(Image("", article.title), content, limits)

    def card(self, article: Article) -> bytes:
        """Draw the card of an article, as PNG; raises what `cards.card` raises."""
        if article.slug not in self._cards:
            settings = self._folder.settings
            self._cards[article.slug] = cards.card(
                article.title,
                settings.site.name or article.site,
                article.author,
                direction=article.direction,
                language=article.language,
                theme=settings.cards or cards.PLAIN,
                where=article.source,
            )
        return self._cards[article.slug]

    def _taken(
        self, article: Article, wanted: Sequence[Image], limits: Limits
    ) -> Iterator[Picture]:
        for image in wanted:
            try:
                content = self._content(article, image.url)
                content = pictures.fitted(content, limits, where=image.url)
            except PublisherError as error:
                self.problems.append(f"picture left out: {error}")
                continue
            yield self._kept(image, content, limits)

    def _kept(self, image: Image, content: bytes, limits: Limits) -> Picture:
        found = pictures.look(content)
        assert found  # noqa: S101  it was fitted
        digest = sha256(content).hexdigest()
        self.contents[digest] = content
        return Picture(
            url=image.url,
            media_type=found.media_type,
            size=len(content),
            digest=digest,
            alt=image.alt[: limits.alt] if limits.alt else image.alt,
            width=found.width,
            height=found.height,
        )

    def _content(self, article: Article, url: str) -> bytes:
        if url not in self._read:
            self._read[url] = self._local(article, url) or self._fetched(url)
        return self._read[url]

    def _fetched(self, url: str) -> bytes:
        from publisher.http.fetch import fetch

        rules = self._folder.settings.fetch
        return fetch(
            url,
            allow_private=rules.allow_private,
            max_bytes=LARGEST,
            timeout=rules.timeout,
            cache=self._folder.root / ".publisher" / "pictures",
        ).body

    def _local(self, article: Article, url: str) -> bytes:
        """Read a picture of our own site from the project, where it is.

        Beside its article, or where the site has it: below the project or `static/`.
        """
        parts, own = urlsplit(url), urlsplit(article.url)
        if parts.netloc and parts.netloc != own.netloc:
            return b""
        root, path = self._folder.root.resolve(), unquote(parts.path).lstrip("/")
        beside = root / PurePath(article.source).parent
        for place in (
            beside / PurePath(path).name,
            root / path,
            root / "static" / path,
        ):
            found = place.resolve()
            if found.is_relative_to(root) and found.is_file():
                return files.read_bytes(found, limit=LARGEST, where=path)
        if not parts.netloc:
            raise SourceError("there is no such picture in the project", where=path)
        return b""
