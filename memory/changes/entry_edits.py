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
from inkwright.memory.domain.entry_equality import is_same_fact
from inkwright.memory.errors import BadInput, WorkNotFound
from inkwright.memory.ids import EntryId, WorkId
from inkwright.memory.store import ledger as ledgers
from inkwright.memory.store import schema
from inkwright.memory.store.ledger import Ledger
from inkwright.memory.store.library import Library, now
from inkwright.memory.text.normalise import normalise

EntryEdit = Callable[[Ledger], tuple[Entry, ...]]
USER_PREFIX = "m"
"""Prefix of the ids of a person's entries."""


def apply(library: Library, work_id: WorkId, edit: EntryEdit) -> tuple[Entry, ...]:
    """Write what ``edit`` adds, and return it. A run of the work may be going on.

    Raises:
        BadInput: it names something that is not there; nothing is written.
    """
    works_table = schema.works
    with library.write() as db:
        result = db.execute(
            update(works_table).where(works_table.c.id == work_id).values(updated_at=now())
        )
        if result.rowcount != 1:
            raise WorkNotFound(work_id)
        new_entries = edit(Ledger(library, work_id).refresh())
        ledgers.append_entries(db, work_id, new_entries)
    return new_entries


def build_addition(
    remembered_items: Sequence[Remembered], *, from_section: str | None = None
) -> EntryEdit:
    """Add entries; one that says what is there already is left out."""

    def edit(ledger: Ledger) -> tuple[Entry, ...]:
        number = ledger.find_next_number(USER_PREFIX)
        active_entries = ledgers.select_active(ledger.latest())
        new_entries: list[Entry] = []
        for item in remembered_items:
            entry = Entry(
                id=f"{USER_PREFIX}.{number}",
                origin="person",
                from_section=from_section,
                **item.model_dump(),
            )
            if any(
                _is_same_statement(entry, existing_entry)
                for existing_entry in (*active_entries, *new_entries)
            ):
                continue
            new_entries.append(entry)
            number += 1
        return tuple(new_entries)

    return edit


def build_change(entry_id: EntryId, **changes: Any) -> EntryEdit:
    """Change fields of an entry: it is the person's from now on, and live again if it was not."""

    def edit(ledger: Ledger) -> tuple[Entry, ...]:
        return (_make_user_version(find_entry(ledger, entry_id), status="live", **changes),)

    return edit


def build_retraction(entry_ids: Sequence[EntryId]) -> EntryEdit:
    """Let entries hold no longer."""

    def edit(ledger: Ledger) -> tuple[Entry, ...]:
        return tuple(
            _make_user_version(find_entry(ledger, e), status="retracted") for e in entry_ids
        )

    return edit


def build_pinning(entry_ids: Sequence[EntryId], *, pinned: bool = True) -> EntryEdit:
    """Let entries always be shown, or no longer. Whose they are stays as it is."""

    def edit(ledger: Ledger) -> tuple[Entry, ...]:
        return tuple(_make_next_version(find_entry(ledger, e), pinned=pinned) for e in entry_ids)

    return edit


def build_restoration(entry_id: EntryId, version: int) -> EntryEdit:
    """Let an entry say again what it said in an earlier version."""

    def edit(ledger: Ledger) -> tuple[Entry, ...]:
        current_entry = find_entry(ledger, entry_id)
        for old_version in ledger.versions(entry_id):
            if old_version.version == version:
                status = "retracted" if old_version.status in ("retracted", "doubted") else "live"
                return (
                    _make_user_version(
                        old_version, version=current_entry.version + 1, status=status
                    ),
                )
        raise BadInput(f"{entry_id} has no version {version}; it has 1 to {current_entry.version}")

    return edit


def build_subject_merge(subject: str, other_subject: str) -> EntryEdit:
    """Join two subjects that are one: ``other_subject`` becomes another name of ``subject``.

    Of two entries that then say the same, one is left.
    """

    def edit(ledger: Ledger) -> tuple[Entry, ...]:
        live_entries = [e for e in ledger.latest() if e.status == "live"]
        spelled_names = [_find_spelling(live_entries, name) for name in (subject, other_subject)]
        normalised_names = {normalise(name) for name in spelled_names}
        merged_by_id = {
            e.id: _merge_into_subject(e, *spelled_names)
            for e in live_entries
            if e.names & normalised_names
        }
        changed_entries: list[Entry] = []
        kept_entries: list[Entry] = []
        for old_entry in live_entries:
            if (entry := merged_by_id.get(old_entry.id)) is None:
                continue
            if any(_is_same_statement(entry, k) for k in kept_entries):
                entry = _make_user_version(entry, version=entry.version, status="retracted")
            else:
                kept_entries.append(entry)
            if entry.model_dump(exclude={"version"}) != old_entry.model_dump(exclude={"version"}):
                changed_entries.append(entry)
        return tuple(changed_entries)

    return edit


def build_acceptance(entry_ids: Sequence[EntryId]) -> EntryEdit:
    """Let proposals hold; all of them when none is named."""
    return _build_answer(entry_ids, {"proposed": "live", "doubted": "retracted"})


def build_rejection(entry_ids: Sequence[EntryId]) -> EntryEdit:
    """Let what proposals were about stay as it was; all of them when none is named."""
    return _build_answer(entry_ids, {"proposed": "retracted", "doubted": "live"})


def combine_edits(edits: Sequence[EntryEdit]) -> EntryEdit:
    """Make several edits as one, each seeing what those before it added."""

    def edit(ledger: Ledger) -> tuple[Entry, ...]:
        new_entries: list[Entry] = []
        for single_edit in edits:
            new_entries += single_edit(
                ledger.simulate_append(new_entries) if new_entries else ledger
            )
        return tuple(new_entries)

    return edit


def find_entry(ledger: Ledger, entry_id: EntryId) -> Entry:
    """Return the entry ``entry_id`` as it stands, or as it is proposed.

    Raises:
        BadInput: there is none.
    """
    entries_by_id = {e.id: e for e in (*ledger.list_proposals(), *ledger.latest())}
    if entry_id not in entries_by_id:
        close_matches = difflib.get_close_matches(entry_id, entries_by_id, n=1)
        hint = (
            f"; did you mean {close_matches[0]}?"
            if close_matches
            else "; `inkwright memory list` shows them"
        )
        raise BadInput(f"no entry {entry_id!r} in memory{hint}")
    return entries_by_id[entry_id]


def _build_answer(entry_ids: Sequence[EntryId], resulting_status: dict[str, str]) -> EntryEdit:
    def edit(ledger: Ledger) -> tuple[Entry, ...]:
        proposals_by_id = {e.id: e for e in ledger.list_proposals()}
        for entry_id in entry_ids:
            if entry_id not in proposals_by_id:
                raise BadInput(
                    f"{entry_id} is no proposal; `inkwright memory list WORK --proposed`"
                )
        chosen_proposals = [proposals_by_id[entry_id] for entry_id in entry_ids or proposals_by_id]
        return tuple(
            _answer_proposal(ledger, e, resulting_status[e.status]) for e in chosen_proposals
        )

    return edit


def _answer_proposal(ledger: Ledger, proposal: Entry, status: str) -> Entry:
    """Return the proposal as it is answered; a declined change leaves what held before."""
    earlier_versions = [e for e in ledger.versions(proposal.id) if not e.is_proposal]
    if proposal.status == "proposed" and status == "retracted" and earlier_versions:
        return _make_next_version(earlier_versions[-1], version=proposal.version + 1)
    return _make_next_version(proposal, status=status)


def _find_spelling(live_entries: Iterable[Entry], name: str) -> str:
    """Return a subject or alias as memory spells it.

    Raises:
        BadInput: nothing is known under this name.
    """
    spelling_by_name = {normalise(n): n for e in live_entries for n in (*e.aliases, e.subject)}
    if normalise(name) not in spelling_by_name:
        close_matches = difflib.get_close_matches(normalise(name), spelling_by_name, n=1)
        hint = f"; did you mean {spelling_by_name[close_matches[0]]}?" if close_matches else ""
        raise BadInput(f"memory knows no subject {name!r}{hint}")
    return spelling_by_name[normalise(name)]


def _merge_into_subject(entry: Entry, subject: str, other_subject: str) -> Entry:
    names = dict.fromkeys((*entry.aliases, entry.subject, other_subject))
    aliases = tuple(n for n in names if normalise(n) != normalise(subject))
    return _make_next_version(entry, subject=subject, aliases=aliases)


def _is_same_statement(first: Entry, second: Entry) -> bool:
    return is_same_fact(first, second) and first.story_time == second.story_time


def _make_user_version(entry: Entry, **changes: Any) -> Entry:
    return _make_next_version(entry, origin="person", **changes)


def _make_next_version(entry: Entry, **changes: Any) -> Entry:
    """Return the next version of an entry, checked as any given from outside is."""
    storable_changes = each_text(changes, storable)
    fields = {**entry.model_dump(), "version": entry.version + 1, **storable_changes}
    return Entry.model_validate(fields)
