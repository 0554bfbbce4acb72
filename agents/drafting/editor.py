"""Editor: patches by sentence number, so that text outside them stays byte for byte."""

from collections.abc import Collection, Container, Iterator, Sequence, Set

from inkwright.agents.checks import rules, section_format
from inkwright.agents.context.run_context import RunContext
from inkwright.agents.drafting.subset_sum import nearest
from inkwright.agents.llm.parsing import UnreadableAnswer, read_prose
from inkwright.agents.llm.schemas import Cuts, Edit, Edits
from inkwright.memory.domain.constraint import Constraint
from inkwright.memory.domain.draft import Finding
from inkwright.memory.domain.protected_spans import ProtectedSpan, touches
from inkwright.memory.text.names import names_in
from inkwright.memory.text.words import Sentence, count_words, prose_sentences, sentences
from inkwright.prompts import inputs
from inkwright.prompts.render import fence

LONGER_TIMES = 2
LONGER_WORDS = 60
"""An edit may have twice the words it replaces, and so many more for what was missing."""
CHOICE = 1.5
CHOICE_WORDS = 20
"""A trim asks for sentences of half as many words again as are to go, and these, to choose from."""


async def patch(
    desk: RunContext,
    section: str,
    text: str,
    findings: Sequence[Finding],
    told: dict[str, str],
    *,
    entries: str = "",
    about: Set[str] = frozenset(),
    held: Sequence[ProtectedSpan] = (),
    turn: int = 1,
    purpose: str = "patch",
    sample: int = 0,
    priority: float = 0.0,
) -> str:
    """Return ``text`` with the sentences that ``findings`` are about put right.

    No edit is made that breaks a rule which the text keeps. ``told`` maps a finding's constraint
    id to the words of that constraint or entry. Where faults are ``about`` subjects (by every name)
    only sentences that name one can be changed, and those that show a fault, with their neighbours.
    An edit that touches ``held`` text is left out, and reported.

    Raises:
        ModelError: the editor gave nothing usable.
    """
    parts = section_format.inner(desk.plan, section, text) if desk.planned else sentences(text)
    open_ = concerned(parts, findings, about) if about else _every(parts)
    prompt = inputs.PatchInputs(
        section=section,
        findings=fence("findings", "\n".join(_line(f, told) for f in findings)),
        entries=fence("entries", entries),
        sentences=_material(desk, text, parts, open_),
    )
    ask = desk.ask(
        section,
        "editor",
        f"{purpose} {turn}",
        prompt,
        200 + 120 * len(findings),
        sample=sample,
        priority=priority,
    )
    answer = await desk.models.form(ask, Edits, lambda a: _fault(a, parts, open_))
    named = [e for e in answer.edits if _is_open(e, open_)]
    free = [e for e in named if not _touches(held, parts, e)]
    if len(free) < len(named):
        desk.problem(f"{section}: the editor would have changed text that is yours; it stays")
    if not desk.planned:
        return applied(text, parts, Edits(edits=free))
    safe = harmless(text, parts, free, desk.plan.carried(section))
    return section_format.framed(desk.plan, section, applied(text, parts, Edits(edits=safe)))


async def trim(
    desk: RunContext,
    section: str,
    text: str,
    surplus_words: int,
    most_words: int,
    *,
    held: Sequence[ProtectedSpan] = (),
    turn: int,
    priority: float = 0.0,
) -> str:
    """Return ``text`` without as many sentences as make up ``surplus_words``, as nearly as can be.

    The editor names sentences that can go, more than are needed, and code chooses among them by
    counting: nothing ``held``, no line of code or of a table, no sentence that a rule wants there,
    and never more than ``most_words`` words, unless every sentence is longer than that: then the
    shortest goes.
    """
    parts = sentences(text)
    listed = "\n".join(
        f"[{n}] ({count_words(s.text)} words) {s.text}" for n, s in enumerate(parts, 1)
    )
    prompt = inputs.TrimInputs(
        section=section,
        words=str(round(surplus_words * CHOICE) + CHOICE_WORDS),
        sentences=fence("sentences", desk.clipped(listed, 250)),
    )
    ask = desk.ask(section, "editor", f"trim {turn}", prompt, 250, priority=priority)
    answer = await desk.models.form(ask, Cuts)
    prose = set(prose_sentences(text))
    numbers = [
        n
        for n in dict.fromkeys(answer.sentences)
        if 1 <= n <= len(parts)
        and parts[n - 1] in prose
        and not touches(held, parts[n - 1].start, parts[n - 1].end)
    ]
    constraints = desk.plan.carried(section)
    free = [n for n in numbers if not rules.breaks(text, without(text, parts, {n}), constraints)]
    shortest = min((count_words(parts[n - 1].text) for n in free), default=0)
    if shortest > most_words:
        surplus_words = most_words = shortest
    return cut(text, parts, free, surplus_words, most_words, constraints)


async def densify(
    desk: RunContext,
    section: str,
    text: str,
    missing_words: int,
    most_words: int,
    *,
    held: Sequence[ProtectedSpan] = (),
    turn: int,
    priority: float = 0.0,
) -> str:
    """Return ``text`` with about ``missing_words`` more words in sentences that it has.

    The editor gives a few sentences again, fuller; of these code takes the ones that come nearest,
    and never more than ``most_words``.
    """
    parts = sentences(text)
    prompt = inputs.DensifyInputs(
        section=section,
        words=str(missing_words),
        sentences=fence("sentences", _numbered(desk, text, parts, _every(parts))),
    )
    tokens = 300 + 4 * missing_words
    ask = desk.ask(section, "editor", f"densify {turn}", prompt, tokens, priority=priority)
    answer = await desk.models.form(ask, Edits, lambda a: _fault(a, parts, _every(parts)))
    taken: dict[int, Edit] = {}
    for edit, new in _usable(answer, parts):
        start, end = parts[edit.first - 1].start, parts[edit.last - 1].end
        theirs = [text[h.start : h.end] for h in held if touches([h], start, end)]
        if all(words in new for words in theirs) and not set(range(edit.first, edit.last + 1)) & {
            n for e in taken.values() for n in range(e.first, e.last + 1)
        }:
            taken.setdefault(edit.first, edit)
    constraints = desk.plan.carried(section)
    edits = [
        e
        for e in taken.values()
        if not rules.breaks(text, applied(text, parts, Edits(edits=[e])), constraints)
    ]
    words = count_words(text)
    sizes = [count_words(applied(text, parts, Edits(edits=[e]))) - words for e in edits]
    chosen = [edits[n] for n in nearest(sizes, missing_words, most_words)]
    return applied(text, parts, Edits(edits=chosen))


def applied(text: str, parts: Sequence[Sentence], answer: Edits) -> str:
    """Return ``text`` with each edit in place of the sentences it names.

    An edit out of range, or overlapping one before it, is left out, and so is one whose text is no
    prose, has other fences of code, or is far too long to stand for the sentences it replaces.
    """
    pieces: list[str] = []
    at, done = 0, 0
    for edit, new in sorted(_usable(answer, parts), key=lambda pair: pair[0].first):
        if edit.first <= done:
            continue
        start, end = parts[edit.first - 1].start, parts[edit.last - 1].end
        pieces += [text[at:start], new]
        at, done = end, edit.last
    return "".join([*pieces, text[at:]])


def harmless(
    text: str, parts: Sequence[Sentence], edits: Sequence[Edit], constraints: Sequence[Constraint]
) -> list[Edit]:
    """Return the edits that together break no rule which ``text`` keeps: all, if all do."""

    def harms(some: list[Edit]) -> bool:
        return bool(rules.breaks(text, applied(text, parts, Edits(edits=some)), constraints))

    if not harms(list(edits)):
        return list(edits)
    safe: list[Edit] = []
    for edit in edits:
        if not harms([*safe, edit]):
            safe.append(edit)
    return safe


def cut(
    text: str,
    parts: Sequence[Sentence],
    numbers: Sequence[int],
    surplus_words: int,
    most_words: int,
    constraints: Sequence[Constraint] = (),
) -> str:
    """Return ``text`` without those of the sentences numbered that come nearest to the surplus.

    Never more than ``most_words`` words go; of choices that come to the same, the sentences named
    first go. A sentence stays where without it a rule would be broken that was kept.
    """
    known = [n for n in dict.fromkeys(numbers) if 1 <= n <= len(parts)]
    sizes = [count_words(parts[n - 1].text) for n in known]
    slack = max(most_words - surplus_words, 0) // 2
    gone = [known[place] for place in nearest(sizes, surplus_words, most_words, slack)]

    def broken(numbers: Collection[int]) -> tuple[str, ...]:
        return rules.breaks(text, without(text, parts, set(numbers)), constraints)

    while gone and broken(gone):
        back = (n for n in reversed(gone) if not broken(set(gone) - {n}))
        gone.remove(next(back, gone[-1]))
    return without(text, parts, set(gone))


def without(text: str, parts: Sequence[Sentence], gone: Set[int]) -> str:
    """Return ``text`` without the sentences ``gone``; of the gaps around them the widest stays."""
    pieces: list[str] = []
    gaps: list[str] = []
    at = 0
    for number, part in enumerate(parts, 1):
        gaps.append(text[at : part.start])
        at = part.end
        if number not in gone:
            lost_before = len(gaps) > 1
            if pieces or not lost_before:
                pieces.append(max(gaps, key=lambda gap: (gap.count("\n"), len(gap))))
            pieces.append(part.text)
            gaps = []
    return "".join(pieces) + ("" if gaps else text[at:])


def _touches(held: Sequence[ProtectedSpan], parts: Sequence[Sentence], edit: Edit) -> bool:
    if not 1 <= edit.first <= edit.last <= len(parts):
        return False
    return touches(held, parts[edit.first - 1].start, parts[edit.last - 1].end)


def concerned(parts: Sequence[Sentence], findings: Sequence[Finding], about: Set[str]) -> Set[int]:
    """Return the numbers of the sentences that may have to change; all, where a fault has no place.

    They name one of ``about``, or share words with a finding's evidence, or stand beside one that
    does.
    """
    shown: set[int] = set()
    for finding in findings:
        at = {n for n, p in enumerate(parts, 1) if _shares(p.text, finding.evidence)}
        if not at:
            return _every(parts)
        shown |= {beside for n in at for beside in (n - 1, n, n + 1)}
    shown |= {n for n, p in enumerate(parts, 1) if names_in(p.text).among(about)}
    return shown & _every(parts)


def _every(parts: Sequence[Sentence]) -> Set[int]:
    return frozenset(range(1, len(parts) + 1))


def _shares(sentence: str, quote: str) -> bool:
    return bool(quote) and (quote in sentence or sentence in quote)


def _is_open(edit: Edit, open_: Container[int]) -> bool:
    return all(number in open_ for number in range(edit.first, edit.last + 1))


def _material(desk: RunContext, text: str, parts: Sequence[Sentence], open_: Set[int]) -> str:
    """Return the sentences that can be changed, numbered; the text before them, unless it is all.

    The text stands as the judge has just read it, so that a server need not read it again.
    """
    listed = _numbered(desk, text, parts, open_)
    if len(open_) == len(parts):
        return fence("sentences", listed)
    shown = fence("draft", desk.clipped(text, 900, listed))
    return "\n".join((shown, fence("sentences", listed)))


def _numbered(desk: RunContext, text: str, parts: Sequence[Sentence], open_: Set[int]) -> str:
    lines: list[str] = []
    for number, part in enumerate(parts, 1):
        if number not in open_:
            continue
        if lines and (number - 1 not in open_ or "\n" in text[parts[number - 2].end : part.start]):
            lines.append("")
        lines.append(f"[{number}] {part.text}")
    return desk.clipped("\n".join(lines), 900)


def _line(finding: Finding, told: dict[str, str]) -> str:
    wanted = finding.why or told.get(finding.constraint, "")
    return f'- [{finding.constraint}] "{finding.evidence}": {wanted}'


def _usable(answer: Edits, parts: Sequence[Sentence]) -> Iterator[tuple[Edit, str]]:
    """Yield the edits that can be made, each with its text as prose."""
    for edit in answer.edits:
        if not 1 <= edit.first <= edit.last <= len(parts):
            continue
        try:
            new = read_prose(edit.text)
        except UnreadableAnswer:
            continue
        before = [p.text for p in parts[edit.first - 1 : edit.last]]
        replaced = sum(count_words(sentence) for sentence in before)
        same_fences = sum(s.count("```") for s in before) == new.count("```")
        if same_fences and count_words(new) <= replaced * LONGER_TIMES + LONGER_WORDS:
            yield edit, new


def _fault(answer: Edits, parts: Sequence[Sentence], open_: Container[int]) -> str | None:
    if any(_is_open(edit, open_) for edit, _ in _usable(answer, parts)):
        return None
    return "it has no usable text for one of the numbered sentences"
