"""What counting a post costs in each network's unit, against the plainest way.

The baseline splits the text into graphemes by `regex` alone, without links or mentions.
Absolute numbers say little on a shared machine; the ratios are from one run.
Run: .venv/bin/python bench/bench_count.py
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import get_args

import regex

from publisher.models import Unit
from publisher.units import count

POSTS = 300
LATIN = "Salt, light and the long way home: a keeper's notes from the pier. " * 6
TEXTS = {
    "latin": f"{LATIN}\n\nhttps://example.org/salt #OpenData",
    "emoji and Arabic": f"{'رسالة المنارة 👩‍🚒🌊 ' * 20}\n\nhttps://example.org/manara",
}
GRAPHEME = regex.compile(r"\X")


def seconds(work: Callable[[str], object], text: str) -> float:
    """Return the best of three runs; each text is another, so that nothing is kept."""
    best = float("inf")
    for _ in range(3):
        began = perf_counter()
        for number in range(POSTS):
            work(f"{text} {number}")
        best = min(best, perf_counter() - began)
    return best


def main() -> None:
    print(f"counting: {POSTS} posts in each unit")
    for name, text in TEXTS.items():
        baseline = seconds(lambda one: len(GRAPHEME.findall(one)), text)
        print(f"  {name:<18} {'regex, graphemes alone':<26} {baseline:6.3f} s  1.0x")
        for unit in get_args(Unit):
            took = seconds(lambda one, unit=unit: count(one, unit), text)
            print(f"  {'':<18} {unit:<26} {took:6.3f} s  {took / baseline:.1f}x")


if __name__ == "__main__":
    main()
