"""RecurrentGPT: a paragraph at a time, from a rolling memory, the last one, and the nearest ones.

Zhou et al. 2023, "RecurrentGPT: Interactive Generation of (Arbitrarily) Long Text"
(arXiv:2305.13304). As in an LSTM, each step passes on a short-term memory in plain words; the
long-term memory holds all paragraphs, of which those nearest to the step's plan are shown. Each
step proposes three plans for the next, and a call in the person's place takes one. Paper and code
stop when the person does; here the model says when the request is met. Prompts are our own.
"""

from collections.abc import Sequence

import numpy as np
from pydantic import BaseModel, Field

from benchmarks.client import Client
from inkwright.memory.text.words import count_words

NEAREST = 2
MOST_STEPS = 200


class RecurrentMemory(BaseModel):
    """What a step passes on."""

    memory: str = Field(max_length=3000)
    """Short-term memory, 10 to 20 sentences."""
    plans: list[str] = Field(min_length=1, max_length=3)
    """What the next paragraph could be."""
    finished: bool
    """The request is met: nothing is to follow."""


class RecurrentChoice(BaseModel):
    """Which of the plans is taken, in its final wording."""

    plan: str = Field(max_length=800)


FIRST = """\
You are about to write a long text for the request below, a paragraph (or numbered part) at a time.
Set out: `memory` says in a few sentences what the text will be; `plans` gives up to three \
possible plans for the first paragraph, each with every requirement that falls to it and how many \
words it should have; `finished` is false.

<request>
{request}
</request>
"""
WRITE = """\
You are writing a long text for the request below, a paragraph (or numbered part) at a time. Write \
the next one as its plan says, and nothing else: no remarks, nothing twice. Close the whole text \
only if the request will then be met.

<request>
{request}
</request>

<memory>
{memory}
</memory>

<related>
{related}
</related>

<before>
{before}
</before>

Words so far: {so_far}
Step: {plan}
"""
UPDATE = """\
A paragraph was added to a long text for the request below. Bring the memory up to date: drop what \
no longer matters, add what the next paragraphs must know, 10 to 20 sentences at most. Give up to \
three possible plans for the next paragraph, each with every requirement that falls to it and how \
many words it should have. `finished` is true only if the request is met.

<request>
{request}
</request>

<memory>
{memory}
</memory>

<added>
{added}
</added>

Words so far: {so_far}
Done: {plan}
"""
CHOOSE = """\
You stand in for the person who asked for the text below. Take the plan for the next paragraph \
that serves the request best, and mend its wording where that helps.

<request>
{request}
</request>

<memory>
{memory}
</memory>

Words so far: {so_far}
{plans}
"""


async def write(request: str, client: Client) -> str:
    """Return the text, paragraph after paragraph, until the model says that it is finished."""
    written: list[str] = []
    vectors: list[np.ndarray] = []
    state = await client.form(FIRST.format(request=request), RecurrentMemory)
    while len(written) < MOST_STEPS:
        so_far = sum(map(count_words, written))
        told = {"request": request, "memory": state.memory, "so_far": so_far}
        options = "\n".join(f"Option {n}: {plan}" for n, plan in enumerate(state.plans, 1))
        plan = (await client.form(CHOOSE.format(plans=options, **told), RecurrentChoice)).plan
        related = await _nearest(client, plan, written, vectors)
        before = written[-1] if written else ""
        prompt = WRITE.format(related="\n\n".join(related), before=before, plan=plan, **told)
        written.append(await client.prose(prompt))
        vectors.append((await client.embed([written[-1]]))[0])
        told["so_far"] = so_far + count_words(written[-1])
        state = await client.form(
            UPDATE.format(added=written[-1], plan=plan, **told), RecurrentMemory
        )
        if state.finished:
            break
    return "\n\n".join(written)


async def _nearest(
    client: Client, plan: str, written: Sequence[str], vectors: Sequence[np.ndarray]
) -> list[str]:
    """Return the paragraphs nearest to a plan, in reading order, the last one (shown whole) out."""
    if len(written) < 2:
        return []
    wanted = (await client.embed([plan]))[0]
    near = np.array(vectors[:-1]) @ wanted
    return [written[n] for n in sorted(np.argsort(-near)[:NEAREST])]
