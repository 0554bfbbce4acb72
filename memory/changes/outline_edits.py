"""Changing the outline: what a person adds, splits, joins, moves or takes out; constraints follow.

A change is a function from a plan to the next one, so that what it would do can be worked out, and
shown, before anything is written. Where a constraint is placed by number, it stays with the
sections it was placed in, not with their numbers; a periodic one keeps its count.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from pydantic import ValidationError

from inkwright.memory.cleanup import each_text, storable
from inkwright.memory.domain import constraint_consistency
from inkwright.memory.domain.brief import Constraint
from inkwright.memory.domain.outline import Outline, Section
from inkwright.memory.errors import BadInput
from inkwright.memory.ids import SectionId
from inkwright.memory.store.plans import Plan


@dataclass(frozen=True)
class PlanChange:
    """A plan as it would be, with what becomes of the texts."""

    outline: Outline
    constraints: tuple[Constraint, ...]
    merged_into: Mapping[SectionId, SectionId] = field(default_factory=dict)
    """Sections that are taken out, with the section their text goes to the end of."""
    split_into: Mapping[SectionId, SectionId] = field(default_factory=dict)
    """Sections whose text is divided, with the section the second half goes to."""

    @property
    def moves_text(self) -> bool:
        return bool(self.merged_into or self.split_into)


OutlineEdit = Callable[[Plan], PlanChange]


def build_section_edit(section_id: SectionId, **changes: Any) -> OutlineEdit:
    """Change what is planned for a section: title, purpose, key points, words, what it follows."""

    def change(plan: Plan) -> PlanChange:
        old_section = plan.require_section(section_id)
        fields = {**old_section.model_dump(), **each_text(changes, storable)}
        try:
            new_section = Section.model_validate(fields)
        except ValidationError as fault:
            first_error = fault.errors()[0]
            raise BadInput(
                f"{section_id}: {first_error['loc'][0]}: {first_error['msg']}"
            ) from fault
        return _build_plan_change(
            plan, [new_section if s.id == section_id else s for s in plan.outline.sections]
        )

    return change


def build_insertion(
    title: str,
    *,
    after_id: SectionId | None,
    target_words: int,
    purpose: str = "",
    **more_fields: Any,
) -> OutlineEdit:
    """Add a section after another, or at the beginning; it stands under the same headings."""

    def change(plan: Plan) -> PlanChange:
        sections = list(plan.outline.sections)
        index = plan.outline.position[plan.require_section(after_id).id] if after_id else 0
        neighbour = sections[index - 1] if index else sections[0]
        if not storable(title).strip():
            raise BadInput("a section needs a title")
        new_section = Section(
            id=_make_free_id(plan),
            title=storable(title).strip(),
            level=neighbour.level,
            within=neighbour.within,
            purpose=storable(purpose).strip(),
            target_words=target_words,
            **each_text(more_fields, storable),
        )
        return _build_plan_change(plan, [*sections[:index], new_section, *sections[index:]])

    return change


def build_split(section_id: SectionId, title: str) -> OutlineEdit:
    """Make two sections of one; the second, called ``title``, takes half of words and points."""

    def change(plan: Plan) -> PlanChange:
        old_section = plan.require_section(section_id)
        if not storable(title).strip():
            raise BadInput("the second part needs a title")
        if old_section.target_words < 2:
            raise BadInput(f"{section_id} has too few words to be split")
        first_point_count = (len(old_section.key_points) + 1) // 2
        second_words = old_section.target_words // 2
        first = old_section.model_copy(
            update={
                "key_points": old_section.key_points[:first_point_count],
                "target_words": old_section.target_words - second_words,
                "placed": None,
            }
        )
        second = old_section.model_copy(
            update={
                "id": _make_free_id(plan),
                "title": storable(title).strip(),
                "key_points": old_section.key_points[first_point_count:],
                "target_words": second_words,
                "after": (*old_section.after, old_section.id),
                "placed": None,
            }
        )
        new_sections = [
            part
            for s in plan.outline.sections
            for part in ((first, second) if s.id == section_id else (s,))
        ]
        return _build_plan_change(plan, new_sections, split_into={section_id: second.id})

    return change


def build_join(section_id: SectionId) -> OutlineEdit:
    """Join a section with the one after it, which is taken out; its text goes to the first."""

    def change(plan: Plan) -> PlanChange:
        sections = plan.outline.sections
        first, position = plan.require_section(section_id), plan.outline.position[section_id]
        if position == len(sections):
            raise BadInput(f"{section_id} is the last section; there is none after it to join")
        second = sections[position]
        joined_section = first.model_copy(
            update={
                "purpose": " ".join(p for p in (first.purpose, second.purpose) if p),
                "key_points": (*first.key_points, *second.key_points),
                "subjects": tuple(dict.fromkeys((*first.subjects, *second.subjects))),
                "target_words": first.target_words + second.target_words,
                "hands_over": second.hands_over or first.hands_over,
                "after": tuple(
                    a for a in dict.fromkeys((*first.after, *second.after)) if a != section_id
                ),
                "placed": None,
            }
        )
        remaining_sections = [
            joined_section if s.id == section_id else s for s in sections if s.id != second.id
        ]
        return _build_plan_change(
            plan,
            remaining_sections,
            heir_ids={second.id: section_id},
            merged_into={second.id: section_id},
        )

    return change


def build_removal(section_id: SectionId) -> OutlineEdit:
    """Take a section out; its drafts stay in the library."""

    def change(plan: Plan) -> PlanChange:
        plan.require_section(section_id)
        remaining_sections = [s for s in plan.outline.sections if s.id != section_id]
        if not remaining_sections:
            raise BadInput("an outline needs a section")
        return _build_plan_change(plan, remaining_sections)

    return change


def build_move(section_id: SectionId, steps: int) -> OutlineEdit:
    """Move a section so many places on, or back; it goes under its new neighbour's headings."""

    def change(plan: Plan) -> PlanChange:
        old_index = plan.outline.position[plan.require_section(section_id).id] - 1
        new_index = min(max(old_index + steps, 0), len(plan.outline.sections) - 1)
        if new_index == old_index:
            raise BadInput(f"{section_id} cannot move further")
        return build_relocation(
            section_id, plan.outline.sections[new_index].id, behind=new_index > old_index
        )(plan)

    return change


def build_relocation(
    section_id: SectionId, neighbour_id: SectionId, *, behind: bool
) -> OutlineEdit:
    """Let a section stand right before another, or right ``behind`` it, under that one's headings.

    This says of the last place under a heading, and the first under the next, which is meant.
    """

    def change(plan: Plan) -> PlanChange:
        old_section = plan.require_section(section_id)
        neighbour = plan.require_section(neighbour_id)
        remaining_sections = [s for s in plan.outline.sections if s.id != section_id]
        if section_id == neighbour_id:
            raise BadInput(f"{section_id} stands there already")
        index = remaining_sections.index(neighbour) + behind
        new_section = old_section.model_copy(
            update={"within": neighbour.within, "level": neighbour.level}
        )
        sections = [*remaining_sections[:index], new_section, *remaining_sections[index:]]
        if sections == list(plan.outline.sections):
            raise BadInput(f"{section_id} stands there already")
        return _build_plan_change(plan, sections, moved_id=section_id)

    return change


def _build_plan_change(
    plan: Plan,
    sections: Sequence[Section],
    *,
    heir_ids: Mapping[SectionId, SectionId] | None = None,
    moved_id: SectionId | None = None,
    merged_into: Mapping[SectionId, SectionId] | None = None,
    split_into: Mapping[SectionId, SectionId] | None = None,
) -> PlanChange:
    heir_ids = heir_ids or {}
    section_ids = {s.id for s in sections}
    linked_sections = [
        s.model_copy(update={"after": _update_predecessors(s, section_ids, heir_ids)})
        for s in sections
    ]
    try:
        outline = plan.outline.with_sections(linked_sections)
    except ValidationError as fault:
        raise BadInput(fault.errors()[0]["msg"].removeprefix("Value error, ")) from fault
    relocated_constraints = (
        _relocate_constraint(c, plan.outline, outline, heir_ids, moved_id) for c in plan.constraints
    )
    constraints = tuple(c for c in relocated_constraints if c is not None)
    constraint_consistency.check(constraints, len(outline.sections))
    return PlanChange(outline, constraints, merged_into or {}, split_into or {})


def _update_predecessors(
    section: Section, section_ids: set[SectionId], heir_ids: Mapping[SectionId, SectionId]
) -> tuple[str, ...]:
    predecessor_ids = dict.fromkeys(heir_ids.get(a, a) for a in section.after)
    return tuple(a for a in predecessor_ids if a in section_ids and a != section.id)


def _relocate_constraint(
    constraint: Constraint,
    old_outline: Outline,
    new_outline: Outline,
    heir_ids: Mapping[SectionId, SectionId],
    moved_id: SectionId | None,
) -> Constraint | None:
    """Return the constraint where its sections are now; None when they are all gone."""
    placement = constraint.where
    if placement.scope not in ("once", "range"):
        return constraint
    carrier_ids = [
        s.id for s in old_outline.sections_at(placement.positions(len(old_outline.sections)))
    ]
    staying_ids = [
        section_id for section_id in carrier_ids if section_id != moved_id
    ] or carrier_ids
    positions = [
        new_outline.position[section_id]
        for section_id in (heir_ids.get(s, s) for s in staying_ids)
        if section_id in new_outline.position
    ]
    if not positions:
        return None
    changes: dict[str, Any] = {"first": min(positions)}
    if placement.scope == "range" and placement.last is not None:
        changes["last"] = max(positions)
    return constraint.model_copy(update={"where": placement.model_copy(update=changes)})


def _make_free_id(plan: Plan) -> SectionId:
    new_ids = (SectionId(f"s{n}") for n in count(len(plan.taken) + 1))
    return next(new_id for new_id in new_ids if new_id not in plan.taken)
