"""How a batch is to be run: with which parts, within which limits, and what of it again."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from inkwright.agents.llm.budget import UsageBudget
from inkwright.agents.llm.config import Ablation, Limits
from inkwright.app.config import endpoints
from inkwright.app.config.prices import PriceList
from inkwright.app.config.settings import Settings
from inkwright.app.export.formats import Format
from inkwright.app.services.run_options import UNLIMITED
from inkwright.memory.errors import BadInput
from inkwright.memory.store.journal import RoleUsage

Retry = Literal["flagged", "failed"]
Mode = Literal["whole", "plan", "approved"]
Engine = Literal["local", "ray"]
FULL_PIPELINE = Ablation()


class EarlierUsage(NamedTuple):
    """What earlier runs have taken."""

    calls: int = 0
    tokens: int = 0
    cost: float = 0.0
    """In the settings' currency; 0 where no price is known."""


@dataclass(frozen=True)
class BatchOptions:
    """What was asked for besides the lines."""

    ablation: Ablation = FULL_PIPELINE
    batch_limits: Limits = UNLIMITED
    """What the batch may spend, earlier runs of it included; minutes count in this run."""
    brief_limits: Limits = UNLIMITED
    """What each brief may spend, earlier runs included; minutes count in this run."""
    retry: frozenset[Retry] = frozenset()
    """``failed``: lines that are partial too."""
    mode: Mode = "whole"
    """``plan``: outlines only; ``approved``: write those that were planned so."""
    formats: tuple[Format, ...] = ()
    """What each manuscript is exported to, beside the output."""
    engine: Engine = "local"
    """``local``: in this process; ``ray``: on a Ray cluster, by ``workers`` processes."""
    workers: int | None = None
    """None: as many as the cluster has CPUs and the calls in flight go round for."""


@dataclass
class BatchOutcome:
    """How a run of a batch ended."""

    count_by_status: Counter[str]
    """Lines that have a result now, by its status; those of earlier runs too."""
    count_by_reason: Counter[str]
    """Lines without one, by the reason."""
    moved_lines: int = 0
    """Lines of other briefs that were moved out of the output."""
    files_missing: int = 0
    """Files of finished lines that could not be made; the next run tries again."""
    calls: int = 0
    """Calls sent in this run."""
    seconds: float = 0.0
    stopped_by: Exception | None = None
    """A budget that is spent, or models that answer no more."""

    def is_over(self, budget: UsageBudget) -> bool:
        """True when no more lines may begin."""
        if self.stopped_by is None:
            self.stopped_by = budget.limit_error
        return self.stopped_by is not None


def subtract_usage(limits: Limits, usage: EarlierUsage) -> Limits:
    """Return what is left of ``limits``.

    Raises:
        BudgetSpent: nothing.
    """
    calls, tokens, cost = usage
    budget = UsageBudget(limits, calls=calls, tokens=tokens, cost=cost)
    if (budget_error := budget.limit_error) is not None:
        raise budget_error
    return limits.model_copy(
        update={
            "max_calls": None if limits.max_calls is None else limits.max_calls - calls,
            "max_tokens": None if limits.max_tokens is None else limits.max_tokens - tokens,
            "max_cost": None if limits.max_cost is None else limits.max_cost - cost,
        }
    )


def sum_usage(usage: Sequence[RoleUsage], price_list: PriceList) -> EarlierUsage:
    """Return what calls took together."""
    return EarlierUsage(
        sum(u.calls for u in usage),
        sum(u.prompt + u.completion for u in usage),
        price_list.compute_usage_cost(usage) or 0.0,
    )


def check_engine(settings: Settings, batch_options: BatchOptions) -> None:
    """See that what the processes of a batch share can be reached from all their machines.

    Raises:
        BadInput: something is a file or a process of this machine.
    """
    if batch_options.engine == "local":
        return
    if (settings.library_address or "sqlite").startswith("sqlite"):
        raise BadInput(
            "--engine ray needs a library that all machines reach: set INKWRIGHT_LIBRARY_URL to "
            "something like postgresql://user@host/name"
        )
    if settings.index_url is None and batch_options.ablation.memory in ("vector", "full"):
        raise BadInput(
            "--engine ray needs a vector index that all machines reach: set INKWRIGHT_INDEX_URL to "
            "a Chroma server such as http://host:8000/NAME"
        )
    if batch_options.batch_limits.max_cost is not None:
        raise BadInput(
            "--engine ray cannot keep to --max-cost, which its processes would share:"
            " give --each-max-cost, or write with --engine local"
        )
    if any(named_model.embedded_file for named_model in endpoints.resolve_models(settings)):
        raise BadInput("--engine ray needs models at an address: set INKWRIGHT_API_BASE")
