"""What a run would take: it is rehearsed, with an understudy for every model, and nothing is sent.

The rehearsal goes through the same planner, graphs and scheduler as a run, on a copy of the
library, so a work that is half written is estimated from where it stands. How fast the model
answers, how long its answers are and how often it needs repairs comes from the journal of earlier
works, where there are any.
"""

import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from inkwright.agents.llm.config import ROLES, Ablation, CallSettings
from inkwright.agents.llm.events import CallAnswered, Event
from inkwright.app.config import endpoints
from inkwright.app.config.settings import Settings
from inkwright.app.display.formatting import duration
from inkwright.app.estimates import call_statistics
from inkwright.app.estimates.call_statistics import RepairStatistics
from inkwright.app.estimates.fake_model import FakeModel
from inkwright.app.estimates.virtual_clock import run_hurried
from inkwright.memory.domain.brief import Brief
from inkwright.memory.errors import LibraryUnusable
from inkwright.memory.store import works
from inkwright.memory.store.library import Library
from inkwright.memory.store.works import Work

TYPICAL_CONTEXT = 32_768
"""Context length in tokens of a served model, until settings or an earlier work say."""
TYPICAL_TOKENS = 1.08
"""Tokens that a served model counts for one of o200k_base's, until it was measured."""
OWN_S = 0.025
"""CPU time of ours for one call, on one core."""
TAIL_SHARE = 0.5
"""Of the time of one work alone: how long slots are only half used in the end."""
LARGEST_COPY_BYTES = 500_000_000
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
    pace: str
    """Where speed and lengths come from."""
    money: str
    service_s: float = 0.0
    """Time of all calls added up."""
    startup_s: float = 0.0
    """Of ``seconds``: before the first call."""

    def lines(self) -> Iterator[str]:
        """Say it in plain lines."""
        roles = ", ".join(f"{role} {n}" for role, n in self.calls.items())
        by_role = f" ({roles})" if roles else ""
        reused = f", {self.from_journal} more from the journal" if self.from_journal else ""
        yield f"would write {self.words:,} words in {self.sections} sections"
        yield f"calls: {sum(self.calls.values()):,}{by_role}{reused}"
        yield from self.spending()
        yield "nothing was sent"

    def spending(self) -> Iterator[str]:
        """Say in plain lines what the calls would take."""
        yield (
            f"tokens: {self.prompt_tokens:,} prompt ({self.cached_tokens:,} of them cached), "
            f"{self.completion_tokens:,} completion"
        )
        yield f"time: about {duration(self.seconds)} ({self.pace})"
        yield f"money: {self.money}"


def estimate(brief: Brief, settings: Settings, arms: Ablation, *, fresh: bool = False) -> Estimate:
    """Return what writing ``brief`` would take.

    Raises:
        BadInput: no model is set, or its constraints cannot be met.
    """
    return next(estimate_each([(brief, None)], settings, arms, fresh=fresh))


def estimate_each(
    briefs: Iterable[tuple[Brief, str | None]],
    settings: Settings,
    arms: Ablation,
    *,
    fresh: bool = False,
) -> Iterator[Estimate]:
    """Yield what writing each brief alone would take; beside it, the id that tells it apart.

    Raises:
        BadInput: as ``estimate``.
    """
    calling = endpoints.rehearsing(settings)
    startup_s = _startup(calling, arms)
    with TemporaryDirectory(prefix="inkwright-") as folder:
        _copy(settings, Path(folder))
        with closing(Library.open(Path(folder))) as library:
            for brief, apart in briefs:
                kept = arms.model_dump()
                work = works.begin(library, brief, kept, fresh=fresh, apart=apart)
                if work.status == "new":
                    work = works.begin(library, _playable(brief), kept, fresh=True, apart=apart)
                yield _rehearsed(library, work, calling, settings, startup_s)


def together(found: Sequence[Estimate], times: float, settings: Settings) -> Estimate:
    """Return what works would take on one set of slots, when each stands for ``times`` works.

    Slots are full until the last works no longer fill them. However fast the model, each call costs
    time of our own.
    """
    calling = endpoints.rehearsing(settings)
    calls: dict[str, int] = {}
    for role in ROLES:
        if number := sum(f.calls.get(role, 0) for f in found):
            calls[role] = round(number * times)
    service_s = sum(f.service_s for f in found) * times
    startup_s = max((f.startup_s for f in found), default=0.0)
    alone = [f.seconds - f.startup_s for f in found]
    full_s = max(service_s / calling.concurrency, sum(calls.values()) * OWN_S)
    tail_s = sum(alone) / max(len(alone), 1) * TAIL_SHARE
    whole = Estimate(
        calls=calls,
        from_journal=round(sum(f.from_journal for f in found) * times),
        prompt_tokens=round(sum(f.prompt_tokens for f in found) * times),
        cached_tokens=round(sum(f.cached_tokens for f in found) * times),
        completion_tokens=round(sum(f.completion_tokens for f in found) * times),
        seconds=max(full_s + tail_s, *alone, 0.0) + startup_s,
        sections=round(sum(f.sections for f in found) * times),
        words=round(sum(f.words for f in found) * times),
        pace=found[0].pace if found else "",
        money="",
        service_s=service_s,
    )
    return replace(whole, money=_money(whole, settings))


def _playable(brief: Brief) -> Brief:
    """Return the brief without what an understudy cannot write: patterns, and most languages."""
    return brief.model_copy(
        update={
            "constraints": tuple(
                c for c in brief.constraints if c.kind not in ("language", "pattern")
            ),
            "language": brief.language if brief.language in ("en", "zh", "ja") else None,
        }
    )


def _rehearsed(
    library: Library, work: Work, calling: CallSettings, settings: Settings, startup_s: float
) -> Estimate:
    from inkwright.agents.context.run_context import language_is_han
    from inkwright.agents.embedding.embedder import embedder_for
    from inkwright.agents.llm.tokenizer import MARGIN, ScaledTokenizer
    from inkwright.app.estimates.simulation import rehearse

    known = call_statistics.of(library, calling.endpoints["writer"].model, settings)
    tokens = known.tokens or TYPICAL_TOKENS
    typical = {
        "tokenizer_factor": known.tokenizer_factor or tokens * MARGIN,
        "context_tokens": calling.context_tokens or known.context_tokens or TYPICAL_CONTEXT,
        "slots": calling.concurrency,
    }
    pinned = typical | {k: v for k, v in (work.pinned or {}).items() if v is not None}
    han = language_is_han(work.brief)
    stand_in = FakeModel(work.brief.request, known.pace, ScaledTokenizer(tokens).count, han=han)
    searches = embedder_for(calling, stand_in).embed is not None
    events: list[Event] = []
    with works.leased(library, work.id) as lease:
        rehearsal = rehearse(
            library, lease, work, pinned, stand_in, calling, events.append, searches=searches
        )
        desk, seconds = run_hurried(rehearsal)
    answered = [e for e in events if isinstance(e, CallAnswered)]
    calls = [c for c in answered if not c.from_journal]
    outline = desk.plan.outline
    found = Estimate(
        calls={role: n for role in ROLES if (n := sum(c.role == role for c in calls))},
        from_journal=len(answered) - len(calls),
        prompt_tokens=sum(c.prompt_tokens for c in calls),
        cached_tokens=sum(c.cached_tokens for c in calls),
        completion_tokens=sum(c.completion_tokens for c in calls),
        seconds=seconds,
        sections=len(outline.sections),
        words=outline.target_words,
        pace=known.said,
        money="",
        service_s=sum(c.seconds for c in calls),
    )
    drafted = sum(c.purpose == "write" for c in calls)
    side_by_side = max(sum(c.seconds for c in calls) / seconds, 1.0) if seconds else 1.0
    found = _with_repairs(found, known.repairs, drafted, side_by_side)
    found = replace(found, seconds=found.seconds + startup_s, startup_s=startup_s)
    return replace(found, money=_money(found, settings))


def _with_repairs(
    found: Estimate, repairs: Sequence[RepairStatistics], sections: int, side_by_side: float
) -> Estimate:
    """Add what earlier works needed beside the drafts themselves."""
    calls = dict(found.calls)
    for r in repairs:
        calls[r.role] = calls.get(r.role, 0) + round(r.calls * sections)
    return replace(
        found,
        calls={role: calls[role] for role in ROLES if calls.get(role)},
        prompt_tokens=found.prompt_tokens + round(sum(r.prompt for r in repairs) * sections),
        cached_tokens=found.cached_tokens + round(sum(r.cached for r in repairs) * sections),
        completion_tokens=found.completion_tokens
        + round(sum(r.completion for r in repairs) * sections),
        seconds=found.seconds + sum(r.seconds for r in repairs) * sections / side_by_side,
        service_s=found.service_s + sum(r.seconds for r in repairs) * sections,
    )


def _startup(calling: CallSettings, arms: Ablation) -> float:
    """Return the seconds that a run takes before its first call, by loading what it loads."""
    began = time.monotonic()
    import_module("inkwright.agents.orchestration.run")
    from inkwright.agents.llm.offline import stay_offline
    from inkwright.agents.llm.tokenizer import ScaledTokenizer

    stay_offline()
    import_module("litellm")
    ScaledTokenizer().count("word")
    if arms.memory in ("vector", "full"):
        import_module("chromadb")
        if "embedder" not in calling.endpoints:
            _load_offline_embedder()
    return time.monotonic() - began


def _load_offline_embedder() -> None:
    from inkwright.agents.embedding.minilm import EmbedderMissing, MiniLM

    try:
        MiniLM().embed(["word"])
    except EmbedderMissing:
        return


def _copy(settings: Settings, folder: Path) -> None:
    """Copy the library to ``folder``, so that a rehearsal starts from where a work stands."""
    file = settings.home / "library.db"
    if settings.library_url or not file.exists() or file.stat().st_size > LARGEST_COPY_BYTES:
        return
    try:
        with (
            closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as found,
            closing(sqlite3.connect(folder / file.name)) as copy,
        ):
            found.backup(copy)
    except sqlite3.DatabaseError as fault:
        raise LibraryUnusable(f"the library in {settings.home} cannot be read: {fault}") from fault


def cost(
    settings: Settings, prompt_tokens: float, completion_tokens: float, seconds: float
) -> float | None:
    """Return what that costs by the prices that are set; None: no price is."""
    if settings.price_gpu_hour is not None:
        return seconds / 3600 * settings.price_gpu_hour
    if settings.price_prompt is None and settings.price_completion is None:
        return None
    prompt, completion = settings.price_prompt or 0.0, settings.price_completion or 0.0
    return (prompt_tokens * prompt + completion_tokens * completion) / 1e6


def _money(found: Estimate, settings: Settings) -> str:
    """Say what it costs by the prices that are set."""
    money = cost(settings, found.prompt_tokens, found.completion_tokens, found.seconds)
    if money is None:
        return (
            "no price is set (INKWRIGHT_PRICE_PROMPT and INKWRIGHT_PRICE_COMPLETION for a million "
            "tokens, or INKWRIGHT_PRICE_GPU_HOUR)"
        )
    if settings.price_gpu_hour is not None:
        return f"{money:,.2f} {settings.currency} at {settings.price_gpu_hour:g} a GPU hour"
    prompt, completion = settings.price_prompt or 0.0, settings.price_completion or 0.0
    return f"{money:,.2f} {settings.currency} at {prompt:g} and {completion:g} a million tokens"
