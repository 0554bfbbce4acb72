"""What an agent asks models with: the client, the prompts, and where its problems are reported."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from inkwright.agents.context.judge_records import RunJudges
from inkwright.agents.context.prompt_builder import PromptBuilder
from inkwright.agents.llm.client import ModelCall, Prose
from inkwright.agents.llm.config import Ablation
from inkwright.agents.llm.schemas import ResponseSchema
from inkwright.memory.errors import ModelError, UnusableAnswer

F = TypeVar("F", bound=ResponseSchema)
T = TypeVar("T")


class ModelClient(Protocol):
    """Answers questions put to the models of the roles; ``LLMClient`` is the real one."""

    async def ask_structured(
        self,
        call: ModelCall,
        response_schema: type[F],
        find_fault: Callable[[F], str | None] = ...,
    ) -> F:
        """Return the answer as ``response_schema``."""
        ...

    async def ask_prose(
        self, call: ModelCall, *, on_text: Callable[[str], None] | None = None
    ) -> Prose:
        """Return the answer as text; with ``on_text``, send it there as it comes."""
        ...


@dataclass(frozen=True)
class ModelSession:
    """One run's way to ask its models. It knows no library."""

    llm: ModelClient
    prompts: PromptBuilder
    report_problem: Callable[[str], None]
    """Takes a line for the report."""
    judges: RunJudges
    """How far what the reviewer's model says is to be trusted."""
    ablation: Ablation = field(default_factory=Ablation)
    """Which parts of the work are switched on."""

    async def ask_or_report(
        self,
        call: ModelCall,
        response_schema: type[F],
        problem: str,
        find_fault: Callable[[F], str | None] = lambda _: None,
        *,
        only_unusable: bool = False,
    ) -> F | None:
        """Return the answer; if there is none, report ``problem`` with its cause, and return None.

        ``only_unusable``: a model that gives no answer at all is raised, not reported.

        Raises:
            BudgetSpent: a limit of the run was reached.
        """
        try:
            return await self.llm.ask_structured(call, response_schema, find_fault)
        except UnusableAnswer as fault:
            self.report_problem(f"{problem} ({fault.fault if only_unusable else fault})")
        except ModelError as fault:
            if only_unusable:
                raise
            self.report_problem(f"{problem} ({fault})")
        return None


def split_into_batches(items: Sequence[T], size: int) -> list[Sequence[T]]:
    """Return ``items`` in their order by ``size``, the most that one call is asked about."""
    return [items[start : start + size] for start in range(0, len(items), size)]
