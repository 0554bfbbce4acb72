"""What a run would take: it is rehearsed, with an understudy for every model, and nothing is sent.

The rehearsal goes through the same planner, graphs and scheduler as a run, on a copy of the
library, so a work that is half written is estimated from where it stands. How fast the model
answers, how long its answers are and how often it needs repairs comes from the journal of earlier
works, where there are any.
"""

import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from inkwright.agents.llm.config import ROLES, Ablation, CallSettings, Role, TokenPrice
from inkwright.agents.llm.events import CallAnswered, Event
from inkwright.app.config import endpoints
from inkwright.app.config.settings import Settings
from inkwright.app.display.formatting import format_duration
from inkwright.app.estimates import call_statistics
from inkwright.app.estimates.call_statistics import RepairStatistics
from inkwright.app.estimates.fake_model import FakeModel
from inkwright.app.estimates.virtual_clock import run_on_virtual_clock
from inkwright.memory.domain.brief import Brief
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.errors import LibraryUnusable
from inkwright.memory.store import works
from inkwright.memory.store.library import Library
from inkwright.memory.store.run_state import RunSettings
from inkwright.memory.store.works import Work

TYPICAL_CONTEXT_TOKENS = 32_768
"""Context length in tokens of a served model, until settings or an earlier work say."""
TYPICAL_TOKEN_RATIO = 1.08
"""Tokens that a served model counts for one of o200k_base's, until it was measured."""
OWN_CALL_S = 0.025
"""CPU time of ours for one call, on one core."""
TAIL_SHARE = 0.5
"""Of the time of one work alone: how long slots are only half used in the end."""
MAX_COPY_BYTES = 500_000_000
"""A larger library is not copied; the estimate then starts from nothing."""


@dataclass(frozen=True)
class Estimate:
    """What a run would take."""

    calls: dict[str, int]
    """By role; answers from the journal are not among them."""
    from_journal: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    seconds: float
    sections: int
    words: int
    pace_basis: str
    """Where speed and lengths come from."""
    money: str
    service_s: float = 0.0
    """Time of all calls added up."""
    startup_s: float = 0.0
    """Of ``seconds``: before the first call."""
    length_note: str = ""
    """How the length was read."""
    token_cost: float | None = None
    """What the tokens cost, in the settings' currency. None: the price of a model is not known."""

    def format_lines(self) -> Iterator[str]:
        """Say it in plain lines."""
        roles = ", ".join(f"{role} {n}" for role, n in self.calls.items())
        by_role = f" ({roles})" if roles else ""
        reused = f", {self.from_journal} more from the journal" if self.from_journal else ""
        yield f"would write {self.words:,} words in {self.sections} sections"
        if self.length_note:
            yield self.length_note
        yield f"calls: {sum(self.calls.values()):,}{by_role}{reused}"
        yield from self.format_spending()
        yield "nothing was sent"

    def format_spending(self) -> Iterator[str]:
        """Say in plain lines what the calls would take."""
        yield (
            f"tokens: {self.prompt_tokens:,} prompt ({self.cached_tokens:,} of them cached), "
            f"{self.completion_tokens:,} completion"
        )
        yield f"time: about {format_duration(self.seconds)} ({self.pace_basis})"
        yield f"money: {self.money}"


def estimate(
    brief: Brief, settings: Settings, ablation: Ablation, *, fresh: bool = False
) -> Estimate:
    """Return what writing ``brief`` would take.

    Raises:
        BadInput: no model is set, or its constraints cannot be met.
    """
    return next(estimate_each([(brief, None)], settings, ablation, fresh=fresh))


def estimate_each(
    briefs: Iterable[tuple[Brief, str | None]],
    settings: Settings,
    ablation: Ablation,
    *,
    fresh: bool = False,
) -> Iterator[Estimate]:
    """Yield what writing each brief alone would take; beside it, the id that tells it apart.

    Raises:
        BadInput: as ``estimate``.
    """
    call_settings = endpoints.build_simulated_settings(settings)
    startup_s = _measure_startup(call_settings, ablation)
    with TemporaryDirectory(prefix="inkwright-") as folder:
        _copy_library(settings, Path(folder))
        with closing(Library.open(Path(folder))) as library:
            for brief, distinguishing_id in briefs:
                ablation_fields = ablation.model_dump()
                work = works.begin(
                    library,
                    brief,
                    ablation_fields,
                    fresh=fresh,
                    distinguishing_id=distinguishing_id,
                )
                if work.status == "new":
                    work = works.begin(
                        library,
                        _simplify_brief(brief),
                        ablation_fields,
                        fresh=True,
                        distinguishing_id=distinguishing_id,
                    )
                yield _simulate_estimate(library, work, call_settings, settings, startup_s)


def combine_estimates(
    estimates: Sequence[Estimate], works_per_estimate: float, settings: Settings
) -> Estimate:
    """Return what works take on one set of slots, when each stands for ``works_per_estimate``.

    Slots are full until the last works no longer fill them. However fast the model, each call costs
    time of our own.
    """
    call_settings = endpoints.build_simulated_settings(settings)
    calls: dict[str, int] = {}
    for role in ROLES:
        if call_count := sum(f.calls.get(role, 0) for f in estimates):
            calls[role] = round(call_count * works_per_estimate)
    service_s = sum(f.service_s for f in estimates) * works_per_estimate
    startup_s = max((f.startup_s for f in estimates), default=0.0)
    seconds_alone = [f.seconds - f.startup_s for f in estimates]
    full_s = max(service_s / call_settings.concurrency, sum(calls.values()) * OWN_CALL_S)
    tail_s = sum(seconds_alone) / max(len(seconds_alone), 1) * TAIL_SHARE
    combined_estimate = Estimate(
        calls=calls,
        from_journal=round(sum(f.from_journal for f in estimates) * works_per_estimate),
        prompt_tokens=round(sum(f.prompt_tokens for f in estimates) * works_per_estimate),
        cached_tokens=round(sum(f.cached_tokens for f in estimates) * works_per_estimate),
        completion_tokens=round(sum(f.completion_tokens for f in estimates) * works_per_estimate),
        seconds=max(full_s + tail_s, *seconds_alone, 0.0) + startup_s,
        sections=round(sum(f.sections for f in estimates) * works_per_estimate),
        words=round(sum(f.words for f in estimates) * works_per_estimate),
        pace_basis=estimates[0].pace_basis if estimates else "",
        money="",
        service_s=service_s,
        token_cost=None
        if any(f.token_cost is None for f in estimates)
        else sum(f.token_cost or 0.0 for f in estimates) * works_per_estimate,
    )
    return replace(
        combined_estimate, money=_format_cost(combined_estimate, settings, call_settings.prices)
    )


def _simplify_brief(brief: Brief) -> Brief:
    """Return the brief without what an understudy cannot write: patterns, and most languages."""
    return brief.model_copy(
        update={
            "constraints": tuple(
                c for c in brief.constraints if c.kind not in ("language", "pattern")
            ),
            "language": brief.language if brief.language in ("en", "zh", "ja") else None,
        }
    )


def _simulate_estimate(
    library: Library, work: Work, call_settings: CallSettings, settings: Settings, startup_s: float
) -> Estimate:
    from inkwright.agents.context.prompt_builder import language_is_han
    from inkwright.agents.embedding.embedder import create_embedder
    from inkwright.agents.llm.tokenizer import MARGIN, ScaledTokenizer
    from inkwright.agents.planning.requirements import describe_length
    from inkwright.app.estimates.simulation import simulate_run

    statistics = call_statistics.load_statistics(
        library, call_settings.endpoints["writer"].model, settings
    )
    token_ratio = statistics.token_ratio or TYPICAL_TOKEN_RATIO
    is_han = language_is_han(work.brief)
    fake_model = FakeModel(
        work.brief.request, statistics.pace, ScaledTokenizer(token_ratio).count, is_han=is_han
    )
    embedder = create_embedder(call_settings, fake_model)
    run_settings = work.run_settings or RunSettings(
        tokenizer_factor=statistics.tokenizer_factor or token_ratio * MARGIN,
        context_tokens=call_settings.context_tokens
        or statistics.context_tokens
        or TYPICAL_CONTEXT_TOKENS,
        slots=call_settings.concurrency,
        embedder=embedder.name,
    )
    events: list[Event] = []
    with works.hold_lease(library, work.id) as lease:
        simulated_run = simulate_run(
            library,
            lease,
            work,
            run_settings,
            fake_model,
            call_settings,
            events.append,
            uses_search=embedder.embed is not None,
        )
        context, seconds = run_on_virtual_clock(simulated_run)
    answered_calls = [e for e in events if isinstance(e, CallAnswered)]
    paid_calls = [c for c in answered_calls if not c.from_journal]
    outline = context.plan.outline
    run_estimate = Estimate(
        calls={role: n for role in ROLES if (n := sum(c.role == role for c in paid_calls))},
        from_journal=len(answered_calls) - len(paid_calls),
        prompt_tokens=sum(c.prompt_tokens for c in paid_calls),
        cached_tokens=sum(c.cached_tokens for c in paid_calls),
        completion_tokens=sum(c.completion_tokens for c in paid_calls),
        seconds=seconds,
        sections=len(outline.sections),
        words=outline.target_words,
        pace_basis=statistics.basis,
        money="",
        service_s=sum(c.seconds for c in paid_calls),
        length_note=describe_length(work.brief, outline.target_words),
        token_cost=_sum_costs(paid_calls, call_settings),
    )
    draft_count = sum(c.purpose == Purpose.WRITE for c in paid_calls)
    parallelism = max(sum(c.seconds for c in paid_calls) / seconds, 1.0) if seconds else 1.0
    run_estimate = _add_repairs(
        run_estimate, statistics.repairs, draft_count, parallelism, call_settings
    )
    run_estimate = replace(
        run_estimate, seconds=run_estimate.seconds + startup_s, startup_s=startup_s
    )
    return replace(run_estimate, money=_format_cost(run_estimate, settings, call_settings.prices))


def _add_repairs(
    run_estimate: Estimate,
    repairs: Sequence[RepairStatistics],
    section_count: int,
    parallelism: float,
    call_settings: CallSettings,
) -> Estimate:
    """Add what earlier works needed beside the drafts themselves."""
    calls = dict(run_estimate.calls)
    repair_cost = _sum_costs(repairs, call_settings)
    token_cost = run_estimate.token_cost
    for r in repairs:
        calls[r.role] = calls.get(r.role, 0) + round(r.calls * section_count)
    return replace(
        run_estimate,
        calls={role: calls[role] for role in ROLES if calls.get(role)},
        prompt_tokens=run_estimate.prompt_tokens
        + round(sum(r.prompt_tokens for r in repairs) * section_count),
        cached_tokens=run_estimate.cached_tokens
        + round(sum(r.cached_tokens for r in repairs) * section_count),
        completion_tokens=run_estimate.completion_tokens
        + round(sum(r.completion_tokens for r in repairs) * section_count),
        seconds=run_estimate.seconds
        + sum(r.seconds for r in repairs) * section_count / parallelism,
        service_s=run_estimate.service_s + sum(r.seconds for r in repairs) * section_count,
        token_cost=None
        if token_cost is None or repair_cost is None
        else token_cost + repair_cost * section_count,
    )


def _sum_costs(
    calls: Sequence[CallAnswered] | Sequence[RepairStatistics], call_settings: CallSettings
) -> float | None:
    """Return what calls cost together; None: the price of a model is not known."""
    amount = 0.0
    for c in calls:
        model = call_settings.endpoints[cast(Role, c.role)].model
        if (price := call_settings.prices.get(model)) is None:
            return None
        amount += price.compute_cost(c.prompt_tokens, c.cached_tokens, c.completion_tokens)
    return amount


def _measure_startup(call_settings: CallSettings, ablation: Ablation) -> float:
    """Return the seconds that a run takes before its first call, by loading what it loads."""
    started_at = time.monotonic()
    import_module("inkwright.agents.orchestration.run")
    from inkwright.agents.llm.offline import stay_offline
    from inkwright.agents.llm.tokenizer import ScaledTokenizer

    stay_offline()
    import_module("litellm")
    ScaledTokenizer().count("word")
    if ablation.memory in ("vector", "full"):
        import_module("chromadb")
        if "embedder" not in call_settings.endpoints:
            _load_offline_embedder()
    return time.monotonic() - started_at


def _load_offline_embedder() -> None:
    from inkwright.agents.embedding.minilm import EmbedderMissing, MiniLM

    try:
        MiniLM().embed(["word"])
    except EmbedderMissing:
        return


def _copy_library(settings: Settings, folder: Path) -> None:
    """Copy the library to ``folder``, so that a rehearsal starts from where a work stands."""
    file = settings.home / "library.db"
    if settings.library_url or not file.exists() or file.stat().st_size > MAX_COPY_BYTES:
        return
    try:
        with (
            closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as source_db,
            closing(sqlite3.connect(folder / file.name)) as target_db,
        ):
            source_db.backup(target_db)
    except sqlite3.DatabaseError as fault:
        raise LibraryUnusable(f"the library in {settings.home} cannot be read: {fault}") from fault


def _format_cost(
    run_estimate: Estimate, settings: Settings, prices: Mapping[str, TokenPrice]
) -> str:
    """Say what it costs by the prices that are known."""
    if (hour := settings.price_gpu_hour) is not None:
        hour_cost = run_estimate.seconds / 3600 * hour
        return f"{hour_cost:,.2f} {settings.currency} at {hour:g} a GPU hour"
    amount = run_estimate.token_cost
    if amount is None:
        return (
            "no price is set (INKWRIGHT_PRICE_PROMPT and INKWRIGHT_PRICE_COMPLETION for a million "
            "tokens, INKWRIGHT_PRICES for single models, or INKWRIGHT_PRICE_GPU_HOUR)"
        )
    each_price = {f"{p.prompt:g} and {p.completion:g}" for p in prices.values()}
    rates = f" at {each_price.pop()} a million tokens" if len(each_price) == 1 else ""
    return f"{amount:,.2f} {settings.currency}{rates}"
