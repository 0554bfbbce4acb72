"""What a draft was checked against, was tried on it, or a person said of it: one record each.

The library stores a record as one line of text. ``stored`` and ``parse_check``, here, are the
only code that knows its form.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from inkwright.memory.ids import EntryId

Verdict = Literal["accepted", "dismissed"]
VERDICTS: tuple[Verdict, ...] = ("accepted", "dismissed")


@dataclass(frozen=True)
class EntryCheck:
    """The draft was checked against a version of a memory entry."""

    entry: EntryId
    version: int | None
    """None: against its being gone."""

    @property
    def stored(self) -> str:
        return f"entry:{self.entry}:{'gone' if self.version is None else self.version}"


@dataclass(frozen=True)
class NodeCheck:
    """The draft was checked against what the outline says of its section."""

    digest: str

    @property
    def stored(self) -> str:
        return f"node:{self.digest}"


@dataclass(frozen=True)
class ConstraintCheck:
    """The draft was checked against a constraint as it was worded then."""

    digest: str

    @property
    def stored(self) -> str:
        return f"constraint:{self.digest}"


@dataclass(frozen=True)
class DroppedSourceCheck:
    """The draft was checked against a source's having been dropped."""

    key: str

    @property
    def stored(self) -> str:
        return f"source:{self.key}:dropped"


@dataclass(frozen=True)
class MissedFactsLook:
    """The archivist looked in the draft for what it had missed, for the ``number``-th time."""

    number: int

    @property
    def stored(self) -> str:
        return f"look:{self.number}"


@dataclass(frozen=True)
class RepairAttempt:
    """The draft was patched for a constraint on the whole piece."""

    constraint: str

    @property
    def stored(self) -> str:
        return f"repair:{self.constraint}"


@dataclass(frozen=True)
class RepetitionPatch:
    """The draft was patched for what it repeats and how it joins, in the ``number``-th batch."""

    number: int

    @property
    def stored(self) -> str:
        return f"once more:{self.number}"


@dataclass(frozen=True)
class Recheck:
    """What a judge found met in the draft was checked once more, and mended."""

    @property
    def stored(self) -> str:
        return "reread"


@dataclass(frozen=True)
class FindingVerdict:
    """What a person said of a finding in the draft."""

    verdict: Verdict
    about: str
    """Id of the constraint, or the memory entry."""
    evidence_digest: str
    """Of the words that the finding quotes."""

    @property
    def stored(self) -> str:
        return f"verdict:{self.verdict}:{self.about}:{self.evidence_digest}"


@dataclass(frozen=True)
class UnknownCheck:
    """A record of a kind that this release does not know; later drafts carry it on unchanged."""

    text: str

    @property
    def stored(self) -> str:
        return self.text


CheckRecord = (
    EntryCheck
    | NodeCheck
    | ConstraintCheck
    | DroppedSourceCheck
    | MissedFactsLook
    | RepairAttempt
    | RepetitionPatch
    | Recheck
    | FindingVerdict
    | UnknownCheck
)


def parse_check(text: str) -> CheckRecord:
    """Return the record that is stored as ``text``."""
    kind, _, rest = text.partition(":")
    try:
        record = _PARSERS[kind](rest)
    except (KeyError, ValueError):
        return UnknownCheck(text)
    return record if record.stored == text else UnknownCheck(text)


def _parse_entry_check(rest: str) -> CheckRecord:
    entry, _, version = rest.rpartition(":")
    return EntryCheck(EntryId(entry), None if version == "gone" else int(version))


def _parse_verdict(rest: str) -> CheckRecord:
    word, _, about_and_digest = rest.partition(":")
    about, _, evidence_digest = about_and_digest.rpartition(":")
    verdict = next((v for v in VERDICTS if v == word), None)
    if verdict is None:
        raise ValueError(f"{word!r} is not a verdict")
    return FindingVerdict(verdict, about, evidence_digest)


_PARSERS: dict[str, Callable[[str], CheckRecord]] = {
    "entry": _parse_entry_check,
    "node": NodeCheck,
    "constraint": ConstraintCheck,
    "source": lambda rest: DroppedSourceCheck(rest.removesuffix(":dropped")),
    "look": lambda rest: MissedFactsLook(int(rest)),
    "repair": RepairAttempt,
    "once more": lambda rest: RepetitionPatch(int(rest)),
    "reread": lambda _: Recheck(),
    "verdict": _parse_verdict,
}
