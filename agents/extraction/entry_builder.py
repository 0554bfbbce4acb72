"""What an archivist's answer makes of memory: new entries, new versions of old ones, or nothing.

A model says what it says in its own way: a quote is nearly exact, a subject or an id is missing or
made up. What can be found in the text is found there, and an item is refused only when the text
does not bear out what it states.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from inkwright.agents.extraction.quote_location import (
    TextRange,
    find_sentence_around,
    is_borne_out,
    list_sentences_before,
    list_sentences_in,
    locate_fact,
    locate_quote,
    share_of_terms,
)
from inkwright.agents.extraction.subject import find_subject, is_in_text
from inkwright.agents.llm.schemas import Delta, DeltaItem
from inkwright.memory.domain.draft import Draft
from inkwright.memory.domain.entry import Entry, Span
from inkwright.memory.domain.entry_equality import is_same_fact, is_same_topic
from inkwright.memory.domain.outline import Section
from inkwright.memory.ids import EntryId, SectionId
from inkwright.memory.store.ledger import Ledger
from inkwright.memory.text.names import names_in, terms
from inkwright.memory.text.normalise import normalise
from inkwright.memory.text.words import sentences

MAX_STATEMENT = 300
MAX_SUBJECT = 80
MIN_SPLIT_SENTENCES = 2
MAX_SENTENCES_BEFORE = 4
"""How far back a pronoun's name is looked for."""


def build_delta(
    ledger: Ledger,
    section: Section,
    text: str,
    version: int,
    old_entries: Sequence[Entry],
    answer: Delta,
    shown_entries: Sequence[Entry],
) -> tuple[Entry, ...]:
    """Return the entry versions that an answer about ``text`` makes, each with its exact words.

    ``old_entries`` are the section's own, which the answer may keep, change or retract;
    ``shown_entries`` what its writer was shown.
    """
    number = ledger.find_next_number(section.id)
    old_by_id: Mapping[str, Entry] = {e.id: e for e in old_entries}
    markable_by_id: Mapping[str, Entry] = {
        e.id: e for e in find_explicitly_superseded(shown_entries, text)
    }
    known_names = _list_known_names(section, (*old_entries, *shown_entries))
    delta: dict[EntryId, Entry] = {}
    for item in _split_items(answer.items, text):
        old_entry = _find_meant(item, old_by_id)
        if item.action == "retract" and old_entry is not None:
            delta[old_entry.id] = retract_entry(old_entry, version)
            continue
        place = locate_fact(text, item.quote, item.statement)
        if place is None:
            continue
        span = Span(section=section.id, draft=version, start=place.start, end=place.end)
        if old_entry is not None and item.action in ("keep", "change"):
            said_item = _use_own_words(item, text, place) if item.statement.strip() else item
            delta[old_entry.id] = _change_entry(old_entry, said_item, span)
            continue
        marked_entry = _find_meant(item, markable_by_id)
        entry_id = EntryId(f"{section.id}.{number}")
        if marked_entry is not None:
            entry = _supersede_marked(entry_id, section.id, marked_entry, item, span)
            if entry is not None:
                delta[entry.id] = entry
                number += 1
            continue
        full_item = _complete_item(item, section, text, place, known_names)
        if full_item is None:
            continue
        entry = _create_entry(entry_id, section.id, full_item, span)
        as_said = _create_entry(entry_id, section.id, item, span)
        if any(is_same_fact(as_said, other_entry) for other_entry in shown_entries) or any(
            is_same_fact(entry, other_entry) or _is_same_passage(entry, other_entry)
            for other_entry in (*shown_entries, *delta.values())
        ):
            continue
        if (repeated_entry := _find_same_topic(entry, old_entries, delta)) is not None:
            delta[repeated_entry.id] = _change_entry(repeated_entry, full_item, span)
            continue
        delta[entry.id] = _link_superseded(entry, shown_entries)
        number += 1
    return tuple(delta.values())


def _split_items(items: Iterable[DeltaItem], text: str) -> Iterator[DeltaItem]:
    """Yield ``items``, each about one fact: what else is quoted for one is a fact of its own.

    A small model copies on over the end of a sentence, and states the first or all of them.
    """
    for item in items:
        place = locate_quote(text, item.quote)
        quoted = list_sentences_in(text, place) if place and item.action == "add" else []
        if len(quoted) < MIN_SPLIT_SENTENCES:
            yield item
            continue
        main = max(quoted, key=lambda sentence: share_of_terms(item.statement, sentence))
        has_one_fact = len(sentences(item.statement)) == 1
        yield item.model_copy(
            update={"quote": main, "statement": item.statement if has_one_fact else main}
        )
        for sentence in quoted:
            if sentence != main and not (has_one_fact and is_borne_out(sentence, item.statement)):
                yield DeltaItem(quote=sentence, statement=sentence, kind=item.kind)


def create_from_sentence(ledger: Ledger, section: Section, draft: Draft, sentence: str) -> Entry:
    """Return an entry of a sentence that stands in ``draft`` and says what it is about itself."""
    start = draft.text.index(sentence)
    span = Span(section=section.id, draft=draft.version, start=start, end=start + len(sentence))
    known_names = _list_known_names(section, ledger.list_section_entries(section.id))
    item = DeltaItem(
        quote=sentence,
        subject=(find_subject(sentence, sentence, known_names) or section.title)[:MAX_SUBJECT],
        statement=sentence[:MAX_STATEMENT],
    )
    entry_id = EntryId(f"{section.id}.{ledger.find_next_number(section.id)}")
    return _create_entry(entry_id, section.id, item, span)


def find_unusable_quotes(answer: Delta, text: str) -> str | None:
    """Return what to wish of an answer none of whose items stands in ``text``; None: some do."""
    if not answer.items or any(
        (i.action == "retract" and i.id) or locate_fact(text, i.quote, i.statement)
        for i in answer.items
    ):
        return None
    return "none of its quotes stands in the text: copy the words exactly"


def find_explicitly_superseded(shown_entries: Sequence[Entry], text: str) -> list[Entry]:
    """Return what only an outright change supersedes, of the subjects that ``text`` names."""
    candidate_entries = [e for e in shown_entries if e.origin == "person" or e.kind == "thread"]
    mentioned_names = names_in(text).select_mentioned(
        {name for e in candidate_entries for name in e.names}
    )
    return [e for e in candidate_entries if e.names & mentioned_names]


def retract_entry(old_entry: Entry, version: int) -> Entry:
    """Return the version of ``old_entry`` that takes it back in that version of its draft."""
    assert old_entry.span is not None
    span = old_entry.span.model_copy(update={"draft": version})
    update = {"version": old_entry.version + 1, "span": span, "status": "retracted"}
    return old_entry.model_copy(update=update)


def _list_known_names(section: Section, entries: Sequence[Entry]) -> tuple[str, ...]:
    names = [*section.subjects, *(n for e in entries for n in (e.subject, *e.aliases))]
    return tuple(dict.fromkeys(name for name in names if name.strip()))


def _find_meant(item: DeltaItem, entries_by_id: Mapping[str, Entry]) -> Entry | None:
    """Return the old entry that an item names by its id, unless it is plainly about another fact.

    Small models number their items, or copy any id they see.
    """
    entry = entries_by_id.get(item.id or "")
    if entry is None:
        return None
    item_text = f"{item.subject} {item.statement} {item.quote}"
    old_fact = f"{' '.join((entry.subject, *entry.aliases))} {entry.attribute} {entry.statement}"
    is_about_it = (
        normalise(item.subject) in {"", *entry.names}
        or bool(names_in(item_text).select_mentioned(entry.names))
        or bool(terms(item_text) & terms(old_fact))
    )
    says_other = (
        item.action in ("keep", "add")
        and bool(item.subject.strip() and item.statement.strip())
        and not is_borne_out(item.statement, old_fact)
    )
    return entry if is_about_it and not says_other else None


def _complete_item(
    item: DeltaItem, section: Section, text: str, place: TextRange, known_names: Collection[str]
) -> DeltaItem | None:
    """Return ``item`` with a subject and a statement that the text bears out; None: it does not.

    Words that are quoted state their fact themselves: they stand for a statement that says
    something else, unless its subject is made up too. Where they have no subject but a pronoun, it
    is that of a sentence before; the section's title, where none has one.
    """
    subject = item.subject.strip()
    passage = find_sentence_around(text, place)
    full_item = _use_own_words(item, text, place)
    bears_out_statement = full_item.statement == item.statement.strip()
    is_real = is_in_text(subject, text) or normalise(subject) in map(normalise, known_names)
    if subject and not is_real and not bears_out_statement:
        return None
    is_named = is_real if bears_out_statement else is_in_text(subject, passage)
    statement = full_item.statement
    if not is_named:
        earlier_sentences = list_sentences_before(text, place)[:MAX_SENTENCES_BEFORE]
        subjects = (
            find_subject(statement, passage, known_names),
            *(find_subject(s, s, known_names) for s in earlier_sentences),
        )
        subject = next((s for s in subjects if s), section.title)
    return item.model_copy(update={"subject": subject, "statement": statement})


def _use_own_words(item: DeltaItem, text: str, place: TextRange) -> DeltaItem:
    """Return ``item`` with the text's words as its statement, where they do not bear that out."""
    passage, statement = find_sentence_around(text, place), item.statement.strip()
    if not statement or not is_borne_out(statement, f"{passage} {item.subject}"):
        statement = passage[:MAX_STATEMENT]
    return item.model_copy(update={"statement": statement})


def _is_same_passage(entry: Entry, other_entry: Entry) -> bool:
    """True when both say something of one subject in the very same words of the text."""
    return (
        not entry.attribute
        and entry.span == other_entry.span
        and not entry.names.isdisjoint(other_entry.names)
    )


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
