"""What earlier works show about a model: its speed, the length of its answers, its repairs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from sqlalchemy import func, or_, select

from inkwright.app.config.settings import Settings
from inkwright.app.estimates.fake_model import CallPace
from inkwright.memory.store import journal, schema
from inkwright.memory.store.library import Library

FORMS = {
    "Requirements": "requirements",
    "Cast": "entries",
    "Delta": "remember",
    "Verdicts": "check %",
}
"""Name of an answer's form to the purpose of the calls that ask for it."""
RECENT_CALLS = 400
PROMPTS_COUNTED = 30
ENOUGH_CALLS = 5
"""Fewer calls say nothing about speed."""
OVERHEAD_S = 0.03
"""Seconds of a call beside its tokens, until it is measured."""
REPAIRS = ("continue %", "trim %", "patch %", "update %", "settle%", "repair %")
"""Purposes of the calls that a draft without faults would not have needed."""


@dataclass(frozen=True)
class RepairStatistics:
    """Calls of one role that earlier works needed for repairs, for each of their sections."""

    role: str
    calls: float
    prompt: float
    cached: float
    completion: float
    seconds: float


@dataclass(frozen=True)
class CallStatistics:
    """What is known of a model before a run."""

    pace: CallPace
    said: str
    """Where the speed comes from."""
    tokens: float | None = None
    """Tokens that the model counts in a prompt for one of o200k_base's."""
    tokenizer_factor: float | None = None
    context_tokens: int | None = None
    repairs: tuple[RepairStatistics, ...] = field(default=())


def of(library: Library, model: str, settings: Settings) -> CallStatistics:
    """Return what the library's journal shows about ``model``, and the settings for the rest."""
    measured = _calls(library, model)
    if len(measured) < ENOUGH_CALLS:
        pace = CallPace(OVERHEAD_S, 1 / settings.prompt_speed, 1 / settings.completion_speed)
        said = (
            f"by the settings prompt_speed {settings.prompt_speed:g} and completion_speed "
            f"{settings.completion_speed:g} tokens/s: {model} has not been measured here"
        )
        return CallStatistics(pace, said, context_tokens=settings.context_tokens)
    pace = CallPace(
        *_fitted(measured),
        completion=_completions(library, model),
        tokens_a_word=_tokens_a_word(library, model),
    )
    pinned = _pinned(library, model)
    factor, context = pinned.get("tokenizer_factor"), pinned.get("context_tokens")
    return CallStatistics(
        pace,
        f"as measured over {len(measured):,} calls to {model}",
        _tokens(library, model),
        float(factor) if isinstance(factor, (int, float)) else None,
        settings.context_tokens or (int(context) if isinstance(context, int) else None),
        _repairs(library, model),
    )


def _calls(library: Library, model: str) -> list[tuple[float, float, float]]:
    """Return uncached prompt tokens, completion tokens and seconds of the newest calls."""
    table = schema.journal
    with library.read() as db:
        rows = db.execute(
            select(
                table.c.prompt_tokens - table.c.cached_tokens,
                table.c.completion_tokens,
                table.c.seconds,
            )
            .where(table.c.asked_for == model)
            .order_by(table.c.id.desc())
            .limit(RECENT_CALLS)
        )
        return [(float(p), float(c), float(s)) for p, c, s in rows]


def _fitted(calls: Sequence[tuple[float, float, float]]) -> tuple[float, float, float]:
    """Return seconds a call, a prompt token and a completion token: least squares, none negative.

    Of the fits that leave some of the three out, the best without a negative part is taken.
    """
    table = np.array(calls)
    inputs = np.column_stack([np.ones(len(table)), table[:, 0], table[:, 1]])
    best, least = np.zeros(3), float("inf")
    for kept in ([0, 1, 2], [0, 2], [1, 2], [0, 1], [2], [0], [1]):
        found = np.zeros(3)
        found[kept] = np.linalg.lstsq(inputs[:, kept], table[:, 2], rcond=None)[0]
        miss = float(((inputs @ found - table[:, 2]) ** 2).sum())
        if (found >= 0).all() and miss < least:
            best, least = found, miss
    return float(best[0]), float(best[1]), float(best[2])


def _pinned(library: Library, model: str) -> Mapping[str, object]:
    """Return what the newest work written by ``model`` has pinned."""
    table = schema.journal
    newest = select(table.c.work).where(table.c.asked_for == model).order_by(table.c.id.desc())
    with library.read() as db:
        work = db.execute(newest.limit(1)).scalar()
        if work is None:
            return {}
        found = db.execute(select(schema.works.c.pinned).where(schema.works.c.id == work)).scalar()
    return found or {}


def _tokens(library: Library, model: str) -> float | None:
    """Return the tokens that newest prompts took, for one that o200k_base counts in them."""
    from inkwright.agents.llm.tokenizer import ScaledTokenizer

    raw = ScaledTokenizer().raw
    counted = ours = 0
    for prompt_tokens, texts in journal.newest_prompts(library, model, PROMPTS_COUNTED):
        counted += prompt_tokens
        ours += sum(raw(text) for text in texts)
    return counted / ours if counted and ours else None


def _completions(library: Library, model: str) -> dict[str, float]:
    table = schema.journal
    found = {}
    with library.read() as db:
        for form, purpose in FORMS.items():
            mean = db.execute(
                select(func.avg(table.c.completion_tokens)).where(
                    table.c.asked_for == model, table.c.purpose.like(purpose)
                )
            ).scalar()
            if mean is not None:
                found[form] = float(mean)
    return found


def _tokens_a_word(library: Library, model: str) -> float | None:
    """Return the completion tokens that a word of a first draft took."""
    calls, texts = schema.journal, schema.drafts
    tokens = (
        select(calls.c.work, calls.c.step, func.max(calls.c.completion_tokens).label("tokens"))
        .where(calls.c.asked_for == model, calls.c.purpose == "write", calls.c.finish == "stop")
        .group_by(calls.c.work, calls.c.step)
        .subquery()
    )
    drafted = (texts.c.work == tokens.c.work) & (texts.c.section == tokens.c.step)
    query = (
        select(func.sum(tokens.c.tokens), func.sum(texts.c.words))
        .select_from(tokens)
        .join(texts, drafted & (texts.c.version == 1))
    )
    with library.read() as db:
        spent, words = db.execute(query).one()
    return float(spent) / float(words) if spent and words else None


def _repairs(library: Library, model: str) -> tuple[RepairStatistics, ...]:
    table = schema.journal
    ended = select(schema.works.c.id).where(schema.works.c.status.in_(("complete", "flagged")))
    mine = (table.c.asked_for == model) & table.c.work.in_(ended)
    with library.read() as db:
        written = select(func.count()).where(mine, table.c.purpose == "write")
        sections = db.execute(written.select_from(table)).scalar_one()
        if not sections:
            return ()
        rows = db.execute(
            select(
                table.c.role,
                func.count(),
                func.sum(table.c.prompt_tokens),
                func.sum(table.c.cached_tokens),
                func.sum(table.c.completion_tokens),
                func.sum(table.c.seconds),
            )
            .where(mine, or_(*(table.c.purpose.like(p) for p in REPAIRS)))
            .group_by(table.c.role)
        ).all()
    return tuple(RepairStatistics(r[0], *(float(n) / sections for n in r[1:])) for r in rows)
