"""What became of every sentence of a request: a constraint, the subject, a length, or nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from inkwright.agents.requests.request_reader import Clause, read_request
from inkwright.memory.domain.constraint import Constraint
from inkwright.memory.ids import ConstraintId
from inkwright.memory.text.normalise import normalise

SHARED_WORDING = 0.6
"""Share of the shorter of two wordings that both must have in a row to be about the same words."""
MAX_COMPARED_CHARS = 2000
"""Longer wordings share words only where one holds the other whole."""
MAX_READ = 60
"""Constraints taken from one request; what it asks for beyond them is reported as not checked."""
JUDGED_KINDS = ("judged", "tone", "event", "fact")

SentenceOutcome = Literal["constraint", "subject", "length", "material", "not checked"]


@dataclass(frozen=True)
class SentenceAccount:
    """One sentence of a request, and what became of it."""

    text: str
    outcome: SentenceOutcome
    constraint_ids: tuple[ConstraintId, ...] = ()
    unchecked: tuple[str, ...] = ()
    """Its clauses that ask for something and have no constraint, in the request's own words."""
    is_binding: bool = False
    """True where something unchecked leaves no choice: must, never, only, exactly."""


def account_for(request: str, constraints: Sequence[Constraint]) -> tuple[SentenceAccount, ...]:
    """Return what became of every sentence of ``request`` in a plan with ``constraints``.

    Of a plan that an earlier release made nothing can be said, since its constraints do not say
    which words they were read from: the result is empty.
    """
    sentences = read_request(request)
    asks = any(c.constraints for s in sentences for c in s.clauses)
    if asks and not any(c.quote for c in constraints):
        return ()
    return tuple(
        _account_for_sentence(s.text, s.clauses, constraints) for s in sentences if s.clauses
    )


def _account_for_sentence(
    text: str, clauses: Sequence[Clause], constraints: Sequence[Constraint]
) -> SentenceAccount:
    ids = dict.fromkeys(c.id for c in constraints if _is_about(c, text))
    unchecked = [
        clause
        for clause in clauses
        if clause.role == "requirement" and not any(_is_about(c, clause.text) for c in constraints)
    ]
    if unchecked:
        outcome: SentenceOutcome = "not checked"
    elif ids:
        outcome = "constraint"
    else:
        roles = {clause.role for clause in clauses}
        outcome = next((r for r in ("subject", "length", "material") if r in roles), "material")
    return SentenceAccount(
        text,
        outcome,
        tuple(ids),
        tuple(c.text for c in unchecked),
        any(c.is_binding for c in unchecked),
    )


def _is_about(constraint: Constraint, text: str) -> bool:
    return share_words(constraint.quote or constraint.text, text)


def merge_readings(request: str, read_by_model: Sequence[Constraint]) -> list[Constraint]:
    """Return what code reads in ``request``, refined by what a model read there.

    A typed constraint of code stays; a judged one gives way to the model's of the same words; what
    the model found beside them is added.
    """
    read_by_code = [
        c for s in read_request(request) for clause in s.clauses for c in clause.constraints
    ]
    constraints: list[Constraint] = []
    used_constraints: list[Constraint] = []
    for constraint in read_by_code:
        rivals = [m for m in read_by_model if share_words(m.quote or "", constraint.quote or "")]
        is_judged = constraint.kind in JUDGED_KINDS and not constraint.phrases
        if is_judged:
            refinements = [m for m in rivals if _is_precise(m, constraint)]
        else:
            refinements = [m for m in rivals if _says_the_same(m, constraint)][:1]
            used_constraints += [m for m in rivals if m.kind in (constraint.kind, *JUDGED_KINDS)]
        constraints += (
            [m for m in refinements if m not in constraints] if refinements else [constraint]
        )
        used_constraints += refinements
    constraints += [m for m in read_by_model if m not in used_constraints]
    return constraints[: max(MAX_READ, len(read_by_model))]


def _is_precise(constraint: Constraint, other: Constraint) -> bool:
    """True for one that was read from about as many words as ``other``, not from all around it."""
    return len(normalise(constraint.quote or "")) <= 2 * len(normalise(other.quote or "")) + 10


def _says_the_same(constraint: Constraint, other: Constraint) -> bool:
    """True for one of the same kind that says all that ``other`` does."""
    if constraint.kind != other.kind:
        return False
    phrases = {normalise(p) for p in constraint.phrases}
    return constraint.kind in ("must_contain", "must_not_contain", "length") and all(
        normalise(p) in phrases for p in other.phrases
    )


def share_words(first: str, second: str) -> bool:
    """True when two wordings are about the same words of a request."""
    shorter, longer = sorted((normalise(first), normalise(second)), key=len)
    if not shorter:
        return False
    if shorter in longer or len(longer) > MAX_COMPARED_CHARS:
        return shorter in longer
    matcher = SequenceMatcher(None, shorter, longer, autojunk=False)
    match = matcher.find_longest_match()
    return match.size >= SHARED_WORDING * len(shorter)


def describe_outcome(account: SentenceAccount) -> str:
    """Say in a few words what became of a sentence: “c1, c3”, “subject”, “not checked”."""
    ids = ", ".join(account.constraint_ids)
    if account.outcome == "not checked":
        return f"not checked ({ids} apart)" if ids else "not checked"
    return ids if account.outcome == "constraint" else account.outcome


def list_unchecked(accounts: Iterable[SentenceAccount]) -> list[str]:
    """Return what leaves no choice in a request and nothing checks, in its own words."""
    return [clause for a in accounts if a.is_binding for clause in a.unchecked]
