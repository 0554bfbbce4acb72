"""Changing the outline: what a person adds, splits, joins, moves or takes out; constraints follow.

A change is a function from a plan to the next one, so that what it would do can be worked out, and
shown, before anything is written. Where a constraint is placed by number, it stays with the
sections it was placed in, not with their numbers; a periodic one keeps its count.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from inkwright.memory.cleanup import each_text, storable
from inkwright.memory.domain import constraint_consistency
from inkwright.memory.domain.brief import Constraint
from inkwright.memory.domain.outline import Outline, Section
from inkwright.memory.errors import BadInput
from inkwright.memory.store.plans import Plan


@dataclass(frozen=True)
class PlanChange:
    """A plan as it would be, with what becomes of the texts."""

    outline: Outline
    constraints: tuple[Constraint, ...]
    joined: Mapping[str, str] = field(default_factory=dict)
    """Sections that are taken out, with the section their text goes to the end of."""
    halved: Mapping[str, str] = field(default_factory=dict)
    """Sections whose text is divided, with the section the second half goes to."""

    @property
    def moves_text(self) -> bool:
        return bool(self.joined or self.halved)


Change = Callable[[Plan], PlanChange]


def editing(section: str, **changes: Any) -> Change:
    """Change what is planned for a section: title, purpose, key points, words, what it follows."""

    def change(plan: Plan) -> PlanChange:
        found = _section(plan, section)
        fields = {**found.model_dump(), **each_text(changes, storable)}
        try:
            new = Section.model_validate(fields)
        except ValidationError as fault:
            first = fault.errors()[0]
            raise BadInput(f"{section}: {first['loc'][0]}: {first['msg']}") from fault
        return _next(plan, [new if s.id == section else s for s in plan.outline.sections])

    return change


def adding(
    title: str, *, after: str | None, target_words: int, purpose: str = "", **more: Any
) -> Change:
    """Add a section after another, or at the beginning; it stands under the same headings."""

    def change(plan: Plan) -> PlanChange:
        sections = list(plan.outline.sections)
        at = plan.outline.position[_section(plan, after).id] if after else 0
        beside = sections[at - 1] if at else sections[0]
        if not storable(title).strip():
            raise BadInput("a section needs a title")
        new = Section(
            id=_free_id(plan),
            title=storable(title).strip(),
            level=beside.level,
            within=beside.within,
            purpose=storable(purpose).strip(),
            target_words=target_words,
            **each_text(more, storable),
        )
        return _next(plan, [*sections[:at], new, *sections[at:]])

    return change


def splitting(section: str, title: str) -> Change:
    """Make two sections of one; the second, called ``title``, takes half of words and points."""

    def change(plan: Plan) -> PlanChange:
        found = _section(plan, section)
        if not storable(title).strip():
            raise BadInput("the second part needs a title")
        if found.target_words < 2:
            raise BadInput(f"{section} has too few words to be split")
        points, words = (len(found.key_points) + 1) // 2, found.target_words // 2
        first = found.model_copy(
            update={
                "key_points": found.key_points[:points],
                "target_words": found.target_words - words,
                "placed": None,
            }
        )
        second = found.model_copy(
            update={
                "id": _free_id(plan),
                "title": storable(title).strip(),
                "key_points": found.key_points[points:],
                "target_words": words,
                "after": (*found.after, found.id),
                "placed": None,
            }
        )
        parts = [
            new
            for s in plan.outline.sections
            for new in ((first, second) if s.id == section else (s,))
        ]
        return _next(plan, parts, halved={section: second.id})

    return change


def joining(section: str) -> Change:
    """Join a section with the one after it, which is taken out; its text goes to the first."""

    def change(plan: Plan) -> PlanChange:
        sections = plan.outline.sections
        first, at = _section(plan, section), plan.outline.position[section]
        if at == len(sections):
            raise BadInput(f"{section} is the last section; there is none after it to join")
        second = sections[at]
        both = first.model_copy(
            update={
                "purpose": " ".join(p for p in (first.purpose, second.purpose) if p),
                "key_points": (*first.key_points, *second.key_points),
                "subjects": tuple(dict.fromkeys((*first.subjects, *second.subjects))),
                "target_words": first.target_words + second.target_words,
                "hands_over": second.hands_over or first.hands_over,
                "after": tuple(
                    a for a in dict.fromkeys((*first.after, *second.after)) if a != section
                ),
                "placed": None,
            }
        )
        kept = [both if s.id == section else s for s in sections if s.id != second.id]
        return _next(plan, kept, heirs={second.id: section}, joined={second.id: section})

    return change


def removing(section: str) -> Change:
    """Take a section out; its drafts stay in the library."""

    def change(plan: Plan) -> PlanChange:
        _section(plan, section)
        kept = [s for s in plan.outline.sections if s.id != section]
        if not kept:
            raise BadInput("an outline needs a section")
        return _next(plan, kept)

    return change


def moving(section: str, by: int) -> Change:
    """Move a section so many places on, or back; it goes under its new neighbour's headings."""

    def change(plan: Plan) -> PlanChange:
        at = plan.outline.position[_section(plan, section).id] - 1
        to = min(max(at + by, 0), len(plan.outline.sections) - 1)
        if to == at:
            raise BadInput(f"{section} cannot move further")
        return placing(section, plan.outline.sections[to].id, behind=to > at)(plan)

    return change


def placing(section: str, beside: str, *, behind: bool) -> Change:
    """Let a section stand right before another, or right ``behind`` it, under that one's headings.

    This says of the last place under a heading, and the first under the next, which is meant.
    """

    def change(plan: Plan) -> PlanChange:
        found, other = _section(plan, section), _section(plan, beside)
        rest = [s for s in plan.outline.sections if s.id != section]
        if section == beside:
            raise BadInput(f"{section} stands there already")
        to = rest.index(other) + behind
        new = found.model_copy(update={"within": other.within, "level": other.level})
        sections = [*rest[:to], new, *rest[to:]]
        if sections == list(plan.outline.sections):
            raise BadInput(f"{section} stands there already")
        return _next(plan, sections, moved=section)

    return change


def _next(
    plan: Plan,
    sections: Sequence[Section],
    *,
    heirs: Mapping[str, str] | None = None,
    moved: str | None = None,
    joined: Mapping[str, str] | None = None,
    halved: Mapping[str, str] | None = None,
) -> PlanChange:
    heirs = heirs or {}
    known = {s.id for s in sections}
    parts = [s.model_copy(update={"after": _after(s, known, heirs)}) for s in sections]
    try:
        outline = plan.outline.with_sections(parts)
    except ValidationError as fault:
        raise BadInput(fault.errors()[0]["msg"].removeprefix("Value error, ")) from fault
    followed = (_followed(c, plan.outline, outline, heirs, moved) for c in plan.constraints)
    constraints = tuple(c for c in followed if c is not None)
    constraint_consistency.check(constraints, len(outline.sections))
    return PlanChange(outline, constraints, joined or {}, halved or {})


def _after(section: Section, known: set[str], heirs: Mapping[str, str]) -> tuple[str, ...]:
    wanted = dict.fromkeys(heirs.get(a, a) for a in section.after)
    return tuple(a for a in wanted if a in known and a != section.id)


def _followed(
    constraint: Constraint,
    before: Outline,
    after: Outline,
    heirs: Mapping[str, str],
    moved: str | None,
) -> Constraint | None:
    """Return the constraint where its sections are now; None when they are all gone."""
    where = constraint.where
    if where.scope not in ("once", "range"):
        return constraint
    carried = [s.id for s in before.placed(where.positions(len(before.sections)))]
    stays = [sid for sid in carried if sid != moved] or carried
    places = [
        after.position[sid] for sid in (heirs.get(s, s) for s in stays) if sid in after.position
    ]
    if not places:
        return None
    changes: dict[str, Any] = {"first": min(places)}
    if where.scope == "range" and where.last is not None:
        changes["last"] = max(places)
    return constraint.model_copy(update={"where": where.model_copy(update=changes)})


def _section(plan: Plan, sid: str) -> Section:
    if sid not in plan.outline.position:
        raise BadInput(f"the outline has no section {sid!r}")
    return plan.outline.section(sid)


def _free_id(plan: Plan) -> str:
    numbers = [int(sid[1:]) for sid in plan.taken if sid[1:].isdecimal()]
    return f"s{max(numbers, default=0) + 1}"
