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
from inkwright.memory.store import drafts, plans, works
from inkwright.memory.store.library import Lease, Library
from inkwright.memory.store.plans import Plan
from inkwright.memory.text.normalise import normalise

SHORTEST = 40
"""Words below which sections are not cut to keep the length of the whole."""


@dataclass(frozen=True)
class ReplanResult:
    """A new version of a plan, and what it changed."""

    plan: Plan
    moved: tuple[str, ...]
    """A line for each constraint that other sections carry now."""
    gone: tuple[str, ...]
    """Ids of sections that are not in the outline any more."""
    back: tuple[str, ...]
    """Ids of sections that were taken out before and are in it again, with the text they had."""
    stale: tuple[str, ...]
    """Ids of written sections that are to be checked again."""


def replan(library: Library, work_id: str, file: Path) -> ReplanResult:
    """Give a planned work the outline in ``file``; sections of the same title stay what they are.

    So are those again that were taken out before.

    Raises:
        BadInput: the outline cannot be read, or its constraints cannot all be met in it; nothing
            is stored.
    """
    plan = plans.current(library, work_id)
    if plan is None:
        raise BadInput(f"{work_id} is not planned yet; `inkwright resume {work_id}` plans it")
    if plan.outline.layout is not None:
        raise BadInput(
            f"{work_id} is a manuscript from outside: change its headings there, and import it"
        )
    brief = works.get(library, work_id).brief
    items = read_brief("-", outline=file).outline
    stated = {normalise(leaf.title) for leaf in outline_builder.leaves(items) if leaf.words}
    given = outline_builder.given(
        brief.model_copy(update={"outline": items}),
        plan.outline.title,
        plan.outline.continuity,
        plan.outline.target_words,
    )
    outline = matched(plan.outline, given, stated, plans.taken_out(library, work_id))
    written = drafts.current(library, work_id, outline).keys()
    outline = _as_long(plan.outline, outline, stated, written)
    try:
        titles = constraint_consistency.titles_of(outline)
        constraint_consistency.check(plan.constraints, len(outline.sections), titles=titles)
    except BadInput as fault:
        raise BadInput(f"{file}: {fault}") from fault
    with works.leased(library, work_id) as lease:
        adopted = plans.adopt(library, lease, outline, plan.constraints, author="person")
        _renumber(library, lease, adopted)
    position = outline.position
    return ReplanResult(
        plan=adopted,
        moved=tuple(constraint_consistency.moves(plan.outline, outline, plan.constraints)),
        gone=tuple(s.id for s in plan.outline.sections if s.id not in position),
        back=tuple(sid for sid in position if sid in plan.gone and sid in written),
        stale=tuple(staleness.stale(library, work_id)),
    )


def matched(old: Outline, new: Outline, sized: Set[str], gone: Sequence[Section] = ()) -> Outline:
    """Return ``new`` with the ids of ``old``, and what it leaves open as it was in ``old``.

    ``sized`` are the titles, normalised, of sections that ``new`` gives a length; ``gone`` are the
    sections that were taken out before, the last of them first.
    """
    before = [*reversed(gone), *old.sections]
    known = {normalise(s.title): s for s in before}
    taken = {s.id for s in before}
    free = (f"s{n}" for n in count(1) if f"s{n}" not in taken)
    same = {s.id: known.pop(normalise(s.title), None) for s in new.sections}
    ids = {sid: was.id if was else next(free) for sid, was in same.items()}
    sections = [_kept(s, same[s.id], ids, sized) for s in new.sections]
    return new.with_sections(sections)


def _as_long(old: Outline, new: Outline, sized: Set[str], written: Set[str]) -> Outline:
    """Return ``new`` as long as ``old``, where what is not written yet can make up for it."""
    open_ = [s for s in new.sections if s.id not in written and normalise(s.title) not in sized]
    rest = old.target_words - sum(s.target_words for s in new.sections if s not in open_)
    if rest < SHORTEST * len(open_):
        return new
    sizes = outline_builder.shares([s.target_words for s in open_], rest)
    words = dict(zip((s.id for s in open_), sizes, strict=True))
    return new.with_sections(
        s.model_copy(update={"target_words": words.get(s.id, s.target_words)}) for s in new.sections
    )


def _kept(
    section: Section, was: Section | None, ids: Mapping[str, str], sized: Set[str]
) -> Section:
    fields: dict[str, object] = {"id": ids[section.id]}
    after: Sequence[str] = [ids[sid] for sid in section.after]
    if was is not None:
        named = ("purpose", "key_points", "owns", "hands_over", "leaves_out", "subjects")
        fields |= {n: getattr(was, n) for n in named if not getattr(section, n)}
        after = after or [sid for sid in was.after if sid in ids.values()]
        if normalise(section.title) not in sized:
            fields["target_words"] = was.target_words
    return section.model_copy(update={**fields, "after": tuple(after)})


def _renumber(library: Library, lease: Lease, plan: Plan) -> None:
    """Let what is written begin and end as its new place asks."""
    for sid, draft in drafts.current(library, lease.work, plan.outline).items():
        text = section_format.framed(plan, sid, draft.text)
        if text != draft.text:
            seen = {f.constraint: f for f in rules.check(text, plan.carried(sid))}
            old = draft.review.findings if draft.review else ()
            review = Review(findings=tuple(seen.get(f.constraint, f) for f in old))
            drafts.patch(library, lease, draft, text=text, stage="settled", review=review)
