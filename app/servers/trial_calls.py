"""The kinds of call that a run sends, tried on one model, and what they show.

They go the way of a run's calls, so that what a server refuses is learned into the model's record,
where runs find it.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass

from pydantic import BaseModel, Field

from inkwright.agents.llm.config import CHAT_ROLES, CallSettings, Endpoint, Role, ThinkingLevel
from inkwright.agents.llm.dialect.capability_records import CapabilityRecords
from inkwright.agents.llm.dialect.request import ChatRequest
from inkwright.agents.llm.endpoint_info import count_tokens
from inkwright.agents.llm.parsing import UnreadableAnswer, parse_structured
from inkwright.agents.llm.tokenizer import ScaledTokenizer
from inkwright.agents.llm.transport import LiteLLMTransport
from inkwright.memory.errors import ModelError
from inkwright.memory.model_capabilities import ModelCapabilities
from inkwright.memory.store.journal import JournaledAnswer

WRITER: Role = "writer"
PROSE_TOKENS = 200
FORM_TOKENS = 300
LONG_PROMPT_TOKENS = 5_000
"""More than the 2,048 and 4,096 to which servers cut prompts without a word."""
REFUSES_LENGTH = frozenset({"vllm", "sglang", "llama.cpp"})
"""Servers that refuse what is too long: a shorter prompt does for them, and spares minutes."""
SHORTER_PROMPT_TOKENS = 1_000
LONG_PROMPT_SHARE = 0.7
"""Of a context that the server tells."""
CUT_SHARE = 0.75
"""A server that counts fewer of our tokens than this has left something out: tokenizers differ by
less."""
TRIAL_TIMEOUT_S = 600.0
PASSWORD = "cormorant"
FILLER = "The harbour log for day {n}: wind from the west, two boats out, one boat in, all well.\n"


class TrialAnswer(BaseModel):
    """The form that is asked for: what a run's forms are made of, made small."""

    places: list["TrialPlace"] = Field(max_length=3)
    enough: bool


class TrialPlace(BaseModel):
    """One item of the form."""

    name: str = Field(max_length=60)
    kind: str = Field(max_length=60)


@dataclass(frozen=True)
class TrialResult:
    """What one kind of call showed."""

    name: str
    ok: bool
    message: str
    """What was seen, or what to do."""

    def __str__(self) -> str:
        return f"{'ok' if self.ok else 'attention':<9} {self.name:<15} {self.message}"


class ModelTrial:
    """Tries one model, kind of call by kind."""

    def __init__(
        self, endpoint: Endpoint, records: CapabilityRecords, context_tokens: int | None = None
    ) -> None:
        """``context_tokens``: what the server tells of its context."""
        self._endpoint, self._records = endpoint, records
        self._context_tokens = context_tokens
        call_settings = CallSettings(
            endpoints=dict.fromkeys(CHAT_ROLES, endpoint),
            timeout_s=TRIAL_TIMEOUT_S,
            tries=1,
        )
        self._transport = LiteLLMTransport(call_settings, records)
        self._learned_lines: list[str] = []

    async def run(self) -> AsyncIterator[TrialResult]:
        """Yield what each kind of call shows, as soon as it does.

        After the first that is not answered at all no other is sent.
        """
        trials = (self._try_prose, self._try_form, self._try_thinking, self._try_length)
        async with aclosing(self._transport):
            with self._records.report_to(self._learned_lines.append):
                for trial in trials:
                    try:
                        yield await trial()
                    except ModelError as fault:
                        yield TrialResult("answers", False, str(fault))
                        break
        for line in self._learned_lines:
            yield TrialResult("learned", True, line)

    @property
    def capabilities(self) -> ModelCapabilities:
        """The record as it stands."""
        return self._records.get(self._endpoint)

    async def _ask(
        self,
        system: str,
        user: str,
        max_tokens: int,
        form: type[BaseModel] | None = None,
        *,
        thinking: ThinkingLevel = "auto",
        is_thinking_set: bool = False,
        shows_form: bool = False,
    ) -> JournaledAnswer:
        return await self._transport.complete(
            ChatRequest(
                role=WRITER,
                messages=(
                    {"role": "system", "content": system},
                    {"role": "user", "content": user},
                ),
                max_tokens=max_tokens,
                temperature=0.2,
                seed=1,
                response_schema=form,
                thinking=thinking,
                is_thinking_set=is_thinking_set,
                shows_form=shows_form,
            )
        )

    async def _try_prose(self) -> TrialResult:
        """Ask for two sentences, with a rule that stands in the system message alone."""
        system = f"End every answer with the word {PASSWORD.upper()}."
        answer = await self._ask(system, "Describe a harbour in two sentences.", PROSE_TOKENS)
        if not answer.text.strip():
            answer = await self._ask(system, "Describe a harbour in two sentences.", PROSE_TOKENS)
        if not answer.text.strip():
            return TrialResult("prose", False, _explain_empty(answer))
        heeds_system = PASSWORD in answer.text.lower()
        pace = answer.completion_tokens / answer.seconds if answer.seconds else 0.0
        length_text = f"{len(answer.text.split())} words, about {pace:.0f} tokens a second"
        if not heeds_system:
            return TrialResult(
                "prose", True, f"{length_text}; it did not keep the rule in the system message"
            )
        return TrialResult("prose", True, f"{length_text}; it keeps rules in the system message")

    async def _try_form(self) -> TrialResult:
        """Ask for a form by its schema, and where that is passed over with the form in words."""
        user = "Name two places in a harbour, and say of what kind each is."
        fault_text = ""
        for shows_form in (False, True):
            answer = await self._ask(
                "You fill in forms.", user, FORM_TOKENS, TrialAnswer, shows_form=shows_form
            )
            try:
                parse_structured(answer.text, answer.finish, TrialAnswer)
            except UnreadableAnswer as fault:
                fault_text = str(fault)
                continue
            if shows_form:
                self._records.learn(self._endpoint, schema_in_prompt=True)
                return TrialResult(
                    "forms", True, "it passes over schemas: prompts show the form too"
                )
            level = self.capabilities.schema_level
            return TrialResult("forms", True, _FORM_WORDS[level])
        return TrialResult(
            "forms",
            False,
            f"it fills in no form ({fault_text}): serve it with structured output, or choose"
            " another model",
        )

    async def _try_thinking(self) -> TrialResult:
        """See whether it thinks, and whether it can be told not to."""
        capabilities = self.capabilities
        if not capabilities.thinks:
            self._records.learn(self._endpoint, thinks=False)
            return TrialResult("thinking", True, "it does not think before it answers")
        answer = await self._ask(
            "You are brief.",
            "How many legs have three cats?",
            PROSE_TOKENS,
            thinking="off",
            is_thinking_set=True,
        )
        room_text = f"{self.capabilities.thought_tokens:,} tokens are kept for its thoughts"
        if answer.thought_tokens or answer.thoughts.strip():
            return TrialResult(
                "thinking", True, f"it thinks, and cannot be told not to: {room_text} in every call"
            )
        return TrialResult(
            "thinking", True, f"it thinks, and not where it is told not to; else {room_text}"
        )

    async def _try_length(self) -> TrialResult:
        """Send a prompt of known length whose first line is asked for at the end."""
        context_tokens = self._context_tokens
        refuses = self.capabilities.server in REFUSES_LENGTH
        wanted_tokens = SHORTER_PROMPT_TOKENS if refuses else LONG_PROMPT_TOKENS
        if context_tokens is not None:
            wanted_tokens = min(wanted_tokens, int(context_tokens * LONG_PROMPT_SHARE))
        tokenizer = ScaledTokenizer(1.0)
        lines = [f"The word of the day is {PASSWORD}.\n"]
        size = tokenizer.count_unscaled(FILLER)
        lines += [FILLER.format(n=n) for n in range(wanted_tokens // size)]
        user = "".join(lines) + "\nWhat is the word of the day? Answer with that word alone."
        own_count = (await count_tokens(self._endpoint, [user]))[0]
        sent_tokens = own_count or tokenizer.count_unscaled(user)
        answer = await self._ask("You are brief.", user, PROSE_TOKENS, thinking="off")
        read_tokens = 0 if answer.usage_estimated else answer.prompt_tokens
        self._records.learn(self._endpoint, reports_usage=read_tokens > 0)
        if read_tokens and read_tokens < sent_tokens * CUT_SHARE:
            self._records.learn(self._endpoint, context_tokens=read_tokens)
            advice = _explain_context(self.capabilities.server)
            return TrialResult(
                "long prompts",
                False,
                f"of {sent_tokens:,} tokens it read {read_tokens:,} and said nothing: its real"
                f" context is about {read_tokens:,} tokens; {advice}",
            )
        if context_tokens is not None:
            self._records.learn(self._endpoint, context_tokens=context_tokens)
        has_first_line = PASSWORD in answer.text.lower()
        count_text = f"{read_tokens:,} tokens read" if read_tokens else "it gives no token counts"
        end = "its first line was found" if has_first_line else "its first line was not found"
        if not read_tokens and not has_first_line:
            return TrialResult(
                "long prompts",
                False,
                f"{count_text}, and {end} in {sent_tokens:,} tokens: it may cut prompts without a"
                f" word; {_explain_context(self.capabilities.server)}",
            )
        return TrialResult("long prompts", True, f"{count_text}, {end}")


_FORM_WORDS: Mapping[str, str] = {
    "full": "it fills in forms by their schema",
    "unbounded": "it fills in forms by schemas without bounds",
    "object": "it fills in forms as JSON that the prompt describes",
    "prompt": "it fills in forms that the prompt describes, and takes no schema",
}


def _explain_empty(answer: JournaledAnswer) -> str:
    if answer.thoughts.strip():
        return (
            "nothing but thoughts came, even with room kept for them: set INKWRIGHT_THINKING=off, "
            "or serve it with a longer context"
        )
    return f"the answer was empty (it ended with {answer.finish!r})"


def _explain_context(server: str) -> str:
    if server == "ollama":
        return (
            "start Ollama with OLLAMA_CONTEXT_LENGTH=16384 or more, or set"
            " INKWRIGHT_CONTEXT_TOKENS to that"
        )
    return "serve it with a longer context, or set INKWRIGHT_CONTEXT_TOKENS to that"
