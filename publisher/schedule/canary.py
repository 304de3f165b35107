"""Spans of time as a file has them, and who goes ahead in an issue."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from publisher import strict
from publisher.models import Canary
from publisher.strict.spans import duration


def a_grace(text: str) -> str:
    """Check how late a run may be."""
    return _span(text, unit="h", usual="2h", others="30m, 1d")


def a_hold(text: str) -> str:
    """Check how long something waits."""
    return _span(text, unit="m", usual="10m", others="30m, 1h")


def _span(text: str, *, unit: str, usual: str, others: str) -> str:
    try:
        span = duration(text)
    except ValueError:
        hint = f"Try: {text}{unit}" if text.isdecimal() else f"Try: {usual}"
        message = f'"{text}" is not a span of time'
        raise strict.complaint(message, hint=f"{hint}; or {others}") from None
    if span < timedelta(minutes=1):
        raise strict.complaint("must be a minute or more", hint=f"Try: {usual}")
    return text


_FIRST = re.compile(r"(\d+(?:\.\d+)?)\s*%|(\d+)")


def a_share(value: object) -> object:
    """Take a share or a number alone for the whole part."""
    return {"first": value} if isinstance(value, str | int | float) else value


def _share_or_number(value: object) -> object:
    found = _FIRST.fullmatch(str(value))
    share, number = found.groups() if found else ("", "")
    if not float(share or number or 0) > 0 or float(share or 0) >= 100:  # noqa: PLR2004
        message = f'"{value}" is neither a share nor a number of readers'
        raise strict.complaint(message, hint="Try: 1%, or 500")
    return str(value)


class CanaryPart(strict.Model):
    """The first readers; the others follow when little enough has come back."""

    first: Annotated[
        str, BeforeValidator(_share_or_number, json_schema_input_type=str | int)
    ] = Field(default="1%", description="Who goes ahead: 1%, or 500 readers.")
    wait: Annotated[str, AfterValidator(a_hold)] = Field(
        default="30m", description="How long the others wait: 30m, 2h"
    )
    bounces: float = Field(
        default=2.0, ge=0, le=100, description="It stops above so many per cent."
    )
    complaints: float = Field(
        default=0.1, ge=0, le=100, description="It stops above so many per cent."
    )

    def noun(self) -> Canary:
        """Return the part as the rooms speak of it."""
        is_share = self.first.endswith("%")
        return Canary(
            first=0 if is_share else int(self.first),
            share=float(self.first.removesuffix("%")) if is_share else 0.0,
            wait=duration(self.wait),
            bounces=self.bounces,
            complaints=self.complaints,
        )
