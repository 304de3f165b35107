"""Public pages: Jinja templates of `templates/web/pages/`, in the reader's language.

No slots here: a page is made for whoever asks for it. `_("...")` in a template is
looked up in `templates/web/locale/LANGUAGE.po`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.exceptions import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from publisher.errors import RenderError

PAGES = "pages"


class Pages:
    """The pages of some template folders, the first before the next, file by file."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = [folder / "web" for folder in folders]
        self._environment = ImmutableSandboxedEnvironment(
            loader=FileSystemLoader([str(folder / PAGES) for folder in self._folders]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters["date"] = _date

    def page(self, name: str, *, language: str, **values: Any) -> str:
        """Return a page; what is wrong with its template is a `RenderError`."""
        from publisher.language import direction

        try:
            template = self._environment.get_template(f"{name}.html.j2")
            return template.render(
                language=language,
                direction=direction(language),
                _=self.words(language),
                **values,
            )
        except TemplateError as error:
            line = getattr(error, "lineno", 0)
            where = f"templates/web/{PAGES}/{name}.html.j2" + (
                f":{line}" if line else ""
            )
            raise RenderError(
                f"{error.message or type(error).__name__}",
                where=where,
                hint="Try: compare it with the shipped one",
            ) from error

    def words(self, language: str) -> Callable[[str], str]:
        """Return what translates a sentence; an unknown one stays English."""
        from publisher.locales import catalog

        found: Mapping[str, str] = catalog(language, self._folders)

        def translated(sentence: str) -> str:
            return found.get(sentence) or sentence

        return translated

    def paused(self, until: date, language: str) -> str:
        """Return the sentence about a pause, as its reader sees it."""
        sentence = self.words(language)("You get nothing until {date}.")
        return sentence.replace("{date}", _date(until, language))

    def languages(self) -> list[str]:
        """Return the languages that the pages speak."""
        from publisher import locales

        return locales.languages(self._folders)

    def file(self, name: str) -> bytes:
        """Return a file beside the pages, such as their style sheet."""
        for folder in self._folders:
            if (folder / name).is_file():
                return (folder / name).read_bytes()
        raise RenderError(f"there is no templates/web/{name}", hint="Try: write it")


def _date(moment: date, language: str) -> str:
    from publisher.locales import format_date

    return format_date(moment, language)
