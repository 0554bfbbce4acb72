"""What an answer shows of the model that gave it, and what of the answer is the answer."""

from dataclasses import dataclass, replace
from typing import Any

from inkwright.agents.llm.config import Endpoint
from inkwright.agents.llm.dialect import model_names
from inkwright.agents.llm.dialect.capability_records import CapabilityRecords
from inkwright.agents.llm.dialect.request import ChatRequest
from inkwright.memory.model_capabilities import ModelCapabilities

MOST_THOUGHT_TOKENS = 32_768
LEAST_EXHAUSTED_TOKENS = 4096
"""Kept for thoughts after an answer had room for nothing else."""
THOUGHT_MARGIN = 1.5
"""Thoughts differ in length: so much more is kept than the longest so far."""
_STEP = 256
CHARACTERS_PER_TOKEN = 3.5


@dataclass(frozen=True)
class WireAnswer:
    """One answer as it came, with its thoughts already apart."""

    text: str
    thoughts: str
    finish: str | None
    """None: a stream closed without saying why."""
    model: str
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    thought_tokens: int
    seconds: float
    has_closed_unopened: bool = False

    @property
    def is_all_thoughts(self) -> bool:
        """The limit of tokens ended it before it said anything."""
        return self.finish == "length" and not self.text.strip() and bool(self.thoughts.strip())


def take_form_from_thoughts(answer: WireAnswer, request: ChatRequest) -> WireAnswer:
    """Return the answer with its form, where that stands only among the thoughts."""
    if request.response_schema is None or answer.text.strip() or "{" not in answer.thoughts:
        return answer
    return replace(answer, text=answer.thoughts, thoughts="", thought_tokens=0)


def learn_from_answer(
    records: CapabilityRecords, endpoint: Endpoint, request: ChatRequest, answer: WireAnswer
) -> None:
    """Remember what an answer shows: thoughts, and the room they need; a form in their place."""
    record = records.get(endpoint)
    if take_form_from_thoughts(answer, request) is not answer:
        line = f"{endpoint.model} puts forms into its reasoning field: they are taken from there"
        records.learn(endpoint, line, answers_in_reasoning=True)
        return
    if answer.thoughts.strip():
        line = f"{endpoint.model} thinks before it answers: there is room for its thoughts"
        records.learn(endpoint, line, **_learn_thinking(record, endpoint, request, answer))
    if request.response_schema is None and (answer.has_closed_unopened or answer.text.strip()):
        if answer.has_closed_unopened:
            records.learn(endpoint, opens_in_thought=True)
        elif record.opens_in_thought is None:
            records.learn(endpoint, opens_in_thought=False)


def estimate_tokens(text: str) -> int:
    """Return about how many tokens ``text`` has, where nobody counts them."""
    return round(len(text.encode()) / CHARACTERS_PER_TOKEN)


def _learn_thinking(
    record: ModelCapabilities, endpoint: Endpoint, request: ChatRequest, answer: WireAnswer
) -> dict[str, Any]:
    changes: dict[str, Any] = {"thinks": True}
    if record.thinking_switch == "unknown":
        changes["thinking_switch"] = model_names.choose_switch(endpoint, record.server)
    elif (
        request.thinking == "off" and record.thinks and record.thinking_switch != "reasoning_effort"
    ):
        changes["thinking_switch"] = model_names.choose_next_switch(
            endpoint, record.thinking_switch
        )
    tokens = int(answer.thought_tokens * THOUGHT_MARGIN)
    if answer.is_all_thoughts:
        tokens = max(2 * answer.thought_tokens, LEAST_EXHAUSTED_TOKENS)
    rounded_tokens = min(-(-tokens // _STEP) * _STEP, MOST_THOUGHT_TOKENS)
    if rounded_tokens > record.thought_tokens:
        changes["thought_tokens"] = rounded_tokens
    return changes
