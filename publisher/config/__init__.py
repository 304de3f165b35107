"""Settings: publisher.yaml, `.env` and the environment; opens channels by name."""

from __future__ import annotations

from publisher.config.channels import Gallery, channel
from publisher.config.loading import Fetch, Settings, load, problems, settings_schema

__all__ = [
    "Fetch",
    "Gallery",
    "Settings",
    "channel",
    "load",
    "problems",
    "settings_schema",
]
