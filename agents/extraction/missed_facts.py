"""A second look: what sections that could not hear each other say of the same subjects.

Settling compares what memory has of such sections, and an archivist passes facts over. So, before
it begins, the archivist is shown again those of their sentences that name a subject they share and
that no entry from there or before tells; then, twice at most, those that speak of something memory
has from elsewhere: what is passed over there, others were written against. Where every section
heard all that stands before it, there is nothing to look at.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations

from inkwright.agents.context.run_context import RunContext
from inkwright.agents.extraction import archivist
from inkwright.agents.llm.concurrency import all_of
from inkwright.memory.domain.draft import Draft, Manifest
from inkwright.memory.domain.entry import Entry
from inkwright.memory.errors import BudgetSpent, ModelError
from inkwright.memory.retrieval.excerpts import every_name, speaks_of, untold
from inkwright.memory.retrieval.visibility import of_planned
from inkwright.memory.store import drafts
from inkwright.memory.text.names import names_in

LOOKS = 3


async def look_again(desk: RunContext) -> None:
    """Add to memory what is found at a second look, each time for all sections at once.

    A person's text is left to the reader. What an interrupted run was answered is in the journal.

    Raises:
        BudgetSpent: a limit of the run was reached.
    """
    for look in range(1, LOOKS + 1):
        current = {sid: d for sid, d in desk.in_order().items() if d.author == "model"}
        overlooked = _overlooked(desk, current, look)
        if not overlooked:
            return
        found = await all_of(
            _found(desk, current[sid], text, look) for sid, text in overlooked.items()
        )
        learnt = [(d, new) for d, new in zip(map(current.get, overlooked), found, strict=True) if d]
        drafts.learn(desk.library, desk.lease, learnt, _stamp(look))
        desk.ledger.refresh()


async def _found(desk: RunContext, draft: Draft, text: str, look: int) -> tuple[Entry, ...]:
    section = desk.plan.outline.section(draft.section)
    try:
        return await archivist.look_again(desk, section, draft, text, look)
    except BudgetSpent:
        raise
    except ModelError as fault:
        desk.problem(f"{draft.section}: it was not looked at again for facts ({fault})")
        return ()


def _overlooked(desk: RunContext, current: Mapping[str, Draft], look: int) -> dict[str, str]:
    """Return by section the sentences to look at."""
    known = of_planned(desk.ledger.refresh().latest(), desk.plan.outline)
    live = [e for e in known if e.status == "live"]
    found = {}
    stamps = drafts.all_stamped(desk.library, desk.work, current)
    for sid, wanted in _shared(desk, current, live).items():
        if _stamp(look) in stamps[sid]:
            continue
        draft = current[sid]
        about = [e for e in live if e.names & wanted]
        told = untold(draft.text, wanted, [e for e in about if _stands_by(desk, e, sid)])
        if look > 1:
            told = [sentence for sentence in told if speaks_of(sentence, about)]
        if told:
            found[sid] = " ".join(told)
    return found


def _stands_by(desk: RunContext, entry: Entry, sid: str) -> bool:
    """True for what memory has from ``sid``, or before: from a later section, others miss it."""
    place = desk.plan.outline.position
    return place.get(entry.from_section or "", 0) <= place[sid]


def _shared(
    desk: RunContext, current: Mapping[str, Draft], live: Sequence[Entry]
) -> dict[str, frozenset[str]]:
    """Return by section every name of subjects that another, of which it had not heard, names too.

    That it was not heard of itself goes for both.
    """
    manifests: Mapping[str, Manifest] = drafts.manifests(desk.library, desk.work, desk.plan.outline)
    names = {name for e in live for name in e.names}
    named = {
        sid: every_name(names_in(draft.text).among(names), live) for sid, draft in current.items()
    }
    found: dict[str, frozenset[str]] = {}
    for pair in combinations(current, 2):
        both = named[pair[0]] & named[pair[1]]
        heard = (
            manifests[one].heard.get(other, 0) >= current[other].version
            for one, other in (pair, pair[::-1])
        )
        if both and not any(heard):
            for sid in pair:
                found[sid] = found.get(sid, frozenset()) | both
    return {sid: found[sid] for sid in current if sid in found}


def _stamp(look: int) -> str:
    return f"look:{look}"
