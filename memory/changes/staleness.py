"""Which sections no longer rest on what they were written from: a query, never a flag."""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from itertools import chain

from inkwright.memory.base import digest
from inkwright.memory.changes import source_dependencies as resting_on
from inkwright.memory.citations import syntax
from inkwright.memory.domain.draft import Draft, EntryDecision, Manifest
from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.entry_equality import same_fact, same_topic
from inkwright.memory.domain.outline import Outline
from inkwright.memory.retrieval.visibility import in_sight
from inkwright.memory.store import drafts, plans, sources
from inkwright.memory.store.ledger import Ledger
from inkwright.memory.store.library import Library
from inkwright.memory.store.plans import Plan
from inkwright.memory.text.names import MentionedNames, names_in

SOURCE = "source:"
"""Before its key: the id of a change that is a source."""
UNSEEN = "memory had it before, did not show it, and the section says otherwise"
ASKED_AGAIN = 2
"""So often at most a judge is asked again about what it and memory disagree on."""


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
    entry: Entry | None = None
    """The memory entry that holds now, if it is one."""


@dataclass(frozen=True)
class Stale:
    """A section to be checked, and against what."""

    section: str
    changes: tuple[Change, ...] = field(default=())

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why, in plain words, each once."""
        return tuple(dict.fromkeys(c.reason for c in self.changes))


def stale(library: Library, work: str, ledger: Ledger | None = None) -> dict[str, tuple[str, ...]]:
    """Return the reasons of every stale section, by section id."""
    return {s.section: s.reasons for s in find(library, work, ledger)}


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
    dropped = sources.dropped(library, work)
    unfounded = _unfounded(library, work, ledger, dropped)
    current = drafts.current(library, work, plan.outline)
    manifests = drafts.manifests(library, work, plan.outline)
    stamps = drafts.all_stamped(library, work, current)
    versions = basis or {sid: draft.version for sid, draft in current.items()}
    found = []
    for section in plan.outline.sections:
        if section.id not in current:
            continue
        changes = tuple(
            change
            for change in chain(
                _changes(
                    plan, ledger, versions, manifests[section.id], current[section.id], dropped
                ),
                _shown_unfounded(manifests[section.id], unfounded),
            )
            if not _was_checked(ledger, change, stamps[section.id])
        )
        if changes:
            found.append(Stale(section.id, changes))
    return found


def _was_checked(ledger: Ledger, change: Change, stamps: Set[str]) -> bool:
    """True when the draft was checked against this, or a version of it that says the same."""
    entry = change.entry
    return change.stamp in stamps or (
        entry is not None
        and any(
            stamp_of(e) in stamps
            for e in ledger.versions(entry.id)
            if e.line == entry.line and e.status == entry.status
        )
    )


def _changes(
    plan: Plan,
    ledger: Ledger,
    versions: Mapping[str, int],
    manifest: Manifest,
    draft: Draft,
    dropped: Mapping[str, str],
) -> Iterator[Change]:
    sid = draft.section
    yield from _dropped_sources(draft, dropped)
    yield from _plan_changes(plan, manifest, sid)
    own = {e.id for e in ledger.of_section(sid)}
    names = names_in(draft.text)
    kin = ledger.kin({*own, *(s.entry for s in manifest.shown)}, names)
    visible = {e.id: e for e in in_sight(ledger, plan.outline, sid, versions, among=kin)}
    yield from _shown_changes(plan.outline, ledger, visible, manifest)
    yield from _denied(ledger, manifest, draft)
    yield from _appeared(plan.outline, ledger, visible, manifest, names, sid)


def _dropped_sources(draft: Draft, dropped: Mapping[str, str]) -> Iterator[Change]:
    for key in syntax.keys(draft.text) if dropped else ():
        if key in dropped:
            yield Change(
                f"{SOURCE}{key}",
                f"- [{SOURCE}{key}] [@{key}] {dropped[key]}: withdrawn; nothing may rest on it",
                f"the source {key} was dropped",
                f"{SOURCE}{key}:dropped",
            )


def _unfounded(
    library: Library, work: str, ledger: Ledger, dropped: Mapping[str, str]
) -> dict[str, tuple[Entry, str]]:
    """Return the live entries that rest on nothing but sources taken out of use, each with one."""
    if not dropped:
        return {}
    live = {e.id: e for e in ledger.latest() if e.status == "live" and e.origin == "section"}
    resting = resting_on.keys(library, work, live.values())
    return {eid: (live[eid], min(keys)) for eid, keys in resting.items() if keys <= dropped.keys()}


def _shown_unfounded(
    manifest: Manifest, unfounded: Mapping[str, tuple[Entry, str]]
) -> Iterator[Change]:
    for shown in manifest.shown:
        if shown.seen and shown.entry in unfounded:
            entry, key = unfounded[shown.entry]
            yield _gone(entry, f"the source {key} that it rests on was dropped")


def _plan_changes(plan: Plan, manifest: Manifest, sid: str) -> Iterator[Change]:
    node = plan.outline.section(sid)
    if node.digest != manifest.node:
        yield Change(
            "outline",
            f"- [outline] {node.title}: {node.purpose}",
            "what the outline says of it was changed",
            f"node:{node.digest}",
        )
    for constraint in plan.carried(sid):
        before = manifest.constraints.get(constraint.id)
        # Earlier releases recorded where it was placed too.
        if before not in (constraint.digest, digest(constraint)):
            yield Change(
                constraint.id,
                f"- [{constraint.id}] {constraint.text}",
                f"constraint {constraint.id} is new or was changed: {constraint.text}",
                f"constraint:{constraint.digest}",
            )


def _shown_changes(
    outline: Outline, ledger: Ledger, visible: Mapping[str, Entry], manifest: Manifest
) -> Iterator[Change]:
    successor = _successors(ledger, visible)
    for shown in manifest.shown:
        if not shown.seen:
            continue
        now = visible.get(shown.entry)
        if now is not None and _differs(ledger, now, shown.version):
            yield _change(now, f"{now.subject}: what memory says was changed")
        elif now is None and shown.entry in successor:
            heir = successor[shown.entry]
            yield _change(heir, f"{heir.subject}: what memory says was superseded")
        elif now is None and (gone := ledger.standing(shown.entry)):
            instead = _instead(outline, ledger, visible, gone)
            if instead is None:
                yield _gone(gone, "what memory said was retracted")
            elif not same_fact(instead, _version(ledger, shown)):
                yield _change(instead, f"{instead.subject}: what memory said was retracted")


def _instead(
    outline: Outline, ledger: Ledger, visible: Mapping[str, Entry], gone: Entry
) -> Entry | None:
    """Return what else memory has on the topic of an entry that is gone, whoever's word counts."""
    others = [
        e
        for e in _on_topic(ledger, visible, gone)
        if same_topic(e, gone) and e.story_time == gone.story_time
    ]
    return min(others, key=lambda e: _rank(outline, e), default=None)


def _on_topic(ledger: Ledger, visible: Mapping[str, Entry], entry: Entry) -> list[Entry]:
    """Return the visible entries that have, or have had, the attribute of one subject."""
    if not entry.attribute:
        return []
    found = {e.id for e in ledger.on_topic(entry)} & visible.keys()
    return [visible[eid] for eid in sorted(found)]


def _version(ledger: Ledger, shown: EntryDecision) -> Entry:
    """Return an entry as it was shown."""
    return next(e for e in ledger.versions(shown.entry) if e.version == shown.version)


def _denied(ledger: Ledger, manifest: Manifest, draft: Draft) -> Iterator[Change]:
    """What the draft itself established, and the person has since retracted."""
    for entry in ledger.denied(draft.section):
        if ledger.is_since(entry, manifest.known_until):
            yield _gone(entry, "what this section says of it was retracted")


def _successors(ledger: Ledger, visible: Mapping[str, Entry]) -> dict[str, Entry]:
    """Return what now stands for each superseded entry, through however many steps."""
    found: dict[str, Entry] = {}
    for entry in visible.values():
        older = entry.supersedes
        while older and older not in found:
            found[older] = entry
            before = ledger.standing(older)
            older = before.supersedes if before else None
    return found


def _appeared(
    outline: Outline,
    ledger: Ledger,
    visible: Mapping[str, Entry],
    manifest: Manifest,
    names: MentionedNames,
    sid: str,
) -> Iterator[Change]:
    shown = set() if manifest.by_person else {s.entry for s in manifest.shown}
    new = [
        e
        for e in visible.values()
        if e.id not in shown and _is_news(ledger, e, manifest) and _holds_at(outline, e, sid)
    ]
    seen = {s.entry for s in manifest.shown if s.seen}
    disputed = _disputed(ledger, visible, sid, {*seen, *(e.id for e in new)})
    new += [e for e in disputed.values() if _holds_at(outline, e, sid)]
    if not new:
        return
    mentioned = names.among({name for e in new for name in e.names})
    named = [e for e in new if e.names & mentioned]
    topics = {(name, e.topic[1]) for e in named for name in e.names}
    rivals = [e for e in visible.values() if any((name, e.topic[1]) in topics for name in e.names)]
    for entry in named:
        if not _overruled(outline, entry, rivals):
            why = UNSEEN if entry.id in disputed else _why_news(entry, manifest)
            yield _change(entry, f"{entry.subject}: {why}")


def _disputed(
    ledger: Ledger, visible: Mapping[str, Entry], sid: str, aside: Set[str]
) -> dict[str, Entry]:
    """Return what memory had already, but not shown to this section, which says otherwise.

    The entries of ``aside`` are left out.
    """
    return {
        other.id: other
        for own in ledger.of_section(sid)
        for other in _on_topic(ledger, visible, own)
        if other.id not in aside
        and other.id != own.supersedes
        and other.story_time == own.story_time
        and same_topic(other, own)
        and not same_fact(other, own)
    }


def _why_news(entry: Entry, manifest: Manifest) -> str:
    if manifest.by_person:
        return "the person's text was not compared with it yet"
    if entry.origin == "section":
        return "an earlier section has since established it"
    return "the person has since said so" if entry.origin == "person" else "memory has it since"


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


def _is_news(ledger: Ledger, entry: Entry, manifest: Manifest) -> bool:
    """True for what was not known when the draft began, be it of a text that it had heard."""
    if ledger.is_since(entry, manifest.known_until):
        return True
    if entry.span is None or entry.origin == "person":
        return False
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
    return Change(entry.id, entry.line, reason, stamp_of(entry), entry)


def _gone(entry: Entry, why: str) -> Change:
    return Change(
        entry.id,
        f"- [{entry.id}] no longer holds: {entry.subject}: {entry.statement}",
        f"{entry.subject}: {why}",
        stamp_of(entry.model_copy(update={"status": "retracted"})),
    )
