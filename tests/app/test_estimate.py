"""What a run would take, told before it: near the calls and the tokens that it really takes."""

import asyncio
from pathlib import Path

import pytest

from inkwright.agents.llm.config import Ablation
from inkwright.agents.llm.events import CallAnswered
from inkwright.app.config.settings import Settings
from inkwright.app.estimates.estimate import estimate
from inkwright.app.services import engine
from inkwright.app.services.run_options import RunOptions
from inkwright.memory.domain.brief import Brief, Constraint, Continuity, OutlineItem, Placement
from tests.conftest import Events
from tests.runs import writing
from tests.simserver.process import SimServer

NEAR = 0.25


def _outlined(continuity: Continuity) -> Brief:
    chapters = tuple(
        writing.chapter(
            f"Chapter {c}", *(OutlineItem(title=f"Place {c}.{n}", words=150) for n in (1, 2, 3))
        )
        for c in (1, 2)
    )
    return Brief(
        request="Write a guide to a harbour town.", continuity=continuity, outline=chapters
    )


SENTENCE = Brief(request="Write a 700-word short story about a lighthouse keeper and a letter.")
SHAPES = {
    "sentence": SENTENCE,
    "strict": _outlined("strict"),
    "chapter": _outlined("chapter"),
    "free": _outlined("free"),
    "constraints": Brief(
        request="Write a report about tides. Every section must end on a recommendation.",
        words=900,
        constraints=(
            Constraint(
                text='Use the words "sea fog".',
                kind="must_contain",
                phrases=("sea fog",),
                where=Placement(scope="once", first=2),
            ),
            Constraint(text="It stays calm.", where=Placement(scope="all")),
            Constraint(text="It names no living person."),
        ),
    ),
    "series": Brief(
        request='Write 8 weekly entries, numbered 1 to 8, titled "Week 1", '
        '"Week 2" and so on, of a diary, 100 words each. In week 3 a pane must break.',
        continuity="strict",
    ),
    "chinese": Brief(request="请写一篇约900字的故事，讲一位灯塔看守人。每一节都必须提到大海。"),
}


def _settings(model: SimServer, home: Path) -> Settings:
    return Settings.load(
        home=home,
        api_base=model.base,
        model=model.model,
        embedder_model=model.config.embedding_model,
    )


def _spent(brief: Brief, settings: Settings) -> tuple[int, int]:
    """Write ``brief`` and return the calls and the tokens it took."""
    watch = Events()
    work = engine.begin_work(brief, settings, Ablation()).id
    asyncio.run(engine.write(work, RunOptions(settings, watch=watch)))
    calls = [e for e in watch.of(CallAnswered) if not e.from_journal]
    return len(calls), sum(c.prompt_tokens + c.completion_tokens for c in calls)


@pytest.mark.parametrize("shape", SHAPES)
def test_calls_and_tokens_of_a_run_are_near_what_was_told(
    model: SimServer, home: Path, shape: str
) -> None:
    settings = _settings(model, home)
    told = estimate(SHAPES[shape], settings, Ablation())
    assert not model.calls()
    calls, tokens = _spent(SHAPES[shape], settings)
    assert sum(told.calls.values()) == pytest.approx(calls, rel=NEAR)
    assert told.prompt_tokens + told.completion_tokens == pytest.approx(tokens, rel=NEAR)


def test_what_earlier_works_showed_is_taken_from_their_journal(
    model: SimServer, home: Path
) -> None:
    model.configure(length_factor=0.6, distractors=2)
    settings = _settings(model, home)
    _spent(SHAPES["strict"], settings)
    told = estimate(SENTENCE, settings, Ablation())
    assert "as measured over" in told.pace_basis
    calls, tokens = _spent(SENTENCE, settings)
    assert sum(told.calls.values()) == pytest.approx(calls, rel=NEAR)
    assert told.prompt_tokens + told.completion_tokens == pytest.approx(tokens, rel=NEAR)


def test_thoughts_are_counted_and_told_apart(model: SimServer, home: Path) -> None:
    settings = _settings(model, home)
    plain = estimate(SENTENCE, settings, Ablation())
    assert plain.thought_tokens == 0
    thinking = settings.model_copy(update={"model": "hosted_vllm/qwen3-8b"})
    told = estimate(SENTENCE, thinking, Ablation())
    assert told.thought_tokens > 500 * told.calls["planner"]
    assert told.completion_tokens - told.thought_tokens == plain.completion_tokens
    assert any(f"{told.thought_tokens:,} of them thoughts" in line for line in told.format_lines())
    silent = estimate(SENTENCE, thinking.model_copy(update={"thinking": "off"}), Ablation())
    assert silent.thought_tokens == 0


def test_half_a_work_costs_what_is_left_of_it(model: SimServer, home: Path) -> None:
    settings = _settings(model, home)
    whole = estimate(SHAPES["chapter"], settings, Ablation())
    work = engine.begin_work(SHAPES["chapter"], settings, Ablation()).id
    asyncio.run(engine.plan(work, RunOptions(settings)))
    told = estimate(SHAPES["chapter"], settings, Ablation())
    assert told.calls.get("planner", 0) == 0
    assert told.calls["writer"] == whole.calls["writer"]
    calls, tokens = _spent(SHAPES["chapter"], settings)
    assert sum(told.calls.values()) == pytest.approx(calls, rel=NEAR)
    assert told.prompt_tokens + told.completion_tokens == pytest.approx(tokens, rel=NEAR)
