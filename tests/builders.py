"""What tests build: plain values, a work in a library, and agents over a scripted client."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from inkwright.agents.context.judge_records import MeasuredJudges, RunJudges
from inkwright.agents.context.model_session import ModelSession
from inkwright.agents.context.prompt_builder import PromptBuilder
from inkwright.agents.context.run_context import WorkMemory
from inkwright.agents.llm.client import ModelCall, Prose
from inkwright.agents.llm.config import Ablation, CallSettings, Endpoint
from inkwright.agents.llm.dialect.capability_records import CapabilityRecords
from inkwright.agents.llm.parsing import parse_prose
from inkwright.memory.domain.brief import Brief, Constraint, Continuity
from inkwright.memory.domain.draft import Draft, EntryDecision, Manifest, Review
from inkwright.memory.domain.entry import Entry, Span
from inkwright.memory.domain.outline import Outline, Section
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.judge_record import JudgeRecord
from inkwright.memory.store import drafts, plans, works
from inkwright.memory.store.ledger import Ledger, append_entries
from inkwright.memory.store.library import Lease, Library
from inkwright.memory.store.plans import Plan
from inkwright.memory.text.words import count_words

ARMS = {"plan": "full", "memory": "full", "review": "full"}


def sections(*ids: str, words: int = 100) -> tuple[Section, ...]:
    """Return plain sections of these ids."""
    return tuple(Section(id=sid, title=f"Title {sid}", target_words=words) for sid in ids)


def outline(*parts: Section, continuity: str = "chapter") -> Outline:
    """Return an outline of these sections."""
    return Outline.model_validate({"title": "T", "continuity": continuity, "sections": parts})


def fact(
    eid: str, subject: str, statement: str = "It is so.", *, version: int = 1, **more: object
) -> Entry:
    """Return an entry of the plan, or of the draft that ``span`` names."""
    fields = {"id": eid, "version": version, "subject": subject, "statement": statement}
    return Entry.model_validate({"origin": "section" if "span" in more else "plan"} | fields | more)


def span(section: str, draft: int = 1) -> Span:
    """Return a place in a draft."""
    return Span(section=section, draft=draft, start=0, end=1)


def build_plan(*constraints: Constraint, words: int = 100, sections: int = 1) -> Plan:
    """Return a plan of sections ``s1``, ``s2``... of so many words each."""
    outline = Outline(
        title="The Lamp",
        continuity="chapter",
        sections=tuple(
            Section(id=f"s{n}", title=f"Part {n}", purpose="It tells.", target_words=words)
            for n in range(1, sections + 1)
        ),
    )
    return Plan(version=1, outline=outline, constraints=constraints)


def everywhere(constraint_id: str, text: str, **fields: Any) -> Constraint:
    """Return a constraint that every section carries; a judge decides on it unless told else."""
    return Constraint.model_validate(
        {"id": constraint_id, "text": text, "kind": "judged", "where": {"scope": "all"}} | fields
    )


def build_draft(text: str, section: str = "s1", **fields: Any) -> Draft:
    """Return the first draft of a section."""
    plain = {"section": section, "version": 1, "stage": "reviewed", "text": text, "manifest": 1}
    return Draft.model_validate({**plain, "words": count_words(text), **fields})


def build_manifest(**fields: Any) -> Manifest:
    """Return the manifest of ``s1``."""
    plain = {"section": "s1", "outline_version": 1, "node": "", "target_words": 100}
    return Manifest.model_validate({**plain, "budget_tokens": 500, **fields})


def build_entry(entry_id: str, statement: str, **fields: Any) -> Entry:
    """Return an entry about Mara's eyes, of the plan."""
    plain = {"id": entry_id, "subject": "Mara", "attribute": "eye colour", "origin": "plan"}
    return Entry.model_validate({**plain, "statement": statement, **fields})


def build_ledger(entries: Sequence[Entry] = ()) -> Ledger:
    """Return a ledger of these entries, in no library."""
    return Ledger(None, "work").simulate_append(entries)


def build_memory(entries: Sequence[Entry], *drafts: Draft) -> WorkMemory:
    """Return memory of these entries, established by these drafts."""
    texts = {(draft.section, draft.version): draft.text for draft in drafts}
    return WorkMemory(build_ledger(entries), lambda section, version: texts[section, version])


def empty_memory() -> WorkMemory:
    return build_memory(())


def established(eid: str, subject: str, attribute: str, statement: str, text: str) -> Entry:
    """Return an entry that the first draft of the section in its id states."""
    section = eid.partition(".")[0]
    start = max(text.find(statement), 0)
    return Entry(
        id=eid,
        subject=subject,
        attribute=attribute,
        statement=statement,
        origin="section",
        span=Span(section=section, draft=1, start=start, end=start + len(statement)),
        from_section=section,
    )


@dataclass
class Built:
    """A work under a lease."""

    library: Library
    lease: Lease

    @property
    def work(self) -> str:
        return self.lease.work_id

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.library, self.work).refresh()

    def plan(
        self,
        made: Outline,
        constraints: Sequence[Constraint] = (),
        entries: Sequence[Entry] = (),
    ) -> plans.Plan:
        """Adopt an outline with its constraints and entries."""
        return plans.adopt(self.library, self.lease, made, tuple(constraints), delta=entries)

    def freeze(
        self,
        section: str,
        *,
        heard: Mapping[str, int] | None = None,
        shown: Mapping[str, int] | None = None,
        known_until: int | None = None,
    ) -> int:
        """Freeze a manifest as things stand now; ``shown``: entry id to version."""
        plan = plans.current(self.library, self.work)
        assert plan is not None
        manifest = Manifest(
            section=section,
            outline_version=plan.version,
            node=plan.outline.section(section).digest,
            constraints={c.id: c.digest for c in plan.constraints_for(section)},
            heard=dict(heard or {}),
            known_until=self.ledger.newest_sequence if known_until is None else known_until,
            shown=tuple(
                EntryDecision(entry=e, version=v, how="raw", reason="a test")
                for e, v in (shown or {}).items()
            ),
            target_words=100,
            budget_tokens=500,
        )
        return drafts.start_section(self.library, self.lease, manifest)

    def draft(
        self,
        section: str,
        text: str = "It rained.",
        *,
        entries: Sequence[Entry] = (),
        visible_drafts: Mapping[str, int] | None = None,
        shown: Mapping[str, int] | None = None,
        known_until: int | None = None,
    ) -> Draft:
        """Bring a section from ``planned`` to ``accepted``."""
        number = self.freeze(section, heard=visible_drafts, shown=shown, known_until=known_until)
        landed = drafts.save_first_draft(
            self.library, self.lease, section, text, manifest_id=number, summary="", delta=entries
        )
        return drafts.accept(self.library, self.lease, landed, text=text, review=Review(), rounds=0)

    def patch(self, section: str, text: str, *, entries: Sequence[Entry] = ()) -> Draft:
        """Store a new version of a section's text."""
        before = drafts.current(self.library, self.work)[section]
        return drafts.save_patch(
            self.library,
            self.lease,
            before,
            text=text,
            stage="settled",
            review=None,
            delta=entries,
        )

    def write(self, *entries: Entry) -> None:
        """Append entry versions to the ledger, as a person does."""
        with self.library.write(self.lease) as db:
            append_entries(db, self.work, entries)


@contextmanager
def built(library: Library, request: str = "A story.", **fields: object) -> Iterator[Built]:
    """A new work of this brief, its lease held."""
    brief = Brief.model_validate({"request": request} | fields)
    work = works.begin(library, brief, ARMS)
    with works.hold_lease(library, work.id) as lease:
        yield Built(library, lease)


def begun(library: Library, request: str = "Write of a harbour.", seed: int = 1) -> str:
    """Return the id of a new work."""
    return works.begin(library, Brief(request=request, seed=seed), {}).id


def planned(
    library: Library,
    lease: Lease,
    count: int,
    *,
    continuity: Continuity = "strict",
    entries: Sequence[Entry] = (),
) -> None:
    """Give the leased work an outline of ``s1`` to ``sN``."""
    numbers = range(1, count + 1)
    parts = (Section(id=f"s{n}", title=f"Title {n}", target_words=50) for n in numbers)
    Built(library, lease).plan(outline(*parts, continuity=continuity), entries=entries)


def drafted(
    library: Library,
    lease: Lease,
    section: str,
    text: str,
    *,
    shown: Sequence[Entry] = (),
    heard: dict[str, int] | None = None,
    known_until: int = 0,
    delta: Sequence[Entry] = (),
) -> Draft:
    """Take a section of the leased work through its states to ``accepted``, as a run does."""
    return Built(library, lease).draft(
        section,
        text,
        entries=delta,
        visible_drafts=heard,
        shown={e.id: e.version for e in shown},
        known_until=known_until,
    )


class ScriptedClient:
    """Gives its answers in order, a text for prose, and remembers the calls; errors are raised."""

    def __init__(self, *answers: Any) -> None:
        self._answers = deque(answers)
        self.calls: list[ModelCall] = []
        self.refused: list[str] = []
        """What was wished of an answer that was asked for once more."""

    async def ask_structured(
        self,
        call: ModelCall,
        response_schema: type[Any],
        find_fault: Callable[[Any], str | None] = lambda _: None,
    ) -> Any:
        self.calls.append(call)
        answer = self._next()
        assert isinstance(answer, response_schema)
        if fault := find_fault(answer):
            self.refused.append(fault)
            answer = self._next()
        return answer

    async def ask_prose(
        self, call: ModelCall, *, on_text: Callable[[str], None] | None = None
    ) -> Prose:
        self.calls.append(call)
        text = self._next()
        if on_text is not None:
            on_text(text)
        return Prose(parse_prose(text, f"{call.system}\n{call.user}"), cut_short=False)

    def _next(self) -> Any:
        answer = self._answers.popleft()
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def is_used_up(self) -> bool:
        return not self._answers

    @property
    def prompts(self) -> list[str]:
        """What it was asked, without the opening."""
        return [call.user for call in self.calls]


class WordTokenizer:
    """Counts a token for each word."""

    name = "words"

    def count(self, text: str) -> int:
        return len(text.split())


@dataclass
class ScriptedRun:
    """What a test gives an agent, and what it looks at afterwards."""

    client: ScriptedClient
    session: ModelSession
    plan: Plan
    problems: list[str] = field(default_factory=list)


ERRS_IN_A_TENTH = JudgeRecord(broken=11, caught=10, sound=12, alarms=1)


def build_judges(record: JudgeRecord | None = ERRS_IN_A_TENTH) -> RunJudges:
    """Return judges that have shown ``record`` for every purpose; None: that have to be asked."""
    endpoint = Endpoint(model="judge", api_bases=("http://judge.test/v1",))
    call_settings = CallSettings(endpoints={"reviewer": endpoint})
    judges = RunJudges(MeasuredJudges(CapabilityRecords(), call_settings))
    if record is not None:
        judges.records = dict.fromkeys((Purpose.CHECK, Purpose.SUPPORT, Purpose.SETTLE), record)
    return judges


def build_run(
    *answers: Any,
    plan: Plan | None = None,
    brief: Mapping[str, Any] | None = None,
    context_tokens: int = 8192,
    planned: bool = True,
    arms: Mapping[str, str] | None = None,
) -> ScriptedRun:
    """Return a session whose models give ``answers``, for a piece of one section or of ``plan``."""
    client, problems = ScriptedClient(*answers), list[str]()
    prompts = PromptBuilder(
        Brief.model_validate({"request": "Write about a lighthouse."} | dict(brief or {})),
        WordTokenizer(),
        context_tokens,
    )
    plan = plan or build_plan()
    if planned:
        prompts.use_plan(plan)
    ablation = Ablation.model_validate(arms or {})
    session = ModelSession(client, prompts, problems.append, build_judges(), ablation)
    return ScriptedRun(client, session, plan, problems)
