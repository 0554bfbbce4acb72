"""Reading the piece once more: what its sections say twice or count differently, how they join.

What repeats is found by rule, so that each fault has its quote; how neighbours join, by a judge.
Of two sections that say the same, the one whose topic it is keeps it, and the other is patched:
once, and what is left is reported. A sentence that only states what memory holds as a fact is no
fault: sections are to agree on it. (Conflicts in memory are for settling.)
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from inkwright.agents.checks.number_conflicts import find_number_conflicts
from inkwright.agents.context.model_session import ModelSession, split_into_batches
from inkwright.agents.context.run_context import RunContext
from inkwright.agents.llm.concurrency import gather_all
from inkwright.agents.llm.schemas import Seams
from inkwright.agents.review import citation_check
from inkwright.agents.revision.section_revision import SectionFix, fix_sections
from inkwright.memory.citations import syntax
from inkwright.memory.domain.check_record import RepetitionPatch
from inkwright.memory.domain.draft import Draft, Finding
from inkwright.memory.domain.outline import Outline, Section
from inkwright.memory.domain.protected_spans import touches
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.ids import SectionId
from inkwright.memory.retrieval.excerpts import SubjectFacts
from inkwright.memory.retrieval.visibility import of_planned
from inkwright.memory.store.ledger import Ledger, select_active
from inkwright.memory.store.run_state import ManuscriptFault
from inkwright.memory.text import repetition
from inkwright.memory.text.repetition import RepeatedSentence
from inkwright.memory.text.words import sentences, tail, words
from inkwright.prompts import inputs
from inkwright.prompts.render import fence

FAULTS_A_CALL = 8
CALLS_A_SECTION = 3
"""Calls that one section's faults may take; what is over is reported."""
SEAMS_A_CALL = 12
ENDING_WORDS = 40
OPENING_WORDS = 60
MAX_REPORTED_REPEATS = 5
"""Repeats that are reported one by one; the others are counted."""


async def find_faults(
    context: RunContext, *, judge_transitions: bool
) -> tuple[ManuscriptFault, ...]:
    """Return what is to be mended; ``judge_transitions``: a judge looks at the joins too."""
    current_drafts = context.load_drafts_in_order()
    mendable_faults = [
        _choose_fault(context.plan.outline, current_drafts, r)
        for r in _find_unwanted_repeats(context.ledger, context.plan.outline, current_drafts)
    ]
    all_faults = [f for f in mendable_faults if f is not None]
    all_faults += _choose_number_faults(context.plan.outline, current_drafts)
    if judge_transitions and context.ablation.review == "full":
        all_faults += await find_bad_transitions(
            context.session, context.plan.outline, current_drafts
        )
    return tuple({(f.section, f.quote): f for f in reversed(all_faults)}.values())[::-1]


async def mend(context: RunContext, faults: Sequence[ManuscriptFault]) -> bool:
    """Patch the sections that have faults, each once. Returns whether any was changed.

    A patch that leaves more repeats in the piece than there were is not taken.

    Raises:
        BudgetSpent: a limit of the run was reached.
    """

    def repeats_no_more(draft: Draft, text: str) -> bool:
        texts = _map_texts(context.load_drafts_in_order())
        return _count_repeats({**texts, draft.section: text}) <= _count_repeats(texts)

    return await fix_sections(context, _build_fixes(context, faults), is_worth_it=repeats_no_more)


def _build_fixes(context: RunContext, faults: Sequence[ManuscriptFault]) -> Iterator[SectionFix]:
    """Yield what is to be asked of the editor, of the faults that are still there by then."""
    for section in context.plan.outline.sections:
        section_faults = [f for f in faults if f.section == section.id]
        batches = split_into_batches(section_faults, FAULTS_A_CALL)
        for number, batch in enumerate(batches[:CALLS_A_SECTION], 1):
            draft = context.load_drafts_in_order()[section.id]
            faults_by_id = {
                f"w{n}": f for n, f in enumerate((f for f in batch if f.quote in draft.text), 1)
            }
            findings = [
                Finding(constraint=n, status="broken", evidence=f.quote)
                for n, f in faults_by_id.items()
            ]
            if findings:
                yield SectionFix(
                    section=section.id,
                    findings=findings,
                    instructions={n: f.wanted for n, f in faults_by_id.items()},
                    purpose=Purpose.ONCE_MORE,
                    failure=f"{section.id}: what it repeats could not be mended",
                    stamp=RepetitionPatch(number),
                    turn=number,
                    entries=_format_passages(context, draft, findings),
                )


def list_remaining(context: RunContext) -> list[str]:
    """Return a line for what the piece still says twice, and for numbers that disagree."""
    current_drafts = context.load_drafts_in_order()
    number_lines = [
        f"{c.section} and {c.other_section} have different numbers of {c.noun}:"
        f" {c.quote[:100]!r} and {c.there[:100]!r}"
        for c in find_number_conflicts(_map_texts(current_drafts))
    ]
    repeats = _find_unwanted_repeats(context.ledger, context.plan.outline, current_drafts)
    lines = number_lines + [
        f"{r.section} repeats {r.of}: {r.quote[:100]!r}" for r in repeats[:MAX_REPORTED_REPEATS]
    ]
    extra_count = len(repeats) - MAX_REPORTED_REPEATS
    return (
        [*lines, f"{extra_count} more sentences say what others have said"]
        if extra_count > 0
        else lines
    )


def measure_repetition(context: RunContext) -> repetition.RepetitionMeasures:
    """Return how much of the piece is there twice, as it stands."""
    return repetition.measure_repetition(_map_texts(context.load_drafts_in_order()))


def _format_passages(context: RunContext, draft: Draft, findings: Sequence[Finding]) -> str:
    """Return what the sources say, where a sentence that cites one is to say something else."""
    citing_findings = [f for f in findings if syntax.find_keys(f.evidence)]
    if not citing_findings:
        return ""
    return citation_check.format_passages(
        context.prompts, citing_findings, context.load_manifest(draft).evidence
    )


def _find_unwanted_repeats(
    ledger: Ledger, outline: Outline, current_drafts: Mapping[SectionId, Draft]
) -> list[RepeatedSentence]:
    """Return the repeats that are more than facts which sections agree on."""
    planned_entries = of_planned(ledger.refresh().latest(), outline)
    facts = SubjectFacts(select_active(planned_entries))
    return [
        r
        for r in repetition.find_repeats(_map_texts(current_drafts))
        if r.kind == "opening" or r.section == r.of or not facts.covers_sentence(r.quote)
    ]


def _count_repeats(texts: Mapping[SectionId, str]) -> int:
    return len(repetition.find_repeats(texts))


def _choose_fault(
    outline: Outline, current_drafts: Mapping[SectionId, Draft], repeat: RepeatedSentence
) -> ManuscriptFault | None:
    """Return what to do about a repeat; None where all of it is a person's."""
    sides = [(repeat.section, repeat.quote, repeat.of), (repeat.of, repeat.there, repeat.section)]
    if repeat.section != repeat.of and repeat.kind == "sentence":
        later_share = _compute_topic_share(outline.section(repeat.section), repeat.quote)
        earlier_share = _compute_topic_share(outline.section(repeat.of), repeat.quote)
        if later_share > earlier_share:
            sides.reverse()
    for section_id, quote, other_id in sides:
        if _is_free(current_drafts[section_id], quote):
            return ManuscriptFault(
                section=section_id, quote=quote, wanted=_describe_fix(outline, repeat, other_id)
            )
    return None


def _choose_number_faults(
    outline: Outline, current_drafts: Mapping[SectionId, Draft]
) -> Iterator[ManuscriptFault]:
    """Yield what to do where two sections count one thing differently: the later one gives way.

    The earlier one does where the later is a person's; what both hold is only reported.
    """
    for conflict in find_number_conflicts(_map_texts(current_drafts)):
        sides = [
            (conflict.section, conflict.quote, conflict.other_section, conflict.there),
            (conflict.other_section, conflict.there, conflict.section, conflict.quote),
        ]
        for section_id, quote, other_id, there in sides:
            if _is_free(current_drafts[section_id], quote):
                title = outline.section(other_id).title
                yield ManuscriptFault(
                    section=section_id,
                    quote=quote,
                    wanted=f"Section {other_id}, {title}, has another number of"
                    f" {conflict.noun}: {there!r}. Agree with it, and change nothing else.",
                )
                break


def _describe_fix(outline: Outline, repeat: RepeatedSentence, other_id: SectionId) -> str:
    title = outline.section(other_id).title
    if repeat.kind == "opening":
        return f"Section {other_id}, {title}, begins with the same words. Begin otherwise."
    if repeat.section == repeat.of:
        return "This section has said so before. Say something else that serves its purpose."
    return (
        f"Section {other_id}, {title}, says so, and it is its topic. Say something else here,"
        " in about as many words, that serves the purpose of this section."
    )


def _compute_topic_share(section: Section, quote: str) -> float:
    """Return how much of a sentence is of the topic of a section."""
    topic = " ".join((section.title, section.owns, *section.key_points, *section.subjects))
    topic_words = {w.casefold() for w in words(topic)}
    quote_words = {w.casefold() for w in words(quote)}
    return len(quote_words & topic_words) / len(quote_words) if quote_words else 0.0


def _is_free(draft: Draft, quote: str) -> bool:
    start = draft.text.find(quote)
    return start >= 0 and not touches(draft.held, start, start + len(quote))


async def find_bad_transitions(
    session: ModelSession, outline: Outline, current_drafts: Mapping[SectionId, Draft]
) -> list[ManuscriptFault]:
    """Return where a section's beginning does not join the end of the one before, by a judge."""
    if outline.continuity == "free":
        return []
    ids = list(current_drafts)
    pairs = [(a, b) for a, b in pairwise(ids) if current_drafts[b].author != "person"]
    batches = split_into_batches(pairs, SEAMS_A_CALL)
    fault_lists = await gather_all(
        _judge_pairs(session, current_drafts, batch, number)
        for number, batch in enumerate(batches, 1)
    )
    return [fault for faults in fault_lists for fault in faults]


async def _judge_pairs(
    session: ModelSession,
    current_drafts: Mapping[SectionId, Draft],
    pairs: Sequence[tuple[SectionId, SectionId]],
    number: int,
) -> list[ManuscriptFault]:
    """Return what one call to the judge finds; nothing when it cannot be had."""
    openings = {b: _extract_opening(current_drafts[b].text) for _, b in pairs}
    pair_lines = "\n\n".join(
        f"[{a}] ends: {tail(current_drafts[a].text, ENDING_WORDS)}\n[{b}] begins: {openings[b]}"
        for a, b in pairs
    )
    prompt = inputs.SeamsInputs(
        seams=fence("sections", session.prompts.clip_to_fit(pair_lines, 400))
    )
    call = session.prompts.build_call(
        "whole", "reviewer", Purpose.SEAMS, prompt, 400, attempt=number
    )
    answer = await session.ask_or_report(call, Seams, "how sections join was not reviewed")
    if answer is None:
        return []
    return [
        ManuscriptFault(section=s.section, quote=s.quote.strip(), wanted=s.fault.strip())
        for s in answer.seams
        if s.quote.strip() in openings.get(s.section, "")
        and s.quote.strip()
        and s.fault.strip()
        and _is_free(current_drafts[s.section], s.quote.strip())
    ]


def _extract_opening(text: str) -> str:
    """Return the first whole sentences of a text, of sixty words or so."""
    word_count, end = 0, 0
    for sentence in sentences(text):
        word_count += len(words(sentence.text))
        if end and word_count > OPENING_WORDS:
            break
        end = sentence.end
    return text[:end]


def _map_texts(current_drafts: Mapping[SectionId, Draft]) -> dict[SectionId, str]:
    return {section_id: draft.text for section_id, draft in current_drafts.items()}
