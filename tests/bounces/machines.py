"""Reports with a part for machines, as the servers that write them make them.

The samples are made here, after RFC 3464, RFC 5965 and what servers are seen to send.
"""

# ruff: noqa: E501  the lines are the servers' own

from __future__ import annotations

import base64
import quopri
from collections.abc import Callable
from email.header import Header
from textwrap import fill

from tests.bounces.reasons import MARK, OURS, READER, Reason

DATE = "Sun, 22 Nov 2026 10:15:30 +0100"
LETTER = f"""\
Return-Path: <{OURS}>
Received: from mail.example.org (mail.example.org [192.0.2.7])
\tby mx.example.net with ESMTPS id 4F1A2B; {DATE}
From: The Lantern <letters@example.org>
To: {READER}
Subject: What the tide left
Message-ID: <{MARK}@example.org>
List-Unsubscribe: <https://example.org/out/abc>
X-Publisher-Key: {MARK}
Content-Type: text/plain; charset=utf-8

The lamp was lit at dusk, and no mailbox is full or unknown.
"""


def part(
    text: str, kind: str = "text/plain", charset: str = "us-ascii", coding: str = "7bit"
) -> str:
    """Return one MIME part; text beyond ASCII has its bytes as Latin-1 letters."""
    data = text.encode(charset, "replace")
    if coding == "base64":
        data = base64.encodebytes(data)
    elif coding == "quoted-printable":
        data = quopri.encodestring(data)
    letters = f"; charset={charset}" if kind.startswith("text/") else ""
    return (
        f"Content-Type: {kind}{letters}\n"
        f"Content-Transfer-Encoding: {coding}\n\n{data.decode('latin-1')}"
    )


def made(head: str, body: str) -> bytes:
    """Return a report's bytes, with the line ends of the wire."""
    return f"{head.strip()}\n\n{body}".replace("\n", "\r\n").encode("latin-1")


def report(head: str, *parts: str, kind: str = "delivery-status") -> bytes:
    line = "=_report_4711"
    body = "".join(f"--{line}\n{one}\n" for one in parts) + f"--{line}--\n"
    return made(
        f"{head.strip()}\nMIME-Version: 1.0\nContent-Type: multipart/report; "
        f'report-type={kind};\n\tboundary="{line}"',
        "This is a MIME-encapsulated message.\n\n" + body,
    )


def encoded(subject: str, charset: str) -> str:
    return Header(subject, charset).encode()


def head(sender: str, subject: str, *more: str, to: str = OURS) -> str:
    lines = [
        "Return-Path: <>",
        f"From: {sender}",
        f"To: {to}",
        f"Subject: {subject}",
        f"Date: {DATE}",
        "Message-ID: <20261122.4711@mx.example.net>",
        *more,
    ]
    return "\n".join(lines)


AUTO = "Auto-Submitted: auto-replied"


def postfix(reason: Reason, action: str = "failed") -> bytes:
    subject = "Undelivered Mail Returned to Sender"
    return report(
        head("MAILER-DAEMON@mx.example.com (Mail Delivery System)", subject, AUTO),
        part(
            "This is the mail system at host mx.example.com.\n\nI'm sorry to have to "
            "inform you that your message could not\nbe delivered to one or more "
            "recipients. It's attached below.\n\n                   The mail system\n\n"
            f"<{READER}>: host mx.example.net[192.0.2.55] said: {reason.reply}\n"
            "    (in reply to RCPT TO command)\n"
        ),
        part(
            "Reporting-MTA: dns; mx.example.com\nX-Postfix-Queue-ID: 4F1A2B\n"
            f"X-Postfix-Sender: rfc822; {OURS}\nArrival-Date: {DATE}\n\n"
            f"Final-Recipient: rfc822; {READER}\n"
            f"Original-Recipient: rfc822;{READER}\nAction: {action}\n"
            f"Status: {reason.status or '5.0.0'}\nRemote-MTA: dns; mx.example.net\n"
            f"Diagnostic-Code: smtp; {reason.reply}\n",
            "message/delivery-status",
        ),
        part(LETTER, "message/rfc822"),
    )


def exim(reason: Reason, action: str = "failed") -> bytes:
    return report(
        head(
            "Mail Delivery System <Mailer-Daemon@mx.example.com>",
            "Mail delivery failed: returning message to sender",
            f"X-Failed-Recipients: {READER}",
            AUTO,
        ),
        part(
            "This message was created automatically by mail delivery software.\n\nA "
            "message that you sent could not be delivered to one or more of its\n"
            "recipients. This is a permanent error. The following address(es) failed:"
            f"\n\n  {READER}\n    host mx.example.net [192.0.2.55]\n    SMTP error from "
            f"remote mail server after RCPT TO:<{READER}>:\n    {reason.reply}\n"
        ),
        part(
            f"Reporting-MTA: dns; mx.example.com\n\nAction: {action}\n"
            f"Final-Recipient: rfc822;{READER}\nStatus: 5.0.0\n"
            "Remote-MTA: dns; mx.example.net\n"
            f"Diagnostic-Code: smtp; {reason.reply}\n",
            "message/delivery-status",
        ),
        part(LETTER, "message/rfc822"),
    )


def exchange(reason: Reason, action: str = "failed") -> bytes:
    """Exchange and Office 365: two texts, and a code without "smtp" words elsewhere."""
    text = (
        f"Delivery has failed to these recipients or groups:\n\n{READER}<mailto:{READER}"
        ">\nYour message couldn't be delivered.\n\nDiagnostic information for "
        "administrators:\n\nGenerating server: AM9P2.eurprd02.example.com\n\n"
        f"{READER}\nRemote server returned '{reason.reply}'\n\n"
        f"Original message headers:\n\n{LETTER}"
    )
    return report(
        head(
            "Microsoft Outlook <postmaster@example.net>",
            "Undeliverable: What the tide left",
            AUTO,
            "X-MS-Exchange-Message-Is-Ndr:",
            f"In-Reply-To: <{MARK}@example.org>",
        ),
        part(text, "text/plain", "windows-1252", "quoted-printable"),
        part(f"<html><body><p>{text}</p></body></html>", "text/html", coding="base64"),
        part(
            "Reporting-MTA: dns;AM9P2.eurprd02.example.com\n"
            "Received-From-MTA: dns;AM0P1.eurprd02.example.com\n"
            f"Arrival-Date: {DATE}\n\nOriginal-Recipient: rfc822;{READER}\n"
            f"Final-Recipient: rfc822;{READER}\nAction: {action}\n"
            f"Status: {reason.status or '5.0.0'}\n"
            f"Diagnostic-Code: smtp;{reason.reply}\nRemote-MTA: dns;mx.example.net\n"
            "X-Display-Name: Ana Reader\n",
            "message/delivery-status",
        ),
        part(LETTER, "text/rfc822-headers"),
    )


def gmail(reason: Reason, action: str = "failed") -> bytes:
    return report(
        head(
            "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
            "Delivery Status Notification (Failure)",
            AUTO,
            f"References: <{MARK}@example.org>",
        ),
        part(
            f"** Message not delivered **\n\nYour message to {READER} was not delivered."
            f"\n\nThe response from the remote server was:\n\n{reason.reply}\n",
            charset="UTF-8",
        ),
        part(
            f"Reporting-MTA: dns; googlemail.com\nReceived-From-MTA: dns; {OURS}\n"
            f"Arrival-Date: {DATE}\nX-Original-Message-ID: <{MARK}@example.org>\n\n"
            f"Final-Recipient: rfc822; {READER}\nAction: {action}\n"
            f"Status: {reason.status or '5.0.0'}\n"
            "Remote-MTA: dns; mx.example.net. (192.0.2.55, the server for the domain)\n"
            f"Diagnostic-Code: smtp; {reason.reply}\n"
            f"Last-Attempt-Date: {DATE}\n",
            "message/delivery-status",
        ),
        part(LETTER, "message/rfc822"),
    )


def yahoo(reason: Reason, action: str = "failed") -> bytes:
    """Yahoo since 2020: nothing is said but in the machines' part."""
    return report(
        head("MAILER-DAEMON@yahoo.com", "Failure Notice"),
        part(
            "Sorry, we were unable to deliver your message to the following address.\n"
            f"\n<{READER}>:\n{reason.reply.replace(' ', ': ', 1)}\n"
        ),
        part(
            "Reporting-MTA: dns; sonic304.consmr.mail.example.com\n\n"
            f"Original-Recipient: rfc822; {READER}\nFinal-Recipient: rfc822; {READER}\n"
            f"Action: {action}\nStatus: {reason.status or '5.0.0'}\n"
            f"Diagnostic-Code: smtp; {reason.reply}\n",
            "message/delivery-status",
        ),
        part(LETTER, "message/rfc822"),
    )


def sendmail(reason: Reason, action: str = "failed") -> bytes:
    return report(
        head(
            "Mail Delivery Subsystem <MAILER-DAEMON@mx.example.com>",
            "Returned mail: see transcript for details",
            "Auto-Submitted: auto-generated (failure)",
        ),
        part(
            f"The original message was received at {DATE}\nfrom mail.example.org "
            "[192.0.2.7]\n\n   ----- The following addresses had permanent fatal errors "
            f"-----\n<{READER}>\n    (reason: {reason.reply})\n\n   ----- Transcript of "
            "session follows -----\n... while talking to mx.example.net.:\n>>> RCPT To:"
            f"<{READER}>\n<<< {reason.reply}\n{reason.reply}\n"
        ),
        part(
            "Reporting-MTA: dns; mx.example.com\n"
            f"Received-From-MTA: DNS; mail.example.org\nArrival-Date: {DATE}\n\n"
            f"Final-Recipient: RFC822; {READER}\nAction: {action}\n"
            f"Status: {reason.status or '5.5.0'}\nRemote-MTA: DNS; mx.example.net\n"
            f"Diagnostic-Code: SMTP; {reason.reply}\n"
            f"Last-Attempt-Date: {DATE}\n",
            "message/delivery-status",
        ),
        part(LETTER, "message/rfc822"),
    )


def domino(reason: Reason, action: str = "failed") -> bytes:
    """Domino: its own type of diagnostic, and the report in base64."""
    return report(
        head("postmaster@example.net", f"DELIVERY FAILURE: {reason.words[:60]}"),
        part(
            "Your message\n\n  Subject: What the tide left\n\nwas not delivered to:\n\n"
            f"  {READER}\n\nbecause:\n\n  {reason.reply}\n"
        ),
        part(
            f"Reporting-MTA: dns;NOTES01/Lantern\n\nFinal-Recipient: rfc822;{READER}\n"
            f"Action: {action}\nStatus: {reason.status or '5.0.0'}\n"
            f"Diagnostic-Code: X-Notes; {reason.reply}\n",
            "message/delivery-status",
            coding="base64",
        ),
        part(LETTER, "text/rfc822-headers"),
    )


def courier(reason: Reason, action: str = "failed") -> bytes:
    return report(
        head('"Courier mail server at mx.example.com" <@>', "NOTICE: mail delivery"),
        part(
            "This is a delivery status notification from mx.example.com,\nrunning the "
            f"Courier mail server.\n\nUNDELIVERABLE MAIL\n\n<{READER}>:\n"
            f"     mx.example.net [192.0.2.55]:\n>>> RCPT TO:<{READER}>\n"
            f"<<< {reason.reply}\n"
        ),
        part(
            f"Reporting-MTA: dns; mx.example.com\nArrival-Date: {DATE}\n\n"
            f"Final-Recipient: rfc822; {READER}\nAction: {action}\n"
            f"Status: {reason.status[:2] or '5.'}0.0\nRemote-MTA: dns; mx.example.net\n"
            f"Diagnostic-Code: smtp; {reason.reply}\n",
            "message/delivery-status",
        ),
        part(LETTER, "text/rfc822-headers"),
    )


def hasty(reason: Reason, action: str = "failed") -> bytes:
    """A gateway that puts no blank line between the groups, and quotes nothing."""
    return report(
        head("Mail Gateway <postmaster@gw.example.net>", "Delivery failure"),
        part("A message could not be delivered.\n"),
        part(
            f"Reporting-MTA: dns; gw.example.net\nFinal-Recipient: RFC822;<{READER}>\n"
            f"Action: {action.upper()}\nStatus: {reason.status or '5.0.0'} (see below)\n"
            f"Diagnostic-Code: smtp;\n {fill(reason.reply, 40, subsequent_indent=' ')}\n",
            "message/delivery-status",
            coding="quoted-printable",
        ),
    )


def international(reason: Reason, action: str = "failed") -> bytes:
    """RFC 6533: the report of a server that takes addresses in UTF-8."""
    return report(
        head("MAILER-DAEMON@mx.example.com", "Undelivered Mail Returned to Sender"),
        part("Your message could not be delivered.\n", charset="utf-8", coding="8bit"),
        part(
            "Reporting-MTA: dns; mx.example.com\n\n"
            f"Final-Recipient: utf-8; {READER}\nAction: {action}\n"
            f"Status: {reason.status or '5.0.0'}\n"
            f"Diagnostic-Code: smtp; {reason.reply}\n",
            "message/global-delivery-status",
        ),
        part(LETTER, "message/global"),
    )


_ALL = (
    *(postfix, exim, exchange, gmail, yahoo, sendmail, domino, courier, hasty),
    international,
)
STYLES: dict[str, Callable[[Reason], bytes]] = {one.__name__: one for one in _ALL}
LATE = Reason("late", "deferred", "451", "4.4.1", "Connection timed out")
DELAYS = {one.__name__: one(LATE, "delayed") for one in _ALL}
