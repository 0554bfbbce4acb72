"""Candidates: other drafts of a section, kept in its history beside the text that it has.

The section's text stays the newest version while there are candidates to choose from. The one that
is taken becomes a version again, with what it was written from; the others stay where they are.
"""

from collections.abc import Iterable, Sequence

from inkwright.memory.base import Value
from inkwright.memory.domain.draft import Draft, Manifest, Review
from inkwright.memory.domain.entry import Entry
from inkwright.memory.errors import BadInput
from inkwright.memory.store import draft_rows, drafts, ledger
from inkwright.memory.store.library import Lease, Library
from inkwright.memory.user_work import user_drafts


class SectionCandidate(Value):
    """A reviewed draft that is offered for a section."""

    text: str
    manifest: Manifest
    review: Review
    rounds: int


def offer(
    library: Library, lease: Lease, draft: Draft, found: Sequence[SectionCandidate]
) -> list[Draft]:
    """Store candidates for the section of ``draft``, its newest, which stays its text."""
    with library.write(lease) as db:
        stored = []
        for one in found:
            candidate = draft_rows.new_version(
                db,
                lease,
                draft.section,
                one.text,
                stage="candidate",
                manifest=draft_rows.put_manifest(db, lease.work, one.manifest),
                summary=draft.summary,
                base=draft.version,
            )
            draft_rows.set_review(db, lease, candidate, one.review, one.rounds)
            review = {"review": one.review, "rounds": one.rounds}
            stored.append(candidate.model_copy(update=review))
        user_drafts.put_again(db, lease, draft, draft.held)
    return stored


def waiting(versions: Sequence[Draft]) -> list[Draft]:
    """Return the candidates that wait for a choice, oldest first, among a section's versions.

    They are those that were offered last, while the section has the text it had then.
    """
    offered = [d for d in versions if d.stage == "candidate"]
    if not offered:
        return []
    (beside,) = (d for d in versions if d.version == offered[-1].base)
    if versions[-1].text != beside.text:
        return []
    return [d for d in offered if d.base == beside.version]


def find(library: Library, work: str, section: str, version: int) -> Draft:
    """Return a candidate by its version.

    Raises:
        BadInput: there is none.
    """
    offered = [d for d in drafts.versions(library, work, section) if d.stage == "candidate"]
    for draft in offered:
        if draft.version == version:
            return draft
    there = ", ".join(str(d.version) for d in offered)
    raise BadInput(
        f"{section}: version {version} is no candidate; "
        + (f"candidates are {there}" if there else "it has none")
    )


def choose(
    library: Library, lease: Lease, candidate: Draft, *, summary: str, delta: Iterable[Entry]
) -> Draft:
    """Make a candidate the section's text, and memory follow it; return the new version."""
    with library.write(lease) as db:
        draft = draft_rows.new_version(
            db,
            lease,
            candidate.section,
            candidate.text,
            stage="drafted",
            manifest=candidate.manifest,
            summary=summary or candidate.summary,
            base=candidate.version,
        )
        if candidate.review is not None:
            draft_rows.set_review(db, lease, draft, candidate.review, candidate.rounds)
        ledger.append(db, lease.work, delta)
        draft_rows.set_row(
            db,
            lease,
            candidate.section,
            state="accepted",
            manifest=candidate.manifest,
            drafted=draft.version,
            draft=draft.version,
            failure=None,
        )
    return draft
