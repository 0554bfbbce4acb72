"""The planner before the outline: what a request fixes, read by simple patterns."""

import re
from typing import Any

from tests.simserver.ask import Ask
from tests.simserver.config import SimConfig
from tests.simserver.facts import tongue_of
from tests.simserver.prompt import Prompt, forbids, quoted, sentences

_PART = (
    r"(?:sections?|chapters?|parts?|weeks?|days?|floors?|entry|entries|episodes?|lessons?|units?"
    r"|decks?|plots?|halls?|months?|scenes?|letters?|blocks?)"
)
_ZH_PART = r"(?:章节|展厅|部分|[节章周天层篇集课个])"
_MUST = re.compile(r"\b(?:must|shall|has to|have to)\b|必须|务必|不得", re.IGNORECASE)
_TELLS = re.compile(r"\b(?:must|should|shall|write|needs? to)\b|请|必须|应|要", re.IGNORECASE)
_CONTAINS = re.compile(
    r"\b(?:mentions?|contains?|includes?|uses?|says?|names?|quotes?|words?)\b"
    r"|提到|写到|包含|出现|使用|写出",
    re.IGNORECASE,
)
_SCOPES = (
    ("range", rf"{_PART}\s+(\d+)\s*(?:-|–|to|through)\s*(?:{_PART}\s+)?(\d+)"),
    ("range", rf"第\s*(\d+)\s*{_ZH_PART}*\s*(?:到|至)\s*第?\s*(\d+)"),
    ("periodic", rf"every\s+(\d+)\w*\s+{_PART}.*?(?:from|at|with)\s+(?:{_PART}\s+)?(\d+)"),
    ("since", rf"{_PART}\s+(\d+),?\s+(?:and\s+)?(?:again\s+)?every\s+(\d+)"),
    ("range", rf"{_PART}\s+(\d+)\s+(?:to|through)\s+(?:{_PART}\s+)?(\d+)"),
    ("since", rf"(?:starting|beginning) with {_PART}\s+(\d+),?\s+every\s+(\d+)"),
    ("since", r"从第\s*(\d+).*?每隔?\s*(\d+)"),
    ("once", rf"{_PART}\s+(\d+)"),
    ("once", rf"第\s*(\d+)\s*{_ZH_PART}"),
    ("all", rf"(?:every|each|all)\s+(?:of\s+the\s+)?{_PART}"),
    ("all", rf"每(?:一)?个?{_ZH_PART}"),
    ("all", r"every entry"),
)
_LANGUAGE = re.compile(
    r"\b(?:write|written)\b.*\bin (?:chinese|english)\b|用(?:中文|英文)", re.IGNORECASE
)
_LENGTHS = (
    (r"between (\d+) and (\d+) words", "both"),
    (r"(?:at least|no fewer than) (\d+) words", "min"),
    (r"(?:at most|no more than|up to) (\d+) words", "max"),
    (r"不少于\s*(\d+)\s*字", "min"),
    (r"(?:不超过|不多于)\s*(\d+)\s*字", "max"),
)
_WORDS = re.compile(
    r"(?:about|around|roughly|approximately) (\d+) words|\b(\d+)-word\b|约\s*(\d+)\s*字"
    r"|(\d+)\s*字左右",
    re.IGNORECASE,
)
_UNITS = (
    r"(\d+) (?:[a-z-]+ ){0,3}?([a-z-]+),? (?:\w+ )?numbered (?:from )?1 (?:to|through) (\d+)",
    r"(\d+)\s*个([\u4e00-\u9fff]{1,4}).{0,6}?编号从?\s*1\s*(?:到|至)\s*(\d+)",
)
_UNITS_ALONE = r"\b([A-Z][a-z]+)s are numbered 1 (?:to|through) (\d+)"
_CLOSING = re.compile(
    r"\b(?:close|end|finish)\b[^.\n]*? with [\"“'‘]([^\"”'’\n]+)[\"”'’]|以“([^”\n]+)”结束",
    re.IGNORECASE,
)
_ALONE = re.compile(r"\bin any other\b|\bnowhere else\b|不属于的.{0,8}不要提到", re.IGNORECASE)
_THING = (
    r"\bPut the (.+?) on \w+ \d",
    r"\bturn on an? (.+?)[.]",
    r"\bcontains an? (.+?)[.]",
    r"\bis for the (.+?)[.]",
    r"^The (.+?) lasts from\b",
    r"\b(?:form|runs|belong to) the (.+?)[.]",
    r"\bthere is an? (.+?)[.]",
    r"^Hold an? (.+?) in\b",
)
"""What belongs into a unit, where a request does not put it in quotation marks."""
_GRID = (r"\bgrid of \d+ rows and (\d+) columns", r"\brow (\d+)", r"\bcolumns? (\d+)")
_HEADING = re.compile(r"[\"“'‘]([^\"“”'‘’\n\d]{0,30})1([^\"“”'‘’\n\d]{0,10})[\"”'’]")
_KIND = re.compile(
    r"\b(novella|novel|short story|story|tale|report|handbook|guide|diary|essay|manual|article)\b"
    r"|(小说|故事|报告|手册|日记|散文|文章)",
    re.IGNORECASE,
)
_FICTION = re.compile(r"\b(?:novels?|novellas?|story|stories|tales?)\b|小说|故事", re.IGNORECASE)


def instructions(ask: Ask, config: SimConfig) -> dict[str, Any]:
    """Return the sentences of a request that tell the writer something."""
    return {"quotes": [s for s in sentences(_request(ask.prompt)) if _TELLS.search(s)]}


def requirements(ask: Ask, config: SimConfig) -> dict[str, Any]:
    """Return title, kind and requirements of a request."""
    request = _request(ask.prompt)
    units = _units(request)
    closing = _CLOSING.search(request)
    alone, columns = bool(_ALONE.search(request)), _numbers(_GRID[0], request)
    kind = _KIND.search(request)
    words = _WORDS.search(request.replace(",", ""))
    titled = re.search(r"^\W*Title: *(.+)$", ask.prompt.brief, re.MULTILINE)
    title = titled.group(1) if titled else tongue_of(ask.prompt).title(ask.dice.random("title"))
    return {
        "title": title,
        "kind": kind.group().lower() if kind else "text",
        "fiction": bool(_FICTION.search(request)),
        "words": int(next(filter(None, words.groups()))) if words else None,
        "units": units[0] if units else None,
        "unit_title": units[1] if units else "",
        "opening": units[1] if units and not units[1][0].isalnum() else "",
        "closing": next(filter(None, closing.groups())) if closing else "",
        "requirements": [
            r | {"only_there": alone and r["scope"] in ("once", "range", "periodic")}
            for s in sentences(request)
            if not (alone and _ALONE.search(s))
            and (r := _requirement(s, columns[0] if columns else 0))
        ],
    }


def _request(prompt: Prompt) -> str:
    """Return the text to read: the part of a long request in the user message, or all of it."""
    return prompt.block("request") or prompt.request


def _requirement(sentence: str, columns: int = 0) -> dict[str, Any] | None:
    """Return the requirement that a sentence states, or None when it states none."""
    place = _in_grid(sentence, columns) or _scope(sentence)
    found: dict[str, Any] = {"quote": sentence, "text": sentence, **place}
    phrases = quoted(sentence)
    if _LANGUAGE.search(sentence):
        return found | {"kind": "language", "scope": "all"}
    if (things := _things(sentence, phrases)) and place["scope"] in ("once", "range", "periodic"):
        return found | {"kind": "must_contain", "phrases": things}
    if length := _length(sentence):
        return found | {"kind": "length"} | length
    if phrases and _CONTAINS.search(sentence) and (_MUST.search(sentence) or forbids(sentence)):
        kind = "must_not_contain" if forbids(sentence) else "must_contain"
        return found | {"kind": kind, "phrases": phrases}
    if _MUST.search(sentence):
        return found | {"kind": "judged"}
    return None


def _things(sentence: str, phrases: list[str]) -> list[str]:
    """Return what a unit is to hold, said in a statement: quoted, or by its article."""
    if _MUST.search(sentence) and not re.search(r"\bturn on an? ", sentence):
        return []
    if phrases and re.search(r"从第|第\s*\d+", sentence) and not forbids(sentence):
        return phrases[:1]
    for form in _THING:
        if found := re.search(form, sentence):
            return [found.group(1)]
    return []


def _in_grid(sentence: str, columns: int) -> dict[str, Any] | None:
    """Return where a requirement holds that names a row and columns of a numbered grid."""
    rows, places = _numbers(_GRID[1], sentence), _numbers(_GRID[2], sentence)
    if not (columns and rows and places):
        return None
    first, last = ((rows[0] - 1) * columns + place for place in (places[0], places[-1]))
    return {"scope": "range", "first": first, "last": last} if first < last else {
        "scope": "once", "first": first,
    }  # fmt: skip


def _numbers(pattern: str, text: str) -> list[int]:
    return [int(n) for n in re.findall(pattern, text, re.IGNORECASE)]


def _scope(sentence: str) -> dict[str, Any]:
    """Return where a requirement holds."""
    for scope, pattern in _SCOPES:
        if found := re.search(pattern, sentence, re.IGNORECASE):
            numbers = [int(n) for n in found.groups()]
            if scope == "range":
                return {"scope": scope, "first": numbers[0], "last": numbers[1]}
            if scope == "periodic":
                return {"scope": scope, "every": numbers[0], "first": numbers[1]}
            if scope == "since":
                return {"scope": "periodic", "first": numbers[0], "every": numbers[1]}
            return {"scope": scope} | ({"first": numbers[0]} if numbers else {})
    return {"scope": "whole"}


def _length(sentence: str) -> dict[str, int]:
    for pattern, bound in _LENGTHS:
        if found := re.search(pattern, sentence.replace(",", ""), re.IGNORECASE):
            numbers = [int(n) for n in found.groups()]
            both = {"min_words": numbers[0], "max_words": numbers[-1]}
            return both if bound == "both" else {f"{bound}_words": numbers[0]}
    return {}


def _units(request: str) -> tuple[int, str] | None:
    """Return how many numbered units a request asks for, and their heading with ``{n}``."""
    for pattern in _UNITS:
        found = re.search(pattern, request, re.IGNORECASE)
        if found and found.group(1) == found.group(3):
            example = _HEADING.search(request)
            if example:
                return int(found.group(1)), f"{example.group(1)}{{n}}{example.group(2)}"
            return int(found.group(1)), f"{_singular(found.group(2)).capitalize()} {{n}}"
    alone, example = re.search(_UNITS_ALONE, request), _HEADING.search(request)
    if alone and example:
        return int(alone.group(2)), f"{example.group(1)}{{n}}{example.group(2)}"
    return None


def _singular(noun: str) -> str:
    if noun.endswith("ies"):
        return f"{noun[:-3]}y"
    return noun.removesuffix("s")
