"""Settings: publisher.yaml, `.env` and the environment; opens channels by name."""

from __future__ import annotations

from publisher.config.channels import OUTBOX, Gallery, channel
from publisher.config.grants import keep as keep_grant
from publisher.config.grants import kept as grants_in
from publisher.config.grants import key_of
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
    "OUTBOX",
    "Fetch",
    "Gallery",
    "Settings",
    "SignUp",
    "bounce_interval",
    "bounce_mailbox",
    "channel",
    "grants_in",
    "keep_grant",
    "key_of",
    "load",
    "problems",
    "settings_schema",
]
