"""Preview: what a person's edit would lead to, worked out without writing anything.

*Certain* are the sections that would be stale at once: settling checks exactly those. *Possible*
are those that may follow. If a certain one is patched, what it establishes can change; sections
that were shown that, or name a subject of it, are checked in the second pass, which is the last.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Select, case, func, select

from inkwright.memory.changes import staleness
from inkwright.memory.changes.entry_edits import EntryEdit
from inkwright.memory.changes.staleness import Stale
from inkwright.memory.domain.draft import Draft, Manifest
from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.outline import Outline
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.ids import EntryId, SectionId, WorkId
from inkwright.memory.retrieval.visibility import find_visible_ids
from inkwright.memory.store import drafts, journal, plans, schema
from inkwright.memory.store.ledger import Ledger
from inkwright.memory.store.library import Library
from inkwright.memory.text.names import names_in
from inkwright.memory.text.normalise import normalise

CHARS_PER_TOKEN = 3.5
PROMPT_OVERHEAD_TOKENS = 600
"""What a check is reckoned to send beside the section's text, until one was measured."""
ANSWER_TOKENS = {"judge": 60, "editor": 120, "archivist": 150}
JOURNALED_CALLS = {
    "judge": ("reviewer", Purpose.SETTLE),
    "editor": ("editor", Purpose.SETTLE),
    "archivist": ("archivist", Purpose.UPDATE),
}
"""Role and purpose, in the journal, of what a check can ask: the text, a patch, what that says."""


@dataclass(frozen=True)
class SectionCheck:
    """One section to be checked."""

    section: SectionId
    title: str
    reasons: tuple[str, ...]
    tokens: int
    """Of one judge call, prompt and answer: all there is to it, where nothing contradicts."""
    seconds: float | None
    """None until the model's speed is known."""
    most_tokens: int
    """With all that a contradiction costs: the judge asked again, an edit, what that establishes,
    and the section's own requirements."""
    most_seconds: float | None


@dataclass(frozen=True)
class EditImpact:
    """The sections that will be checked, and those that may be."""

    new_entries: tuple[Entry, ...]
    """The entry versions that the edit would add."""
    certain: tuple[SectionCheck, ...]
    possible: tuple[SectionCheck, ...]

    @property
    def sections(self) -> frozenset[SectionId]:
        """Every section that the edit can reach."""
        return frozenset(c.section for c in (*self.certain, *self.possible))


def preview(library: Library, work_id: WorkId, edit: EntryEdit) -> EditImpact:
    """Return what ``edit`` would lead to.

    Raises:
        BadInput: it names something that is not there.
    """
    ledger = Ledger(library, work_id).refresh()
    new_entries = edit(ledger)
    plan = plans.current(library, work_id)
    if plan is None:
        return EditImpact(new_entries, (), ())
    ledger_after_edit = ledger.simulate_append(new_entries)
    stale_sections = staleness.find_stale_sections(library, work_id, ledger_after_edit, plan=plan)
    current_drafts = drafts.current(library, work_id, plan.outline)
    manifests = drafts.load_manifests(library, work_id, plan.outline)
    follow_up_reasons = _find_follow_ups(
        plan.outline, ledger_after_edit, current_drafts, manifests, stale_sections
    )
    cost = _Cost(library, work_id)
    title_by_id = {s.id: s.title for s in plan.outline.sections}

    def build_check(section_id: SectionId, reasons: Iterable[str]) -> SectionCheck:
        usual_cost = cost.estimate(current_drafts[section_id], {"judge": 1})
        judge_calls = 1 + staleness.MAX_REPEAT_QUESTIONS + bool(plan.constraints_for(section_id))
        highest_cost = cost.estimate(
            current_drafts[section_id], {"judge": judge_calls, "editor": 1, "archivist": 1}
        )
        return SectionCheck(
            section_id, title_by_id[section_id], tuple(reasons), *usual_cost, *highest_cost
        )

    return EditImpact(
        new_entries,
        certain=tuple(build_check(s.section_id, s.reasons) for s in stale_sections),
        possible=tuple(
            build_check(section_id, reasons) for section_id, reasons in follow_up_reasons.items()
        ),
    )


def _find_follow_ups(
    outline: Outline,
    ledger: Ledger,
    current_drafts: Mapping[SectionId, Draft],
    manifests: Mapping[SectionId, Manifest],
    stale_sections: Iterable[Stale],
) -> dict[SectionId, list[str]]:
    """Return the sections that a patch of the stale ones can make stale, with the reasons."""
    entries_by_id = {e.id: e for e in ledger.latest()}
    spelling_by_name = {
        normalise(n): n for e in entries_by_id.values() for n in (*e.aliases, e.subject)
    }
    names_by_stale_id = {
        s.section_id: _collect_subject_names(s, entries_by_id) for s in stale_sections
    }
    reasons_by_id: dict[SectionId, list[str]] = {}
    for section in outline.sections:
        section_id = section.id
        if section_id in names_by_stale_id or section_id not in current_drafts:
            continue
        earlier_stale_ids = find_visible_ids(outline, section_id) & names_by_stale_id.keys()
        shown_entry_ids = {s.entry for s in manifests[section_id].shown if s.is_shown}
        names = names_in(current_drafts[section_id].text)
        for stale_id in sorted(earlier_stale_ids, key=outline.position.__getitem__):
            source_entry_ids = sorted(
                e.id
                for e in entries_by_id.values()
                if e.id in shown_entry_ids and _is_from_section(e, stale_id)
            )
            shared_names = sorted(names.select_mentioned(names_by_stale_id[stale_id]))
            change = f"“{outline.section(stale_id).title}” may change"
            if source_entry_ids:
                subject = entries_by_id[source_entry_ids[0]].subject
                reasons_by_id.setdefault(section_id, []).append(
                    f"{change}, and told what it knows of {subject}"
                )
            elif shared_names:
                name = spelling_by_name.get(shared_names[0], shared_names[0])
                reasons_by_id.setdefault(section_id, []).append(f"{change}, and both name {name}")
    return reasons_by_id


def _collect_subject_names(
    stale_section: Stale, entries_by_id: Mapping[EntryId, Entry]
) -> frozenset[str]:
    """Return the names of what a section establishes, and of what it is to be checked against."""
    changed_ids = {c.id for c in stale_section.changes}
    relevant_entries = [
        e
        for e in entries_by_id.values()
        if e.id in changed_ids or _is_from_section(e, stale_section.section_id)
    ]
    return frozenset(name for e in relevant_entries for name in e.names)


def _is_from_section(entry: Entry, section_id: SectionId) -> bool:
    return entry.span is not None and entry.span.section == section_id


class _Cost:
    """What checks of this work's sections take, as far as the journal shows."""

    def __init__(self, library: Library, work_id: WorkId) -> None:
        table = schema.journal
        self._measured_tokens: dict[str, tuple[int, int]] = {}
        with library.read() as db:
            for call, (role, purpose) in JOURNALED_CALLS.items():
                prompt, answer = db.execute(
                    select(
                        func.avg(table.c.prompt_tokens), func.avg(table.c.completion_tokens)
                    ).where(
                        table.c.work == work_id, table.c.role == role, table.c.purpose == purpose
                    )
                ).one()
                if prompt is not None:
                    self._measured_tokens[call] = round(prompt), round(answer)
            model_names = [row.model for row in db.execute(_select_models(work_id))]
        self._speed = journal.measure_speed(library, model_names[0]) if model_names else None

    def estimate(self, draft: Draft, call_counts: Mapping[str, int]) -> tuple[int, float | None]:
        """Return tokens and seconds of so many calls of each kind, one after another."""
        usual_prompt_tokens = PROMPT_OVERHEAD_TOKENS + round(len(draft.text) / CHARS_PER_TOKEN)
        call_sizes = [
            (times, *self._measured_tokens.get(call, (usual_prompt_tokens, ANSWER_TOKENS[call])))
            for call, times in call_counts.items()
        ]
        prompt_tokens = sum(times * prompt for times, prompt, _ in call_sizes)
        answer_tokens = sum(times * answer for times, _, answer in call_sizes)
        if self._speed is None:
            return prompt_tokens + answer_tokens, None
        pace = self._speed
        seconds = (
            prompt_tokens * pace.seconds_per_prompt_token
            + answer_tokens * pace.seconds_per_completion_token
        )
        return prompt_tokens + answer_tokens, round(seconds, 2)


def _select_models(work_id: WorkId) -> Select[tuple[str]]:
    """Ask for the models that answered in this work, the one that judged first."""
    table = schema.journal
    return (
        select(table.c.model)
        .where(table.c.work == work_id)
        .group_by(table.c.model)
        .order_by(
            func.max(case((table.c.role == "reviewer", 1), else_=0)).desc(), table.c.model.desc()
        )
    )
