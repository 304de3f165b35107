"""What an email must have, and what mail programs do badly with."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from functools import lru_cache
from html.parser import HTMLParser

from publisher.checks import Facts, Found, check, error, leftovers, source_of, warning
from publisher.models import LINKS, EmailDraft, Slot, Slotted

SUBJECT_SHORTEST = 10
SUBJECT_LONGEST = 78  # RFC 5322, section 2.1.1
# Gmail cuts a message off near 102 KB; it was seen to cut at 99.
SIZE_WARNING = 90_000
SIZE_ERROR = 102_000
KILOBYTE = 1000
READER = ("address", "name", "first_name", "language")
# As long as a signed link and a name are.
SAMPLES = dict.fromkeys(LINKS, "https://example.org/" + "x" * 160)


def filled(parts: Slotted) -> str:
    """Return a text as a reader may see it, with a sample in each slot."""
    return "".join(
        part
        if isinstance(part, str)
        else SAMPLES.get(part.name) or part.default or "Margherita"
        for part in parts
    )


@check("email.subject", "email")
def subject(draft: EmailDraft, _: Facts) -> Iterator[Found]:
    """A subject of one line that an inbox shows whole."""
    text = filled(draft.subject)
    length = len(text.strip())
    if not length:
        yield error("the email has no subject", hint="Try: subject: … in its schedule")
    elif not text.isprintable():
        yield error("the subject has more than one line", hint="Try: one line")
    elif length > SUBJECT_LONGEST:
        message = f"the subject has {length} characters; inboxes show about 40"
        yield warning(message, hint=f"Try: at most {SUBJECT_LONGEST}")
    elif length < SUBJECT_SHORTEST:
        message = f"the subject has only {length} characters"
        yield warning(message, hint="Try: say what is in it")


@check("email.preheader", "email")
def preheader(draft: EmailDraft, _: Facts) -> Iterator[Found]:
    """The line that inboxes show beside the subject."""
    if not draft.preheader.strip():
        message = "the email has no preheader, so inboxes show its first words"
        yield warning(message, hint="Try: give the first article a summary")


@check("email.sender", "email")
def sender(_: EmailDraft, facts: Facts) -> Iterator[Found]:
    """An address that the email is from."""
    if "@" not in facts.site.sender.address:
        yield error(
            "the email has no sender",
            where="publisher.yaml",
            hint="Try: sender: {address: letters@example.org}",
        )


@check("email.unsubscribe", "email")
def unsubscribe(draft: EmailDraft, facts: Facts) -> Iterator[Found]:
    """A way out for the reader, in both parts."""
    for name, parts in (("HTML", draft.html), ("text", draft.text)):
        if not _has_way_out(parts, facts):
            yield error(
                f"the {name} part has no unsubscribe link",
                hint="Try: {{ unsubscribe_url }} in the template",
            )


def _has_way_out(parts: Slotted, facts: Facts) -> bool:
    if any(isinstance(part, Slot) and part.name == "unsubscribe_url" for part in parts):
        return True
    text = html.unescape(filled(parts))
    ours = facts.site.unsubscribe_url.partition("{")[0]
    if ours and ours in text:
        return True
    return (
        re.search(r"(https?://|mailto:)[^\s\"'<>]*unsubscribe", text, re.I) is not None
    )


@check("email.postal_address", "email")
def postal_address(draft: EmailDraft, facts: Facts) -> Iterator[Found]:
    """A postal address, as the law asks of newsletters."""
    if not _letters(facts.site.postal_address):
        yield error(
            "the email has no postal address",
            where="publisher.yaml",
            hint="Try: postal_address: … below site",
        )
        return
    for name, text in (
        ("HTML", _visible(filled(draft.html))),
        ("text", filled(draft.text)),
    ):
        if _letters(facts.site.postal_address) not in _letters(text):
            yield error(
                f"the {name} part lacks the postal address",
                hint="Try: {{ site.postal_address }} in the template",
            )


@check("email.text", "email")
def text_part(draft: EmailDraft, _: Facts) -> Iterator[Found]:
    """A text part for those who read without HTML."""
    if not filled(draft.text).strip():
        hint = f"Try: write templates/email/{draft.template}.txt.j2"
        yield error("the text part is empty", hint=hint)


@check("email.size", "email")
def size(draft: EmailDraft, _: Facts) -> Iterator[Found]:
    """Small enough that Gmail shows the end, where the unsubscribe link is."""
    from publisher.mime import html_size

    found = html_size(filled(draft.html))
    if found < SIZE_WARNING:
        return
    level = error if found >= SIZE_ERROR else warning
    shown = f"{found / KILOBYTE:.0f} kB"
    yield level(
        f"the HTML part is {shown}; Gmail cuts it off at 102 kB",
        hint="Try: fewer articles (at_most), or summaries instead of whole texts",
    )


@check("email.slots", "email")
def slots(draft: EmailDraft, facts: Facts) -> Iterator[Found]:
    """Nothing is left that the sending cannot fill."""
    names = {
        part.name
        for parts in (draft.subject, draft.html, draft.text)
        for part in parts
        if isinstance(part, Slot)
    }
    for name in sorted(names):
        yield from _slot(name)
    for part_name, parts in (
        ("subject", draft.subject),
        ("HTML part", draft.html),
        ("text part", draft.text),
    ):
        text = html.unescape(filled(parts))
        for code in leftovers(text, draft.articles, facts):
            message = f"{code} was not rendered in the {part_name}"
            yield error(message, hint="Try: check the template and the subject")


def _slot(name: str) -> Iterator[Found]:
    from publisher.text import suggest

    owner, _, attribute = name.partition(".")
    if owner != "subscriber":
        if name not in LINKS:
            close = suggest(name, [*LINKS, *(f"subscriber.{one}" for one in READER)])
            hint = f"Did you mean {close}?" if close else "Try: remove it"
            yield error(f"nothing fills {{{{ {name} }}}}", hint=hint)
        return
    close = suggest(attribute, READER)
    if attribute not in READER and close:
        message = f"{{{{ {name} }}}} is not a name that every subscriber has"
        yield warning(message, hint=f"Did you mean subscriber.{close}?")


@check("email.images", "email")
def images(draft: EmailDraft, facts: Facts) -> Iterator[Found]:
    """Every picture says in words what it shows, and can be shown."""
    owners = {
        image.url: slug
        for slug in draft.articles
        if slug in facts.articles
        for image in facts.articles[slug].images
    }
    for attributes in _tags(filled(draft.html))["img"]:
        url = attributes.get("src", "")
        where = source_of(owners[url], facts) if url in owners else ""
        is_decoration = attributes.get("role") in {"presentation", "none"}
        if not attributes.get("alt", "").strip() and not is_decoration:
            yield warning(
                f"the image {_short(url)} has no alt text",
                where=where,
                hint="Try: say in a few words what it shows",
            )
        if url.startswith("data:"):
            message = "an image is inside the HTML, where Gmail does not show it"
            yield warning(message, where=where, hint="Try: link it")


@check("email.links", "email")
def links(draft: EmailDraft, _: Facts) -> Iterator[Found]:
    """Every link leads somewhere, from any inbox."""
    for attributes in _tags(filled(draft.html))["a"]:
        url = attributes.get("href", "").strip()
        if "href" not in attributes and "name" in attributes:
            continue
        if url in {"", "#"}:
            yield warning("a link leads nowhere", hint="Try: give it an address")
        elif not re.match(r"(https?:|mailto:|tel:|#)", url, re.I):
            message = f"the link {_short(url)} leads nowhere from an inbox"
            yield warning(message, hint="Try: begin it with https://")
        elif url.lower().startswith("http:"):
            message = f"the link {_short(url)} is not encrypted"
            yield warning(message, hint="Try: https://, if the site has it")


@lru_cache(maxsize=8)
def _tags(text: str) -> dict[str, list[dict[str, str]]]:
    """Return the attributes of every image and link."""
    reader = _Tags()
    reader.feed(text)
    reader.close()
    return reader.found


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, list[dict[str, str]]] = {"img": [], "a": []}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.found:
            self.found[tag].append({name: value or "" for name, value in attrs})


def _visible(text: str) -> str:
    return html.unescape(re.sub(r"<[^<>]*>", " ", text))


def _letters(text: str) -> str:
    """Return only letters and digits: lines and commas fall as the template likes."""
    return "".join(filter(str.isalnum, text)).casefold()


def _short(url: str) -> str:
    return url if len(url) <= 60 else f"{url[:40]}…{url[-15:]}"  # noqa: PLR2004
