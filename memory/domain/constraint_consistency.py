"""Can these constraints be met together, and which section carries which?"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations, permutations

from inkwright.memory.domain.constraint import Constraint
from inkwright.memory.domain.outline import Outline
from inkwright.memory.domain.placement import Placement
from inkwright.memory.errors import BadInput
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
        _check_place(constraint, total_sections)
    demands = [c for c in constraints if c.required]
    for must, never in permutations(demands, 2):
        _check_phrases(must, never, total_sections)
    for one, other in combinations(demands, 2):
        _check_values(one, other, total_sections)
        _check_lengths(one, other, total_sections)
    _check_sums(demands, total_sections)
    if target_words is not None:
        _check_target(demands, target_words)
    if titles is not None:
        _check_structure(demands, titles)


def titles_of(outline: Outline) -> list[str]:
    """Return the titles of chapters and sections in reading order."""
    headings = {h.id: h.title for h in outline.headings}
    found: list[str] = []
    opened: tuple[str, ...] = ()
    for section in outline.sections:
        found += [headings[h] for h in section.within if h not in opened]
        opened = section.within
        found.append(section.title)
    return found


def missing_title(names: Iterable[str], titles: Sequence[str]) -> str | None:
    """Return the first of ``names`` that does not stand in ``titles`` after the one before it."""
    at = 0
    said = [normalise(t) for t in titles]
    for name in names:
        try:
            at = said.index(normalise(name), at) + 1
        except ValueError:
            return name
    return None


def carriers(outline: Outline, constraints: Iterable[Constraint]) -> dict[str, tuple[str, ...]]:
    """Return for each constraint's id the ids of the sections that carry it, in reading order."""
    total = len(outline.sections)
    return {
        c.id: tuple(s.id for s in outline.placed(c.where.positions(total))) for c in constraints
    }


def moves(before: Outline, after: Outline, constraints: Sequence[Constraint]) -> list[str]:
    """Say which constraints an edit of the outline moves: ``c3: was in s5, s9; now in s6, s10``.

    Those that hold everywhere, or for the whole piece, do not move.
    """
    placed = [c for c in constraints if c.where.scope in ("once", "range", "periodic", "last")]
    old, new = carriers(before, placed), carriers(after, placed)
    return [
        f"{c.id}: was in {_listed(old[c.id])}; now in {_listed(new[c.id])}"
        for c in placed
        if old[c.id] != new[c.id]
    ]


def _listed(ids: Sequence[str]) -> str:
    return ", ".join(ids) or "no section"


def _check_ids(constraints: Iterable[Constraint]) -> None:
    seen: set[str] = set()
    for constraint in constraints:
        if constraint.id and constraint.id in seen:
            raise BadInput(f"two constraints have the id {constraint.id!r}; give each its own")
        seen.add(constraint.id)


def _check_place(constraint: Constraint, total: int | None) -> None:
    where = constraint.where
    for part in (where, *where.but):
        if part.scope == "range" and part.last is not None and part.last < part.first:
            raise BadInput(f"{_quoted(constraint)}: {part} ends before it begins")
    if total is None:
        return
    if where.highest > total:
        raise BadInput(
            f"{_quoted(constraint)} is for section {where.highest} of {total}: "
            f"place it in section 1 to {total}, or plan more sections"
        )
    if constraint.required and where.scope == "others" and not where.positions(total):
        raise BadInput(f"{_quoted(constraint)} is for {where}: no section is left to carry it")


def _check_phrases(must: Constraint, never: Constraint, total: int | None) -> None:
    if not (must.kind in ("must_contain", "event") and must.phrases and never.forbids):
        return
    if not _forbids(never.where, must.where, total):
        return
    for demanded in must.phrases:
        for forbidden in never.phrases:
            if names_in(demanded).has(normalise(forbidden)):
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
    if total is None and "last" in (one.scope, other.scope):
        return one.scope == other.scope or "all" in (one.scope, other.scope)
    horizon = total or max(_HORIZON, one.highest, other.highest)
    return not set(one.positions(horizon)).isdisjoint(other.positions(horizon))


_ONE_OF: Mapping[str, Callable[[Constraint], str | None]] = {
    "language": lambda c: c.language,
    "point_of_view": lambda c: f"{c.person} person",
    "tense": lambda c: f"{c.tense} tense",
    "citation": lambda c: c.style,
    "format": lambda c: c.opens,
}
"""What a text can have only one of, by the kind that asks for it."""


def _check_values(one: Constraint, other: Constraint, total: int | None) -> None:
    if one.kind != other.kind or one.kind not in _ONE_OF:
        return
    everywhere = {one.where.scope, other.where.scope} <= {"whole", "all"}
    if not everywhere and not _overlap(one.where, other.where, total):
        return
    pairs = [(_ONE_OF[one.kind](one), _ONE_OF[one.kind](other))]
    if one.kind == "format":
        pairs += [(one.closes, other.closes), *_plain_and_marked(one, other)]
    for ours, theirs in pairs:
        if ours and theirs and ours != theirs:
            raise BadInput(
                f"{_quoted(one)} and {_quoted(other)} contradict each other: one asks for "
                f"{ours!r} and the other for {theirs!r}; remove one of them"
            )


def _plain_and_marked(one: Constraint, other: Constraint) -> list[tuple[str | None, str | None]]:
    return [(one.format, other.format)] if "plain" in (one.format, other.format) else []


def _check_lengths(one: Constraint, other: Constraint, total: int | None) -> None:
    if one.kind != "length" or other.kind != "length":
        return
    if one.counted != other.counted and "characters" in (one.counted, other.counted):
        return
    if not _overlap(one.where, other.where, total):
        return
    if one.about_words and other.about_words and one.about_words != other.about_words:
        raise BadInput(
            f"{_quoted(one)} and {_quoted(other)} contradict each other: about {one.about_words} "
            f"{one.counted} and about {other.about_words}; remove one of them"
        )
    for low, high in ((one, other), (other, one)):
        if low.least and high.most and low.least > high.most:
            raise BadInput(
                f"{_quoted(low)} and {_quoted(high)} contradict each other: at least "
                f"{low.least} {low.counted} and at most {high.most}; change one of them"
            )


def _check_sums(demands: Sequence[Constraint], total: int | None) -> None:
    """Hold what sections must or may have together against the limits of the whole."""
    if total is None:
        return
    lengths = [c for c in demands if c.kind == "length" and c.counted != "characters"]
    least = [0] * (total + 1)
    most: list[int | None] = [None] * (total + 1)
    for c in lengths:
        for position in c.where.positions(total):
            least[position] = max(least[position], c.least or 0)
            known = most[position]
            if c.most is not None:
                most[position] = c.most if known is None else min(known, c.most)
    ceilings = [m for m in most[1:] if m is not None]
    for c in (c for c in lengths if c.where.scope == "whole"):
        if c.most and sum(least) > c.most:
            raise BadInput(
                f"{_quoted(c)} allows {c.most} words, but the constraints on its sections "
                f"ask for at least {sum(least)} together; change one of them"
            )
        if c.least and len(ceilings) == total and sum(ceilings) < c.least:
            raise BadInput(
                f"{_quoted(c)} asks for {c.least} words, but the constraints on its sections "
                f"allow only {sum(ceilings)} together; change one of them"
            )


def _check_target(demands: Iterable[Constraint], target_words: int) -> None:
    for c in demands:
        if c.kind != "length" or c.where.scope != "whole" or c.counted == "characters":
            continue
        if c.most is not None and target_words > c.most:
            raise BadInput(
                f"{_quoted(c)} allows {c.most} words, but the target is {target_words}; "
                "change one of them"
            )
        if c.least is not None and target_words < c.least:
            raise BadInput(
                f"{_quoted(c)} asks for at least {c.least} words, but the target is "
                f"{target_words}; change one of them"
            )


def _check_structure(demands: Iterable[Constraint], titles: Sequence[str]) -> None:
    for c in demands:
        if c.kind == "structure" and (name := missing_title(c.sections, titles)) is not None:
            raise BadInput(
                f"{_quoted(c)}: the outline has no section {name!r} in that place; "
                "add it, or change the constraint"
            )


def _quoted(constraint: Constraint) -> str:
    text = constraint.text if len(constraint.text) <= 60 else constraint.text[:57] + "..."
    return f"the constraint “{text}”"
