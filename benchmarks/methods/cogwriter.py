"""CogWriter: plan, revise the plan, write all steps side by side, bring each to its length.

Wan et al. 2025, "A Cognitive Writing Perspective for Constrained Long-Form Text Generation"
(arXiv:2502.12568): a planning agent whose plan is monitored and revised against the request, then
generation agents in parallel, each of which sees the whole plan but no other agent's text, and a
review that watches the length. Prompts are our own.
"""

import asyncio

from benchmarks.client import Client
from benchmarks.methods.planning import PLAN, Step, WritingPlan, numbered
from inkwright.memory.text.words import count_words

REVISIONS = 1
LENGTH_ROUNDS = 2
TOLERANCE = 0.15
"""A part within this share of its planned words is left as it is."""

REVISE = """\
Below are a request for a long text and a plan for it. Check the plan against the request: is \
every requirement in the step where it belongs and in no other, is no part missing or doubled, do \
the word counts reach the length asked for? Answer with the whole plan, put right.

<request>
{request}
</request>

<plan>
{plan}
</plan>
"""
WRITE = """\
Several writers work on the request below at the same time, each on one step of the plan. Write \
the step that is named last, and nothing else: no remarks, nothing that belongs to another step. \
Close the whole text only if the step is the plan's last.

<request>
{request}
</request>

<plan>
{plan}
</plan>

Step: {point}
Place: {number} of {total}
Length: about {words} words
"""
RELENGTHEN = """\
The text of the step named last has {has} words and should have about {words}. Write it again at \
that length: keep what it says and every requirement it meets, say more of it or say it shorter. \
Answer with the text alone.

<request>
{request}
</request>

<draft>
{draft}
</draft>

Step: {point}
Place: {number} of {total}
Length: about {words} words
"""


async def write(request: str, client: Client) -> str:
    """Return the text, all of its steps written side by side from one revised plan."""
    plan = await client.form(PLAN.format(request=request), WritingPlan)
    for _ in range(REVISIONS):
        revise = REVISE.format(request=request, plan=numbered(plan.steps))
        plan = await client.form(revise, WritingPlan)
    parts = await asyncio.gather(
        *(_part(request, client, plan, step, n) for n, step in enumerate(plan.steps, 1))
    )
    return "\n\n".join(parts)


async def _part(request: str, client: Client, plan: WritingPlan, step: Step, number: int) -> str:
    told = {
        "request": request,
        "point": step.point,
        "number": number,
        "total": len(plan.steps),
        "words": step.words,
    }
    best = await client.prose(WRITE.format(plan=numbered(plan.steps), **told))
    for _ in range(LENGTH_ROUNDS):
        has = count_words(best)
        if abs(has - step.words) <= TOLERANCE * step.words:
            break
        again = await client.prose(RELENGTHEN.format(has=has, draft=best, **told))
        best = min(best, again, key=lambda text: abs(count_words(text) - step.words))
    return best
