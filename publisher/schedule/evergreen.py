"""What a schedule says of articles that are posted again and again."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from publisher import strict
from publisher.models import Evergreen
from publisher.strict.spans import duration


def _span(text: str) -> str:
    try:
        duration(text)
    except (ValueError, OverflowError):
        hint = "Try: 90d, or 12h"
        raise strict.complaint(f'"{text}" is no span of time', hint=hint) from None
    return text


def a_rest(value: object) -> object:
    """Take a span alone as that of the article."""
    return {"rest": value} if isinstance(value, str) else value


class Resting(strict.Model):
    """How long evergreen articles rest before they are posted again."""

    rest: Annotated[str, AfterValidator(_span)] = Field(
        description="So long after it was last posted: 90d."
    )
    rest_of_tag: Annotated[str, AfterValidator(_span)] = Field(
        default="", description="So long after any article with one of its tags: 7d."
    )

    def noun(self) -> Evergreen:
        """Return it as the rooms speak of it."""
        own = duration(self.rest_of_tag) if self.rest_of_tag else timedelta(0)
        return Evergreen(rest=duration(self.rest), rest_of_tag=own)
