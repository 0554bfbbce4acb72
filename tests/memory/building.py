"""A work in a library, brought by hand to whatever state a test needs."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from inkwright.memory.domain.brief import Brief, Constraint
from inkwright.memory.domain.draft import Draft, EntryDecision, Manifest, Review
from inkwright.memory.domain.entry import Entry, Span
from inkwright.memory.domain.outline import Outline, Section
from inkwright.memory.store import drafts, plans, works
from inkwright.memory.store.ledger import Ledger, append_entries
from inkwright.memory.store.library import Lease, Library

ARMS = {"plan": "full", "memory": "full", "review": "full"}


def sections(*ids: str, words: int = 100) -> tuple[Section, ...]:
    """Return plain sections of these ids."""
    return tuple(Section(id=sid, title=f"Title {sid}", target_words=words) for sid in ids)


def outline(*parts: Section, continuity: str = "chapter") -> Outline:
    """Return an outline of these sections."""
    return Outline.model_validate({"title": "T", "continuity": continuity, "sections": parts})


def fact(
    eid: str, subject: str, statement: str = "It is so.", *, version: int = 1, **more: object
) -> Entry:
    """Return an entry of the plan, or of the draft that ``span`` names."""
    fields = {"id": eid, "version": version, "subject": subject, "statement": statement}
    return Entry.model_validate({"origin": "section" if "span" in more else "plan"} | fields | more)


def span(section: str, draft: int = 1) -> Span:
    """Return a place in a draft."""
    return Span(section=section, draft=draft, start=0, end=1)


@dataclass
class Built:
    """A work under a lease."""

    library: Library
    lease: Lease

    @property
    def work(self) -> str:
        return self.lease.work_id

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.library, self.work).refresh()

    def plan(
        self,
        made: Outline,
        constraints: Sequence[Constraint] = (),
        entries: Sequence[Entry] = (),
    ) -> plans.Plan:
        """Adopt an outline with its constraints and entries."""
        return plans.adopt(self.library, self.lease, made, tuple(constraints), delta=entries)

    def freeze(
        self,
        section: str,
        *,
        heard: Mapping[str, int] | None = None,
        shown: Mapping[str, int] | None = None,
    ) -> int:
        """Freeze a manifest as things stand now; ``shown``: entry id to version."""
        plan = plans.current(self.library, self.work)
        assert plan is not None
        manifest = Manifest(
            section=section,
            outline_version=plan.version,
            node=plan.outline.section(section).digest,
            constraints={c.id: c.digest for c in plan.constraints_for(section)},
            heard=dict(heard or {}),
            known_until=self.ledger.newest_sequence,
            shown=tuple(
                EntryDecision(entry=e, version=v, how="raw", reason="a test")
                for e, v in (shown or {}).items()
            ),
            target_words=100,
            budget_tokens=500,
        )
        return drafts.start_section(self.library, self.lease, manifest)

    def draft(
        self,
        section: str,
        text: str = "It rained.",
        *,
        entries: Sequence[Entry] = (),
        visible_drafts: Mapping[str, int] | None = None,
        shown: Mapping[str, int] | None = None,
    ) -> Draft:
        """Bring a section from ``planned`` to ``accepted``."""
        number = self.freeze(section, heard=visible_drafts, shown=shown)
        landed = drafts.save_first_draft(
            self.library, self.lease, section, text, manifest_id=number, summary="", delta=entries
        )
        return drafts.accept(self.library, self.lease, landed, text=text, review=Review(), rounds=0)

    def patch(self, section: str, text: str, *, entries: Sequence[Entry] = ()) -> Draft:
        """Store a new version of a section's text."""
        before = drafts.current(self.library, self.work)[section]
        return drafts.save_patch(
            self.library,
            self.lease,
            before,
            text=text,
            stage="settled",
            review=None,
            delta=entries,
        )

    def write(self, *entries: Entry) -> None:
        """Append entry versions to the ledger, as a person does."""
        with self.library.write(self.lease) as db:
            append_entries(db, self.work, entries)


@contextmanager
def built(library: Library, request: str = "A story.", **fields: object) -> Iterator[Built]:
    """A new work of this brief, its lease held."""
    brief = Brief.model_validate({"request": request} | fields)
    work = works.begin(library, brief, ARMS)
    with works.hold_lease(library, work.id) as lease:
        yield Built(library, lease)
