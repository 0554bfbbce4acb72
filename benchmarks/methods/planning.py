"""A plan in steps with word counts, as AgentWrite and CogWriter both begin with."""

from collections.abc import Sequence

from pydantic import BaseModel, Field


class Step(BaseModel):
    """One part of the text, to be written in one call."""

    point: str = Field(max_length=600)
    """What it is about, with everything the request asks of it."""
    words: int = Field(ge=1, le=20_000)


class WritingPlan(BaseModel):
    """The steps in reading order."""

    steps: list[Step] = Field(min_length=1, max_length=200)


def numbered(steps: Sequence[Step]) -> str:
    """Return the plan as prompts show it, a line a step."""
    return "\n".join(f"{n}. {s.point} ({s.words} words)" for n, s in enumerate(steps, 1))


PLAN = """\
Somebody asks for a long text. Before it is written, break the work into steps: each step is one \
part of the finished text and will be written in one go. For each step say what it is about, with \
every requirement of the request that falls to it, and how many words it should have. Together the \
steps make up the whole text in reading order and reach the length that is asked for. If the \
request names numbered parts, give each a step of its own.

<request>
{request}
</request>
"""
