"""Which sections no longer rest on what they were written from: a query, never a flag."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from inkwright.memory import drafts, plans
from inkwright.memory.draft import Draft, Manifest
from inkwright.memory.entry import Entry
from inkwright.memory.ledger import Ledger
from inkwright.memory.library import Library
from inkwright.memory.names import NamesIn
from inkwright.memory.outline import Outline
from inkwright.memory.plans import Plan
from inkwright.memory.sight import in_sight
from inkwright.memory.values import digest


@dataclass(frozen=True)
class Change:
    """One thing that differs from what a draft was written from."""

    id: str
    """Id of the memory entry or constraint, or ``outline``."""
    line: str
    """What holds now, as a prompt shows it."""
    reason: str
    """Why this makes the section stale, in plain words."""
    stamp: str
    """What a draft checked against this change is stamped with."""


@dataclass(frozen=True)
class Stale:
    """A section to be checked, and against what."""

    section: str
    changes: tuple[Change, ...] = field(default=())

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why, in plain words, each once."""
        return tuple(dict.fromkeys(c.reason for c in self.changes))


def stale(library: Library, work: str) -> dict[str, tuple[str, ...]]:
    """Return the reasons of every stale section, by section id."""
    return {s.section: s.reasons for s in find(library, work)}


def find(
    library: Library,
    work: str,
    ledger: Ledger | None = None,
    basis: Mapping[str, int] | None = None,
    plan: Plan | None = None,
) -> list[Stale]:
    """Return the stale sections in reading order, each with what changed.

    ``basis`` gives the draft versions (by section id) that count as what memory says now; None: the
    newest ones. ``plan`` is one to be supposed; None: the newest.
    """
    plan = plan or plans.current(library, work)
    if plan is None:
        return []
    ledger = (ledger or Ledger(library, work)).refresh()
    current, manifests = drafts.current(library, work), drafts.manifests(library, work)
    with library.read() as db:
        stamps = {sid: set(drafts.stamped(db, work, d)) for sid, d in current.items()}
    versions = basis or {sid: draft.version for sid, draft in current.items()}
    found = []
    for section in plan.outline.sections:
        if section.id not in current:
            continue
        changes = tuple(
            change
            for change in _changes(
                plan, ledger, versions, manifests[section.id], current[section.id]
            )
            if change.stamp not in stamps[section.id]
        )
        if changes:
            found.append(Stale(section.id, changes))
    return found


def _changes(
    plan: Plan, ledger: Ledger, versions: Mapping[str, int], manifest: Manifest, draft: Draft
) -> Iterator[Change]:
    sid = draft.section
    yield from _plan_changes(plan, manifest, sid)
    visible = {e.id: e for e in in_sight(ledger, plan.outline, sid, versions)}
    yield from _shown_changes(ledger, visible, manifest)
    yield from _denied(ledger, manifest, draft)
    yield from _appeared(plan.outline, ledger, visible, manifest, draft, sid)


def _plan_changes(plan: Plan, manifest: Manifest, sid: str) -> Iterator[Change]:
    node = plan.outline.section(sid)
    if node.digest != manifest.node:
        yield Change(
            "outline",
            f"- [outline] {node.title}: {node.purpose}",
            "its place in the outline was changed",
            f"node:{node.digest}",
        )
    for constraint in plan.carried(sid):
        now = digest(constraint)
        if manifest.constraints.get(constraint.id) != now:
            yield Change(
                constraint.id,
                f"- [{constraint.id}] {constraint.text}",
                f"constraint {constraint.id} is new or was changed",
                f"constraint:{now}",
            )


def _shown_changes(
    ledger: Ledger, visible: Mapping[str, Entry], manifest: Manifest
) -> Iterator[Change]:
    latest = {e.id: e for e in ledger.latest()}
    successor = _successors(visible, latest)
    for shown in manifest.shown:
        if shown.how != "raw":
            continue
        now = visible.get(shown.entry)
        if now is not None and _differs(ledger, now, shown.version):
            yield _change(now, f"{now.subject}: what memory says was changed")
        elif now is None and shown.entry in successor:
            heir = successor[shown.entry]
            yield _change(heir, f"{heir.subject}: what memory says was superseded")
        elif now is None:
            yield _gone(latest[shown.entry], "what memory said was retracted")


def _denied(ledger: Ledger, manifest: Manifest, draft: Draft) -> Iterator[Change]:
    """What the draft itself established, and the person has since retracted."""
    for entry in ledger.denied(draft.section):
        if (entry.id, entry.version) in ledger.since(manifest.known_until):
            yield _gone(entry, "what this section says of it was retracted")


def _successors(visible: Mapping[str, Entry], latest: Mapping[str, Entry]) -> dict[str, Entry]:
    """Return what now stands for each superseded entry, through however many steps."""
    found: dict[str, Entry] = {}
    for entry in visible.values():
        older = entry.supersedes
        while older and older not in found:
            found[older] = entry
            older = latest[older].supersedes if older in latest else None
    return found


def _appeared(
    outline: Outline,
    ledger: Ledger,
    visible: Mapping[str, Entry],
    manifest: Manifest,
    draft: Draft,
    sid: str,
) -> Iterator[Change]:
    shown = set() if manifest.by_person else {s.entry for s in manifest.shown}
    later = ledger.since(manifest.known_until)
    new = [
        e
        for e in visible.values()
        if e.id not in shown and _is_news(e, manifest, later) and _holds_at(outline, e, sid)
    ]
    if not new:
        return
    mentioned = NamesIn(draft.text).among({name for e in new for name in e.names})
    why = "an earlier section has since established it"
    if manifest.by_person:
        why = "the person's text was not compared with it yet"
    for entry in new:
        if entry.names & mentioned and not _overruled(outline, entry, visible.values()):
            yield _change(entry, f"{entry.subject}: {why}")


def _overruled(outline: Outline, entry: Entry, visible: Iterable[Entry]) -> bool:
    """True when the person, or an earlier section, speaks of the same topic.

    Then either ``entry`` only repeats it, or the two are in conflict and the other one holds: a
    judge is never told two things that cannot both be true.
    """
    rank = _rank(outline, entry)
    return bool(entry.attribute) and any(
        other.names & entry.names
        and other.topic[1] == entry.topic[1]
        and other.story_time == entry.story_time
        and _rank(outline, other) < rank
        for other in visible
    )


def _rank(outline: Outline, entry: Entry) -> tuple[bool, int]:
    """Order entries by whose word counts: the person's, the plan's, then the earliest section's."""
    return entry.origin != "person", _place(outline, entry)


def _is_news(entry: Entry, manifest: Manifest, later: set[tuple[str, int]]) -> bool:
    if entry.span is None or entry.origin == "person":
        return (entry.id, entry.version) in later
    return entry.span.draft > manifest.heard.get(entry.span.section, 0)


def _holds_at(outline: Outline, entry: Entry, sid: str) -> bool:
    return _place(outline, entry) <= outline.position[sid]


def _place(outline: Outline, entry: Entry) -> int:
    """Return from which section on ``entry`` is true, counted from 1; 0: from the beginning."""
    return outline.position.get(entry.from_section or "", 0)


def _differs(ledger: Ledger, now: Entry, version: int) -> bool:
    """True when ``now`` says another thing than that version did; a pin says nothing."""
    if now.version == version:
        return False
    then = next((e for e in ledger.versions(now.id) if e.version == version), None)
    return then is None or then.line != now.line


def stamp_of(entry: Entry) -> str:
    """Return what a draft is stamped with that was checked against this version of an entry."""
    return f"entry:{entry.id}:{entry.version if entry.status == 'live' else 'gone'}"


def _change(entry: Entry, reason: str) -> Change:
    return Change(entry.id, entry.line, reason, stamp_of(entry))


def _gone(entry: Entry, why: str) -> Change:
    return Change(
        entry.id,
        f"- [{entry.id}] no longer holds: {entry.subject}: {entry.statement}",
        f"{entry.subject}: {why}",
        stamp_of(entry.model_copy(update={"status": "retracted"})),
    )
