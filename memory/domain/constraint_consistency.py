"""Can these constraints be met together, and which section carries which?"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations, permutations

from inkwright.memory.domain.constraint import Constraint
from inkwright.memory.domain.outline import Outline
from inkwright.memory.domain.placement import Placement
from inkwright.memory.errors import BadInput
from inkwright.memory.ids import ConstraintId, SectionId
from inkwright.memory.text.names import names_in
from inkwright.memory.text.normalise import normalise

_HORIZON = 200
"""How far placements are compared while the number of sections is not known."""


def check(
    constraints: Sequence[Constraint],
    total_sections: int | None,
    target_words: int | None = None,
    titles: Sequence[str] | None = None,
) -> None:
    """Refuse constraints that contradict each other or name sections that are not there.

    ``total_sections`` and the ``titles`` of sections and chapters are None before the outline
    stands; ``target_words`` is the whole piece's.
    Wishes (``required: false``) may contradict: they are only reported.

    Raises:
        BadInput: one line that quotes the constraint, or both, and says what to change.
    """
    _check_ids(constraints)
    for constraint in constraints:
        _check_placement(constraint, total_sections)
    demands = [c for c in constraints if c.required]
    for requirement, prohibition in permutations(demands, 2):
        _check_phrases(requirement, prohibition, total_sections)
    for first, second in combinations(demands, 2):
        _check_values(first, second, total_sections)
        _check_lengths(first, second, total_sections)
    _check_sums(demands, total_sections)
    if target_words is not None:
        _check_target(demands, target_words)
    if titles is not None:
        _check_structure(demands, titles)


def list_titles(outline: Outline) -> list[str]:
    """Return the titles of chapters and sections in reading order."""
    title_by_heading = {h.id: h.title for h in outline.headings}
    titles: list[str] = []
    open_headings: tuple[str, ...] = ()
    for section in outline.sections:
        titles += [title_by_heading[h] for h in section.within if h not in open_headings]
        open_headings = section.within
        titles.append(section.title)
    return titles


def list_parts(outline: Outline) -> list[str]:
    """Return the titles at the top level: chapters, or sections that stand in no chapter."""
    title_by_heading = {h.id: h.title for h in outline.headings}
    title_by_top: dict[str, str] = {
        (s.within[0] if s.within else s.id): (
            title_by_heading[s.within[0]] if s.within else s.title
        )
        for s in outline.sections
    }
    return list(title_by_top.values())


def find_missing_title(names: Iterable[str], titles: Sequence[str]) -> str | None:
    """Return the first of ``names`` that does not stand in ``titles`` after the one before it."""
    position = 0
    normalised_titles = [normalise(t) for t in titles]
    for name in names:
        try:
            position = normalised_titles.index(normalise(name), position) + 1
        except ValueError:
            return name
    return None


def find_carriers(
    outline: Outline, constraints: Iterable[Constraint]
) -> dict[ConstraintId, tuple[SectionId, ...]]:
    """Return for each constraint's id the ids of the sections that carry it, in reading order."""
    total = len(outline.sections)
    return {
        c.id: tuple(s.id for s in outline.sections_at(c.where.positions(total)))
        for c in constraints
    }


def describe_moves(
    old_outline: Outline, new_outline: Outline, constraints: Sequence[Constraint]
) -> list[str]:
    """Say which constraints an edit of the outline moves: ``c3: was in s5, s9; now in s6, s10``.

    Those that hold everywhere, or for the whole piece, do not move.
    """
    placed_constraints = [
        c for c in constraints if c.where.scope in ("once", "range", "periodic", "last")
    ]
    old_carriers = find_carriers(old_outline, placed_constraints)
    new_carriers = find_carriers(new_outline, placed_constraints)
    return [
        f"{c.id}: was in {_join_ids(old_carriers[c.id])}; now in {_join_ids(new_carriers[c.id])}"
        for c in placed_constraints
        if old_carriers[c.id] != new_carriers[c.id]
    ]


def _join_ids(ids: Sequence[str]) -> str:
    return ", ".join(ids) or "no section"


def _check_ids(constraints: Iterable[Constraint]) -> None:
    seen_ids: set[str] = set()
    for constraint in constraints:
        if constraint.id and constraint.id in seen_ids:
            raise BadInput(f"two constraints have the id {constraint.id!r}; give each its own")
        seen_ids.add(constraint.id)


def _check_placement(constraint: Constraint, total: int | None) -> None:
    placement = constraint.where
    for part in (placement, *placement.but):
        if part.scope == "range" and part.last is not None and part.last < part.first:
            raise BadInput(f"{_quote(constraint)}: {part} ends before it begins")
    if total is None:
        return
    if placement.highest_position > total:
        raise BadInput(
            f"{_quote(constraint)} is for section {placement.highest_position} of {total}: "
            f"place it in section 1 to {total}, or plan more sections"
        )
    if constraint.required and placement.scope == "others" and not placement.positions(total):
        raise BadInput(f"{_quote(constraint)} is for {placement}: no section is left to carry it")


def _check_phrases(requirement: Constraint, prohibition: Constraint, total: int | None) -> None:
    if not (
        requirement.kind in ("must_contain", "event")
        and requirement.phrases
        and prohibition.forbids
    ):
        return
    if not _forbids(prohibition.where, requirement.where, total):
        return
    for demanded_phrase in requirement.phrases:
        for forbidden_phrase in prohibition.phrases:
            if names_in(demanded_phrase).mentions(normalise(forbidden_phrase)):
                raise BadInput(
                    f"{_quote(requirement)} and {_quote(prohibition)} contradict each other: "
                    f"{demanded_phrase!r} is both demanded and forbidden; remove one of them"
                )


def _forbids(prohibition_place: Placement, requirement_place: Placement, total: int | None) -> bool:
    """True when no place where the requirement could be met is free of the prohibition."""
    if prohibition_place.scope == "whole":
        return True
    if requirement_place.scope == "whole":
        return prohibition_place.scope == "all" or (
            total is not None and len(prohibition_place.positions(total)) == total
        )
    return _overlaps(prohibition_place, requirement_place, total)


def _overlaps(first: Placement, second: Placement, total: int | None) -> bool:
    if "whole" in (first.scope, second.scope):
        return first.scope == second.scope
    if total is None and "last" in (first.scope, second.scope):
        return first.scope == second.scope or "all" in (first.scope, second.scope)
    horizon = total or max(_HORIZON, first.highest_position, second.highest_position)
    return not set(first.positions(horizon)).isdisjoint(second.positions(horizon))


_SINGLE_VALUE_OF: Mapping[str, Callable[[Constraint], str | None]] = {
    "language": lambda c: c.language,
    "point_of_view": lambda c: f"{c.person} person",
    "tense": lambda c: f"{c.tense} tense",
    "citation": lambda c: c.style,
    "format": lambda c: c.opens,
}
"""What a text can have only one of, by the kind that asks for it."""


def _check_values(first: Constraint, second: Constraint, total: int | None) -> None:
    if first.kind != second.kind or first.kind not in _SINGLE_VALUE_OF:
        return
    everywhere = {first.where.scope, second.where.scope} <= {"whole", "all"}
    if not everywhere and not _overlaps(first.where, second.where, total):
        return
    value_pairs = [(_SINGLE_VALUE_OF[first.kind](first), _SINGLE_VALUE_OF[first.kind](second))]
    if first.kind == "format":
        value_pairs += [(first.closes, second.closes), *_pair_formats(first, second)]
    for first_value, second_value in value_pairs:
        if first_value and second_value and first_value != second_value:
            raise BadInput(
                f"{_quote(first)} and {_quote(second)} contradict each other: one asks for "
                f"{first_value!r} and the other for {second_value!r}; remove one of them"
            )


def _pair_formats(first: Constraint, second: Constraint) -> list[tuple[str | None, str | None]]:
    return [(first.format, second.format)] if "plain" in (first.format, second.format) else []


def _check_lengths(first: Constraint, second: Constraint, total: int | None) -> None:
    if first.kind != "length" or second.kind != "length":
        return
    if first.counted != second.counted and "characters" in (first.counted, second.counted):
        return
    if not _overlaps(first.where, second.where, total):
        return
    if first.about_words and second.about_words and first.about_words != second.about_words:
        raise BadInput(
            f"{_quote(first)} and {_quote(second)} contradict each other: about "
            f"{first.about_words} {first.counted} and about {second.about_words}; "
            "remove one of them"
        )
    for low, high in ((first, second), (second, first)):
        if low.lower_bound and high.upper_bound and low.lower_bound > high.upper_bound:
            raise BadInput(
                f"{_quote(low)} and {_quote(high)} contradict each other: at least "
                f"{low.lower_bound} {low.counted} and at most {high.upper_bound}; "
                "change one of them"
            )


def _check_sums(demands: Sequence[Constraint], total: int | None) -> None:
    """Hold what sections must or may have together against the limits of the whole."""
    if total is None:
        return
    length_constraints = [c for c in demands if c.kind == "length" and c.counted != "characters"]
    lower_bounds = [0] * (total + 1)
    upper_bounds: list[int | None] = [None] * (total + 1)
    for c in length_constraints:
        for position in c.where.positions(total):
            lower_bounds[position] = max(lower_bounds[position], c.lower_bound or 0)
            current_bound = upper_bounds[position]
            if c.upper_bound is not None:
                upper_bounds[position] = (
                    c.upper_bound if current_bound is None else min(current_bound, c.upper_bound)
                )
    ceilings = [m for m in upper_bounds[1:] if m is not None]
    for c in (c for c in length_constraints if c.where.scope == "whole"):
        if c.upper_bound and sum(lower_bounds) > c.upper_bound:
            raise BadInput(
                f"{_quote(c)} allows {c.upper_bound} words, but the constraints on its sections "
                f"ask for at least {sum(lower_bounds)} together; change one of them"
            )
        if c.lower_bound and len(ceilings) == total and sum(ceilings) < c.lower_bound:
            raise BadInput(
                f"{_quote(c)} asks for {c.lower_bound} words, but the constraints on its sections "
                f"allow only {sum(ceilings)} together; change one of them"
            )


def _check_target(demands: Iterable[Constraint], target_words: int) -> None:
    for c in demands:
        if c.kind != "length" or c.where.scope != "whole" or c.counted == "characters":
            continue
        if c.upper_bound is not None and target_words > c.upper_bound:
            raise BadInput(
                f"{_quote(c)} allows {c.upper_bound} words, but the target is {target_words}; "
                "change one of them"
            )
        if c.lower_bound is not None and target_words < c.lower_bound:
            raise BadInput(
                f"{_quote(c)} asks for at least {c.lower_bound} words, but the target is "
                f"{target_words}; change one of them"
            )


def _check_structure(demands: Iterable[Constraint], titles: Sequence[str]) -> None:
    for c in demands:
        if c.kind == "structure" and (name := find_missing_title(c.sections, titles)) is not None:
            raise BadInput(
                f"{_quote(c)}: the outline has no section {name!r} in that place; "
                "add it, or change the constraint"
            )


def _quote(constraint: Constraint) -> str:
    text = constraint.text if len(constraint.text) <= 60 else constraint.text[:57] + "..."
    return f"the constraint “{text}”"
