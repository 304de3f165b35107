"""What else comes back: complaints, answers of machines, and letters of people."""

from __future__ import annotations

from publisher.bounces import Kind
from tests.bounces.machines import AUTO, DATE, LETTER, encoded, head, part, report
from tests.bounces.people import text
from tests.bounces.reasons import MARK, OURS, READER

REDACTED = LETTER.replace(READER, "redacted@example.net").replace(
    OURS, "redacted@example.org"
)


def feedback(
    kind: str,
    *fields: str,
    agent: str = "SomeGenerator/1.0",
    returned: str = LETTER,
    coding: str = "7bit",
) -> bytes:
    """Return an RFC 5965 report."""
    said = [f"Feedback-Type: {kind}", f"User-Agent: {agent}", "Version: 1", *fields]
    return report(
        head(
            "feedback@arf.example.net", "FW: What the tide left", to="fbl@example.org"
        ),
        part(f"This is an email abuse report for a message received on {DATE}.\n"),
        part("\n".join(said) + "\n", "message/feedback-report", coding=coding),
        part(returned, "message/rfc822"),
        kind="feedback-report",
    )


def outlook() -> bytes:
    """JMRP: no part for machines, and the reader in a header of our message."""
    line = "F0000EEE2"
    returned = f"X-HmXmrOriginalRecipient: {READER}\n{REDACTED}"
    return text(
        head(
            "staff@hotmail.com",
            "complaint about message from 192.0.2.7",
            to="fbl@example.org",
        ),
        "",
    ).replace(
        b"Content-Type: text/plain; charset=us-ascii\r\n"
        b"Content-Transfer-Encoding: 7bit\r\n\r\n",
        (
            f'Content-Type: multipart/mixed; boundary="{line}"\r\n\r\n--{line}\r\n'
            f"Content-Type: message/rfc822\r\n\r\n{returned}\r\n--{line}--\r\n"
        ).encode(),
    )


RCPT = f"Original-Rcpt-To: {READER}"
COMPLAINTS: dict[str, tuple[Kind, bytes]] = {
    "generic": ("complained", feedback("abuse", RCPT, "Source-IP: 192.0.2.7")),
    "brackets": ("complained", feedback("abuse", f"Original-Rcpt-To: <{READER}>")),
    "yahoo": (
        "complained",
        feedback("abuse", RCPT, agent="Yahoo!-Mail-Feedback/2.0"),
    ),
    "aol": (
        "complained",
        feedback("abuse", "Redacted-Address: redacted", agent="AOL", returned=REDACTED),
    ),
    "validity": ("complained", feedback("abuse", returned=REDACTED, coding="base64")),
    "fastmail": ("complained", feedback("abuse", RCPT, coding="quoted-printable")),
    "fraud": ("complained", feedback("fraud", RCPT)),
    "opt-out": ("complained", feedback("opt-out", f"Removal-Recipient: {READER}")),
    "outlook": ("complained", outlook()),
    "other": ("unknown", feedback("other", RCPT)),
}
NO_COMPLAINTS = {
    "dmarc": feedback("auth-failure", RCPT, "Auth-Failure: dmarc"),
    "not-spam": feedback("not-spam", RCPT),
    "virus": feedback("virus", RCPT),
}

_AWAY = {
    "en": (
        "Automatic reply: What the tide left",
        "I am out of the office until Monday.",
    ),
    "de": ("Automatische Antwort: Strandgut", "Ich bin bis Montag nicht im Büro."),
    "fr": ("Réponse automatique : la marée", "Je suis absent jusqu'à lundi."),
    "it": ("Risposta automatica: la marea", "Sono fuori ufficio fino a lunedì."),
    "es": (
        "Respuesta automática: la marea",
        "Estoy fuera de la oficina hasta el lunes.",
    ),
    "pt": (
        "Resposta automática: a maré",
        "Estou fora do escritório até segunda-feira.",
    ),
    "nl": ("Automatisch antwoord: het tij", "Ik ben tot maandag afwezig."),
    "pl": ("Odpowiedź automatyczna: przypływ", "Jestem nieobecny do poniedziałku."),
    "ru": ("Автоматический ответ: прилив", "Меня нет в офисе до понедельника."),
    "sv": ("Autosvar: tidvattnet", "Jag är inte på kontoret förrän på måndag."),
    "ja": ("自動応答: 潮", "月曜日まで不在です。"),
    "zh": ("自动回复: 潮汐", "我周一回来。"),
    "ko": ("자동 회신: 조수", "월요일까지 부재중입니다."),
    "ar": ("رد تلقائي: المد", "أنا خارج المكتب حتى الإثنين."),
}
_ANSWER = f"In-Reply-To: <{MARK}@example.org>"


def away(language: str, *marks: str, charset: str = "utf-8") -> bytes:
    subject, words = _AWAY[language]
    return text(
        head(f"Ana Reader <{READER}>", encoded(subject, charset), _ANSWER, *marks),
        f"{words}\n",
        charset,
        "base64",
    )


REPLIES = {
    **{f"rfc3834-{one}": away(one, AUTO) for one in _AWAY},
    **{f"subject-{one}": away(one) for one in _AWAY},
    "precedence": away("en", "Precedence: auto_reply"),
    "autorespond": away("de", "X-Autorespond: Strandgut"),
    "moved-on": text(
        head(f"Ana Reader <{READER}>", "Re: What the tide left", AUTO, _ANSWER),
        "I no longer work here; this mailbox is not read. Mailbox unavailable.\n",
    ),
    "ticket": text(
        head(f"Help desk <{READER}>", "[#4711] We received your request", AUTO),
        "Your message could not be answered yet; it was delivered to our team.\n",
    ),
    "vacation-null": text(
        head(
            f"<{READER}>",
            "Re: What the tide left",
            "Auto-Submitted: auto-replied (vacation)",
        ),
        "Away. In urgent cases: bo.reader@example.net, user unknown to most.\n",
    ),
    "receipt": report(
        head(f"<{READER}>", "Read: What the tide left"),
        part("Your message was displayed.\n"),
        part(
            f"Final-Recipient: rfc822;{READER}\nOriginal-Message-ID: "
            f"<{MARK}@example.org>\nDisposition: manual-action/MDN-sent-manually; "
            "displayed\n",
            "message/disposition-notification",
        ),
        kind="disposition-notification",
    ),
}

LETTERS = {
    "answer": text(
        head(f"Ana Reader <{READER}>", "Re: What the tide left", _ANSWER),
        "Thank you! Was the boat not found? My old mailbox was full, by the way.\n",
    ),
    "forwarded": text(
        head("Colleague <bo@example.org>", "Fwd: Undelivered Mail Returned to Sender"),
        f"Look, <{READER}> bounced: 550 5.1.1 user unknown\n",
    ),
    "question": text(
        head("Bo <bo@example.com>", "Delivery times"), "When do you deliver books?\n"
    ),
    "leaves": text(
        head(f"<{READER}>", "unsubscribe", AUTO),
        "Apple Mail sent this email to unsubscribe from the list.\n",
    ),
    "newsletter": text(
        head("News <news@example.com>", "Our mailbox is full of offers"),
        "Spam is not allowed here. User unknown? Not you!\n",
    ),
    "delivered": report(
        head("MAILER-DAEMON@mx.example.com", "Successful Mail Delivery Report"),
        part("Enclosed is the mail delivery report that you requested.\n"),
        part(
            f"Reporting-MTA: dns; mx.example.com\n\nFinal-Recipient: rfc822; {READER}\n"
            "Action: relayed\nStatus: 2.0.0\nDiagnostic-Code: smtp; 250 2.0.0 Ok\n",
            "message/delivery-status",
        ),
    ),
    "empty": b"",
}
