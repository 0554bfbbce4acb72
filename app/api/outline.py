"""The outline of one work, as its person reads and changes it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import update

from inkwright.app.api.handle import WorkHandle
from inkwright.memory.changes import staleness
from inkwright.memory.changes.outline_edits import OutlineEdit, PlanChange
from inkwright.memory.domain.draft import Draft
from inkwright.memory.domain.outline import Section
from inkwright.memory.domain.protected_spans import ProtectedSpan
from inkwright.memory.errors import WorkBusy
from inkwright.memory.ids import ConstraintId, SectionId
from inkwright.memory.store import drafts, plans, schema, works
from inkwright.memory.store.library import Library, now
from inkwright.memory.store.plans import Plan
from inkwright.memory.user_work import imported_drafts


@dataclass(frozen=True)
class MovedConstraint:
    """A constraint that other sections carry than before."""

    constraint: str
    text: str
    titles_before: tuple[str, ...]
    """Titles of the sections that carried it."""
    titles_after: tuple[str, ...]


@dataclass(frozen=True)
class OutlineImpact:
    """What a change of the outline would lead to."""

    plan: Plan
    stale: dict[SectionId, tuple[str, ...]]
    """Sections that it would make stale, with the reasons."""
    unwritten: tuple[str, ...]
    """Sections that would be there to be written."""
    moved_constraints: tuple[MovedConstraint, ...]


class WorkOutline(WorkHandle):
    """A work's outline: read it, see what a change would do, and make it.

    >>> import inkwright
    >>> from inkwright.memory import replanning
    >>> piece = inkwright.write("Two short diary entries of a lighthouse keeper.")
    >>> outline = inkwright.WorkOutline(piece.work)
    >>> change = replanning.adding("Afterwards", after=None, target_words=100)
    >>> len(outline.preview(change).unwritten)
    1
    >>> outline.apply(change).outline.sections[0].title
    'Afterwards'
    """

    @property
    def plan(self) -> Plan:
        """The newest plan.

        Raises:
            BadInput: the work is not planned yet.
        """
        with self._open() as library:
            return plans.require(library, self.work)

    def versions(self) -> dict[SectionId, list[Draft]]:
        """Return every version of each section that has text, in reading order, oldest first."""
        with self._open() as library:
            plan = plans.current(library, self.work)
            versions_by_id = {
                s.id: drafts.versions(library, self.work, s.id)
                for s in (plan.outline.sections if plan else ())
            }
        return {section_id: versions for section_id, versions in versions_by_id.items() if versions}

    def taken_out(self) -> list[Section]:
        """Return the written sections that the outline no longer has, the last taken out first.

        Their texts are kept: ``SectionText`` reads them; an outline that has them again has those.
        """
        with self._open() as library:
            rows = drafts.load_section_rows(library, self.work)
            return [s for s in plans.taken_out(library, self.work) if rows[s.id].draft is not None]

    def preview(self, change: OutlineEdit) -> OutlineImpact:
        """Return what ``change`` would lead to. Nothing is written.

        Raises:
            BadInput: it cannot be made.
        """
        with self._open() as library:
            plan = plans.require(library, self.work)
            plan_change = change(plan)
            new_plan = Plan(
                version=plan.version + 1,
                outline=plan_change.outline,
                constraints=plan_change.constraints,
            )
            already_stale_ids = set(staleness.find_reasons(library, self.work))
            stale = {
                s.section_id: s.reasons
                for s in staleness.find_stale_sections(library, self.work, plan=new_plan)
                if s.section_id not in already_stale_ids
            }
            current_drafts = drafts.current(library, self.work, new_plan.outline)
        second_half_ids = set(plan_change.split_into.values()) if current_drafts else set()
        return OutlineImpact(
            plan=new_plan,
            stale=stale,
            unwritten=tuple(
                s.id
                for s in new_plan.outline.sections
                if s.id not in current_drafts and s.id not in second_half_ids
            ),
            moved_constraints=tuple(_find_moved_constraints(plan, new_plan)),
        )

    def apply(self, change: OutlineEdit) -> Plan:
        """Make a change of the outline; a run goes on by it, where the texts stay as they are.

        Raises:
            BadInput: it cannot be made.
            WorkBusy: it divides or joins texts, and the work is being written.
        """
        with self._open() as library:
            plan = plans.require(library, self.work)
            plan_change = change(plan)
            if plan_change.moves_text:
                with works.hold_lease(library, self.work) as lease:
                    texts, person_spans = _divide_and_join_texts(
                        drafts.current(library, self.work, plan.outline), plan_change
                    )
                    imported_drafts.store_texts(
                        library,
                        lease,
                        texts,
                        outline=plan_change.outline,
                        constraints=plan_change.constraints,
                        protected_ranges=person_spans,
                    )
            else:
                with library.write() as db:
                    plans.insert_plan(
                        db, self.work, plan_change.outline, plan_change.constraints, author="person"
                    )
                    db.execute(
                        update(schema.works)
                        .where(schema.works.c.id == self.work)
                        .values(updated_at=now())
                    )
            self._reopen_if_unfinished(library, plan_change)
            return plans.require(library, self.work)

    def approve(self) -> None:
        """Record that the outline is as the person wants it."""
        with self._open() as library:
            works.approve(library, self.work)

    def _reopen_if_unfinished(self, library: Library, plan_change: PlanChange) -> None:
        """Let a finished work be unfinished again where there is something to be written."""
        rows = drafts.load_section_rows(library, self.work)
        if all(rows[s.id].state == "accepted" for s in plan_change.outline.sections):
            return
        if works.get(library, self.work).status in ("complete", "flagged"):
            try:
                with works.hold_lease(library, self.work) as lease:
                    works.record_status(library, lease, "partial")
            except WorkBusy:
                return  # the run that holds it says how the work stands when it ends


def _find_moved_constraints(old_plan: Plan, new_plan: Plan) -> Iterator[MovedConstraint]:
    constraint_by_id = {c.id: c for c in new_plan.constraints}
    for constraint in old_plan.constraints:
        if constraint.where.scope in ("whole", "all"):
            continue
        old_carriers = _find_carriers(old_plan, constraint.id)
        new_carriers = (
            _find_carriers(new_plan, constraint.id) if constraint.id in constraint_by_id else ()
        )
        if [section_id for section_id, _ in old_carriers] != [
            section_id for section_id, _ in new_carriers
        ]:
            yield MovedConstraint(
                constraint.id,
                constraint.text,
                tuple(title for _, title in old_carriers),
                tuple(title for _, title in new_carriers),
            )


def _find_carriers(plan: Plan, constraint_id: ConstraintId) -> tuple[tuple[str, str], ...]:
    placement = next(c.where for c in plan.constraints if c.id == constraint_id)
    carrying_sections = plan.outline.sections_at(placement.positions(len(plan.outline.sections)))
    return tuple((s.id, s.title) for s in carrying_sections)


def _divide_and_join_texts(
    current_drafts: Mapping[SectionId, Draft], plan_change: PlanChange
) -> tuple[dict[SectionId, str], dict[SectionId, list[ProtectedSpan]]]:
    """Return the texts that a change divides or joins, with what in them no model may change."""
    texts: dict[SectionId, str] = {}
    person_spans: dict[SectionId, list[ProtectedSpan]] = {}
    for second, first in plan_change.merged_into.items():
        first_draft, second_draft = current_drafts.get(first), current_drafts.get(second)
        if second_draft is None:
            continue
        prefix = f"{first_draft.text}\n\n" if first_draft else ""
        texts[first] = prefix + second_draft.text
        second_spans = _shift_person_spans(
            second_draft.held, 0, len(second_draft.text), len(prefix)
        )
        person_spans[first] = [*(first_draft.held if first_draft else ()), *second_spans]
    for first, second in plan_change.split_into.items():
        if (draft := current_drafts.get(first)) is None or (
            split_at := _find_middle_break(draft.text)
        ) is None:
            continue
        texts[first], remainder = draft.text[:split_at].rstrip(), draft.text[split_at:]
        texts[second] = remainder.lstrip()
        second_start = split_at + len(remainder) - len(texts[second])
        person_spans[first] = _shift_person_spans(draft.held, 0, len(texts[first]), 0)
        person_spans[second] = _shift_person_spans(
            draft.held, second_start, len(draft.text), -second_start
        )
    return texts, person_spans


def _shift_person_spans(
    protected_spans: tuple[ProtectedSpan, ...], start: int, end: int, offset: int
) -> list[ProtectedSpan]:
    """Return what is held between ``start`` and ``end``, moved on by so many code points."""
    cut = ((max(h.start, start) + offset, min(h.end, end) + offset, h.why) for h in protected_spans)
    return [ProtectedSpan(start=a, end=b, why=why) for a, b, why in cut if a < b]


def _find_middle_break(text: str) -> int | None:
    """Return where the paragraph begins that stands nearest to the middle; None: there is one."""
    breaks = [at + 2 for at in range(len(text)) if text.startswith("\n\n", at)]
    return min(breaks, key=lambda at: abs(at - len(text) // 2), default=None)
