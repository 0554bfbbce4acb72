"""Where sentences end: abbreviations, initials, decimals, ellipses and quotations are known.

The rules of each language are sentencex's (the splitter of Wikimedia's translation tools). It is
asked line by line; what it leaves open between languages is mended here: a sentence does not begin
with a small letter, nor end within a word, after an initial or before the number it announces.
"""

import re
from collections.abc import Iterator

import regex

_LANGUAGE_WORDS = {
    "en": "the and of to was is that with he she it for",
    "de": "der die das und ist nicht ein eine mit sie er im war zu",
    "fr": "le la les et est une des du que dans il elle pas un",
    "es": "el la los las y es una que en no del un con su se",
    "it": "il la di e che non un una per del della è con si",
    "pt": "o a os as e é um uma que não do da em com",
    "nl": "de het een en van is dat niet op zijn naar",
}
_SCRIPTS = (
    (regex.compile(r"[\p{Hiragana}\p{Katakana}]"), "ja"),
    (regex.compile(r"\p{Han}"), "zh"),
    (regex.compile(r"\p{Cyrillic}"), "ru"),
)
_SAMPLE_CHARACTERS = 4000
"""So much of a text shows its language."""
_INITIAL = regex.compile(r"(?:^|[\s(«„“\"'\-.])\p{Lu}\.\s*$")
_BEFORE_NUMBER = re.compile(
    r"(?:^|[\s(])(?:vols?|nos?|nrs?|bd|pp?|ss?|figs?|ch|chap|cap|kap|secs?|sect|art|eq|ref|abb|tab"
    r"|n|núm|págs?|рис|стр|с|гл|табл|п|д|кв|№)\.\s*$",
    re.IGNORECASE,
)
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:dr|dra|mr|mrs|ms|mm|prof|st|ste|sr|sra|srta|sres|dña|ud|uds|fa|hr|fr|bzw|ca|vgl"
    r"|str|\w+str|abb|fig|gen|col|lt|capt|sgt|rev|hon|messrs|cf|ул|им|пр|пер|акад|проф|гр)\.\s*$",
    re.IGNORECASE,
)
_ORDINAL = re.compile(r"(?:^|(?<![.])[\s(])\d{1,2}\.\s*$")
_SMALL_START = regex.compile(r"(?:[—–\-]\s*)?[\"'“”„«»‘’]*\p{Ll}")
_BRACKETED = regex.compile(r"\([^()\n]*[.!?…]\)(?=\s+\S)|（[^（）\n]*[。！？…]）(?=\S)")
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\u3000-\u303f\uff01-\uffee”’」』…]")


def split_sentences(text: str, language: str = "") -> list[tuple[int, int]]:
    """Return start and end of each sentence of ``text``, in code points; lines end them too."""
    code = language.lower().split("-")[0] or detect_sentence_language(text)
    spans, offset = [], 0
    for line in text.split("\n"):
        for start, end in _split_line(line, code):
            piece = line[start:end]
            if content := piece.strip():
                first = offset + start + len(piece) - len(piece.lstrip())
                spans.append((first, first + len(content)))
        offset += len(line) + 1
    return spans


def detect_sentence_language(text: str) -> str:
    """Return the language whose sentence rules fit ``text`` best: by its script or small words."""
    sample = text[:_SAMPLE_CHARACTERS]
    letters = sum(map(str.isalpha, sample))
    for script, code in _SCRIPTS:
        if len(script.findall(sample)) * 4 > letters:
            return code
    scores = count_small_words(sample)
    return max(scores, key=lambda code: scores[code])


def count_small_words(text: str) -> dict[str, int]:
    """Return how many of each language's small words stand in ``text``, by its code."""
    text_words = text.casefold().split()
    return {
        code: sum(map(set(small_words.split()).__contains__, text_words))
        for code, small_words in _LANGUAGE_WORDS.items()
    }


def _split_line(line: str, language: str) -> Iterator[tuple[int, int]]:
    import sentencex

    start = end = 0
    for piece in sentencex.segment(language, line):
        end += len(piece)
        if end < len(line) and not _ends_sentence(line[start:end], line[end:], language):
            continue
        yield from _split_after_brackets(line, start, end)
        start = end
    if start < len(line):
        yield start, len(line)


def _ends_sentence(before: str, after: str, language: str) -> bool:
    if not before[-1].isspace() and not after[0].isspace():
        return bool(_UNSPACED.match(before[-1]) or _UNSPACED.match(after))
    after = after.lstrip()
    if not before.rstrip().endswith(".") or not after:
        return not (_SMALL_START.match(after) and before.rstrip()[-1:] in "”’\"'»…")
    return not (
        _SMALL_START.match(after)
        or _INITIAL.search(before)
        or _ABBREVIATION.search(before)
        or (after[0].isdigit() and _BEFORE_NUMBER.search(before))
        or (language == "de" and _ORDINAL.search(before))
    )


def _split_after_brackets(line: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield a sentence that stands in brackets apart from the one after it."""
    lead = len(line[start:end]) - len(line[start:end].lstrip())
    if bracketed := _BRACKETED.match(line, start + lead, end):
        yield start, bracketed.end()
        start = bracketed.end()
    yield start, end
