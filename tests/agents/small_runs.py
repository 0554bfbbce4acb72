"""Small whole works, run in this process over HTTP, in one library and over one transport."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import pytest

from inkwright.agents.llm.config import Ablation, Limits
from inkwright.agents.llm.events import ignore_event
from inkwright.agents.llm.transport import LiteLLMTransport
from inkwright.agents.orchestration import run as running
from inkwright.agents.orchestration import shared_resources
from inkwright.agents.orchestration.run import RunInputs
from inkwright.memory.domain.brief import Brief
from inkwright.memory.domain.draft import Draft
from inkwright.memory.domain.entry import Entry
from inkwright.memory.errors import UnusableAnswer
from inkwright.memory.store import drafts, journal, ledger, plans, run_state, works
from inkwright.memory.store.library import Library
from inkwright.memory.store.plans import Plan
from inkwright.memory.store.run_state import RunSettings
from tests.calling import calling
from tests.simserver.log import Call
from tests.simserver.process import SimServer

Faults = Sequence[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Small:
    """A work, and how the server behaves while it is written."""

    name: str = ""
    request: str
    brief: dict[str, Any] = field(default_factory=dict)
    arms: dict[str, str] = field(default_factory=dict)
    sim: dict[str, Any] = field(default_factory=dict)
    context_tokens: int = 8192
    until: Literal["planned", "complete"] = "complete"


@dataclass(frozen=True)
class Outcome:
    """What came of a work."""

    status: str
    """As the run said; ``error`` when it raised an UnusableAnswer."""
    error: str
    problems: str
    title: str
    plan: Plan | None
    entries: list[Entry]
    versions: dict[str, list[Draft]]
    """Of each section that has a text, oldest first."""
    shown: list[tuple[str, str, str]]
    """Recall, summary and last passage of each section, as sent."""
    calls: list[Call]
    asked_again: int
    """Questions that were put twice."""

    @cached_property
    def texts(self) -> dict[str, str]:
        """The newest text of each section, in reading order."""
        order = [s.id for s in self.plan.outline.sections] if self.plan else []
        return {sid: self.versions[sid][-1].text for sid in order if sid in self.versions}

    @cached_property
    def kept(self) -> str:
        """Everything of it that is in the library, but for the journal and the reports."""
        every = [d for versions in self.versions.values() for d in versions]
        return json.dumps(
            [
                self.title,
                self.plan.model_dump(exclude={"version"}) if self.plan else None,
                [e.model_dump() for e in self.entries],
                [d.model_dump(exclude={"manifest"}) for d in every],
                self.shown,
            ],
            ensure_ascii=False,
            default=str,
        )

    @cached_property
    def prompts(self) -> str:
        """Everything that models were told."""
        return "\n".join(m["content"] for call in self.calls for m in call.messages)


class Shared(LiteLLMTransport):
    """A transport that outlives the runs that use it."""

    async def aclose(self) -> None:
        pass

    async def close_at_last(self) -> None:
        await super().aclose()


class Runs:
    """Runs works one after another; ``changes`` are fields of ``CallSettings``."""

    def __init__(self, sim: SimServer, library: Library, **changes: Any) -> None:
        self.sim, self.library = sim, library
        self._calling = calling(sim, **changes)
        self.transport = Shared(self._calling)
        self._clean: dict[str, Outcome] = {}

    @classmethod
    @asynccontextmanager
    async def opened(cls, sim: SimServer, home: Path, **changes: Any) -> AsyncIterator["Runs"]:
        """Yield runs with a library of their own in ``home``."""
        library = Library.open(home)
        runs = cls(sim, library, **changes)
        with pytest.MonkeyPatch.context() as monkeypatch:
            monkeypatch.setattr(shared_resources, "LiteLLMTransport", lambda *_: runs.transport)
            yield runs
        await runs.transport.close_at_last()
        library.close()

    async def clean(self, small: Small) -> Outcome:
        """Return the outcome when nothing goes wrong; run once for each name."""
        if small.name not in self._clean:
            self._clean[small.name] = await self.run(small)
        return self._clean[small.name]

    async def run(self, small: Small, faults: Faults = ()) -> Outcome:
        """Run a work of its own for ``small``, with the same seed every time."""
        self.sim.restore()
        self.sim.configure(**small.sim, faults=list(faults))
        work = self._begin(small)
        try:
            result = await running.run(
                work,
                RunInputs(
                    library=self.library, calling=self._calling, limits=Limits(), watch=ignore_event
                ),
                until=small.until,
            )
        except UnusableAnswer as fault:
            return self._outcome(work, "error", str(fault), "")
        return self._outcome(work, result.status, "", "\n".join(result.problems))

    def _begin(self, small: Small) -> str:
        """Begin a work whose server need not be asked about itself."""
        brief = Brief.model_validate({"request": small.request, **small.brief})
        arms = Ablation.model_validate(small.arms).model_dump()
        work = works.begin(self.library, brief, arms, fresh=True).id
        with works.hold_lease(self.library, work) as lease:
            run_settings = RunSettings(
                context_tokens=small.context_tokens,
                tokenizer_factor=1.3,
                slots=self._calling.concurrency,
                embedder=self._calling.endpoints["embedder"].model,
            )
            run_state.pin_settings(self.library, lease, run_settings)
        return work

    def _outcome(self, work: str, status: str, error: str, problems: str) -> Outcome:
        current = drafts.current(self.library, work)
        manifests = drafts.load_manifests(self.library, work)
        return Outcome(
            status=status,
            error=error,
            problems=problems,
            title=works.get(self.library, work).title,
            plan=plans.current(self.library, work),
            entries=ledger.load_entries(self.library, work, live_only=False),
            versions={sid: drafts.versions(self.library, work, sid) for sid in sorted(current)},
            shown=[
                (m.recall, m.summary, m.last_passage)
                for m in sorted(manifests.values(), key=lambda m: m.section)
            ],
            calls=self.sim.calls(),
            asked_again=sum(c.refused for c in journal.load_calls(self.library, work)),
        )
