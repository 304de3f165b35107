"""The nouns: frozen values that travel the road from a source to a receipt."""

from __future__ import annotations

from publisher.models.campaigns import Campaign, EmailPart, PostPart, Selection, TagRule
from publisher.models.drafts import (
    Card,
    Draft,
    EmailDraft,
    Escape,
    PostDraft,
    Slot,
    Slotted,
    draft_from,
)
from publisher.models.messages import (
    Batches,
    Channel,
    Email,
    Limits,
    M_contra,
    Message,
    Opens,
    Post,
    Provider,
    Recalls,
    Receipt,
)
from publisher.models.plans import (
    Delivery,
    Issue,
    Outcome,
    Plan,
    Problem,
    Report,
    State,
)
from publisher.models.values import Direction, Json, Kind, Unit, fingerprint, unique
from publisher.models.writing import Article, Image, Mailbox, Site, Subscriber

__all__ = [
    "Article",
    "Batches",
    "Campaign",
    "Card",
    "Channel",
    "Delivery",
    "Direction",
    "Draft",
    "Email",
    "EmailDraft",
    "EmailPart",
    "Escape",
    "Image",
    "Issue",
    "Json",
    "Kind",
    "Limits",
    "M_contra",
    "Mailbox",
    "Message",
    "Opens",
    "Outcome",
    "Plan",
    "Post",
    "PostDraft",
    "PostPart",
    "Problem",
    "Provider",
    "Recalls",
    "Receipt",
    "Report",
    "Selection",
    "Site",
    "Slot",
    "Slotted",
    "State",
    "Subscriber",
    "TagRule",
    "Unit",
    "draft_from",
    "fingerprint",
    "unique",
]
