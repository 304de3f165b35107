"""What was rendered once, addressed to nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal, TypeAlias

from publisher.models.values import Direction, Json, Kind, Unit, fingerprint
from publisher.models.writing import Image

Escape: TypeAlias = Literal["text", "html", "header"]


@dataclass(frozen=True, slots=True)
class Slot:
    """A personal place in a draft, filled by `merge`.

    `filters` are names of the text filters that the template applied to the value, in
    order ("upper", "urlencode"); `escape` is what its place demands.
    """

    name: str
    escape: Escape = "text"
    default: str = ""
    filters: tuple[str, ...] = ()


Slotted: TypeAlias = tuple[str | Slot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailDraft:
    """An email rendered once, addressed to nobody; personal parts are slots."""

    template: str
    subject: Slotted
    html: Slotted
    text: Slotted
    preheader: str = ""
    language: str = "en"
    direction: Direction = "ltr"
    articles: tuple[str, ...] = ()  # slugs

    kind: ClassVar[Kind] = "email"

    def data(self) -> Json:
        """Return a value that JSON can hold and `draft_from` can read."""
        return {"kind": self.kind, **asdict(self)}

    @property
    def id(self) -> str:
        """The draft's name in the books: the same content, the same name."""
        return fingerprint(self.data())[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a network shows below a post for its link."""

    url: str
    title: str
    description: str = ""
    image: str = ""
    alt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostDraft:
    """A social post rendered once for one network.

    `length` is counted in the network's own `unit`; `rung` is the step of the
    template's fit ladder that fitted (0 is the fullest).
    """

    template: str
    network: str
    article: str  # slug
    text: str
    language: str = "en"
    direction: Direction = "ltr"
    hashtags: tuple[str, ...] = ()
    card: Card | None = None
    content_warning: str = ""
    images: tuple[Image, ...] = ()
    length: int = 0
    limit: int | None = None
    unit: Unit = "characters"
    rung: int = 0

    kind: ClassVar[Kind] = "post"

    def data(self) -> Json:
        """Return a value that JSON can hold and `draft_from` can read."""
        return {"kind": self.kind, **asdict(self)}

    @property
    def id(self) -> str:
        """The draft's name in the books: the same content, the same name."""
        return fingerprint(self.data())[:16]


Draft: TypeAlias = EmailDraft | PostDraft


def title_of(draft: Draft) -> str:
    """Return what a person knows a draft by; slots have their names in it."""
    if isinstance(draft, PostDraft):
        return draft.article
    texts = [f"[{one.name}]" if isinstance(one, Slot) else one for one in draft.subject]
    return "".join(texts)


def _slotted(parts: Sequence[str | Json]) -> Slotted:
    return tuple(
        part
        if isinstance(part, str)
        else Slot(**{**part, "filters": tuple(part["filters"])})
        for part in parts
    )


def draft_from(data: Mapping[str, Any]) -> Draft:
    """Read back what `Draft.data` wrote."""
    values = {name: value for name, value in data.items() if name != "kind"}
    if data["kind"] == "email":
        for name in ("subject", "html", "text"):
            values[name] = _slotted(values[name])
        return EmailDraft(**{**values, "articles": tuple(values["articles"])})
    card = values["card"]
    return PostDraft(
        **{
            **values,
            "hashtags": tuple(values["hashtags"]),
            "images": tuple(Image(**image) for image in values["images"]),
            "card": Card(**card) if card else None,
        }
    )
