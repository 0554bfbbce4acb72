"""The outline of one work, as its person reads and changes it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import update

from inkwright.app.api.handle import WorkHandle
from inkwright.memory.changes import staleness
from inkwright.memory.changes.outline_edits import Change, PlanChange
from inkwright.memory.domain.draft import Draft
from inkwright.memory.domain.outline import Section
from inkwright.memory.domain.protected_spans import ProtectedSpan
from inkwright.memory.errors import BadInput, WorkBusy
from inkwright.memory.store import drafts, plans, schema, works
from inkwright.memory.store.library import Library, now
from inkwright.memory.store.plans import Plan
from inkwright.memory.user_work import imported_drafts


@dataclass(frozen=True)
class MovedConstraint:
    """A constraint that other sections carry than before."""

    constraint: str
    text: str
    before: tuple[str, ...]
    """Titles of the sections that carried it."""
    after: tuple[str, ...]


@dataclass(frozen=True)
class OutlineImpact:
    """What a change of the outline would lead to."""

    plan: Plan
    stale: dict[str, tuple[str, ...]]
    """Sections that it would make stale, with the reasons."""
    unwritten: tuple[str, ...]
    """Sections that would be there to be written."""
    placings: tuple[MovedConstraint, ...]


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
            return _plan(library, self.work)

    def taken_out(self) -> list[Section]:
        """Return the written sections that the outline no longer has, the last taken out first.

        Their texts are kept: ``SectionText`` reads them; an outline that has them again has those.
        """
        with self._open() as library:
            rows = drafts.rows(library, self.work)
            return [s for s in plans.taken_out(library, self.work) if rows[s.id].draft is not None]

    def preview(self, change: Change) -> OutlineImpact:
        """Return what ``change`` would lead to. Nothing is written.

        Raises:
            BadInput: it cannot be made.
        """
        with self._open() as library:
            plan = _plan(library, self.work)
            made = change(plan)
            new = Plan(version=plan.version + 1, outline=made.outline, constraints=made.constraints)
            known = set(staleness.stale(library, self.work))
            stale = {
                s.section: s.reasons
                for s in staleness.find(library, self.work, plan=new)
                if s.section not in known
            }
            written = drafts.current(library, self.work, new.outline)
        halves = set(made.halved.values()) if written else set()
        return OutlineImpact(
            plan=new,
            stale=stale,
            unwritten=tuple(
                s.id for s in new.outline.sections if s.id not in written and s.id not in halves
            ),
            placings=tuple(_placings(plan, new)),
        )

    def apply(self, change: Change) -> Plan:
        """Make a change of the outline; a run goes on by it, where the texts stay as they are.

        Raises:
            BadInput: it cannot be made.
            WorkBusy: it divides or joins texts, and the work is being written.
        """
        with self._open() as library:
            plan = _plan(library, self.work)
            made = change(plan)
            if made.moves_text:
                with works.leased(library, self.work) as lease:
                    texts, keep = _texts(drafts.current(library, self.work, plan.outline), made)
                    imported_drafts.take(
                        library,
                        lease,
                        texts,
                        outline=made.outline,
                        constraints=made.constraints,
                        keep=keep,
                    )
            else:
                with library.write() as db:
                    plans.put(db, self.work, made.outline, made.constraints, author="person")
                    db.execute(
                        update(schema.works)
                        .where(schema.works.c.id == self.work)
                        .values(updated_at=now())
                    )
            self._restate(library, made)
            return _plan(library, self.work)

    def approve(self) -> None:
        """Record that the outline is as the person wants it."""
        with self._open() as library:
            works.approve(library, self.work)

    def _restate(self, library: Library, made: PlanChange) -> None:
        """Let a finished work be unfinished again where there is something to be written."""
        rows = drafts.rows(library, self.work)
        if all(rows[s.id].state == "accepted" for s in made.outline.sections):
            return
        if works.get(library, self.work).status in ("complete", "flagged"):
            try:
                with works.leased(library, self.work) as lease:
                    works.record(library, lease, status="partial")
            except WorkBusy:
                return  # the run that holds it says how the work stands when it ends


def _plan(library: Library, work: str) -> Plan:
    if (plan := plans.current(library, work)) is None:
        raise BadInput(f"{work} is not planned yet; `inkwright resume {work}` plans it")
    return plan


def _placings(before: Plan, after: Plan) -> Iterator[MovedConstraint]:
    known = {c.id: c for c in after.constraints}
    for constraint in before.constraints:
        if constraint.where.scope in ("whole", "all"):
            continue
        old = _carriers(before, constraint.id)
        new = _carriers(after, constraint.id) if constraint.id in known else ()
        if [sid for sid, _ in old] != [sid for sid, _ in new]:
            yield MovedConstraint(
                constraint.id,
                constraint.text,
                tuple(title for _, title in old),
                tuple(title for _, title in new),
            )


def _carriers(plan: Plan, constraint: str) -> tuple[tuple[str, str], ...]:
    where = next(c.where for c in plan.constraints if c.id == constraint)
    placed = plan.outline.placed(where.positions(len(plan.outline.sections)))
    return tuple((s.id, s.title) for s in placed)


def _texts(
    current: Mapping[str, Draft], made: PlanChange
) -> tuple[dict[str, str], dict[str, list[ProtectedSpan]]]:
    """Return the texts that a change divides or joins, with what in them no model may change."""
    texts: dict[str, str] = {}
    keep: dict[str, list[ProtectedSpan]] = {}
    for second, first in made.joined.items():
        one, other = current.get(first), current.get(second)
        if other is None:
            continue
        start = f"{one.text}\n\n" if one else ""
        texts[first] = start + other.text
        held = _moved(other.held, 0, len(other.text), len(start))
        keep[first] = [*(one.held if one else ()), *held]
    for first, second in made.halved.items():
        if (draft := current.get(first)) is None or (at := _middle(draft.text)) is None:
            continue
        texts[first], rest = draft.text[:at].rstrip(), draft.text[at:]
        texts[second] = rest.lstrip()
        cut = at + len(rest) - len(texts[second])
        keep[first] = _moved(draft.held, 0, len(texts[first]), 0)
        keep[second] = _moved(draft.held, cut, len(draft.text), -cut)
    return texts, keep


def _moved(held: tuple[ProtectedSpan, ...], start: int, end: int, by: int) -> list[ProtectedSpan]:
    """Return what is held between ``start`` and ``end``, moved on by so many code points."""
    cut = ((max(h.start, start) + by, min(h.end, end) + by, h.why) for h in held)
    return [ProtectedSpan(start=a, end=b, why=why) for a, b, why in cut if a < b]


def _middle(text: str) -> int | None:
    """Return where the paragraph begins that stands nearest to the middle; None: there is one."""
    breaks = [at + 2 for at in range(len(text)) if text.startswith("\n\n", at)]
    return min(breaks, key=lambda at: abs(at - len(text) // 2), default=None)
