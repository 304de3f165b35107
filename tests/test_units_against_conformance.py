"""Every case of twitter-text that is about counting, links or hashtags.

Not here is what we have no function for: mentions, lists, replies, cashtags, and
whether a whole text is one valid URL.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from publisher.models import Limits
from publisher.units import count, fits, x

FOLDER = Path(__file__).parent / "units" / "twitter-text"
CONFIG = json.loads((FOLDER / "v3.json").read_text())
LONGEST = CONFIG["maxWeightedTweetLength"]
ON_X = Limits(length=LONGEST, unit="weighted", link=23)
INVALID = "\ufffe\ufeff\uffff"


def cases(file: str, *groups: str) -> list[Any]:
    known = yaml.safe_load((FOLDER / f"{file}.yml").read_text("utf-8"))["tests"]
    return [
        pytest.param(case["text"], case["expected"], id=case["description"])
        for group in groups
        for case in known[group]
    ]


def old_cases() -> list[Any]:
    """Return the cases of version 2 that have no emoji made of several characters."""
    found = cases("validate", "WeightedTweetsCounterTest")
    return [
        one
        for one in found
        if "\N{ZERO WIDTH JOINER}\U0001f3a4" not in one.values[0]
        and "\N{ZERO WIDTH JOINER}\U0001f469" not in one.values[0]
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *cases(
            "validate",
            "WeightedTweetsWithDiscountedEmojiCounterTest",
            "UnicodeDirectionalMarkerCounterTest",
        ),
        *old_cases(),
    ],
)
def test_a_text_weighs_what_x_says(text: str, expected: Any) -> None:
    weight = count(text, "weighted")
    assert weight == expected["weightedLength"]
    assert weight * 1000 // LONGEST == expected["permillage"]
    is_readable = not set(text) & set(INVALID)
    assert (fits(text, ON_X) and is_readable) == expected["valid"]


@pytest.mark.parametrize(("text", "expected"), cases("validate", "tweets"))
def test_the_old_140_characters_counted_links_the_same(
    text: str, expected: bool
) -> None:
    """Version 1 weighed every character alike."""
    found = x.links(text)
    length = len(text) - sum(one.end - one.start for one in found) + 23 * len(found)
    assert (0 < length <= 140) == expected


@pytest.mark.parametrize(
    ("text", "expected"), cases("extract", "urls", "tco_urls_with_params")
)
def test_links_are_those_of_x(text: str, expected: list[str]) -> None:
    assert [one.url for one in x.links(text)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    cases("extract", "urls_with_indices", "urls_with_directional_markers"),
)
def test_links_stand_where_x_sees_them(text: str, expected: Any) -> None:
    found = [{"url": one.url, "indices": [one.start, one.end]} for one in x.links(text)]
    assert found == expected


@pytest.mark.parametrize(
    ("text", "expected"), cases("validate", "urls_without_protocol")
)
def test_a_bare_domain_is_a_link(text: str, expected: bool) -> None:
    assert ([one.url for one in x.links(text)] == [text]) == expected
    assert (count(text, "weighted") == 23) == expected


@pytest.mark.parametrize(
    ("text", "expected"), cases("extract", "hashtags", "hashtags_from_astral")
)
def test_hashtags_are_those_of_x(text: str, expected: list[str]) -> None:
    assert [one.name for one in x.hashtags(text)] == expected


@pytest.mark.parametrize(
    ("text", "expected"), cases("extract", "hashtags_with_indices")
)
def test_hashtags_stand_where_x_sees_them(text: str, expected: Any) -> None:
    found = [
        {"hashtag": one.name, "indices": [one.start, one.end]}
        for one in x.hashtags(text)
    ]
    assert found == expected


@pytest.mark.parametrize(("text", "expected"), cases("validate", "hashtags"))
def test_a_hashtag_is_valid_as_on_x(text: str, expected: bool) -> None:
    assert ([one.name for one in x.hashtags(text)] == [text[1:]]) == expected
