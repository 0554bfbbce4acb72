"""Can these constraints be met together, and do their sections exist?"""

from collections.abc import Iterable, Sequence
from itertools import combinations, permutations

from inkwright.memory.brief import Constraint, Placement
from inkwright.memory.entry import normalise
from inkwright.memory.errors import BadInput
from inkwright.memory.names import NamesIn

_HORIZON = 200
"""How far placements are compared while the number of sections is not known."""


def check(
    constraints: Sequence[Constraint],
    total_sections: int | None,
    target_words: int | None = None,
) -> None:
    """Refuse constraints that contradict each other or name sections that are not there.

    ``total_sections`` is None before the outline stands; ``target_words`` is the whole piece's.
    Wishes (``required: false``) may contradict: they are only reported.

    Raises:
        BadInput: one line that quotes the constraint, or both, and says what to change.
    """
    _check_ids(constraints)
    for constraint in constraints:
        _check_place(constraint, total_sections)
    demands = [c for c in constraints if c.required]
    for must, never in permutations(demands, 2):
        _check_phrases(must, never, total_sections)
    for one, other in combinations(demands, 2):
        _check_languages(one, other, total_sections)
        _check_lengths(one, other, total_sections)
    _check_sums(demands, total_sections)
    if target_words is not None:
        _check_target(demands, target_words)


def _check_ids(constraints: Iterable[Constraint]) -> None:
    seen: set[str] = set()
    for constraint in constraints:
        if constraint.id and constraint.id in seen:
            raise BadInput(f"two constraints have the id {constraint.id!r}; give each its own")
        seen.add(constraint.id)


def _check_place(constraint: Constraint, total: int | None) -> None:
    where = constraint.where
    if where.scope == "range" and where.last is not None and where.last < where.first:
        raise BadInput(f"{_quoted(constraint)}: {where} ends before it begins")
    if total is not None and where.highest > total:
        raise BadInput(
            f"{_quoted(constraint)} is for section {where.highest} of {total}: "
            f"place it in section 1 to {total}, or plan more sections"
        )


def _check_phrases(must: Constraint, never: Constraint, total: int | None) -> None:
    if must.kind != "must_contain" or never.kind != "must_not_contain":
        return
    if not _forbids(never.where, must.where, total):
        return
    for demanded in must.phrases:
        for forbidden in never.phrases:
            if NamesIn(demanded).has(normalise(forbidden)):
                raise BadInput(
                    f"{_quoted(must)} and {_quoted(never)} contradict each other: "
                    f"{demanded!r} is both demanded and forbidden; remove one of them"
                )


def _forbids(never: Placement, must: Placement, total: int | None) -> bool:
    """True when nowhere that ``must`` could be met is free of ``never``."""
    if never.scope == "whole":
        return True
    if must.scope == "whole":
        return never.scope == "all" or (total is not None and len(never.positions(total)) == total)
    return _overlap(never, must, total)


def _overlap(one: Placement, other: Placement, total: int | None) -> bool:
    if "whole" in (one.scope, other.scope):
        return one.scope == other.scope
    horizon = total or max(_HORIZON, one.highest, other.highest)
    return not set(one.positions(horizon)).isdisjoint(other.positions(horizon))


def _check_languages(one: Constraint, other: Constraint, total: int | None) -> None:
    if one.kind != "language" or other.kind != "language" or one.language == other.language:
        return
    everywhere = {one.where.scope, other.where.scope} <= {"whole", "all"}
    if everywhere or _overlap(one.where, other.where, total):
        raise BadInput(
            f"{_quoted(one)} and {_quoted(other)} contradict each other: one asks for "
            f"{one.language!r} and the other for {other.language!r}; remove one of them"
        )


def _check_lengths(one: Constraint, other: Constraint, total: int | None) -> None:
    if one.kind != "length" or other.kind != "length":
        return
    if not _overlap(one.where, other.where, total):
        return
    for low, high in ((one, other), (other, one)):
        if low.min_words and high.max_words and low.min_words > high.max_words:
            raise BadInput(
                f"{_quoted(low)} and {_quoted(high)} contradict each other: at least "
                f"{low.min_words} words and at most {high.max_words}; change one of them"
            )


def _check_sums(demands: Sequence[Constraint], total: int | None) -> None:
    """Hold what sections must or may have together against the limits of the whole."""
    if total is None:
        return
    lengths = [c for c in demands if c.kind == "length"]
    least = [0] * (total + 1)
    most: list[int | None] = [None] * (total + 1)
    for c in lengths:
        for position in c.where.positions(total):
            least[position] = max(least[position], c.min_words or 0)
            known = most[position]
            if c.max_words is not None:
                most[position] = c.max_words if known is None else min(known, c.max_words)
    ceilings = [m for m in most[1:] if m is not None]
    for c in (c for c in lengths if c.where.scope == "whole"):
        if c.max_words and sum(least) > c.max_words:
            raise BadInput(
                f"{_quoted(c)} allows {c.max_words} words, but the constraints on its sections "
                f"ask for at least {sum(least)} together; change one of them"
            )
        if c.min_words and len(ceilings) == total and sum(ceilings) < c.min_words:
            raise BadInput(
                f"{_quoted(c)} asks for {c.min_words} words, but the constraints on its sections "
                f"allow only {sum(ceilings)} together; change one of them"
            )


def _check_target(demands: Iterable[Constraint], target_words: int) -> None:
    for c in demands:
        if c.kind != "length" or c.where.scope != "whole":
            continue
        if c.max_words is not None and target_words > c.max_words:
            raise BadInput(
                f"{_quoted(c)} allows {c.max_words} words, but the target is {target_words}; "
                "change one of them"
            )
        if c.min_words is not None and target_words < c.min_words:
            raise BadInput(
                f"{_quoted(c)} asks for at least {c.min_words} words, but the target is "
                f"{target_words}; change one of them"
            )


def _quoted(constraint: Constraint) -> str:
    text = constraint.text if len(constraint.text) <= 60 else constraint.text[:57] + "..."
    return f"the constraint “{text}”"
