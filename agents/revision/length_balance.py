"""The last balance: a piece too long or too short as a whole is put right where there is room.

Sections are brought into their own bands one by one; what they are off still adds up. Here some of
them are lengthened or shortened once more, within those bands, until the whole is in its own.
"""

from collections.abc import Iterable, Mapping

from inkwright.agents.checks import section_format
from inkwright.agents.context.run_context import RunContext, WorkMemory
from inkwright.agents.drafting import length_control
from inkwright.agents.drafting.length_control import FEW_WORDS, WordRange
from inkwright.agents.llm.concurrency import gather_all
from inkwright.agents.revision.section_revision import commit_revision
from inkwright.memory.domain.brief import Brief
from inkwright.memory.domain.draft import Draft
from inkwright.memory.domain.outline import Outline
from inkwright.memory.domain.protected_spans import ProtectedSpan
from inkwright.memory.errors import ModelError
from inkwright.memory.ids import SectionId
from inkwright.memory.store.plans import Plan
from inkwright.memory.text.words import count_words

ROUNDS = 4
MIN_CHANGED_WORDS = 4
"""Less than this is not worth a call."""
NARROW_SHARE = 0.02
"""How near, as a share of its words, a section has to come to what it is to have."""


async def balance(context: RunContext) -> bool:
    """Bring sections that are out of their bands into them, and then the whole where there is room.

    A piece with a section missing is left as it is, and so is one with a section of a person's: how
    long that is, and so the whole, is theirs to say. Returns whether any section was changed.

    Raises:
        BudgetSpent: a limit of the run was reached.
    """
    current_drafts = context.load_drafts_in_order()
    if not _is_complete(context.plan.outline, current_drafts):
        return False
    sections = context.plan.outline.sections
    bands = {
        s.id: length_control.compute_band(context.plan, context.brief, s, current_drafts[s.id].text)
        for s in sections
    }
    off_band_drafts = [
        current_drafts[section_id]
        for section_id in bands
        if bands[section_id].distance(_count_body_words(context.plan, current_drafts[section_id]))
    ]
    has_changed = any(
        await gather_all(
            _resize_section(context, draft, bands[draft.section]) for draft in off_band_drafts
        )
    )
    tried_ids: set[str] = set()
    while True:
        current_drafts = context.load_drafts_in_order()
        whole_band = length_control.compute_whole_band(
            context.plan, context.brief, _join_drafts(current_drafts)
        )
        if not whole_band.distance(sum(draft.words for draft in current_drafts.values())):
            return has_changed
        choice = _find_roomiest_section(
            context.plan, context.brief, current_drafts, whole_band, tried_ids
        )
        if choice is None:
            return has_changed
        draft, target_range = choice
        tried_ids.add(draft.section)
        has_changed |= await _resize_section(context, draft, target_range)


def _is_complete(outline: Outline, current_drafts: Mapping[SectionId, Draft]) -> bool:
    """True when every section has a text, and none is a person's."""
    return all(
        s.id in current_drafts and current_drafts[s.id].author != "person" for s in outline.sections
    )


def load_whole_text(context: RunContext) -> str:
    """Return the piece as it stands, in reading order."""
    return _join_drafts(context.load_drafts_in_order())


def _join_drafts(current_drafts: Mapping[SectionId, Draft]) -> str:
    return "\n\n".join(draft.text for draft in current_drafts.values())


def list_out_of_band(context: RunContext) -> list[str]:
    """Return a line for each section of a model's whose length is not what it should be."""
    lines = []
    current_drafts = context.load_drafts_in_order()
    for section in context.plan.outline.sections:
        draft = current_drafts.get(section.id)
        if draft is None or draft.author == "person":
            continue
        section_band = length_control.compute_band(context.plan, context.brief, section, draft.text)
        word_count = _count_body_words(context.plan, draft)
        if section_band.distance(word_count):
            lines.append(f"{section.id} has {word_count} words; {section_band} were wanted")
    return lines


def _find_roomiest_section(
    plan: Plan,
    brief: Brief,
    current_drafts: Mapping[SectionId, Draft],
    whole_band: WordRange,
    tried_ids: set[str],
) -> tuple[Draft, WordRange] | None:
    """Return the section that can do most for the whole, and the band it is to be brought into."""
    total_words = sum(draft.words for draft in current_drafts.values())
    best: tuple[int, Draft, WordRange] | None = None
    for section in plan.outline.sections:
        draft = current_drafts[section.id]
        if section.id in tried_ids or draft.author == "person":
            continue
        section_band = length_control.compute_band(plan, brief, section, draft.text)
        word_count = _count_body_words(plan, draft)
        target_range = _compute_target_range(section_band, whole_band, word_count, total_words)
        word_change = abs(target_range.aim - word_count)
        if word_change >= MIN_CHANGED_WORDS and (best is None or word_change > best[0]):
            best = (word_change, draft, target_range)
    return best[1:] if best else None


def _compute_target_range(
    section_band: WordRange, whole_band: WordRange, words: int, total_words: int
) -> WordRange:
    """Return the part of a section's own band that brings the whole into its band, or nearest."""
    shift = words - total_words
    low = max(section_band.low, whole_band.low + shift)
    bounds = [
        b for b in (section_band.high, whole_band.high and whole_band.high + shift) if b is not None
    ]
    high = min(bounds, default=low + 2 * FEW_WORDS)
    margin = max(round(words * NARROW_SHARE), 2)
    if high < section_band.low:  # it cannot be so short: as short as it may be
        low, high = section_band.low, section_band.low + 2 * margin
    elif low > high:  # nor so long
        low, high = max(section_band.low, high - 2 * margin), high
    aim = min(max(whole_band.aim + shift, low + margin // 2), high - margin // 2)
    return WordRange(low, high, aim, section_band.floor, section_band.ceiling)


async def _resize_section(context: RunContext, draft: Draft, target_range: WordRange) -> bool:
    section_id = draft.section
    section = context.plan.outline.section(section_id)
    body = section_format.extract_body(context.plan, section_id, draft.text)
    body_start = draft.text.find(body)
    protected_spans = (*draft.held, *_find_remembered_spans(context.memory, draft))
    if body_start < 0:  # a person has put another opening into it: theirs to say how long it is
        return False
    try:
        text = await length_control.fit(
            context.session,
            context.plan,
            section,
            context.load_manifest(draft),
            body,
            priority=0.0,
            on_text=context.create_text_watcher(section_id),
            target_range=target_range,
            protected_spans=_shift_spans(protected_spans, body_start, len(body)),
            rounds=ROUNDS,
        )
    except ModelError as fault:
        context.report_problem(f"{section_id}: its length could not be balanced ({fault})")
        return False
    section_band = length_control.compute_band(context.plan, context.brief, section, text)
    if text == body or section_band.cost(count_words(text)) > section_band.cost(count_words(body)):
        return False
    return await commit_revision(context, draft, text)


def _count_body_words(plan: Plan, draft: Draft) -> int:
    return length_control.count_body_words(plan, draft.section, draft.text)


def _shift_spans(
    protected_spans: Iterable[ProtectedSpan], start: int, size: int
) -> tuple[ProtectedSpan, ...]:
    """Return the held stretches as they are counted from ``start``, those before and after less."""
    shifted_bounds = (
        (max(h.start - start, 0), min(h.end - start, size), h.why) for h in protected_spans
    )
    return tuple(ProtectedSpan(start=a, end=b, why=why) for a, b, why in shifted_bounds if a < b)


def _find_remembered_spans(memory: WorkMemory, draft: Draft) -> tuple[ProtectedSpan, ...]:
    """Return the words that memory rests on: a trim leaves them."""
    entries = memory.ledger.refresh().list_section_entries(draft.section)
    quotes = (memory.quote(e) for e in entries)
    locations = ((draft.text.find(q), len(q)) for q in quotes if q)
    return tuple(
        ProtectedSpan(start=location, end=location + size)
        for location, size in locations
        if location >= 0
    )
