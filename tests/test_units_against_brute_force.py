"""X's count against a slow reading of twitter-text, character by character.

js/src/parseTweet.js and js/src/extractUrlsWithIndices.js, Apache License 2.0:
https://github.com/twitter/twitter-text
"""

from __future__ import annotations

import json
import re
import unicodedata
from functools import cache
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from publisher.units import count, x

TESTS = Path(__file__).parent
CONFIG = json.loads((TESTS / "units" / "twitter-text" / "v3.json").read_text())
LINK = CONFIG["transformedURLLength"]
# Emoji of several characters; of one, the default weight is an emoji's.
EMOJI = sorted(
    {
        *("👨‍👩‍👧‍👦", "🙋🏽", "👨‍🎤", "🏳️‍🌈", "❤️", "☺️", "🇮🇹", "🇩🇪", "1️⃣"),
        *(
            "#⃣",
            "©️",
            "™️",
            "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        ),
        *("🧑🏿‍🚀", "👁️‍🗨️", "🤷‍♀️", "♟️"),
    },
    key=len,
    reverse=True,
)
ALONE = [
    *("a", "Z", "7", " ", "\n", "é", "e\u0301", "ß", "-", "_", "/", "(", ")", "?", "&"),
    *(
        "=",
        "#",
        "@",
        "$",
        "'",
        '"',
        ",",
        ":",
        "!",
        "—",
        "“",
        "‘",
        "…",
        "\u200b",
        "\u2009",
    ),
    *(
        "ж",
        "ש",
        "م",
        "ก",
        "ᄀ",
        "ᅿ",
        "ሀ",
        "あ",
        "字",
        "。",
        "한",
        "😷",
        "👾",
        "☃",
        "𝒳",
        "𠀀",
    ),
    *("\ufe0f", "\u202e", "\ufeff", "\x00"),
]
DOMAINS = ["example.org", "t.co", "a.b.co.uk", "例え.みんな", "no.tldhere", "x_y.com"]
PATHS = [
    "",
    "/",
    "/a_(b)",
    "/a.",
    "/?q=1&r",
    "?q",
    ":80/x",
    "/é/ж",
    "/a,b",
    "/(a(b)c)d",
]
URLS = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "http://", "HTTPS://", "ftp://"]),
    st.sampled_from(DOMAINS),
    st.sampled_from(PATHS),
)
# Any emoji that are made of several characters are in the list above.
JOINS = {"\u200d", "\u20e3", *map(chr, range(0x1F1E6, 0x1F200)), *"🏻🏼🏽🏾🏿"}
OTHERS = st.text(st.characters(exclude_characters=JOINS))
PIECES = st.one_of(st.sampled_from(ALONE), st.sampled_from(EMOJI), URLS, OTHERS)
TEXTS = st.lists(PIECES, max_size=12).map("".join)
WORDS = st.text(st.characters(categories=["L", "N", "M"]), max_size=20)


# --- the reference --------------------------------------------------------------------

ACCENTS = (
    "\xc0-\xd6\xd8-\xf6\xf8-\xff\u0100-\u024f\u0253\u0254\u0256\u0257\u0259\u025b"
    "\u0263\u0268\u026f\u0272\u0289\u028b\u02bb\u0300-\u036f\u1e00-\u1eff"
)
LABEL = (
    "[^!'#%&()*+,\\\\\\-./:;<=>?@\\[\\]^_{|}~$\t-\r \x85\xa0\u1680\u180e\u2000-\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufffe\ufeff\uffff\u202a-\u202e\u061c\u200e\u200f"
    "\u2066-\u2069]"
)
GENERAL = f"[a-zA-Z\u0400-\u04ff0-9!*';:=+,.$/%#\\[\\]\\-\u2013_~@|&{ACCENTS}]"
PARENS = f"\\((?:{GENERAL}+|(?:{GENERAL}*\\({GENERAL}+\\){GENERAL}*))\\)"
ENDING = f"(?:[+\\-a-zA-Z\u0400-\u04ff0-9=_#/{ACCENTS}]|(?:{PARENS}))"
PATH = f"(?:(?:{GENERAL}*(?:{PARENS}{GENERAL}*)*{ENDING})|(?:@{GENERAL}+/))"
QUERY = "\\?[a-zA-Z0-9!?*'@();:&=+$/%#\\[\\]\\-_.,~|]*[a-zA-Z0-9\\-_&=#/]"


@cache
def tld() -> str:
    lines = (TESTS.parent / "publisher/units/tlds.txt").read_text("utf-8").split("\n")
    names = [name for line in lines if line[:1] != "#" for name in line.split()]
    names.sort(reverse=True)
    # Of a few thousand alternatives only those that texts here can have are tried.
    some = [one for one in names if re.search(rf"\.{one}\b", " ".join(DOMAINS))]
    return f"(?:(?i:{'|'.join(some)})(?=[^0-9a-zA-Z@+-]|\\Z)|xn--[-0-9a-z]+)"


@cache
def link() -> re.Pattern[str]:
    below = f"(?:(?:{LABEL}(?:[_-]|{LABEL})*)?{LABEL}\\.)"
    name = f"(?:(?:{LABEL}(?:-|{LABEL})*)?{LABEL}\\.)"
    return re.compile(
        "([^A-Za-z0-9@＠$#＃\ufffe\ufeff\uffff]|[\u202a-\u202e\u061c\u200e\u200f\u2066-"
        f"\u2069]|^)(([hH][tT]{{2}}[pP][sS]?://)?({below}*{name}{tld()})(?::([0-9]+))?"
        f"(/{PATH}*)?({QUERY})?)"
    )


def ascii_length(label: str) -> int:
    if label.isascii():
        return len(label)
    parts = re.split("[.\u3002\uff0e\uff61]", label)
    return (
        sum(
            len(part) if part.isascii() else 4 + len(part.encode("punycode"))
            for part in parts
        )
        + len(parts)
        - 1
    )


def reference_links(text: str) -> list[tuple[int, int]]:
    found = []
    some = f"(?:[-a-zA-Z0-9{ACCENTS}]+\\.)+{tld()}"
    for match in link().finditer(text):
        before, url, scheme, domain, _, path, _ = match.groups()
        if any(ascii_length(label) > 63 for label in domain.split(".")):
            continue
        if domain[:4] == "xn--" and not re.search(some, domain):
            continue
        start, end = match.span(2)
        if not scheme:
            if before in list("-_./") and before:
                continue
            spans = [
                (start + one.start(), start + one.end())
                for one in re.finditer(some, domain)
            ]
            if spans and path:
                spans[-1] = (spans[-1][0], end)
            found += spans
            continue
        short = re.match(f"(?i:https?://t\\.co/)([a-zA-Z0-9]+)(?:{QUERY})?", url)
        found.append((start, start + short.end() if short else end))
    return found


def reference_weight(text: str) -> int:
    text = unicodedata.normalize("NFC", text)
    links = dict(reference_links(text))
    place = total = 0
    while place < len(text):
        emoji = next((one for one in EMOJI if text.startswith(one, place)), "")
        if place in links:
            total += LINK * CONFIG["scale"]
            place = links[place]
        elif emoji:
            total += CONFIG["defaultWeight"]
            place += len(emoji)
        else:
            total += weight_of(ord(text[place]))
            place += 1
    return int(total // CONFIG["scale"])


def weight_of(code: int) -> int:
    for one in CONFIG["ranges"]:
        if one["start"] <= code <= one["end"]:
            return int(one["weight"])
    return int(CONFIG["defaultWeight"])


# --- what holds -----------------------------------------------------------------------


@given(TEXTS)
def test_links_and_weight_are_those_of_a_slow_reading(text: str) -> None:
    assert [(one.start, one.end) for one in x.links(text)] == reference_links(text)
    assert count(text, "weighted") == reference_weight(text)


@given(TEXTS, TEXTS)
def test_lines_weigh_what_they_weigh_alone(first: str, second: str) -> None:
    """Nothing goes over a line's end."""
    both = count(f"{first}\n|\n{second}", "weighted")
    parts = count(first, "weighted"), count(f"\n{second}", "weighted")
    assert both == sum(parts) + 2


@given(TEXTS)
def test_a_weight_is_between_nothing_and_two_for_each_character(text: str) -> None:
    weight = count(text, "weighted")
    assert (weight > 0) == bool(text)
    normal = unicodedata.normalize("NFC", text)
    assert weight <= 2 * len(normal) + LINK * len(x.links(normal))


@given(WORDS, st.sampled_from(["http://", "https://"]))
def test_a_link_is_flat(path: str, scheme: str) -> None:
    name = "".join(one for one in path if one.isascii())
    assert count(f"{scheme}example.org/{name}", "weighted") == LINK
    assert count(f"see {scheme}example.org/{name} ж", "weighted") == LINK + 6


@given(st.lists(st.sampled_from(EMOJI), min_size=1))
def test_every_emoji_is_two(several: list[str]) -> None:
    assert count(" ".join(several), "weighted") == 3 * len(several) - 1


@given(TEXTS)
def test_hashtags_stand_in_no_link_and_in_no_other(text: str) -> None:
    links = x.links(text)
    found = x.hashtags(text)
    unread = 0
    for one in found:
        assert text[one.start] in "#\uff03"
        assert text[one.start + 1 : one.end] == one.name
        assert one.start >= unread
        # But where an earlier hashtag took the beginning of the link.
        assert all(
            any(tag.start < link.start < tag.end for tag in found)
            for link in links
            if link.start <= one.start < link.end
        )
        unread = one.end
