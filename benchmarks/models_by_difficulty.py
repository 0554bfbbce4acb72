"""A weak writer before a strong one: ``python -m benchmarks.models_by_difficulty [--fit]``.

Generated outlines whose sections ask for 0 to 8 phrases and 120 to 900 words. The weak model says
only so many of the phrases and writes only so many words; the strong one does all that is asked.
``--fit`` has the weak model try every section of one set, and prints the units that would have sent
each section to the right model at the least cost. Without it, the rule as it stands is shown on
another set, with a weak model of other limits: what is met, and by which model.
"""

import argparse
import asyncio
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from unittest.mock import patch

from benchmarks.harness import begun, calling
from inkwright.agents.checks import rules
from inkwright.agents.llm.config import Ablation, Endpoint, Limits
from inkwright.agents.llm.events import ignore_event
from inkwright.agents.orchestration import model_choice
from inkwright.agents.orchestration.model_choice import Demands
from inkwright.agents.orchestration.run import RunInputs, run
from inkwright.memory.domain.brief import Brief, Constraint, OutlineItem, Placement
from inkwright.memory.domain.outline import Section
from inkwright.memory.store import drafts, journal, plans
from inkwright.memory.text.words import count_words
from tests.simserver.config import SimConfig
from tests.simserver.process import SimServer

WEAK, STRONG = "weak", "strong"
SECTIONS, SLOTS = 60, 8
PHRASES = (0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 8)
"""How many a section may be asked for: most for few, some for many."""
WORDS = (120, 120, 150, 200, 200, 250, 300, 350, 400, 600, 900)
ADJECTIVES = ("old", "grey", "salt", "brass", "low", "red", "narrow", "late", "stone", "idle")
NOUNS = ("crane", "buoy", "horn", "rope", "quay", "lamp", "chart", "oar", "net", "stair")
FITTED = {"requirements_limit": 4, "words_limit": 350, "continue_factor": 0.0}
SHOWN = {"requirements_limit": 3, "words_limit": 420, "continue_factor": 0.0}
"""What the weak model is able to do in the set that the rule is fitted on, and the other."""
FITTED_SEED, SHOWN_SEED = 1, 2
PRICE = 5.0
"""A word of the strong model, in words of the weak one."""
TOLERANCE = 0.1


@dataclass(frozen=True)
class Outcome:
    """What became of one section."""

    demands: Demands
    words: int
    """Those planned."""
    model: str
    checks: int
    """Required phrases and its length."""
    met: int


@dataclass(frozen=True)
class Measured:
    """One piece, and what its writers took."""

    outcomes: tuple[Outcome, ...]
    tokens: Mapping[str, int]
    """Completion tokens of the writer, by model."""
    editor_calls: int

    @property
    def met(self) -> str:
        return f"{sum(o.met for o in self.outcomes)} of {sum(o.checks for o in self.outcomes)}"

    @property
    def weak_share(self) -> float:
        return sum(o.model.endswith(WEAK) for o in self.outcomes) / len(self.outcomes)

    @property
    def cost(self) -> float:
        """In completion tokens of the weak model."""
        return self.tokens.get(WEAK, 0) + PRICE * self.tokens.get(STRONG, 0)


def brief(seed: int) -> Brief:
    """Return an outline drawn with ``seed``, whose sections differ in what they ask for."""
    dice = random.Random(seed)
    phrases = [f"{adjective} {noun}" for adjective in ADJECTIVES for noun in NOUNS]
    items = tuple(
        OutlineItem(
            title=f"Site {n}",
            purpose=f"Report what was found at site {n}.",
            words=dice.choice(WORDS),
        )
        for n in range(1, SECTIONS + 1)
    )
    wanted = ((n, dice.sample(phrases, dice.choice(PHRASES))) for n in range(1, SECTIONS + 1))
    constraints = tuple(
        Constraint(
            text=f"Name what stands at site {n}.",
            kind="must_contain",
            phrases=tuple(asked),
            where=Placement(scope="once", first=n),
        )
        for n, asked in wanted
        if asked
    )
    return Brief(
        request="Write a survey of a small harbour.",
        kind="report",
        continuity="free",
        outline=items,
        constraints=constraints,
    )


def measure(server: SimServer, seed: int, models: tuple[str, ...]) -> Measured:
    """Write the piece with these models as its writer, from weak to strong."""
    writers = tuple(Endpoint(model=f"hosted_vllm/{m}", api_bases=(server.base,)) for m in models)
    how = calling(server, SLOTS)
    how = how.model_copy(
        update={
            "endpoints": {**how.endpoints, "writer": writers[-1]},
            "writers": writers if len(writers) > 1 else (),
        }
    )
    with begun(brief(seed), Ablation(plan="given", review="rules")) as (library, work):
        inputs = RunInputs(library=library, calling=how, limits=Limits(), watch=ignore_event)
        asyncio.run(run(work, inputs))
        plan = plans.current(library, work)
        assert plan is not None
        current = drafts.current(library, work)
        manifests = drafts.load_manifests(library, work)
        usage = journal.load_usage(library, work)
        return Measured(
            outcomes=tuple(
                look(plan, s, current[s.id].text, manifests[s.id].writer_model or models[-1])
                for s in plan.outline.sections
            ),
            tokens={u.model: u.completion for u in usage if u.role == "writer"},
            editor_calls=sum(u.calls for u in usage if u.role == "editor"),
        )


def look(plan: plans.Plan, section: Section, text: str, model: str) -> Outcome:
    """Return what a section's text has of what is asked of it."""
    constraints = plan.constraints_for(section.id)
    phrases = [phrase for c in constraints for phrase in c.phrases]
    missing = sum(
        any(
            f.status == "broken"
            for f in rules.check(
                text, [Constraint(text="Say it.", kind="must_contain", phrases=(phrase,))]
            )
        )
        for phrase in phrases
    )
    in_length = abs(count_words(text) - section.target_words) <= section.target_words * TOLERANCE
    return Outcome(
        demands=model_choice.measure_planned_demands(plan, section),
        words=section.target_words,
        model=model,
        checks=len(phrases) + 1,
        met=len(phrases) - missing + in_length,
    )


@contextmanager
def trying_weak_first() -> Iterator[None]:
    """Let every section begin with the weak model, whatever it asks for."""
    endless = Demands(*(float("inf") for _ in Demands._fields))
    with patch.object(model_choice, "UNITS", endless):
        yield


def fit(outcomes: tuple[Outcome, ...]) -> tuple[Demands, float]:
    """Return the units that cost least, and what they cost, given which sections weak drafts do."""

    def cost(units: Demands) -> float:
        with patch.object(model_choice, "UNITS", units):
            return sum(_cost(o, model_choice.compute_difficulty(o.demands)) for o in outcomes)

    candidates = [
        model_choice.UNITS._replace(requirements=float(requirements), words=float(words))
        for requirements, words in product(range(2, 13), range(200, 1001, 50))
    ]
    costs = {units: cost(units) for units in candidates}
    least = min(costs.values())
    best = [units for units, paid in costs.items() if paid == least]
    return best[len(best) // 2], least


def _cost(outcome: Outcome, difficulty: float) -> float:
    """Return the price of a section, in words of the weak model."""
    if difficulty >= 1:
        return outcome.words * PRICE
    fails = outcome.model.endswith(STRONG)
    return outcome.words * (1 + PRICE * fails)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", action="store_true")
    fits = parser.parse_args().fit
    weak, seed = (FITTED, FITTED_SEED) if fits else (SHOWN, SHOWN_SEED)
    config = SimConfig(
        models=(STRONG, WEAK), by_model={WEAK: weak}, slots=SLOTS, log_messages=False
    )
    with SimServer(config) as server:
        print(f"{SECTIONS} sections, set {seed}, weak model {weak}")
        if fits:
            with trying_weak_first():
                tried = measure(server, seed, (WEAK, STRONG))
            units, least = fit(tried.outcomes)
            print(f"the weak model's drafts pass in {tried.weak_share:.0%} of the sections")
            print(f"best units: {units}; planned cost {least:,.0f} words of the weak model")
            return
        print(f"{'writer':<24}{'met':>12}{'by weak':>9}{'cost':>10}{'editor calls':>14}")
        _print_row("strong alone", measure(server, seed, (STRONG,)))
        _print_row("weak alone", measure(server, seed, (WEAK,)))
        _print_row("weak, then strong", measure(server, seed, (WEAK, STRONG)))
        with trying_weak_first():
            _print_row("the same without rule", measure(server, seed, (WEAK, STRONG)))


def _print_row(name: str, measured: Measured) -> None:
    print(
        f"{name:<24}{measured.met:>12}{measured.weak_share:>9.0%}{measured.cost:>10,.0f}"
        f"{measured.editor_calls:>14}",
        flush=True,
    )


if __name__ == "__main__":
    main()
