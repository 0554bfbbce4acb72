"""How many chapters, sections or other parts a request asks for, in its own words."""

import re
from dataclasses import dataclass

from inkwright.agents.requests.number_words import NUMBER, parse_number

_NOUNS = (
    r"chapters?|sections?|parts?|entr(?:y|ies)|letters?|episodes?|scenes?|lessons?|poems?|"
    r"essays?|stor(?:y|ies)|"
    r"units?|days?|weeks?|months?|acts?|articles?|posts?|modules?|"
    r"kapiteln?|abschnitte?n?|teile?n?|einträge?n?|briefe?n?|folgen|szenen?|"
    r"chapitres?|parties?|lettres?|épisodes?|scènes?|"
    r"capítulos?|secciones|sección|partes?|cartas?|entradas?|episodios?|escenas?"
)
PART_NOUN = rf"\b(?:{_NOUNS})\b|[章节篇集回幕课]|部分"
"""Something that a piece has several of."""
_OUTLINE_NOUNS = re.compile(
    r"chapters?|sections?|parts?|acts?|kapiteln?|abschnitte?n?|teile?n?|chapitres?|parties?|"
    r"capítulos?|secciones|partes?|[章节幕]|部分",
    re.IGNORECASE,
)
"""Parts that an outline is made of, whatever the piece is."""
_ANY_ADJECTIVE = r"(?:[^\W\d]+(?:-[^\W\d]+)?\s+){0,2}?"
_COUNTED_PARTS = re.compile(
    rf"(?P<count>{NUMBER})\s*[个]?\s*(?:-\s*)?(?:{_ANY_ADJECTIVE})(?P<noun>\b(?:{_NOUNS})\b|"
    rf"[章节篇集回幕课]|部分)",
    re.IGNORECASE,
)
_NOT_A_COUNT = re.compile(
    r"(?:第|\b(?:chapters?|sections?|parts?|letters?|first|last|only|next|one of|every|than|"
    r"row|to)\s*)$",
    re.IGNORECASE,
)
_SINGULAR = re.compile(
    r"chapter|section|part|entry|letter|episode|scene|lesson|poem|essay|story|unit|day|week|"
    r"month|act|article|post"
    r"|module",
    re.IGNORECASE,
)
_PERIODS = {
    "year": {"month": 12, "week": 52, "season": 4},
    "week": {"day": 7},
    "month": {"week": 4, "day": 30},
}
_ONE_EACH = re.compile(
    r"\b(?:one|an?)\s+(?P<noun>entr(?:y|ies)|chapter|section|letter|part|poem|scene)\s+(?:an?|"
    r"per|for each|for every|each|every)\s+(?P<step>month|week|day|season)\b",
    re.IGNORECASE,
)
MAX_PARTS = 400


@dataclass(frozen=True)
class RequestedParts:
    """A number of parts that the piece is to have."""

    count: int
    noun: str
    quote: str

    @property
    def shapes_outline(self) -> bool:
        """True for chapters, sections and the like; letters and days may be told otherwise."""
        return bool(_OUTLINE_NOUNS.fullmatch(self.noun))


def find_parts(request: str) -> RequestedParts | None:
    """Return the number of parts that ``request`` asks for the whole; None: it names none."""
    if match := _ONE_EACH.search(request):
        for period, steps in _PERIODS.items():
            count = steps.get(match.group("step").lower(), 0)
            if count and re.search(
                rf"\b(?:an?|one|the)\s+(?:whole\s+)?{period}\b", request, re.IGNORECASE
            ):
                return RequestedParts(count, match.group("noun"), match.group())
    for match in _COUNTED_PARTS.finditer(request):
        before = request[max(0, match.start() - 16) : match.start()]
        value = parse_number(match.group("count"))
        is_one_of_many = match.group("count")[0] in "一" and value == 1
        is_singular = bool(_SINGULAR.fullmatch(match.group("noun"))) and "-" not in match.group()
        if _NOT_A_COUNT.search(before) or is_one_of_many or is_singular or value != int(value):
            continue
        if 1 < value <= MAX_PARTS and not re.search(r"\bwords?\b", match.group(), re.IGNORECASE):
            return RequestedParts(int(value), match.group("noun"), match.group())
        if words_match := re.search(r"\bwords?\b", match.group(), re.IGNORECASE):
            head = re.search(rf"({NUMBER})\s+$", before, re.IGNORECASE)
            if (
                head
                and words_match
                and 1 < (count := int(parse_number(head.group(1)))) <= MAX_PARTS
            ):
                return RequestedParts(count, match.group("noun"), f"{head.group()}{match.group()}")
    return None
