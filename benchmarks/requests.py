"""What is read of requests: ``python -m benchmarks.requests [--model NAME --api-base URL]``.

Twelve requests with planted requirements (three languages), and twelve that were held out while
the rules were made. Printed for each set: requirements that become typed or judged constraints,
material that wrongly becomes one, lengths read right, and the judge calls that the constraints
take. Without a model the planner reads nothing; with one its reading refines that of code.
"""

import argparse
import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkwright.agents.llm.offline import stay_offline
from inkwright.agents.llm.schemas import Requirements
from inkwright.agents.planning.requirements import collect_constraints, compute_target_words
from inkwright.agents.planning.titles import drop_examples, says_nothing
from inkwright.agents.requests.request_coverage import account_for, list_unchecked, share_words
from inkwright.memory.domain.brief import Brief
from inkwright.memory.domain.constraint import Constraint
from inkwright.prompts import inputs
from inkwright.prompts.render import find_example_values, render

DATA = Path(__file__).parent / "data" / "requests"
JUDGED_KINDS = ("judged", "tone", "event", "fact")
LENGTH_TOLERANCE = 0.05


@dataclass
class Score:
    """What was read of one request, or of several."""

    requirements: int = 0
    typed: int = 0
    judged: int = 0
    material: int = 0
    false_alarms: int = 0
    lengths: int = 0
    right_lengths: int = 0
    constraints: int = 0
    whole_judged: int = 0
    section_judged: int = 0
    unchecked: int = 0
    usable_titles: int = 0
    titles: int = 0

    def add(self, other: "Score") -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    def __str__(self) -> str:
        covered = self.typed + self.judged
        titles = f", titles {self.usable_titles} of {self.titles}" if self.titles else ""
        return (
            f"requirements {covered} of {self.requirements} ({self.typed} typed, {self.judged} "
            f"judged), material taken for one {self.false_alarms} of {self.material}, lengths "
            f"{self.right_lengths} of {self.lengths}, constraints {self.constraints} "
            f"({self.whole_judged} judged once on the whole, {self.section_judged} in sections), "
            f"binding clauses not checked {self.unchecked}{titles}"
        )


def score_row(row: dict[str, Any], requirements: Requirements | None) -> Score:
    """Return how well the constraints of one request match its key."""
    brief = Brief(request=row["request"])
    constraints = collect_constraints(brief, requirements, brief.request)
    score = Score(requirements=len(row["requirements"]), material=len(row["material"]))
    for words in row["requirements"]:
        carriers = [c for c in constraints if _carries(c, words)]
        score.typed += any(c.kind not in JUDGED_KINDS for c in carriers)
        score.judged += bool(carriers) and all(c.kind in JUDGED_KINDS for c in carriers)
    score.false_alarms = sum(
        any(c.kind in JUDGED_KINDS and _carries(c, words) for c in constraints)
        for words in row["material"]
    )
    if row["words"]:
        score.lengths = 1
        read_words = compute_target_words(brief, requirements)
        score.right_lengths = abs(read_words / row["words"] - 1) <= LENGTH_TOLERANCE
    judged_constraints = [c for c in constraints if c.kind in JUDGED_KINDS]
    score.constraints = len(constraints)
    score.whole_judged = sum(c.where.scope == "whole" for c in judged_constraints)
    score.section_judged = len(judged_constraints) - score.whole_judged
    score.unchecked = len(list_unchecked(account_for(brief.request, constraints)))
    if requirements is not None:
        score.titles, score.usable_titles = 1, not says_nothing(requirements.title)
    return score


def _carries(constraint: Constraint, words: str) -> bool:
    return share_words(constraint.quote or constraint.text, words)


async def ask(model: str, api_base: str, requests: Iterable[str]) -> list[Requirements | None]:
    """Return a model's account of each request; None where it gives none."""
    stay_offline()
    import litellm

    prompt = inputs.RequirementsInputs(request="")
    examples = find_example_values(prompt.file)
    accounts: list[Requirements | None] = []
    for request in requests:
        system = render(
            inputs.HouseInputs(brief=f"<brief>\nRequest: {request}\n</brief>", outline="")
        )
        answer = await litellm.acompletion(
            model=model,
            api_base=api_base,
            api_key="none",
            temperature=0.2,
            max_tokens=900,
            messages=[
                {"role": "system", "content": system},
                {"role": "user", "content": render(prompt)},
            ],
            response_format={
                "type": "json_schema",
                "json_schema": {
                    "name": "Requirements",
                    "schema": Requirements.model_json_schema(),
                    "strict": True,
                },
            },
            timeout=900,
        )
        try:
            account = Requirements.model_validate_json(answer.choices[0].message.content)
        except ValueError as fault:
            print(f"unreadable: {str(fault).splitlines()[0]}")
            accounts.append(None)
            continue
        print(
            f"title {account.title!r}, {len(account.requirements)} requirements, "
            f"words {account.words}",
            flush=True,
        )
        accounts.append(drop_examples(account, request, examples))
    return accounts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", help="such as openai/qwen; without it the planner reads nothing")
    parser.add_argument("--api-base")
    parser.add_argument("--set", choices=("planted", "held_out"), action="append")
    parser.add_argument("--limit", type=int, help="requests of each set")
    options = parser.parse_args()
    for name in options.set or ("planted", "held_out"):
        rows = json.loads((DATA / f"{name}.json").read_text("utf-8"))[: options.limit]
        accounts: list[Requirements | None] = [None] * len(rows)
        if options.model:
            accounts = asyncio.run(
                ask(options.model, options.api_base, [r["request"] for r in rows])
            )
        total = Score()
        for row, account in zip(rows, accounts, strict=True):
            total.add(score_row(row, account))
        print(f"{name}, {len(rows)} requests: {total}")


if __name__ == "__main__":
    main()
