"""A mailbox over IMAP: reads what arrived, and puts aside what is done with.

https://www.rfc-editor.org/rfc/rfc3501, and RFC 6851 for moving. Nothing is deleted.
"""

from __future__ import annotations

import base64
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from imaplib import IMAP4, IMAP4_SSL
from ipaddress import ip_address
from types import TracebackType
from typing import Any, Literal, Self, TypeAlias

from publisher.errors import ConfigError, PublisherError

TIMEOUT = 30.0  # seconds for one answer
LONGEST = 128 * 1024  # bytes that are fetched of a letter
BATCH = 25  # letters at a time
STEP = 100_000  # UIDs that are asked for at a time

Security: TypeAlias = Literal["tls", "starttls", "none"]
_UID = re.compile(rb"\bUID (\d+)")
_PREFIX = re.compile(rb'^\(\("((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Where a mailbox is, and what opens it.

    `processed` is the folder for what is done with; "" leaves that where it is.
    """

    host: str
    port: int = 993
    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)  # OAuth 2, instead of the password
    folder: str = "INBOX"
    processed: str = "processed"
    security: Security = "tls"

    def __post_init__(self) -> None:
        if self.security == "none" and not _is_own_machine(self.host):
            raise ConfigError(
                "BOUNCES_IMAP_SECURITY=none would send the password in the clear",
                where=".env",
                hint="Try: tls; none is for this machine only",
            )


@dataclass(frozen=True, slots=True)
class Place:
    """How far a folder was read: its UIDVALIDITY, and the last letter's UID.

    A number that the server has changed since means that it counts anew.
    """

    validity: int = 0
    uid: int = 0


class Mailbox:
    """An open folder; a `with` block logs in and out.

    Raises `ConfigError` where it may not be opened, and `PublisherError` where its
    server does not answer; then nothing is lost, and the same can be done again.
    """

    def __init__(self, access: Access, *, only_looks: bool = False) -> None:
        self._access = access
        self._only_looks = only_looks
        self._imap: IMAP4
        self._can_move = False
        self._aside = ""
        self._next = 0  # the UID that the next letter will have
        self.validity = 0

    def __enter__(self) -> Self:
        with self._answering():
            self._imap = _connected(self._access)
            try:
                self._log_in()
                self._select()
            except BaseException:
                _hang_up(self._imap)
                raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._imap.logout()  # which closes the line, too
        except (IMAP4.error, OSError):
            _hang_up(self._imap)

    def arrived(self, after: Place) -> list[int]:
        """Return the UIDs of what came after a place, the oldest first.

        Also what a person has read by now. Without a place that still counts it is
        whatever nobody has read.
        """
        is_same = after.validity == self.validity
        first = after.uid + 1 if is_same else 1
        found: set[int] = set()
        # In steps, because an answer is one line, and imaplib reads no endless ones.
        for start in range(first, self._next, STEP):
            wanted = ["UNDELETED", "UID", f"{start}:{start + STEP - 1}"]
            with self._answering():
                _, data = self._imap.uid(
                    "SEARCH", *wanted, *([] if is_same else ["UNSEEN"])
                )
            words = b" ".join(one for one in data if one).split()
            found |= {int(one) for one in words if one.isdigit()}
        return sorted(uid for uid in found if uid >= first)

    def letters(self, uids: Sequence[int]) -> dict[int, bytes]:
        """Return the first `LONGEST` bytes of each letter; they stay unread."""
        with self._answering():
            _, data = self._imap.uid(
                "FETCH", _set(uids), f"(UID BODY.PEEK[]<0.{LONGEST}>)"
            )
        found = {}
        for number, one in enumerate(data):
            if not isinstance(one, tuple):
                continue
            after = data[number + 1] if number + 1 < len(data) else b""
            told = _UID.search(one[0]) or (
                _UID.search(after) if isinstance(after, bytes) else None
            )
            if told:
                found[int(told[1])] = one[1]
        return found

    def put_aside(self, uids: Sequence[int]) -> bool:
        """Mark letters as read and move them to the folder for them.

        False: the server does not move them, and they stay where they are.
        """
        if not uids:
            return True
        with self._answering():
            self._imap.uid("STORE", _set(uids), "+FLAGS.SILENT", r"(\Seen)")
            if not (self._can_move and self._aside):
                return not self._aside
            answer, _ = self._imap.uid("MOVE", _set(uids), self._aside)
            if answer != "OK":  # mostly because it is not there yet
                self._imap.create(self._aside)
                answer, _ = self._imap.uid("MOVE", _set(uids), self._aside)
        return answer == "OK"

    def _log_in(self) -> None:
        try:
            _log_in(self._imap, self._access)
        except IMAP4.abort:
            raise
        except IMAP4.error:  # what it says may repeat what it was told
            raise ConfigError(
                f"{self._access.host} refused the login to the bounce mailbox",
                where=".env",
                hint="Try: check BOUNCES_IMAP_USER and BOUNCES_IMAP_PASSWORD",
            ) from None

    def _select(self) -> None:
        folder = self._access.folder
        answer, _ = self._imap.select(quoted(folder), readonly=self._only_looks)
        if answer != "OK":
            raise ConfigError(
                f"{self._access.host} has no folder {folder!r} in the bounce mailbox",
                where=".env",
                hint="Try: check BOUNCES_IMAP_FOLDER",
            )
        self.validity = self._number("UIDVALIDITY")
        self._next = self._number("UIDNEXT")
        able = _abilities(self._imap)
        self._can_move = "MOVE" in able
        prefix = _prefix(self._imap) if "NAMESPACE" in able else ""
        if aside := self._access.processed:
            has_prefix = aside.startswith(prefix)
            self._aside = quoted(aside if has_prefix else f"{prefix}{aside}")

    def _number(self, name: str) -> int:
        told = self._imap.response(name)[1][0] or b""
        if not told.isdigit():
            raise IMAP4.error(f"{name} is missing")
        return int(told)

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """Say in one line what went wrong between us and the server."""
        where = f"{self._access.host}:{self._access.port}"
        try:
            yield
        except ssl.SSLCertVerificationError as error:
            raise PublisherError(
                f"the certificate of the bounce mailbox is not believed: "
                f"{error.verify_message}",
                where=where,
                hint="Try: check BOUNCES_IMAP_HOST",
            ) from error
        except (IMAP4.error, ValueError) as error:
            raise PublisherError(
                "the bounce mailbox did not answer as it should",
                where=where,
                hint="Try: again later; nothing is lost",
            ) from error
        except OSError as error:
            raise PublisherError(
                f"the bounce mailbox cannot be reached: {error.strerror or error}",
                where=where,
                hint="Try: check BOUNCES_IMAP_HOST and BOUNCES_IMAP_PORT",
            ) from error


def quoted(folder: str) -> str:
    r"""Return a folder's name as IMAP writes it, RFC 3501 section 5.1.3.

    >>> quoted("Zurück & fort")
    '"Zur&APw-ck &- fort"'
    """
    text = re.sub(r"[^ -~]+", _in_utf_7, folder.replace("&", "&-"))
    return '"' + text.replace("\\", r"\\").replace('"', r"\"") + '"'


def _in_utf_7(found: re.Match[str]) -> str:
    letters = base64.b64encode(found[0].encode("utf-16-be")).decode().rstrip("=")
    return f"&{letters.replace('/', ',')}-"


def _connected(access: Access) -> IMAP4:
    if access.security == "none":
        return IMAP4(access.host, access.port, timeout=TIMEOUT)
    context = ssl.create_default_context()
    if access.security == "tls":
        return IMAP4_SSL(access.host, access.port, ssl_context=context, timeout=TIMEOUT)
    imap = IMAP4(access.host, access.port, timeout=TIMEOUT)
    try:
        imap.starttls(ssl_context=context)
    except BaseException:
        _hang_up(imap)
        raise
    return imap


def _hang_up(imap: IMAP4) -> None:
    with suppress(OSError):
        imap.shutdown()


def _log_in(imap: IMAP4, access: Access) -> None:
    if access.token:
        # https://developers.google.com/workspace/gmail/imap/xoauth2-protocol
        said = f"user={access.user}\x01auth=Bearer {access.token}\x01\x01"
        imap.authenticate("XOAUTH2", _once(said))
    elif "AUTH=PLAIN" in imap.capabilities:  # takes all letters, RFC 4616
        imap.authenticate("PLAIN", _once(f"\0{access.user}\0{access.password}"))
    elif _is_plain(access.user) and _is_plain(access.password):
        imap.login(access.user, access.password)
    else:
        raise IMAP4.error("LOGIN takes ASCII, and a line break begins a command")


def _is_plain(word: str) -> bool:
    return word.isascii() and word.isprintable()


def _once(said: str) -> Any:
    """Return what answers the first question, and gives up at a second."""
    answers = [said.encode()]
    return lambda _: answers.pop() if answers else None


def _abilities(imap: IMAP4) -> set[str]:
    """Return what the server can do, as it says after the login."""
    _, data = imap.capability()
    return {word.decode("ascii", "replace") for one in data for word in one.split()}


def _prefix(imap: IMAP4) -> str:
    """Return where a person's own folders are, such as `INBOX.` at some servers."""
    _, data = imap.namespace()
    found = _PREFIX.match(data[0] or b"") if data else None
    return found[1].decode("ascii", "replace") if found else ""


def _set(uids: Sequence[int]) -> str:
    return ",".join(f"{uid}" for uid in uids)


def _is_own_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
