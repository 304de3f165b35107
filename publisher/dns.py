"""DNS: what stands under a name, asked of this machine's resolver or of one given.

https://www.rfc-editor.org/rfc/rfc1035 (and rfc2308 for names that have nothing)
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from publisher.errors import ConfigError, PublisherError

if TYPE_CHECKING:
    from dns.rdata import Rdata
    from dns.resolver import Resolver as Client

SETTING = "PUBLISHER_RESOLVER"
PATIENCE = 5.0  # seconds for one question, all repeats of it included
PORT = 53
# So many questions without any answer, and the rest need not be asked.
MOST_SILENCES = 2


class Silent(PublisherError):  # noqa: N818  beside `Busy` and `Refused`
    """Nobody answers for a name: silence, a refusal, or a zone that is broken."""


class Resolver:
    """Asks DNS, each question once; no answer is kept longer than the resolver.

    `server` is `127.0.0.1`, `127.0.0.1:5353` or `[::1]:5353`; empty: this machine's.
    What does not exist is empty; where nobody answers, `Silent` is raised.
    """

    def __init__(self, server: str = "", *, patience: float = PATIENCE) -> None:
        self._client = _client(server, patience)
        self._known: dict[tuple[str, str], tuple[Rdata, ...] | Silent] = {}
        self._has_answered = False

    def txt(self, name: str) -> tuple[str, ...]:
        """Return the texts under a name, the parts of each in one."""
        return tuple(
            b"".join(one.strings).decode("utf-8", "replace")  # type: ignore[attr-defined]
            for one in self._ask(name, "TXT")
        )

    def mx(self, name: str) -> tuple[tuple[int, str], ...]:
        """Return who takes mail for a name, the preferred first; "" is nobody."""
        found = [
            (int(one.preference), _plain(one.exchange))  # type: ignore[attr-defined]
            for one in self._ask(name, "MX")
        ]
        return tuple(sorted(found))

    def addresses(self, name: str) -> tuple[str, ...]:
        """Return the IP addresses of a name, IPv4 first."""
        found: list[str] = []
        silent = None
        for kind in ("A", "AAAA"):
            try:
                found += [str(one) for one in self._ask(name, kind)]
            except Silent as error:
                silent = error
        if silent and not found:
            raise silent
        return tuple(found)

    def ipv4(self, name: str) -> tuple[str, ...]:
        """Return the IPv4 addresses alone."""
        return tuple(str(one) for one in self._ask(name, "A"))

    def alias(self, name: str) -> str:
        """Return the name that this one only stands for; mostly there is none."""
        found = self._ask(name, "CNAME")
        return _plain(found[0].target) if found else ""  # type: ignore[attr-defined]

    def names(self, address: str) -> tuple[str, ...]:
        """Return the names that an IP address says it has."""
        reverse = ipaddress.ip_address(address).reverse_pointer
        return tuple(
            _plain(one.target)  # type: ignore[attr-defined]
            for one in self._ask(reverse, "PTR")
        )

    def _ask(self, name: str, kind: str) -> tuple[Rdata, ...]:
        question = (name.rstrip(".").lower(), kind)
        if question not in self._known:
            try:
                self._known[question] = self._answer(*question)
                self._has_answered = True
            except Silent as error:
                self._known[question] = error
        known = self._known[question]
        if isinstance(known, Silent):
            raise known
        return known

    def _answer(self, name: str, kind: str) -> tuple[Rdata, ...]:
        from dns.exception import DNSException, Timeout
        from dns.name import BadEscape, EmptyLabel, LabelTooLong, NameTooLong
        from dns.resolver import NXDOMAIN, YXDOMAIN

        if not self._has_answered and len(self._known) >= MOST_SILENCES:
            raise Silent(
                "no DNS resolver answers", hint=f"Try: {SETTING}=9.9.9.9 in .env"
            )
        try:
            answer = self._client.resolve(
                f"{name}.", kind, search=False, raise_on_no_answer=False
            )
        except (NXDOMAIN, YXDOMAIN):
            return ()
        except (BadEscape, EmptyLabel, LabelTooLong, NameTooLong, UnicodeError):
            return ()  # no such name can be
        except Timeout:
            raise Silent(f"DNS does not answer for {name}", hint=_AGAIN) from None
        except (DNSException, OSError, ValueError):
            raise Silent(f"DNS fails for {name}", hint=_AGAIN) from None
        return tuple(answer.rrset or ())


_AGAIN = "Try: again later, or look at that zone's name servers"


def _client(server: str, patience: float) -> Client:
    """Return dnspython's resolver; a wrong setting is a `ConfigError`."""
    from dns.resolver import NoResolverConfiguration, Resolver

    try:
        client = Resolver(configure=not server)
    except (NoResolverConfiguration, OSError):
        raise ConfigError(
            "this machine has no DNS resolver (/etc/resolv.conf)",
            hint=f"Try: {SETTING}=9.9.9.9 in .env",
        ) from None
    if server:
        address, port = _place(server)
        client.nameservers, client.port = [address], port
    client.timeout, client.lifetime = patience / 2, patience
    client.use_edns(0, 0, 1232)  # what passes everywhere in one piece
    return client


def _place(server: str) -> tuple[str, int]:
    """Read `address`, `address:port` or `[address]:port`.

    >>> _place("127.0.0.1:5353"), _place("::1"), _place("[::1]:5353")
    (('127.0.0.1', 5353), ('::1', 53), ('::1', 5353))
    """
    address, port = server, f"{PORT}"
    if server.startswith("["):
        address, _, port = server[1:].partition("]")
        port = port.removeprefix(":") or f"{PORT}"
    elif server.count(":") == 1:
        address, _, port = server.partition(":")
    try:
        ipaddress.ip_address(address)
        if not (port.isascii() and port.isdigit() and 0 < int(port) < 1 << 16):
            raise ValueError(port)  # noqa: TRY301
    except ValueError:
        raise ConfigError(
            f"{SETTING} must be the IP address of a DNS resolver",
            where=".env",
            hint=f"Try: {SETTING}=127.0.0.1:5353, or remove it",
        ) from None
    return address, int(port)


def _plain(name: object) -> str:
    """Return a name without its last dot; the root is empty.

    >>> _plain("mx.example.org."), _plain(".")
    ('mx.example.org', '')
    """
    return str(name).rstrip(".").lower()
