"""Planner, first step: what a request fixes, as typed constraints with a quote for each."""

from collections.abc import Iterable

from inkwright.agents.checks.exclusive_phrases import prohibitions
from inkwright.agents.context.run_context import REQUEST_SHARE, RunContext, language_is_han
from inkwright.agents.llm.schemas import Instructions, Requirements
from inkwright.agents.planning import request_evidence
from inkwright.agents.planning.constraint_builder import framing, says_frame, typed
from inkwright.agents.planning.requested_length import (
    ROOMY,
    RequestedLength,
    asked_length,
    bounded,
    counts_characters,
)
from inkwright.memory.domain.brief import CITE, Brief, Constraint, Placement
from inkwright.memory.domain.constraint import bounds_in_words
from inkwright.memory.errors import UnusableAnswer
from inkwright.memory.retrieval.passages import pieces
from inkwright.memory.text.normalise import normalise
from inkwright.memory.text.tokens import Tokenizer, shorten
from inkwright.memory.text.words import usual_characters
from inkwright.prompts import inputs
from inkwright.prompts.render import fence

DEFAULT_WORDS = 1200
ROOM = 1.1
"""Of units that must have at least so many words each, how many they are planned with."""
MOST_TOKENS = 4000
"""Of the account of a request."""


def words_asked_for(brief: Brief, found: Requirements | None = None) -> int:
    """Return the length of the whole piece: the brief's, the request's own, or 1,200."""
    asked = _length_asked_for(brief, found)
    if asked is not None:
        return asked.words
    if found is not None and found.words and found.words > 0:
        return found.words
    return DEFAULT_WORDS


def with_room(words: int, placed: Iterable[Constraint], units: int) -> int:
    """Return a length for the whole with some room, where all that is said is a least for each."""
    least = any(
        c.kind == "length" and c.where.scope == "all" and (c.least or 0) * units == words
        for c in placed
    )
    return round(words * ROOM) if least else words


def length_of_whole(brief: Brief, found: Requirements | None = None) -> Constraint | None:
    """Return the bounds that the request sets to the length of the whole; None: it sets none."""
    asked = _length_asked_for(brief, found)
    if asked is None or not (asked.least or asked.most):
        return None
    unit = "characters" if asked.counted == "characters" else "words"
    told = {
        (True, False): f"At least {asked.least} {unit}",
        (False, True): f"At most {asked.most} {unit}",
        (True, True): f"{asked.least} to {asked.most} {unit}",
    }
    return Constraint(
        text=told[asked.least is not None, asked.most is not None],
        kind="length",
        min_words=asked.least,
        max_words=asked.most,
        counted=asked.counted,
        source="request",
    )


def _length_asked_for(brief: Brief, found: Requirements | None) -> RequestedLength | None:
    """Return the brief's own length, within its own bounds, or the one its request states."""
    han = _in_han(brief)
    lengths = [c for c in brief.constraints if c.kind == "length" and c.where.scope == "whole"]
    least, most = bounds_in_words(lengths, usual_characters(han=han))
    if brief.words:
        return RequestedLength(bounded(brief.words, least, most))
    if lengths:
        middle = (least + most) // 2 if least and most else least or most or DEFAULT_WORDS
        return RequestedLength(bounded(middle, least, most))
    units = found.units if found and found.units else 1
    return asked_length(brief.request, units, han=han)


def _in_han(brief: Brief) -> bool:
    """True when the piece is to be in Chinese or Japanese, and its request names no other."""
    return language_is_han(brief) and request_evidence.language(brief.request) in (None, "zh", "ja")


def _as_counted(found: Constraint, han: bool) -> Constraint:
    """Return a length that a model found in the request, counted as ``asked_length`` would."""
    if found.kind != "length" or found.counted != "words":
        return found
    if counts_characters(found.text):
        return found.model_copy(update={"counted": "characters"})
    if han and found.max_words and found.max_words >= (found.min_words or 0) * ROOMY:
        return found.model_copy(update={"counted": "either"})
    return found


async def read_requirements(desk: RunContext) -> Requirements | None:
    """Return what the request fixes; None when the model gives no usable account of it."""
    prompt = inputs.RequirementsInputs(request="")
    try:
        found = await desk.models.form(
            desk.ask("plan", "planner", "requirements", prompt, max_tokens=_room(desk)),
            Requirements,
        )
    except UnusableAnswer as fault:
        desk.problem(
            f"the request's requirements could not be read ({fault.fault});"
            " only the brief's own constraints are checked"
        )
        return None
    return found


def _room(desk: RunContext) -> int:
    """Return the tokens for an account of the request: it quotes most of it, with marks around."""
    wanted = 500 + 6 * desk.tokenizer.count(desk.request)
    return max(min(wanted, MOST_TOKENS, desk.context_tokens // 3), 700)


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

    A requirement whose quote is not in the request was not found there, and is dropped. What may
    stand in some sections only gets a constraint for the others.
    """
    taken, han = list(brief.constraints), _in_han(brief)
    known = {normalise(c.text) for c in taken}
    frame = framing(brief, found, request) if found else []
    for item in found.requirements if found else ():
        constraint = typed(item, request)
        if constraint is None or normalise(constraint.text) in known or says_frame(item, frame):
            continue
        known.add(normalise(constraint.text))
        taken.append(_as_counted(constraint, han))
    taken += frame
    length = length_of_whole(brief, found)
    if length is not None and not any(_says_length(c, length) for c in taken):
        taken.append(length)
    for phrase in brief.banned:
        taken.append(
            Constraint(
                text=f"Never write “{phrase}”",
                kind="banned",
                phrases=(phrase,),
                where=Placement(scope="all"),
            )
        )
    if brief.language and not any(c.kind == "language" for c in taken):
        everywhere = Placement(scope="all")
        told = {"kind": "language", "language": brief.language, "where": everywhere}
        taken.append(Constraint.model_validate(told))
    if any(s.kind == "document" for s in brief.sources):
        taken.append(citing())
    taken += prohibitions(taken)
    used = {c.id for c in taken if c.id}
    numbers = (f"c{n}" for n in range(1, len(taken) + len(used) + 1))
    free = (i for i in numbers if i not in used)
    return tuple(c if c.id else c.model_copy(update={"id": next(free)}) for c in taken)


def _says_length(known: Constraint, length: Constraint) -> bool:
    """True when the bounds that ``length`` sets to the whole are set already."""
    of_whole = known.kind == "length" and known.where.scope == "whole"
    return of_whole and (known.least, known.most) == (length.least, length.most)


def citing() -> Constraint:
    """Return the constraint that a work with sources is reviewed by."""
    return Constraint(
        id=CITE,
        kind="citations",
        text="What is taken from a source is cited as [@key], and its passage says it: figures, "
        "names and quotations as they stand there",
        where=Placement(scope="all"),
    )


def fits_whole(brief: Brief, tokenizer: Tokenizer, context_tokens: int) -> bool:
    """True when prompts can show the whole request."""
    return tokenizer.count(brief.request) <= int(context_tokens * REQUEST_SHARE)


async def instructions_of(desk: RunContext) -> str:
    """Return the instructions of a request too long to be shown whole, in its own words.

    The model copies them out part by part; a copy that is not in the request is refused. The
    request's first and last passage are always among them.
    """
    parts = list(pieces(desk.brief.request, limit=1000))
    first = next(iter(pieces(parts[0], limit=120))).strip()
    last = list(pieces(parts[-1], limit=120))[-1].strip()
    kept = [first]
    for number, part in enumerate(parts, 1):
        prompt = inputs.InstructionsInputs(request=fence("request", part))
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
