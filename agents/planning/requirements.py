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
from inkwright.agents.planning.constraint_builder import (
    build_constraint,
    build_frame,
    repeats_frame,
)
from inkwright.agents.planning.titles import drop_examples
from inkwright.agents.requests import request_evidence
from inkwright.agents.requests.request_coverage import merge_readings, share_words
from inkwright.agents.requests.request_evidence import find_numbers
from inkwright.agents.requests.requested_length import (
    ROOMY_RANGE,
    RequestedLength,
    clamp_to_bounds,
    counts_characters,
    parse_requested_length,
)
from inkwright.agents.requests.usual_length import DEFAULT_WORDS, find_usual_length
from inkwright.memory.domain import constraint_consistency
from inkwright.memory.domain.brief import CITE, Brief, Constraint, Placement
from inkwright.memory.domain.constraint import combine_word_bounds
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.errors import BadInput
from inkwright.memory.retrieval.passages import split_into_pieces
from inkwright.memory.text.normalise import normalise
from inkwright.memory.text.tokens import Tokenizer, shorten
from inkwright.memory.text.words import estimate_characters_per_word
from inkwright.prompts import inputs
from inkwright.prompts.render import fence, find_example_values

ROOM_FACTOR = 1.1
"""Of units that must have at least so many words each, how many they are planned with."""
MAX_ANSWER_TOKENS = 4000
"""Of the account of a request."""


def compute_target_words(brief: Brief, requirements: Requirements | None = None) -> int:
    """Return the length of the whole piece: the brief's, the request's own, or one usual for it.

    Where the request has several lengths that may be meant, the model's choice among them counts;
    where it has none, the model's length within what is usual for such a piece.
    """
    length = _find_requested_length(brief, requirements)
    words_by_model = requirements.words if requirements is not None else None
    has_model_length = words_by_model is not None and words_by_model > 0
    if length is not None:
        chooses = has_model_length and not length.is_sure and not (length.least or length.most)
        stands_there = chooses and words_by_model in find_numbers(brief.request.replace(",", ""))
        return words_by_model if stands_there and words_by_model else length.words
    usual_length = find_usual_length(brief.kind, brief.request)
    if has_model_length and words_by_model:
        stands_there = words_by_model in find_numbers(brief.request.replace(",", ""))
        return words_by_model if stands_there else usual_length.clamp(words_by_model)
    return usual_length.aim


def describe_length(brief: Brief, target_words: int) -> str:
    """Say in a line how the length of a piece planned with ``target_words`` was read."""
    if brief.words:
        return f"length: {target_words:,} words, as the brief says"
    length = _find_requested_length(brief, None)
    if length is None:
        usual = find_usual_length(brief.kind, brief.request)
        return (
            f"length: the request names none; a {usual.kind} usually has {usual.low:,} to "
            f"{usual.high:,} words, and {target_words:,} are planned"
        )
    basis = length.basis or "the brief's constraints"
    if abs(target_words - length.words) <= ROOM_FACTOR * length.words - length.words + 1:
        return f"length: {target_words:,} words, read from {basis}"
    return (
        f"length: {target_words:,} words are planned; the rule for lengths reads {length.words:,} "
        f"from {basis}. If that is the right one, set `words` in the brief"
    )


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
    answer = await session.ask_or_report(
        session.prompts.build_call("plan", "planner", Purpose.REQUIREMENTS, prompt, tokens),
        Requirements,
        "the request's requirements could not be read by the model: what code reads is checked",
        only_unusable=True,
    )
    if answer is None:
        return None
    examples = find_example_values(prompt.file, session.prompts.overrides)
    return drop_examples(answer, session.prompts.request, examples)


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
    brief: Brief, requirements: Requirements | None, request: str, *, reads_request: bool = True
) -> tuple[Constraint, ...]:
    """Return the brief's constraints and those found in the request, numbered ``c1``, ``c2``...

    Code reads every sentence, and the model's reading refines that (``merge_readings``). A
    requirement whose quote is not in the request was not found there, and is dropped. What may
    stand in some sections only gets a constraint for the others.
    """
    all_constraints = list(brief.constraints)
    frame = build_frame(brief, requirements, request) if requirements else []
    read_by_model = verify_requirements(brief, requirements, request)
    for constraint in merge_readings(brief.request if reads_request else "", read_by_model):
        if constraint in read_by_model or not _is_settled(constraint, brief, frame):
            all_constraints.append(_make_compatible(constraint, [*all_constraints, *frame]))
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


def verify_requirements(
    brief: Brief, requirements: Requirements | None, request: str
) -> list[Constraint]:
    """Return what a model read in ``request``, as far as the request bears it out."""
    known_texts, han = {normalise(c.text) for c in brief.constraints}, _is_in_han(brief)
    frame = build_frame(brief, requirements, request) if requirements else []
    verified_constraints = []
    for item in requirements.requirements if requirements else ():
        constraint = build_constraint(item, request)
        if (
            constraint is None
            or normalise(constraint.text) in known_texts
            or repeats_frame(item, frame)
        ):
            continue
        known_texts.add(normalise(constraint.text))
        verified_constraints.append(_adjust_counted_unit(constraint, han))
    return verified_constraints


def _is_settled(constraint: Constraint, brief: Brief, frame: Iterable[Constraint]) -> bool:
    """True for what code read and the brief or the frame of a series says already."""
    if any(normalise(c.text) == normalise(constraint.text) for c in brief.constraints):
        return True
    if any(share_words(c.text, constraint.text) for c in frame):
        return constraint.kind not in ("length", "must_contain", "must_not_contain")
    if constraint.kind == "structure":
        return bool(brief.outline)
    return any(
        c.kind == constraint.kind and c.kind in ("language", "point_of_view", "tense", "tone")
        for c in brief.constraints
    )


def _make_compatible(constraint: Constraint, others: Iterable[Constraint]) -> Constraint:
    """Return what was read, left to the judge where as a rule it would contradict another one."""
    try:
        constraint_consistency.check([*others, constraint], None)
    except BadInput:
        return Constraint(
            text=constraint.text,
            where=constraint.where,
            required=constraint.required,
            source="request",
            quote=constraint.quote,
        )
    return constraint


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
