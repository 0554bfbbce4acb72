"""Settling: sections that missed or contradict something are found by query, judged, and patched.

Parallel drafting is speculation. After it, each stale section gets one judge call on what changed:
no contradiction, and it is stamped as checked; a contradiction, and the editor patches just those
sentences. What a person wrote, or locked, is never patched: where it contradicts, that is kept as a
finding for them to settle or dismiss. A patch may make its readers stale in turn; two passes at
most, then what is left is reported.
"""

import asyncio
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set

from inkwright.agents.context.model_session import ModelSession, split_into_batches
from inkwright.agents.context.run_context import RunContext
from inkwright.agents.extraction import entry_builder
from inkwright.agents.extraction.missed_facts import collect_missed_facts
from inkwright.agents.llm.concurrency import gather_all
from inkwright.agents.llm.events import PhaseBegan, SectionSettled
from inkwright.agents.review import judge, judge_proof, reviewer
from inkwright.agents.revision.count_conflicts import (
    add_count_conflicts,
    find_untold_counts,
    mend_counts,
)
from inkwright.agents.revision.section_revision import (
    SectionFix,
    ask_editor,
    extract_changes,
    find_text_faults,
)
from inkwright.memory.changes import contradictions as kept_findings
from inkwright.memory.changes import staleness
from inkwright.memory.changes.staleness import MAX_REPEAT_QUESTIONS, Change, Stale
from inkwright.memory.citations import syntax
from inkwright.memory.domain.check_record import CheckRecord, MissedFactsLook
from inkwright.memory.domain.draft import Draft, Finding
from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.entry_equality import is_same_fact
from inkwright.memory.domain.protected_spans import touches
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.errors import ModelError
from inkwright.memory.ids import SectionId
from inkwright.memory.retrieval.excerpts import find_sentences_naming, is_stated_in, speaks_of
from inkwright.memory.retrieval.visibility import of_planned
from inkwright.memory.store import drafts, run_state
from inkwright.memory.store.ledger import Ledger, select_active
from inkwright.memory.text.names import names_in

MAX_PASSES = 2
CHANGES_A_CALL = 30


def is_enabled(context: RunContext) -> bool:
    """True when the arms leave on what settling needs: memory, a judge and an editor."""
    return context.ablation.memory == "full" and context.ablation.review == "full"


async def settle(
    context: RunContext, *, only: Collection[str] | None = None, after_drafting: bool = False
) -> None:
    """Check every stale section, or those of ``only``, and patch what contradicts.

    ``after_drafting``: where sections were drafted side by side, what they share is looked at again
    first.

    Does nothing unless ``is_enabled``. What a pass compares with is fixed when it begins, so
    that an interrupted pass goes on as it would have: a section patched meanwhile is news for the
    next pass, not for this one. That all is settled is noted with the plan's version, unless
    the judge or the editor could not be had: then the next run tries again.

    Raises:
        BudgetSpent: a limit of the run was reached; what is stale stays so.
    """
    if not is_enabled(context):
        return
    context.emit(PhaseBegan(context.work_id, "settling"))
    begun_pass = run_state.load_state(context.library, context.work_id).settling
    begun_number = begun_pass.number if begun_pass else 0
    is_settled = only is None
    if after_drafting and begun_number == 0:
        await collect_missed_facts(context)
    for pass_number in range(max(begun_number, 1), MAX_PASSES + 1):
        basis = begun_pass.basis if begun_pass and pass_number == begun_number else None
        if basis is None:
            rows = drafts.load_section_rows(context.library, context.work_id)
            basis = {
                section_id: row.draft for section_id, row in rows.items() if row.draft is not None
            }
            run_state.begin_settling_pass(context.library, context.lease, pass_number, basis)
        stale_sections = [
            s for s in _find_stale_sections(context, basis) if only is None or s.section_id in only
        ]
        if not stale_sections:
            break
        is_settled &= await _settle_each(
            context, _order_by_cache_age(context, stale_sections, pass_number), pass_number
        )
    run_state.end_settling(
        context.library, context.lease, context.plan.version if is_settled else None
    )


def _find_stale_sections(context: RunContext, basis: Mapping[SectionId, int]) -> list[Stale]:
    """Return the sections to check: those that memory says are stale, or that count otherwise."""
    current_drafts = context.load_drafts_in_order()
    _remember_counts(context, current_drafts)
    stale_sections = staleness.find_stale_sections(
        context.library, context.work_id, context.ledger, basis, context.plan
    )
    return add_count_conflicts(
        stale_sections,
        _list_active_entries(context),
        current_drafts,
        drafts.load_stamps(context.library, context.work_id, current_drafts),
    )


def _remember_counts(context: RunContext, current_drafts: Mapping[SectionId, Draft]) -> None:
    """Add to memory what an earlier section counts otherwise than a later one, and no entry tells.

    The archivist has passed it over, and settling compares with what memory has.
    """
    untold_counts = find_untold_counts(_list_active_entries(context), current_drafts)
    for section_id, sentence in untold_counts:
        draft = current_drafts[section_id]
        entry = entry_builder.create_from_sentence(
            context.ledger, context.plan.outline.section(section_id), draft, sentence
        )
        drafts.add_entries(
            context.library, context.lease, [(draft, [entry])], MissedFactsLook(number=0)
        )
        context.ledger.refresh()


def _list_active_entries(context: RunContext) -> list[Entry]:
    planned_entries = of_planned(context.ledger.refresh().latest(), context.plan.outline)
    return select_active(planned_entries)


def _order_by_cache_age(
    context: RunContext, stale_sections: Iterable[Stale], pass_number: int
) -> list[Stale]:
    """Return first what the server saw last: its text is likeliest still in the prefix cache.

    Before the first pass that is what was begun last, and after it what that pass came to last.
    """
    manifests = drafts.load_manifests(context.library, context.work_id, context.plan.outline)
    return sorted(
        stale_sections,
        key=lambda s: manifests[s.section_id].known_until,
        reverse=pass_number % 2 == 1,
    )


async def _settle_each(
    context: RunContext, stale_sections: Sequence[Stale], pass_number: int
) -> bool:
    """Settle sections in turn. False when a model could not be had for one of them.

    No more are under way than there are slots, so that the text of each stays in the prefix cache
    while it is asked about again.
    """
    current_drafts = context.load_drafts_in_order()
    semaphore = asyncio.Semaphore(context.concurrency)

    async def settle_in_turn(stale_section: Stale) -> bool:
        async with semaphore:
            return await _settle_one(
                context, stale_section, current_drafts[stale_section.section_id], pass_number
            )

    return all(await gather_all(map(settle_in_turn, stale_sections)))


async def _settle_one(
    context: RunContext, stale_section: Stale, draft: Draft, pass_number: int
) -> bool:
    """Check one section and patch it.

    False when a model was unavailable for that, or no judge that has proved itself: what needs one
    is left stale.
    """
    section_id = stale_section.section_id
    is_judged = True
    if not all(map(_needs_no_judge, stale_section.changes)):
        try:
            record = await judge_proof.prove(context.session, Purpose.SETTLE)
        except ModelError as fault:
            context.report_problem(
                f"{section_id}: not settled, the judge gave no verdict ({fault})"
            )
            return False
        if not record.can_judge:
            model = context.judges.measured.model
            line = judge_proof.describe_unproved(model, Purpose.SETTLE, record)
            context.report_problem(f"{line}: sections that are stale stay so")
            is_judged = False
            stale_section = Stale(section_id, tuple(filter(_needs_no_judge, stale_section.changes)))
    stamps = [c.stamp for c in stale_section.changes]
    changes = (
        _select_related_changes(context.ledger, draft, stale_section.changes)
        if pass_number > 1
        else stale_section.changes
    )
    try:
        findings = await judge_changes(context.session, context.ledger, draft, changes, pass_number)
    except ModelError as fault:
        context.report_problem(f"{section_id}: not settled, the judge gave no verdict ({fault})")
        return False
    person_findings = [f for f in findings if is_in_protected_text(draft, f)]
    if person_findings:
        changes_by_id = {c.id: c for c in stale_section.changes}
        contradicted_changes = [(changes_by_id[f.constraint], f.evidence) for f in person_findings]
        kept_findings.store_findings(
            context.library, context.lease, section_id, contradicted_changes
        )
    patchable_findings = [f for f in findings if f not in person_findings]
    if patchable_findings:
        is_patched = await _patch_section(
            context, draft, stale_section.changes, patchable_findings, stamps, pass_number
        )
        return is_patched and is_judged
    if is_judged:
        drafts.add_stamps(context.library, context.lease, draft, stamps)
        context.emit(SectionSettled(context.work_id, section_id, patched=False))
    return is_judged


def _needs_no_judge(change: Change) -> bool:
    """True for what code has seen contradicted: a source that was dropped, another number."""
    return _is_withdrawn_source(change) or bool(change.evidence)


def _is_withdrawn_source(change: Change) -> bool:
    """True for a source that was dropped: what cites it, no judge need say."""
    return change.id.startswith(staleness.SOURCE_PREFIX)


def is_in_protected_text(draft: Draft, finding: Finding) -> bool:
    """True when the words found are nowhere but in text that is the person's, or locked."""
    locations, location = [], draft.text.find(finding.evidence)
    while finding.evidence and location >= 0:
        locations.append((location, location + len(finding.evidence)))
        location = draft.text.find(finding.evidence, location + 1)
    return bool(locations) and all(touches(draft.held, start, end) for start, end in locations)


def _select_related_changes(
    ledger: Ledger, draft: Draft, changes: Sequence[Change]
) -> tuple[Change, ...]:
    """Return the changes that may mean something to a draft: what it speaks of, or stated itself.

    For what settling has changed that is enough, as it is for news.
    """
    own_ids = {e.id for e in ledger.list_section_entries(draft.section)}
    related_ids = ledger.find_related_ids(own_ids, names_in(draft.text))
    return tuple(c for c in changes if c.evidence or c.entry is None or c.entry.id in related_ids)


async def judge_changes(
    session: ModelSession,
    ledger: Ledger,
    draft: Draft,
    changes: Sequence[Change],
    pass_number: int,
) -> list[Finding]:
    """Return where the draft contradicts ``changes``, as judge and memory see it.

    Memory suspects a contradiction where an entry of the section's own gives the same topic another
    value. What only memory suspects, and what only the judge has found, the judge is asked about
    again: the one stands when any answer finds it, the other when the second does too. A judge
    whose record shows few false alarms is taken at its word.
    """
    withdrawn_sources = [c for c in changes if _is_withdrawn_source(c)]
    counted_changes = [c for c in changes if c.evidence]
    changes = [c for c in changes if not _needs_no_judge(c)]
    is_one_vote_enough = bool(changes) and session.judges.records[Purpose.SETTLE].votes == 1
    own_ids = {e.id for e in ledger.list_section_entries(draft.section)}
    suspected_ids = {c.id for c in changes if _is_suspected(ledger, draft, c, own_ids)}
    findings = await _ask_judge(session, draft, changes, pass_number * 100)
    for turn in range(1, MAX_REPEAT_QUESTIONS + 1):
        judged_ids = {f.constraint for f in findings}
        is_repeated = turn == 1 and not is_one_vote_enough
        judge_only_ids = judged_ids - suspected_ids if is_repeated else set()
        doubtful_changes = [
            c for c in changes if c.id in judge_only_ids | (suspected_ids - judged_ids)
        ]
        if not doubtful_changes:
            break
        new_findings = await _ask_judge(
            session, draft, doubtful_changes, pass_number * 100 + turn * 10
        )
        repeated_ids = {f.constraint for f in new_findings}
        findings = [
            f
            for f in findings
            if f.constraint not in judge_only_ids or f.constraint in repeated_ids
        ]
        findings += [f for f in new_findings if f.constraint in suspected_ids - judged_ids]
    counted_findings = [
        Finding(constraint=c.id, status="broken", evidence=c.evidence) for c in counted_changes
    ]
    return [*_find_withdrawn_citations(draft, withdrawn_sources), *counted_findings, *findings]


def _is_suspected(ledger: Ledger, draft: Draft, change: Change, own_ids: Set[str]) -> bool:
    """True when the draft seems to say otherwise than ``change`` does.

    An entry of ``own_ids``, the draft's own, gives its topic another value; or a sentence has such
    a value that any entry gives, or has given, or speaks of the topic without its value.
    """
    changed_entry = change.entry
    if changed_entry is None or not changed_entry.attribute:
        return False
    other_entries = [
        e
        for e in ledger.list_on_topic(changed_entry)
        if e.story_time == changed_entry.story_time
        and e.supersedes != changed_entry.id
        and not is_same_fact(e, changed_entry)
    ]
    return any(e.id in own_ids for e in other_entries) or any(
        speaks_of(sentence, [changed_entry])
        or any(is_stated_in(other_entry, sentence) for other_entry in other_entries)
        for sentence in find_sentences_naming(
            draft.text, {n for e in (changed_entry, *other_entries) for n in e.names}
        )
        if not is_stated_in(changed_entry, sentence)
    )


async def _ask_judge(
    session: ModelSession, draft: Draft, changes: Sequence[Change], sample: int
) -> list[Finding]:
    batches = split_into_batches(changes, CHANGES_A_CALL)
    answers = await gather_all(
        judge.find_contradictions(session, draft.section, draft.text, batch, sample=sample + index)
        for index, batch in enumerate(batches)
    )
    return [finding for answer in answers for finding in answer]


def _find_withdrawn_citations(
    draft: Draft, withdrawn_sources: Sequence[Change]
) -> Iterator[Finding]:
    """Yield the sentences that cite a source which was dropped: no judge need say so."""
    for change in withdrawn_sources:
        key = change.id.removeprefix(staleness.SOURCE_PREFIX)
        for claim in syntax.find_claims(draft.text):
            if key in claim.keys:
                yield Finding(constraint=change.id, status="broken", evidence=claim.text)


def _find_subject_names(changes: Sequence[Change], findings: Sequence[Finding]) -> frozenset[str]:
    """Return every name of what was found wrong; none where some of it is no live entry."""
    contradicted_ids = {f.constraint for f in findings}
    names: frozenset[str] = frozenset()
    for change in changes:
        if change.id in contradicted_ids:
            if change.entry is None:
                return frozenset()
            names |= change.entry.names
    return names


async def _patch_section(
    context: RunContext,
    draft: Draft,
    changes: Sequence[Change],
    findings: Sequence[Finding],
    stamps: Sequence[CheckRecord],
    pass_number: int,
) -> bool:
    section_id = draft.section
    change_lines: dict[str, str] = {c.id: c.line for c in changes}
    entry_lines = "\n".join(dict.fromkeys(change_lines[f.constraint] for f in findings))
    fix = SectionFix(
        section=section_id,
        findings=findings,
        instructions=change_lines,
        purpose=Purpose.SETTLE,
        failure=f"{section_id}: contradicts memory and could not be patched",
        turn=pass_number,
        entries=entry_lines,
        subject_names=_find_subject_names(changes, findings),
    )
    text = await ask_editor(context, draft, fix)
    if text is None:
        return False
    contradicted_ids = {f.constraint for f in findings}
    text = mend_counts(text, [c for c in changes if c.id in contradicted_ids])
    if text == draft.text:
        context.report_problem(f"{section_id}: contradicts memory, and the editor left it so")
        return True
    delta = await extract_changes(context, draft, text)
    review = draft.review
    constraints = context.plan.constraints_for(section_id)
    if constraints and context.ablation.review != "off":
        review = await reviewer.check(
            context.session, context.plan, section_id, text, constraints, turn=100 + pass_number
        )
        if review.breaks_new_rules(draft.review):
            context.report_problem(
                f"{section_id}: contradicts memory; the patch would break a constraint"
            )
            return True
    if review is not None:
        review = review.with_text_findings(find_text_faults(context, draft, text))
    drafts.save_patch(
        context.library,
        context.lease,
        draft,
        text=text,
        stage="settled",
        review=review,
        delta=delta,
        new_stamps=stamps,
    )
    context.emit(SectionSettled(context.work_id, section_id, patched=True))
    return True
