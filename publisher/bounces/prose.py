"""Bounces for people: qmail's, old Exim's, Exchange's, Domino's, MailEnable's ...

They have no part for machines, so three things are looked for: whether it is a bounce
at all, the addresses at the beginnings of lines, and what is said beside each.
"""

from __future__ import annotations

import re
from itertools import pairwise

from publisher.bounces import meaning, phrases
from publisher.bounces.letter import Letter
from publisher.bounces.model import Bounce
from publisher.bounces.whose import (
    ADDRESS,
    addresses_in,
    own_addresses,
    paragraph,
    returned_to,
)

_MOST = 50  # recipients of one report
_DAEMON = re.compile(
    r"mailer[- ]?daemon|post_?master|mail-?daemon|mail(?:er)? delivery"
    r"|mail(?:er)? administrator|delivery (?:sub)?system|system administrator|mmdf"
    r"|mailadmin|microsoft exchange"
    r"|internet mail delivery|postoffice|mail-?gateway|administrator@|mail system",
    re.IGNORECASE,
)
_ANSWER = re.compile(r"^\s*(?:re|aw|fwd?|wg|tr|r|i|rv|enc|sv|vs|ynt)\s*:", re.I)
_SUBJECT = re.compile(
    r"undeliver|non-?deliver|not (?:be )?deliver|(?:could|can)(?: ?not|'t) be deliver"
    r"|deliver\w* (?:status|fail|problem|notif|has failed|error|report|delay|incompl"
    r"|attempt)|fail\w* (?:notice|deliver|mail|to deliver)|returned (?:mail|to sender"
    r"|message)|mail (?:deliver|fail|error|not|system error|could)|mail status"
    r"|message (?:deliver|not|status|could|undeliv|bounced|delay)|bounce|\bndn\b"
    r"|\bndr\b|warning: |unknown user|user unknown|mailbox (?:full|unavail)|dsn:"
    r"|problem deliver|unzustell|nicht zugestellt|zustell|rückläufer|fehlgeschlagen|non"
    r" (?:remis|distrib|délivr|delivr|recapit|consegn)|échec|echec|mancat|impossibile"
    r"|recapito|consegna"
    r"|no (?:se )?(?:ha )?(?:pud|pued|entreg)|devuelto|entrega|não entreg|nao entreg"
    r"|falha|devolvid|onbestelbaar|niet (?:bezorg|aflever)|bezorg|niedostarcz|niedoręcz"
    r"|nie dostarcz|zwrot|ej levere|kunde inte levere|kunne ikke|levere|недостав"
    r"|не дост|доставк|teslim|iletile|配信|配達|不達|エラー|送信|退信|退件"
    r"|投递|系统退|傳送|寄件|無法|배달|반송|전송 실패|تعذر|تسليم",
    re.IGNORECASE,
)
_INTRO = re.compile(
    r"this is the (?:qmail-send|mail delivery|mail system|postfix|courier|yahoo|.{0,40}"
    r"program at)|i'm afraid i wasn't able|created automatically by (?:mail|the mail)"
    r"|could not be (?:delivered|reached|sent)|unable to deliver|not able to deliver"
    r"|did(?: not|n't) reach|(?:was|were|been) (?:undeliver|not delivered|unable to"
    r"|returned)|had (?:permanent|transient|non-fatal) (?:fatal |non-fatal )?(?:errors|"
    r"delivery)|deliver\w* (?:to|of) (?:the )?(?:following|your|this).{0,60}"
    r"(?:fail|delay|not possible|aborted)|transcript of session|deliver\w* has failed"
    r"|delivery fail|could not deliver|cannot be delivered|can ?not deliver"
    r"|unknown user|following (?:addresses|recipients?|address(?:\(es\))?|message)"
    r"|message could not|undeliverable|failed recipient|failure reasons|email .{0,20}"
    r"bounced|returned to sender|has been (?:rejected|delayed)|konnte\w* nicht"
    r"|nicht zugestellt|n'a pas pu|n'ont pas pu|non è stato possibile|impossibile"
    r"|no se ha podido|no (?:ha sido|pudo ser|se pudo) entreg|não (?:foi|pôde)|kon niet"
    r"|не может быть|не удалось|не было доставлено|無法|无法|できません|배달할 수",
    re.IGNORECASE,
)
# From here on it is our own message.
_COPY = re.compile(
    r"(?im)^[\s\-*=_#>|]*(?:below this line is a copy|this is a copy of (?:the|your)"
    r"|original message(?: headers)?\b(?! was)|(?:the )?original (?:message|mail) "
    r"(?:follows|header|body)|unsent message|(?:message|mail) (?:headers? )?(?:follows?"
    r"|header)|returned message|message text follows|undelivered message|beginning of"
    r"|the body of the (?:letter|message)|the header.{0,40} follows?|text of message"
    r"|included is a copy|a copy of the original|end of message|start of returned"
    r"|(?:return-path|received|dkim-signature|x-publisher-key): )"
)
_LINE = re.compile(
    rf"(?m)^[ \t>*\-|]*(?:(?:(?:failed )?recipient|user|address|rcpt|e-?mail|empfänger"
    rf"|unknown user|destinataire|destinatario):[ \t]*)?[<\[(\"]{{0,2}}"
    rf"(?:smtp:|mailto:|rfc822;)?[ \t]?(?P<who>{ADDRESS.pattern})",
    re.IGNORECASE,
)
_SERVER = re.compile(
    r"(?i)(?:program at|generating server:|host|message from|while talking to|mail"
    r"(?:system| system) at host)\s+([a-z0-9][a-z0-9.-]{0,253}\.[a-z]{2,24})\b"
)


def found_in(letter: Letter) -> tuple[Bounce, ...] | None:
    """Return what a bounce for people says; None where it is none."""
    text = letter.text
    if not text.strip() and letter.returned:
        text = letter.head.first("subject")
    said = _without_copy(text)
    if not is_bounce(letter, said):
        return None
    places = _places(letter, said)
    if not places:
        return (_bounce(letter, said, returned_to(letter), said),)
    ends = [*(place for place, _ in places[1:]), len(said)]
    if len(places) == 1:
        return (_bounce(letter, said, places[0][1], said[places[0][0] :]),)
    return tuple(
        _bounce(letter, said, address, paragraph(said, place, end))
        for (place, address), end in zip(places, ends, strict=True)
    )


def is_bounce(letter: Letter, said: str) -> bool:
    """Say whether a machine tells that our message came back."""
    head = letter.head
    subject = head.first("subject")
    if head.first("x-failed-recipients"):
        return True
    is_daemon = bool(
        _DAEMON.search(head.first("from"))
        or _DAEMON.search(head.first("sender", "return-path"))
    )
    is_named = bool(_SUBJECT.search(subject)) and not _ANSWER.match(subject)
    is_told = bool(_INTRO.search(said) or meaning.is_clear("", said))
    if is_daemon:
        return is_named or is_told
    return is_named and is_told


def _without_copy(text: str) -> str:
    """Cut our own message off, unless there is nothing before it."""
    for found in _COPY.finditer(text):
        before = text[: found.start()]
        if before.strip():
            return before
    return text


def _places(letter: Letter, said: str) -> list[tuple[int, str]]:
    """Return the recipients and where each is spoken of, in their order."""
    ours = own_addresses(letter)
    lines = {found.start("who") for found in _LINE.finditer(said)}
    told = list(addresses_in(said, but=ours))
    named = [one for _, one in addresses_in(letter.head.first("x-failed-recipients"))]
    if named:
        where = {address.lower(): place for place, address in told}
        found = sorted((where.get(one.lower(), 0), one) for one in named)
        return found[:_MOST]
    first = [(place, one) for place, one in told if place in lines]
    # Two at the beginnings of lines are two recipients; elsewhere only one is meant.
    return first[:_MOST] or told[:1]


def _bounce(letter: Letter, said: str, address: str, own: str) -> Bounce:
    subject = letter.head.first("subject")
    about = own if meaning.is_clear("", own) else f"{own}\n{said}\n{subject}"
    is_late = _is_delay(subject, said)
    return Bounce(
        kind="deferred" if is_late else meaning.kind_of("", about),
        is_ours=not is_late and meaning.is_ours("", about),
        recipient=address,
        final=address,
        status=meaning.best_status("", about),
        reason=meaning.reason_of(_telling(own) or _telling(said) or subject),
        reporter=_server(letter, said),
    )


def _is_delay(subject: str, said: str) -> bool:
    words = f"{subject}\n{said[:4_000]}".lower()
    return bool(phrases.DELAYED.search(words)) and not phrases.FAILED.search(words)


def _telling(text: str) -> str:
    """Return the lines that say why: from the first with a code or a known word on."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for tells in (_has_code, _is_clear):
        for line, after in pairwise([*lines, ""]):
            if tells(line):
                return f"{line} {after}".strip()
    return ""


def _has_code(line: str) -> bool:
    return bool(meaning.STATUS.search(line) or meaning.reply_code(line))


def _is_clear(line: str) -> bool:
    return meaning.is_clear("", line)


def _server(letter: Letter, said: str) -> str:
    """Return who gave up: as the text says it, or as its sender is called."""
    if found := _SERVER.search(said):
        return found[1].lower()
    sender = ADDRESS.search(letter.head.first("from"))
    return sender[0].rpartition("@")[2].strip(".").lower() if sender else ""
