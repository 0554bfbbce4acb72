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

CAUTION = 1.5
"""A section is heard when its reckoned landing, times this, is before the listener's start."""


def hearing(outline: Outline, slots: int) -> Mapping[str, frozenset[str]]:
    """Return, for each section, the earlier sections of other chains it listens to.

    Nothing in ``free`` continuity, where each section stands alone.
    """
    if outline.continuity == "free":
        return {s.id: frozenset() for s in outline.sections}
    start, end = _reckoned(outline, slots)
    return {
        s.id: frozenset(
            t.id
            for t in outline.sections[: outline.position[s.id] - 1]
            if t.id not in outline.ancestors[s.id] and end[t.id] * CAUTION <= start[s.id]
        )
        for s in outline.sections
    }


def urgency(outline: Outline) -> Mapping[str, float]:
    """Return the words on the longest path from each section on: the longest goes first."""
    dependants: dict[str, list[str]] = {s.id: [] for s in outline.sections}
    for sid, needed in outline.depends_on.items():
        for n in needed:
            dependants[n].append(sid)
    order = sorted(outline.ancestors, key=lambda sid: -len(outline.ancestors[sid]))
    found: dict[str, float] = {}
    for sid in order:
        rest = max((found[d] for d in dependants[sid]), default=0.0)
        found[sid] = outline.section(sid).target_words + rest
    return found


def _reckoned(outline: Outline, slots: int) -> tuple[dict[str, float], dict[str, float]]:
    """Return when each section would start and land, in words written, on ``slots`` writers."""
    first = urgency(outline)
    start: dict[str, float] = {}
    end: dict[str, float] = {}
    writing: list[tuple[float, str]] = []
    waiting = {s.id: set(outline.depends_on[s.id]) for s in outline.sections}
    clock = 0.0
    while waiting or writing:
        ready = sorted(
            (sid for sid, needed in waiting.items() if not needed),
            key=lambda sid: (-first[sid], outline.position[sid]),
        )
        for sid in ready[: slots - len(writing)]:
            del waiting[sid]
            start[sid], end[sid] = clock, clock + outline.section(sid).target_words
            heapq.heappush(writing, (end[sid], sid))
        clock, landed = heapq.heappop(writing)
        for needed in waiting.values():
            needed.discard(landed)
    return start, end
