"""Many emails in one call: each written once, all handed over, each answered for.

What cannot be written is answered here and harms no other email of the call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeAlias

from publisher.errors import ProviderError, Refused, Rejected, Uncertain
from publisher.http.bodies import Bodies
from publisher.http.call import call, redacted
from publisher.http.gaps import encoded
from publisher.mime.fields import checked
from publisher.models import Email, Json, Receipt

if TYPE_CHECKING:
    from publisher.http.call import Response

Answer: TypeAlias = Receipt | ProviderError
Verdict: TypeAlias = "Callable[[Response], ProviderError | None]"

MEGABYTE = 1_000_000
USUAL_CALL = 20 * MEGABYTE  # what it has is in memory a few times
LONGEST_REASON = 200
_NOWHERE = {404, 405}


def hand_over(
    emails: Sequence[Email],
    send: Callable[[list[Email], list[bytes]], Sequence[Answer]],
    *,
    provider: str,
    write: Callable[[Email], Json],
    bodies: Bodies,
    longest: int,
    longest_call: int,
) -> list[Answer]:
    """Return what became of each email, in their order.

    `send` gets those that could be written, checked, and the pieces of their JSON with
    commas between. A call that would be too long is `Rejected` before it is made: its
    halves may fit.
    """
    answers: dict[int, Answer] = {}
    kept: dict[int, Email] = {}
    pieces: list[bytes] = []
    for number, email in enumerate(emails):
        try:
            good, part = _written(email, write, bodies)
            size = _fitting(part, provider, longest)
        except Rejected as error:
            answers[number] = error
            continue
        if not kept:  # emails of one draft have one length: no need to write them all
            _measure(size * len(emails), provider, longest_call)
        kept[number] = good
        pieces += (b",", *part)
    _measure(sum(map(len, pieces)), provider, longest_call)
    if kept:
        answers |= zip(kept, send(list(kept.values()), pieces[1:]), strict=False)
    silent = Uncertain(f"{provider} answered without a word about this message")
    return [answers.get(number, silent) for number in range(len(emails))]


def _written(
    email: Email, write: Callable[[Email], Json], bodies: Bodies
) -> tuple[Email, list[bytes]]:
    """Return the email, checked, and its JSON in pieces."""
    good = bodies.bare(email)
    pieces = bodies.pieces(email)
    attached = bodies.attached(email.mailing)
    if not pieces:
        good = checked(email)
    elif attached:
        pieces.append(b",")
    if not pieces and not attached:
        return good, [encoded(write(good))]
    return good, [encoded(write(good))[:-1], b",", *pieces, attached, b"}"]


def only(answers: Sequence[Answer]) -> Receipt:
    """Return the receipt of the only email, or raise its error."""
    (answer,) = answers
    if isinstance(answer, ProviderError):
        raise answer
    return answer


def post(
    url: str,
    body: bytes,
    *,
    provider: str,
    emails: Iterable[Email],
    headers: Mapping[str, str],
    secrets: Iterable[str] = (),
    verdict: Verdict | None = None,
) -> Response:
    """Make the call. No error of it names a reader.

    An address without such a service is a wrong setting: it fails nobody's message.
    `verdict` is not asked about a crash, whatever the crashed one says: it stays open.
    """

    def judged(response: Response) -> ProviderError | None:
        if response.status_code in _NOWHERE:
            hint = "Try: check the url of this channel in .env."
            status = response.status_code
            return Refused(f"{provider} has no such service ({status})", hint=hint)
        is_crash = response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
        return verdict(response) if verdict and not is_crash else None

    return call(
        "POST",
        url,
        provider=provider,
        data=body,
        headers={
            "Content-Type": "application/json",
            "Accept": "application/json",
            **headers,
        },
        # Only looked at if the call fails: so many addresses take a while.
        secrets=(hidden for some in (secrets, _addresses(emails)) for hidden in some),
        verdict=judged,
    )


def endpoint(url: str, path: str) -> str:
    """Return where to post; a slash at the end of the setting does no harm."""
    return f"{url.strip().rstrip('/')}{path}"


def call_mark(emails: Iterable[Email]) -> bytes:
    """Return the 32 bytes that stand for exactly these emails in this order."""
    return sha256("\n".join(email.key for email in emails).encode()).digest()


def told(response: Response) -> Json:
    """Return the JSON object of an answer that says no, or an empty one."""
    try:
        value = response.json()
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def reason(text: object, emails: Iterable[Email]) -> str:
    """Return the provider's own words, short and without a reader's address."""
    return redacted(f"{text or 'no reason given'}", _addresses(emails))[:LONGEST_REASON]


def _fitting(pieces: Sequence[bytes], provider: str, longest: int) -> int:
    """Return how many bytes the message has, if it may have so many."""
    size = sum(map(len, pieces))
    if size > longest:
        allowed = f"{longest / MEGABYTE:.0f} are allowed"
        said = f"{size / MEGABYTE:.1f} MB, and {allowed}"
        raise Rejected(f"{provider}: the email has {said}")
    return size


def _measure(size: int, provider: str, longest_call: int) -> None:
    if size > longest_call:
        raise Rejected(f"{provider}: the emails of one call are too long together")


def _addresses(emails: Iterable[Email]) -> Iterator[str]:
    """Yield how the readers' addresses may be quoted: some providers lower them."""
    for email in emails:
        address = email.recipient.address
        yield from (address, address.lower())
