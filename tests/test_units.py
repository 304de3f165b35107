from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.models import Limits, Unit
from publisher.units import count, fits, links

FAMILY = "👨‍👩‍👧‍👦"
FLAG = "🇮🇹"
ZALGO = "e\u0301\u0323\u0330"
KSHI = "क्षि"


@pytest.mark.parametrize(
    ("text", "unit", "length"),
    [
        ("", "graphemes", 0),
        ("plain", "graphemes", 5),
        ("a\r\nb", "graphemes", 3),
        (FAMILY, "characters", 7),
        (FAMILY, "graphemes", 1),
        (FAMILY, "utf16", 11),
        (FAMILY, "bytes", 25),
        (FLAG + FLAG, "graphemes", 2),
        (FLAG, "utf16", 4),
        ("👍🏽", "graphemes", 1),
        ("❤️", "graphemes", 1),
        ("1️⃣", "graphemes", 1),
        (ZALGO, "graphemes", 1),
        (ZALGO, "characters", 4),
        (KSHI, "graphemes", 1),
        ("السَّلام", "graphemes", 6),
        ("你好，世界", "graphemes", 5),
        ("你好，世界", "utf16", 5),
        ("你好，世界", "bytes", 15),
        ("한국어", "graphemes", 3),
        ("한", "graphemes", 1),
    ],
)
def test_each_unit_counts_scripts_and_emoji_its_own_way(
    text: str, unit: Unit, length: int
) -> None:
    assert count(text, unit) == length


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("none here, example.org is no link", []),
        ("http://example.org", ["http://example.org"]),
        ("HTTPS://EXAMPLE.org/A", ["HTTPS://EXAMPLE.org/A"]),
        ("go to https://example.org/a.", ["https://example.org/a"]),
        ("(https://example.org/a)", ["https://example.org/a"]),
        ("https://example.org/a_(b)_c", ["https://example.org/a_(b)_c"]),
        ("https://example.org/a_(b", ["https://example.org/a_"]),
        ("https://example.org/((a)", ["https://example.org/"]),
        ("https://example.org:8443/a?b=c&d=%20#e", None),
        ("https://example.org/?q=1, and so on", ["https://example.org/?q=1"]),
        ("https://例え.テスト/あ", ["https://例え.テスト/あ"]),
        ("https://xn--r8jz45g.xn--zckzah/x", None),
        ("https://example.org/الصفحة الثانية", ["https://example.org/الصفحة"]),
        ("“https://example.org/a”", ["https://example.org/a"]),
        ("<https://example.org/a>", ["https://example.org/a"]),
        ("one https://a.example.org two https://b.example.org", 2),
        ("http://localhost:8000/x", []),
        ("xhttps://example.org", []),
    ],
)
def test_a_link_ends_where_the_sentence_goes_on(
    text: str, urls: list[str] | int | None
) -> None:
    found = [link.url for link in links(text)]
    if isinstance(urls, int):
        assert len(found) == urls
        return
    assert found == ([text] if urls is None else urls)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("https://example.org/" + "a" * 200, 23),
        ("https://a.org", 23),
        ("see https://example.org/a_(b), friends", 4 + 23 + 9),
        ("@reader@social.example.org hi", 10),
        ("@reader hi", 10),
        ("write to reader@example.org", 27),
        (FAMILY + " https://example.org/", 25),
        ("#Ferry tales", 12),
    ],
)
def test_mastodon_prices_links_and_drops_the_server_of_a_mention(
    text: str, length: int
) -> None:
    assert count(text, "mastodon") == length


def test_a_link_has_the_price_that_the_network_says() -> None:
    assert count("x https://example.org/long/path", "characters", link=23) == 25
    assert count("x https://example.org/long/path", "utf16", link=10) == 12
    assert count("x https://example.org/long/path", "mastodon", link=30) == 32


def test_a_text_fits_only_within_both_limits() -> None:
    bluesky = Limits(length=300, unit="graphemes", byte_length=3000)
    assert fits("a" * 300, bluesky)
    assert not fits("a" * 301, bluesky)
    assert fits(FAMILY * 120, bluesky)  # 3000 bytes
    assert not fits(FAMILY * 121, bluesky)
    assert fits("a" * 100_000, Limits())


@settings(deadline=None)  # a busy machine is no bug
@given(st.text())
def test_links_are_slices_of_the_text_and_never_overlap(text: str) -> None:
    text = f"{text} https://example.org/{text}"
    end = 0
    for link in links(text):
        assert link.start >= end
        assert text[link.start : link.end] == link.url
        end = link.end


@settings(deadline=None)  # a busy machine is no bug
@given(st.text())
def test_no_unit_counts_more_than_the_bytes(text: str) -> None:
    graphemes = count(text, "graphemes")
    assert graphemes <= count(text, "characters") <= count(text, "utf16")
    assert count(text, "utf16") <= count(text, "bytes")


def test_a_hostile_text_is_counted_in_no_time() -> None:
    started = time.perf_counter()
    for text in ("https://a." * 5000, "https://a.org/" + "(" * 50_000, "@a@b." * 9999):
        count(text, "mastodon")
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("", 0),
        ("école.fr", 24),  # its first letter is taken for what stands before the link
        ("à école.fr", 25),
        ('"example.org"', 25),
        ("😷\ufe0f", 4),
        ("©️ ©", 4),
        ("❤️‍🔥", 2),
        ("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", 2),
        ("https://example.org/潮", 25),
        ("no.such-domain", 14),
    ],
)
def test_x_weighs_links_and_emoji(text: str, weight: int) -> None:
    assert count(text, "weighted") == weight
