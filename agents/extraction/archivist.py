"""Archivist: what a draft establishes, each entry with the exact words that state it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inkwright.agents.context.run_context import RunContext
from inkwright.agents.llm.schemas import Delta, DeltaItem
from inkwright.memory.domain.draft import Draft
from inkwright.memory.domain.entry import Entry, Span
from inkwright.memory.domain.entry_equality import same_fact, same_topic
from inkwright.memory.domain.outline import Section
from inkwright.memory.errors import ModelError
from inkwright.memory.retrieval.passages import pieces
from inkwright.memory.text.names import names_in
from inkwright.memory.text.words import sentences
from inkwright.prompts import inputs
from inkwright.prompts.render import fence

ANSWER_TOKENS = 700
READ_WORDS = 1200
"""Words of a person's text that are read at once: more, and facts are passed over."""
WORDS_A_TOKEN = 0.5
WHOLE_ACCOUNTS = 4
"""A section of more pieces is accounted for by the first sentence about each."""


@dataclass(frozen=True)
class ArchivistResult:
    """A section's account of itself, and the entry versions its draft adds to the ledger."""

    summary: str
    delta: tuple[Entry, ...]


async def remember(
    desk: RunContext,
    section: Section,
    text: str,
    version: int,
    shown: Sequence[Entry],
    *,
    priority: float = 0.0,
) -> ArchivistResult:
    """Return what a first draft of ``section`` establishes.

    ``shown`` is what its writer was shown: an entry with the same topic and another value
    supersedes it, and one that only repeats it is not kept twice. What a person has said, and an
    open thread, it supersedes only where the archivist says that the text changes it. A draft whose
    archivist fails leaves no entries, and a problem in the report.
    """
    old = desk.ledger.of_section(section.id)
    try:
        listed = [*old, *_to_mark(shown, text)]
        answer = await _asked(
            desk, section, text, listed, "remember", priority, kind=inputs.RememberInputs
        )
    except ModelError as fault:
        desk.problem(f"{section.id}: what it establishes is not in memory ({fault})")
        lost = [e for e in old if _quote(desk, e) not in text]
        return ArchivistResult(_by_rule(text), _gone(lost, (), version))
    return taken(desk, section, text, version, answer, shown)


async def read(desk: RunContext, section: Section, text: str) -> Delta:
    """Return the answer to a text of any length, read in pieces that the archivist can hold.

    Raises:
        ModelError: a piece was not read.
    """
    room = int(desk.room_for(ANSWER_TOKENS) * WORDS_A_TOKEN)
    parts = list(pieces(text, max(min(room, READ_WORDS), 60)))
    answers = await asyncio.gather(
        *(
            _asked(desk, section, part, (), f"read {number}", 0.0)
            for number, part in enumerate(parts, 1)
        )
    )
    accounts = [a.summary.strip() for a in answers if a.summary.strip()]
    if len(accounts) > WHOLE_ACCOUNTS:
        accounts = [sentences(account)[0].text for account in accounts]
    return Delta.model_construct(
        summary=" ".join(accounts), items=[i for a in answers for i in a.items]
    )


def taken(
    desk: RunContext,
    section: Section,
    text: str,
    version: int,
    answer: Delta,
    shown: Sequence[Entry],
) -> ArchivistResult:
    """Return what an answer about the whole text of a section makes of the section's entries."""
    old = desk.ledger.of_section(section.id)
    delta = _delta(desk, section, text, version, old, answer, shown)
    lost = [e for e in old if _quote(desk, e) not in text]
    gone = _gone(lost, delta, version)
    return ArchivistResult(answer.summary.strip() or _by_rule(text), (*delta, *gone))


async def update(desk: RunContext, section: Section, draft: Draft, text: str) -> tuple[Entry, ...]:
    """Return how memory changes when ``draft`` becomes ``text``.

    Entries whose words are still there are kept without a call. For the rest the archivist sees
    the sentences that are new; what it does not find again is retracted, since its words are gone.
    """
    old = desk.ledger.refresh().of_section(section.id)
    lost = [e for e in old if _quote(desk, e) not in text]
    before = {s.text for s in sentences(draft.text)}
    new = " ".join(s.text for s in sentences(text) if s.text not in before)
    if not lost and not new:
        return ()
    version = draft.version + 1
    try:
        answer = await _asked(desk, section, new or text, lost, f"update {version}", 0.0)
    except ModelError as fault:
        desk.problem(f"{section.id}: memory of its new wording was not taken ({fault})")
        answer = Delta(summary="", items=[])
    kept = [e for e in old if e not in lost]
    delta = _delta(desk, section, text, version, lost, answer, (*kept, *_put_right(desk, section)))
    return (*delta, *_gone(lost, delta, version))


async def look_again(
    desk: RunContext, section: Section, draft: Draft, text: str, look: int
) -> tuple[Entry, ...]:
    """Return what ``text``, some sentences of ``draft``, adds to memory.

    Raises:
        ModelError: no answer came.
    """
    answer = await _asked(desk, section, text, (), f"look again {look}", 0.0, sample=look)
    own = desk.ledger.of_section(section.id)
    known = (*own, *_put_right(desk, section))
    return _delta(desk, section, draft.text, draft.version, own, answer, known)


async def _asked(
    desk: RunContext,
    section: Section,
    text: str,
    old: Sequence[Entry],
    purpose: str,
    priority: float,
    *,
    sample: int = 0,
    kind: type[inputs.RememberInputs] = inputs.RememberPartInputs,
) -> Delta:
    listed = "\n".join(e.line for e in old)
    prompt = kind(
        section=section.id,
        title=section.title,
        entries=fence("entries", listed),
        draft=fence("draft", desk.clipped(text, ANSWER_TOKENS, listed)),
    )
    ask = desk.ask(
        section.id, "archivist", purpose, prompt, ANSWER_TOKENS, priority=priority, sample=sample
    )
    return await desk.models.form(ask, Delta)


def _put_right(desk: RunContext, section: Section) -> list[Entry]:
    """Return what the person has made theirs of the section's own entries."""
    return [
        e
        for e in desk.ledger.latest()
        if e.status == "live" and e.origin == "person" and e.span and e.span.section == section.id
    ]


def _gone(lost: Sequence[Entry], delta: Sequence[Entry], version: int) -> tuple[Entry, ...]:
    """Retract the entries whose words are no longer in the text and were not found again."""
    replaced = {e.id for e in delta}
    return tuple(_retracted(e, version) for e in lost if e.id not in replaced)


def _to_mark(shown: Sequence[Entry], text: str) -> list[Entry]:
    """Return what only an outright change supersedes, of the subjects that ``text`` names."""
    own = [e for e in shown if e.origin == "person" or e.kind == "thread"]
    named = names_in(text).among({name for e in own for name in e.names})
    return [e for e in own if e.names & named]


def _delta(
    desk: RunContext,
    section: Section,
    text: str,
    version: int,
    old: Sequence[Entry],
    answer: Delta,
    shown: Sequence[Entry],
) -> tuple[Entry, ...]:
    """Turn an answer into entry versions; an item without its exact words is refused."""
    number = desk.ledger.next_number(section.id)
    known: Mapping[str, Entry] = {e.id: e for e in old}
    marked: Mapping[str, Entry] = {e.id: e for e in _to_mark(shown, text)}
    delta: dict[str, Entry] = {}
    for item in answer.items:
        span = _span(section.id, version, text, item.quote)
        before = known.get(item.id or "")
        if item.action == "retract" and before is not None:
            delta[before.id] = _retracted(before, version)
        elif span is not None and before is not None and item.action in ("keep", "change"):
            delta[before.id] = _changed(before, item, span)
        elif span is not None and (changed := marked.get(item.id or "")) is not None:
            entry = _turned(f"{section.id}.{number}", section.id, changed, item, span)
            if entry is not None:
                delta[entry.id] = entry
                number += 1
        elif span is not None and item.subject.strip() and item.statement.strip():
            entry = _added(f"{section.id}.{number}", section.id, item, span)
            if any(same_fact(entry, o) for o in (*shown, *delta.values())):
                continue
            if (again := _same_topic(entry, old, delta)) is not None:
                delta[again.id] = _changed(again, item, span)
                continue
            delta[entry.id] = _superseding(entry, shown)
            number += 1
    return tuple(delta.values())


def _turned(eid: str, section: str, before: Entry, item: DeltaItem, span: Span) -> Entry | None:
    """Return what becomes of a person's entry, or of an open thread, in this section's text."""
    pays = before.kind == "thread" and item.action in ("change", "retract")
    if not pays and item.action != "change":
        return None
    named = {"subject": before.subject, "aliases": list(before.aliases)}
    told = item.model_copy(update=named | {"attribute": before.attribute})
    entry = _added(eid, section, told, span).model_copy(update={"supersedes": before.id})
    if pays:
        settled = {"kind": "event", "statement": item.statement.strip() or item.quote.strip()}
        return entry.model_copy(update=settled)
    return entry if entry.statement and not same_fact(entry, before) else None


def _same_topic(entry: Entry, old: Sequence[Entry], delta: Mapping[str, Entry]) -> Entry | None:
    """Return the old entry that ``entry`` says again, or says anew, if none has yet."""
    for before in old:
        same = same_topic(before, entry) if entry.attribute else same_fact(before, entry)
        if same and before.id not in delta:
            return before
    return None


def _added(eid: str, section: str, item: DeltaItem, span: Span) -> Entry:
    return Entry(
        id=eid,
        kind=item.kind,
        subject=item.subject.strip(),
        aliases=tuple(a.strip() for a in item.aliases if a.strip()),
        attribute=item.attribute.strip(),
        statement=item.statement.strip(),
        origin="section",
        span=span,
        from_section=section,
        story_time=item.story_time.strip() or None,
    )


def _changed(before: Entry, item: DeltaItem, span: Span) -> Entry:
    """Return ``before`` at its new place; with another value, it is a new version."""
    there = before.model_copy(update={"span": span})
    said = item.statement.strip()
    new = before.model_copy(update={"version": before.version + 1, "span": span, "statement": said})
    if item.action == "keep" or not said or same_fact(before, new):
        return there
    return new


def _retracted(before: Entry, version: int) -> Entry:
    assert before.span is not None
    span = before.span.model_copy(update={"draft": version})
    update = {"version": before.version + 1, "span": span, "status": "retracted"}
    return before.model_copy(update=update)


def _superseding(entry: Entry, shown: Sequence[Entry]) -> Entry:
    """Mark the shown entry whose value ``entry`` replaces, if there is one.

    At another story time both hold. What a person has said is not replaced in passing: the two
    are a conflict, and reported.
    """
    if not entry.attribute:
        return entry
    same = [
        o
        for o in shown
        if o.attribute
        and o.origin != "person"
        and same_topic(o, entry)
        and o.story_time == entry.story_time
    ]
    return entry.model_copy(update={"supersedes": same[-1].id}) if same else entry


def _span(section: str, version: int, text: str, quote: str) -> Span | None:
    quote = quote.strip()
    start = text.find(quote) if quote else -1
    if start < 0:
        return None
    return Span(section=section, draft=version, start=start, end=start + len(quote))


def _quote(desk: RunContext, entry: Entry) -> str:
    """Return the words of the draft that established ``entry``."""
    assert entry.span is not None
    return desk.text_of(entry.span.section, entry.span.draft)[entry.span.start : entry.span.end]


def _by_rule(text: str) -> str:
    """Return a summary without a model: the first and the last sentence."""
    parts = sentences(text)
    return " ".join(dict.fromkeys((parts[0].text, parts[-1].text)))[:500] if parts else ""


def as_proposals(delta: Sequence[Entry]) -> tuple[Entry, ...]:
    """Return ``delta`` as what the person may accept, or not."""
    proposed = {"live": "proposed", "retracted": "doubted"}
    return tuple(e.model_copy(update={"status": proposed[e.status]}) for e in delta)
