"""Locks: stretches of a text, whoever wrote them, that no model may change."""

from collections.abc import Callable, Iterable

from inkwright.memory.domain.draft import Draft
from inkwright.memory.domain.protected_spans import ProtectedSpan, merge_spans
from inkwright.memory.errors import BadInput
from inkwright.memory.ids import SectionId
from inkwright.memory.store import drafts
from inkwright.memory.store.library import Lease, Library
from inkwright.memory.user_work import user_drafts


def lock_words(
    library: Library,
    lease: Lease,
    section_id: SectionId,
    words: str | None = None,
    *,
    start: int | None = None,
) -> Draft:
    """Lock ``words`` of a section's newest text, or all of it; return the version that has it so.

    ``start`` says where the words begin, if they stand there more than once.

    Raises:
        BadInput: the section has no text, or the words are not there, or not exactly once.
    """
    return _change_locks(
        library, lease, section_id, words, start, lambda locked, new: [*locked, new]
    )


def unlock_words(
    library: Library,
    lease: Lease,
    section_id: SectionId,
    words: str | None = None,
    *,
    start: int | None = None,
) -> Draft:
    """Take the locks off that touch ``words``, or all. What a person wrote stays theirs."""

    def remove_locks(
        protected_spans: Iterable[ProtectedSpan], unlocked_span: ProtectedSpan
    ) -> list[ProtectedSpan]:
        return [
            h
            for h in protected_spans
            if h.why == "person" or h.end <= unlocked_span.start or unlocked_span.end <= h.start
        ]

    return _change_locks(library, lease, section_id, words, start, remove_locks)


def _change_locks(
    library: Library,
    lease: Lease,
    section_id: SectionId,
    words: str | None,
    start: int | None,
    change: Callable[[Iterable[ProtectedSpan], ProtectedSpan], list[ProtectedSpan]],
) -> Draft:
    draft = drafts.require(library, lease.work_id, section_id)
    protected_spans = merge_spans(change(draft.held, _locate_words(draft, words, start)))
    return (
        draft
        if protected_spans == draft.held
        else user_drafts.save_protected_spans(library, lease, draft, protected_spans)
    )


def _locate_words(draft: Draft, words: str | None, start: int | None) -> ProtectedSpan:
    if words is None:
        return ProtectedSpan(start=0, end=len(draft.text), why="locked")
    if start is not None and words and draft.text.startswith(words, start):
        return ProtectedSpan(start=start, end=start + len(words), why="locked")
    occurrences = draft.text.count(words) if words else 0
    if occurrences != 1:
        fault = (
            "are not there"
            if not occurrences
            else f"stand there {occurrences} times; give more of them"
        )
        raise BadInput(f"{draft.section}: the words {words[:60]!r} {fault}")
    start = draft.text.index(words)
    return ProtectedSpan(start=start, end=start + len(words), why="locked")
