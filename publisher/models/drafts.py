"""What was rendered once, addressed to nobody."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
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


# The links that only their reader may have: out of a list, to what they get, and to the
# "yes" of who subscribes. The first is in every letter.
WAY_OUT, CHOICES, YES = LINKS = ("unsubscribe_url", "preferences_url", "confirm_url")

# What a tracked letter has of its reader: behind each link, and at the end of the page.
TRACED, SEEN = MARKS = ("traced", "seen")
Tracking: TypeAlias = Literal["clicks", "opens-day", "individual"]

Slotted: TypeAlias = tuple[str | Slot, ...]


_SHOWN = re.compile(r"""((?:=|url\()\s*["']?)(cid:([^\s"'<>()\\]+))""", re.IGNORECASE)


def shown_ids(html: str) -> set[str]:
    """Return the ids of the images that a page shows from its own email (RFC 2392).

    >>> shown_ids('<img src="cid:logo.png">')
    {'logo.png'}
    """
    return {found[3] for found in _SHOWN.finditer(html)}


def with_images(html: str, images: Mapping[str, str]) -> str:
    """Return the page with other addresses for the images of these ids."""
    return _SHOWN.sub(lambda found: found[1] + images.get(found[3], found[2]), html)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedFile:
    """A file that travels with each email of a draft; its bytes are in the books.

    `size` is in bytes, `digest` the SHA-256 of them in hexadecimal. With a `content_id`
    it is an image that the page shows as `src="cid:..."`.
    """

    name: str
    media_type: str
    size: int
    digest: str
    content_id: str = ""

    @property
    def encoded_size(self) -> int:
        """How many bytes it has on the road, in base64 with its line ends."""
        return -(-self.size // 57) * 78


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailDraft:
    """An email rendered once, addressed to nobody; personal parts are slots.

    Its links are the real ones; `tracking` says what becomes of them when it leaves.
    """

    template: str
    subject: Slotted
    html: Slotted
    text: Slotted
    preheader: str = ""
    language: str = "en"
    direction: Direction = "ltr"
    articles: tuple[str, ...] = ()  # slugs
    attachments: tuple[AttachedFile, ...] = ()
    tracking: tuple[Tracking, ...] = ()

    kind: ClassVar[Kind] = "email"

    def data(self) -> Json:
        """Return a value that JSON can hold and `draft_from` can read."""
        data = {"kind": self.kind, **asdict(self)}
        for name in ("attachments", "tracking"):
            if not data[name]:  # as before there were any: the same draft, one id
                del data[name]
        return data

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


# What posts came to have after the first of them were in the books.
ADDED = ("title", "thread", "visibility", "pictures", "thumbnail", "document")


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An image that goes with a post; its bytes are in the books.

    `digest` is the SHA-256 of them in hexadecimal, `url` where it was read from.
    """

    url: str
    media_type: str
    size: int
    digest: str
    alt: str = ""
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A whole article, for networks that take one. `html` is sanitised."""

    title: str
    html: str
    summary: str = ""
    url: str = ""
    author: str = ""
    image: str = ""
    tags: tuple[str, ...] = ()
    published: str = ""  # ISO 8601


@dataclass(frozen=True, slots=True, kw_only=True)
class PostDraft:
    """A social post rendered once for one network.

    `length` is counted in the network's own `unit`; `rung` is the step of the
    template's fit ladder that fitted (0 is the fullest). Of a thread `text` is the
    first part, and `thread` are the others. `thumbnail` is the card's picture.
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
    title: str = ""
    thread: tuple[str, ...] = ()
    visibility: str = ""  # public, unlisted or private; empty: the account's own
    pictures: tuple[Picture, ...] = ()
    thumbnail: Picture | None = None
    document: Document | None = None

    kind: ClassVar[Kind] = "post"

    def data(self) -> Json:
        """Return a value that JSON can hold and `draft_from` can read.

        What a post has not is not in it, so that its id stays when others have it.
        """
        # Not `asdict` of it all: that copies deeply, and would take half of the time.
        data: Json = {"kind": self.kind}
        for name in _OF_POST:
            value = getattr(self, name)
            if value or name not in ADDED:
                data[name] = _plain(value)
        return data

    @property
    def id(self) -> str:
        """The draft's name in the books: the same content, the same name."""
        return fingerprint(self.data())[:16]


_OF_POST = tuple(one.name for one in fields(PostDraft))


def _plain(value: Any) -> Any:
    """Return nouns as what JSON can hold, also those in a tuple."""
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    return {one: _plain(getattr(value, one)) for one in value.__slots__}


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
        files = [AttachedFile(**one) for one in values.get("attachments", ())]
        values["attachments"] = tuple(files)
        values["tracking"] = tuple(values.get("tracking", ()))
        return EmailDraft(**{**values, "articles": tuple(values["articles"])})
    return PostDraft(**{**values, **_of_post(values)})


def _of_post(values: Mapping[str, Any]) -> Json:
    """Return the parts of a post that are more than texts and numbers."""
    card, thumbnail = values["card"], values.get("thumbnail")
    document = values.get("document")
    if document:
        document = Document(**{**document, "tags": tuple(document["tags"])})
    return {
        "hashtags": tuple(values["hashtags"]),
        "images": tuple(Image(**image) for image in values["images"]),
        "card": Card(**card) if card else None,
        "thread": tuple(values.get("thread", ())),
        "pictures": tuple(Picture(**one) for one in values.get("pictures", ())),
        "thumbnail": Picture(**thumbnail) if thumbnail else None,
        "document": document,
    }
