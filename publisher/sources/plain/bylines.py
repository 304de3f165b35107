"""Lines that say who wrote an article, when, in which section, how long it reads."""

# ruff: noqa: E501  lists of words in other scripts are as wide as they are
from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from publisher.sources.plain import chrome, words
from publisher.sources.plain.dates import Found, dates_in
from publisher.sources.plain.names import (
    LONGEST_NAME,
    author_of,
    looks_like_name,
    shown_name,
)
from publisher.text import sentence_case


@dataclass(frozen=True, slots=True)
class Byline:
    """What one line, or all of them together, say about the article."""

    author: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    minutes: int = 0
    category: str = ""
    url: str = ""
    tags: tuple[str, ...] = ()
    is_dated: bool = False  # by a date that needs a clock: "3 days ago"
    is_named: bool = False  # it has a label of its own: "Author:", "Published on"

    @property
    def has_date(self) -> bool:
        """Say whether it has a date, also one that nobody can count."""
        return bool(self.published or self.updated or self.is_dated)

    def filled(self, other: Byline) -> Byline:
        """Return this byline with its gaps filled from another."""
        return Byline(
            author=self.author or other.author,
            published=self.published or other.published,
            updated=self.updated or other.updated,
            minutes=self.minutes or other.minutes,
            category=self.category or other.category,
            url=self.url or other.url,
            tags=self.tags or other.tags,
            is_named=self.is_named or other.is_named,
        )


LONGEST = 160
_PICTURES = re.compile("^[\u2190-\u2bff\ufe0f\U0001f000-\U0001faff\\s]+")
# Whose picture it is, and who looked at the text: no author of it.
_CREDIT = re.compile(
    r"^(?:(?:medically |clinically |expert )?(?:reviewed|fact[- ]checked|edited|translated|"
    r"illustrated|photographed|photographs|photos|pictures|illustrations|video|graphics) by|(?:photo|image|picture|illustration|photography|foto|"
    r"imagen|immagine|bild|abbildung|crédit photo|photo credit|фото|иллюстрация|صورة|الصورة|"
    r"تصوير|צילום|תמונה|عکس|图片|图|摄影|編集|写真|画像|imagem|editado por|a cura della|"
    r"redaktion|редактор|перевод|مراجعة|עריכה|ویراستار|编辑|责任编辑|责编|校对|审核|責任編集)\s*(?:by\b|:|：|/|／))"
    r"\s*\S.{0,60}$",
    re.IGNORECASE,
)
_BREAKS = re.compile(
    r"\s*[|·•∙⋅¦│｜►▪●～]+\s*|\s+[-–—/]+\s+|^\s*[-–—/]+\s+|\s+[-–—/]+\s*$"
)

_UNIT = (
    r"(?:min(?:ute|utes|s|uto|utos|uti|uten|uut|uta|ut)?\.?|мин(?:ут[аыу]?|\.)?|"
    r"хв(?:илин[аи]?|\.)?|دقائق|دقيقة|دقایق|دقیقه|منٹ|דקות|דקה|דק['׳]|分钟|分鐘|分)"
)
_READ = (
    r"(?:read(?:ing)?(?: time)?|to read|de lectura|de lecture|di lettura|lettura|lectura|"
    r"lesezeit|zu lesen|de leitura|leitura|leestijd|lezen|чтения|читать|на чтение|"
    r"читання|"
    r"קריאה|للقراءة|قراءة|من القراءة|مطالعه|برای مطالعه|خواندن|زمان مطالعه|阅读|閱讀|"
    r"で読めます|で読める|读完|lecture|مطالعے)"
)
_BEFORE = (
    r"(?:(?:estimated |average |est\. )?(?:read(?:ing)? ?time|read|reads in)|"
    r"(?:tiempo (?:estimado )?de )?lectura(?: de)?|(?:tempo (?:stimato )?di )?lettura(?: di)?|"
    r"(?:temps (?:estimé )?de )?lecture(?: de)?|(?:geschätzte )?lesezeit(?: ca\.)?|lesedauer|"
    r"(?:tempo de )?leitura(?: de)?|leestijd|(?:время|длительность) (?:чтения|на чтение)|"
    r"читать|чтение|на чтение|час читання|"
    r"(?:وقت|مدة|زمن) القراءة|قراءة(?: في)?|(?:زمان|مدت)(?: تقریبی)? (?:مطالعه|خواندن)|"
    r"مطالعه(?: در)?|خواندن|זמן קריאה|קריאה של|预计阅读(?:时间)?|预计閱讀(?:時間)?|預計閱讀(?:時間)?|"
    r"(?:阅读|閱讀)(?:时间|時間|时长|時長|需时|需要|需)?|(?:この記事は)?約?|読了(?:時間|目安)?|所要時間|"
    r"(?:読了までの|読む)?時間|پڑھنے کا وقت)"
)
_ABOUT = r"(?:[~≈]|ca\.?|circa|about|approx\.?|约|約|大约|環|حوالي|حدود)?"
_MINUTES = re.compile(
    rf"(?<!\w)(?P<before>{_BEFORE})?\s*[:：]?\s*{_ABOUT}\s*(?:a\s+)?(?<!\d)(?P<number>\d{{1,3}})"
    rf"(?:\s*[-–]\s*\d{{1,3}})?[\s-]*{_UNIT}(?![^\W\d_]*[a-zа-я])(?:[\s-]*(?P<read>{_READ}))?",
    re.IGNORECASE,
)
_AGE = re.compile(
    r"(?:(?:\d{1,2}|an?|one)\s?(?:h|d|w|mo|hours?|days?|weeks?|months?|years?|hrs?|min(?:ute)?s?) ago|"
    r"(?:published |posted )?(?:yesterday|today)|ieri|oggi|ayer|hoy|hier|aujourd'hui|gestern|heute|вчера|сегодня|"
    r"hace (?:\d{1,2}|una?) \w+|il y a (?:\d{1,2}|une?) \w+|vor (?:\d{1,2}|einem|einer) \w+|"
    r"(?:\d{1,2}|un['o]?|una) ?(?:ore|ora|giorn[oi]|settiman[ae]|mes[ei]|ann[oi]) fa|"
    r"(?:\d{1,2} )?(?:час\w*|д(?:ень|ня|ней)|недел\w+|месяц\w*|год\w*|лет) назад|"
    r"(?:قبل|منذ) (?:\d{1,2} )?[^\W\d]+|לפני (?:\d{1,2} )?[^\W\d]+|\d{1,2} [^\W\d]+ پیش|"
    r"\d{1,2}\s?(?:小时|小時|天|周|週|个月|年|時間|日|週間|か月|ヶ月)前|昨天|昨日|今天)",
    re.IGNORECASE,
)
_NUMBER_WORDS = {
    word: number
    for number, names in enumerate(
        "one|two|three|four|five|six|seven|eight|nine|ten".split("|"), start=1
    )
    for word in names.split()
}
_WORDY = re.compile(
    rf"^({'|'.join(_NUMBER_WORDS)})[\s-]min(?:ute)?s?[\s-]read\b", re.IGNORECASE
)
_ARABIC_FEW = {
    "دقيقة واحدة": 1,
    "دقيقتان": 2,
    "دقيقتين": 2,
    "דקה אחת": 1,
    "שתי דקות": 2,
}
_FEW = re.compile(
    rf"(?:{_BEFORE}\s*[:：]?\s*)?({'|'.join(_ARABIC_FEW)})(?:\s*{_READ})?"
)

_PUBLISHED = (
    "first published|originally published|published|posted|publication date|date published|"
    "date|created|on|pubblicato|data di pubblicazione|data|publicado|publicada|"
    "fecha de publicación|fecha|publié|publiée|date de publication|veröffentlicht|"
    "erschienen|datum|опубликовано|дата публикации|дата|опубліковано|تاريخ النشر|"
    "نُشر|نُشرت|نشر|نشرت|تم النشر|تاريخ|منتشر شده|انتشار|تاریخ انتشار|تاریخ|פורסם|"
    "תאריך פרסום|תאריך|发布时间|发布日期|发布于|发布|發佈於|發布日期|發表於|发表于|发表时间|"
    "日期|时间|公開日|投稿日|掲載日|公開|掲載|配信日|更新・公開|gepubliceerd|data de publicação|"
    "publikováno|تاریخِ اشاعت|شائع"
)
_UPDATED = (
    "last updated|updated|reviewed|last modified|modified|last reviewed|ultimo aggiornamento|"
    "aggiornato|última actualización|actualizado|última atualização|atualizado|"
    "dernière mise à jour|mis à jour|mise à jour|zuletzt aktualisiert|aktualisiert|stand|"
    "обновлено|последнее обновление|дата обновления|изменено|оновлено|آخر تحديث|"
    "تم التحديث|حُدّث|حدث|تحديث|آخرین به‌روزرسانی|آخرین بروزرسانی|به‌روزرسانی|بروزرسانی|"
    "به‌روز شده|עודכן לאחרונה|עדכון אחרון|עודכן|最后更新|最後更新|更新时间|更新日期|更新於|"
    "更新于|最終更新日|最終更新|更新日|更新|laatst bijgewerkt|bijgewerkt"
)
_LINKS = (
    r"(?:\s*(?:on|at|in|the|il|in data|alle|el|em|en|le|am|vom|um|ב|בתאריך|"
    r"في|بتاريخ|در|op|об?|в)(?=[\s:\d]|$))?"
)
_IS_UPDATED = re.compile(
    rf"(?<!\w)(?:{_UPDATED}){_LINKS}\s*[:：]?\s*\(?$", re.IGNORECASE
)
_IS_PUBLISHED = re.compile(
    rf"(?<!\w)(?:{_PUBLISHED}){_LINKS}\s*[:：]?\s*\(?$", re.IGNORECASE
)
_FILLERS = re.compile(
    r"^(?:on|at|in|il|el|le|am|den|de|di|vom|the|and|e|y|et|und|в|в\s|а|ב|ב-|يوم|في|و|"
    r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?|lunedì|martedì|"
    r"mercoledì|giovedì|venerdì|sabato|domenica|lunes|martes|miércoles|jueves|viernes|"
    r"sábado|domingo|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|montag|dienstag|"
    r"mittwoch|donnerstag|freitag|samstag|sonntag|понедельник|вторник|среда|четверг|"
    r"пятница|суббота|воскресенье|الأحد|الاثنين|الإثنين|الثلاثاء|الأربعاء|الخميس|الجمعة|"
    r"السبت|شنبه|یکشنبه|دوشنبه|سه‌شنبه|چهارشنبه|پنجشنبه|جمعه|יום [א-ת]+|"
    r"星期[一二三四五六日天]|周[一二三四五六日]|[月火水木金土日](?:曜日?)?|[（(][月火水木金土日一二三四五六][)）]|"
    r"segunda-feira|terça-feira|quarta-feira|quinta-feira|sexta-feira|est|edt|pst|cet|gmt|utc)$",
    re.IGNORECASE,
)

_ORIGIN = re.compile(r"^(?:来源|來源|出处|出處|出典)\s*[:：]\s*\S{1,30}$")
# "Jane Doe, le 12 mars": what led to the date stays behind the name.
_LINK_AFTER = re.compile(r"[\s,،]+(?:le|on|il|el|am|в|от|في|ב)$", re.IGNORECASE)

_CATEGORY = re.compile(
    rf"^(?:{'|'.join(map(re.escape, sorted(words.CATEGORY_LABELS, key=len, reverse=True)))})"
    r"\s*[:：]\s*(?P<name>\S.*)$",
    re.IGNORECASE,
)
_CATEGORY_IN = re.compile(
    r"^(?:filed under|posted in|filed in|published in)\s+(?P<name>\S.*)$", re.I
)
_TAGS = re.compile(
    rf"^(?:{'|'.join(map(re.escape, sorted(words.TAG_LABELS, key=len, reverse=True)))})"
    r"\s*[:：]\s*(?P<tags>[^#＃]*)$",
    re.IGNORECASE,
)
_URL = re.compile(
    r"https?://[^\s<>\"'«»“”]+[^\s<>\"'«»“”.,;:!?)\]}）。，、]", re.IGNORECASE
)
_MANY_CATEGORY_WORDS = 4
FEW_WORDS = 3


def byline(line: str, *, language: str, zone: tzinfo) -> Byline | None:
    """Return what a line of a page's head says, or None where it is no such line.

    Everything in the line must be explained: a sentence with a date is a sentence.
    """
    line = _PICTURES.sub("", line)
    if not line or len(line) > LONGEST:
        return None
    if chrome.is_button(line):
        return None
    if _CREDIT.match(line):
        return Byline()
    if (labelled := _labelled(line) or _trail(line)) is not None:
        return labelled
    line = re.sub(r"(?<!\w)ב[-־](?=\d)", "ב ", line)  # Hebrew "on the 12th"
    line = re.sub(r"\s+(?=[^\s:：]{2,6}：)", " | ", line)  # "来源：星空网 记者：王磊"
    line = re.sub(r"^(\w+ by .{3,40}) in (?=\w+( \w+)?$)", r"\1 | ", line)
    rest, minutes = _take_minutes(line)
    rest, is_dated = _take_age(rest)
    found = Byline(minutes=minutes, is_dated=is_dated)
    rest, found = _take_dates(rest, found, language, zone)
    has_facts = bool(minutes or found.has_date)
    return _take_names(rest, found, has_facts=has_facts)


def _labelled(line: str) -> Byline | None:
    """Read lines that are one label and its value."""
    if (url := _URL.search(line)) and _is_url_label(line, url):
        return Byline(url=url[0], is_named=True)
    if found := _TAGS.match(line):
        parts = [part.strip(" .") for part in re.split(r"[,،、，;|·]", found["tags"])]
        tags = tuple(filter(None, parts))
        return Byline(tags=tags, is_named=True) if tags else None
    if found := _CATEGORY.match(line) or _CATEGORY_IN.match(line):
        name = found["name"].strip()
        parts = [part.strip() for part in re.split(r"[,،、，]", name)]
        if len(parts) > 1 and all(len(part.split()) <= FEW_WORDS for part in parts):
            return Byline(tags=tuple(filter(None, parts)), is_named=True)
        if len(name.split()) <= _MANY_CATEGORY_WORDS and not _BREAKS.search(name):
            return Byline(category=_category(name), is_named=True)
    return None


_HOME = frozenset(
    "home homepage inicio portada accueil startseite главная الرئيسية בית ראשי خانه 首页 首頁 "
    "ホーム トップ início головна".split()
)


def _trail(line: str) -> Byline | None:
    """Read "Home > Money > Saving": the last part is the category."""
    parts = [part.strip() for part in re.split(r"\s*[>›»→/]\s*", line.strip(" >›»→/"))]
    if len(parts) <= 1 or parts[0].casefold() not in _HOME:
        return None
    return Byline(category=_category(parts[-1])) if parts[-1] else None


def _is_url_label(line: str, url: re.Match[str]) -> bool:
    label = line[: url.start()].strip(" :：-–—>→(（[").casefold()
    after = line[url.end() :].strip(" .)）]/")
    return not after and label in words.URL_LABELS


def only_url(line: str) -> str:
    """Return the address of a line that is nothing else."""
    found = _URL.fullmatch(line)
    return found[0] if found else ""


def _take_minutes(line: str) -> tuple[str, int]:
    if found := _WORDY.match(line):
        return line[found.end() :].strip(), _NUMBER_WORDS[found[1].lower()]
    if found := _FEW.search(line):
        return _without(line, found.start(), found.end()), _ARABIC_FEW[found[1]]
    for found in _MINUTES.finditer(line):
        fragment = next(
            (part for part in _BREAKS.split(line) if found[0].strip() in part), line
        )
        is_whole = fragment.strip(" ()（）") == found[0].strip(" ()（）")
        if found["before"] or found["read"] or is_whole:
            rest = _without(line, found.start(), found.end())
            return rest, max(1, int(found["number"]))
    return line, 0


def _take_age(line: str) -> tuple[str, bool]:
    """Take out "3 days ago", which says nothing to who does not know when it was said."""
    parts = [part.strip() for part in _BREAKS.split(line)]
    kept = [part for part in parts if not _AGE.fullmatch(part)]
    is_dated = len(kept) < len(parts) and (
        len(parts) > 1 or any(map(str.isdigit, line))
    )
    return (" | ".join(kept), True) if is_dated else (line, False)


def _without(line: str, start: int, end: int) -> str:
    return f"{line[:start]} | {line[end:]}".strip(" |")


def _take_dates(
    line: str, found: Byline, language: str, zone: tzinfo
) -> tuple[str, Byline]:
    rest = line
    for date in reversed(list(dates_in(line, language=language, zone=zone))):
        rest, found = _take_date(rest, date, found)
    return rest, found


def _take_date(line: str, date: Found, found: Byline) -> tuple[str, Byline]:
    before, after = line[: date.start], line[date.end :].lstrip(" )）")
    weekday = re.search(r"(?:^|\s)(\S+?)[,،]?\s*$", before)
    if weekday and _FILLERS.match(weekday[1]) and len(weekday[1]) > len("the"):
        before = before[: weekday.start(1)]
    if label := _IS_UPDATED.search(before):
        found = replace(found, updated=date.when, is_named=True)
    elif label := _IS_PUBLISHED.search(before):
        is_named = found.is_named or label[0].strip().lower() != "on"
        found = replace(found, published=date.when, is_named=is_named)
    elif after_label := re.match(rf"(?:に)?(?:{_UPDATED})(?!\w)", after):
        after = after[after_label.end() :]
        found = replace(found, updated=date.when, is_named=True)
    else:
        after = re.sub(r"^(?:に)?(?:公開|投稿|掲載|发布|發佈|发表)", "", after)
        found = replace(found, published=date.when)
    if label:
        before = before[: label.start()]
    return f"{before} | {after}".strip(" |,،，(（)）"), found


def _take_names(rest: str, found: Byline, *, has_facts: bool) -> Byline | None:
    """Read what is left: an author, a category, or nothing; else it is no byline."""
    fragments = [
        part.strip(' ,،，.:：/–—-()（）[]【】"') for part in _BREAKS.split(rest)
    ]
    fragments = [_LINK_AFTER.sub("", part) for part in fragments]
    fragments = [part for part in fragments if part and not _FILLERS.match(part)]
    for part in fragments:
        is_dated = found.has_date
        if name := author_of(part, is_sure=is_dated):
            found = replace(found, author=found.author or name, is_named=True)
            has_facts = True
            continue
        if chrome.is_button(part) or _ORIGIN.match(part):
            continue  # "12 comments"
        if labelled := _labelled(part):
            found = labelled.filled(found)
            has_facts = True
            continue
        if not has_facts or not _is_short_label(part):
            return None
        if is_dated and not found.author and _is_unlabelled_name(part):
            found = replace(found, author=shown_name(part))
        elif not found.category:
            found = replace(found, category=_category(part))
        elif not found.author and looks_like_name(part):
            found = replace(found, author=shown_name(part))
    return found if has_facts else None


def _is_unlabelled_name(part: str) -> bool:
    return looks_like_name(part) and not is_topic(part)


def _is_short_label(part: str) -> bool:
    """Say whether a piece can be a category or a name, and not part of a sentence."""
    is_short = len(part.split()) <= _MANY_CATEGORY_WORDS and len(part) <= LONGEST_NAME
    has_stop = part.endswith(("!", "?", "…", "。", "؟", "？"))
    return is_short and not has_stop and not part[:1].islower()


def is_topic(line: str) -> bool:
    """Say whether a line is the name of a usual section of a magazine."""
    return line.strip(" .:#").casefold() in words.TOPICS


def _category(name: str) -> str:
    return sentence_case(name.strip(" .#"))


def as_category(line: str) -> str:
    """Return a line as a category: PSYCHOLOGY becomes Psychology."""
    return _category(line)
