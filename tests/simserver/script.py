"""What the simulated model answers: the one table from schema name to the module that fills it."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.simserver import (
    archivist,
    citing,
    editor,
    habits,
    known,
    planner,
    requirements,
    reviewer,
)
from tests.simserver.ask import Ask
from tests.simserver.config import SimConfig
from tests.simserver.conform import Form
from tests.simserver.prose import write

Filler = Callable[[Ask, SimConfig], dict[str, Any]]

FILLERS: Mapping[str, Filler] = {
    "Requirements": known.requirements,
    "Instructions": requirements.instructions,
    "Titles": planner.titles,
    "Chapters": planner.chapters,
    "Sections": planner.sections,
    "Cast": planner.cast,
    "PlanReview": planner.check,
    "Delta": archivist.delta,
    "Verdicts": reviewer.verdicts,
    "Contradictions": reviewer.contradictions,
    "Breaches": reviewer.breaches,
    "Seams": reviewer.seams,
    "Edits": editor.edits,
    "Rewording": editor.rewording,
    "Cuts": editor.cuts,
    "CitationPlan": citing.placed,
    "Choices": citing.choices,
    "Supports": citing.supports,
    "WritingPlan": known.plan,
    "RecurrentMemory": known.memory,
    "RecurrentChoice": known.choice,
}


def answer(ask: Ask, config: SimConfig) -> str:
    """Return the model's answer: prose, or JSON in the form asked for, as its habit is."""
    text = _meant(ask, config)
    return habits.put(text, ask, config.habit) if config.habit else text


def _meant(ask: Ask, config: SimConfig) -> str:
    if ask.schema is None:
        return known.write(ask, config) or write(ask, config)
    fill = FILLERS.get(ask.schema_name or "")
    meant = fill(ask, config) if fill else None
    form = Form(ask.schema, ask.dice.random("form"))
    return json.dumps(form.conform(meant), ensure_ascii=False)
