"""Any mail server, over SMTP.

https://www.rfc-editor.org/rfc/rfc5321

Our own client, because the standard library's waits for each reply before it says the
next word: that is five round trips a message, where one or none is needed.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

from publisher.errors import (
    ConfigError,
    ProviderError,
    Refused,
    Throttled,
    Unavailable,
)
from publisher.mime import Signer, encode
from publisher.models import Email, Kind, Limits, MailServer, Receipt
from publisher.providers import Secret
from publisher.providers.smtp.crew import Crew
from publisher.providers.smtp.dialogue import Parcel
from publisher.providers.smtp.envelope import address, sender_of
from publisher.providers.smtp.job import Job
from publisher.providers.smtp.opening import Access, Security, opened
from publisher.providers.smtp.pace import Pace
from publisher.providers.smtp.pool import Pool
from publisher.providers.smtp.servers import servers_in
from publisher.providers.smtp.signing import signers_of

_LATER = (Refused, Throttled, Unavailable)  # all may still be sent


@dataclass(eq=False)
class Smtp:
    """Hands emails to a mail server, many at a time over a few connections."""

    host: str = field(
        metadata={
            "doc": "your mail server, smtp.example.org; or several, with port and "
            "weight: mx1.example.org mx2.example.org:2525=3"
        }
    )
    port: int = field(default=587, metadata={"doc": "587, or 465 with security tls"})
    username: str = field(default="", metadata={"doc": "empty: no login"})
    password: Secret = field(
        default=Secret(""), metadata={"doc": "the password of that login"}
    )
    security: Security = field(
        default="starttls",
        metadata={"doc": "starttls, tls (from the start) or none (own machine only)"},
    )
    sender: str = field(
        default="",
        metadata={
            "doc": "where bounces go; empty: the sender's address; {key} in it names "
            "the delivery, bounces+{key}@example.org"
        },
    )
    hello: str = field(
        default="", metadata={"doc": "our name for EHLO; empty: the sender's domain"}
    )
    token: Secret = field(
        default=Secret(""),
        metadata={"doc": "an OAuth 2 access token, instead of the password"},
    )
    connections: int = field(
        default=4, metadata={"doc": "how many may be open at a time"}
    )
    messages_per_connection: int = field(
        default=0, metadata={"doc": "then a new one is opened; 0: no limit"}
    )
    per_second: float = field(
        default=0.0, metadata={"doc": "messages to each server; 0: no limit"}
    )
    per_domain: float = field(
        default=0.0,
        metadata={"doc": "messages to the readers of one domain; 0: no limit"},
    )
    dkim_domain: str = field(
        default="",
        metadata={"doc": "signs emails as this domain, example.org; empty: no DKIM"},
    )
    dkim_selector: str = field(
        default="",
        metadata={"doc": "the key's name in DNS; two of them for two keys"},
    )
    dkim_key: Secret = field(
        default=Secret(""),
        metadata={
            "doc": "the private key in PEM, mostly in a file: SMTP_DKIM_KEY_FILE"
        },
    )
    _pool: Pool | None = field(default=None, init=False, repr=False)
    _pace: Pace = field(init=False, repr=False)
    _signers: tuple[Signer, ...] = field(init=False, repr=False)

    kind: ClassVar[Kind] = "email"
    limits: ClassVar[Limits] = Limits(batch=32)

    def __post_init__(self) -> None:
        servers = servers_in(self.host, self.port)
        if not servers or self.connections < 1:
            raise ConfigError(
                "SMTP_HOST must name a server, and SMTP_CONNECTIONS be 1 or more",
                where=".env",
            )
        self._signers = signers_of(
            self.dkim_domain, self.dkim_selector, self.dkim_key.reveal()
        )
        self._pace = Pace(self.per_second, self.per_domain)
        if self.per_second > 0:
            # A call lasts about a second, so that a pause is heard. Where that is less
            # than one message, who calls us has to wait between them.
            rate = self.per_second * len(servers)
            limits = replace(
                self.limits,
                batch=min(self.limits.batch, max(1, int(rate))),
                per_second=rate if rate < 1 else None,
            )
            object.__setattr__(self, "limits", limits)

    def send(self, email: Email) -> Receipt:
        """Hand one email over; the connection stays open for the next."""
        answer = self.send_many([email])[0]
        if isinstance(answer, ProviderError):
            raise answer
        return answer

    def send_many(self, emails: Sequence[Email]) -> list[Receipt | ProviderError]:
        """Hand emails over, over as many connections as they are worth."""
        left: dict[int, list[int]] = {}
        for place, email in enumerate(emails):
            left.setdefault(id(email), []).append(place)
        found: dict[int, Receipt | ProviderError] = {}
        for email, answer in self.send_each(iter(emails)):
            found[left[id(email)].pop(0)] = answer
        later = [one for one in found.values() if isinstance(one, _LATER)]
        if later:  # what is about the channel is said last, if it is no refusal
            about_all = next(
                (one for one in later if isinstance(one, Refused)), later[-1]
            )
            if len(later) == len(found):
                raise about_all
        else:  # only uncertain ones end it early
            about_all = Unavailable("smtp: one connection after another broke")
        return [found.get(place, about_all) for place in range(len(emails))]

    def send_each(
        self, messages: Iterator[Email]
    ) -> Iterator[tuple[Email, Receipt | ProviderError]]:
        """Pull emails as the connections have room, and yield each with its answer."""
        job = Job(messages, self._packed, self._pace)
        # Pulled first, because a connection says the sender's domain; and what no
        # server needs to be asked for is said without one.
        if job.has_next():
            yield from Crew(
                job, self._opened_pool(job.sender), self.connections
            ).answers()
        yield from job.answered()

    def _packed(self, number: int, email: Email) -> Parcel:
        return Parcel(
            number,
            email.message_id,
            sender_of(email, self.sender),
            address(email.recipient.address),
            encode(email, signers=self._signers),  # in which no line begins with a dot
        )

    def dns_records(self) -> list[tuple[str, str]]:
        """Return the names and texts of the TXT records that signatures need."""
        return [(signer.name, signer.record) for signer in self._signers]

    def mail_servers(self) -> list[MailServer]:
        """Return the servers that emails are handed to."""
        has_login = bool(self.username or self.token.reveal())
        return [
            MailServer(one.host, one.port, self.security, has_login=has_login)
            for one in servers_in(self.host, self.port)
        ]

    def envelope_domain(self) -> str:
        """Return the domain that bounces go to; empty: that of who writes."""
        return self.sender.rpartition("@")[2]

    def close(self) -> None:
        """Say goodbye; sending again connects anew."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()

    def _opened_pool(self, sender: str) -> Pool:
        if self._pool is None:
            context = None if self.security == "none" else ssl.create_default_context()
            access = Access(
                self.security, self.username, self.password, self.token, context
            )
            hello = self.hello or sender.rpartition("@")[2]
            self._pool = Pool(
                servers_in(self.host, self.port),
                lambda server: opened(server, access, hello),
                most=self.messages_per_connection,
            )
        return self._pool
