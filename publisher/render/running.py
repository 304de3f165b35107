"""Loads and runs a template; what goes wrong becomes one line with template:line."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jinja2 import Template
from jinja2.exceptions import (
    SecurityError,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
)
from jinja2.runtime import Context

from publisher.errors import RenderError
from publisher.render.environment import Sandbox

LONGEST = 5_000_000  # characters; a mail of that size would be refused anyway
# What the code of a template can raise: its own errors, and those of wrong data.
ACCIDENTS = (
    TemplateError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


def load(sandbox: Sandbox, kind: str, names: Sequence[str]) -> Template:
    """Return the first of these templates that exists, compiled.

    A name is as in "digest.html.j2"; `kind` is its folder, "email" or "social". All
    names are looked for in the owner's folder before any of them in the shipped one.
    """
    paths = sorted((f"{kind}/{name}" for name in names), key=sandbox.folder_of)
    with told(sandbox, f"templates/{kind}/{names[-1]}"):
        try:
            return sandbox.select_template(paths)
        except TemplateNotFound:
            raise _missing(sandbox, kind, names[-1]) from None


def compiled(sandbox: Sandbox, source: str, *, where: str) -> Template:
    """Return a template that is no file, such as the subject in a schedule."""
    with told(sandbox, where):
        return sandbox.from_string(source)


def names(sandbox: Sandbox, kind: str) -> list[str]:
    """Return the names of the templates of a kind, without endings and parts (`_x`)."""
    found = sandbox.list_templates(filter_func=lambda name: _is_of(name, kind))
    return sorted({name.removeprefix(f"{kind}/").partition(".")[0] for name in found})


def _is_of(name: str, kind: str) -> bool:
    folder, _, rest = name.partition("/")
    return folder == kind and rest.endswith(".j2") and not re.match(r"_|.*/", rest)


def run(
    sandbox: Sandbox,
    template: Template,
    values: Mapping[str, Any],
    where: str = "",
    *,
    is_hollow: bool = False,
) -> tuple[str, Context]:
    """Return what the template says, and its context with what it set on top level.

    A hollow one says nothing in its blocks, which are run one by one afterwards.
    """
    context = template.new_context(dict(values))
    blocks = context.blocks
    if is_hollow:
        context.blocks = {name: [_nothing] for name in blocks}
    with told(sandbox, where or template):
        text = _joined(template.root_render_func(context))
    context.blocks = blocks
    return text, context


def _nothing(_context: Context) -> Iterator[str]:
    yield ""


def run_block(
    sandbox: Sandbox, context: Context, block: Callable[[Context], Iterable[object]]
) -> str:
    """Return what one block of a template says, after the template itself ran."""
    with told(sandbox):
        return _joined(block(context))


def _joined(parts: Iterable[object]) -> str:
    texts: list[str] = []
    length = 0
    for part in parts:
        texts.append(str(part))
        length += len(texts[-1])
        if length > LONGEST:
            raise SecurityError(f"it writes more than {LONGEST:,} characters")
    return "".join(texts)


# --- errors ------------------------------------------------------------------------


@contextmanager
def told(sandbox: Sandbox, named: str | Template = "") -> Iterator[None]:
    """Turn a template's accidents into `RenderError`.

    `named` says where, or the template itself does, for an accident without a place.
    """
    try:
        yield
    except TemplateSyntaxError as error:
        place = _place(sandbox, error.filename, error.lineno) if error.filename else ""
        raise RenderError(
            _sentence(error.message or "cannot be understood"),
            where=place or _named(sandbox, named),
            hint=_meant(sandbox, error.message or ""),
        ) from error
    except UnicodeDecodeError as error:
        raise RenderError(
            "is not UTF-8", where=_named(sandbox, named), hint="Try: save it as UTF-8"
        ) from error
    except TemplateNotFound as error:
        raise RenderError(
            f"there is no template {error.name}",
            where=_where(sandbox, error) or _named(sandbox, named),
            hint="Try: name it from the templates folder, as in email/parts/head.j2",
        ) from error
    except ACCIDENTS as error:
        message, _, hint = str(error).partition("\n")
        raise RenderError(
            _sentence(message or type(error).__name__),
            where=_where(sandbox, error) or _named(sandbox, named),
            hint=hint,
        ) from error


def _named(sandbox: Sandbox, named: str | Template) -> str:
    return named if isinstance(named, str) else _folder_of(sandbox, named)


def _meant(sandbox: Sandbox, message: str) -> str:
    """Return which filter or test was meant by a name that is none."""
    from publisher.text import suggest

    found = re.match(r"No (filter|test) named '(\w+)'", message)
    if not found:
        return ""
    known = sandbox.filters if found[1] == "filter" else sandbox.tests
    close = suggest(found[2], known)
    return f"Did you mean {close}?" if close else "Try: docs/templates.md lists them"


def _sentence(message: str) -> str:
    return message.rstrip(".")


def _where(sandbox: Sandbox, error: BaseException) -> str:
    """Return template:line of the innermost template in which it happened."""
    found = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        template = frame.f_globals.get("__jinja_template__")
        if template is None:
            continue
        number = template.get_corresponding_lineno(line)
        if template.filename != "<template>":
            found = _place(sandbox, template.filename, number)
    return found


def _place(sandbox: Sandbox, filename: str, line: int) -> str:
    """Return `templates/email/digest.html.j2:14`, as the owner sees the file."""
    path = Path(filename)
    for folder in map(Path, sandbox.loader.searchpath):  # type: ignore[union-attr]
        if path.is_relative_to(folder):
            return f"{folder.name}/{path.relative_to(folder).as_posix()}:{line}"
    return f"{path.name}:{line}" if filename.endswith(".j2") else ""


def _folder_of(sandbox: Sandbox, template: Template) -> str:
    return _place(sandbox, template.filename or "", 0).removesuffix(":0")


def _missing(sandbox: Sandbox, kind: str, file: str) -> RenderError:
    """Return the complaint about a template that is in no folder."""
    from publisher.text import suggest

    name = file.partition(".")[0]
    there = names(sandbox, kind)
    if name in there:
        return RenderError(
            f"there is no templates/{kind}/{file}",
            hint="Try: write it; a template has an .html.j2 and a .txt.j2"
            if kind == "email"
            else f"Try: write templates/{kind}/{name}.txt.j2",
        )
    close = suggest(name, there)
    hint = f"Did you mean {close}?" if close else ""
    listed = ", ".join(there) or "none"
    return RenderError(
        f"there is no {kind} template {name!r} (there are: {listed})",
        where=f"templates/{kind}/",
        hint=hint,
    )
