"""Bounces for people, as servers without RFC 3464 write them."""

# ruff: noqa: E501  the lines are the servers' own

from __future__ import annotations

from collections.abc import Callable

from tests.bounces.machines import AUTO, DATE, LETTER, encoded, head, made, part
from tests.bounces.reasons import READER, Reason

HEADERS = LETTER.split("\n\n", maxsplit=1)[0]


def text(top: str, body: str, charset: str = "us-ascii", coding: str = "7bit") -> bytes:
    """Return a report of one part, which is for people."""
    one = part(body, charset=charset, coding=coding)
    fields, _, content = one.partition("\n\n")
    return made(f"{top}\nMIME-Version: 1.0\n{fields}", content)


def qmail(reason: Reason) -> bytes:
    """QSBMF, https://cr.yp.to/proto/qsbmf.txt."""
    return text(
        head("MAILER-DAEMON@mx.example.com", "failure notice"),
        "Hi. This is the qmail-send program at mx.example.com.\nI'm afraid I wasn't "
        "able to deliver your message to the following addresses.\nThis is a permanent "
        "error; I've given up. Sorry it didn't work out.\n\n"
        f"<{READER}>:\n192.0.2.55 does not like recipient.\nRemote host said: "
        f"{reason.reply}\nGiving up on 192.0.2.55.\n\n"
        f"--- Below this line is a copy of the message.\n\n{LETTER}",
    )


def exim4(reason: Reason) -> bytes:
    """Exim before 4.88, and many after it."""
    return text(
        head(
            "Mail Delivery System <Mailer-Daemon@mx.example.com>",
            "Mail delivery failed: returning message to sender",
            f"X-Failed-Recipients: {READER}",
            AUTO,
        ),
        "This message was created automatically by mail delivery software.\n\nA message "
        "that you sent could not be delivered to one or more of its\nrecipients. This is "
        f"a permanent error. The following address(es) failed:\n\n  {READER}\n    SMTP "
        f"error from remote mail server after RCPT TO:<{READER}>:\n    host "
        f"mx.example.net [192.0.2.55]: {reason.reply}\n\n------ This is a copy of the "
        f"message, including all the headers. ------\n\n{LETTER}",
    )


def exchange2003(reason: Reason) -> bytes:
    return text(
        head(
            "System Administrator <postmaster@example.net>",
            "Undeliverable: What the tide left",
        ),
        "Your message did not reach some or all of the intended recipients.\n\n"
        f"      Subject:\tWhat the tide left\n      Sent:\t22.11.2026 10:15\n\n"
        "The following recipient(s) could not be reached:\n\n"
        f"      {READER} on 22.11.2026 10:15\n            {reason.words}\n"
        f"            <mx.example.net #{reason.status} SMTP; {reason.reply}>\n",
        coding="quoted-printable",
    )


def old_gmail(reason: Reason) -> bytes:
    return text(
        head(
            "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
            "Delivery Status Notification (Failure)",
            f"X-Failed-Recipients: {READER}",
        ),
        "Delivery to the following recipient failed permanently:\n\n"
        f"     {READER}\n\nTechnical details of permanent failure: \nGoogle tried to "
        "deliver your message, but it was rejected by the server for the recipient "
        "domain example.net by mx.example.net. [192.0.2.55].\n\nThe error that the "
        f"other server returned was:\n{reason.reply}\n\n----- Original message -----\n\n"
        f"{LETTER}",
        coding="base64",
    )


def old_yahoo(reason: Reason) -> bytes:
    return text(
        head("MAILER-DAEMON@yahoo.com", "Failure Notice"),
        "Sorry, we were unable to deliver your message to the following address.\n\n"
        f"<{READER}>:\nRemote host said: {reason.reply} [RCPT_TO]\n\n"
        f"--- Below this line is a copy of the message.\n\n{LETTER}",
    )


def old_sendmail(reason: Reason) -> bytes:
    return text(
        head(
            "Mail Delivery Subsystem <MAILER-DAEMON@mx.example.com>",
            "Returned mail: User unknown" if reason.kind == "hard" else "Returned mail",
        ),
        f"The original message was received at {DATE}\nfrom mail.example.org "
        "[192.0.2.7]\n\n   ----- The following addresses had permanent fatal errors "
        f"-----\n<{READER}>\n\n   ----- Transcript of session follows -----\n... while "
        f"talking to mx.example.net.:\n>>> RCPT To:<{READER}>\n<<< {reason.reply}\n"
        f"{reason.reply}\n\n   ----- Original message follows -----\n\n{LETTER}",
    )


def old_domino(reason: Reason) -> bytes:
    return text(
        head("Postmaster@example.net", "DELIVERY FAILURE"),
        "Your message\n\n  Subject: What the tide left\n\nwas not delivered to:\n\n  "
        f"{READER}\n\nbecause:\n\n  {reason.reply}\n",
    )


def aol(reason: Reason) -> bytes:
    return text(
        head(
            "Mail Delivery Subsystem <MAILER-DAEMON@aol.com>",
            "Returned mail: see transcript",
        ),
        f"The original message was received at {DATE}\nfrom mail.example.org "
        "[192.0.2.7]\n\n*** ATTENTION ***\n\nYour e-mail is being returned to you "
        "because there was a problem with its\ndelivery. The address which was "
        'undeliverable is listed in the section\nlabeled: "----- The following addresses '
        'had permanent fatal errors -----".\n\n   ----- The following addresses had '
        f"permanent fatal errors -----\n<{READER}>\n\n   ----- Transcript of session "
        f"follows -----\n... while talking to air-xd01.mail.example.net.:\n"
        f">>> RCPT To:<{READER}>\n<<< {reason.reply}\n",
    )


def mailenable(reason: Reason) -> bytes:
    return text(
        head("Postmaster <postmaster@example.net>", "Message Delivery Failure"),
        "MailEnable: Message could not be delivered to some recipients.\n"
        "The following recipient(s) could not be reached:\n\n"
        f"\tRecipient: [SMTP:{READER}]\n\tReason: Remote SMTP Server Returned: "
        f"{reason.reply}\n\n\nMessage headers follow:\n\n{HEADERS}\n",
    )


def smartermail(reason: Reason) -> bytes:
    return text(
        head("System Administrator <admin@example.net>", "Delivery Failure"),
        "Could not deliver message to the following recipient(s):\n\n"
        f"Failed Recipient: {READER}\nReason: Remote host said: {reason.reply}\n\n"
        f"   -- The header and top 20 lines of the message follows --\n\n{LETTER}",
    )


def mdaemon(reason: Reason) -> bytes:
    return text(
        head("MDaemon at mx.example.com <MDaemon@mx.example.com>", "Delivery failed"),
        "The following addresses did NOT receive a copy of your message:\n\n"
        f"> {READER}\n\n--- Session Transcript ---\n Connecting to mx.example.net\n"
        f"<-- {reason.reply}\n--- End Transcript ---\n\n: Message contains [1] file "
        f"attachments\n\nOriginal message follows\n\n{HEADERS}\n",
    )


def gmx(reason: Reason) -> bytes:
    return text(
        head(
            "GMX Mailer Daemon <mailer-daemon@gmx.example.net>",
            "Mail delivery failed: returning message to sender",
        ),
        "This message was created automatically by mail delivery software.\n\nA message "
        "that you sent could not be delivered to\none or more of its recipients. This is"
        f" a permanent error. The following address\nfailed:\n\n{READER}:\nSMTP error "
        "from remote server for RCPT TO command, host: mx00.example.net (192.0.2.55) "
        f"reason: {reason.reply}\n\n\n--- The header of the original message is "
        f"following. ---\n\n{HEADERS}\n",
        charset="utf-8",
        coding="quoted-printable",
    )


def groupwise(reason: Reason) -> bytes:
    return text(
        head("<MAILER-DAEMON@gw.example.net>", "Message status - undeliverable"),
        f"The message that you sent was undeliverable to the following:\n\t{READER} "
        f"({reason.reply})\n\nPossibly truncated original message follows:\n\n{HEADERS}\n",
    )


def page(reason: Reason) -> bytes:
    """A gateway that speaks HTML only."""
    body = (
        "<html><head><style>p {color: red}</style></head><body><p>Your message could "
        f"not be delivered.</p><p>Recipient: &lt;{READER}&gt;<br>Reason: "
        f"{reason.reply.replace('<', '&lt;').replace('>', '&gt;')}</p></body></html>"
    )
    fields, _, content = part(body, "text/html", "utf-8", "base64").partition("\n\n")
    top = head("Mail Gateway <postmaster@gw.example.net>", "Undeliverable mail")
    return made(f"{top}\nMIME-Version: 1.0\n{fields}", content)


STYLES: dict[str, Callable[[Reason], bytes]] = {
    one.__name__: one
    for one in (
        *(qmail, exim4, exchange2003, old_gmail, old_yahoo, old_sendmail, old_domino),
        *(aol, mailenable, smartermail, mdaemon, gmx, groupwise, page),
    )
}


def foreign(language: str, charset: str, words: str, coding: str) -> bytes:
    """Return a bounce as a provider of that country writes it, in its own letters."""
    subject, opening = {
        "de": ("Unzustellbare Nachricht", "Ihre Nachricht konnte nicht zugestellt"),
        "fr": ("Échec de la remise", "Votre message n'a pas pu être remis à"),
        "it": ("Mancata consegna", "Non è stato possibile consegnare il messaggio a"),
        "es": ("No se ha podido entregar", "Su mensaje no se ha podido entregar a"),
        "pt": ("Falha na entrega", "A sua mensagem não foi entregue a"),
        "nl": ("Onbestelbaar bericht", "Uw bericht kon niet worden afgeleverd aan"),
        "pl": ("Niedostarczona wiadomość", "Nie udało się dostarczyć wiadomości do"),
        "ru": ("Сообщение не доставлено", "Ваше письмо не может быть доставлено"),
        "uk": ("Недоставлене повідомлення", "Не вдалося доставити лист"),
        "tr": ("İletiniz teslim edilemedi", "İletiniz teslim edilemedi"),
        "ja": ("メール配信エラー", "次の宛先に配信できませんでした"),
        "zh": ("系统退信", "您的邮件无法送达")
        if charset != "big5"
        else ("系統退信", "您的郵件無法送達"),
        "ko": ("메일 배달 실패", "다음 주소로 메일을 배달할 수 없습니다"),
        "ar": ("تعذر تسليم الرسالة", "تعذر تسليم رسالتك إلى"),
        "sv": ("Meddelandet kunde inte levereras", "Meddelandet kunde inte levereras"),
    }[language]
    return text(
        head("MAILER-DAEMON@example.net", encoded(subject, charset)),
        f"{opening}:\n\n<{READER}>:\n{words}\n",
        charset,
        coding,
    )


WARNINGS = {
    "exim": text(
        head(
            "Mail Delivery System <Mailer-Daemon@mx.example.com>",
            "Warning: message 1k2AbC-0001aB-2C delayed 24 hours",
            AUTO,
        ),
        "This message was created automatically by mail delivery software.\nA message "
        "that you sent has not yet been delivered to one or more of its\nrecipients "
        "after more than 24 hours on the queue on mx.example.com.\n\nThe address to which"
        f" the message has not yet been delivered is:\n\n  {READER}\n    host "
        "mx.example.net [192.0.2.55]: Connection timed out\n\nNo action is required on "
        "your part. Delivery attempts will continue for\nsome time.\n",
    ),
    "sendmail": text(
        head(
            "Mail Delivery Subsystem <MAILER-DAEMON@mx.example.com>",
            "Warning: could not send message for past 4 hours",
        ),
        "    **********************************************\n    **      THIS IS A "
        "WARNING MESSAGE ONLY      **\n    **  YOU DO NOT NEED TO RESEND YOUR MESSAGE  **"
        "\n    **********************************************\n\n   ----- The following "
        f"addresses had transient non-fatal errors -----\n<{READER}>\n\n   ----- "
        f"Transcript of session follows -----\n<{READER}>... Deferred: Connection refused"
        " by mx.example.net.\nWarning: message still undelivered after 4 hours\n",
    ),
    "gmail": text(
        head(
            "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
            "Delivery Status Notification (Delay)",
            f"X-Failed-Recipients: {READER}",
        ),
        "This is an automatically generated Delivery Status Notification\n\nTHIS IS A "
        "WARNING MESSAGE ONLY.\n\nYOU DO NOT NEED TO RESEND YOUR MESSAGE.\n\nDelivery to "
        f"the following recipient has been delayed:\n\n     {READER}\n\nMessage will be "
        "retried for 2 more day(s)\n",
    ),
}
