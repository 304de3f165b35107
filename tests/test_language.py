"""Which language a text is in, and which way it runs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.language import RIGHT_TO_LEFT, detect, direction

SAMPLES = {
    "en": ("How to sleep better", "Trust and safety in relationships"),
    "it": ("Come dormire meglio", "L'amore e la fiducia", "Il sonno"),
    "es": ("Cómo dormir mejor", "El amor y la confianza", "¿Por qué soñamos?"),
    "fr": ("Comment mieux dormir", "L’amour et la confiance", "Le sommeil"),
    "de": ("Wie man besser schläft", "Liebe und Vertrauen", "Der Schlaf"),
    "ru": ("Как лучше спать", "Любовь и доверие", "Сон"),
    "uk": ("Як краще спати", "Любов і довіра", "Їжа та сон"),
    "ar": ("كيف تنام بشكل أفضل", "الحب والثقة", "النوم"),
    "fa": ("چگونه بهتر بخوابیم", "عشق و اعتماد", "خواب خوب است"),
    "ur": ("بہتر نیند کیسے لیں", "محبت اور اعتماد"),
    "he": ("איך לישון טוב יותר", "אהבה"),
    "zh": ("如何睡得更好", "爱与信任"),
    "ja": ("よく眠る方法", "愛と信頼", "睡眠の科学"),
    "pt": ("Como dormir melhor à noite", "O amor e a confiança"),
    "nl": ("Hoe je beter slaapt", "Liefde en het vertrouwen"),
    "ko": ("더 잘 자는 방법",),
    "el": ("Πώς να κοιμάστε καλύτερα",),
}


@pytest.mark.parametrize(
    ("language", "sample"),
    [(language, sample) for language, each in SAMPLES.items() for sample in each],
)
def test_even_short_texts_show_their_language(language: str, sample: str) -> None:
    assert detect(sample) == language


def test_a_few_foreign_words_do_not_turn_a_text() -> None:
    assert (
        detect("The word 睡眠 means sleep, and сон means both sleep and dream.") == "en"
    )
    assert (
        detect("散步 (walking) 的时候，脚步的节奏占据了容易分心的那部分注意力。")
        == "zh"
    )
    assert detect("كتب Jane Doe مقالا عن النوم في المدينة الكبيرة.") == "ar"


def test_what_shows_no_language_has_the_default() -> None:
    assert (detect(""), detect("42 !"), detect("42", "it")) == ("en", "en", "it")


@given(st.text())
def test_any_text_has_a_language(text: str) -> None:
    assert detect(text)


def test_direction_follows_the_language_then_the_letters() -> None:
    assert {direction(language) for language in RIGHT_TO_LEFT} == {"rtl"}
    assert direction("ar-EG") == "rtl"
    assert direction("az-Latn") == "ltr"
    assert direction("en", "שלום") == "ltr"
    assert direction("", "42 שלום") == "rtl"
    assert direction("", "") == "ltr"
