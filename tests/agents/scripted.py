"""A transport that answers from a script and remembers what it was asked."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from inkwright.agents.llm.client import LLMClient, ModelCall
from inkwright.agents.llm.config import ROLES, CallSettings, Endpoint, Limits
from inkwright.agents.llm.events import Watch, ignore_event
from inkwright.agents.llm.tokenizer import ScaledTokenizer
from inkwright.agents.llm.transport import ChatRequest
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.store.journal import JournaledAnswer
from tests.builders import Built

ANSWER = JournaledAnswer(
    text="", finish="stop", model="served", prompt_tokens=100, cached_tokens=0,
    completion_tokens=10, seconds=0.1,
)  # fmt: skip
CALLING = CallSettings(endpoints={role: Endpoint(model="hosted_vllm/m") for role in ROLES})


class Scripted:
    """Gives its answers in order: a text, a value sent as JSON, an Answer, or an error."""

    def __init__(self, *script: Any) -> None:
        self.script = list(script)
        self.requests: list[ChatRequest] = []

    async def complete(
        self, request: ChatRequest, on_text: Callable[[str], None] | None = None
    ) -> JournaledAnswer:
        self.requests.append(request)
        answer = self.script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, dict):
            answer = json.dumps(answer)
        if isinstance(answer, str):
            answer = ANSWER.model_copy(update={"text": answer})
        if on_text:
            on_text(answer.text)
        return answer

    async def embed(self, texts: Sequence[str]) -> np.ndarray:
        raise AssertionError("no embedder in the script")

    async def aclose(self) -> None:
        pass

    @property
    def said(self) -> list[str]:
        """The user messages it was sent."""
        return [r.messages[1]["content"] for r in self.requests]


def models(
    work: Built,
    transport: Scripted,
    *,
    calling: CallSettings = CALLING,
    context_tokens: int = 8192,
    limits: Limits | None = None,
    seed: int = 1,
    watch: Watch = ignore_event,
) -> LLMClient:
    """Return the model port of a work over a scripted transport."""
    return LLMClient(
        work.library,
        work.lease,
        transport,
        ScaledTokenizer(1.0),
        call_settings=calling,
        context_tokens=context_tokens,
        limits=limits or Limits(),
        seed=seed,
        watch=watch,
    )


def an_ask(**changes: Any) -> ModelCall:
    """A question to the writer, changed as wished."""
    plain = {
        "step": "s1",
        "role": "writer",
        "purpose": Purpose.WRITE,
        "system": "Rules.",
        "user": "Write about a lamp.",
        "max_tokens": 200,
    }
    return ModelCall(**{**plain, **changes})
