"""How the readers of a list are parted: among the variants of a test, or channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from publisher import plan as planning
from publisher.models import EmailPart

ALL = 100


@dataclass(frozen=True, slots=True)
class Share:
    """Some of 100 equal parts of a list, and the email that they get."""

    part: EmailPart
    shares: tuple[int, int] = (0, ALL)  # from the first to before the last
    is_held: bool = False  # until the winner of a test is known


def shares_of(part: EmailPart) -> Sequence[Share]:
    """Return who gets what of a campaign's email, each reader once.

    >>> from publisher.models import Test
    >>> part = EmailPart(test=Test(subjects=("One", "Two"), share=20))
    >>> [(one.part.subject, one.shares, one.is_held) for one in shares_of(part)]
    [('One', (0, 10), False), ('Two', (10, 20), False), ('One', (20, 100), True)]
    """
    if part.test:
        variants = variants_of(part)
        ends = [part.test.share * n // len(variants) for n in range(len(variants) + 1)]
        tested = zip(variants, pairwise(ends), strict=True)
        rest = Share(variants[0], (part.test.share, ALL), is_held=True)
        return [*(Share(one, shares) for one, shares in tested), rest]
    each = planning.shared(part)
    return [Share(replace(part, through=name), shares) for name, shares in each]


def variants_of(part: EmailPart) -> Sequence[EmailPart]:
    """Return the email as each variant of its test has it; itself without a test."""
    if part.test is None:
        return [part]
    subjects = [replace(part, subject=one) for one in part.test.subjects]
    return subjects or [replace(part, template=one) for one in part.test.templates]
