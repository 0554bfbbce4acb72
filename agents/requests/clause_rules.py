"""Rules for single clauses of a request: what can be checked by code, and where it holds."""

import re
from collections.abc import Callable, Iterator

from inkwright.agents.requests.number_words import NUMBER, parse_number
from inkwright.agents.requests.request_evidence import LANGUAGES, find_language, find_numbers
from inkwright.agents.requests.request_language import NEGATION, WISH
from inkwright.agents.requests.requested_length import find_bounds_of_parts
from inkwright.agents.requests.requested_parts import PART_NOUN, find_parts
from inkwright.memory.domain.constraint import Constraint
from inkwright.memory.domain.placement import Placement

Fields = dict[str, object]
MAX_PHRASE_CHARS = 200
MAX_ITEMS = 200
"""A list that is asked for has no more items; a larger number counts something else."""


def _compile(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


QUOTATION = re.compile(
    r"“([^”]+)”|\"([^\"]+)\"|«\s*([^»]+?)\s*»|„([^“”]+)[“”]|「([^」]+)」|『([^』]+)』|"
    r"(?<!\w)['‘]([^'’]+)['’](?!\w)"
)
_WORD_NOUN = _compile(
    r"\b(?:words?|phrases?|terms?|expressions?|wort|worte|wörter|begriffe?|ausdrücke?|mots?|"
    r"termes?|palabras?|términos?)\b",
    r"[字词语]|句子|表述",
)
_SAYS = _compile(
    r"\b(?:mention\w*|includ\w*|contain\w*|use[sd]?|using|say\w*|names?|write|appears?|occurs?|"
    r"reads?|"
    r"verwende\w*|nenne\w*|genannt|erwähn\w*|enthalt\w*|enthält|vorkommen|benutze\w*|"
    r"mentionne\w*|utilise\w*|conten\w+|contient|emploie\w*|apparaît\w*|menciona\w*|usa\w*|"
    r"utiliza\w*|incluy\w*)\b",
    r"提到|提及|包含|出现|写到|写出|用到|使用|写上|点出|含有",
)
_BARE_WORD = re.compile(
    r"\b(?:the|le|la|das|el)\s+(?:words?|mots?|wort|palabra)\s+(?!for\b|of\b|that\b|count\b|"
    r"limit\b|in\b|is\b|and\b)([^\W\d][\w'’-]*)",
    re.IGNORECASE,
)
_MENTION_OF = re.compile(
    r"\bmentions?\s+(?:the\s+|"
    r"an?\s+)?((?:[\w'’-]+\s+(?:of\s+)?){0,3}?[\w'’-]+)(?=\s+(?:at least|once|twice|in|and|by|"
    r"when)\b|[.,;!]|\s*$)",
    re.IGNORECASE,
)
_GENERIC = re.compile(
    r"\b(?:any|every|each|some|one|two|three|all|their|his|her|its|how|why|that|what|who|it|"
    r"them|at)\b",
    re.IGNORECASE,
)
_ENDS = _compile(
    r"\b(?:end|ends|close[sd]?|sign(?:s|ed)? off|finish\w*|conclude\w*|(?:last|final|"
    r"closing) (?:line|sentence|words?))\b",
    r"\b(?:ende[nt]?|schlie(?:ß|ss)\w*|(?:letzte[rns]?|schluss)(?: satz| zeile)?|se termine|"
    r"termin\w+|finis\w*|dernière (?:phrase|ligne)|acaba\w*|última (?:frase|línea))\b",
    r"结束|结尾|收尾|最后一[句行]|末句",
)
_BEGINS = _compile(
    r"\b(?:begin|begins|start|starts|open|opens|(?:first|opening) (?:line|sentence|words?)|"
    r"at the (?:top|beginning|start))\b",
    r"\b(?:beginn\w*|am anfang|erste[rns]? (?:satz|zeile)|commenc\w*|première (?:phrase|"
    r"ligne)|comien\w*|empie\w*|primera (?:frase|línea))\b",
    r"开头|开篇|第一[句行]",
)
_WITH_WORDS = (
    r"(?:with|on|by|mit|par|con|saying)\s+(?:(?:the|den|dem|der|les|la|las)\s+)?(?:exact\s+)?"
    r"(?:words?|sentence|line|phrase|question|worten?|satz|mots?|phrase|palabras?|frase)?[\s:,]*$"
)
_IS = (
    r"\s+(?:(?:must|should|shall|has to|muss|soll|doit|debe)\s+)?"
    r"(?:be|is|are|read|reads|sein|ist|lauten|lautet|être|est|ser|es)?[\s:]*$"
)
_BEGINS_WITH = _compile(
    r"\b(?:begin|start|open|beginn|commenc|comien|comenz|empie)\w*\s+(?:[\w’']+\s+){0,4}?"
    rf"{_WITH_WORDS}",
    r"\b(?:(?:first|opening) (?:line|sentence|words?)|erste[rn]? (?:satz|zeile)"
    rf"|première phrase){_IS}",
    r"(?:第一句|开头一?句?)话?(?:必须|要|应)?[是为][:：]?$",
)
_ENDS_WITH = _compile(
    r"\b(?:end|close|sign(?:s|ed)? off|finish|conclude|ende|schlie(?:ß|ss)|termin|acab)\w*\s+"
    rf"(?:[\w’']+\s+){{0,4}}?{_WITH_WORDS}",
    r"\b(?:(?:last|final|closing) (?:line|sentence|words?)|letzte[rn]? (?:satz|zeile)"
    rf"|dernière phrase){_IS}",
    r"(?:最后一句|结尾一?句?|末句)话?(?:必须|要|应)?[是为][:：]?$",
)
EACH = _compile(
    r"\b(?:each|every|all|throughout|always|any|no (?:chapter|section|part|entry|letter)|"
    r"jede[rsmn]?|alle[nr]?|chaque|tou(?:s|tes)|cada|tod[oa]s)\b",
    r"每|各|全书|全文|通篇|任何一",
)
_PERSONS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "first",
        _compile(
            r"\bfirst[- ]person\b|第一人称|\bich-(?:form|erzähl\w*|perspektive)|ersten person",
            r"première personne|primera persona",
        ),
    ),
    (
        "second",
        _compile(
            r"\bsecond[- ]person\b|第二人称|\bdu-form|zweiten person",
            r"deuxième personne|segunda persona",
        ),
    ),
    (
        "third",
        _compile(
            r"\bthird[- ]person\b|第三人称|\b(?:er|sie)-(?:form|erzähl\w*|perspektive)",
            r"dritten person",
            r"troisième personne|tercera persona",
        ),
    ),
)
_TENSES: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "past",
        _compile(
            r"\bpast tense\b|过去时|\bim (?:präteritum|imperfekt)|vergangenheitsform",
            r"\bau passé\b|\ben pasado\b",
        ),
    ),
    (
        "present",
        _compile(
            r"\bpresent tense\b|现在时|\bim präsens|gegenwartsform",
            r"\bau présent\b|\ben presente\b",
        ),
    ),
)
_IN_LANGUAGE = _compile(
    r"\b(?:write|written|text|piece|answer|everything|all|be|it)\b[^.,]*\bin\s+(?:\w+\s+)?(?:"
    + "|".join(n for names in LANGUAGES.values() for n in names if n.isascii())
    + r")\b",
    r"用(?:简体|繁体)?(?:"
    + "|".join(n for names in LANGUAGES.values() for n in names if not n.isascii())
    + r")(?:写|撰写|书写|回答|创作|完成)?",
)
_TABLE = _compile(
    r"\b(?:an?|one|in|as|two|three|"
    r"\d+)\s+(?:\w+\s+){0,2}?tables?\b(?! of contents)(?!\s+(?:manners|tennis|cloth))",
    r"\btabellen?\b",
    r"\btableaux?\b (?=d|qui|avec|de)|\bun tableau\b",
    r"\b(?:una|en) tablas?\b",
    r"表格|一张[^，。]{0,20}表(?!达|示|现)",
)
_CHECKLIST = _compile(
    r"\bcheck-?lists?\b",
    r"\bchecklisten?\b",
    r"\blistes? de contrôle\b",
    r"\blistas? de verificación\b",
    r"检查清单|核对清单|清单",
)
_NUMBERED = _compile(
    r"\bnumbered\b",
    r"\bnummeriert\w*|durchnummeriert\w*",
    r"\bnumérotée?s?\b",
    r"\bnumerad[oa]s?\b",
    r"并(?:加以)?编号|编号(?:列表|清单)|依次编号|逐条编号|编上序号",
)
_NUMBERED_PARTS = re.compile(rf"(?:{PART_NOUN})\W+(?:\w+\s+){{0,3}}numbered", re.IGNORECASE)
"""Chapters with numbers are no list."""
_LIST = _compile(
    r"\b(?:bullet(?:ed)?(?:[- ]points?| lists?)|a (?:short )?list\b|lists? of\b)",
    r"\b(?:aufzählung|liste) (?:von|mit|aus)\b|\baufzählung\b",
    r"\bune liste\b",
    r"\buna lista\b",
    r"列表",
)
_QUOTE_BLOCK = _compile(
    rf"\b(?:an?|one|two|three|four|five|{NUMBER})\s+(?:\w+\s+)?(?:quotations?|quotes?)\b",
    r"\b(?:ein|zwei|drei)\s+(?:\w+\s+)?zitate?\b",
    r"\bune citation\b",
    r"\buna cita textual\b",
    r"引语|引文",
)
_NUMBERED_TO = re.compile(
    rf"(?:numbered|from|nummeriert|von|numérotées? de|编号)\s*(?:from\s+)?1\s*(?:to|-|–|bis|à|a|"
    rf"到|至)\s*({NUMBER})",
    re.IGNORECASE,
)
_COUNT = re.compile(
    rf"(?P<relation>exactly|at least|at most|no more than|up to|genau|mindestens|höchstens|"
    rf"exactement|au moins|au plus|exactamente|al menos|至少|最多|恰好|正好)?\s*"
    rf"(?P<count>{NUMBER})[个条项句]?\s*(?=[^\W\d]|$)",
    re.IGNORECASE,
)
_BULLET_MARKS = _compile(
    r"\bbullet(?:ed)?[- ]?(?:points?|lists?)?\b", r"\baufzählungszeichen\b", r"项目符号"
)
_EXCLAMATION = _compile(
    r"\bexclamation (?:marks?|points?)\b",
    r"\bausrufe?zeichen\b",
    r"\bpoints? d['’]exclamation\b",
    r"\bsignos? de exclamación\b",
    r"感叹号",
)
_TONE = _compile(
    r"\b(?:tone|voice|mood|tonfall|ton\b|tono)\b",
    r"\bstyle\b(?!.*\b(?:citation|guide)\b)",
    r"\b(?:stil|estilo)\b",
    r"语气|文风|基调|语言要|风格",
)
_ALL_OVER = _compile(
    r"\b(?:throughout|never|always|don['’]t|do not|avoid|no\b|without|use|write (?:in|with|as|"
    r"for)|sentences?|paragraphs?|spelling|keep|stay|tone|style|voice|language)\b",
    r"\b(?:nie|niemals|kein\w*|vermeide\w*|nicht|stets|immer|sprache|sachlich)\b",
    r"\b(?:jamais|évite\w*|pas de|toujours|ne\b)|n['’]",
    r"\b(?:nunca|evita|siempre)\b",
    r"不|避免|禁止|全书|全文|通篇|语言|语气|文风|风格",
)
_LAST = _compile(
    r"\b(?:last|final|closing)\s+(?:chapter|section|part|line|sentence|paragraph|words?|entry|"
    r"letter|scene|episode)\b|\bat the (?:very )?end\b|\b(?:ends?|closes?|concludes?|"
    r"finish(?:es)?|sign off)\b(?!\s+of)|\bending\b",
    r"\b(?:letzte[rsnm]?\s+\w+|am (?:ende|schluss)|schlie(?:ß|ss)e|endet)\b",
    r"\b(?:derni(?:er|ère)\s+\w+|à la fin|termine[rz]?|se termine)\b",
    r"\b(?:últim[oa]\s+\w+|al final|termina)\b",
    r"最后一?[章节篇部段句回集]|最后[，一]|结尾|末尾|结局|文末",
)
_FIRST = _compile(
    r"\b(?:begins?|starts?|opens?) (?:the \w+ )?with\b|\bopen\b|\b(?:opening|first) (?:line|"
    r"sentence|paragraph)\b|\bat the (?:top|beginning|start)\b|^the opening\b",
    r"\b(?:beginne|am anfang|erste[rn]? satz)\b",
    r"\b(?:commence[rz]? par|au début|première phrase)\b",
    r"\b(?:comienza|empieza|al principio)\b",
    r"开头|开篇",
)
_PART_NAME = (
    r"(?:chapters?|sections?|parts?|letters?|entr(?:y|ies)|episodes?|lessons?|decks?|acts?|scenes?"
    r"|kapitel|abschnitt|teil|brief|chapitre|partie|section|lettre|capítulo|parte|sección|carta)"
)
_NUMBERED_PART = re.compile(
    rf"\b{_PART_NAME}\s+(\d{{1,3}})(?:\s*(?:-|–|to|through|bis|"
    rf"à)\s*(?:{_PART_NAME}\s+)?(\d{{1,3}}))?\b",
    re.IGNORECASE,
)
_ORDINAL_PART = re.compile(
    rf"\b(first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|ersten?|zweiten?|"
    rf"dritten?|vierten?|premi(?:er|ère)|deuxième|troisième|quatrième|primer[ao]?|segund[ao]|"
    rf"tercer[ao]?)\s+(?:{_PART_NAME})\b",
    re.IGNORECASE,
)
_HAN_PART = re.compile(
    r"第\s*([\d一二三四五六七八九十]{1,3})\s*[个]?\s*(?:章|节|篇|回|集|部分|段|封|幕)"
)
_ORDINAL_VALUES = {
    "ers": 1, "pre": 1, "pri": 1, "fir": 1, "zwe": 2, "deu": 2, "seg": 2, "sec": 2, "dri": 3,
    "tro": 3, "ter": 3, "thi": 3, "vie": 4, "qua": 4, "fou": 4, "fif": 5, "six": 6, "sev": 7,
    "eig": 8, "nin": 9, "ten": 10,
}  # fmt: skip
_ELSEWHERE = _compile(
    r"\b(?:these|those|the above|any other|no other|nowhere else|diese[rn]?|ces|estos|estas)\b",
    r"上面|上述|其[他余]|不属于|这些",
)
"""Words that speak of other requirements, or of all places but one."""
_ONLY = _compile(
    r"\bonly\b", r"\bnur\b", r"\bseulement|uniquement|\bque dans", r"\bsolo|sólo\b", r"只|仅"
)
_IN_PARTS = re.compile(
    r"(?:\b(?:in|into|with|has|have|en|con|mit|exactly|of)|[分共有]|分为|分成|[:：,，]|^|"
    r"-word \w+)\s*(?:exactly\s+|genau\s+)?(?:about\s+)?$",
    re.IGNORECASE,
)


def read_constraints(clause: str, *, is_subject: bool = False) -> tuple[Constraint, ...]:
    """Return what ``clause`` asks for that code can check; a subject is asked for less easily."""
    readers: tuple[Callable[[str], Iterator[Fields]], ...] = (_read_voice, _read_parts)
    if not is_subject:
        readers = (_read_words, *readers, _read_blocks, _read_marks, _read_part_lengths)
    clause_fields = [fields for reader in readers for fields in reader(clause)]
    return tuple(
        Constraint.model_validate(
            {
                "text": clause,
                "source": "request",
                "quote": clause,
                "required": not WISH.search(clause),
                **fields,
            }
        )
        for fields in clause_fields
    )


def asks_for_words(request: str, quote: str, phrase: str) -> bool:
    """True when a request asks for ``phrase`` as words: quoted, “the word X”, “mention X”."""
    if re.search(
        r"exactly these words|word for word|verbatim|these exact words|wörtlich|mot pour mot|"
        r"原词|原话|逐字|一字不差",
        request,
        re.IGNORECASE,
    ):
        return True
    bare_phrase = phrase.casefold().strip()
    quotes = [next(g for g in m.groups() if g) for m in QUOTATION.finditer(request)]
    if any(bare_phrase in q.casefold() or q.casefold().strip(" .,") in bare_phrase for q in quotes):
        return True
    phrase_pattern = r"\s+".join(re.escape(w) for w in bare_phrase.split())
    forms = (
        r"\b(?:words?|phrases?|terms?|mentions?|mentioning|names?|naming|say|says|called)\s+"
        rf"(?:the\s+|an?\s+)?(?:words?\s+)?{phrase_pattern}"
        rf"|(?:提到|提及|写到|写出|出现|包含|词语?|点出)\s*{phrase_pattern}"
    )
    return bool(re.search(forms, quote, re.IGNORECASE))


def find_placement(clause: str) -> Placement:
    """Return where ``clause`` says that it holds; the whole piece where it does not say."""
    if _ELSEWHERE.search(clause):
        return Placement()
    if _ONLY.search(clause) and (_numbered_placement(clause) or _LAST.search(clause)):
        return Placement()
    if placement := _numbered_placement(clause):
        return placement
    if EACH.search(clause):
        return Placement(scope="all")
    if _LAST.search(clause):
        return Placement(scope="last")
    if _FIRST.search(clause):
        return Placement(scope="once", first=1)
    return Placement(scope="all") if _ALL_OVER.search(clause) else Placement()


def is_about_tone(clause: str) -> bool:
    """True for a clause on tone, voice, mood or style."""
    return bool(_TONE.search(clause)) and find_placement(clause).scope in ("all", "whole")


def _numbered_placement(clause: str) -> Placement | None:
    if match := _NUMBERED_PART.search(clause):
        first, last = int(match.group(1)), match.group(2)
        if last and int(last) > first > 0:
            return Placement(scope="range", first=first, last=int(last))
        return Placement(scope="once", first=first) if first else None
    if match := _HAN_PART.search(clause):
        numbers = [n for n in find_numbers(match.group(1)) if n > 0]
        return Placement(scope="once", first=min(numbers)) if numbers else None
    if match := _ORDINAL_PART.search(clause):
        return Placement(scope="once", first=_ORDINAL_VALUES[match.group(1).lower()[:3]])
    return None


def _read_words(clause: str) -> Iterator[Fields]:
    quotes = [next(g for g in m.groups() if g).strip() for m in QUOTATION.finditer(clause)]
    bare_words = [m.group(1) for m in _BARE_WORD.finditer(clause)]
    outside = QUOTATION.sub(" ", clause)
    is_negative = bool(NEGATION.search(outside))
    is_each = bool(EACH.search(outside))
    bare_phrases = (q.strip(" ,，") for q in (quotes or bare_words))
    phrases = tuple(q for q in bare_phrases if 0 < len(q) <= MAX_PHRASE_CHARS)
    if not phrases:
        yield from _read_mention(clause, is_negative)
        return
    frame = _find_frame(clause) if len(phrases) == 1 and quotes else ""
    if frame:
        yield from _read_frame(frame, phrases[0], find_placement(clause), is_negative, is_each)
        return
    if not (_SAYS.search(outside) or _WORD_NOUN.search(outside)):
        return
    if is_negative:
        where = _numbered_placement(clause) or Placement(scope="all")
        yield {"kind": "must_not_contain", "phrases": phrases, "where": where}
    elif not _ONLY.search(outside):
        where = find_placement(outside)
        where = where if where.scope in ("once", "range", "last") or is_each else Placement()
        yield {"kind": "must_contain", "phrases": phrases, "where": where}


def _find_frame(clause: str) -> str:
    """Say whether the words quoted in ``clause`` are to open or to close a text: “opens”..."""
    match = QUOTATION.search(clause)
    if match is None:
        return ""
    before, after = clause[: match.start()], clause[match.end() :].strip(" .。!！")
    if (_BEGINS_WITH.search(before) and not after) or (
        before.endswith("以") and _BEGINS.match(after)
    ):
        return "opens"
    if (_ENDS_WITH.search(before) and not after) or (before.endswith("以") and _ENDS.match(after)):
        return "closes"
    return ""


def _read_frame(
    frame: str, phrase: str, place: Placement, is_negative: bool, is_each: bool
) -> Iterator[Fields]:
    """Yield what opens or closes the piece; in every section it is left to a model and a judge."""
    if frame == "opens" and is_negative:
        where = Placement(scope="all") if place.scope in ("whole", "once") else place
        pattern = rf"\A\W*{re.escape(phrase)}(?!\w)"
        yield {"kind": "pattern", "pattern": pattern, "absent": True, "where": where}
    elif not is_negative and not is_each:
        where = Placement(scope="last") if frame == "closes" else Placement(scope="once", first=1)
        yield {"kind": "format", frame: phrase, "where": where}


def _read_mention(clause: str, is_negative: bool) -> Iterator[Fields]:
    match = _MENTION_OF.search(clause)
    if match and not is_negative and not _GENERIC.search(match.group(1)):
        where = find_placement(clause)
        where = where if where.scope in ("once", "range", "last") else Placement()
        is_counted = bool(re.search(r"\b(?:twice|times)\b", clause))
        yield {
            "kind": "judged" if is_counted else "must_contain",
            "phrases": (match.group(1),),
            "where": where,
        }


def _read_voice(clause: str) -> Iterator[Fields]:
    if NEGATION.search(clause):
        return
    where = _numbered_placement(clause) or Placement(scope="all")
    for person, pattern in _PERSONS:
        if pattern.search(clause):
            yield {"kind": "point_of_view", "person": person, "where": where}
            break
    for tense, pattern in _TENSES:
        if pattern.search(clause):
            yield {"kind": "tense", "tense": tense, "where": where}
            break
    if _IN_LANGUAGE.search(clause) and (language := find_language(clause)):
        yield {"kind": "language", "language": language, "where": Placement(scope="all")}


def _read_parts(clause: str) -> Iterator[Fields]:
    parts = find_parts(clause)
    if parts is None or not parts.shapes_outline or NEGATION.search(clause):
        return
    position = clause.find(parts.quote)
    if _IN_PARTS.search(clause[:position]) and not re.match(
        r"\s+of\s+(?:the|a|his|her|its)\b", clause[position + len(parts.quote) :]
    ):
        yield {"kind": "structure", "min_count": parts.count, "max_count": parts.count}


def _read_blocks(clause: str) -> Iterator[Fields]:
    kinds = (("checklist", _CHECKLIST), ("table", _TABLE), ("quotation", _QUOTE_BLOCK))
    block = next((name for name, pattern in kinds if pattern.search(clause)), None)
    if block is None and _NUMBERED.search(clause) and not _NUMBERED_PARTS.search(clause):
        block = "numbered list"
    if block is None and _LIST.search(clause):
        block = "list"
    if block is None or NEGATION.search(clause):
        return
    where = _numbered_placement(clause)
    is_end, is_start = bool(_ENDS.search(clause)), bool(_BEGINS.search(clause))
    if where is None:
        where = Placement(scope="all") if EACH.search(clause) else Placement()
        where = Placement(scope="last") if is_end and where.scope == "whole" else where
    low, high = _find_count(clause, block)
    at = "end" if is_end else "start" if is_start else None
    yield {
        "kind": "block",
        "block": block,
        "min_count": low,
        "max_count": high,
        "at": at,
        "where": where,
    }


def _find_count(clause: str, block: str) -> tuple[int | None, int | None]:
    if match := _NUMBERED_TO.search(clause):
        count = int(parse_number(match.group(1)))
        return (count, count) if 1 <= count <= MAX_ITEMS else (None, None)
    without_places = _ORDINAL_PART.sub(" ", _HAN_PART.sub(" ", _NUMBERED_PART.sub(" ", clause)))
    match = next(
        (
            m
            for m in _COUNT.finditer(without_places)
            if parse_number(m.group("count")) > (0 if block in ("table", "quotation") else 1)
            and not re.match(r"(?i)words?\b|字|年|years?\b|per\b", without_places[m.end() :])
        ),
        None,
    )
    if match is None or (
        block == "table"
        and not re.match(
            r"(?i)\w*\s*(?:tables?|tabellen?|tableaux|表)", without_places[match.end() :]
        )
    ):
        return (1, None) if block in ("table", "quotation") else (None, None)
    count, relation = (
        int(parse_number(match.group("count"))),
        (match.group("relation") or "").lower(),
    )
    if not 1 <= count <= MAX_ITEMS:
        return None, None
    if relation in ("at least", "mindestens", "au moins", "al menos", "至少"):
        return count, None
    if relation in ("at most", "no more than", "up to", "höchstens", "au plus", "最多"):
        return None, count
    if block == "quotation" and not relation:
        return count, None
    return count, count


def _read_marks(clause: str) -> Iterator[Fields]:
    if not NEGATION.search(clause):
        return
    where = _numbered_placement(clause) or Placement(scope="all")
    for mark_name, pattern in ((_BULLET_MARKS, r"^[ \t]*[-*+•][ \t]+\S"), (_EXCLAMATION, "[!！]")):
        if mark_name.search(clause):
            yield {"kind": "pattern", "pattern": pattern, "absent": True, "where": where}


def _read_part_lengths(clause: str) -> Iterator[Fields]:
    if (bounds := find_bounds_of_parts(clause)) is not None:
        low, high = bounds
        yield {
            "kind": "length",
            "min_words": low,
            "max_words": high,
            "where": Placement(scope="all"),
        }
