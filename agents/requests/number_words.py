"""Numbers as people write them: 1,500, 1.500, 1,5k, two thousand, zwölf, 3万, 一万五千."""

import re

_ENGLISH = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen"
)
_GERMAN = "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf"
_FRENCH = "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze"
_SPANISH = (
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince"
)
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "eighty": 80,
    "zwanzig": 20, "dreißig": 30, "vingt": 20, "trente": 30, "veinte": 20, "treinta": 30,
}  # fmt: skip
_SCALES = {
    "hundred": 100, "thousand": 1000, "k": 1000, "hundert": 100, "tausend": 1000, "cent": 100,
    "cents": 100, "mille": 1000, "cien": 100, "mil": 1000, "dozen": 12,
}  # fmt: skip
_VALUES = {
    **{
        word: n
        for words in (_ENGLISH, _GERMAN, _FRENCH, _SPANISH)
        for n, word in enumerate(words.split())
    },
    **_TENS,
}
_HAN_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_HAN_SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "萬": 10_000}
_WORD = "|".join(sorted((*_VALUES, *_SCALES), key=len, reverse=True))
_FIGURES = r"\d[\d.,'’\u00a0\u202f]*(?<![.,'’])(?:[ ]\d{3}(?!\d))*"
_HAN = "零〇一二两三四五六七八九十百千万萬"
NUMBER = (
    rf"(?:(?:{_FIGURES})(?:[ -]?(?:k|thousand|hundred|tausend|mille|mil)\b|"
    rf"\s*[百千万萬](?:[{_HAN}]|\d+[百千]?)*)?"
    rf"|[{_HAN}]+"
    rf"|\b(?:a\s+(?=hundred|thousand|dozen))?(?:{_WORD})(?:[ -](?:and\s+)?(?:{_WORD}))*\b)"
)
"""A number, to be read by ``parse_number``; for patterns that ignore case."""
_FIGURES_AND_SCALE = re.compile(rf"({_FIGURES})[ -]?(.*)", re.DOTALL)
_THOUSANDS = re.compile(r"\d{1,3}(?:[.,'’ \u00a0\u202f]\d{3})+")


def parse_number(text: str) -> float:
    """Return the number that ``text``, a match of ``NUMBER``, stands for."""
    number_text = text.strip().lower()
    if match := _FIGURES_AND_SCALE.fullmatch(number_text):
        figures, scale = match.groups()
        value = _parse_figures(figures)
        if not scale:
            return value
        if scale in _SCALES:
            return value * _SCALES[scale]
        return value * _HAN_SCALES[scale[0]] + (parse_number(scale[1:]) if scale[1:] else 0)
    if number_text[0] in _HAN:
        return _parse_han(number_text)
    total = part = 0
    for word in re.split(r"[ -]+", number_text):
        if word in _SCALES:
            part = (part or 1) * _SCALES[word]
            if _SCALES[word] == 1000:
                total, part = total + part, 0
        else:
            part += _VALUES.get(word, 0)
    return total + part


def _parse_figures(figures: str) -> float:
    """Read separators of thousands, and decimals, of either fashion: three digits are thousands."""
    if _THOUSANDS.fullmatch(figures):
        return float(re.sub(r"\D", "", figures))
    plain_figures = re.sub(r"['’ \u00a0\u202f]", "", figures)
    head, decimal_mark, tail = re.fullmatch(r"(.*?)(?:([.,])(\d{1,2}))?", plain_figures).groups()  # type: ignore[union-attr]
    return float(re.sub(r"\D", "", head) + (f".{tail}" if decimal_mark else ""))


def _parse_han(number: str) -> float:
    whole = part = digit = last_scale = 0
    for sign in number:
        scale = _HAN_SCALES.get(sign)
        if scale == 10_000:
            whole, part, digit = (whole + part + digit or 1) * scale, 0, 0
        elif scale:
            part, digit = part + (digit or 1) * scale, 0
        else:
            digit = digit * 10 + _HAN_DIGITS[sign] if digit else _HAN_DIGITS[sign]
            last_scale = 1 if sign in "零〇" else last_scale
            continue
        last_scale = scale
    return whole + part + digit * (last_scale // 10 if last_scale >= 1000 else 1)
