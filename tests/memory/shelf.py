"""A planned work in a library, to be filled by hand."""

from collections.abc import Sequence

from inkwright.memory.domain.brief import Brief, Continuity
from inkwright.memory.domain.draft import Draft, EntryDecision, Manifest, Review
from inkwright.memory.domain.entry import Entry, Span
from inkwright.memory.domain.outline import Outline, Section
from inkwright.memory.store import drafts, plans, works
from inkwright.memory.store.library import Lease, Library


def planned(
    library: Library,
    lease: Lease,
    sections: int,
    *,
    continuity: Continuity = "strict",
    entries: Sequence[Entry] = (),
) -> None:
    """Give the leased work an outline of ``s1`` to ``sN``."""
    parts = tuple(
        Section(id=f"s{n}", title=f"Title {n}", target_words=50) for n in range(1, sections + 1)
    )
    plans.adopt(
        library,
        lease,
        Outline(title="A piece", continuity=continuity, sections=parts),
        (),
        delta=entries,
    )


def begun(library: Library, request: str = "Write of a harbour.", seed: int = 1) -> str:
    """Return the id of a new work."""
    return works.begin(library, Brief(request=request, seed=seed), {}).id


def drafted(
    library: Library,
    lease: Lease,
    section: str,
    text: str,
    *,
    shown: Sequence[Entry] = (),
    heard: dict[str, int] | None = None,
    known_until: int = 0,
    delta: Sequence[Entry] = (),
) -> Draft:
    """Take a section through its states to ``accepted``, as a run does."""
    plan = plans.current(library, lease.work_id)
    assert plan is not None
    frozen = Manifest(
        section=section,
        outline_version=plan.version,
        node=plan.outline.section(section).digest,
        heard=heard or {},
        known_until=known_until,
        shown=tuple(
            EntryDecision(entry=e.id, version=e.version, how="raw", reason="") for e in shown
        ),
        target_words=50,
        budget_tokens=100,
    )
    number = drafts.start_section(library, lease, frozen)
    landed = drafts.save_first_draft(
        library, lease, section, text, manifest_id=number, summary="", delta=delta
    )
    return drafts.accept(library, lease, landed, text=text, review=Review(), rounds=0)


def established(eid: str, subject: str, attribute: str, statement: str, text: str) -> Entry:
    """Return an entry that the first draft of the section in its id states."""
    section = eid.partition(".")[0]
    start = max(text.find(statement), 0)
    return Entry(
        id=eid,
        subject=subject,
        attribute=attribute,
        statement=statement,
        origin="section",
        span=Span(section=section, draft=1, start=start, end=start + len(statement)),
        from_section=section,
    )
