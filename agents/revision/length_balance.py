"""The last balance: a piece too long or too short as a whole is put right where there is room.

Sections are brought into their own bands one by one; what they are off still adds up. Here some of
them are lengthened or shortened once more, within those bands, until the whole is in its own.
"""

from collections.abc import Iterable, Mapping

from inkwright.agents.checks import rules, section_format
from inkwright.agents.context.run_context import RunContext
from inkwright.agents.drafting import length_control
from inkwright.agents.drafting.length_control import FEW_WORDS, WordRange
from inkwright.agents.extraction import archivist
from inkwright.agents.llm.concurrency import all_of
from inkwright.agents.review import reviewer
from inkwright.memory.domain.draft import Draft, Manifest
from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.protected_spans import ProtectedSpan
from inkwright.memory.errors import BudgetSpent, ModelError
from inkwright.memory.store import drafts
from inkwright.memory.text.words import count_words

ROUNDS = 4
LEAST_WORDS = 4
"""Less than this is not worth a call."""
NARROW = 0.02
"""How near, as a share of its words, a section has to come to what it is to have."""


async def balance(desk: RunContext) -> bool:
    """Bring sections that are out of their bands into them, and then the whole where there is room.

    A piece with a section missing is left as it is, and so is one with a section of a person's: how
    long that is, and so the whole, is theirs to say. Returns whether any section was changed.

    Raises:
        BudgetSpent: a limit of the run was reached.
    """
    current = desk.in_order()
    if not _complete(desk, current):
        return False
    sections = desk.plan.outline.sections
    own = {s.id: length_control.band(desk, s, current[s.id].text) for s in sections}
    off = [current[sid] for sid in own if own[sid].miss(_words(desk, current[sid]))]
    changed = any(await all_of(_resized(desk, draft, own[draft.section]) for draft in off))
    tried: set[str] = set()
    while True:
        current = desk.in_order()
        aim = length_control.whole_band(desk, _joined(current))
        if not aim.miss(sum(draft.words for draft in current.values())):
            return changed
        found = _roomiest(desk, current, aim, tried)
        if found is None:
            return changed
        draft, wanted = found
        tried.add(draft.section)
        changed |= await _resized(desk, draft, wanted)


def _complete(desk: RunContext, current: Mapping[str, Draft]) -> bool:
    """True when every section has a text, and none is a person's."""
    sections = desk.plan.outline.sections
    return all(s.id in current and current[s.id].author != "person" for s in sections)


def text_of(desk: RunContext) -> str:
    """Return the piece as it stands, in reading order."""
    return _joined(desk.in_order())


def _joined(current: Mapping[str, Draft]) -> str:
    return "\n\n".join(draft.text for draft in current.values())


def out_of_band(desk: RunContext) -> list[str]:
    """Return a line for each section of a model's whose length is not what it should be."""
    lines = []
    current = desk.in_order()
    for section in desk.plan.outline.sections:
        draft = current.get(section.id)
        if draft is None or draft.author == "person":
            continue
        own, has = length_control.band(desk, section, draft.text), _words(desk, draft)
        if own.miss(has):
            lines.append(f"{section.id} has {has} words; {own} were wanted")
    return lines


def _roomiest(
    desk: RunContext, current: Mapping[str, Draft], whole: WordRange, tried: set[str]
) -> tuple[Draft, WordRange] | None:
    """Return the section that can do most for the whole, and the band it is to be brought into."""
    total = sum(draft.words for draft in current.values())
    best: tuple[int, Draft, WordRange] | None = None
    for section in desk.plan.outline.sections:
        draft = current[section.id]
        if section.id in tried or draft.author == "person":
            continue
        own, has = length_control.band(desk, section, draft.text), _words(desk, draft)
        wanted = _towards(own, whole, has, total)
        room = abs(wanted.aim - has)
        if room >= LEAST_WORDS and (best is None or room > best[0]):
            best = (room, draft, wanted)
    return best[1:] if best else None


def _towards(own: WordRange, whole: WordRange, words: int, total: int) -> WordRange:
    """Return the part of a section's own band that brings the whole into its band, or nearest."""
    shift = words - total
    low = max(own.low, whole.low + shift)
    bounds = [b for b in (own.high, whole.high and whole.high + shift) if b is not None]
    high = min(bounds, default=low + 2 * FEW_WORDS)
    edge = max(round(words * NARROW), 2)
    if high < own.low:  # it cannot be so short: as short as it may be
        low, high = own.low, own.low + 2 * edge
    elif low > high:  # nor so long
        low, high = max(own.low, high - 2 * edge), high
    aim = min(max(whole.aim + shift, low + edge // 2), high - edge // 2)
    return WordRange(low, high, aim, own.floor, own.ceiling)


async def _resized(desk: RunContext, draft: Draft, wanted: WordRange) -> bool:
    sid = draft.section
    section = desk.plan.outline.section(sid)
    body = section_format.body_of(desk.plan, sid, draft.text)
    at, held = draft.text.find(body), (*draft.held, *_remembered(desk, draft))
    if at < 0:  # a person has put another opening into it: theirs to say how long it is
        return False
    try:
        text = await length_control.fit(
            desk,
            section,
            _manifest(desk, draft),
            body,
            priority=0.0,
            aim=wanted,
            held=_within(held, at, len(body)),
            rounds=ROUNDS,
        )
    except BudgetSpent:
        raise
    except ModelError as fault:
        desk.problem(f"{sid}: its length could not be balanced ({fault})")
        return False
    own = length_control.band(desk, section, text)
    if text == body or own.cost(count_words(text)) > own.cost(count_words(body)):
        return False
    return await keep(desk, draft, text)


async def keep(desk: RunContext, draft: Draft, text: str, *, checked: tuple[str, ...] = ()) -> bool:
    """Store a revised text, with memory following it; not one that breaks what was kept before.

    What no rule alone decides, such as citations, is asked anew.
    """
    text = section_format.framed(
        desk.plan, draft.section, section_format.body_of(desk.plan, draft.section, text)
    )
    carried = desk.plan.carried(draft.section)
    if rules.breaks(draft.text, text, carried):
        return False
    review = await reviewer.renewed(desk, draft, text, turn=200 + draft.version)
    open_ = {c.id for c in carried if not c.by_rule}
    known = {f.constraint for f in draft.review.broken} if draft.review else set()
    if any(f.constraint in open_ - known for f in review.broken):
        return False
    delta: tuple[Entry, ...] = ()
    if desk.arms.memory == "full":
        section = desk.plan.outline.section(draft.section)
        delta = await archivist.update(desk, section, draft, text)
    drafts.patch(
        desk.library,
        desk.lease,
        draft,
        text=text,
        stage="reviewed",
        review=review,
        delta=delta,
        checked=checked,
    )
    return True


def _words(desk: RunContext, draft: Draft) -> int:
    return length_control.words_of(desk, draft.section, draft.text)


def _within(held: Iterable[ProtectedSpan], start: int, size: int) -> tuple[ProtectedSpan, ...]:
    """Return the held stretches as they are counted from ``start``, those before and after less."""
    moved = ((max(h.start - start, 0), min(h.end - start, size), h.why) for h in held)
    return tuple(ProtectedSpan(start=a, end=b, why=why) for a, b, why in moved if a < b)


def _manifest(desk: RunContext, draft: Draft) -> Manifest:
    return drafts.manifest(desk.library, draft.manifest)


def _remembered(desk: RunContext, draft: Draft) -> tuple[ProtectedSpan, ...]:
    """Return the words that memory rests on: a trim leaves them."""
    entries = desk.ledger.refresh().of_section(draft.section)
    spans = (e.span for e in entries if e.span is not None)
    quotes = (desk.text_of(s.section, s.draft)[s.start : s.end] for s in spans)
    places = ((draft.text.find(q), len(q)) for q in quotes if q)
    return tuple(ProtectedSpan(start=at, end=at + size) for at, size in places if at >= 0)
