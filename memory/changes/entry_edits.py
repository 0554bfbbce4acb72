"""Edits: what a person changes in memory. Nothing is overwritten; each edit adds versions.

An edit is a function from a ledger to the versions it adds, so that what it would do can be worked
out, and shown, before anything is written.
"""

import difflib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import update

from inkwright.memory.cleanup import each_text, storable
from inkwright.memory.domain.brief import Remembered
from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.entry_equality import same_fact
from inkwright.memory.errors import BadInput, WorkNotFound
from inkwright.memory.store import ledger as ledgers
from inkwright.memory.store import schema
from inkwright.memory.store.ledger import Ledger
from inkwright.memory.store.library import Library, now
from inkwright.memory.text.normalise import normalise

Edit = Callable[[Ledger], tuple[Entry, ...]]
OWN = "m"
"""Prefix of the ids of a person's entries."""


def apply(library: Library, work: str, edit: Edit) -> tuple[Entry, ...]:
    """Write what ``edit`` adds, and return it. A run of the work may be going on.

    Raises:
        BadInput: it names something that is not there; nothing is written.
    """
    works = schema.works
    with library.write() as db:
        touched = db.execute(update(works).where(works.c.id == work).values(updated_at=now()))
        if touched.rowcount != 1:
            raise WorkNotFound(work)
        added = edit(Ledger(library, work).refresh())
        ledgers.append(db, work, added)
    return added


def adding(given: Sequence[Remembered], *, from_section: str | None = None) -> Edit:
    """Add entries; one that says what is there already is left out."""

    def edit(ledger: Ledger) -> tuple[Entry, ...]:
        number, holding = ledger.next_number(OWN), ledgers.holding(ledger.latest())
        added: list[Entry] = []
        for one in given:
            entry = Entry(
                id=f"{OWN}.{number}",
                origin="person",
                from_section=from_section,
                **one.model_dump(),
            )
            if any(_says_the_same(entry, known) for known in (*holding, *added)):
                continue
            added.append(entry)
            number += 1
        return tuple(added)

    return edit


def editing(entry: str, **changes: Any) -> Edit:
    """Change fields of an entry: it is the person's from now on, and live again if it was not."""

    def edit(ledger: Ledger) -> tuple[Entry, ...]:
        return (_theirs(found(ledger, entry), status="live", **changes),)

    return edit


def retracting(entries: Sequence[str]) -> Edit:
    """Let entries hold no longer."""

    def edit(ledger: Ledger) -> tuple[Entry, ...]:
        return tuple(_theirs(found(ledger, e), status="retracted") for e in entries)

    return edit


def pinning(entries: Sequence[str], *, pinned: bool = True) -> Edit:
    """Let entries always be shown, or no longer. Whose they are stays as it is."""

    def edit(ledger: Ledger) -> tuple[Entry, ...]:
        return tuple(_next(found(ledger, e), pinned=pinned) for e in entries)

    return edit


def restoring(entry: str, version: int) -> Edit:
    """Let an entry say again what it said in an earlier version."""

    def edit(ledger: Ledger) -> tuple[Entry, ...]:
        now_says = found(ledger, entry)
        for old in ledger.versions(entry):
            if old.version == version:
                status = "retracted" if old.status in ("retracted", "doubted") else "live"
                return (_theirs(old, version=now_says.version + 1, status=status),)
        raise BadInput(f"{entry} has no version {version}; it has 1 to {now_says.version}")

    return edit


def merging(subject: str, other: str) -> Edit:
    """Join two subjects that are one: ``other`` becomes another name of ``subject``.

    Of two entries that then say the same, one is left.
    """

    def edit(ledger: Ledger) -> tuple[Entry, ...]:
        live = [e for e in ledger.latest() if e.status == "live"]
        names = [_known_name(live, name) for name in (subject, other)]
        wanted = {normalise(name) for name in names}
        joined = {e.id: _joined(e, *names) for e in live if e.names & wanted}
        changed: list[Entry] = []
        kept: list[Entry] = []
        for before in live:
            if (entry := joined.get(before.id)) is None:
                continue
            if any(_says_the_same(entry, k) for k in kept):
                entry = _theirs(entry, version=entry.version, status="retracted")
            else:
                kept.append(entry)
            if entry.model_dump(exclude={"version"}) != before.model_dump(exclude={"version"}):
                changed.append(entry)
        return tuple(changed)

    return edit


def accepting(entries: Sequence[str]) -> Edit:
    """Let proposals hold; all of them when none is named."""
    return _answering(entries, {"proposed": "live", "doubted": "retracted"})


def declining(entries: Sequence[str]) -> Edit:
    """Let what proposals were about stay as it was; all of them when none is named."""
    return _answering(entries, {"proposed": "retracted", "doubted": "live"})


def together(given: Sequence[Edit]) -> Edit:
    """Make several edits as one, each seeing what those before it added."""

    def edit(ledger: Ledger) -> tuple[Entry, ...]:
        added: list[Entry] = []
        for one in given:
            added += one(ledger.supposing(added) if added else ledger)
        return tuple(added)

    return edit


def found(ledger: Ledger, eid: str) -> Entry:
    """Return the entry ``eid`` as it stands, or as it is proposed.

    Raises:
        BadInput: there is none.
    """
    standing = {e.id: e for e in (*ledger.proposed(), *ledger.latest())}
    if eid not in standing:
        near = difflib.get_close_matches(eid, standing, n=1)
        hint = f"; did you mean {near[0]}?" if near else "; `inkwright memory list` shows them"
        raise BadInput(f"no entry {eid!r} in memory{hint}")
    return standing[eid]


def _answering(entries: Sequence[str], becomes: dict[str, str]) -> Edit:
    def edit(ledger: Ledger) -> tuple[Entry, ...]:
        waiting = {e.id: e for e in ledger.proposed()}
        for eid in entries:
            if eid not in waiting:
                raise BadInput(f"{eid} is no proposal; `inkwright memory list WORK --proposed`")
        chosen = [waiting[eid] for eid in entries or waiting]
        return tuple(_answered(ledger, e, becomes[e.status]) for e in chosen)

    return edit


def _answered(ledger: Ledger, proposal: Entry, status: str) -> Entry:
    """Return the proposal as it is answered; a declined change leaves what held before."""
    before = [e for e in ledger.versions(proposal.id) if not e.is_proposal]
    if proposal.status == "proposed" and status == "retracted" and before:
        return _next(before[-1], version=proposal.version + 1)
    return _next(proposal, status=status)


def _known_name(live: Iterable[Entry], name: str) -> str:
    """Return a subject or alias as memory spells it.

    Raises:
        BadInput: nothing is known under this name.
    """
    spelled = {normalise(n): n for e in live for n in (*e.aliases, e.subject)}
    if normalise(name) not in spelled:
        near = difflib.get_close_matches(normalise(name), spelled, n=1)
        hint = f"; did you mean {spelled[near[0]]}?" if near else ""
        raise BadInput(f"memory knows no subject {name!r}{hint}")
    return spelled[normalise(name)]


def _joined(entry: Entry, subject: str, other: str) -> Entry:
    names = dict.fromkeys((*entry.aliases, entry.subject, other))
    aliases = tuple(n for n in names if normalise(n) != normalise(subject))
    return _next(entry, subject=subject, aliases=aliases)


def _says_the_same(one: Entry, other: Entry) -> bool:
    return same_fact(one, other) and one.story_time == other.story_time


def _theirs(entry: Entry, **changes: Any) -> Entry:
    return _next(entry, origin="person", **changes)


def _next(entry: Entry, **changes: Any) -> Entry:
    """Return the next version of an entry, checked as any given from outside is."""
    given = each_text(changes, storable)
    fields = {**entry.model_dump(), "version": entry.version + 1, **given}
    return Entry.model_validate(fields)
