"""Mail servers: where answers arrive, and whether an address has a name.

https://www.rfc-editor.org/rfc/rfc5321#section-5.1, rfc7505 (a domain without mail),
rfc8499 (forward-confirmed reverse DNS)
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING

from publisher.domain.model import Facts, Finding, Level
from publisher.models import MailServer

if TYPE_CHECKING:
    from publisher.dns import Resolver


def look_at_mx(facts: Facts, resolver: Resolver) -> Iterator[Finding]:
    """Say whether answers to who writes arrive somewhere."""
    domain = facts.domain
    hosts = [host for _, host in resolver.mx(domain)]
    add = f"Try: add MX {domain} 10 mail.{domain}"
    if "" in hosts:
        said = f"{domain} says that it takes no mail (null MX); mail from it is refused"
        yield Finding("error", "MX", said, f"{add}, and remove the null MX")
    elif not hosts and resolver.addresses(domain):
        said = f"{domain} has no MX, so mail goes to the address of the website"
        yield Finding("warning", "MX", said, add)
    elif not hosts:
        said = f"{domain} can take no mail; many refuse what cannot be answered"
        yield Finding("error", "MX", said, add)
    else:
        yield from _taking(domain, hosts, resolver)


def _taking(domain: str, hosts: list[str], resolver: Resolver) -> Iterator[Finding]:
    lost = [host for host in hosts if not resolver.addresses(host)]
    for host in lost:
        level: Level = "error" if len(lost) == len(hosts) else "warning"
        said = f"{host}, a mail server of {domain}, has no address"
        hint = f"Try: add A {host}, or remove that MX"
        if _is_address(host):
            hint = "Try: a name instead of an address"
        yield Finding(level, "MX", said, hint)
    for host in hosts:
        if resolver.alias(host):
            said = f"{host} is an alias (CNAME), which an MX must not be"
            yield Finding("warning", "MX", said, f"Try: MX {resolver.alias(host)}")
    if len(lost) < len(hosts):
        there = [host for host in hosts if host not in lost]
        yield Finding("ok", "MX", f"{domain}: {', '.join(there)}")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def addresses_of(host: str, resolver: Resolver) -> tuple[str, ...]:
    """Return where a host is; one that only this machine knows is asked of it."""
    if _is_address(host):
        return (host,)
    found = resolver.addresses(host)
    if found:
        return found
    try:
        known = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(dict.fromkeys(str(one[4][0]) for one in known))


def look_at_ptr(facts: Facts, resolver: Resolver) -> Iterator[Finding]:
    """Say whether the addresses of our mail servers have names that lead back."""
    if not facts.servers:
        said = "no channel is a mail server; your provider sees to it"
        yield Finding("skipped", "PTR", said)
    for server in facts.servers:
        addresses = addresses_of(server.host, resolver)
        if not addresses:
            said = f"{server.host} has no address"
            yield Finding("error", "PTR", said, "Try: check SMTP_HOST")
        for address in addresses:
            yield _named(server, address, resolver)


def _named(server: MailServer, address: str, resolver: Resolver) -> Finding:
    where = f"{server.host} ({address})" if server.host != address else address
    if not ipaddress.ip_address(address.partition("%")[0]).is_global:
        said = f"{where} is not seen from outside, so another address sends"
        return Finding("skipped", "PTR", said)
    names = resolver.names(address)
    for name in names:
        if address in resolver.addresses(name):
            return Finding("ok", "PTR", f"{where} is {name}, and that leads back")
    # Who logs in speaks to a service, which mostly sends from other addresses.
    level: Level = "warning" if server.has_login else "error"
    if not names:
        said = f"{where} has no name; large providers refuse mail from there"
    else:
        said = f"{where} says that it is {names[0]}, which does not lead back"
    hint = f"Try: have who owns the address add PTR {server.host}"
    return Finding(level, "PTR", said, hint)
