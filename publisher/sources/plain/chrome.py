"""Knows the lines of a page that are not its article: menus, buttons, footers."""

# ruff: noqa: E501  lists of words in other scripts are as wide as they are
from __future__ import annotations

import re
from functools import lru_cache

from publisher.sources.plain import words

_EDGES = " \t.,:;!…‹›«»<>→←↑↓▲▼▾▸►≡☰✕✖×+|·•*-–—/\\()[]{}\"“”'©🔍📧📞🛒👤"
_BREAKS = re.compile(r"\s*[|·•∙⋅>›»/\\│｜,،、～]+\s*|\s+[-–—]\s+|\s{2,}")
_COUNTED = re.compile(
    r"^[(\[]?\d[\d.,]*\s?[km]?[)\]]?\s+(?:comments?|shares?|likes?|views?|claps?|reads?|"
    r"followers|comentarios?|compartidos|visualizaciones|commenti|condivisioni|"
    r"visualizzazioni|commentaires?|partages?|vues|kommentare?|aufrufe|комментари[йяев]+|"
    r"просмотр(?:ов|а)?|تعليق(?:ات)?|مشاهدة|مشاهدات|תגובות|צפיות|دیدگاه|بازدید|条评论|次阅读|"
    r"次浏览|件のコメント|reacties|comentários?|visualizações)$"
    r"|^\d{1,3}(?:[.,]\d+)?\s?[km]?$"
    r"|^(?:one|a|ein|un|\d+) (?:thoughts?|gedanken?|commenti|comentarios?|commentaires?|responses?|replies)"
    r" (?:on|to|zu|su|en|sur) .{1,80}$"
    r"|^(?:comments?|shares?|views?|commenti|comentarios|commentaires|kommentare|комментарии|"
    r"التعليقات|تعليقات|תגובות|نظرات|评论|コメント)\s*[:：]?\s*[(（]?\s*\d+\s*[)）]?$",
    re.IGNORECASE,
)
_SHARED = re.compile(
    r"^(?:share|tweet|pin|post|compartir|condividi|partager|teilen|поделиться|شارك|مشاركة|"
    r"compartilhar|delen|شیئر|שתפו?|分享|シェア|اشتراک‌گذاری)\s+(?:this\s+\w+\s+)?"
    r"(?:on|via|by|with|en|su|sur|auf|bei|в|на|على|عبر|em|no|op|در|ב|到|至)?\s*[\w ()&,/-]{1,40}$",
    re.IGNORECASE,
)
_FOLLOWED = re.compile(
    r"^(?:follow|find|join|síguenos|seguici|suivez-nous|folge|folgen sie|подписывайтесь|"
    r"подпишитесь|تابعنا|عقבו|关注|フォロー|siga-nos|volg)\b.{0,25}"
    r"\b(?:on|en|su|sur|auf|на|в|على|em|op)\b.{1,40}$",
    re.IGNORECASE,
)
_COOKIES = re.compile(
    r"\b(?:we|this (?:web)?site|our (?:web)?site|nous|questo sito|este sitio|ce site|diese "
    r"(?:web)?s(?:e)?ite|wir|мы|этот сайт|наш сайт|este site|utilizamos|usamos|utilizziamo|"
    r"usiamo|we and our)\b.{0,60}(?:cookie|куки|файлы cookie|galletas)"
    r"|^by (?:continuing|using|clicking).{0,80}(?:cookie|agree|consent|terms)"
    r"|(?:يستخدم|نستخدم|تستخدم).{0,40}(?:ملفات تعريف الارتباط|الكوكيز|كوكيز)"
    r"|(?:אנו|אנחנו|האתר|אתר זה).{0,40}(?:עוגיות|cookies)"
    r"|(?:از|ما|سایت).{0,30}(?:کوکی|cookie)"
    r"|(?:我们|本网站|本站|我們|本網站).{0,20}cookie"
    r"|(?:当サイト|このサイト|当ウェブサイト|本サイト).{0,30}(?:cookie|クッキー)",
    re.IGNORECASE,
)
_RIGHTS = re.compile(
    r"^(?:copyright\b|©|\(c\)|ⓒ)|©\s*\d{4}|\b\d{4}\s*©|\(c\)\s*\d{4}|copyright\s*(?:©|\d{4})"
    r"|all rights reserved|todos los derechos reservados|tutti i diritti riservati"
    r"|tous droits réservés|alle rechte vorbehalten|все права защищены"
    r"|(?:جميع|كل|كافة) الحقوق محفوظة|כל הזכויות שמורות|حقوق.{0,30}محفوظ (?:است|می)"
    r"|版权所有|版權所有|保留所有权利|保留所有權利|無断転載|all right reserved"
    r"|todos os direitos reservados|alle rechten voorbehouden|усі права захищені"
    r"|حقوق محفوظ ہیں",
    re.IGNORECASE,
)
_INVITED = re.compile(
    r"^(?:(?:please )?(?:subscribe|sign up|join)\b.{0,60}\b(?:newsletter|mailing list|inbox|"
    r"updates|email list|weekly|emails)\b|get .{0,50}(?:inbox|newsletter)|"
    r"thanks? (?:you )?for reading\b.{0,60}$|never miss (?:a|an) \w+|stay (?:updated|informed|in touch|connected)\b.{0,40}$|"
    r"(?:suscr[ií]b|iscriv|inscriv|abonnie|abonnez|подпи[шс]|assine|meld).{0,60}"
    r"(?:newsletter|bolet[ií]n|рассылк|notiziario|infolettre|nieuwsbrief)|"
    r"(?:اشترك|انضم).{0,40}(?:النشرة|نشرتنا|القائمة البريدية)|(?:הירשמו|הצטרפו).{0,40}(?:ניוזלטר|לרשימת)|"
    r"(?:订阅|訂閱).{0,20}(?:通讯|电子报|電子報|邮件|newsletter)|.{0,20}(?:メルマガ|ニュースレター).{0,20}登録|"
    r"در خبرنامه|powered by\b|proudly powered|stolz präsentiert von|funciona gracias a|fièrement propulsé|built with\b|made with\b.{0,20}\bby\b|"
    r"designed by\b|theme by\b|website by\b)",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"^\[(?:image|img|photo|picture|video|embed|gallery|immagine|imagen|bild|фото|صورة|图片|画像)"
    r"\b[^\]]{0,120}\]$",
    re.IGNORECASE,
)
_LOGO = re.compile(
    r"^(?:(?:site\s+)?logo(?:\s+(?:of|de|di|du|von))?\s+(?P<after>\S.{0,40})|"
    r"(?P<before>\S.{0,40}?)\s+logo)$",
    re.IGNORECASE,
)
_LONGEST = 300
_HEADS = words.MENU | words.BUTTONS | words.NETWORKS | words.FOOT
_SHARING = words.NETWORKS | words.BUTTONS
_EDGE_WORDS = _HEADS | words.RELATED
_LONGEST_PHRASE = 6
_FEW_WORDS = 4
_FEW_PARTS = 3


def bare(line: str) -> str:
    """Return a line as the word lists have it."""
    name = line.strip(_EDGES).replace("’", "'").casefold()
    return re.sub(r" (?:icon|button)$", "", name)


def is_menu(line: str) -> bool:
    """Say whether a line, or most parts of it, are of a menu or a page's head."""
    return _consists_of(line, words.MENU) or bool(_parts_of_menu(line))


def _parts_of_menu(line: str) -> list[str]:
    """Return the parts of "The Lamp | Home | Recipes | Search", else nothing."""
    parts = [part for part in map(str.strip, _BREAKS.split(line)) if part]
    known = sum(bare(part) in words.MENU for part in parts)
    is_short = all(len(part.split()) <= _FEW_WORDS for part in parts)
    is_menu = len(parts) >= _FEW_PARTS and known > 1 and known * 5 >= len(parts) * 2
    return parts if is_menu and is_short and len(line) <= _LONGEST else []


def is_button(line: str) -> bool:
    """Say whether a line is a button or an advertisement's mark inside an article."""
    name = bare(line)
    if _PLACEHOLDER.match(line):
        return True
    is_button = name in words.BUTTONS or bool(
        _SHARED.match(line) or _COUNTED.match(line)
    )
    return is_button or bool(_INVITED.match(line) and len(line) <= _LONGEST)


_CONTACT = re.compile(
    r"^(?:tel|phone|telephone|fax|call us|mobile|tel[ée]fono|telefono|téléphone|telefon|"
    r"тел|телефон|هاتف|الهاتف|טלפון|تلفن|电话|電話|e-?mail)\.?\s*[:：]?\s*[+(\d\w][^.!?]*[\d@].*$"
    r"|^[\w.+-]+@[\w-]+(?:\.[\w-]+)+$",
    re.IGNORECASE,
)
_LONGEST_CONTACT = 60


def is_contact(line: str) -> bool:
    """Say whether a line says how to reach the people behind a page."""
    return len(line) <= _LONGEST_CONTACT and bool(_CONTACT.match(line))


_TEASED = re.compile(r"^(?P<label>[^:：]{3,40})\s*[:：]\s*\S")


def is_teaser(line: str) -> bool:
    """Say whether a line inside an article leads to another: "Read more: Ten walks"."""
    found = _TEASED.match(line)
    if not found or len(line) > _LONGEST // 2:
        return False
    return bare(found["label"]) in words.TEASERS


def is_network(line: str) -> bool:
    """Say whether a line names only places to share: "Facebook | X"."""
    return _consists_of(line, _SHARING)


def is_footer(line: str) -> bool:
    """Say whether a line is of a page's foot."""
    if is_notice(line):
        return True
    return _consists_of(line, words.FOOT)


def is_notice(line: str) -> bool:
    """Say whether a line speaks of rights or cookies, which no menu word does."""
    if len(line) > _LONGEST or not _may_be_notice(line):
        return False
    return bool(_RIGHTS.search(line) or _COOKIES.search(line))


# One of these is in every notice; to look for them first is ten times faster.
_NOTICE_SIGNS = tuple(
    "© (c) ⓒ copyright reserv riserv vorbehalten réserv защищен захищен الحقوق حقوق הזכויות "
    "版权 版權 保留所有 無断 right cook куки galletas الكوكيز كوكيز تعريف עוגיות کوکی クッキー "
    "agree consent terms".split()
)


def _may_be_notice(line: str) -> bool:
    small = line.casefold()
    return any(sign in small for sign in _NOTICE_SIGNS)


def is_related(line: str) -> bool:
    """Say whether other articles follow below this line."""
    return bare(line.rstrip("?？؟ 0123456789()")) in words.RELATED or bool(
        re.match(
            r"^(?:(?:read )?more (?:from|in|on|about)|leer más sobre|mehr aus|ещё по теме) \S.{0,40}$",
            line,
            re.I,
        )
    )


_PERSONAL = re.compile(
    r"author|autor|auteur|autrice|об авторе|الكاتب|מחבר|نویسنده|作者|著者|書いた人|comment|reply|"
    r"coment|conversation|коммент|تعلي|תגוב|دیدگاه|评论|評論|コメント",
    re.IGNORECASE,
)


def is_personal(line: str) -> bool:
    """Say whether an author's life or readers' comments follow: whole paragraphs."""
    return bool(_PERSONAL.search(line))


def is_chrome(line: str) -> bool:
    """Say whether a line at the head or foot of a page is not of the article."""
    if bare(line) in _EDGE_WORDS or not any(char.isalnum() for char in line):
        return True
    if is_notice(line) or is_button(line):
        return True
    return bool(_FOLLOWED.match(line)) or _consists_of(line, _HEADS)


@lru_cache(maxsize=4096)
def _consists_of(line: str, known: frozenset[str]) -> bool:
    name = bare(line)
    if name in known:
        return True
    if len(line) > _LONGEST:
        return False
    parts = [bare(part) for part in _BREAKS.split(line)]
    parts = [part for part in parts if part]
    if len(parts) > 1 and all(part in known or _spelled(part, known) for part in parts):
        return True
    return _spelled(name, known)


def _spelled(name: str, known: frozenset[str]) -> bool:
    """Say whether "home about contact us" is made of known words only."""
    tokens = name.split()
    if not 1 < len(tokens) <= _LONGEST_PHRASE * 5:
        return False
    at = 0
    pieces = 0
    while at < len(tokens):
        for size in range(min(_LONGEST_PHRASE, len(tokens) - at), 0, -1):
            if " ".join(tokens[at : at + size]) in known:
                at += size
                pieces += 1
                break
        else:
            return False
    return pieces > 1


def logo_of(line: str) -> str:
    """Return the name in "ZeroOpposite logo", "Home | ZeroOpposite | Search", or ""."""
    parts = _parts_of_menu(line)
    unknown = [part for part in parts if bare(part) not in words.MENU]
    if unknown and (len(unknown) == 1 or unknown[0] == parts[0]):
        return unknown[0]
    found = _LOGO.match(line)
    name = (found["after"] or found["before"] or "") if found else ""
    return name if len(name.split()) <= _LONGEST_PHRASE else ""


_OWNER = re.compile(
    r"(?:copyright|©|\(c\)|ⓒ|\s)+(?:\d{4}(?:\s*[-–—]\s*(?:\d{2,4}|present))?)?[\s,.:|–-]*"
    r"(?:by\s+|di\s+|von\s+)?(?P<name>[^|·•©\n]{2,60}?)[\s,.|·–-]*"
    r"(?:\d{4}(?:\s*[-–—]\s*(?:\d{2,4}|present))?)?[\s,.|·–-]*$",
    re.IGNORECASE,
)
_SIGNS = re.compile(r"©|\(c\)|ⓒ|copyright", re.IGNORECASE)


def owner_of(line: str) -> str:
    """Return whose rights a footer line reserves, or "".

    >>> owner_of("© 2025 ZeroOpposite. All rights reserved.")
    'ZeroOpposite'
    """
    if not _SIGNS.search(line):
        return ""
    rest = re.split(r"\s*[|·•]\s*", line)
    part = next(one for one in rest if _SIGNS.search(one))
    if len(rest) > 1 and len(part.strip(" ©()cC0123456789-–")) <= 1:
        part = f"© {rest[min(len(rest) - 1, rest.index(part) + 1)]}"
    part = _RIGHTS_WORDS.sub("", part)
    found = _OWNER.search(part if part[:1] in "©(" else f" {part}")
    name = found["name"].strip(" .,،。") if found else ""
    name = re.split(r"\s+[-–—]\s+", name)[0]  # "The Lamp - VAT no. 1234"
    name = re.sub(
        r",?\s+(?:Inc|LLC|Ltd|GmbH|AG|S\.?r\.?l|S\.?L|SARL|Corp)\.?$", "", name
    )
    return "" if bare(name) in _EDGE_WORDS or name.isdigit() else name


_RIGHTS_WORDS = re.compile(
    r"[\s.,،。–-]*(?:all rights? reserved|todos los derechos reservados|tutti i diritti riservati|"
    r"tous droits réservés|alle rechte vorbehalten|все права защищены|(?:جميع|كل|كافة) الحقوق محفوظة"
    r"(?:\s+ل(?:موقع|ـ)?)?|כל הזכויות שמורות(?:\s+ל-?)?|(?:تمامی|تمام|کلیه|همه) حقوق.*محفوظ است|"
    r"版权所有|版權所有|保留所有权利|保留所有權利|無断転載を?禁(?:じます|止)|todos os direitos reservados|"
    r"alle rechten voorbehouden|усі права захищені|جملہ حقوق محفوظ ہیں)[.。]?",
    re.IGNORECASE,
)
