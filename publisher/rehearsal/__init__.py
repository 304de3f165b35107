"""Fakes of the providers, on this machine only: for rehearsals and for tests.

    with open_fake("postmark", faults_of("429,lost")) as fake:
        provider = Postmark(token=Secret("any"), **fake.settings)
        ...
        print(fake.record.taken)

A fake answers as the provider does, fails on purpose, and keeps a record of what it
took; it never listens anywhere but on loopback.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from publisher.errors import ConfigError
from publisher.rehearsal.audit import Audit, audit
from publisher.rehearsal.calls import Call, Dialect, Reply
from publisher.rehearsal.desk import Desk, Witness
from publisher.rehearsal.faults import FAULTS, Faults, faults_of
from publisher.rehearsal.mailserver import MailServer
from publisher.rehearsal.record import Record
from publisher.rehearsal.wire import LOOPBACK, Wire

__all__ = [
    "FAULTS",
    "LOOPBACK",
    "SMTP",
    "Audit",
    "Call",
    "Fake",
    "Faults",
    "Record",
    "Reply",
    "Witness",
    "audit",
    "faults_of",
    "has_fake",
    "open_fake",
]

SMTP = "smtp"
_DIALECTS = "publisher.rehearsal.dialects"


@dataclass(frozen=True)
class Fake:
    """A provider on loopback. `settings` are the fields that lead there, as text."""

    provider: str
    settings: dict[str, str]
    record: Record


def has_fake(provider: str) -> bool:
    """Say whether there is a fake of this provider; a plugin's has none."""
    is_name = provider.isidentifier()
    return provider == SMTP or (is_name and bool(find_spec(f"{_DIALECTS}.{provider}")))


@contextmanager
def open_fake(
    provider: str, faults: Faults | None = None, *, witness: Witness | None = None
) -> Iterator[Fake]:
    """Listen as this provider until the `with` ends; `witness` sees every call."""
    faults = faults or Faults()
    if not has_fake(provider):
        raise ConfigError(
            f"there is no fake of {provider} to rehearse with",
            hint="Try: --through smtp, or another provider of docs/providers.md",
        )
    if provider == SMTP:
        with MailServer(faults, witness) as server:
            place = {"host": LOOPBACK, "port": f"{server.port}", "security": "none"}
            yield Fake(provider, place, server.record)
        return
    made: Dialect = import_module(f"{_DIALECTS}.{provider}").dialect()
    desk = Desk(made, faults, witness)
    with Wire(desk) as wire:
        settings = {**made.settings, "url": wire.url}
        yield Fake(provider, settings, desk.record)
