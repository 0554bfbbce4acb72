"""Locks: stretches of a text, whoever wrote them, that no model may change."""

from collections.abc import Callable, Iterable

from inkwright.memory.domain.draft import Draft
from inkwright.memory.domain.protected_spans import ProtectedSpan, merged
from inkwright.memory.errors import BadInput
from inkwright.memory.store import drafts
from inkwright.memory.store.library import Lease, Library
from inkwright.memory.user_work import user_drafts


def lock(
    library: Library,
    lease: Lease,
    section: str,
    words: str | None = None,
    *,
    start: int | None = None,
) -> Draft:
    """Lock ``words`` of a section's newest text, or all of it; return the version that has it so.

    ``start`` says where the words begin, if they stand there more than once.

    Raises:
        BadInput: the section has no text, or the words are not there, or not exactly once.
    """
    return _held(library, lease, section, words, start, lambda held, new: [*held, new])


def unlock(
    library: Library,
    lease: Lease,
    section: str,
    words: str | None = None,
    *,
    start: int | None = None,
) -> Draft:
    """Take the locks off that touch ``words``, or all. What a person wrote stays theirs."""

    def without(held: Iterable[ProtectedSpan], place: ProtectedSpan) -> list[ProtectedSpan]:
        return [
            h for h in held if h.why == "person" or h.end <= place.start or place.end <= h.start
        ]

    return _held(library, lease, section, words, start, without)


def _held(
    library: Library,
    lease: Lease,
    section: str,
    words: str | None,
    start: int | None,
    change: Callable[[Iterable[ProtectedSpan], ProtectedSpan], list[ProtectedSpan]],
) -> Draft:
    draft = drafts.current(library, lease.work).get(section)
    if draft is None:
        raise BadInput(f"{lease.work}: section {section!r} has no text")
    held = merged(change(draft.held, _place(draft, words, start)))
    return draft if held == draft.held else user_drafts.hold(library, lease, draft, held)


def _place(draft: Draft, words: str | None, start: int | None) -> ProtectedSpan:
    if words is None:
        return ProtectedSpan(start=0, end=len(draft.text), why="locked")
    if start is not None and words and draft.text.startswith(words, start):
        return ProtectedSpan(start=start, end=start + len(words), why="locked")
    times = draft.text.count(words) if words else 0
    if times != 1:
        fault = "are not there" if not times else f"stand there {times} times; give more of them"
        raise BadInput(f"{draft.section}: the words {words[:60]!r} {fault}")
    start = draft.text.index(words)
    return ProtectedSpan(start=start, end=start + len(words), why="locked")
