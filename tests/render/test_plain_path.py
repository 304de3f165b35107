"""What is merged from slots equals what plain Jinja renders for that reader."""

from __future__ import annotations

from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import StrictUndefined, TemplateError, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from publisher import merge, styles
from publisher.errors import RenderError
from publisher.models import Article, Email, Issue, Mailbox, Site, Subscriber
from publisher.render import Letter, Templates
from publisher.slots import FILTERS

SITE = Site(name="Lantern", sender=Mailbox("letters@example.org"))
WAY_OUT = "https://example.org/out/abc?d=e&f=g"
ARTICLE = Article(title='A & "B" <c>', slug="a", summary="{{ subscriber.name }}")
ISSUE = Issue(
    id="w/1",
    campaign="w",
    number=1,
    articles=("a",),
    planned_at=datetime(2026, 11, 22, tzinfo=UTC),
)

fields = st.sampled_from(["name", "first_name", "city", "language", "note"])
slot_filters = st.sampled_from([*sorted(FILTERS), "default('you')", "default('')", "e"])
any_filters = st.sampled_from(
    [
        "safe",
        "length",
        "replace('a', 'b')",
        "truncate(4)",
        "first",
        "list",
        "reverse",
        "string",
        "tojson",
        "default('x', true)",
        "center(9)",
        "wordcount",
        "e",
    ]
)


values_of_readers = st.builds(
    lambda field, names: " | ".join([f"subscriber.{field}", *names]),
    fields,
    st.lists(slot_filters, max_size=3),
)


@st.composite
def expressions(draw: st.DrawFn) -> str:
    """A reader's value, perhaps filtered, perhaps combined."""
    value = draw(values_of_readers)
    shapes = st.sampled_from(
        [
            "{0}",
            "{0}",
            "{0}",
            "({0}) | {1}",
            "('<i>' ~ ({0}))",
            "('<i>' ~ ({0})) | {1}",
            "(({0}) ~ article.title)",
            "[{0}, '&'] | join('<')",
            "[{0}, 'b'] | sort | join",
            "[{0}] | map('upper') | join",
            "'%s!' | format({0})",
            "('%s!' % ({0}))",
            "('<' + ({0}))",
            "'{{}}'.format({0})",
            "({0})[0:2]",
            "({0}).upper()",
            "({0}) == 'Rome'",
            "'a' in ({0})",
            "({0}) is string",
            "('x' if ({0}) else 'y')",
            "(({0}) or 'none')",
            "{{'a': {0}}} | tojson",
            "m({0})",
            "m({0}) | {1}",
            "cycler({0}, 'b').next()",
            "dict(a={0}).a",
        ]
    )
    return draw(shapes).format(value, draw(any_filters))


def statements(inside: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """A statement around an expression and something inside."""
    shapes = st.sampled_from(
        [
            "{{% if {0} %}}{1}{{% else %}}no{{% endif %}}",
            "{{% for c in ({0}) | string %}}{{{{ c }}}}.{{% endfor %}}{1}",
            "{{% set v = {0} %}}{{{{ v }}}}{1}",
            "{{% set v %}}{1}{{{{ {0} }}}}{{% endset %}}{{{{ v }}}}{{{{ v|length }}}}",
            "{{% set v %}}{1}{{% endset %}}{{% if v %}}{{{{ v|upper }}}}{{% endif %}}",
            "{{% set v | upper %}}{1}{{% endset %}}{{{{ v }}}}{{{{ {0} }}}}",
            "{{% filter upper %}}{1}{{{{ {0} }}}}{{% endfilter %}}",
            "{{% call m({0}) %}}{1}{{% endcall %}}",
            "{{% with v = {0} %}}{1}{{{{ v }}}}{{% endwith %}}",
        ]
    )
    return st.builds(
        lambda shape, *two: shape.format(*two), shapes, expressions(), inside
    )


sources = st.recursive(
    st.one_of(
        st.sampled_from(["Hi & <b>bye</b>\n", "{{ article.title }}", " "]),
        expressions().map(lambda code: f"{{{{ {code} }}}}"),
    ),
    lambda inside: st.one_of(
        statements(inside), st.builds(str.__add__, inside, inside)
    ),
    max_leaves=5,
)
MACRO = (
    "{% macro m(x) %}[{{ x }}{{ caller() if caller is defined else '' }}]{% endmacro %}"
)

letters = st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp"))
values = st.one_of(
    st.sampled_from(
        ["", "Rome", 'ana <b> o\'neil & "co"', "%s", "{{ x }}", "ß ﬁ ǆ", " "]
    ),
    st.text(letters, max_size=6),
)
readers = st.builds(
    lambda name, language, attributes: Subscriber(
        address="reader@example.org",
        name=name,
        language=language,
        attributes=attributes,
    ),
    values,
    st.sampled_from(["", "en", "it"]),
    st.dictionaries(st.sampled_from(["city", "note"]), values),
)


class Value(str):
    """A reader's value; `default` replaces an empty one, whatever was done to it."""

    __slots__ = ()


def plain(source: str, name: str, reader: Subscriber) -> str | None:
    """Render with nothing of ours but the two rules that the docs state."""
    environment = ImmutableSandboxedEnvironment(
        autoescape=lambda template: template == "html",
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for filter_name, function in FILTERS.items():
        environment.filters[filter_name] = kept(
            function, environment.filters[filter_name]
        )
    environment.filters["default"] = default
    known = reader.values()
    subscriber = {
        field: Value(known.get(f"subscriber.{field}", ""))
        for field in ("name", "first_name", "city", "language", "note")
    }
    code = environment.compile(MACRO + source, name, name)
    template = environment.template_class.from_code(
        environment, code, environment.make_globals(None)
    )
    try:
        return template.render(
            subscriber=subscriber, article=ARTICLE, unsubscribe_url=WAY_OUT
        )
    except (TemplateError, TypeError, ValueError, LookupError):
        return None


def kept(function: Any, original: Any) -> Any:
    def filtered(value: Any) -> Any:
        if isinstance(value, Value):
            return Value(function(value))
        return original(value)

    return filtered


def default(value: Any, default_value: Any = "", boolean: bool = False) -> Any:
    if isinstance(value, Undefined):
        return default_value
    if isinstance(value, Value) and not value:
        return default_value or value  # still a reader's value, still empty
    if boolean and not value:
        return default_value
    return value


def ours(text: str, html: str, some: list[Subscriber]) -> list[Email | None]:
    """Draft and merge; None where the template fails for that reader."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "email"
        path.mkdir()
        (path / "one.txt.j2").write_text(MACRO + text, encoding="utf-8")
        (path / "one.html.j2").write_text(MACRO + html, encoding="utf-8")
        templates = Templates([Path(folder)], site=SITE)
        letter = templates.letter("one", articles=[ARTICLE], issue=ISSUE)
        return [merged(letter, reader) for reader in some]


def merged(letter: Letter, reader: Subscriber) -> Email | None:
    try:
        draft = letter.draft(reader)
    except RenderError:
        return None
    mailing = merge.mailing(draft, site=SITE, issue=ISSUE, list_name="")
    return merge.email(
        mailing, key="w/1/outbox/x", reader=reader, links={"unsubscribe_url": WAY_OUT}
    )


class Seen(HTMLParser):
    """What a reader's mail program makes of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.events: list[object] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.events.append((tag, attrs))

    def handle_endtag(self, tag: str) -> None:
        self.events.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        self.events.append(data)


@settings(deadline=None, max_examples=60)
@given(sources, st.lists(readers, min_size=1, max_size=3))
def test_the_text_part_is_what_plain_jinja_renders(
    source: str, some: list[Subscriber]
) -> None:
    emails = ours(source, "<p>x", some)
    for reader, email in zip(some, emails, strict=True):
        assert (email and email.text) == plain(source, "text", reader)


@settings(deadline=None, max_examples=60)
@given(sources, values_of_readers, st.lists(readers, min_size=1, max_size=3))
def test_the_html_part_reads_as_what_plain_jinja_renders(
    source: str, value: str, some: list[Subscriber]
) -> None:
    link = f'<a href="{{{{ unsubscribe_url }}}}" title="{{{{ {value} }}}}">x</a>'
    page = f"<style>p{{color:red}}</style><p>{source}</p>{link}"
    emails = ours("x", page, some)
    for reader, email in zip(some, emails, strict=True):
        expected = plain(page, "html", reader)
        assert (email is None) == (expected is None)
        if email and expected:
            assert Seen(email.html).events == Seen(styles.inline(expected)).events


@settings(deadline=None)
@given(st.text())
def test_the_filters_of_slots_are_jinja_s_own(value: str) -> None:
    environment = ImmutableSandboxedEnvironment()
    for name, function in FILTERS.items():
        if name == "urlencode":
            value = value.encode("utf-8", "ignore").decode()
        assert function(value) == environment.filters[name](value)
