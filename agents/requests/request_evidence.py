"""What a request's own words bear out of what a model says it fixes: numbers, and a language.

A small model fills in a number wherever there is room for one.
"""

import re

from inkwright.memory.domain.brief import Placement

_UNITS = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth"
    " fourteenth fifteenth"
)
_HAN = "一二三四五六七八九"
_HAN_NUMBER = re.compile(rf"([{_HAN}]?)(十?)([{_HAN}]?)")
_SPELT = {
    **{word: n for n, word in enumerate(_UNITS.split(), 1)},
    **{word: n for n, word in enumerate(_ORDINALS.split(), 1)},
    **dict.fromkeys(("opening", "begins", "beginning", "首章", "首节", "开篇"), 1),
    **dict.fromkeys(("other", "alternate", "隔"), 2),
    "两": 2,
}
LANGUAGES = {
    "zh": ("chinese", "mandarin", "中文", "汉语", "漢語", "华文"),
    "ja": ("japanese", "日语", "日文", "日本語"),
    "en": ("english", "英文", "英语", "英語"),
    "fr": ("french", "français", "法文", "法语"),
    "de": ("german", "deutsch", "德文", "德语"),
    "es": ("spanish", "español", "西班牙文", "西班牙语"),
    "it": ("italian", "italiano", "意大利文", "意大利语"),
    "pt": ("portuguese", "português", "葡萄牙文", "葡萄牙语"),
    "nl": ("dutch", "nederlands", "荷兰文", "荷兰语"),
    "ru": ("russian", "русском", "俄文", "俄语"),
    "ko": ("korean", "한국어", "韩文", "韩语"),
}


def verify_placement(where: Placement, quote: str) -> Placement:
    """Return ``where`` if ``quote`` names its numbers; else somewhere in the piece.

    Where the quote names only other numbers the place was counted from them (“row 3, seat 2”).
    """
    named_numbers = find_numbers(quote)
    claimed_numbers = (
        {where.first, where.last, where.every} if where.scope == "periodic" else {where.first}
    )
    if named_numbers and not named_numbers & (claimed_numbers | {where.last}):
        return where
    names_first = where.first in named_numbers
    support_by_scope = {
        "once": names_first,
        "range": (names_first or where.first == 1)
        and (where.last is None or where.last in named_numbers),
        "periodic": where.every in named_numbers
        and (names_first or where.first in (1, where.every)),
    }
    return where if support_by_scope.get(where.scope, True) else Placement()


def find_numbers(quote: str) -> frozenset[int]:
    """Return the numbers that ``quote`` names: in digits, as words, as ordinals, in Chinese."""
    quote_text = quote.lower()
    spelt_numbers = {n for word, n in _SPELT.items() if re.search(_word_pattern(word), quote_text)}
    return frozenset(
        {int(n) for n in re.findall(r"\d{1,6}", quote_text)}
        | spelt_numbers
        | _find_han_numbers(quote_text)
    )


def find_language(quote: str) -> str | None:
    """Return the ISO 639-1 code of the one language that ``quote`` names."""
    quote_text = quote.lower()
    language_codes = [
        c
        for c, names in LANGUAGES.items()
        if any(re.search(_word_pattern(n), quote_text) for n in names)
    ]
    return language_codes[0] if len(language_codes) == 1 else None


def _word_pattern(word: str) -> str:
    return rf"\b{re.escape(word)}\b" if word.isascii() else re.escape(word)


def _find_han_numbers(text: str) -> set[int]:
    """Return the numbers up to 99 that are written in Chinese."""
    values = set()
    for tens, ten, ones in _HAN_NUMBER.findall(text):
        value = _HAN.find(ones) + 1 if ones else 0
        if ten:
            value += 10 * (_HAN.index(tens) + 1 if tens else 1)
        elif tens:
            value = _HAN.index(tens) + 1
        if value:
            values.add(value)
    return values
