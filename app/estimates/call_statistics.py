"""What earlier works show about a model: its speed, the length of its answers, its repairs."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from sqlalchemy import func, select

from inkwright.app.config.settings import Settings
from inkwright.app.estimates.fake_model import CallPace
from inkwright.memory.domain.purpose import REPAIR_PURPOSES, Purpose
from inkwright.memory.store import journal, schema, works
from inkwright.memory.store.library import Library
from inkwright.memory.store.run_state import RunSettings

PURPOSE_BY_FORM = {
    "Requirements": Purpose.REQUIREMENTS,
    "Cast": Purpose.ENTRIES,
    "Delta": Purpose.REMEMBER,
    "Verdicts": Purpose.CHECK,
}
"""Name of an answer's form to the purpose of the calls that ask for it."""
RECENT_CALLS = 400
MAX_COUNTED_PROMPTS = 30
MIN_CALLS = 5
"""Fewer calls say nothing about speed."""
DEFAULT_OVERHEAD_S = 0.03
"""Seconds of a call beside its tokens, until it is measured."""


@dataclass(frozen=True)
class RepairStatistics:
    """Calls of one role that earlier works needed for repairs, for each of their sections."""

    role: str
    calls: float
    prompt_tokens: float
    cached_tokens: float
    completion_tokens: float
    seconds: float


@dataclass(frozen=True)
class CallStatistics:
    """What is known of a model before a run."""

    pace: CallPace
    basis: str
    """Where the speed comes from."""
    token_ratio: float | None = None
    """Tokens that the model counts in a prompt for one of o200k_base's."""
    tokenizer_factor: float | None = None
    context_tokens: int | None = None
    repairs: tuple[RepairStatistics, ...] = field(default=())


def load_statistics(library: Library, model: str, settings: Settings) -> CallStatistics:
    """Return what the library's journal shows about ``model``, and the settings for the rest."""
    measured_calls = _load_calls(library, model)
    if len(measured_calls) < MIN_CALLS:
        pace = CallPace(
            DEFAULT_OVERHEAD_S, 1 / settings.prompt_speed, 1 / settings.completion_speed
        )
        basis = (
            f"by the settings prompt_speed {settings.prompt_speed:g} and completion_speed "
            f"{settings.completion_speed:g} tokens/s: {model} has not been measured here"
        )
        return CallStatistics(pace, basis, context_tokens=settings.context_tokens)
    pace = CallPace(
        *_fit_pace(measured_calls),
        completion_tokens_by_form=_load_completion_tokens(library, model),
        tokens_per_word=_measure_tokens_per_word(library, model),
    )
    run_settings = _load_run_settings(library, model)
    return CallStatistics(
        pace,
        f"as measured over {len(measured_calls):,} calls to {model}",
        _measure_token_ratio(library, model),
        run_settings.tokenizer_factor if run_settings else None,
        settings.context_tokens or (run_settings.context_tokens if run_settings else None),
        _load_repairs(library, model),
    )


def _load_calls(library: Library, model: str) -> list[tuple[float, float, float]]:
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


def _fit_pace(calls: Sequence[tuple[float, float, float]]) -> tuple[float, float, float]:
    """Return seconds a call, a prompt token and a completion token: least squares, none negative.

    Of the fits that leave some of the three out, the best without a negative part is taken.
    """
    table = np.array(calls)
    inputs = np.column_stack([np.ones(len(table)), table[:, 0], table[:, 1]])
    best_fit, least_error = np.zeros(3), float("inf")
    for columns in ([0, 1, 2], [0, 2], [1, 2], [0, 1], [2], [0], [1]):
        fit = np.zeros(3)
        fit[columns] = np.linalg.lstsq(inputs[:, columns], table[:, 2], rcond=None)[0]
        squared_error = float(((inputs @ fit - table[:, 2]) ** 2).sum())
        if (fit >= 0).all() and squared_error < least_error:
            best_fit, least_error = fit, squared_error
    return float(best_fit[0]), float(best_fit[1]), float(best_fit[2])


def _load_run_settings(library: Library, model: str) -> RunSettings | None:
    """Return what was fixed for the newest work written by ``model``."""
    table = schema.journal
    newest_works = (
        select(table.c.work).where(table.c.asked_for == model).order_by(table.c.id.desc())
    )
    with library.read() as db:
        work_id = db.execute(newest_works.limit(1)).scalar()
        if work_id is None:
            return None
    return works.get(library, work_id).run_settings


def _measure_token_ratio(library: Library, model: str) -> float | None:
    """Return the tokens that newest prompts took, for one that o200k_base counts in them."""
    from inkwright.agents.llm.tokenizer import ScaledTokenizer

    count_raw = ScaledTokenizer().count_unscaled
    model_tokens = own_tokens = 0
    for prompt_tokens, texts in journal.load_newest_prompts(library, model, MAX_COUNTED_PROMPTS):
        model_tokens += prompt_tokens
        own_tokens += sum(count_raw(text) for text in texts)
    return model_tokens / own_tokens if model_tokens and own_tokens else None


def _load_completion_tokens(library: Library, model: str) -> dict[str, float]:
    table = schema.journal
    tokens_by_form = {}
    with library.read() as db:
        for form, purpose in PURPOSE_BY_FORM.items():
            mean_tokens = db.execute(
                select(func.avg(table.c.completion_tokens)).where(
                    table.c.asked_for == model, table.c.purpose == purpose
                )
            ).scalar()
            if mean_tokens is not None:
                tokens_by_form[form] = float(mean_tokens)
    return tokens_by_form


def _measure_tokens_per_word(library: Library, model: str) -> float | None:
    """Return the completion tokens that a word of a first draft took."""
    calls, texts = schema.journal, schema.drafts
    tokens = (
        select(calls.c.work, calls.c.step, func.max(calls.c.completion_tokens).label("tokens"))
        .where(
            calls.c.asked_for == model, calls.c.purpose == Purpose.WRITE, calls.c.finish == "stop"
        )
        .group_by(calls.c.work, calls.c.step)
        .subquery()
    )
    is_same_section = (texts.c.work == tokens.c.work) & (texts.c.section == tokens.c.step)
    query = (
        select(func.sum(tokens.c.tokens), func.sum(texts.c.words))
        .select_from(tokens)
        .join(texts, is_same_section & (texts.c.version == 1))
    )
    with library.read() as db:
        token_sum, word_sum = db.execute(query).one()
    return float(token_sum) / float(word_sum) if token_sum and word_sum else None


def _load_repairs(library: Library, model: str) -> tuple[RepairStatistics, ...]:
    table = schema.journal
    ended_works = select(schema.works.c.id).where(
        schema.works.c.status.in_(("complete", "flagged"))
    )
    own_calls = (table.c.asked_for == model) & table.c.work.in_(ended_works)
    with library.read() as db:
        write_calls = select(func.count()).where(own_calls, table.c.purpose == Purpose.WRITE)
        section_count = db.execute(write_calls.select_from(table)).scalar_one()
        if not section_count:
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
            .where(own_calls, table.c.purpose.in_(REPAIR_PURPOSES))
            .group_by(table.c.role)
        ).all()
    return tuple(RepairStatistics(r[0], *(float(n) / section_count for n in r[1:])) for r in rows)
