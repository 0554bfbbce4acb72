"""What a request asks for, read by code: every sentence, clause by clause, before any model is.

A clause that asks for something becomes a typed constraint where a rule can see to it, and else a
judged one in the request's own words, placed where it says. A clause that asks for nothing names
the subject, or gives material.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from inkwright.agents.llm.parsing import is_han
from inkwright.agents.requests import clause_rules, request_language
from inkwright.agents.requests.requested_length import find_length_quotes, find_part_lengths
from inkwright.agents.requests.requested_parts import find_parts
from inkwright.memory.domain.constraint import Constraint
from inkwright.memory.text.words import count_words, sentences

MAX_CLAUSE_CHARS = 1500
OPENING_WORDS = 3
"""“If possible,” and the like open a sentence and are no clause of their own."""
SHORT_LENGTH_WORDS = 14
"""A clause of more words says more than a length."""
_BULLET = re.compile(r"^\s*(?:[-*•–]|\d{1,2}[.)、]|[（(]?[一二三四五六七八九十]{1,2}[、)）])\s*")
_ABBREVIATION = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|St|e\.g|i\.e|z\.B|bzw|ca|vs|No|approx)\.$")
_COMMA = re.compile(r"[,，、](?!\d)\s*|\s+(?=(?:and|but|und|et|y)\s)|(?<=[。；;])\s*")
_CONJUNCTION = re.compile(
    r"(?:and|but|or|und|aber|et|mais|y|pero|并且?|而且|但)[\s,]*(?!\w*person)", re.IGNORECASE
)
_QUOTED = re.compile(
    r"“[^”]*”|\"[^\"]*\"|«[^»]*»|„[^“”]*[“”]|「[^」]*」|『[^』]*』|（[^）]*）|\([^)]*\)"
)
_CONTINUES = re.compile(r"[a-zäöüéèàáíóúñ，,]|结尾|结束|收尾|开头|开篇|这|作为|来")
_OPEN_QUOTATION = re.compile(r"[“„«「『\"]")
_RELATIVE = re.compile(
    r"\s+(?=(?:that|which)\s+(?:ends?|begins?|opens?|closes?|must|should|never|avoids?|"
    r"includes?|contains?|uses)\b"
    r"|without\s+(?:using|any|a single|mention\w*|dialogue|the word)\b|(?:told|written|"
    r"narrated)\s+(?:in|from|by|only|entirely|as)\b"
    r"|using only\b"
    r"|with (?:exactly|at least|no more than)\b"
    r"|with an? (?:table|checklist|numbered list)\b|in which (?:every|each|no)\b)",
    re.IGNORECASE,
)
"""Where a sentence that names the subject goes on to ask for something."""

ClauseRole = Literal["requirement", "subject", "length", "material"]


@dataclass(frozen=True)
class Clause:
    """A clause of a request, and what it is for."""

    text: str
    role: ClauseRole
    constraints: tuple[Constraint, ...] = ()
    """What it asks for; typed ones first."""

    @property
    def is_binding(self) -> bool:
        """True where it leaves no choice: must, never, only, exactly."""
        return self.role == "requirement" and bool(request_language.BINDING.search(self.text))


@dataclass(frozen=True)
class RequestSentence:
    """A sentence of a request with its clauses."""

    text: str
    clauses: tuple[Clause, ...] = field(default=())


@lru_cache(maxsize=32)
def read_request(request: str) -> tuple[RequestSentence, ...]:
    """Return the sentences of ``request`` with what each of their clauses is for."""
    read_sentences: list[RequestSentence] = []
    has_task = False
    for text, is_rule in _split_sentences(request):
        is_task = not has_task and not is_rule and request_language.is_task(text)
        is_first = not read_sentences
        clauses = _read_sentence(text, is_task=is_task or is_first, is_rule=is_rule)
        has_task = has_task or is_task
        read_sentences.append(RequestSentence(text, tuple(clauses)))
    return tuple(read_sentences)


def _split_sentences(request: str) -> Iterator[tuple[str, bool]]:
    """Yield sentences; beside each, whether a heading such as “Requirements:” stands over it."""
    is_rule = False
    for line in request.splitlines():
        bare_line = _BULLET.sub("", line).strip(" \t#*_>")
        if not bare_line:
            continue
        if request_language.RULES_HEADING.fullmatch(bare_line):
            is_rule = True
            continue
        is_bullet = bool(_BULLET.match(line))
        is_rule = is_rule and (is_bullet or not bare_line.endswith((":", "：")))
        for sentence in _join_quotations(_split_line(bare_line)):
            yield sentence, is_rule and is_bullet


def _split_line(line: str) -> Iterator[str]:
    for sentence in sentences(line):
        yield from (
            part.strip() for part in re.split(r"(?<=[;；])\s*", sentence.text) if part.strip()
        )


def _join_quotations(parts: Iterator[str]) -> Iterator[str]:
    """Yield ``parts``, joined where a quotation or an abbreviation goes over an end."""
    pending = ""
    for part in _join_continuations(parts):
        text = f"{pending} {part}".strip() if pending else part
        if _OPEN_QUOTATION.search(_QUOTED.sub("", text)) or _ABBREVIATION.search(text):
            pending = text
            continue
        pending = ""
        if re.search(r"\w", text):
            yield text.lstrip("。.!?！？ ")
    if pending:
        yield pending


def _join_continuations(parts: Iterable[str]) -> Iterator[str]:
    """Yield ``parts``, joined where a quotation ended in a full stop and its sentence goes on."""
    current = ""
    for part in parts:
        if current and _CONTINUES.match(part) and current[-1] in "”」』»\"’'":
            current += part if is_han(part) else f" {part}"
            continue
        if current:
            yield current
        current = part
    if current:
        yield current


def _read_sentence(text: str, *, is_task: bool, is_rule: bool) -> Iterator[Clause]:
    is_material = bool(request_language.MATERIAL_LABEL.match(text)) and not is_rule
    for number, clause in enumerate(_split_clauses(text, is_task=is_task)):
        names_subject = is_task and number == 0
        yield _read_clause(clause, names_subject, is_rule and number == 0, is_material)


def _split_clauses(text: str, *, is_task: bool) -> list[str]:
    """Return the clauses of a sentence: cut only where a new requirement begins."""
    masked_text = _QUOTED.sub(lambda m: "x" * len(m.group()), text)
    cuts = [(m.start(), m.end()) for m in _COMMA.finditer(masked_text)]
    if is_task:
        cuts += [(m.start(), m.end()) for m in _RELATIVE.finditer(masked_text)]
    clauses: list[str] = []
    start = 0
    for cut_start, cut_end in sorted(cuts):
        if cut_start <= start:
            continue
        rest = text[cut_end:]
        bare_rest = _CONJUNCTION.sub("", rest, count=1) if _CONJUNCTION.match(rest) else rest
        current = text[start:cut_start].strip(" ,，;；")
        is_and_only = cut_start == cut_end or masked_text[cut_start:cut_end].isspace()
        next_piece = re.split(r"[,，、;；](?!\d)", bare_rest)[0]
        is_cut = request_language.opens_requirement(next_piece) and bool(current)
        if bare_rest == rest and request_language.lacks_subject(next_piece):
            is_cut = False
        if not is_task and not clauses and count_words(current) <= OPENING_WORDS:
            is_cut = is_cut and request_language.opens_requirement(current)
        if is_and_only and not _RELATIVE.match(masked_text, cut_start):
            is_cut = (
                is_cut
                and request_language.opens_imperative(current)
                and request_language.opens_imperative(bare_rest)
            )
        elif _RELATIVE.match(masked_text, cut_start):
            is_cut = bool(current)
        if is_cut:
            clauses.append(current)
            start = cut_end + (len(rest) - len(bare_rest))
    clauses.append(text[start:].strip(" ,，;；"))
    return [c for c in clauses if re.search(r"\w", c)]


def _read_clause(text: str, names_subject: bool, is_rule: bool, is_material: bool) -> Clause:
    text = text[:MAX_CLAUSE_CHARS]
    asks = not is_material and (is_rule or request_language.is_requirement(text))
    is_bare = names_subject or not asks
    rule_constraints = (
        () if is_material else clause_rules.read_constraints(text, is_subject=is_bare)
    )
    if names_subject:
        is_plain_rule = (
            asks and not request_language.is_task(text) and not request_language.names_task(text)
        )
        if rule_constraints or not is_plain_rule or _is_length(text):
            return Clause(text, "requirement" if rule_constraints else "subject", rule_constraints)
    if rule_constraints:
        return Clause(text, "requirement", rule_constraints)
    if not is_material and _is_length(text):
        return Clause(text, "length")
    if not asks:
        return Clause(text, "material")
    return Clause(text, "requirement", (build_judged(text),))


def _is_length(text: str) -> bool:
    """True for a clause that gives a length of the piece, or a number of parts, and no more."""
    is_short = count_words(text) <= SHORT_LENGTH_WORDS or len(text) <= 2 * SHORT_LENGTH_WORDS
    return is_short and bool(
        find_length_quotes(text) or (find_parts(text) and not find_part_lengths(text))
    )


def build_judged(text: str) -> Constraint:
    """Return the judged constraint that ``text``, words of a request, ask for."""
    where = clause_rules.find_placement(text)
    required = not request_language.WISH.search(text)
    return Constraint(
        text=text,
        kind="tone" if clause_rules.is_about_tone(text) else "judged",
        where=where,
        required=required,
        source="request",
        quote=text,
    )
