"""Looks at a domain from outside, with what the folder says of how it sends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from publisher import files, mime
from publisher.dns import SETTING, Resolver
from publisher.domain import Facts, Finding, Key, look
from publisher.errors import ConfigError, PublisherError
from publisher.models import Channel, MailServer, Relays, Signs, unique
from publisher.project.examining import providers_of

if TYPE_CHECKING:
    from publisher.project.folder import Folder

SUBJECT = "Channels"
SEPARATOR = "._domainkey."


def vet(folder: Folder, domain: str, selectors: Sequence[str]) -> Iterator[Finding]:
    """Yield what DNS, mail servers and the public pages say of a sender's domain.

    `selectors` name DKIM keys of the domain, besides those that the channels tell. It
    works outside of a folder, too: then nothing is known of channels and pages.
    """
    domain = _domain(domain)
    environ, has_folder = folder.environ, (folder.root / "publisher.yaml").is_file()
    if has_folder:
        environ = folder.settings.environ
    resolver = Resolver(files.setting(SETTING, environ))
    channels: list[Channel] = []
    if has_folder:
        yield from _sender(folder, domain)
        yield from _opened(folder, channels)
    yield from look(_facts(folder, domain, selectors, channels, has_folder), resolver)


def _domain(name: str) -> str:
    try:
        found = mime.ascii_domain(name.strip().rstrip(".")).lower()
    except ValueError:
        found = ""
    if "." not in found:
        raise ConfigError(f"{name!r} is not a domain", hint="Try: example.org")
    return found


def _sender(folder: Folder, domain: str) -> Iterator[Finding]:
    address = folder.settings.site.sender.address
    with suppress(ConfigError):
        if address and _domain(address.rpartition("@")[2]) != domain:
            said = f"letters come from {address}, not from {domain}"
            hint = "Try: that domain as well, or sender: in publisher.yaml"
            yield Finding("warning", "From", said, hint)


def _opened(folder: Folder, channels: list[Channel]) -> Iterator[Finding]:
    """Open every channel of emails that is configured or used; tell what cannot be."""
    ready = [
        row["name"]
        for row in providers_of(folder)
        if row["state"] == "ready" and row["kind"] == "email"
    ]
    used = [
        name
        for campaign in folder.campaigns
        if campaign.email
        for name in campaign.email.channels
    ]
    for name in unique([*ready, *used, folder.settings.signup.through]):
        try:
            channel = folder.channel(name)
        except PublisherError as error:
            yield Finding("error", SUBJECT, f"{error}")
            continue
        if channel.kind == "email" and not channel.is_outbox:
            channels.append(channel)
    if not channels:
        said = "nothing but the outbox is configured"
        hint = "Try: publisher channels"
        yield Finding("skipped", SUBJECT, said, hint)


def _facts(
    folder: Folder,
    domain: str,
    selectors: Sequence[str],
    channels: Sequence[Channel],
    has_folder: bool,
) -> Facts:
    site = folder.settings.site if has_folder else None
    base = site.public_url if site else ""
    url = site.unsubscribe_url if site else ""
    return Facts(
        domain=domain,
        clock=folder.clock,
        keys=tuple(_keys(domain, selectors, channels)),
        envelopes=unique(_envelopes(domain, channels)),
        servers=unique(_servers(channels)),
        unsubscribe=url,
        health=f"{base}/healthz" if base and url.startswith(f"{base}/") else "",
        has_site=has_folder,
    )


def _keys(
    domain: str, selectors: Sequence[str], channels: Sequence[Channel]
) -> Iterator[Key]:
    names = set()
    for channel in channels:
        if isinstance(channel.provider, Signs):
            for name, record in channel.provider.dns_records():
                selector, _, signer = name.partition(SEPARATOR)
                if name not in names:
                    yield Key(selector, signer, record)
                names.add(name)
    for selector in unique(selectors):
        key = Key(selector.removesuffix(f"{SEPARATOR}{domain}"), domain)
        if key.name not in names:
            yield key


def _envelopes(domain: str, channels: Sequence[Channel]) -> Iterator[str]:
    for channel in channels:
        if isinstance(channel.provider, Relays):
            given = channel.provider.envelope_domain()
            yield _domain(given) if given else domain


def _servers(channels: Sequence[Channel]) -> Iterator[MailServer]:
    for channel in channels:
        if isinstance(channel.provider, Relays):
            yield from channel.provider.mail_servers()
