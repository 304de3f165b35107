"""Settings: publisher.yaml, `.env` and the environment; opens channels by name."""

from __future__ import annotations

from publisher.config.channels import Gallery, channel
from publisher.config.loading import (
    Fetch,
    Settings,
    SignUp,
    load,
    problems,
    settings_schema,
)
from publisher.config.returns import bounce_interval, bounce_mailbox

__all__ = [
    "Fetch",
    "Gallery",
    "Settings",
    "SignUp",
    "bounce_interval",
    "bounce_mailbox",
    "channel",
    "load",
    "problems",
    "settings_schema",
]
