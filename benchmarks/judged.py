"""Requirements that only a judge can check: ``python -m benchmarks.judged [--runs 3]``.

A report of 24 sections, each with three requirements that no rule sees. The writer forgets each
with probability 0.3; the judge misses a tenth and raises a false alarm in a tenth. Told are the
requirements that the finished piece really meets, those that its report has right (met or not),
and what that takes, with review and without.
"""

import argparse
from dataclasses import dataclass

from benchmarks.harness import begun, write
from inkwright.agents.llm.config import Ablation
from inkwright.memory.domain.brief import Brief, Constraint, OutlineItem, Placement
from inkwright.memory.store import drafts, plans
from tests.simserver.config import SimConfig
from tests.simserver.process import SimServer

SECTIONS, WORDS, SLOTS = 24, 250, 8
FORGETS, MISSES, ALARMS = 0.3, 0.1, 0.1
SAID = ("high water", "the old pilot", "a lamp at dusk")


@dataclass(frozen=True)
class Judged:
    """What became of the requirements of one piece."""

    met: int
    told_right: int
    total: int
    judge_calls: int
    calls: int


def brief() -> Brief:
    """Return a report with three requirements a section."""
    items = (
        OutlineItem(title=f"Site {n}", purpose=f"Report what was found at site {n}.", words=WORDS)
        for n in range(1, SECTIONS + 1)
    )
    everywhere = Placement(scope="all")
    return Brief(
        request="Write a survey of a small harbour.",
        kind="report",
        outline=tuple(items),
        constraints=tuple(
            Constraint(text=f'Somebody speaks of "{phrase}"', where=everywhere) for phrase in SAID
        ),
    )


def measure(server: SimServer, review: str) -> Judged:
    """Write the report and look for what was required."""
    arms = Ablation.model_validate({"plan": "given", "review": review})
    with begun(brief(), arms) as (library, work):
        server.reset_log(cache=True)
        write(server, library, work, slots=SLOTS)
        plan = plans.current(library, work)
        assert plan is not None
        current = drafts.current(library, work)
        truth, told = [], []
        for section in plan.outline.sections:
            draft = current[section.id]
            findings = draft.review.findings if draft.review else ()
            status = {f.constraint: f.status for f in findings}
            for constraint, phrase in zip(plan.constraints_for(section.id), SAID, strict=True):
                truth.append(phrase in draft.text)
                told.append(status.get(constraint.id) == "met")
    calls = server.calls(kind="chat")
    return Judged(
        met=sum(truth),
        told_right=sum(a == b for a, b in zip(truth, told, strict=True)),
        total=len(truth),
        judge_calls=sum(c.role == "reviewer" for c in calls),
        calls=len(calls),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    config = SimConfig(
        slots=SLOTS,
        log_messages=False,
        forget_probability=FORGETS,
        judge_miss=MISSES,
        judge_false=ALARMS,
    )
    print(f"{SECTIONS} sections with {len(SAID)} requirements each, {runs} runs")
    print(f"{'review':<10}{'met':>8}{'told right':>12}{'judge calls':>13}{'calls':>8}")
    with SimServer(config) as server:
        for review in ("full", "off"):
            found = []
            for seed in range(1, runs + 1):
                server.configure(salt=str(seed))
                found.append(measure(server, review))
            total = sum(f.total for f in found)
            right = f"{sum(f.told_right for f in found) / total:>12.3f}" if review == "full" else ""
            print(
                f"{review:<10}{sum(f.met for f in found) / total:>8.3f}{right:>12}"
                f"{sum(f.judge_calls for f in found) / runs:>13.0f}"
                f"{sum(f.calls for f in found) / runs:>8.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
