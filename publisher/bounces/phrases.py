r"""The words that servers use, in the languages in which they use them.

Written in small letters; `\s+` is one space, for servers break lines anywhere.
"""

from __future__ import annotations

import re


def _any(*phrases: str) -> re.Pattern[str]:
    spaced = (one.replace(" ?", r"\s*").replace(" ", r"\s+") for one in phrases)
    return re.compile("|".join(spaced))


# A mailbox that is full today may be read tomorrow.
FULL = _any(
    r"\b(?:mailbox|mail box|inbox|mailfolder|maildrop|account|user)\b.{0,30}"
    r"\b(?:is |was )?(?:full\b|over ?quota|exceed|over its|over the)",
    r"over(?:\s+|-)?(?:disk )?quota",
    r"quota (?:has been |is |was |limit )?(?:exceeded|exceded|full|reached)",
    r"exceed\w*.{0,40}\b(?:quota|storage|mailbox size)",
    r"(?:mailbox|storage|disk|maximum|mail) (?:\w+ )?(?:quota|limit|space) "
    r"(?:\w+ )?(?:exceed|reached|violat)",
    r"mailfull|boxfull|disk quota|out of (?:disk )?space|not enough (?:disk )?space"
    r"|no space left|insufficient disk",
    r"(?:larger|bigger|greater) than the current system storage",
    r"too many messages (?:in|on) (?:this|the|your) (?:mail|drop)",
    r"storage (?:allocation|capacity)|maximum size of (?:the )?mailbox",
    r"postfach\w* (?:ist |des empfängers ist )?(?:voll|überfüllt)"
    r"|speicherplatz.{0,40}(?:erschöpft|überschritten)|quota überschritten",
    r"bo[iî]te.{0,40}(?:pleine|satur)|quota.{0,20}d[ée]pass|espace.{0,20}insuffisant",
    r"casella.{0,40}piena|spazio.{0,20}(?:esaurito|insufficiente)",
    r"buz[oó]n.{0,40}(?:lleno|llena)|cuota.{0,30}(?:excedid|superad)",
    r"caixa.{0,40}cheia|cota.{0,30}excedid",
    r"(?:postbus|mailbox).{0,20}\bvol\b|переполнен|превыш\w+.{0,30}квот",
    r"skrzynk\w+.{0,30}(?:pełna|przepełni)|posta kutusu.{0,20}dolu",
    r"容量.{0,20}(?:超|オーバー|不足)|一杯|いっぱい|邮箱.{0,10}满|空间不足|已满|사서함.{0,10}가득",
    r"صندوق.{0,20}ممتل",
)
# Lists and pace: whatever code and words stand beside these.
LISTED = _any(
    r"spamhaus|black ?list|block ?list|denylist|\brbl\b|\bdnsbl|spamcop|reputation"
    r"|rate ?limit|too many (?:recipients|connections|messages|mails?\b)|throttl"
    r"|receiving mail (?:at a rate|too)|(?:sending|sent) (?:to )?too|unusual rate"
)
# The same of what passes by itself.
PASSING = _any(
    r"gr[ea]y[ -]?list|not found, try again|servfail|malformed or unexpected name serv"
    r"|(?:temporary|transient) (?:dns|lookup|name|failure|error)"
)
# What is about whoever sends says nothing of the reader.
SENDER = _any(
    r"sender address|please provide a valid from|sending mail of domain",
    r"sender (?:address |e-?mail |domain |id |host )?(?:verif|reject|denied|not |is not"
    r"|domain|does not|must|unknown|invalid|blocked|ip)",
    r"(?:mail|envelope)[ -]?from.{0,30}(?:reject|denied|invalid|not|refus)",
    r"domain of (?:the )?sender|sender'?s? domain|bad sender|invalid sender"
    r"|your (?:domain|e-?mail|address|host|server|ip|mail|mailer)\b.{0,30}"
    r"(?:block|reject|denied|reput|not exist|no ptr|not accepted|list)",
    r"(?:cannot|can't|unable to|can not|could not) (?:find|resolve|verify).{0,30}"
    r"(?:your|sender|helo|client|reverse|\bptr\b|client host)",
    r"reverse (?:dns|host|lookup)|\bptr\b|\bhelo\b|\behlo\b|fix reverse|no rdns",
    r"spf\b|dkim\b|dmarc\b|authenticat|not authori[sz]ed|auth ?required|relay",
)
# What content, reputation or size did; another letter may well arrive.
REFUSED = _any(
    r"\bspam|unsolicited|junk|barracuda|sorbs|proofpoint|cloudmark|senderbase"
    r"|\b(?:is|was|been|are|currently|temporarily|client) blocked|\bblocked\b|banned",
    r"policy|virus|malware|phish|content|attachment|prohibited|administrative\w*"
    r"|suspicious|not allowed|access denied|refused by|rejected (?:by|due|for security)"
    r"|security|unwanted|suspect|complain|virenver|werbung|indésirable"
    r"|abgelehnt wegen",
    r"(?:too|message) (?:large|big|long)|exceeds? (?:the )?(?:fixed |maximum )?"
    r"(?:message )?(?:size|length)|size limit|maximum (?:message )?size|message size",
)
# What lines, queues and clocks did.
LATER = _any(
    r"try again|later\b|temporar|transient|too (?:many|fast|much)|rate that|deferred"
    r"|resources? (?:temporarily|restricted|unavail)|too busy|overload|congest"
    r"|service (?:is )?(?:currently )?(?:not available|unavailable)",
    r"time(?:d)?[ -]?out|timeout|connection (?:refused|reset|lost|dropped|closed|died)"
    r"|connect(?:ion)? (?:to|with)|no route|not respond|lost connection"
    r"|lost|delivery time expired|message expired|been in the queue too long"
    r"|retry time|queue for too long|could not be delivered for|after (?:\d+ )days"
    r"|unreachable",
    r"too many hops|mail loop|loop(?:s|ing)? (?:back|detected)|hop count|\bloop\b"
    r"|mail forwarding loop|nested too",
)
# Nobody is there, or nobody will be again.
GONE = _any(
    r"(?:user|recipient|mailbox|account|address|addressee|alias|customer|subscriber"
    r"|local ?part|name|mail box|destination|inbox)\b[^.;\n]{0,60}"
    r"(?:unknown|not (?:been )?(?:found|exist|known|listed|recogni[sz]ed|valid|a valid"
    r"|a known|our customer|active|in use|currently in|hosted|in our|here|local)"
    r"|n[o']t exist|n't (?:have|exist|found|listed)|doesn?o?t?'?t? exist|invalid"
    r"|inactive|disabled|suspended|deactivat|discontinued|expired|terminated|closed"
    r"|deleted|removed|no longer|moved|unavailable|unroutea?ble|undeliverable|no such"
    r"|not accepting (?:mail|messages)|cannot be found|couldn't be found|could not be"
    r" found|wasn't found|was not found|gone)",
    r"(?:unknown|invalid|no such|bad|illegal|non-?exist[ea]nt|nonexist[ea]nt|inactive"
    r"|disabled|undefined|wrong|incorrect|dormant|obsolete|unrouteable|unroutable"
    r"|not a valid|not a known|no valid) (?:\S+ )?(?:e-?mail |local |virtual "
    r"|destination |recipient |intended |to |mail )?(?:user|recipient|mailbox|account"
    r"|address|addressee|alias|local ?part|person|login|rcpt|inbox|customer|mail box"
    r"|destination|name|id)",
    r"5\.1\.0 address rejected|invalid (?:\S+ ){0,2}user ?id|host \S+ not found",
    r"unknown or illegal alias|no mailbox (?:here|by|found)|no (?:such )?(?:user|person"
    r"|mailbox|recipient|account|one) (?:here|by|at|named|with|found|in this)",
    r"no such (?:user|person|mailbox|recipient|account|local|address|domain|host)"
    r"|user not known|recipnotfound|not_found|unknown_user|user_unknown|bad-mailbox"
    r"|unknown-?\s?user|not our customer|mailboxes? unavailable|mailbox not found"
    r"|(?:does|do) n[o']t (?:have|handle) (?:an? |that |mail for)",
    r"(?:doesn't|does not|didn't) (?:have an?|exist|appear to exist|match)",
    r"not listed in (?:\w+ )?(?:domino|directory|the)|not exist in directory",
    r"(?:account|mailbox|user|address|service) (?:has been|is|was) (?:temporarily )?"
    r"(?:disabled|suspended|deactivated|inactive|discontinued|closed|deleted"
    r"|terminated|locked|removed)",
    r"no longer (?:available|valid|in use|active|exists?|employ|work|here|a customer|on"
    r"|accept|used|with|at)|left the (?:company|organi[sz]ation)|retired",
    r"(?:host|domain|mail ?server|recipient'?s? domain|name)(?: name)?(?: or domain"
    r"(?: name)?)?[^.;\n]{0,60}(?:not found|unknown|does not exist|doesn't exist|isn't"
    r" valid|not exist|couldn't be found|could not be found|no mx|invalid|expired)",
    r"(?:unknown|no such|invalid|bad) (?:host|domain|mail ?server|destination host)"
    r"|host ?unknown|domain ?unknown|nxdomain|no mail ?(?:server|exchanger|hosts?)"
    r"|null ?mx|no mx|illegal host|all relevant mx records point to non-existent"
    r"|domain couldn't be found|couldn't find any host|does not accept mail",
    r"unbekannt(?:er|e|es)? (?:benutzer|empfänger|adress)|(?:empfänger|benutzer|adresse"
    r"|postfach|konto)\w*[^.;\n]{0,60}(?:unbekannt|existiert nicht|nicht gefunden"
    r"|nicht vorhanden|nicht bekannt|ungültig|nicht existent|deaktiviert|gesperrt)",
    r"(?:destinataire|utilisateur|adresse|bo[iî]te|compte)[^.;\n]{0,60}(?:inconnu"
    r"|n'existe (?:pas|plus)|introuvable|invalide|inexistant|d[ée]sactiv|ferm[ée])"
    r"|aucun utilisateur",
    r"(?:utente|destinatario|indirizzo|casella|account)[^.;\n]{0,60}(?:sconosciut"
    r"|non esist|inesistent|non trovat|non valid|disabilitat|inattiv|non è stat\w"
    r" trovat)",
    r"(?:usuario|destinatario|direcci[oó]n|buz[oó]n|cuenta)[^.;\n]{0,60}(?:desconocid"
    r"|no exist|no encontrad|no se encontr|inv[aá]lid|inexistente|deshabilitad"
    r"|desactivad|no v[aá]lid|no se ha encontrado|no se ha podido encontrar)",
    r"(?:usu[aá]rio|destinat[aá]rio|endere[cç]o|caixa|conta)[^.;\n]{0,60}"
    r"(?:desconhecid|n[aã]o exist|n[aã]o encontrad|n[aã]o foi encontrad|inv[aá]lid"
    r"|inexistente|desativad|desabilitad)",
    r"(?:gebruiker|ontvanger|adres|postbus)[^.;\n]{0,60}(?:onbekend|bestaat niet|niet"
    r" gevonden|ongeldig)",
    r"(?:użytkownik|adres|odbiorc\w+|skrzynk\w+)[^.;\n]{0,60}(?:nie istnieje"
    r"|nieznan|nie znalezion)",
    r"(?:användare|mottagare|adress|bruger|modtager|mottaker)\w*[^.;\n]{0,60}(?:okänd"
    r"|finns inte|hittades inte|ukendt|findes ikke|finnes ikke|ukjent)",
    r"(?:пользовател|получател|адрес|ящик|почтов)\w*[^.;\n]{0,60}(?:не найден"
    r"|не существует|неизвест|отключ|заблокирован|недействит|не зарегистр)"
    r"|такого (?:пользователя|адреса) нет|нет такого",
    r"(?:користувач|адрес|скриньк)\w*[^.;\n]{0,60}(?:не знайден|не існує|невідом)",
    r"kullanıcı[^.;\n]{0,40}(?:bulunamadı|yok|geçersiz)|alıcı[^.;\n]{0,40}bulunamadı",
    r"見つかりません|存在しません|存在しない|宛先不明|あて先不明|利用されておりません"
    r"|ユーザー?不明|ありませんでした|リストにありません|エラーユーザ",
    r"不存在|用户不存在|无此用户|找不到|收件人不存在|地址错误|使用者不存在|查無此人",
    r"존재하지 않|수신자.{0,20}없|찾을 수 없",
    r"غير موجود|لا يوجد|غير معروف",
)
# Not yet, and nobody has to do anything.
DELAYED = _any(
    r"delivery status notification \(delay|delay(?:ed)?\b.{0,30}(?:message|mail"
    r"|deliver)|(?:message|mail|deliver\w*)\b.{0,60}\bdelayed|warning: (?:message|could"
    r" not send)|warning message only|will (?:be )?(?:retr|continue to|keep trying)"
    r"|delivery attempts will continue|still being retried|no action is required"
    r"|do not need to resend|not yet been delivered|could not send message for past"
    r"|will be retried|keeps? trying",
    r"verzögert|verzögerung|retard[ée]|différ[ée]|in ritardo|ritardat|retrasad|demorad"
    r"|aplazad|atrasad|adiad|vertraagd|opóźni|försenad|forsinket|отложен|задерж"
    r"|gecikti|遅延|延迟|延遲|지연|تأخر",
)
FAILED = _any(
    r"permanent(?:ly)?\b|giv(?:en|ing) up|gave up|has failed|failed permanently"
    r"|could not be delivered|undeliverable"
)
