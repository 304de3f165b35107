"""Asks an address whether it is there: any answer is one, good or bad."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

from publisher.errors import PublisherError

PATIENCE = (5.0, 10.0)  # seconds to connect, and to be answered


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said: its status, and what time it has; None where it says none."""

    status: int
    date: datetime | None


class Unanswered(PublisherError):  # noqa: N818  no accident of ours
    """Nobody answered there, or nobody who can prove to be it."""


def probe(method: str, url: str, *, data: Mapping[str, str] | None = None) -> Answer:
    """Return how an address answers, redirects not followed and nothing read.

    Raises `Unanswered` with a word for why: a browser would not get there either.
    """
    from requests.exceptions import ConnectionError as NoConnection
    from requests.exceptions import SSLError, Timeout

    from publisher import __version__
    from publisher.http.wire import session

    headers = {"User-Agent": f"publisher/{__version__}", "Connection": "close"}
    try:
        with (
            session() as wire,
            wire.request(
                method,
                url,
                data=data,
                headers=headers,
                timeout=PATIENCE,
                allow_redirects=False,
                stream=True,
            ) as answer,
        ):
            return Answer(answer.status_code, _date(answer.headers.get("Date", "")))
    except SSLError:
        raise Unanswered(
            "its certificate is not believed", hint="Try: a certificate for that name"
        ) from None
    except Timeout:
        raise Unanswered("it does not answer in time") from None
    except NoConnection:
        raise Unanswered("it cannot be reached") from None
    except (OSError, ValueError):  # every other exception of requests is an OSError
        raise Unanswered("its answer cannot be read") from None


def _date(said: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(said)
    except ValueError:
        return None
    # "-0000" is a time in UTC from somebody who does not know their own zone.
    return found if found.tzinfo else None
