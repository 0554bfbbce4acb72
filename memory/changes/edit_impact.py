"""Preview: what a person's edit would lead to, worked out without writing anything.

*Certain* are the sections that would be stale at once: settling checks exactly those. *Possible*
are those that may follow. If a certain one is patched, what it establishes can change; sections
that were shown that, or name a subject of it, are checked in the second pass, which is the last.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Select, case, func, select

from inkwright.memory.changes import staleness
from inkwright.memory.changes.entry_edits import Edit
from inkwright.memory.changes.staleness import Stale
from inkwright.memory.domain.draft import Draft, Manifest
from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.outline import Outline
from inkwright.memory.retrieval.visibility import seen_from
from inkwright.memory.store import drafts, journal, plans, schema
from inkwright.memory.store.ledger import Ledger
from inkwright.memory.store.library import Library
from inkwright.memory.text.names import names_in
from inkwright.memory.text.normalise import normalise

CHARS_A_TOKEN = 3.5
OPENING_TOKENS = 600
"""What a check is reckoned to send beside the section's text, until one was measured."""
ANSWER_TOKENS = {"judge": 60, "editor": 120, "archivist": 150}
CALLS = {
    "judge": ("reviewer", "settle%"),
    "editor": ("editor", "settle%"),
    "archivist": ("archivist", "update%"),
}
"""Role and purpose, in the journal, of what a check can ask: the text, a patch, what that says."""


@dataclass(frozen=True)
class SectionCheck:
    """One section to be checked."""

    section: str
    title: str
    reasons: tuple[str, ...]
    tokens: int
    """Of one judge call, prompt and answer: all there is to it, where nothing contradicts."""
    seconds: float | None
    """None until the model's speed is known."""
    most_tokens: int
    """With all that a contradiction costs: the judge asked again, an edit, what that establishes,
    and the section's own requirements."""
    most_seconds: float | None


@dataclass(frozen=True)
class EditImpact:
    """The sections that will be checked, and those that may be."""

    added: tuple[Entry, ...]
    """The entry versions that the edit would add."""
    certain: tuple[SectionCheck, ...]
    possible: tuple[SectionCheck, ...]

    @property
    def sections(self) -> frozenset[str]:
        """Every section that the edit can reach."""
        return frozenset(c.section for c in (*self.certain, *self.possible))


def preview(library: Library, work: str, edit: Edit) -> EditImpact:
    """Return what ``edit`` would lead to.

    Raises:
        BadInput: it names something that is not there.
    """
    ledger = Ledger(library, work).refresh()
    added = edit(ledger)
    plan = plans.current(library, work)
    if plan is None:
        return EditImpact(added, (), ())
    supposed = ledger.supposing(added)
    stale = staleness.find(library, work, supposed, plan=plan)
    current = drafts.current(library, work, plan.outline)
    manifests = drafts.manifests(library, work, plan.outline)
    follow = _following(plan.outline, supposed, current, manifests, stale)
    cost = _Cost(library, work)
    titles = {s.id: s.title for s in plan.outline.sections}

    def check(sid: str, reasons: Iterable[str]) -> SectionCheck:
        usual = cost.of(current[sid], {"judge": 1})
        asked = 1 + staleness.ASKED_AGAIN + bool(plan.carried(sid))
        most = cost.of(current[sid], {"judge": asked, "editor": 1, "archivist": 1})
        return SectionCheck(sid, titles[sid], tuple(reasons), *usual, *most)

    return EditImpact(
        added,
        certain=tuple(check(s.section, s.reasons) for s in stale),
        possible=tuple(check(sid, reasons) for sid, reasons in follow.items()),
    )


def _following(
    outline: Outline,
    ledger: Ledger,
    current: Mapping[str, Draft],
    manifests: Mapping[str, Manifest],
    stale: Iterable[Stale],
) -> dict[str, list[str]]:
    """Return the sections that a patch of the stale ones can make stale, with the reasons."""
    told = {e.id: e for e in ledger.latest()}
    spelled = {normalise(n): n for e in told.values() for n in (*e.aliases, e.subject)}
    touched = {s.section: _subjects(s, told) for s in stale}
    found: dict[str, list[str]] = {}
    for section in outline.sections:
        sid = section.id
        if sid in touched or sid not in current:
            continue
        before = seen_from(outline, sid) & touched.keys()
        shown = {s.entry for s in manifests[sid].shown if s.seen}
        names = names_in(current[sid].text)
        for source in sorted(before, key=outline.position.__getitem__):
            read = sorted(e.id for e in told.values() if e.id in shown and _is_from(e, source))
            named = sorted(names.among(touched[source]))
            change = f"“{outline.section(source).title}” may change"
            if read:
                about = told[read[0]].subject
                found.setdefault(sid, []).append(f"{change}, and told what it knows of {about}")
            elif named:
                name = spelled.get(named[0], named[0])
                found.setdefault(sid, []).append(f"{change}, and both name {name}")
    return found


def _subjects(stale: Stale, told: Mapping[str, Entry]) -> frozenset[str]:
    """Return the names of what a section establishes, and of what it is to be checked against."""
    changed = {c.id for c in stale.changes}
    about = [e for e in told.values() if e.id in changed or _is_from(e, stale.section)]
    return frozenset(name for e in about for name in e.names)


def _is_from(entry: Entry, section: str) -> bool:
    return entry.span is not None and entry.span.section == section


class _Cost:
    """What checks of this work's sections take, as far as the journal shows."""

    def __init__(self, library: Library, work: str) -> None:
        table = schema.journal
        self._measured: dict[str, tuple[int, int]] = {}
        with library.read() as db:
            for call, (role, purpose) in CALLS.items():
                prompt, answer = db.execute(
                    select(
                        func.avg(table.c.prompt_tokens), func.avg(table.c.completion_tokens)
                    ).where(
                        table.c.work == work, table.c.role == role, table.c.purpose.like(purpose)
                    )
                ).one()
                if prompt is not None:
                    self._measured[call] = round(prompt), round(answer)
            told = [row.model for row in db.execute(_models(work))]
        self._speed = journal.speed(library, told[0]) if told else None

    def of(self, draft: Draft, calls: Mapping[str, int]) -> tuple[int, float | None]:
        """Return tokens and seconds of so many calls of each kind, one after another."""
        usual = OPENING_TOKENS + round(len(draft.text) / CHARS_A_TOKEN)
        sizes = [
            (times, *self._measured.get(call, (usual, ANSWER_TOKENS[call])))
            for call, times in calls.items()
        ]
        prompts = sum(times * prompt for times, prompt, _ in sizes)
        answers = sum(times * answer for times, _, answer in sizes)
        if self._speed is None:
            return prompts + answers, None
        pace = self._speed
        seconds = (
            prompts * pace.seconds_per_prompt_token + answers * pace.seconds_per_completion_token
        )
        return prompts + answers, round(seconds, 2)


def _models(work: str) -> Select[tuple[str]]:
    """Ask for the models that answered in this work, the one that judged first."""
    table = schema.journal
    return (
        select(table.c.model)
        .where(table.c.work == work)
        .group_by(table.c.model)
        .order_by(
            func.max(case((table.c.role == "reviewer", 1), else_=0)).desc(), table.c.model.desc()
        )
    )
