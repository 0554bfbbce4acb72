"""The memory of one work, as its person reads and edits it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

from inkwright.app.api.handle import WorkHandle
from inkwright.memory.changes import contradictions, entry_edits, source_dependencies
from inkwright.memory.changes.contradictions import ContradictionFinding
from inkwright.memory.changes.edit_impact import EditImpact, preview
from inkwright.memory.changes.entry_edits import EntryEdit
from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.source import Evidence
from inkwright.memory.ids import EntryId, SectionId, WorkId
from inkwright.memory.retrieval.visibility import of_planned
from inkwright.memory.store import drafts, ledger, plans, sources, works
from inkwright.memory.store.ledger import Ledger
from inkwright.memory.store.library import Library
from inkwright.memory.text.normalise import normalise
from inkwright.memory.text.rolling_summary import build_rolling_summary
from inkwright.memory.text.tokens import Tokenizer

EntryState = Literal["live", "superseded", "retracted", "proposed", "all"]
SUMMARY_TOKENS = 600


@dataclass(frozen=True)
class EntryHistory:
    """One entry, with where it comes from and where it went."""

    entry: Entry
    state: EntryState
    words: str | None
    """The exact words of the draft that state it."""
    shown_to: dict[SectionId, int]
    """Sections whose newest draft was shown it, with the version shown."""
    sources: tuple[tuple[Evidence, str], ...] = ()
    """The spans of sources that it rests on, each with its words."""


class Memory(WorkHandle):
    """What one work knows: read it, see what an edit would do, and edit it.

    >>> import inkwright
    >>> from inkwright.memory import edits
    >>> piece = inkwright.write("Two short diary entries of a lighthouse keeper.")
    >>> memory = inkwright.Memory(piece.work)
    >>> given = inkwright.Remembered(subject="Mara", statement="She keeps the light.")
    >>> edit = edits.adding([given])
    >>> checks = memory.preview(edit).certain
    >>> [e.statement for e in memory.apply(edit)]
    ['She keeps the light.']
    >>> [e.subject for e in memory.entries(subject="mara")]
    ['Mara']
    """

    def entries(
        self,
        *,
        kind: str | None = None,
        subject: str | None = None,
        section: str | None = None,
        origin: str | None = None,
        standing: EntryState = "live",
    ) -> list[Entry]:
        """Return the entries that fit every filter; ``subject`` is a name or an alias."""
        with self._open() as library:
            work_ledger = Ledger(library, self.work).refresh()
        name = normalise(subject) if subject else None
        return [
            e
            for e in _select_entries(work_ledger, standing)
            if (kind is None or e.kind == kind)
            and (name is None or name in e.names)
            and (section is None or (e.span is not None and e.span.section == section))
            and (origin is None or e.origin == origin)
        ]

    def entry(self, entry: str) -> EntryHistory:
        """Return one entry with all that is known about it.

        Raises:
            BadInput: there is none of this id.
        """
        with self._open() as library:
            work_ledger = Ledger(library, self.work).refresh()
            current_entry = entry_edits.find_entry(work_ledger, EntryId(entry))
            shown_versions = {
                section_id: shown_versions.version
                for section_id, manifest in drafts.load_manifests(library, self.work).items()
                for shown_versions in manifest.shown
                if shown_versions.entry == current_entry.id and shown_versions.is_shown
            }
            words = _load_draft_words(library, self.work, current_entry)
            source_spans = _load_source_quotes(library, self.work, current_entry)
        return EntryHistory(
            current_entry,
            _find_state(work_ledger, current_entry),
            words,
            shown_versions,
            source_spans,
        )

    def history(self, entry: str) -> list[Entry]:
        """Return every version of an entry, oldest first."""
        with self._open() as library:
            work_ledger = Ledger(library, self.work).refresh()
        entry_edits.find_entry(work_ledger, EntryId(entry))
        return work_ledger.versions(EntryId(entry))

    def preview(self, edit: EntryEdit) -> EditImpact:
        """Return which sections ``edit`` would reach. Nothing is written."""
        with self._open() as library:
            return preview(library, self.work, edit)

    def apply(self, edit: EntryEdit) -> tuple[Entry, ...]:
        """Make an edit; return the entry versions it added."""
        with self._open() as library:
            return entry_edits.apply(library, self.work, edit)

    def sections(self) -> list[str]:
        """Return the ids of the work's sections in reading order; none before it is planned."""
        with self._open() as library:
            plan = plans.current(library, self.work)
        return [s.id for s in plan.outline.sections] if plan else []

    def tokenizer(self) -> Tokenizer:
        """Return what counts tokens as prompts of this work are counted."""
        from inkwright.agents.llm.tokenizer import MARGIN, ScaledTokenizer

        with self._open() as library:
            run_settings = works.get(library, self.work).run_settings
        return ScaledTokenizer(run_settings.tokenizer_factor if run_settings else MARGIN)

    def shown(self) -> dict[str, list[str]]:
        """Return, by entry, the sections whose newest draft was shown it, in reading order."""
        with self._open() as library:
            plan = plans.current(library, self.work)
            manifests = drafts.load_manifests(library, self.work)
        sections_by_entry: dict[str, list[str]] = {}
        for section in plan.outline.sections if plan else ():
            for entry in manifests[section.id].shown if section.id in manifests else ():
                if entry.how == "raw":
                    sections_by_entry.setdefault(entry.entry, []).append(section.id)
        return sections_by_entry

    def summaries(self, budget_tokens: int = SUMMARY_TOKENS) -> dict[SectionId, str]:
        """Return the rolling summary of every chain, by the last section of the chain."""
        with self._open() as library:
            plan = plans.current(library, self.work)
            current_drafts = drafts.current(library, self.work)
        if plan is None:
            return {}
        outline = plan.outline
        continued_ids = {c[-1] for s in outline.sections if (c := outline.find_chain(s.id))}
        count = self.tokenizer().count
        return {
            s.id: build_rolling_summary(
                [
                    (outline.section(section_id).title, current_drafts[section_id].summary)
                    for section_id in (*outline.find_chain(s.id), s.id)
                    if section_id in current_drafts
                ],
                budget_tokens,
                count,
            )
            for s in outline.sections
            if s.id not in continued_ids
        }

    def conflicts(self) -> list[tuple[Entry, Entry]]:
        """Return the pairs of entries that give one attribute two values."""
        return ledger.find_conflicts(self._told())

    def open_threads(self) -> list[Entry]:
        """Return the threads that nothing has paid off yet."""
        return [e for e in self._told() if e.kind == "thread"]

    def _told(self) -> list[Entry]:
        """Return what holds of all that the piece says, as the outline is now."""
        with self._open() as library:
            plan = plans.current(library, self.work)
            latest = Ledger(library, self.work).refresh().latest()
        return ledger.select_active(of_planned(latest, plan.outline) if plan else latest)

    def findings(self, *, dismissed: bool = False) -> list[ContradictionFinding]:
        """Return where the person's own sentences contradict memory."""
        with self._open() as library:
            return contradictions.load_findings(library, self.work, include_dismissed=dismissed)

    def dismiss(self, *numbers: int, undo: bool = False) -> None:
        """Let findings be: they do not come back, unless with ``undo``."""
        with self._open() as library:
            for number in numbers:
                contradictions.dismiss(library, self.work, number, undo=undo)

    def exported(self, entries: Collection[Entry] | None = None) -> dict[str, Any]:
        """Return entries as ``memory.json`` has them; None: all that are live."""
        from inkwright.app.reports.memory_json import build_memory_content

        with self._open() as library:
            plan = plans.current(library, self.work)
        title = plan.outline.title if plan else ""
        return build_memory_content(
            self.work, title, self.entries() if entries is None else entries
        )


def _select_entries(work_ledger: Ledger, state: EntryState) -> list[Entry]:
    latest = work_ledger.latest()
    if state == "proposed":
        return work_ledger.list_proposals()
    if state == "all":
        return sorted(
            [*latest, *(e for e in work_ledger.list_proposals() if e not in latest)],
            key=ledger.by_id,
        )
    if state == "live":
        return ledger.select_active(latest)
    if state == "retracted":
        return [e for e in latest if e.status == "retracted"]
    active_ids = {e.id for e in ledger.select_active(latest)}
    return [e for e in latest if e.status == "live" and e.id not in active_ids]


def _find_state(work_ledger: Ledger, entry: Entry) -> EntryState:
    states: tuple[EntryState, ...] = ("live", "superseded", "retracted")
    for state in states:
        if any(e.id == entry.id for e in _select_entries(work_ledger, state)):
            return state
    return "proposed"


def map_entry_states(work_ledger: Ledger) -> dict[EntryId, EntryState]:
    """Return how each entry of a ledger stands, by its id."""
    states: tuple[EntryState, ...] = ("live", "superseded", "retracted", "proposed")
    return {e.id: state for state in reversed(states) for e in _select_entries(work_ledger, state)}


def _load_source_quotes(
    library: Library, work_id: WorkId, entry: Entry
) -> tuple[tuple[Evidence, str], ...]:
    source_spans = source_dependencies.load_evidence(library, work_id, [entry]).get(entry.id, ())
    stored_sources = (
        sources.load_sources(library, work_id, include_dropped=True) if source_spans else []
    )
    text_by_key = {k.source.key: k.source.text for k in stored_sources}
    return tuple((s, text_by_key[s.key][s.start : s.end]) for s in source_spans)


def _load_draft_words(library: Library, work_id: WorkId, entry: Entry) -> str | None:
    if entry.span is None:
        return None
    for draft in drafts.versions(library, work_id, entry.span.section):
        if draft.version == entry.span.draft:
            return draft.text[entry.span.start : entry.span.end]
    return None
