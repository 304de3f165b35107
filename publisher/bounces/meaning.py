"""What a code and a server's words mean for the reader's address.

Codes are RFC 3463's and RFC 5248's; where servers agree on another use of one, the use
is followed. In doubt it is soft: who is wrongly kept costs a message, who is wrongly
suppressed is lost.
"""

from __future__ import annotations

import re

from publisher.bounces import phrases
from publisher.bounces.model import Kind
from publisher.bounces.whose import ADDRESS

STATUS = re.compile(r"(?<![\d.])[245]\.[0-7]\.\d{1,3}(?!\.?\d)")
_REPLY = re.compile(
    r"(?<![\d.:\[])(4(?:21|22|31|32|4[1267]|5[0-5]|7[12])"
    r"|5(?:0[0-4]|1[0-5]|2[13]|3[0458]|41|5[0-79]|7[0127]|81))(?=[\s\-#;:,.)'\"<]|$)"
)
_AT_RECIPIENT = re.compile(r"rcpt[ _]to|\brcpt\b", re.IGNORECASE)
_AFTER = re.compile(r"end of data|\bdata\b|mail from", re.IGNORECASE)
# Vague: the words say more.
_VAGUE = {"0.0", "1.0", "2.0", "3.0", "4.0", "5.0", "7.0", "7.1", "5.4"}
_HARD = {
    *("1.1", "1.2", "1.3", "1.4", "1.6", "1.10"),  # no such address
    "2.1",  # disabled
    "4.4",  # its domain has no mail server
    "4.310",  # Microsoft: its domain is not in DNS
    *("7.13", "7.17", "7.18"),  # disabled, or somebody else's by now (RFC 7293)
}
_FULL = {"2.2"}
_TOO_LARGE = {"2.3", "3.4"}
_OURS = {"1.7", "1.8"}  # the sender's address is not as it should be
_NOT_HERE = {"550", "551", "553"}
# Microsoft's edge says so of an address that is not in the tenant's directory.
_NOT_IN_DIRECTORY = re.compile(
    r"5\.4\.1\b.{0,200}recipient address rejected: access denied"
)
_IRONPORT = re.compile(r"\b\d\.\d\.\d - [a-z ]{3,60} (?=[245]\d\d[- ]')")
_AT = re.compile(
    r'(?:"[^"]{0,64}")?[^\s<>",:;]*@[^\s<>",:;]*'
)  # "ana marsh"@example.org
_LONGEST = 300
_TOLD = 6_000  # letters; what is further down is not the reason


def kind_of(status: str, said: str) -> Kind:
    """Say whether a failure is hard or soft; "unknown" where nothing is said of it.

    >>> kind_of("5.1.1", "smtp; 550 5.1.1 user unknown")
    'hard'
    >>> kind_of("5.2.2", "smtp; 552 5.2.2 over quota")
    'soft'
    """
    words = _words(said)
    code = best_status(status, said)
    grade, _, detail = code.partition(".")
    beats_all = (phrases.FULL, phrases.LISTED, phrases.PASSING)
    is_soft = any(one.search(words) for one in beats_all)
    if grade == "4" or detail in _FULL | _OURS or is_soft:
        return "soft"
    if detail in _HARD:
        return "hard"
    return _by_words(detail, words) or _by_reply(code, words)


def is_ours(status: str, said: str) -> bool:
    """Say whether a failure is about who we are or what we wrote, not the reader.

    >>> is_ours("5.7.1", "550 5.7.1 message looks like spam")
    True
    >>> is_ours("5.2.2", "552 5.2.2 over quota")
    False
    """
    words = _words(said)
    detail = best_status(status, said).partition(".")[2]
    if kind_of(status, said) != "soft" or phrases.FULL.search(words):
        return False
    named = (phrases.LISTED, phrases.SENDER, phrases.REFUSED)
    is_said = any(one.search(words) for one in named)
    is_later = bool(phrases.PASSING.search(words) or phrases.LATER.search(words))
    return (
        detail in _OURS | _TOO_LARGE
        or detail.startswith(("6.", "7."))
        or (is_said and not is_later)
        or bool(phrases.LISTED.search(words))
    )


def best_status(status: str, said: str) -> str:
    """Return the code that says most: the report's, or one in the server's words.

    >>> best_status("5.0.0", "550 5.1.1 no such user")
    '5.1.1'
    """
    told = [one for one in STATUS.findall(said) if not one.startswith("2")]
    clear = [one for one in told if one.partition(".")[2] not in _VAGUE]
    if not status or status.startswith("2"):
        return next(iter([*clear, *told]), "")
    is_vague = status.partition(".")[2] in _VAGUE
    return clear[0] if is_vague and clear else status


def is_clear(status: str, said: str) -> bool:
    """Say whether code and words are enough to judge by."""
    words = _words(said)
    detail = best_status(status, said).partition(".")[2]
    known = (
        *(phrases.FULL, phrases.LISTED, phrases.PASSING, phrases.GONE),
        *(phrases.SENDER, phrases.REFUSED, phrases.LATER),
    )
    is_known = bool(detail) and detail not in _VAGUE
    return is_known or any(one.search(words) for one in known)


def reply_code(said: str) -> str:
    """Return the SMTP reply in a server's words, or "".

    >>> reply_code("host mx.example.net [192.0.2.55] said: 550-5.1.1 no such user")
    '550'
    """
    found = _REPLY.search(said)
    return found[1] if found else ""


def reason_of(said: str) -> str:
    r"""Return one line without addresses, for people.

    >>> reason_of("550 5.1.1 <ana@example.net>: user\n unknown")
    '550 5.1.1 <***>: user unknown'
    """
    line = "".join(one if one.isprintable() else " " for one in said[:2000])
    line = " ".join(_AT.sub("***", ADDRESS.sub("***", line)).split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def _words(said: str) -> str:
    """Return the words as they are compared; IronPort's own before the server's go."""
    return _IRONPORT.sub("", " ".join(said[:_TOLD].lower().split()))


def _by_words(detail: str, words: str) -> Kind | None:
    if _NOT_IN_DIRECTORY.search(words):
        return "hard"
    is_about_us = bool(phrases.SENDER.search(words))
    if phrases.GONE.search(words) and not is_about_us:
        # "Blocked: no such user" is said of the address, "7.x" of a rule.
        is_ruled = detail.startswith("7.") and detail not in _VAGUE
        return "soft" if is_ruled else "hard"
    if is_about_us or phrases.REFUSED.search(words) or phrases.LATER.search(words):
        return "soft"
    return None


def _by_reply(code: str, words: str) -> Kind:
    """Judge by the bare reply: what answers RCPT TO is about the recipient."""
    reply = reply_code(words)
    is_vague = code.partition(".")[2] in _VAGUE
    at_recipient = _AT_RECIPIENT.search(words) and not _AFTER.search(words)
    if reply in _NOT_HERE and at_recipient and (is_vague or not code):
        return "hard"
    return "soft" if code or reply else "unknown"
