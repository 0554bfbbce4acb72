"""The memory of one work, as its person reads and edits it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

from inkwright.app.api.handle import WorkHandle
from inkwright.memory.changes import contradictions, entry_edits, source_dependencies
from inkwright.memory.changes.contradictions import ContradictionFinding
from inkwright.memory.changes.edit_impact import EditImpact, preview
from inkwright.memory.changes.entry_edits import Edit
from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.source import Evidence
from inkwright.memory.retrieval.visibility import of_planned
from inkwright.memory.store import drafts, ledger, plans, sources, works
from inkwright.memory.store.ledger import Ledger
from inkwright.memory.store.library import Library
from inkwright.memory.text.normalise import normalise
from inkwright.memory.text.rolling_summary import rolling
from inkwright.memory.text.tokens import Tokenizer

Standing = Literal["live", "superseded", "retracted", "proposed", "all"]
SUMMARY_TOKENS = 600


@dataclass(frozen=True)
class EntryHistory:
    """One entry, with where it comes from and where it went."""

    entry: Entry
    standing: Standing
    words: str | None
    """The exact words of the draft that state it."""
    shown_to: dict[str, int]
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
        standing: Standing = "live",
    ) -> list[Entry]:
        """Return the entries that fit every filter; ``subject`` is a name or an alias."""
        with self._open() as library:
            book = Ledger(library, self.work).refresh()
        name = normalise(subject) if subject else None
        return [
            e
            for e in _standing(book, standing)
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
            book = Ledger(library, self.work).refresh()
            found = entry_edits.found(book, entry)
            shown = {
                sid: shown.version
                for sid, manifest in drafts.manifests(library, self.work).items()
                for shown in manifest.shown
                if shown.entry == found.id and shown.seen
            }
            words = _words(library, self.work, found)
            rests_on = _sources(library, self.work, found)
        return EntryHistory(found, _stands(book, found), words, shown, rests_on)

    def history(self, entry: str) -> list[Entry]:
        """Return every version of an entry, oldest first."""
        with self._open() as library:
            book = Ledger(library, self.work).refresh()
        entry_edits.found(book, entry)
        return book.versions(entry)

    def preview(self, edit: Edit) -> EditImpact:
        """Return which sections ``edit`` would reach. Nothing is written."""
        with self._open() as library:
            return preview(library, self.work, edit)

    def apply(self, edit: Edit) -> tuple[Entry, ...]:
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
            pinned = works.get(library, self.work).pinned or {}
        return ScaledTokenizer(pinned.get("tokenizer_factor") or MARGIN)

    def shown(self) -> dict[str, list[str]]:
        """Return, by entry, the sections whose newest draft was shown it, in reading order."""
        with self._open() as library:
            plan = plans.current(library, self.work)
            manifests = drafts.manifests(library, self.work)
        found: dict[str, list[str]] = {}
        for section in plan.outline.sections if plan else ():
            for entry in manifests[section.id].shown if section.id in manifests else ():
                if entry.how == "raw":
                    found.setdefault(entry.entry, []).append(section.id)
        return found

    def summaries(self, budget_tokens: int = SUMMARY_TOKENS) -> dict[str, str]:
        """Return the rolling summary of every chain, by the last section of the chain."""
        with self._open() as library:
            plan = plans.current(library, self.work)
            texts = drafts.current(library, self.work)
        if plan is None:
            return {}
        outline = plan.outline
        followed = {c[-1] for s in outline.sections if (c := outline.chain(s.id))}
        count = self.tokenizer().count
        return {
            s.id: rolling(
                [
                    (outline.section(sid).title, texts[sid].summary)
                    for sid in (*outline.chain(s.id), s.id)
                    if sid in texts
                ],
                budget_tokens,
                count,
            )
            for s in outline.sections
            if s.id not in followed
        }

    def conflicts(self) -> list[tuple[Entry, Entry]]:
        """Return the pairs of entries that give one attribute two values."""
        return ledger.conflicts(self._told())

    def open_threads(self) -> list[Entry]:
        """Return the threads that nothing has paid off yet."""
        return [e for e in self._told() if e.kind == "thread"]

    def _told(self) -> list[Entry]:
        """Return what holds of all that the piece says, as the outline is now."""
        with self._open() as library:
            plan = plans.current(library, self.work)
            latest = Ledger(library, self.work).refresh().latest()
        return ledger.holding(of_planned(latest, plan.outline) if plan else latest)

    def findings(self, *, dismissed: bool = False) -> list[ContradictionFinding]:
        """Return where the person's own sentences contradict memory."""
        with self._open() as library:
            return contradictions.listed(library, self.work, dismissed=dismissed)

    def dismiss(self, *numbers: int, undo: bool = False) -> None:
        """Let findings be: they do not come back, unless with ``undo``."""
        with self._open() as library:
            for number in numbers:
                contradictions.dismiss(library, self.work, number, undo=undo)

    def exported(self, entries: Collection[Entry] | None = None) -> dict[str, Any]:
        """Return entries as ``memory.json`` has them; None: all that are live."""
        from inkwright.app.reports.memory_json import content

        with self._open() as library:
            plan = plans.current(library, self.work)
        title = plan.outline.title if plan else ""
        return content(self.work, title, self.entries() if entries is None else entries)


def _standing(book: Ledger, standing: Standing) -> list[Entry]:
    latest = book.latest()
    if standing == "proposed":
        return book.proposed()
    if standing == "all":
        return sorted([*latest, *(e for e in book.proposed() if e not in latest)], key=ledger.by_id)
    if standing == "live":
        return ledger.holding(latest)
    if standing == "retracted":
        return [e for e in latest if e.status == "retracted"]
    held = {e.id for e in ledger.holding(latest)}
    return [e for e in latest if e.status == "live" and e.id not in held]


def _stands(book: Ledger, entry: Entry) -> Standing:
    kinds: tuple[Standing, ...] = ("live", "superseded", "retracted")
    for standing in kinds:
        if any(e.id == entry.id for e in _standing(book, standing)):
            return standing
    return "proposed"


def standing_of(book: Ledger) -> dict[str, Standing]:
    """Return how each entry of a ledger stands, by its id."""
    kinds: tuple[Standing, ...] = ("live", "superseded", "retracted", "proposed")
    return {e.id: kind for kind in reversed(kinds) for e in _standing(book, kind)}


def _sources(library: Library, work: str, entry: Entry) -> tuple[tuple[Evidence, str], ...]:
    spans = source_dependencies.on(library, work, [entry]).get(entry.id, ())
    kept = sources.kept(library, work, dropped=True) if spans else []
    texts = {k.source.key: k.source.text for k in kept}
    return tuple((s, texts[s.key][s.start : s.end]) for s in spans)


def _words(library: Library, work: str, entry: Entry) -> str | None:
    if entry.span is None:
        return None
    for draft in drafts.versions(library, work, entry.span.section):
        if draft.version == entry.span.draft:
            return draft.text[entry.span.start : entry.span.end]
    return None
