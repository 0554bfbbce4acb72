"""Planner, first step: what a request fixes, as typed constraints with a quote for each."""

import re

from inkwright.agents import borne_out
from inkwright.agents.answers import Instructions, Requirement, Requirements
from inkwright.agents.desk import REQUEST_SHARE, Desk
from inkwright.agents.parse import in_other_script, is_han
from inkwright.memory.brief import Brief, Constraint, Placement
from inkwright.memory.entry import normalise
from inkwright.memory.errors import UnusableAnswer
from inkwright.memory.passages import pieces
from inkwright.memory.tokens import Tokenizer, shorten
from inkwright.prompts import inputs
from inkwright.prompts.render import fence

DEFAULT_WORDS = 1200
_LENGTH = re.compile(
    r"(\d[\d,]*(?:\.\d+)?)\s*(k)?\s*[- ]?\s*(?:words?\b|字)|(\d+)\s*个?\s*字",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[.;:!?](?!\d)|,(?!\d)|[，、；：。！？\n]")
_EACH = re.compile(r"\b(?:each|every|per|apiece)\b|每", re.IGNORECASE)
"""In such a clause a length is that of a part, not of the whole."""
SHORTEST_UNIT = 10
"""Words of a series' unit below which a length cannot be meant for the whole series."""


def words_asked_for(brief: Brief, found: Requirements | None = None) -> int:
    """Return the length of the whole piece: the brief's, the request's own, or 1,200."""
    if brief.words:
        return brief.words
    units = found.units if found and found.units else 1
    for clause in _CLAUSE.split(brief.request):
        if (stated := _LENGTH.search(clause)) is None:
            continue
        number = float((stated.group(1) or stated.group(3)).replace(",", ""))
        words = max(int(number * (1000 if stated.group(2) else 1)), 1)
        of_a_part = _EACH.search(clause) or words < units * SHORTEST_UNIT
        if not of_a_part:
            return words
        if units > 1:
            return words * units
    if found is not None and found.words and found.words > 0:
        return found.words
    return DEFAULT_WORDS


async def read_requirements(desk: Desk) -> Requirements | None:
    """Return what the request fixes; None when the model gives no usable account of it."""
    prompt = inputs.Requirements(request="")
    try:
        found = await desk.models.form(
            desk.ask("plan", "planner", "requirements", prompt, max_tokens=700),
            Requirements,
        )
    except UnusableAnswer as fault:
        desk.problem(
            f"the request's requirements could not be read ({fault.fault});"
            " only the brief's own constraints are checked"
        )
        return None
    return found


def is_series(found: Requirements, request: str) -> bool:
    """True when the request itself bears out the numbered series that ``found`` speaks of.

    Small models fill in a number wherever there is room for one: it counts if the request has that
    number, or the word that the unit's heading is made of.
    """
    if not found.units or found.units < 2 or "{n}" not in found.unit_title:
        return False
    said = normalise(request)
    unit = normalise(found.unit_title.replace("{n}", " "))
    return str(found.units) in said.split() or (bool(unit) and unit in said)


def constraints(brief: Brief, found: Requirements | None, request: str) -> tuple[Constraint, ...]:
    """Return the brief's constraints and those found in the request, numbered ``c1``, ``c2``...

    A requirement whose quote is not in the request was not found there, and is dropped.
    """
    taken = list(brief.constraints)
    known = {normalise(c.text) for c in taken}
    for item in found.requirements if found else ():
        constraint = _typed(item, request)
        if constraint is not None and normalise(constraint.text) not in known:
            known.add(normalise(constraint.text))
            taken.append(constraint)
    if brief.language and not any(c.kind == "language" for c in taken):
        taken.append(
            Constraint(
                text=f"Written in {brief.language}",
                kind="language",
                language=brief.language,
                where=Placement(scope="all"),
            )
        )
    used = {c.id for c in taken if c.id}
    numbers = (f"c{n}" for n in range(1, len(taken) + len(used) + 1))
    free = (i for i in numbers if i not in used)
    return tuple(c if c.id else c.model_copy(update={"id": next(free)}) for c in taken)


def _typed(item: Requirement, request: str) -> Constraint | None:
    said = normalise(request)
    quoted = normalise(item.quote)
    if not quoted or quoted not in said:
        return None
    phrases = tuple(p.strip() for p in item.phrases if normalise(p) and normalise(p) in said)
    kind = item.kind
    if kind in ("must_contain", "must_not_contain") and not phrases:
        kind = "judged"
    language = borne_out.language(item.quote) if kind == "language" else None
    if kind == "pattern" or (kind == "language" and language is None):
        kind = "judged"
    where = Placement(
        scope=item.scope,
        first=max(item.first, 1),
        last=item.last if item.last and item.last >= max(item.first, 1) else None,
        every=max(item.every, 1),
    )
    where = borne_out.placement(where, item.quote)
    if language is not None and where.scope == "whole":
        where = Placement(scope="all")
    if kind == "length" and (where.scope == "whole" or not (item.min_words or item.max_words)):
        return None
    if kind == "length" and item.min_words and item.max_words and item.min_words > item.max_words:
        return None
    text = item.text.strip() or item.quote
    if in_other_script(text, han=is_han(item.quote)):
        text = item.quote
    return Constraint(
        text=text,
        kind=kind,
        where=where,
        phrases=phrases,
        language=language,
        min_words=item.min_words if kind == "length" else None,
        max_words=item.max_words if kind == "length" and item.max_words else None,
        source="request",
    )


def fits_whole(brief: Brief, tokenizer: Tokenizer, context_tokens: int) -> bool:
    """True when prompts can show the whole request."""
    return tokenizer.count(brief.request) <= int(context_tokens * REQUEST_SHARE)


async def instructions_of(desk: Desk) -> str:
    """Return the instructions of a request too long to be shown whole, in its own words.

    The model copies them out part by part; a copy that is not in the request is refused. The
    request's first and last passage are always among them.
    """
    parts = list(pieces(desk.brief.request, limit=1000))
    first = next(iter(pieces(parts[0], limit=120))).strip()
    last = list(pieces(parts[-1], limit=120))[-1].strip()
    kept = [first]
    for number, part in enumerate(parts, 1):
        prompt = inputs.Instructions(request=fence("request", part))
        try:
            found = await desk.models.form(
                desk.ask("plan", "planner", f"instructions {number}", prompt, max_tokens=600),
                Instructions,
            )
        except UnusableAnswer as fault:
            desk.problem(f"part {number} of the request could not be searched ({fault.fault})")
            continue
        for quote in (q.strip() for q in found.quotes):
            if quote in part and not any(quote in known for known in (*kept, last)):
                kept.append(quote)
    room = int(desk.context_tokens * REQUEST_SHARE) - desk.tokenizer.count(last) - 1
    return f"{shorten(chr(10).join(kept), room, desk.tokenizer.count)}\n{last}"
