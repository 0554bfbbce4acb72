"""AgentWrite: plan with word counts, then write step by step with all text so far.

Bai et al. 2024, "LongWriter: Unleashing 10,000+ Word Generation from Long Context LLMs"
(arXiv:2408.07055), section 3. Prompts are our own.
"""

from benchmarks.client import Client
from benchmarks.methods.planning import PLAN, WritingPlan, numbered

WRITE = """\
You are writing a long text for the request below, one step of a plan after another. Write the \
step that is named last, and nothing else: no earlier step again, no later one, no remarks. It \
must go on naturally from the text so far. Close the whole text only if the step is the plan's last.

<request>
{request}
</request>

<plan>
{plan}
</plan>

<sofar>
{sofar}
</sofar>

Step: {point}
Place: {number} of {total}
Length: about {words} words
"""


async def write(request: str, client: Client) -> str:
    """Return the text, each of its steps written after all that stands before it."""
    plan = await client.form(PLAN.format(request=request), WritingPlan)
    written: list[str] = []
    for number, step in enumerate(plan.steps, 1):
        prompt = WRITE.format(
            request=request,
            plan=numbered(plan.steps),
            sofar="\n\n".join(written),
            point=step.point,
            number=number,
            total=len(plan.steps),
            words=step.words,
        )
        written.append(await client.prose(prompt))
    return "\n\n".join(written)
