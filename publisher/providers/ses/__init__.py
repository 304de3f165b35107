"""Amazon SES, one raw message per reader.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html

Raw, for its own templates would fill `{{ }}` in articles. SES refuses what comes faster
than the account may send; it remembers no key, so the package's repeats are off, and a
call without an answer stays uncertain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from publisher.errors import (
    ConfigError,
    ProviderError,
    Refused,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)
from publisher.http.call import redacted
from publisher.http.lanes import Lanes
from publisher.http.waits import retry_after
from publisher.mime import encode
from publisher.mime.fields import delivery_mark, in_ascii
from publisher.models import (
    Email,
    Event,
    Json,
    Kind,
    Limits,
    Receipt,
    Request,
)
from publisher.providers import Secret

if TYPE_CHECKING:
    from datetime import datetime

CONNECT, ANSWER = 5.0, 30.0  # seconds
PAUSE = 1.0  # seconds, for the rate is counted in messages a second
LONGEST = 40_000_000  # bytes of a raw message
LONGEST_REASON = 200
PAGE = 1_000  # suppressions
HINT = "Try: check SES_* in .env and the identity at SES."
_TOO_MANY = {"TooManyRequestsException", "Throttling", "ThrottlingException"}
_OURS = {
    *("MailFromDomainNotVerifiedException", "AccountSuspendedException"),
    *("SendingPausedException", "LimitExceededException", "NotFoundException"),
}
Call: TypeAlias = tuple[Email, Json, Any]  # its request, and the client for it
_NO_TLS = re.compile(r"certificate|handshake|wrong.version|unknown.protocol", re.I)


@dataclass(eq=False)
class Ses:
    """Sends emails through Amazon SES."""

    region: str = field(metadata={"doc": "the region of your identity, eu-west-1"})
    key_id: Secret = field(
        default=Secret(""),
        metadata={"doc": "an access key; empty: what AWS finds (profile, role)"},
    )
    key: Secret = field(
        default=Secret(""), metadata={"doc": "the secret of that access key"}
    )
    configuration_set: str = field(
        default="", metadata={"doc": "whose events you want; empty: the identity's"}
    )
    connections: int = field(
        default=8, metadata={"doc": "how many calls are made at a time"}
    )
    url: str = field(
        default="", metadata={"doc": "where the API answers; only for tests"}
    )
    webhook_topic: str = field(
        default="", metadata={"doc": "the ARN of the SNS topic that its events go to"}
    )
    webhook_url: str = field(
        default="", metadata={"doc": "where SNS answers; only for tests"}
    )
    _client: Any = field(default=None, init=False, repr=False)

    kind: ClassVar[Kind] = "email"
    limits: ClassVar[Limits] = Limits(batch=32, size=LONGEST)

    def __post_init__(self) -> None:
        """Say at once what is missing; the package itself is loaded when one sends."""
        if find_spec("boto3") is None:
            hint = "Try: pip install 'publisher[ses]'"
            raise ConfigError("the provider ses needs the package boto3", hint=hint)
        if bool(self.key_id) != bool(self.key):
            raise ConfigError(
                "the provider ses needs both key_id and key, or neither",
                hint="Try: set SES_KEY_ID and SES_KEY in .env",
            )

    def send(self, email: Email) -> Receipt:
        """Send one email."""
        return self._handed_over((email, self._request(email), self._connected()))

    def send_each(
        self, messages: Iterator[Email]
    ) -> Iterator[tuple[Email, Receipt | ProviderError]]:
        """Send emails over several connections, one call for each."""

        def packed(email: Email) -> Call:
            return email, self._request(email), self._connected()

        lanes = Lanes(messages, packed, self._handed_over, max(1, self.connections))
        yield from lanes.answers()

    def _handed_over(self, call: Call) -> Receipt:
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        email, request, client = call
        try:
            answer = client.send_email(**request)
        except ClientError as error:
            raise _refusal(error.response, email, self._secrets()) from None
        except BotoCoreError as error:  # its cause quotes the message
            raise _lost(error) from None
        except (ResponseParserError, AttributeError, TypeError):
            # It reads an answer of an odd shape without looking.
            raise Uncertain("ses answered something unreadable") from None
        name = answer.get("MessageId")
        if not isinstance(name, str) or not name:
            raise Uncertain("ses answered without the id of a message")
        return Receipt(name)

    def events(self, request: Request) -> list[Event]:
        """Verify and read a notice of SNS; one that asks whether we want it is told so.

        Only for the expected topic: anybody can point a topic of theirs at us.
        """
        from publisher.providers.ses import news

        return news.heard(request, self.webhook_topic, self.webhook_url)

    def suppressed(self, now: datetime) -> Iterator[Event]:
        """Yield whom the account sends nothing.

        https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_ListSuppressedDestinations.html
        """
        from publisher.providers.ses import news

        yield from news.listed(self._suppressions(), now)

    def _suppressions(self) -> Iterator[Json]:
        from botocore.exceptions import BotoCoreError, ClientError

        page: Json = {"PageSize": PAGE}
        while True:
            try:
                answer = self._connected().list_suppressed_destinations(**page)
            except ClientError as error:
                raise _unread(error.response, self._secrets()) from None
            except BotoCoreError as error:
                raise Unavailable(f"ses: {type(error).__name__}") from None
            yield answer
            before, page = page, {**page, "NextToken": answer.get("NextToken")}
            if not page["NextToken"] or page == before:
                return

    def close(self) -> None:
        """Let go of the connection; sending again opens it anew."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _request(self, email: Email) -> Json:
        content = encode(email)
        if len(content) > LONGEST:
            raise Rejected(f"ses: the email has {len(content)} bytes, over 40 MB")
        mark = re.sub(r"[^A-Za-z0-9_-]", "-", delivery_mark(email))[:256]
        request: Json = {
            "Destination": {"ToAddresses": [in_ascii(email.recipient).address]},
            "Content": {"Raw": {"Data": content}},
            "EmailTags": [{"Name": "delivery", "Value": mark}],
        }
        if self.configuration_set:
            request["ConfigurationSetName"] = self.configuration_set
        return request

    def _secrets(self) -> list[str]:
        return [self.key_id.reveal(), self.key.reveal()]

    def _connected(self) -> Any:
        """Return the client of the account; a wrong setting stops the channel."""
        if self._client is None:
            from botocore.exceptions import BotoCoreError

            try:
                self._client = self._opened()
            except (BotoCoreError, ValueError) as error:
                kind = type(error).__name__
                raise Refused(f"ses: a setting is wrong ({kind})", hint=HINT) from None
        return self._client

    def _opened(self) -> Any:
        from boto3.session import Session
        from botocore.config import Config

        session = Session(
            region_name=self.region,
            aws_access_key_id=self.key_id.reveal() or None,
            aws_secret_access_key=self.key.reveal() or None,
        )
        config = Config(
            connect_timeout=CONNECT,
            read_timeout=ANSWER,
            max_pool_connections=max(1, self.connections),
            # In all, so none after the first: by itself it would send three times.
            retries={"total_max_attempts": 1, "mode": "standard"},
        )
        url = self.url.strip() or None
        return session.client("sesv2", endpoint_url=url, config=config)


def _refusal(
    answer: Mapping[str, Any], email: Email, secrets: list[str]
) -> ProviderError:
    """Say what an answer that is no yes means."""
    about = answer.get("ResponseMetadata", {})
    status, headers = about.get("HTTPStatusCode", 500), about.get("HTTPHeaders", {})
    error = answer.get("Error", {})
    code, text = f"{error.get('Code')}", f"{error.get('Message')}"
    said = f"({code}): {redacted(text, secrets)[:LONGEST_REASON]}"
    match status:
        case _ if code in _TOO_MANY or status == 429:  # noqa: PLR2004
            return _too_many(text, said, headers)
        case 408 | 425 | 503:
            return Unavailable(f"ses is not available {said}")
        case _ if status >= 500:  # noqa: PLR2004
            return Uncertain(f"ses failed {said}")
        case 401 | 402 | 403:
            return Refused(f"ses refused our credentials {said}", hint=HINT)
        case _ if code in _OURS or _is_about_sender(text, email):
            return Refused(f"ses refused us {said}", hint=HINT)
        case _ if status >= 400:  # noqa: PLR2004
            return Rejected(f"ses rejected the message {said}")
    return Refused(f"ses: the address in .env leads elsewhere {said}")


def _unread(answer: Mapping[str, Any], secrets: list[str]) -> ProviderError:
    """Say why a list is not shown: nothing can have been taken."""
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
    error = answer.get("Error", {})
    text = redacted(f"{error.get('Message')}", secrets)[:LONGEST_REASON]
    said = f"({error.get('Code')}): {text}"
    if 400 <= status < 500 and status != 429:  # noqa: PLR2004
        return Refused(f"ses does not show its suppressions {said}", hint=HINT)
    return Unavailable(f"ses is not available {said}")


def _too_many(text: str, said: str, headers: Mapping[str, str]) -> ProviderError:
    """Tell the quota of a day, which no waiting here mends, from the rate."""
    if "daily" in text.lower():
        return Refused(f"ses's sending quota is reached {said}", hint=HINT)
    named = {name.title(): value for name, value in headers.items()}
    wait = retry_after(named) if "Retry-After" in named else PAUSE
    return Throttled(f"ses asks us to wait {said}", retry_after=wait)


def _is_about_sender(text: str, email: Email) -> bool:
    """Say whether "the following identities are not verified" names the sender."""
    return in_ascii(email.sender).address.lower() in text.lower()


def _lost(error: Exception) -> ProviderError:
    """Name the failure of a call that got no answer."""
    from botocore import exceptions

    kind = type(error).__name__
    match error:
        case exceptions.ParamValidationError():
            return Rejected("ses: the message is not as the API wants it")
        case exceptions.SSLError() if not _NO_TLS.search(f"{error}"):
            return Uncertain("ses broke the connection before its answer was complete")
        case exceptions.ConnectionError():
            return Unavailable(f"ses cannot be reached ({kind})")
        case exceptions.HTTPClientError():
            return Uncertain(f"ses did not answer ({kind})")
    return Refused(f"ses: no way to sign in ({kind})", hint=HINT)
