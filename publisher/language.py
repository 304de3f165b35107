"""Which language a text is in, and which way it runs: by script, words and letters."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

from publisher.models import Direction

RIGHT_TO_LEFT = frozenset("ar arc ckb dv fa he ku ks ps sd syr ug ur yi".split())

# First code point, last one, script.
SCRIPTS = (
    (0x0370, 0x03FF, "greek"),
    (0x0400, 0x052F, "cyrillic"),
    (0x0530, 0x058F, "armenian"),
    (0x0590, 0x05FF, "hebrew"),
    (0x0600, 0x06FF, "arabic"),
    (0x0750, 0x077F, "arabic"),
    (0x0900, 0x097F, "devanagari"),
    (0x0980, 0x09FF, "bengali"),
    (0x0B80, 0x0BFF, "tamil"),
    (0x0C00, 0x0C7F, "telugu"),
    (0x0E00, 0x0E7F, "thai"),
    (0x10A0, 0x10FF, "georgian"),
    (0x1100, 0x11FF, "hangul"),
    (0x1F00, 0x1FFF, "greek"),
    (0x3040, 0x30FF, "kana"),
    (0x3400, 0x9FFF, "han"),
    (0xAC00, 0xD7AF, "hangul"),
    (0xFB1D, 0xFB4F, "hebrew"),
    (0xFB50, 0xFDFF, "arabic"),
    (0xFE70, 0xFEFC, "arabic"),
    (0xFF66, 0xFF9F, "kana"),
    (0x20000, 0x3FFFF, "han"),
)
ONE_LANGUAGE = {
    "greek": "el",
    "armenian": "hy",
    "hebrew": "he",
    "devanagari": "hi",
    "bengali": "bn",
    "tamil": "ta",
    "telugu": "te",
    "thai": "th",
    "georgian": "ka",
    "hangul": "ko",
}
# Where several languages share a script: letters only one of them has, and words.
LETTERS = {
    "arabic": {
        "ar": "ةىكيأإؤ",
        "fa": "پچژگکی",
        "ur": "ٹڈڑںےہھۓپچژگکی",
    },
    "cyrillic": {
        "ru": "ыэёъ",
        "uk": "іїєґ",
        "be": "ўіыэё",
        "bg": "ъщ",
        "sr": "јљњђћџ",
    },
    "latin": {
        "de": "äöüß",
        "es": "ñ¿¡áíóú",
        "fr": "çèêëîïôœùûàâé",
        "it": "àèìòùé",
        "pt": "ãõçâêáéíóú",
        "nl": "ĳ",
        "sv": "åäö",
        "da": "æøå",
        "fi": "äö",
        "pl": "ąćęłńśźż",
        "cs": "ěščřžýáíéůú",
        "ro": "ăâîșțşţ",
        "tr": "ğışçöüİ",
        "hu": "őűáéíóöüú",
        "ca": "çàèéíòóú·",
        "vi": "ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệịỉĩọỏốồổỗộớờởỡợụủũứừửữựỳỵỷỹ",
    },
}
WORDS = {
    "arabic": {
        "ar": "في من على إلى عن أن هذا هذه التي الذي مع أو لا ما كل بعد قبل بين كان "
        "يمكن هو هي كما لم قد ذلك عند وقد حول كيف لماذا هل",
        "fa": "و در به از که این را با است برای آن یک می های تا بر هم نیز شود کرد باید "
        "کند شما خود اما یا چه چرا چگونه ما هر اگر بود",
        "ur": "کے کی میں ہے اور سے کا کو ہیں اس نے پر کہ بھی ایک یہ ہو کر جو تو نہیں "
        "کیا گیا تھا ہم آپ لیے",
    },
    "cyrillic": {
        "ru": "и в не на что с как это по но из у за от о для то так же к бы все он она "
        "или если при чтобы может быть который мы вы их его есть",
        "uk": "і в не на що з як це до та але із у за від про для то так же або якщо при "
        "щоб може бути який ми ви їх його є вона він",
        "be": "і ў не на што з як гэта да але за ад пра для або калі пры можа быць які",
        "bg": "и в не на че с как това по но от за до се са да или ако при може е който",
        "sr": "и у не на што са како је то по али из за од о да се су или ако при може",
    },
    "latin": {
        "en": "the of and to in is that it for was on are as with his they be at this "
        "have from or had by but not what all were we when your can there an which "
        "their if will how who why does our has more you do its than into them these",
        "it": "di che e la il un una per non sono del della con le si da come più anche "
        "ma i gli nel alla dei è delle questo o lo ha al perché quando nella dal chi "
        "essere sua suo molto così ed ogni possono può tra cosa",
        "es": "de que y la el en los se del las un por con una no para es al lo como más "
        "o pero sus su le ha este sí porque esta son entre cuando muy sin sobre también "
        "hasta hay donde quien desde todo nos qué cómo puede",
        "fr": "de la le et les des en un du une que est pour qui dans par plus pas au sur "
        "ne se ce il sont avec ou son comme mais nous vous leur on aux cette elle être "
        "à fait peut même sans ses très tout d l c'est comment pourquoi",
        "de": "der die und in den von zu das mit sich des auf für ist im dem nicht ein "
        "eine als auch es an werden aus er hat dass sie nach wird bei einer um am sind "
        "noch wie einem über einen so zum kann wenn oder wir ihr man was warum",
        "pt": "de que e o a do da em um para é com não uma os no se na por mais as dos "
        "como mas foi ao ele das tem à seu sua ou ser quando muito há nos já está eu "
        "também só pelo pela até isso ela entre são você pode",
        "nl": "de van het een en in is dat op te zijn met voor niet aan er om ook als dan "
        "maar bij of uit nog naar heeft ze wordt wat hoe waarom je kan door over deze "
        "worden meer veel geen hun wij u",
        "sv": "och i att det som en på är av för med den till inte om ett har de var jag "
        "så men man kan från vi hur när eller också",
        "da": "og i at det er en til af på for med den som ikke de der et har om jeg så "
        "men man kan fra vi hvordan når eller også hvad",
        "fi": "ja on ei se että oli hän mutta ovat kun niin myös kuin tai jos voi ole "
        "sen joka miten",
        "pl": "i w na z do nie że się jest to o jak po co ale za od przez dla są czy lub "
        "może być jego tylko oraz",
        "cs": "a v na se je že z do s o to i jak po ale za od pro jsou nebo které může "
        "být jeho také",
        "ro": "și în de la a cu pe că nu este din o un pentru mai să se care sunt sau "
        "dar ce cum poate fi",
        "tr": "ve bir bu için ile de da çok olarak daha gibi en ne kadar olan var ama "
        "sonra veya nasıl neden değil",
        "hu": "a az és hogy nem is egy van de ez meg csak mint vagy már el azt lehet "
        "hogyan miért",
        "ca": "de la i el en que els les un per amb una no és del com més al o però dels "
        "són aquest aquesta també pot",
        "id": "dan yang di untuk dengan dari pada ini itu tidak dalam adalah ke akan "
        "juga atau bisa oleh lebih saat",
        "vi": "và của là có không được trong cho một những người với các này để khi đã",
    },
}
# Endings and clusters that show in texts too short for stop words.
PIECES = {
    "en": "ing tion ness th wh ck sh gh ould ly ee oo ight ful",
    "it": "zione ggi cch tà ità glia gno zza ino ella etto mente cc zz chi che i_ o_",
    "es": "ción dad ll rr ñ ue ie mente os_ as_ iento ar_ ir_",
    "fr": "eil _le_ tion eau eux oi ou ment que_ ique aux aient é_ er_ ez_ ais qu",
    "de": "sch ch ung heit keit lich ei ie tz pf en_ ck st_ zw ig_",
    "pt": "ção ções lh nh ão dade ões ei ou mente agem",
    "nl": "ij aa oe ee oo sch heid lijk en_ ui cht uw",
}
# Nobody writes more than a line of these languages without one of these letters.
UNMISTAKABLE = {"be": "ў", "sr": "јљњђћџ", "bg": "ъ"}
# Families share words; who has fewer speakers must show more.
WEIGHT = {"ca": 0.85, "da": 0.9, "ro": 0.9, "id": 0.95, "be": 0.9, "bg": 0.9, "sr": 0.9}
_TOKEN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_TABLE = {
    script: {language: frozenset(words.split()) for language, words in each.items()}
    for script, each in WORDS.items()
}
MAX_SIGNS = 20_000
# A Japanese text of nouns still has its particles: about a third is kana.
KANA_SHARE = 0.05


# ISO 639-1: https://www.loc.gov/standards/iso639-2/php/code_list.php
CODES = frozenset(
    """
    aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr
    cs cu cv cy da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu
    gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk
    kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms
    mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro
    ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl
    tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
    """.split()
)


def is_known(tag: str) -> bool:
    """Say whether a tag names a language that is known here.

    >>> is_known("it"), is_known("pt-BR"), is_known("v2")
    (True, True, False)
    """
    return tag.partition("-")[0] in CODES


def alike(one: str, other: str) -> bool:
    """Say whether two tags name one language, wherever it is spoken (RFC 4647).

    >>> alike("pt-BR", "pt"), alike("it", "en")
    (True, False)
    """
    return one.partition("-")[0].lower() == other.partition("-")[0].lower() != ""


def detect(text: str, default: str = "en") -> str:
    """Return the language as a BCP 47 tag; `default` where nothing shows one.

    >>> detect("Come dormire meglio la notte"), detect("Как спать"), detect("42")
    ('it', 'ru', 'en')
    """
    text = unicodedata.normalize("NFC", text[:MAX_SIGNS]).replace("’", "'")
    scripts = Counter(filter(None, map(_script, text)))
    if not scripts:
        return default
    # Signs that stand for syllables or words weigh more than letters.
    weighed = {
        script: count * (3 if script in {"han", "kana", "hangul"} else 1)
        for script, count in scripts.items()
    }
    best = max(weighed, key=weighed.__getitem__)
    if best in {"han", "kana"}:
        signs = scripts["han"] + scripts["kana"]
        return "ja" if scripts["kana"] > signs * KANA_SHARE else "zh"
    return ONE_LANGUAGE.get(best) or _by_words(text.lower(), best, default)


def _script(char: str) -> str:
    if not char.isalpha():
        return ""
    code = ord(char)
    if code < SCRIPTS[0][0]:
        return "latin"
    for first, last, script in SCRIPTS:
        if first <= code <= last:
            return script
    return "latin" if 0x1E00 <= code <= 0x1EFF else ""  # noqa: PLR2004


def _by_words(text: str, script: str, default: str) -> str:
    words = _TOKEN.findall(text)
    # "l'amore", "qu'il" show their language in the part before the apostrophe.
    words += [part for word in words if "'" in word for part in word.split("'")]
    letters = Counter(text)
    scores = {
        language: WEIGHT.get(language, 1.0)
        * (_word_score(words, known) + _letter_score(letters, script, language))
        for language, known in _TABLE[script].items()
    }
    if script == "latin":
        padded = " " + " ".join(words) + " "
        for language, pieces in PIECES.items():
            scores[language] += 0.15 * sum(
                padded.count(piece.replace("_", " ")) for piece in pieces.split()
            )
    for language, sign in UNMISTAKABLE.items():
        if language in scores and not any(letter in letters for letter in sign):
            del scores[language]
    best = max(scores, key=scores.__getitem__)
    if scores[best] > 0:
        return best
    return {"arabic": "ar", "cyrillic": "ru"}.get(script, default)


def _word_score(words: list[str], known: frozenset[str]) -> float:
    # Words of one letter are in many languages.
    return sum((0.4 if len(word) == 1 else 1.0) for word in words if word in known)


def _letter_score(letters: Counter[str], script: str, language: str) -> float:
    each = 0.3 if script == "latin" else 0.7
    own = LETTERS.get(script, {})
    total = 0.0
    for letter in own.get(language, ""):
        sharers = sum(letter in others for others in own.values())
        total += letters[letter] * each / sharers
    return total


def direction(language: str, text: str = "") -> Direction:
    """Return which way the text runs: by its language, else by its first letters.

    >>> direction("ar"), direction("en"), direction("", "שלום")
    ('rtl', 'ltr', 'rtl')
    """
    primary, _, rest = language.lower().partition("-")
    if "latn" in rest:
        return "ltr"
    if primary:
        return "rtl" if primary in RIGHT_TO_LEFT else "ltr"
    for char in text:
        kind = unicodedata.bidirectional(char)
        if kind in {"L", "R", "AL"}:
            return "ltr" if kind == "L" else "rtl"
    return "ltr"
