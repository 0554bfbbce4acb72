"""The run context: one run of one work, with its records, its models and who watches it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from inkwright.agents.context.judge_records import RunJudges
from inkwright.agents.context.model_session import ModelSession
from inkwright.agents.context.prompt_builder import PromptBuilder
from inkwright.agents.embedding.vector_search import VectorSearch
from inkwright.agents.llm.client import LLMClient
from inkwright.agents.llm.config import Ablation
from inkwright.agents.llm.events import Notice, TextGrew, Watch
from inkwright.memory.domain.brief import Brief
from inkwright.memory.domain.check_record import CheckRecord
from inkwright.memory.domain.draft import Draft, Manifest
from inkwright.memory.domain.entry import Entry
from inkwright.memory.ids import SectionId, WorkId
from inkwright.memory.store import draft_rows, drafts
from inkwright.memory.store.ledger import Ledger
from inkwright.memory.store.library import Lease, Library
from inkwright.memory.store.plans import Plan

StreamSetting = bool | Callable[[], bool]
"""Whether text is watched as it is written; asked before each call, where it can change."""


@dataclass(frozen=True)
class WorkMemory:
    """What memory has of a work: its entries, and the drafts that established them."""

    ledger: Ledger
    load_draft_text: Callable[[SectionId, int], str]
    """Gives the text of one version of a section's draft."""

    def quote(self, entry: Entry) -> str:
        """Return the words of the draft that established ``entry``."""
        assert entry.span is not None
        text = self.load_draft_text(entry.span.section, entry.span.draft)
        return text[entry.span.start : entry.span.end]


@dataclass
class RunContext:
    """One run of one work. Agents are given of it what they use."""

    library: Library
    lease: Lease
    ablation: Ablation
    llm: LLMClient
    prompts: PromptBuilder
    vector_search: VectorSearch
    ledger: Ledger
    judges: RunJudges
    emit: Watch
    concurrency: int
    """Slots that the order of hearing is computed for; pinned when the work begins."""
    watch_text: StreamSetting = False
    problems: list[str] = field(default_factory=list)
    _draft_texts: dict[tuple[SectionId, int], str] = field(default_factory=dict)

    @property
    def work_id(self) -> WorkId:
        return self.lease.work_id

    @property
    def brief(self) -> Brief:
        return self.prompts.brief

    @property
    def plan(self) -> Plan:
        return self.prompts.plan

    @cached_property
    def session(self) -> ModelSession:
        """What agents ask models with."""
        return ModelSession(self.llm, self.prompts, self.report_problem, self.judges, self.ablation)

    @cached_property
    def memory(self) -> WorkMemory:
        """What the archivist compares with."""
        return WorkMemory(self.ledger, self.load_draft_text)

    def report_problem(self, line: str) -> None:
        """Keep one line for the report, and tell who watches."""
        if line not in self.problems:
            self.problems.append(line)
            self.emit(Notice(self.work_id, line))

    def create_text_watcher(self, section_id: SectionId) -> Callable[[str], None] | None:
        """Return what is sent a section's text as it is written; None while nobody looks."""
        is_watched = self.watch_text() if callable(self.watch_text) else self.watch_text
        if not is_watched:
            return None
        return lambda piece: self.emit(TextGrew(self.work_id, section_id, piece))

    def load_drafts_in_order(self) -> dict[SectionId, Draft]:
        """Return the newest draft of each section that has one, in reading order."""
        return drafts.current(self.library, self.work_id, self.plan.outline)

    def load_manifest(self, draft: Draft) -> Manifest:
        """Return what ``draft`` was written from."""
        return drafts.load_manifest(self.library, draft.manifest)

    def load_stamps(self, draft: Draft) -> list[CheckRecord]:
        """Return what ``draft`` was checked against."""
        with self.library.read() as db:
            return draft_rows.load_stamps(db, self.work_id, draft)

    def load_draft_text(self, section_id: SectionId, version: int) -> str:
        """Return the text of one version of a section's draft."""
        if (section_id, version) not in self._draft_texts:
            for draft in drafts.versions(self.library, self.work_id, section_id):
                self._draft_texts[section_id, draft.version] = draft.text
        return self._draft_texts[section_id, version]
