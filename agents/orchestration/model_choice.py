"""Which of the writer's models drafts a section, where there are several.

Easy sections go to a weak model. One whose draft fails its checks goes to the next stronger model,
and never back. The choice is part of the section's manifest, so that it is the same on resume.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from inkwright.agents.checks import rules
from inkwright.agents.context.run_context import RunContext
from inkwright.memory.domain.constraint import Constraint
from inkwright.memory.domain.draft import Manifest
from inkwright.memory.domain.outline import Section
from inkwright.memory.store import drafts, ledger
from inkwright.memory.store.plans import Plan


class Demands(NamedTuple):
    """What a section asks of its writer."""

    requirements: float = 0.0
    """Required constraints that it carries, each phrase that must be there for itself."""
    words: float = 0.0
    sources: float = 0.0
    """Sources planned for it."""
    dependants: float = 0.0
    """Sections that wait for its draft."""
    threads: float = 0.0
    """Open threads of the story that it is shown."""


UNITS = Demands(requirements=5.0, words=600.0, sources=3.0, dependants=12.0, threads=8.0)
"""So much of each is as much as a weak model does, if nothing else is asked. Those of requirements
and words are fitted by ``python -m benchmarks.models_by_difficulty --fit``; the others are set by
hand: what rests on much, or has much resting on it, costs more when it is written twice.
"""


def choose_model(context: RunContext, section: Section, manifest: Manifest) -> str:
    """Return the model that drafts ``section``; empty where the writer has one.

    It is never weaker than the one that has drafted the section before.
    """
    models = context.llm.writer_models
    if not models:
        return ""
    level = choose_level(compute_difficulty(measure_demands(context, section, manifest)), models)
    row = drafts.load_section_row(context.library, context.work_id, section.id)
    if row.manifest is not None:
        earlier_model = drafts.load_manifest(context.library, row.manifest).writer_model
        level = max(level, models.index(earlier_model) if earlier_model in models else 0)
    return models[level]


def find_stronger_model(models: Sequence[str], model: str) -> str | None:
    """Return the next stronger of ``models``; None where ``model`` is the strongest, or not set."""
    stronger_models = models[models.index(model) + 1 :] if model in models else ()
    return stronger_models[0] if stronger_models else None


def choose_level(difficulty: float, models: Sequence[str]) -> int:
    """Return the place of the weakest model that a section of this difficulty is given to.

    The weakest takes what is less than 1, the next what is less than 2, the strongest the rest.
    """
    return min(int(difficulty), len(models) - 1)


def compute_difficulty(demands: Demands) -> float:
    """Return how hard a section is: 1 is what a weak model is thought to be able to do.

    The demands are added up as the sides of a right angle are: what is much counts, and what is
    little beside it does not.
    """
    return math.hypot(*(demand / unit for demand, unit in zip(demands, UNITS, strict=True)))


def measure_demands(context: RunContext, section: Section, manifest: Manifest) -> Demands:
    """Return what ``section`` asks of its writer, by the plan and by what it is shown."""
    shown_ids = {decision.entry for decision in manifest.shown if decision.is_shown}
    entries = [e for e in context.ledger.refresh().latest() if e.id in shown_ids]
    planned_demands = measure_planned_demands(context.plan, section)
    return planned_demands._replace(threads=len(ledger.select_open_threads(entries)))


def measure_planned_demands(plan: Plan, section: Section) -> Demands:
    """Return what ``section`` asks of its writer by the plan alone."""
    return Demands(
        requirements=sum(map(_count_requirements, plan.constraints_for(section.id))),
        words=section.target_words,
        sources=len({c.source for c in section.cites}),
        dependants=sum(section.id in needed for needed in plan.outline.depends_on.values()),
    )


def _count_requirements(constraint: Constraint) -> int:
    """Return for how many things a constraint asks; its length is counted in words."""
    if not constraint.required or constraint.kind == "length":
        return 0
    return 1 if constraint.forbids else max(len(constraint.phrases), 1)


def breaks_required_rule(text: str, constraints: Sequence[Constraint]) -> bool:
    """True when code alone can see that ``text`` fails."""
    required_constraints = [c for c in constraints if c.required]
    findings = (
        *rules.check(text, required_constraints),
        *rules.check_required_words(text, required_constraints),
    )
    return any(finding.status == "broken" for finding in findings)
