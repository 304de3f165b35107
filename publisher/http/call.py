"""Calls to providers: every failure becomes one of the five `ProviderError`s.

Which one follows from a single question: can the provider have taken the message?

| answer | error | why |
|---|---|---|
| no connection: refused, DNS, TLS, connect timeout | Unavailable | nothing was sent |
| 401 402 403 407, a redirect | Refused | the settings are wrong, not the message |
| 408 425 | Unavailable | "I did not get all of it" (RFC 9110, 15.5.9): not taken |
| 429, 503 with Retry-After | Throttled | it says when |
| 503 without | Unavailable | |
| other 4xx | Rejected | this message will never do |
| 500 502 504 and other 5xx | Uncertain | the crash may have come after the write |
| timeout or reset later on, a 2xx that cannot be read | Uncertain | |

Reading asks for nothing to be taken: a GET is never uncertain, only unavailable.
"""

from __future__ import annotations

import json as jsons
import re
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from publisher.errors import (
    ProviderError,
    Refused,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)
from publisher.http.waits import retry_after
from publisher.models import Json

if TYPE_CHECKING:
    from requests import Response as Response  # noqa: PLC0414  for `verdict`s

T = TypeVar("T")
LONGEST_ANSWER = 5_000_000  # bytes
_REFUSED = {401: "our credentials", 402: "to work unpaid", 403: "permission"}
_TAKEN = 2  # the first digit
_PROXY = HTTPStatus.PROXY_AUTHENTICATION_REQUIRED
_SENTENCES = (
    *("message", "errormessage", "error_description", "detail", "description"),
    *("error", "errors", "title"),
)


def call(
    method: str,
    url: str,
    *,
    provider: str = "",
    json: Any = None,
    data: Any = None,
    files: Any = None,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: tuple[float, float] = (5, 30),
    secrets: Iterable[str] = (),
    verdict: Callable[[Response], ProviderError | None] | None = None,
) -> Response:
    """Return a 2xx answer, or raise the `ProviderError` that fits.

    Redirects are not followed: they would carry the credentials elsewhere. `secrets`
    never appear in an error; nor do the address called, its Authorization header,
    or anybody's email address. `verdict` names the errors that a provider tells in
    its own way; where it answers None, the table above holds.
    """
    from publisher.http.wire import session

    url = f"{url}"
    parts = urlsplit(url)
    who = provider or parts.hostname or "the provider"
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Refused(f"{who}: the address in .env must begin with https://")
    sent = {"User-Agent": _agent(), **(headers or {})}
    with session() as wire:
        try:
            response = wire.request(
                method,
                url,
                json=json,
                data=data,
                files=files,
                params=params,
                headers=sent,
                timeout=timeout,
                allow_redirects=False,
                stream=True,
            )
            _read(response)
        except OSError as error:  # every exception of requests is one
            # The cause is dropped: it quotes the address, which may be the secret.
            raise _lost(error, who, is_safe=method == "GET") from None
        except ValueError:
            raise Refused(f"{who}: a setting cannot stand in an HTTP header") from None
    if response.status_code // 100 == _TAKEN:
        return response
    own = verdict(response) if verdict else None
    login = sent.get("Authorization", "").partition(" ")[2]
    hidden = [url, login, *(f"{secret}" for secret in secrets)]
    raise own or _error(response, who, hidden, is_safe=method == "GET")


def post_json(
    url: str, json: Any, *, provider: str = "", method: str = "POST", **options: Any
) -> Json:
    """Send JSON and return the JSON object that comes back."""
    response = call(method, url, provider=provider, json=json, **options)
    return read_json(response, provider=provider)


def get_json(url: str, *, provider: str = "", **options: Any) -> Any:
    """Ask for JSON; an answer that is none makes the provider `Unavailable`."""
    response = call("GET", url, provider=provider, **options)
    try:
        return response.json()
    except ValueError:
        raise Unavailable(f"{provider} answered something unreadable") from None


def read_json(response: Response, *, provider: str = "") -> Json:
    """Return the object in a 2xx answer to a POST; unreadable is `Uncertain`."""
    return _read_as(dict, response, provider)


def read_list(response: Response, *, provider: str = "") -> list[Any]:
    """Return the list in a 2xx answer to a POST; unreadable is `Uncertain`."""
    return _read_as(list, response, provider)


def _read_as(kind: type[T], response: Response, provider: str) -> T:
    who = provider or urlsplit(response.url).hostname or "the provider"
    try:
        value = response.json()
    except ValueError:
        value = None
    if not isinstance(value, kind):
        raise Uncertain(
            f"{who} answered {response.status_code} with something unreadable"
        )
    return value


def _read(response: Response) -> None:
    """Read the answer, but not for ever: a receiver may be broken, or worse."""
    from requests.exceptions import ChunkedEncodingError

    content = b""
    for chunk in response.iter_content(65_536):
        content += chunk
        if len(content) > LONGEST_ANSWER:
            raise ChunkedEncodingError
    response._content = content


def _agent() -> str:
    from publisher import __version__

    return f"publisher/{__version__}"


def _lost(error: Exception, who: str, *, is_safe: bool) -> ProviderError:
    """Name the failure of a call that got no answer."""
    from requests import exceptions

    from publisher.http.wire import is_connected

    match error:
        case exceptions.ConnectTimeout():
            return Unavailable(f"{who} cannot be reached: no connection in time")
        case exceptions.SSLError() if not is_connected.get():
            return Unavailable(f"{who} cannot be reached: its certificate or TLS fails")
        case exceptions.InvalidJSONError():
            return Rejected(f"{who}: the message holds what JSON cannot")
        case exceptions.InvalidURL() | exceptions.InvalidHeader():
            return Refused(f"{who}: the address or the token in .env is malformed")
        case exceptions.ReadTimeout():
            what = "did not answer in time"
        case exceptions.ConnectionError() if not is_connected.get():
            return Unavailable(f"{who} cannot be reached: no connection")
        case _:
            what = "broke the connection before its answer was complete"
    return (Unavailable if is_safe else Uncertain)(f"{who} {what}")


def _error(
    response: Response, who: str, hidden: Iterable[str], *, is_safe: bool
) -> ProviderError:
    """Name what a status outside 2xx means."""
    reason = _reason(response, hidden)
    tail = f" ({response.status_code}){reason and ': '}{reason}"
    match response.status_code:
        case 401 | 402 | 403 as status:
            hint = "Try: check this channel's settings in .env."
            return Refused(f"{who} refused {_REFUSED[status]}{tail}", hint=hint)
        case status if status < HTTPStatus.BAD_REQUEST or status == _PROXY:
            return Refused(f"{who}: the address in .env leads elsewhere{tail}")
        case 408 | 425:
            return Unavailable(f"{who} did not get the whole message{tail}")
        case 503 if "Retry-After" not in response.headers:
            return Unavailable(f"{who} is not available{tail}")
        case 429 | 503:
            wait = retry_after(response.headers, _json(response))
            return Throttled(f"{who} asks us to wait{tail}", retry_after=wait)
        case status if status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return Rejected(f"{who} rejected the message{tail}")
    return (Unavailable if is_safe else Uncertain)(f"{who} failed{tail}")


def _reason(response: Response, hidden: Iterable[str]) -> str:
    """Return the provider's own words in a short line, without what must be hidden."""
    said = _json(response)
    is_plain = response.headers.get("Content-Type", "").startswith("text/plain")
    text = response.text if said is None and is_plain else _said(said)
    return redacted(text, hidden)[:200]


def _json(response: Response) -> Any:
    """Return an answer's JSON, or None where it is none."""
    try:
        return jsons.loads(response.content)
    except ValueError:
        return None


def _said(answer: Any) -> str:
    """Find the sentence in an error object; providers name it in many ways."""
    match answer:
        case str():
            return answer
        case [first, *_]:
            return _said(first)
        case dict():
            named = {f"{name}".lower(): value for name, value in answer.items()}
            found = (_said(named[name]) for name in _SENTENCES if name in named)
            return next((text for text in found if text), "")
        case _:
            return ""


def redacted(text: str, hidden: Iterable[str] = ()) -> str:
    """Return the text on one line, without the hidden words or email addresses."""
    for word in sorted({word for word in hidden if word}, key=len, reverse=True):
        text = text.replace(word, "***")
    text = re.sub(r"[^\s<>\"'(),:;@]+@[^\s<>\"'(),:;@]+", "***", text)
    return " ".join(text.split())
