"""Hearing: which sections of other chains a section listens to, besides those it depends on.

Chapters are drafted side by side. A section that starts late can be shown what others have settled
by then, and should be. But "what has landed by then" would depend on the weather, and a resumed run
would not write what the uninterrupted one would have. So the order is reckoned beforehand, from the
outline and the number of slots alone: a section hears those earlier ones that are reckoned to have
landed well before it starts. The scheduler then waits for them as for a dependency; since drafting
follows the same reckoning, it hardly ever has to.
"""

import heapq
from collections.abc import Mapping

from inkwright.memory.domain.outline import Outline

SAFETY_FACTOR = 1.5
"""A section is heard when its reckoned landing, times this, is before the listener's start."""


def compute_visibility(outline: Outline, concurrency: int) -> Mapping[str, frozenset[str]]:
    """Return, for each section, the earlier sections of other chains it listens to.

    Nothing in ``free`` continuity, where each section stands alone.
    """
    if outline.continuity == "free":
        return {s.id: frozenset() for s in outline.sections}
    start, end = _simulate_schedule(outline, concurrency)
    return {
        s.id: frozenset(
            t.id
            for t in outline.sections[: outline.position[s.id] - 1]
            if t.id not in outline.ancestors[s.id] and end[t.id] * SAFETY_FACTOR <= start[s.id]
        )
        for s in outline.sections
    }


def compute_urgency(outline: Outline) -> Mapping[str, float]:
    """Return the words on the longest path from each section on: the longest goes first."""
    dependants: dict[str, list[str]] = {s.id: [] for s in outline.sections}
    for section_id, needed_ids in outline.depends_on.items():
        for needed_id in needed_ids:
            dependants[needed_id].append(section_id)
    order = sorted(outline.ancestors, key=lambda section_id: -len(outline.ancestors[section_id]))
    path_words: dict[str, float] = {}
    for section_id in order:
        words_after = max((path_words[d] for d in dependants[section_id]), default=0.0)
        path_words[section_id] = outline.section(section_id).target_words + words_after
    return path_words


def _simulate_schedule(
    outline: Outline, concurrency: int
) -> tuple[dict[str, float], dict[str, float]]:
    """Return when each section would start and land, in words, with ``concurrency`` writers."""
    path_words = compute_urgency(outline)
    start: dict[str, float] = {}
    end: dict[str, float] = {}
    writing_queue: list[tuple[float, str]] = []
    waiting_for = {s.id: set(outline.depends_on[s.id]) for s in outline.sections}
    clock = 0.0
    while waiting_for or writing_queue:
        ready_ids = sorted(
            (section_id for section_id, needed_ids in waiting_for.items() if not needed_ids),
            key=lambda section_id: (-path_words[section_id], outline.position[section_id]),
        )
        for section_id in ready_ids[: concurrency - len(writing_queue)]:
            del waiting_for[section_id]
            start[section_id] = clock
            end[section_id] = clock + outline.section(section_id).target_words
            heapq.heappush(writing_queue, (end[section_id], section_id))
        clock, finished_id = heapq.heappop(writing_queue)
        for needed_ids in waiting_for.values():
            needed_ids.discard(finished_id)
    return start, end
