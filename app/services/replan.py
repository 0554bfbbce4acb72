"""A person's new outline for a planned work: what it moves is said, what it keeps stays written."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from inkwright.agents.checks import rules, section_format
from inkwright.agents.planning import outline_builder
from inkwright.app.briefs.loader import read_brief
from inkwright.memory.changes import staleness
from inkwright.memory.domain import constraint_consistency
from inkwright.memory.domain.draft import Review
from inkwright.memory.domain.outline import Outline, Section
from inkwright.memory.errors import BadInput
from inkwright.memory.ids import SectionId, WorkId
from inkwright.memory.store import drafts, plans, works
from inkwright.memory.store.library import Lease, Library
from inkwright.memory.store.plans import Plan
from inkwright.memory.text.normalise import normalise

MIN_SECTION_WORDS = 40
"""Words below which sections are not cut to keep the length of the whole."""


@dataclass(frozen=True)
class ReplanResult:
    """A new version of a plan, and what it changed."""

    plan: Plan
    moved_constraints: tuple[str, ...]
    """A line for each constraint that other sections carry now."""
    removed_section_ids: tuple[SectionId, ...]
    """Ids of sections that are not in the outline any more."""
    back: tuple[str, ...]
    """Ids of sections that were taken out before and are in it again, with the text they had."""
    stale_section_ids: tuple[SectionId, ...]
    """Ids of written sections that are to be checked again."""


def replan(library: Library, work_id: WorkId, file: Path) -> ReplanResult:
    """Give a planned work the outline in ``file``; sections of the same title stay what they are.

    So are those again that were taken out before.

    Raises:
        BadInput: the outline cannot be read, or its constraints cannot all be met in it; nothing
            is stored.
    """
    plan = plans.require(library, work_id)
    if plan.outline.layout is not None:
        raise BadInput(
            f"{work_id} is a manuscript from outside: change its headings there, and import it"
        )
    brief = works.get(library, work_id).brief
    items = read_brief("-", outline=file).outline
    sized_titles = {
        normalise(leaf.title) for leaf in outline_builder.list_leaves(items) if leaf.words
    }
    new_outline = outline_builder.build_from_brief(
        brief.model_copy(update={"outline": items}),
        plan.outline.title,
        plan.outline.continuity,
        plan.outline.target_words,
    )
    outline = match_sections(
        plan.outline, new_outline, sized_titles, plans.taken_out(library, work_id)
    )
    written_ids = drafts.current(library, work_id, outline).keys()
    outline = _keep_length(plan.outline, outline, sized_titles, written_ids)
    try:
        titles = constraint_consistency.list_titles(outline)
        constraint_consistency.check(plan.constraints, len(outline.sections), titles=titles)
    except BadInput as fault:
        raise BadInput(f"{file}: {fault}") from fault
    with works.hold_lease(library, work_id) as lease:
        new_plan = plans.adopt(library, lease, outline, plan.constraints, author="person")
        _reframe_drafts(library, lease, new_plan)
    position = outline.position
    return ReplanResult(
        plan=new_plan,
        moved_constraints=tuple(
            constraint_consistency.describe_moves(plan.outline, outline, plan.constraints)
        ),
        removed_section_ids=tuple(s.id for s in plan.outline.sections if s.id not in position),
        back=tuple(
            section_id
            for section_id in position
            if section_id in plan.gone and section_id in written_ids
        ),
        stale_section_ids=tuple(staleness.find_reasons(library, work_id)),
    )


def match_sections(
    old_outline: Outline,
    new_outline: Outline,
    sized_titles: Set[str],
    removed_sections: Sequence[Section] = (),
) -> Outline:
    """Return ``new_outline`` with the ids of ``old_outline``, and what it leaves open as it was.

    ``sized_titles`` are the titles, normalised, of sections that ``new_outline`` gives a length;
    ``gone`` are the sections that were taken out before, the last of them first.
    """
    old_sections = [*reversed(removed_sections), *old_outline.sections]
    old_by_title = {normalise(s.title): s for s in old_sections}
    old_ids = {s.id for s in old_sections}
    free_ids = (SectionId(f"s{n}") for n in count(1) if f"s{n}" not in old_ids)
    old_by_new_id = {s.id: old_by_title.pop(normalise(s.title), None) for s in new_outline.sections}
    final_ids = {
        section_id: old_section.id if old_section else next(free_ids)
        for section_id, old_section in old_by_new_id.items()
    }
    sections = [
        _merge_section(s, old_by_new_id[s.id], final_ids, sized_titles)
        for s in new_outline.sections
    ]
    return new_outline.with_sections(sections)


def _keep_length(
    old_outline: Outline, new_outline: Outline, sized_titles: Set[str], written_ids: Set[str]
) -> Outline:
    """Return ``new_outline`` as long as ``old_outline``.

    That is, where what is not written yet can make up for it.
    """
    unwritten_sections = [
        s
        for s in new_outline.sections
        if s.id not in written_ids and normalise(s.title) not in sized_titles
    ]
    remaining_words = old_outline.target_words - sum(
        s.target_words for s in new_outline.sections if s not in unwritten_sections
    )
    if remaining_words < MIN_SECTION_WORDS * len(unwritten_sections):
        return new_outline
    sizes = outline_builder.split_in_proportion(
        [s.target_words for s in unwritten_sections], remaining_words
    )
    words_by_id = dict(zip((s.id for s in unwritten_sections), sizes, strict=True))
    return new_outline.with_sections(
        s.model_copy(update={"target_words": words_by_id.get(s.id, s.target_words)})
        for s in new_outline.sections
    )


def _merge_section(
    section: Section,
    old_section: Section | None,
    final_ids: Mapping[SectionId, SectionId],
    sized_titles: Set[str],
) -> Section:
    fields: dict[str, object] = {"id": final_ids[section.id]}
    after_ids: Sequence[str] = [final_ids[section_id] for section_id in section.after]
    if old_section is not None:
        inherited_fields = ("purpose", "key_points", "owns", "hands_over", "leaves_out", "subjects")
        fields |= {n: getattr(old_section, n) for n in inherited_fields if not getattr(section, n)}
        after_ids = after_ids or [
            section_id for section_id in old_section.after if section_id in final_ids.values()
        ]
        if normalise(section.title) not in sized_titles:
            fields["target_words"] = old_section.target_words
    return section.model_copy(update={**fields, "after": tuple(after_ids)})


def _reframe_drafts(library: Library, lease: Lease, plan: Plan) -> None:
    """Let what is written begin and end as its new place asks."""
    for section_id, draft in drafts.current(library, lease.work_id, plan.outline).items():
        text = section_format.apply_frame(plan, section_id, draft.text)
        if text != draft.text:
            finding_by_constraint = {
                f.constraint: f for f in rules.check(text, plan.constraints_for(section_id))
            }
            old_findings = draft.review.findings if draft.review else ()
            review = Review(
                findings=tuple(finding_by_constraint.get(f.constraint, f) for f in old_findings)
            )
            drafts.save_patch(library, lease, draft, text=text, stage="settled", review=review)
