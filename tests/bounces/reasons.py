"""Why an email comes back: in the words of servers, with what it means for us."""

# ruff: noqa: E501  the lines are the servers' own

from __future__ import annotations

from dataclasses import dataclass

from publisher.bounces import Kind

READER = "ana.reader@example.net"
MARK = "0123456789abcdef0123456789abcdef"
OURS = f"bounces+{MARK}@example.org"


@dataclass(frozen=True)
class Reason:
    """A reply as a server gives it; `code` is the SMTP one, `status` RFC 3463's."""

    name: str
    kind: Kind
    code: str
    status: str
    words: str

    @property
    def reply(self) -> str:
        return f"{self.code} {self.status} {self.words}".replace("  ", " ")


REASONS = (
    Reason(
        "postfix-unknown",
        "hard",
        "550",
        "5.1.1",
        f"<{READER}>: Recipient address rejected: User unknown in virtual mailbox table",
    ),
    Reason(
        "gmail-unknown",
        "hard",
        "550",
        "5.1.1",
        "The email account that you tried to reach does not exist. Please try "
        "double-checking the recipient's email address for typos",
    ),
    Reason("sendmail-unknown", "hard", "550", "5.1.1", f"<{READER}>... User unknown"),
    Reason(
        "exchange-unknown",
        "hard",
        "550",
        "5.1.10",
        "RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
    ),
    Reason(
        "microsoft-edge",
        "hard",
        "550",
        "5.4.1",
        f"[{READER}]: Recipient address rejected: Access denied. AS(201806281)",
    ),
    Reason(
        "yahoo-disabled",
        "hard",
        "554",
        "",
        f"delivery error: dd Sorry your message to {READER} cannot be delivered. This "
        "account has been disabled or discontinued [#101].",
    ),
    Reason("cisco-unknown", "hard", "550", "", "#5.1.0 Address rejected."),
    Reason("no-mailbox", "hard", "550", "", "No such user here"),
    Reason(
        "gmail-disabled",
        "hard",
        "550",
        "5.2.1",
        "The email account that you tried to reach is disabled.",
    ),
    Reason("vague-but-said", "hard", "550", "5.7.1", "Mailbox does not exist"),
    Reason(
        "no-domain",
        "hard",
        "",
        "5.4.4",
        "Host or domain name not found. Name service error for name=example.net "
        "type=AAAA: Host not found",
    ),
    Reason("over-quota", "soft", "552", "5.2.2", "Mailbox full / over quota"),
    Reason(
        "gmail-full",
        "soft",
        "452",
        "4.2.2",
        "The email account that you tried to reach is over quota.",
    ),
    Reason("full-in-words", "soft", "550", "", "User mailbox exceeds allowed size"),
    Reason(
        "full-though-unknown",
        "soft",
        "550",
        "5.1.1",
        "Recipient rejected: mailbox is full",
    ),
    Reason(
        "spam",
        "soft",
        "550",
        "5.7.1",
        "Our system has detected that this message is likely unsolicited mail",
    ),
    Reason(
        "listed",
        "soft",
        "554",
        "5.7.1",
        "Service unavailable; Client host [192.0.2.7] blocked using zen.spamhaus.org",
    ),
    Reason(
        "dmarc",
        "soft",
        "550",
        "5.7.26",
        "Unauthenticated email from example.org is not accepted due to domain's DMARC "
        "policy",
    ),
    Reason(
        "our-domain",
        "soft",
        "553",
        "5.1.8",
        f"<{OURS}>... Domain of sender address {OURS} does not exist",
    ),
    Reason(
        "too-large", "soft", "552", "5.3.4", "Message size exceeds fixed maximum size"
    ),
    Reason("rate", "soft", "421", "4.7.28", "Our system has detected an unusual rate"),
    Reason(
        "greylisted",
        "soft",
        "450",
        "4.2.0",
        f"<{READER}>: Recipient address rejected: Greylisted, try again later",
    ),
    Reason(
        "timed-out",
        "soft",
        "",
        "4.4.1",
        "connect to mx.example.net[192.0.2.55]:25: Connection timed out",
    ),
    Reason("expired", "soft", "", "4.4.7", "Message expired: delivery time expired"),
    Reason("loop", "soft", "554", "5.4.6", "Too many hops: mail forwarding loop"),
    Reason(
        "too-fast",
        "soft",
        "550",
        "5.2.1",
        "The user you are trying to contact is receiving mail at a rate that prevents "
        "additional messages from being delivered",
    ),
)

# In the letters that servers of these countries write: language, charset, kind, words.
FOREIGN: tuple[tuple[str, str, Kind, str], ...] = (
    ("de", "iso-8859-1", "hard", "Der Empfänger ist unbekannt oder existiert nicht"),
    ("de", "utf-8", "soft", "Das Postfach ist voll"),
    ("fr", "iso-8859-15", "hard", "L'adresse du destinataire n'existe pas"),
    ("fr", "windows-1252", "soft", "La boîte aux lettres du destinataire est pleine"),
    ("it", "utf-8", "hard", "L'indirizzo del destinatario non esiste"),
    ("it", "iso-8859-1", "soft", "La casella di posta è piena"),
    ("es", "utf-8", "hard", "No se encontró: el destinatario no existe"),
    ("es", "iso-8859-1", "soft", "El buzón del destinatario está lleno"),
    ("pt", "utf-8", "hard", "O endereço do destinatário não foi encontrado"),
    ("pt", "iso-8859-1", "soft", "A caixa de correio está cheia"),
    ("nl", "utf-8", "hard", "Het adres van de ontvanger bestaat niet"),
    ("pl", "iso-8859-2", "hard", "Adres odbiorcy nie istnieje"),
    ("pl", "utf-8", "soft", "Skrzynka odbiorcy jest pełna"),
    ("ru", "koi8-r", "hard", "Пользователь не найден"),
    ("ru", "windows-1251", "soft", "Почтовый ящик переполнен"),
    ("uk", "utf-8", "hard", "Користувача не знайдено: адреса не існує"),
    ("tr", "iso-8859-9", "hard", "Kullanıcı bulunamadı"),
    ("ja", "iso-2022-jp", "hard", "宛先不明のため配信できませんでした"),
    ("ja", "shift_jis", "soft", "メールボックスの容量を超えています"),
    ("zh", "gb2312", "hard", "收件人不存在"),
    ("zh", "big5", "hard", "使用者不存在"),
    ("zh", "utf-8", "soft", "邮箱已满"),
    ("ko", "euc-kr", "hard", "사용자가 존재하지 않습니다"),
    ("ko", "utf-8", "soft", "사서함이 가득 찼습니다"),
    ("ar", "utf-8", "hard", "المستخدم غير موجود"),
    ("ar", "windows-1256", "soft", "صندوق البريد ممتلئ"),
    ("sv", "utf-8", "hard", "Mottagaren finns inte"),
)
