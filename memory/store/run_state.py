"""What is fixed for a work from its first call on, and how far its run has come.

Both are stored as one JSON object in ``works.pinned``, under the names that are given as aliases
here. Keys of later releases stay where they are.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from sqlalchemy import Connection, select, update

from inkwright.memory.base import Value
from inkwright.memory.domain.draft import Finding, Review
from inkwright.memory.ids import SectionId, WorkId
from inkwright.memory.judge_record import JudgeRecord
from inkwright.memory.model_capabilities import ModelCapabilities
from inkwright.memory.store import schema
from inkwright.memory.store.library import Lease, Library
from inkwright.memory.text.repetition import RepetitionMeasures
from inkwright.memory.text.words import FIRST_RULE

StoredRunValues = Mapping[str, object]
"""A work's ``pinned``, as it is stored."""


class _Pinned(Value):
    """Some of the keys of ``works.pinned``."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class RunSettings(_Pinned):
    """What stays fixed from a work's first call on, because its prompts depend on it.

    A field that is added later needs a default: what works do that were begun without it.
    """

    context_tokens: int
    """Context length of the served models; prompts and answers fit in it together."""
    tokenizer_factor: float
    """Tokens of the writer's model for one of o200k_base's."""
    slots: int
    """Model calls in flight at once, as the order of hearing is computed for."""
    embedder: str
    """The embedder's name; passages of another embedder cannot be searched together."""
    capabilities: Mapping[str, ModelCapabilities] = {}
    """What was known of each role's model, where it changes what is sent: journal keys rest on
    it."""
    thought_tokens: int = 0
    """Tokens of the context that prompts leave to thoughts."""
    text_rule: int = FIRST_RULE
    """By which rule words are counted and sentences split (``memory/text/words.py``); set as the
    work begins."""
    request: str | None = None
    """The request as prompts show it, where it is too long; None: it is shown whole."""


class SettlingPass(Value):
    """A settling pass that is under way."""

    number: int = Field(alias="pass")
    basis: dict[SectionId, int] | None
    """Section id to the draft version that the pass compares with."""
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class MissedBreach(Value):
    """What a section breaks after all."""

    section: SectionId
    finding: Finding


class ManuscriptFault(Value):
    """One fault of the piece as a whole, with the section that is to be patched."""

    section: SectionId
    quote: str
    wanted: str
    """What is to be done about it."""


class RunState(_Pinned):
    """How far a work's run has come, and what of it is pending."""

    settled_plan: Annotated[
        int | None, BeforeValidator(lambda v: None if v is False else v), Field(alias="settled")
    ] = None
    """Version of the plan under which all is settled; None (or false, in the rows of 0.1): none."""
    repair: Literal["begun", "done"] | None = None
    """Whether the one repair of the whole has begun, or was made."""
    missed_breaches: Annotated[tuple[MissedBreach, ...] | None, Field(alias="missed")] = None
    """What the judge passed over, as the repair under way found it; None: not looked for yet."""
    settling: SettlingPass | None = None
    faults: tuple[ManuscriptFault, ...] | None = None
    """What the sections repeat and how they join, before it is mended."""
    repetition: RepetitionMeasures | None = None
    """How much was there twice when all was drafted, before repeats were mended."""
    whole_review: Annotated[Review | None, Field(alias="whole")] = None
    """What the last review of the whole piece found."""
    unread_versions: Annotated[dict[SectionId, int] | None, Field(alias="unread")] = None
    """A person's sections whose newest words are not in memory, with the version that memory has
    last seen; 0: none."""
    judges: Mapping[str, JudgeRecord] = {}
    """By purpose: how the judges of this work answered control questions, before it and in it."""


def has_run_settings(stored: StoredRunValues) -> bool:
    """True once a work's first call was prepared, and what its prompts depend on is fixed."""
    return isinstance(stored, Mapping) and stored.get("tokenizer_factor") is not None


def load_text_rule(library: Library, work_id: WorkId) -> int:
    """Return the rule by which a work's words are counted and its sentences split."""
    with library.read() as db:
        return read_text_rule(_read_stored(db, work_id))


def read_text_rule(stored: StoredRunValues) -> int:
    """Return the same of what is stored; works begun before there was another have the first."""
    rule = stored.get("text_rule", FIRST_RULE)
    return rule if isinstance(rule, int) else FIRST_RULE


def load_state(library: Library, work_id: WorkId) -> RunState:
    """Return how far the run of an existing work has come."""
    with library.read() as db:
        return read_state(db, work_id)


def read_state(db: Connection, work_id: WorkId) -> RunState:
    """Return the same within a transaction."""
    return RunState.model_validate(_read_stored(db, work_id))


def pin_settings(library: Library, lease: Lease, run_settings: RunSettings) -> None:
    """Fix what a work's prompts depend on; what was fixed before and is not given stays."""
    with library.write(lease) as db:
        _store(db, lease.work_id, run_settings)


def pin_thought_tokens(library: Library, lease: Lease, thought_tokens: int) -> None:
    """Fix what prompts leave to thoughts from now on."""
    with library.write(lease) as db:
        _merge(db, lease.work_id, {"thought_tokens": thought_tokens})


def pin_request(library: Library, lease: Lease, request: str) -> None:
    """Fix the request as prompts show it."""
    with library.write(lease) as db:
        _merge(db, lease.work_id, {"request": request})


def restart_revision(library: Library, lease: Lease) -> None:
    """Sections are to be drafted: settle, look for missed breaches and repair once more after."""
    _update(library, lease, RunState(settled_plan=None, repair=None, missed_breaches=None))


def require_settling(library: Library, lease: Lease) -> None:
    """The text has changed: let the next run settle it, going on with a pass under way."""
    _update(library, lease, RunState(settled_plan=None))


def restart_settling(library: Library, lease: Lease) -> None:
    """Let the next run settle the text from the first pass on."""
    _update(library, lease, RunState(settled_plan=None, settling=None))


def begin_settling_pass(
    library: Library, lease: Lease, number: int, basis: Mapping[SectionId, int]
) -> None:
    """Fix what a settling pass compares with: section id to the version of its draft."""
    _update(library, lease, RunState(settling=SettlingPass(number=number, basis=dict(basis))))


def end_settling(library: Library, lease: Lease, settled_plan: int | None) -> None:
    """Note that no pass is under way; ``settled_plan``: under which plan all is settled, if it is.

    None leaves it as it was noted before.
    """
    state = RunState(settling=None)
    if settled_plan is not None:
        state = RunState(settled_plan=settled_plan, settling=None)
    _update(library, lease, state)


def store_missed_breaches(
    library: Library, lease: Lease, missed_breaches: Sequence[MissedBreach]
) -> None:
    """Store what the judge passed over, so that an interrupted repair goes on with it."""
    _update(library, lease, RunState(missed_breaches=tuple(missed_breaches)))


def store_faults(
    library: Library,
    lease: Lease,
    faults: Sequence[ManuscriptFault],
    repetition: RepetitionMeasures,
) -> None:
    """Store what is to be mended in the piece, and how much of it is there twice before that."""
    _update(library, lease, RunState(faults=tuple(faults), repetition=repetition))


def store_whole_review(library: Library, lease: Lease, review: Review) -> None:
    """Store what was found about the whole piece."""
    _update(library, lease, RunState(whole_review=review))


def store_judges(library: Library, lease: Lease, judges: Mapping[str, JudgeRecord]) -> None:
    """Store how the judges of a work did; of one whose record is there, what rests on more."""
    with library.write(lease) as db:
        stored = read_state(db, lease.work_id).judges
        newer = {
            purpose: record
            for purpose, record in judges.items()
            if purpose not in stored
            or stored[purpose].questions != record.questions
            or stored[purpose].asked <= record.asked
        }
        if newer:
            _store(db, lease.work_id, RunState(judges={**stored, **newer}))


def begin_repair(library: Library, lease: Lease) -> None:
    """Note that the one repair of the whole is under way."""
    _update(library, lease, RunState(repair="begun"))


def end_repair(library: Library, lease: Lease) -> None:
    """Note that the whole was repaired, and nothing of that is pending."""
    _update(library, lease, RunState(repair="done", missed_breaches=None, faults=None))


def set_unread(
    db: Connection,
    work_id: WorkId,
    unread_versions: Mapping[SectionId, int],
    *,
    settle: bool = False,
) -> None:
    """Store which of a person's sections wait to be read; ``settle``: and require settling."""
    state = RunState(unread_versions=dict(unread_versions))
    if settle:
        state = RunState(settled_plan=None, unread_versions=dict(unread_versions))
    _store(db, work_id, state)


def _update(library: Library, lease: Lease, changes: RunState) -> None:
    with library.write(lease) as db:
        _store(db, lease.work_id, changes)


def _store(db: Connection, work_id: WorkId, changes: BaseModel) -> None:
    """Store the fields of ``changes`` that were set."""
    _merge(
        db,
        work_id,
        changes.model_dump(mode="json", by_alias=True, include=changes.model_fields_set),
    )


def _merge(db: Connection, work_id: WorkId, values: StoredRunValues) -> None:
    stored = {**_read_stored(db, work_id), **values}
    db.execute(update(schema.works).where(schema.works.c.id == work_id).values(pinned=stored))


def _read_stored(db: Connection, work_id: WorkId) -> StoredRunValues:
    column = schema.works.c.pinned
    return db.execute(select(column).where(schema.works.c.id == work_id)).scalar_one() or {}
