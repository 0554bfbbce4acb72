"""Archivist: what a draft establishes, each entry with the exact words that state it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from inkwright.agents.checks.own_wording import OwnWording
from inkwright.agents.context.model_session import ModelSession
from inkwright.agents.context.run_context import WorkMemory
from inkwright.agents.extraction.entry_builder import (
    build_delta,
    find_explicitly_superseded,
    find_unusable_quotes,
    retract_entry,
)
from inkwright.agents.llm.schemas import Delta, DeltaItem
from inkwright.memory.domain.draft import Draft
from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.outline import Section
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.errors import ModelError
from inkwright.memory.retrieval.passages import split_into_pieces
from inkwright.memory.store.ledger import Ledger
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
        listed_entries = [*old_entries, *find_explicitly_superseded(shown_entries, text)]
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
    delta = build_delta(memory.ledger, section, text, version, old_entries, answer, shown_entries)
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
    delta = build_delta(
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
    return build_delta(
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
    answer = await session.llm.ask_structured(call, Delta, lambda a: find_unusable_quotes(a, text))
    own_wording = OwnWording(inputs_class, DeltaItem, session.prompts.overrides)
    return _clear_own_wording(answer, own_wording, text)


def _clear_own_wording(answer: Delta, own_wording: OwnWording, text: str) -> Delta:
    """Return ``answer`` with nothing where it says the prompt's own words: they are looked for."""

    def clear(value: str) -> str:
        return "" if own_wording.holds(value, text) else value

    items = [
        item.model_copy(
            update={
                "quote": clear(item.quote),
                "subject": clear(item.subject),
                "statement": clear(item.statement),
                "attribute": clear(item.attribute),
                "story_time": clear(item.story_time),
                "aliases": [a for a in item.aliases if clear(a)],
            }
        )
        for item in answer.items
    ]
    return answer.model_copy(update={"summary": clear(answer.summary), "items": items})


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
    return tuple(retract_entry(e, version) for e in lost_entries if e.id not in replaced_ids)


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
