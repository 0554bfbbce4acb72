"""Planner, first step: what a request fixes, as typed constraints with a quote for each."""

from collections.abc import Iterable

from inkwright.agents.checks.exclusive_phrases import build_prohibitions
from inkwright.agents.context.model_session import ModelSession
from inkwright.agents.context.prompt_builder import (
    REQUEST_SHARE,
    PromptBuilder,
    language_is_han,
)
from inkwright.agents.llm.schemas import Instructions, Requirements
from inkwright.agents.planning import request_evidence
from inkwright.agents.planning.constraint_builder import (
    build_constraint,
    build_frame,
    repeats_frame,
)
from inkwright.agents.planning.requested_length import (
    ROOMY_RANGE,
    RequestedLength,
    clamp_to_bounds,
    counts_characters,
    parse_requested_length,
)
from inkwright.memory.domain.brief import CITE, Brief, Constraint, Placement
from inkwright.memory.domain.constraint import combine_word_bounds
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.retrieval.passages import split_into_pieces
from inkwright.memory.text.normalise import normalise
from inkwright.memory.text.tokens import Tokenizer, shorten
from inkwright.memory.text.words import estimate_characters_per_word
from inkwright.prompts import inputs
from inkwright.prompts.render import fence

DEFAULT_WORDS = 1200
ROOM_FACTOR = 1.1
"""Of units that must have at least so many words each, how many they are planned with."""
MAX_ANSWER_TOKENS = 4000
"""Of the account of a request."""


def compute_target_words(brief: Brief, requirements: Requirements | None = None) -> int:
    """Return the length of the whole piece: the brief's, the request's own, or 1,200."""
    length = _find_requested_length(brief, requirements)
    if length is not None:
        return length.words
    if requirements is not None and requirements.words and requirements.words > 0:
        return requirements.words
    return DEFAULT_WORDS


def add_room(words: int, constraints: Iterable[Constraint], units: int) -> int:
    """Return a length for the whole with some room, where all that is said is a least for each."""
    is_least_length = any(
        c.kind == "length" and c.where.scope == "all" and (c.lower_bound or 0) * units == words
        for c in constraints
    )
    return round(words * ROOM_FACTOR) if is_least_length else words


def build_length_constraint(
    brief: Brief, requirements: Requirements | None = None
) -> Constraint | None:
    """Return the bounds that the request sets to the length of the whole; None: it sets none."""
    length = _find_requested_length(brief, requirements)
    if length is None or not (length.least or length.most):
        return None
    unit = "characters" if length.counted == "characters" else "words"
    text_by_bounds = {
        (True, False): f"At least {length.least} {unit}",
        (False, True): f"At most {length.most} {unit}",
        (True, True): f"{length.least} to {length.most} {unit}",
    }
    return Constraint(
        text=text_by_bounds[length.least is not None, length.most is not None],
        kind="length",
        min_words=length.least,
        max_words=length.most,
        counted=length.counted,
        source="request",
    )


def _find_requested_length(
    brief: Brief, requirements: Requirements | None
) -> RequestedLength | None:
    """Return the brief's own length, within its own bounds, or the one its request states."""
    han = _is_in_han(brief)
    length_constraints = [
        c for c in brief.constraints if c.kind == "length" and c.where.scope == "whole"
    ]
    least, most = combine_word_bounds(length_constraints, estimate_characters_per_word(han=han))
    if brief.words:
        return RequestedLength(clamp_to_bounds(brief.words, least, most))
    if length_constraints:
        middle = (least + most) // 2 if least and most else least or most or DEFAULT_WORDS
        return RequestedLength(clamp_to_bounds(middle, least, most))
    units = requirements.units if requirements and requirements.units else 1
    return parse_requested_length(brief.request, units, han=han)


def _is_in_han(brief: Brief) -> bool:
    """True when the piece is to be in Chinese or Japanese, and its request names no other."""
    return language_is_han(brief) and request_evidence.find_language(brief.request) in (
        None,
        "zh",
        "ja",
    )


def _adjust_counted_unit(constraint: Constraint, han: bool) -> Constraint:
    """Return a length that a model found in the request, counted as code counts.

    That is, as ``parse_requested_length`` would.
    """
    if constraint.kind != "length" or constraint.counted != "words":
        return constraint
    if counts_characters(constraint.text):
        return constraint.model_copy(update={"counted": "characters"})
    if (
        han
        and constraint.max_words
        and constraint.max_words >= (constraint.min_words or 0) * ROOMY_RANGE
    ):
        return constraint.model_copy(update={"counted": "either"})
    return constraint


async def read_requirements(session: ModelSession) -> Requirements | None:
    """Return what the request fixes; None when the model gives no usable account of it."""
    prompt = inputs.RequirementsInputs(request="")
    tokens = _max_answer_tokens(session.prompts)
    return await session.ask_or_report(
        session.prompts.build_call("plan", "planner", Purpose.REQUIREMENTS, prompt, tokens),
        Requirements,
        "the request's requirements could not be read: only the brief's own are checked",
        only_unusable=True,
    )


def _max_answer_tokens(prompts: PromptBuilder) -> int:
    """Return the tokens for an account of the request: it quotes most of it, with marks around."""
    estimated_tokens = 500 + 6 * prompts.tokenizer.count(prompts.request)
    return max(min(estimated_tokens, MAX_ANSWER_TOKENS, prompts.context_tokens // 3), 700)


def is_series(requirements: Requirements, request: str) -> bool:
    """True when the request itself bears out the numbered series that ``requirements`` speaks of.

    Small models fill in a number wherever there is room for one: it counts if the request has that
    number, or the word that the unit's heading is made of.
    """
    if not requirements.units or requirements.units < 2 or "{n}" not in requirements.unit_title:
        return False
    normalised_request = normalise(request)
    normalised_unit = normalise(requirements.unit_title.replace("{n}", " "))
    return str(requirements.units) in normalised_request.split() or (
        bool(normalised_unit) and normalised_unit in normalised_request
    )


def collect_constraints(
    brief: Brief, requirements: Requirements | None, request: str
) -> tuple[Constraint, ...]:
    """Return the brief's constraints and those found in the request, numbered ``c1``, ``c2``...

    A requirement whose quote is not in the request was not found there, and is dropped. What may
    stand in some sections only gets a constraint for the others.
    """
    all_constraints, han = list(brief.constraints), _is_in_han(brief)
    known_texts = {normalise(c.text) for c in all_constraints}
    frame = build_frame(brief, requirements, request) if requirements else []
    for item in requirements.requirements if requirements else ():
        constraint = build_constraint(item, request)
        if (
            constraint is None
            or normalise(constraint.text) in known_texts
            or repeats_frame(item, frame)
        ):
            continue
        known_texts.add(normalise(constraint.text))
        all_constraints.append(_adjust_counted_unit(constraint, han))
    all_constraints += frame
    length = build_length_constraint(brief, requirements)
    if length is not None and not any(_sets_same_length(c, length) for c in all_constraints):
        all_constraints.append(length)
    for phrase in brief.banned:
        all_constraints.append(
            Constraint(
                text=f"Never write “{phrase}”",
                kind="banned",
                phrases=(phrase,),
                where=Placement(scope="all"),
            )
        )
    if brief.language and not any(c.kind == "language" for c in all_constraints):
        everywhere = Placement(scope="all")
        language_fields = {"kind": "language", "language": brief.language, "where": everywhere}
        all_constraints.append(Constraint.model_validate(language_fields))
    if any(s.kind == "document" for s in brief.sources):
        all_constraints.append(build_citation_constraint())
    all_constraints += build_prohibitions(all_constraints)
    used_ids = {c.id for c in all_constraints if c.id}
    candidate_ids = (f"c{n}" for n in range(1, len(all_constraints) + len(used_ids) + 1))
    free_ids = (i for i in candidate_ids if i not in used_ids)
    return tuple(
        c if c.id else c.model_copy(update={"id": next(free_ids)}) for c in all_constraints
    )


def _sets_same_length(constraint: Constraint, length: Constraint) -> bool:
    """True when the bounds that ``length`` sets to the whole are set already."""
    is_whole_length = constraint.kind == "length" and constraint.where.scope == "whole"
    return is_whole_length and (constraint.lower_bound, constraint.upper_bound) == (
        length.lower_bound,
        length.upper_bound,
    )


def build_citation_constraint() -> Constraint:
    """Return the constraint that a work with sources is reviewed by."""
    return Constraint(
        id=CITE,
        kind="citations",
        text="What is taken from a source is cited as [@key], and its passage says it: figures, "
        "names and quotations as they stand there",
        where=Placement(scope="all"),
    )


def fits_in_prompt(brief: Brief, tokenizer: Tokenizer, context_tokens: int) -> bool:
    """True when prompts can show the whole request."""
    return tokenizer.count(brief.request) <= int(context_tokens * REQUEST_SHARE)


async def extract_instructions(session: ModelSession) -> str:
    """Return the instructions of a request too long to be shown whole, in its own words.

    The model copies them out part by part; a copy that is not in the request is refused. The
    request's first and last passage are always among them.
    """
    parts = list(split_into_pieces(session.prompts.brief.request, limit=1000))
    first_passage = next(iter(split_into_pieces(parts[0], limit=120))).strip()
    last_passage = list(split_into_pieces(parts[-1], limit=120))[-1].strip()
    instruction_quotes = [first_passage]
    for number, part in enumerate(parts, 1):
        prompt = inputs.InstructionsInputs(request=fence("request", part))
        answer = await session.ask_or_report(
            session.prompts.build_call(
                "plan", "planner", Purpose.INSTRUCTIONS, prompt, 600, attempt=number
            ),
            Instructions,
            f"part {number} of the request could not be searched",
            only_unusable=True,
        )
        for quote in (q.strip() for q in answer.quotes) if answer else ():
            if quote in part and not any(
                quote in kept_quote for kept_quote in (*instruction_quotes, last_passage)
            ):
                instruction_quotes.append(quote)
    free_tokens = (
        int(session.prompts.context_tokens * REQUEST_SHARE)
        - session.prompts.tokenizer.count(last_passage)
        - 1
    )
    quotes_text = shorten(
        "\n".join(instruction_quotes), free_tokens, session.prompts.tokenizer.count
    )
    return f"{quotes_text}\n{last_passage}"
