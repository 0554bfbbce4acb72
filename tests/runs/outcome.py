"""Everything about a finished work that an interruption must not change."""

from dataclasses import dataclass

from inkwright.memory.store import ledger, works
from inkwright.memory.store.library import Library
from tests.runs import writing


@dataclass(frozen=True)
class Outcome:
    status: str
    problems: frozenset[str]
    manuscript: str
    versions: dict[str, list[tuple[int, str, str]]]
    """Of each accepted section: number, stage and text of every draft."""
    entries: list[tuple[str, int, str, str]]
    """Id, version, statement and status of everything remembered."""
    questions: frozenset[str]
    """What models were asked and answered, by the journal."""

    @property
    def settled(self) -> bool:
        """True when some section was patched in settling."""
        return any(stage == "settled" for v in self.versions.values() for _, stage, _ in v)


def outcome(library: Library, work: str) -> Outcome:
    """Read from the library what came of a work."""
    accepted = writing.accepted(library, work)
    remembered = ledger.load_entries(library, work, live_only=False)
    stands = works.get(library, work)
    return Outcome(
        status=stands.status,
        problems=frozenset(stands.problems),
        manuscript=writing.manuscript(library, work),
        versions={
            sid: [(d.version, d.stage, d.text) for d in versions]
            for sid, versions in accepted.items()
        },
        entries=[(e.id, e.version, e.statement, e.status) for e in remembered],
        questions=frozenset(writing.journaled(library, work)),
    )
