"""Archivist: what a draft establishes, each entry with the exact words that state it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inkwright.agents.context.model_session import ModelSession
from inkwright.agents.context.run_context import WorkMemory
from inkwright.agents.llm.schemas import Delta, DeltaItem
from inkwright.memory.domain.draft import Draft
from inkwright.memory.domain.entry import Entry, Span
from inkwright.memory.domain.entry_equality import is_same_fact, is_same_topic
from inkwright.memory.domain.outline import Section
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.errors import ModelError
from inkwright.memory.ids import EntryId, SectionId
from inkwright.memory.retrieval.passages import split_into_pieces
from inkwright.memory.store.ledger import Ledger
from inkwright.memory.text.names import names_in
from inkwright.memory.text.words import sentences
from inkwright.prompts import inputs
from inkwright.prompts.render import fence

ANSWER_TOKENS = 700
WORDS_A_CALL = 1200
"""Words of a person's text that are read at once: more, and facts are passed over."""
WORDS_PER_TOKEN = 0.5
MAX_WHOLE_SUMMARIES = 4
"""A section of more pieces is accounted for by the first sentence about each."""


@dataclass(frozen=True)
class ArchivistResult:
    """A section's account of itself, and the entry versions its draft adds to the ledger."""

    summary: str
    delta: tuple[Entry, ...]


async def remember(
    session: ModelSession,
    memory: WorkMemory,
    section: Section,
    text: str,
    version: int,
    shown_entries: Sequence[Entry],
    *,
    priority: float = 0.0,
) -> ArchivistResult:
    """Return what a first draft of ``section`` establishes.

    ``shown_entries`` is what its writer was shown: an entry with the same topic and another value
    supersedes it, and one that only repeats it is not kept twice. What a person has said, and an
    open thread, it supersedes only where the archivist says that the text changes it. A draft whose
    archivist fails leaves no entries, and a problem in the report.
    """
    old_entries = memory.ledger.list_section_entries(section.id)
    try:
        listed_entries = [*old_entries, *_find_explicitly_superseded(shown_entries, text)]
        answer = await _ask_archivist(
            session,
            section,
            text,
            listed_entries,
            Purpose.REMEMBER,
            priority,
            inputs_class=inputs.RememberInputs,
        )
    except ModelError as fault:
        session.report_problem(f"{section.id}: what it establishes is not in memory ({fault})")
        lost_entries = [e for e in old_entries if memory.quote(e) not in text]
        return ArchivistResult(_summarise_by_rule(text), _retract_lost(lost_entries, (), version))
    return build_result(memory, section, text, version, answer, shown_entries)


async def read_long_text(session: ModelSession, section: Section, text: str) -> Delta:
    """Return the answer to a text of any length, read in pieces that the archivist can hold.

    Raises:
        ModelError: a piece was not read.
    """
    max_words = int(session.prompts.count_free_tokens(ANSWER_TOKENS) * WORDS_PER_TOKEN)
    parts = list(split_into_pieces(text, max(min(max_words, WORDS_A_CALL), 60)))
    answers = await asyncio.gather(
        *(
            _ask_archivist(session, section, part, (), Purpose.READ, 0.0, attempt=number)
            for number, part in enumerate(parts, 1)
        )
    )
    summaries = [a.summary.strip() for a in answers if a.summary.strip()]
    if len(summaries) > MAX_WHOLE_SUMMARIES:
        summaries = [sentences(summary)[0].text for summary in summaries]
    return Delta.model_construct(
        summary=" ".join(summaries), items=[i for a in answers for i in a.items]
    )


def build_result(
    memory: WorkMemory,
    section: Section,
    text: str,
    version: int,
    answer: Delta,
    shown_entries: Sequence[Entry],
) -> ArchivistResult:
    """Return what an answer about the whole text of a section makes of the section's entries."""
    old_entries = memory.ledger.list_section_entries(section.id)
    delta = _build_delta(memory.ledger, section, text, version, old_entries, answer, shown_entries)
    lost_entries = [e for e in old_entries if memory.quote(e) not in text]
    retracted_entries = _retract_lost(lost_entries, delta, version)
    return ArchivistResult(
        answer.summary.strip() or _summarise_by_rule(text), (*delta, *retracted_entries)
    )


async def update_entries(
    session: ModelSession, memory: WorkMemory, section: Section, draft: Draft, text: str
) -> tuple[Entry, ...]:
    """Return how memory changes when ``draft`` becomes ``text``.

    Entries whose words are still there are kept without a call. For the rest the archivist sees
    the sentences that are new; what it does not find again is retracted, since its words are gone.
    """
    old_entries = memory.ledger.refresh().list_section_entries(section.id)
    lost_entries = [e for e in old_entries if memory.quote(e) not in text]
    old_sentences = {s.text for s in sentences(draft.text)}
    new_text = " ".join(s.text for s in sentences(text) if s.text not in old_sentences)
    if not lost_entries and not new_text:
        return ()
    version = draft.version + 1
    try:
        answer = await _ask_archivist(
            session, section, new_text or text, lost_entries, Purpose.UPDATE, 0.0, attempt=version
        )
    except ModelError as fault:
        session.report_problem(f"{section.id}: memory of its new wording was not taken ({fault})")
        answer = Delta(summary="", items=[])
    kept_entries = [e for e in old_entries if e not in lost_entries]
    delta = _build_delta(
        memory.ledger,
        section,
        text,
        version,
        lost_entries,
        answer,
        (*kept_entries, *_find_person_entries(memory.ledger, section)),
    )
    return (*delta, *_retract_lost(lost_entries, delta, version))


async def extract_missed_entries(
    session: ModelSession,
    memory: WorkMemory,
    section: Section,
    draft: Draft,
    text: str,
    look_number: int,
) -> tuple[Entry, ...]:
    """Return what ``text``, some sentences of ``draft``, adds to memory.

    Raises:
        ModelError: no answer came.
    """
    answer = await _ask_archivist(
        session,
        section,
        text,
        (),
        Purpose.LOOK_AGAIN,
        0.0,
        attempt=look_number,
        sample=look_number,
    )
    own_entries = memory.ledger.list_section_entries(section.id)
    known_entries = (*own_entries, *_find_person_entries(memory.ledger, section))
    return _build_delta(
        memory.ledger, section, draft.text, draft.version, own_entries, answer, known_entries
    )


async def _ask_archivist(
    session: ModelSession,
    section: Section,
    text: str,
    old_entries: Sequence[Entry],
    purpose: Purpose,
    priority: float,
    *,
    attempt: int = 0,
    sample: int = 0,
    inputs_class: type[inputs.RememberInputs] = inputs.RememberPartInputs,
) -> Delta:
    entry_lines = "\n".join(e.line for e in old_entries)
    prompt = inputs_class(
        section=section.id,
        title=section.title,
        entries=fence("entries", entry_lines),
        draft=fence("draft", session.prompts.clip_to_fit(text, ANSWER_TOKENS, entry_lines)),
    )
    call = session.prompts.build_call(
        section.id,
        "archivist",
        purpose,
        prompt,
        ANSWER_TOKENS,
        attempt=attempt,
        priority=priority,
        sample=sample,
    )
    return await session.llm.ask_structured(call, Delta)


def _find_person_entries(ledger: Ledger, section: Section) -> list[Entry]:
    """Return what the person has made theirs of the section's own entries."""
    return [
        e
        for e in ledger.latest()
        if e.status == "live" and e.origin == "person" and e.span and e.span.section == section.id
    ]


def _retract_lost(
    lost_entries: Sequence[Entry], delta: Sequence[Entry], version: int
) -> tuple[Entry, ...]:
    """Retract the entries whose words are no longer in the text and were not found again."""
    replaced_ids = {e.id for e in delta}
    return tuple(_retract_entry(e, version) for e in lost_entries if e.id not in replaced_ids)


def _find_explicitly_superseded(shown_entries: Sequence[Entry], text: str) -> list[Entry]:
    """Return what only an outright change supersedes, of the subjects that ``text`` names."""
    candidate_entries = [e for e in shown_entries if e.origin == "person" or e.kind == "thread"]
    mentioned_names = names_in(text).select_mentioned(
        {name for e in candidate_entries for name in e.names}
    )
    return [e for e in candidate_entries if e.names & mentioned_names]


def _build_delta(
    ledger: Ledger,
    section: Section,
    text: str,
    version: int,
    old_entries: Sequence[Entry],
    answer: Delta,
    shown_entries: Sequence[Entry],
) -> tuple[Entry, ...]:
    """Turn an answer into entry versions; an item without its exact words is refused."""
    number = ledger.find_next_number(section.id)
    old_by_id: Mapping[str, Entry] = {e.id: e for e in old_entries}
    markable_by_id: Mapping[str, Entry] = {
        e.id: e for e in _find_explicitly_superseded(shown_entries, text)
    }
    delta: dict[EntryId, Entry] = {}
    for item in answer.items:
        span = _find_span(section.id, version, text, item.quote)
        old_entry = old_by_id.get(EntryId(item.id or ""))
        if item.action == "retract" and old_entry is not None:
            delta[old_entry.id] = _retract_entry(old_entry, version)
        elif span is not None and old_entry is not None and item.action in ("keep", "change"):
            delta[old_entry.id] = _change_entry(old_entry, item, span)
        elif (
            span is not None
            and (marked_entry := markable_by_id.get(EntryId(item.id or ""))) is not None
        ):
            entry = _supersede_marked(
                EntryId(f"{section.id}.{number}"), section.id, marked_entry, item, span
            )
            if entry is not None:
                delta[entry.id] = entry
                number += 1
        elif span is not None and item.subject.strip() and item.statement.strip():
            entry = _create_entry(EntryId(f"{section.id}.{number}"), section.id, item, span)
            if any(
                is_same_fact(entry, other_entry)
                for other_entry in (*shown_entries, *delta.values())
            ):
                continue
            if (repeated_entry := _find_same_topic(entry, old_entries, delta)) is not None:
                delta[repeated_entry.id] = _change_entry(repeated_entry, item, span)
                continue
            delta[entry.id] = _link_superseded(entry, shown_entries)
            number += 1
    return tuple(delta.values())


def _supersede_marked(
    entry_id: EntryId, section_id: SectionId, old_entry: Entry, item: DeltaItem, span: Span
) -> Entry | None:
    """Return what becomes of a person's entry, or of an open thread, in this section's text."""
    pays_off = old_entry.kind == "thread" and item.action in ("change", "retract")
    if not pays_off and item.action != "change":
        return None
    subject_fields = {"subject": old_entry.subject, "aliases": list(old_entry.aliases)}
    full_item = item.model_copy(update=subject_fields | {"attribute": old_entry.attribute})
    entry = _create_entry(entry_id, section_id, full_item, span).model_copy(
        update={"supersedes": old_entry.id}
    )
    if pays_off:
        event_fields = {"kind": "event", "statement": item.statement.strip() or item.quote.strip()}
        return entry.model_copy(update=event_fields)
    return entry if entry.statement and not is_same_fact(entry, old_entry) else None


def _find_same_topic(
    entry: Entry, old_entries: Sequence[Entry], delta: Mapping[EntryId, Entry]
) -> Entry | None:
    """Return the old entry that ``entry`` says again, or says anew, if none has yet."""
    for old_entry in old_entries:
        is_same = (
            is_same_topic(old_entry, entry) if entry.attribute else is_same_fact(old_entry, entry)
        )
        if is_same and old_entry.id not in delta:
            return old_entry
    return None


def _create_entry(entry_id: EntryId, section_id: SectionId, item: DeltaItem, span: Span) -> Entry:
    return Entry(
        id=entry_id,
        kind=item.kind,
        subject=item.subject.strip(),
        aliases=tuple(a.strip() for a in item.aliases if a.strip()),
        attribute=item.attribute.strip(),
        statement=item.statement.strip(),
        origin="section",
        span=span,
        from_section=section_id,
        story_time=item.story_time.strip() or None,
    )


def _change_entry(old_entry: Entry, item: DeltaItem, span: Span) -> Entry:
    """Return ``old_entry`` at its new place; with another value, it is a new version."""
    moved_entry = old_entry.model_copy(update={"span": span})
    statement = item.statement.strip()
    changed_entry = old_entry.model_copy(
        update={"version": old_entry.version + 1, "span": span, "statement": statement}
    )
    if item.action == "keep" or not statement or is_same_fact(old_entry, changed_entry):
        return moved_entry
    return changed_entry


def _retract_entry(old_entry: Entry, version: int) -> Entry:
    assert old_entry.span is not None
    span = old_entry.span.model_copy(update={"draft": version})
    update = {"version": old_entry.version + 1, "span": span, "status": "retracted"}
    return old_entry.model_copy(update=update)


def _link_superseded(entry: Entry, shown_entries: Sequence[Entry]) -> Entry:
    """Mark the shown entry whose value ``entry`` replaces, if there is one.

    At another story time both hold. What a person has said is not replaced in passing: the two
    are a conflict, and reported.
    """
    if not entry.attribute:
        return entry
    replaced_entries = [
        o
        for o in shown_entries
        if o.attribute
        and o.origin != "person"
        and is_same_topic(o, entry)
        and o.story_time == entry.story_time
    ]
    return (
        entry.model_copy(update={"supersedes": replaced_entries[-1].id})
        if replaced_entries
        else entry
    )


def _find_span(section_id: SectionId, version: int, text: str, quote: str) -> Span | None:
    quote = quote.strip()
    start = text.find(quote) if quote else -1
    if start < 0:
        return None
    return Span(section=section_id, draft=version, start=start, end=start + len(quote))


def _summarise_by_rule(text: str) -> str:
    """Return a summary without a model: the first and the last sentence."""
    text_sentences = sentences(text)
    return (
        " ".join(dict.fromkeys((text_sentences[0].text, text_sentences[-1].text)))[:500]
        if text_sentences
        else ""
    )


def convert_to_proposals(delta: Sequence[Entry]) -> tuple[Entry, ...]:
    """Return ``delta`` as what the person may accept, or not."""
    proposal_statuses = {"live": "proposed", "retracted": "doubted"}
    return tuple(e.model_copy(update={"status": proposal_statuses[e.status]}) for e in delta)
