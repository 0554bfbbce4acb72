"""Titles without what a model puts around them."""

import regex

from inkwright.memory.text.normalise import normalise

_LABELS = (
    r"title|chapter|section|part|scene|episode|book|titel|kapitel|abschnitt|teil|szene|titre"
    r"|chapitre|partie|scène"
    r"|título|capítulo|sección|parte|escena|titolo|capitolo|sezione|scena|seção|secção|cena"
    r"|заголовок|название|глава"
    r"|раздел|часть|сцена|标题|題名|タイトル|제목"
)
_NUMBER = (
    r"(?:\d{1,3}|[ivxlc]{1,6}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
    r"|eins|zwei|drei|vier|fünf"
    r"|sechs|sieben|acht|neun|zehn|un|deux|trois|quatre|cinq|uno|dos|tres|cuatro|cinco|due"
    r"|tre|quattro|cinque|um|dois"
    r"|três|quatro|один|два|три|четыре|пять|первая|вторая|третья)"
)
_LABELLED = regex.compile(
    rf"(?:{_LABELS})\s+{_NUMBER}\s*[:：.,)\-–—|]+\s*(?=\S)|(?:{_LABELS})\s*[:：]\s*(?=\S)"
    r"|第\s*[\d一二三四五六七八九十百零〇两]+\s*[章节節回部篇卷幕][\s:：、.·—-]*(?=\S)"
    r"|(?:\d{1,3}|[IVX]{1,5}(?!\.\s\p{Lu}\.))\s*[.)、:]\s*(?=\D)",
    regex.IGNORECASE,
)
_MARKS = "#*_~` \t=\u00a0"
_QUOTES = (
    ('"', '"'),
    ("“", "”"),
    ("„", "“"),
    ("«", "»"),
    ("‘", "’"),
    ("'", "'"),
    ("「", "」"),
    ("《", "》"),
    ("【", "】"),
)


def clean_title(title: str) -> str:
    """Return ``title`` without heading marks, emphasis, quotation marks, labels and numbers.

    What would leave nothing stays: "Chapter 3" is a title where it is all there is.
    """
    text = title.strip()
    while text:
        shorter = text.lstrip(_MARKS).rstrip(_MARKS)
        for first, last in _QUOTES:
            inner = shorter[1:-1]
            if (
                len(shorter) > 2
                and shorter[0] == first
                and shorter[-1] == last
                and first not in inner
            ):
                shorter = inner
        if label := _LABELLED.match(shorter):
            shorter = shorter[label.end() :]
        if shorter == text:
            break
        if not normalise(shorter):
            return text
        text = shorter.strip()
    return text or title.strip()


def is_title_line(line: str, title: str) -> bool:
    """True for a line that says only the title, with whatever marks, label and number."""
    plain_title = normalise(clean_title(title))
    if not plain_title or not line.strip() or len(line) > 3 * len(title) + 60:
        return False
    return normalise(line) == plain_title or normalise(clean_title(line)) == plain_title
