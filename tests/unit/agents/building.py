"""A model session without a model: a client that answers from a queue, and plain prompts."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from inkwright.agents.context.judge_records import MeasuredJudges, RunJudges
from inkwright.agents.context.model_session import ModelSession
from inkwright.agents.context.prompt_builder import PromptBuilder
from inkwright.agents.context.run_context import WorkMemory
from inkwright.agents.llm.client import ModelCall, Prose
from inkwright.agents.llm.config import Ablation, CallSettings, Endpoint
from inkwright.agents.llm.dialect.capability_records import CapabilityRecords
from inkwright.memory.domain.brief import Brief, Constraint
from inkwright.memory.domain.draft import Draft, Manifest
from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.outline import Outline, Section
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.judge_record import JudgeRecord
from inkwright.memory.store.ledger import Ledger
from inkwright.memory.store.plans import Plan
from inkwright.memory.text.words import count_words

ERRS_IN_A_TENTH = JudgeRecord(broken=11, caught=10, sound=12, alarms=1)


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
        return Prose(text, cut_short=False)

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


def build_judges(record: JudgeRecord | None = ERRS_IN_A_TENTH) -> RunJudges:
    """Return judges that have shown ``record`` for every purpose; None: that have to be asked."""
    endpoint = Endpoint(model="judge", api_bases=("http://judge.test/v1",))
    call_settings = CallSettings(endpoints={"reviewer": endpoint})
    judges = RunJudges(MeasuredJudges(CapabilityRecords(), call_settings))
    if record is not None:
        judges.records = dict.fromkeys((Purpose.CHECK, Purpose.SUPPORT, Purpose.SETTLE), record)
    return judges


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
