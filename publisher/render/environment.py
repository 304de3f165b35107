"""The sandbox that templates run in, and how it keeps track of what is personal."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from pathlib import Path
from types import CodeType, MappingProxyType
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, Template, pass_eval_context
from jinja2.exceptions import SecurityError
from jinja2.nodes import EvalContext
from jinja2.runtime import BlockReference, Context, Macro, identity
from jinja2.runtime import markup_join as joined_markup
from jinja2.runtime import str_join as joined_text
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing
from markupsafe import Markup, escape

from publisher.render import filters
from publisher.render.personal import (
    Mark,
    NeedsReader,
    Personal,
    Reader,
    ReaderText,
    Tokens,
)
from publisher.slots import FILTERS

LONGEST_RANGE = 10_000
LONGEST_PRODUCT = 1_000_000
OPERATORS = ("+", "-", "*", "/", "//", "%", "**")
NAMES = (
    *("article", "articles", "campaign", "content_warning", "direction", "end"),
    *("confirm_url", "preferences_url", "hashtags", "issue", "language", "network"),
    *("preheader", "sender", "site"),
    *("start", "subject", "subscriber", "summary", "title", "turn", "unsubscribe_url"),
    *("url", "view_url", "words"),
)


class Unknown(StrictUndefined):
    """A name that is not there: says so, and which one may be meant."""

    @property
    def _undefined_message(self) -> str:
        from publisher.text import suggest

        name = str(self._undefined_name)
        if self._undefined_hint:
            return self._undefined_hint
        if self._undefined_obj is missing:
            known: Iterable[str] = NAMES
            message = f"there is no {name!r} here"
        else:
            known = _names_of(self._undefined_obj)
            message = f"{_kind_of(self._undefined_obj)} has no {name!r}"
        close = suggest(name, list(known))
        return f"{message}\nDid you mean {close}?" if close else message


def _names_of(value: object) -> Iterable[str]:
    if isinstance(value, Mapping):
        return map(str, value)
    return (name for name in dir(value) if not name.startswith("_"))


def _kind_of(value: object) -> str:
    match value:
        case str():
            return "a text"
        case list() | tuple():
            return "a list"
        case Mapping():
            return "words" if isinstance(value, MappingProxyType) else "a table"
    name = type(value).__name__.removesuffix("View").lower()
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"


class Compiled(Template):
    """A template whose captured texts stay under watch."""

    @classmethod
    def from_code(
        cls,
        environment: Any,
        code: CodeType,
        globals: MutableMapping[str, Any],  # noqa: A002  Jinja's name
        uptodate: Callable[[], bool] | None = None,
    ) -> Compiled:
        """Give `{% set %}` blocks and `~` their own ways to build a text."""
        made = super().from_code(environment, code, globals, uptodate)
        keep = environment.tokens.keep
        # Compiled code finds these names in its module each time it runs.
        made.root_render_func.__globals__.update(
            Markup=lambda value: keep(Markup(value)),  # noqa: S704  Jinja escaped it
            identity=lambda value: keep(identity(value)),
            markup_join=lambda values: keep(joined_markup(values)),
            str_join=lambda values: keep(joined_text(values)),
        )
        return made  # type: ignore[return-value]


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2 for templates: data only, escaped in HTML, personal values watched."""

    template_class = Compiled
    intercepted_binops = frozenset(OPERATORS)

    def __init__(self, folders: Sequence[Path], tokens: Tokens) -> None:
        self.tokens = tokens
        self.folders = tuple(folders)
        self._kept: dict[tuple[str, ...], Template] = {}
        super().__init__(
            loader=FileSystemLoader([str(folder) for folder in folders]),
            autoescape=_is_html,
            undefined=Unknown,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.globals["range"] = _range
        # The same articles must make the same draft, at any time.
        del self.globals["lipsum"], self.filters["random"]
        self.filters.update(filters.FILTERS)
        self.filters = {
            name: self._watched(name, function)
            for name, function in self.filters.items()
        }
        self.filters["default"] = self.filters["d"] = self._default
        self.filters["escape"] = self.filters["e"] = _escape
        tests: Mapping[str, Any] = self.tests
        self.tests = {
            name: self._refusing(function) for name, function in tests.items()
        }

    def kept(self, kind: str, names: Sequence[str]) -> Template | None:
        """Return a template that was loaded before: thousands of posts share a few."""
        return self._kept.get((kind, *names))

    def keep(self, kind: str, names: Sequence[str], template: Template) -> None:
        """Note what was loaded for some names."""
        self._kept[kind, *names] = template

    def folder_of(self, name: str) -> int:
        """Return which folder has the template, the owner's being the first."""
        found = (at for at, one in enumerate(self.folders) if (one / name).is_file())
        return next(found, len(self.folders))

    # --- what may be done with a personal value ---

    def _watched(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the filter: a slot notes it if it can, else it needs the reader."""
        before = 1 if hasattr(function, "jinja_pass_arg") else 0

        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            given = args[before:]
            is_alone = len(given) == 1 and not kwargs
            if is_alone and name in FILTERS and isinstance(given[0], Mark):
                return self.tokens.filtered(given[0], name)
            if is_alone and name in FILTERS and isinstance(given[0], ReaderText):
                return ReaderText(FILTERS[name](given[0]))
            self.tokens.refuse(given, kwargs)
            return self.tokens.keep(function(*args, **kwargs))

        return wrapped

    def _refusing(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the test; its answer would be the structure of the template."""

        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            self.tokens.refuse(args, kwargs)
            return function(*args, **kwargs)

        return wrapped

    def _default(
        self,
        value: Any,
        default_value: Any = "",
        boolean: bool = False,
    ) -> Any:
        """Return the value, or the default where it is missing or a reader lacks it."""
        if isinstance(value, Mark) and type(default_value) is str:
            return self.tokens.defaulted(value, default_value)
        self.tokens.refuse(value)
        return filters.default(value, default_value, boolean=boolean)

    # --- Jinja's own doors ---

    def concat(self, parts: Iterable[object]) -> str:
        """Join what a block, a macro or a template yields."""
        return "".join(map(str, parts))

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return `obj.attribute`; the key of a table comes before its methods."""
        if isinstance(obj, Reader):
            return obj.field(attribute)
        self._closed(obj)
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return `obj[argument]`."""
        if isinstance(obj, Reader):
            self.tokens.refuse(argument)
            return obj.field(str(argument))
        self._closed(obj)
        self.tokens.refuse(argument)
        return super().getitem(obj, argument)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Compute, unless a reader's value or the machine's memory is at stake."""
        self.tokens.refuse(left, right)
        if operator == "*" and _product(left, right) > LONGEST_PRODUCT:
            raise SecurityError("the result of * is too long")
        if operator == "**" and not (_is_small(left) and _is_small(right)):
            raise SecurityError("the result of ** is too large")
        return super().call_binop(context, operator, left, right)

    def call(
        __self,  # noqa: N805  a template may pass arguments of any name
        __context: Context,  # noqa: PYI063  as in Jinja
        __obj: Any,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        """Call a macro with anything, and everything else with what is known."""
        if not isinstance(__obj, Macro | BlockReference):
            __self.tokens.refuse(args, kwargs)
        found = super().call(__context, __obj, *args, **kwargs)
        return __self.tokens.keep(found)

    def _closed(self, value: object) -> None:
        if isinstance(value, Personal):
            raise NeedsReader(value.names)


@pass_eval_context
def _escape(eval_ctx: EvalContext, value: Any) -> Any:
    """Escape now; in HTML a personal value is escaped anyway when it is filled in."""
    if not isinstance(value, Personal):
        return escape(value)
    if not eval_ctx.autoescape:
        raise NeedsReader(value.names)
    return Personal(escape(value), value.names)  # no filter may come after it


def _is_html(name: str | None) -> bool:
    return name is not None and name.endswith(".html.j2")


def _range(*args: int) -> range:
    found = range(*args)
    if len(found) > LONGEST_RANGE:
        raise SecurityError(f"a range may have {LONGEST_RANGE} steps")
    return found


def _product(left: Any, right: Any) -> int:
    """Return how long a repeated text or list would be."""
    if isinstance(right, str | list | tuple):
        left, right = right, left
    if isinstance(left, str | list | tuple) and isinstance(right, int):
        return len(left) * right
    return 0


def _is_small(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) <= 1000  # noqa: PLR2004
