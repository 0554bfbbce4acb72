"""Candidates: other drafts of a section, kept in its history beside the text that it has.

The section's text stays the newest version while there are candidates to choose from. The one that
is taken becomes a version again, with what it was written from; the others stay where they are.
"""

from collections.abc import Iterable, Sequence

from inkwright.memory.base import Value
from inkwright.memory.domain.draft import Draft, Manifest, Review
from inkwright.memory.domain.entry import Entry
from inkwright.memory.errors import BadInput
from inkwright.memory.ids import SectionId, WorkId
from inkwright.memory.store import draft_rows, drafts, ledger
from inkwright.memory.store.library import Lease, Library
from inkwright.memory.user_work import user_drafts


class SectionCandidate(Value):
    """A reviewed draft that is offered for a section."""

    text: str
    manifest: Manifest
    review: Review
    rounds: int


def store_candidates(
    library: Library, lease: Lease, draft: Draft, section_candidates: Sequence[SectionCandidate]
) -> list[Draft]:
    """Store candidates for the section of ``draft``, its newest, which stays its text."""
    with library.write(lease) as db:
        stored_drafts = []
        for section_candidate in section_candidates:
            candidate = draft_rows.insert_version(
                db,
                lease,
                draft.section,
                section_candidate.text,
                stage="candidate",
                manifest_id=draft_rows.insert_manifest(
                    db, lease.work_id, section_candidate.manifest
                ),
                summary=draft.summary,
                base_version=draft.version,
            )
            draft_rows.store_review(
                db, lease, candidate, section_candidate.review, section_candidate.rounds
            )
            review_values = {"review": section_candidate.review, "rounds": section_candidate.rounds}
            stored_drafts.append(candidate.model_copy(update=review_values))
        user_drafts.insert_same_text(db, lease, draft, draft.held)
    return stored_drafts


def select_open_candidates(versions: Sequence[Draft]) -> list[Draft]:
    """Return the candidates that wait for a choice, oldest first, among a section's versions.

    They are those that were offered last, while the section has the text it had then.
    """
    all_candidates = [d for d in versions if d.stage == "candidate"]
    if not all_candidates:
        return []
    (base_draft,) = (d for d in versions if d.version == all_candidates[-1].base)
    if versions[-1].text != base_draft.text:
        return []
    return [d for d in all_candidates if d.base == base_draft.version]


def find_candidate(library: Library, work_id: WorkId, section_id: SectionId, version: int) -> Draft:
    """Return a candidate by its version.

    Raises:
        BadInput: there is none.
    """
    all_candidates = [
        d for d in drafts.versions(library, work_id, section_id) if d.stage == "candidate"
    ]
    for draft in all_candidates:
        if draft.version == version:
            return draft
    available_versions = ", ".join(str(d.version) for d in all_candidates)
    raise BadInput(
        f"{section_id}: version {version} is no candidate; "
        + (f"candidates are {available_versions}" if available_versions else "it has none")
    )


def choose_candidate(
    library: Library, lease: Lease, candidate: Draft, *, summary: str, delta: Iterable[Entry]
) -> Draft:
    """Make a candidate the section's text, and memory follow it; return the new version."""
    with library.write(lease) as db:
        draft = draft_rows.insert_version(
            db,
            lease,
            candidate.section,
            candidate.text,
            stage="drafted",
            manifest_id=candidate.manifest,
            summary=summary or candidate.summary,
            base_version=candidate.version,
        )
        if candidate.review is not None:
            draft_rows.store_review(db, lease, draft, candidate.review, candidate.rounds)
        ledger.append_entries(db, lease.work_id, delta)
        draft_rows.update_section_row(
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
