"""Which sections no longer rest on what they were written from: a query, never a flag."""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from itertools import chain

from inkwright.memory.base import digest
from inkwright.memory.changes import source_dependencies
from inkwright.memory.citations import syntax
from inkwright.memory.domain.check_record import (
    CheckRecord,
    ConstraintCheck,
    DroppedSourceCheck,
    EntryCheck,
    NodeCheck,
)
from inkwright.memory.domain.draft import Draft, EntryDecision, Manifest
from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.entry_equality import is_same_fact, is_same_topic
from inkwright.memory.domain.outline import Outline
from inkwright.memory.ids import EntryId, SectionId, WorkId
from inkwright.memory.retrieval.visibility import find_visible_entries
from inkwright.memory.store import drafts, plans, sources
from inkwright.memory.store.ledger import Ledger
from inkwright.memory.store.library import Library
from inkwright.memory.store.plans import Plan
from inkwright.memory.text.names import MentionedNames, names_in

SOURCE_PREFIX = "source:"
"""Before its key: the id of a change that is a source."""
UNSEEN_REASON = "memory had it before, did not show it, and the section says otherwise"
MAX_REPEAT_QUESTIONS = 2
"""So often at most a judge is asked again about what it and memory disagree on."""


@dataclass(frozen=True)
class Change:
    """One thing that differs from what a draft was written from."""

    id: str
    """Id of the memory entry or constraint, or ``outline``."""
    line: str
    """What holds now, as a prompt shows it."""
    reason: str
    """Why this makes the section stale, in plain words."""
    stamp: CheckRecord
    """What a draft checked against this change is stamped with."""
    entry: Entry | None = None
    """The memory entry that holds now, if it is one."""
    evidence: str = ""
    """The section's words that contradict it, where a rule says so and no judge need be asked."""
    mended: str = ""
    """The same words as a rule mends them; empty where none can."""


@dataclass(frozen=True)
class Stale:
    """A section to be checked, and against what."""

    section_id: SectionId
    changes: tuple[Change, ...] = field(default=())

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why, in plain words, each once."""
        return tuple(dict.fromkeys(c.reason for c in self.changes))


def find_reasons(
    library: Library, work_id: WorkId, ledger: Ledger | None = None
) -> dict[SectionId, tuple[str, ...]]:
    """Return the reasons of every stale section, by section id."""
    return {s.section_id: s.reasons for s in find_stale_sections(library, work_id, ledger)}


def find_stale_sections(
    library: Library,
    work_id: WorkId,
    ledger: Ledger | None = None,
    basis_versions: Mapping[SectionId, int] | None = None,
    plan: Plan | None = None,
) -> list[Stale]:
    """Return the stale sections in reading order, each with what changed.

    ``basis_versions`` gives the draft versions (by section id) that count as what memory says now;
    None: the newest ones. ``plan`` is one to be supposed; None: the newest.
    """
    plan = plan or plans.current(library, work_id)
    if plan is None:
        return []
    ledger = (ledger or Ledger(library, work_id)).refresh()
    dropped_titles = sources.load_dropped_titles(library, work_id)
    unfounded_entries = _find_unfounded_entries(library, work_id, ledger, dropped_titles)
    current_drafts = drafts.current(library, work_id, plan.outline)
    manifests = drafts.load_manifests(library, work_id, plan.outline)
    stamps_by_section = drafts.load_stamps(library, work_id, current_drafts)
    draft_versions = basis_versions or {
        section_id: draft.version for section_id, draft in current_drafts.items()
    }
    stale_sections = []
    for section in plan.outline.sections:
        if section.id not in current_drafts:
            continue
        changes = tuple(
            change
            for change in chain(
                _find_changes(
                    plan,
                    ledger,
                    draft_versions,
                    manifests[section.id],
                    current_drafts[section.id],
                    dropped_titles,
                ),
                _find_shown_unfounded(manifests[section.id], unfounded_entries),
            )
            if not _was_checked(ledger, change, stamps_by_section[section.id])
        )
        if changes:
            stale_sections.append(Stale(section.id, changes))
    return stale_sections


def _was_checked(ledger: Ledger, change: Change, stamps: Set[CheckRecord]) -> bool:
    """True when the draft was checked against this, or a version of it that says the same."""
    entry = change.entry
    return change.stamp in stamps or (
        entry is not None
        and any(
            build_stamp(e) in stamps
            for e in ledger.versions(entry.id)
            if e.line == entry.line and e.status == entry.status
        )
    )


def _find_changes(
    plan: Plan,
    ledger: Ledger,
    draft_versions: Mapping[SectionId, int],
    manifest: Manifest,
    draft: Draft,
    dropped_titles: Mapping[str, str],
) -> Iterator[Change]:
    section_id = draft.section
    yield from _find_dropped_sources(draft, dropped_titles)
    yield from _find_plan_changes(plan, manifest, section_id)
    own_ids = {e.id for e in ledger.list_section_entries(section_id)}
    draft_names = names_in(draft.text)
    related_ids = ledger.find_related_ids(
        {*own_ids, *(s.entry for s in manifest.shown)}, draft_names
    )
    visible_entries = {
        e.id: e
        for e in find_visible_entries(
            ledger, plan.outline, section_id, draft_versions, candidate_ids=related_ids
        )
    }
    yield from _find_shown_changes(plan.outline, ledger, visible_entries, manifest)
    yield from _find_retractions(ledger, manifest, draft)
    yield from _find_new_entries(
        plan.outline, ledger, visible_entries, manifest, draft_names, section_id
    )


def _find_dropped_sources(draft: Draft, dropped_titles: Mapping[str, str]) -> Iterator[Change]:
    for key in syntax.find_keys(draft.text) if dropped_titles else ():
        if key in dropped_titles:
            yield Change(
                f"{SOURCE_PREFIX}{key}",
                f"- [{SOURCE_PREFIX}{key}] [@{key}] {dropped_titles[key]}: withdrawn; "
                "nothing may rest on it",
                f"the source {key} was dropped",
                DroppedSourceCheck(key),
            )


def _find_unfounded_entries(
    library: Library, work_id: WorkId, ledger: Ledger, dropped_titles: Mapping[str, str]
) -> dict[EntryId, tuple[Entry, str]]:
    """Return the live entries that rest on nothing but sources taken out of use, each with one."""
    if not dropped_titles:
        return {}
    live_entries = {
        e.id: e for e in ledger.latest() if e.status == "live" and e.origin == "section"
    }
    source_keys_by_entry = source_dependencies.load_source_keys(
        library, work_id, live_entries.values()
    )
    return {
        entry_id: (live_entries[entry_id], min(keys))
        for entry_id, keys in source_keys_by_entry.items()
        if keys <= dropped_titles.keys()
    }


def _find_shown_unfounded(
    manifest: Manifest, unfounded_entries: Mapping[EntryId, tuple[Entry, str]]
) -> Iterator[Change]:
    for decision in manifest.shown:
        if decision.is_shown and decision.entry in unfounded_entries:
            entry, key = unfounded_entries[decision.entry]
            yield _build_retraction(entry, f"the source {key} that it rests on was dropped")


def _find_plan_changes(plan: Plan, manifest: Manifest, section_id: SectionId) -> Iterator[Change]:
    node = plan.outline.section(section_id)
    if node.digest != manifest.node:
        yield Change(
            "outline",
            f"- [outline] {node.title}: {node.purpose}",
            "what the outline says of it was changed",
            NodeCheck(node.digest),
        )
    for constraint in plan.constraints_for(section_id):
        earlier_digest = manifest.constraints.get(constraint.id)
        # Earlier releases recorded where it was placed too.
        if earlier_digest not in (constraint.digest, digest(constraint)):
            yield Change(
                constraint.id,
                f"- [{constraint.id}] {constraint.text}",
                f"constraint {constraint.id} is new or was changed: {constraint.text}",
                ConstraintCheck(constraint.digest),
            )


def _find_shown_changes(
    outline: Outline, ledger: Ledger, visible_entries: Mapping[EntryId, Entry], manifest: Manifest
) -> Iterator[Change]:
    successors = _map_successors(ledger, visible_entries)
    for decision in manifest.shown:
        if not decision.is_shown:
            continue
        current_entry = visible_entries.get(decision.entry)
        if current_entry is not None and _differs(ledger, current_entry, decision.version):
            yield _build_change(
                current_entry, f"{current_entry.subject}: what memory says was changed"
            )
        elif current_entry is None and decision.entry in successors:
            replacement = successors[decision.entry]
            yield _build_change(
                replacement, f"{replacement.subject}: what memory says was superseded"
            )
        elif current_entry is None and (retracted_entry := ledger.get_current(decision.entry)):
            if _is_shown_too_early(retracted_entry, decision):
                continue
            alternative = _find_alternative(outline, ledger, visible_entries, retracted_entry)
            if alternative is None:
                yield _build_retraction(retracted_entry, "what memory said was retracted")
            elif not is_same_fact(alternative, _get_shown_version(ledger, decision)):
                yield _build_change(
                    alternative, f"{alternative.subject}: what memory said was retracted"
                )


def _is_shown_too_early(entry: Entry, decision: EntryDecision) -> bool:
    """True for what still holds as it was shown, but comes true only after the section.

    Earlier releases showed what the plan foresees, and what is pinned, to every section.
    """
    return entry.status == "live" and entry.span is None and entry.version == decision.version


def _find_alternative(
    outline: Outline,
    ledger: Ledger,
    visible_entries: Mapping[EntryId, Entry],
    retracted_entry: Entry,
) -> Entry | None:
    """Return what else memory has on the topic of an entry that is gone, whoever's word counts."""
    same_topic_entries = [
        e
        for e in _find_visible_on_topic(ledger, visible_entries, retracted_entry)
        if is_same_topic(e, retracted_entry) and e.story_time == retracted_entry.story_time
    ]
    return min(same_topic_entries, key=lambda e: _rank(outline, e), default=None)


def _find_visible_on_topic(
    ledger: Ledger, visible_entries: Mapping[EntryId, Entry], entry: Entry
) -> list[Entry]:
    """Return the visible entries that have, or have had, the attribute of one subject."""
    if not entry.attribute:
        return []
    topic_ids = {e.id for e in ledger.list_on_topic(entry)} & visible_entries.keys()
    return [visible_entries[entry_id] for entry_id in sorted(topic_ids)]


def _get_shown_version(ledger: Ledger, decision: EntryDecision) -> Entry:
    """Return an entry as it was shown."""
    return next(e for e in ledger.versions(decision.entry) if e.version == decision.version)


def _find_retractions(ledger: Ledger, manifest: Manifest, draft: Draft) -> Iterator[Change]:
    """What the draft itself established, and the person has since retracted."""
    for entry in ledger.list_retracted(draft.section):
        if ledger.is_written_after(entry, manifest.known_until):
            yield _build_retraction(entry, "what this section says of it was retracted")


def _map_successors(
    ledger: Ledger, visible_entries: Mapping[EntryId, Entry]
) -> dict[EntryId, Entry]:
    """Return what now stands for each superseded entry, through however many steps."""
    successors: dict[EntryId, Entry] = {}
    for entry in visible_entries.values():
        older_id = entry.supersedes
        while older_id and older_id not in successors:
            successors[older_id] = entry
            older_entry = ledger.get_current(older_id)
            older_id = older_entry.supersedes if older_entry else None
    return successors


def _find_new_entries(
    outline: Outline,
    ledger: Ledger,
    visible_entries: Mapping[EntryId, Entry],
    manifest: Manifest,
    draft_names: MentionedNames,
    section_id: SectionId,
) -> Iterator[Change]:
    decided_ids = set() if manifest.by_person else {s.entry for s in manifest.shown}
    new_entries = [
        e
        for e in visible_entries.values()
        if e.id not in decided_ids
        and _is_news(ledger, e, manifest)
        and _holds_at(outline, e, section_id)
    ]
    shown_ids = {s.entry for s in manifest.shown if s.is_shown}
    disputed_by_id = _find_disputed(
        ledger, visible_entries, section_id, {*shown_ids, *(e.id for e in new_entries)}
    )
    new_entries += [e for e in disputed_by_id.values() if _holds_at(outline, e, section_id)]
    if not new_entries:
        return
    mentioned_names = draft_names.select_mentioned({name for e in new_entries for name in e.names})
    named_entries = [e for e in new_entries if e.names & mentioned_names]
    named_topics = {(name, e.topic[1]) for e in named_entries for name in e.names}
    rival_entries = [
        e
        for e in visible_entries.values()
        if any((name, e.topic[1]) in named_topics for name in e.names)
    ]
    for entry in named_entries:
        if not _is_overruled(outline, entry, rival_entries):
            reason = UNSEEN_REASON if entry.id in disputed_by_id else _explain_news(entry, manifest)
            yield _build_change(entry, f"{entry.subject}: {reason}")


def _find_disputed(
    ledger: Ledger,
    visible_entries: Mapping[EntryId, Entry],
    section_id: SectionId,
    excluded_ids: Set[str],
) -> dict[EntryId, Entry]:
    """Return what memory had already, but not shown to this section, which says otherwise.

    The entries of ``excluded_ids`` are left out.
    """
    return {
        other_entry.id: other_entry
        for own_entry in ledger.list_section_entries(section_id)
        for other_entry in _find_visible_on_topic(ledger, visible_entries, own_entry)
        if other_entry.id not in excluded_ids
        and other_entry.id != own_entry.supersedes
        and other_entry.story_time == own_entry.story_time
        and is_same_topic(other_entry, own_entry)
        and not is_same_fact(other_entry, own_entry)
    }


def _explain_news(entry: Entry, manifest: Manifest) -> str:
    if manifest.by_person:
        return "the person's text was not compared with it yet"
    if entry.origin == "section":
        return "an earlier section has since established it"
    return "the person has since said so" if entry.origin == "person" else "memory has it since"


def _is_overruled(outline: Outline, entry: Entry, rival_entries: Iterable[Entry]) -> bool:
    """True when the person, or an earlier section, speaks of the same topic.

    Then either ``entry`` only repeats it, or the two are in conflict and the other one holds: a
    judge is never told two things that cannot both be true.
    """
    rank = _rank(outline, entry)
    return bool(entry.attribute) and any(
        other_entry.names & entry.names
        and other_entry.topic[1] == entry.topic[1]
        and other_entry.story_time == entry.story_time
        and _rank(outline, other_entry) < rank
        for other_entry in rival_entries
    )


def _rank(outline: Outline, entry: Entry) -> tuple[bool, int]:
    """Order entries by whose word counts: the person's, the plan's, then the earliest section's."""
    return entry.origin != "person", _find_start_position(outline, entry)


def _is_news(ledger: Ledger, entry: Entry, manifest: Manifest) -> bool:
    """True for what was not known when the draft began, be it of a text that it had heard."""
    if ledger.is_written_after(entry, manifest.known_until):
        return True
    if entry.span is None or entry.origin == "person":
        return False
    return entry.span.draft > manifest.heard.get(entry.span.section, 0)


def _holds_at(outline: Outline, entry: Entry, section_id: SectionId) -> bool:
    return _find_start_position(outline, entry) <= outline.position[section_id]


def _find_start_position(outline: Outline, entry: Entry) -> int:
    """Return from which section on ``entry`` is true, counted from 1; 0: from the beginning."""
    return outline.position.get(entry.from_section, 0) if entry.from_section else 0


def _differs(ledger: Ledger, current_entry: Entry, version: int) -> bool:
    """True when ``current_entry`` says another thing than that version did; a pin says nothing."""
    if current_entry.version == version:
        return False
    earlier_entry = next(
        (e for e in ledger.versions(current_entry.id) if e.version == version), None
    )
    return earlier_entry is None or earlier_entry.line != current_entry.line


def build_stamp(entry: Entry) -> EntryCheck:
    """Return what a draft is stamped with that was checked against this version of an entry."""
    return EntryCheck(entry.id, entry.version if entry.status == "live" else None)


def _build_change(entry: Entry, reason: str) -> Change:
    return Change(entry.id, entry.line, reason, build_stamp(entry), entry)


def _build_retraction(entry: Entry, reason: str) -> Change:
    return Change(
        entry.id,
        f"- [{entry.id}] no longer holds: {entry.subject}: {entry.statement}",
        f"{entry.subject}: {reason}",
        EntryCheck(entry.id, None),
    )
