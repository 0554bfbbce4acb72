"""The model port: every call is journaled before its answer is used, and comes back typed.

A call whose key is in the journal is answered from it. An answer that cannot be used is asked for
once more, with what was wrong with it; after that the caller gets an ``UnusableAnswer``. Failures
are raised, never returned as text.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TypeVar

from pydantic import BaseModel

from inkwright.agents.llm.budget import CostReservation, UsageBudget
from inkwright.agents.llm.concurrency import ConcurrencyLimiter, Lane
from inkwright.agents.llm.config import CallSettings, Limits, Role
from inkwright.agents.llm.events import CallAnswered, Watch
from inkwright.agents.llm.parsing import (
    UnreadableAnswer,
    build_json_schema,
    digest_schema,
    is_in_other_script,
    parse_prose,
    parse_structured,
)
from inkwright.agents.llm.schemas import ResponseSchema
from inkwright.agents.llm.transport import ChatRequest, Transport
from inkwright.memory.base import digest
from inkwright.memory.errors import (
    AccessRefused,
    BudgetSpent,
    ModelRefused,
    ModelUnreachable,
    UnusableAnswer,
)
from inkwright.memory.store.journal import CallKey, Journal, JournaledAnswer
from inkwright.memory.store.library import Lease, Library
from inkwright.memory.text.tokens import Tokenizer, bound_tokens
from inkwright.memory.text.words import count_words
from inkwright.prompts.render import only_repeats, unfenced

F = TypeVar("F", bound=ResponseSchema)
R = TypeVar("R")

MAX_ASKS = 2
"""How often one question is put before its answer counts as unusable."""
MAX_FAILURES_IN_A_ROW = 3
"""Calls of a role that exhaust their tries, with no answer between them, before that role is given
up. A judge that is down takes no writer with it."""
MARGIN_TOKENS = 64
"""Kept free in the context for the chat template."""


@dataclass(frozen=True)
class ModelCall:
    """One question to a role's model."""

    step: str
    """``plan``, ``whole``, or a section's id."""
    role: Role
    purpose: str
    system: str
    user: str
    max_tokens: int
    sample: int = 0
    priority: float = 0.0
    """Higher goes first when slots are short."""
    han: bool | None = None
    """Whether the answer's own words must be in Han characters or kana; None: either will do."""


@dataclass(frozen=True)
class Prose:
    """Text from a writer."""

    text: str
    cut_short: bool
    """The token limit ended it, not the model."""


@dataclass
class RunUsage:
    """What this run has asked for so far; answers from the journal are counted apart."""

    calls: int = 0
    tokens: int = 0
    from_journal: int = 0
    models: dict[str, str] = field(default_factory=dict)
    """Role to the name of the model that last answered."""


class LLMClient:
    """Asks models on behalf of one work."""

    def __init__(
        self,
        library: Library,
        lease: Lease,
        transport: Transport,
        tokenizer: Tokenizer,
        *,
        call_settings: CallSettings,
        context_tokens: int,
        limits: Limits,
        seed: int,
        watch: Watch,
        lane: Lane | None = None,
        shared_budget: UsageBudget | None = None,
    ) -> None:
        """Bound calls together with those of other works, by ``lane`` and ``shared_budget``."""
        self.tokenizer, self.context_tokens = tokenizer, context_tokens
        self.transport = transport
        self.usage = RunUsage()
        self._work_id, self._call_settings = lease.work_id, call_settings
        self._journal = Journal(library, lease)
        self._seed, self._emit = seed, watch
        self._lane = lane or ConcurrencyLimiter(call_settings.concurrency).open_lane()
        self._budget = UsageBudget(limits)
        self._shared_budget = shared_budget or UsageBudget(Limits())
        self._failures: Counter[Role] = Counter()
        self._last_failure: dict[Role, str] = {}
        self._access_error: AccessRefused | None = None
        self._in_flight = 0
        self._all_journaled = asyncio.Event()
        self._all_journaled.set()

    async def ask_structured(
        self,
        call: ModelCall,
        response_schema: type[F],
        find_fault: Callable[[F], str | None] = lambda _: None,
    ) -> F:
        """Return the answer as ``response_schema``.

        ``find_fault`` says what else is to be wished of an answer, if anything: it is asked for
        once more then, and taken as it is the second time.

        Raises:
            UnusableAnswer: it could not be read, or is in the wrong language, twice.
        """

        def parse_answer(answer: JournaledAnswer, is_last_try: bool) -> F:
            parsed_answer = parse_structured(answer.text, answer.finish, response_schema)
            if call.han is not None and is_in_other_script(parsed_answer.wording(), han=call.han):
                raise UnreadableAnswer("it is in the wrong language")
            if (fault_text := find_fault(parsed_answer)) and not is_last_try:
                raise UnreadableAnswer(fault_text)
            return parsed_answer

        return await self._ask(call, response_schema, parse_answer, None)

    async def ask_prose(
        self,
        call: ModelCall,
        *,
        on_text: Callable[[str], None] | None = None,
    ) -> Prose:
        """Return the answer as text; with ``on_text``, send it there as it comes.

        Raises:
            UnusableAnswer: empty, a refusal, an error message, a copy of its prompt or the wrong
                language, twice.
        """

        def parse_answer(answer: JournaledAnswer, is_last_try: bool) -> Prose:
            answer_text = parse_prose(answer.text, han=call.han, keep_loops=is_last_try)
            prompt = f"{call.system}\n{call.user}"
            text = unfenced(answer_text, prompt)
            if only_repeats(answer_text, prompt) or not count_words(text):
                raise UnreadableAnswer("it only repeats its prompt")
            return Prose(text, cut_short=answer.finish == "length")

        return await self._ask(call, None, parse_answer, on_text)

    def count_refusals(self, step: str, role: Role, purpose: str) -> int:
        """Return how many questions of this kind were put in vain, as often as one is put."""
        return self._journal.count_answers(step, role, purpose, refused=MAX_ASKS - 1)

    def max_prompt_tokens(self, answer_tokens: int) -> int:
        """Return the tokens a prompt may have when its answer may have ``answer_tokens``."""
        return self.context_tokens - answer_tokens - MARGIN_TOKENS

    async def _ask(
        self,
        call: ModelCall,
        response_schema: type[BaseModel] | None,
        parse_answer: Callable[[JournaledAnswer, bool], R],
        on_text: Callable[[str], None] | None,
    ) -> R:
        messages = [
            {"role": "system", "content": call.system},
            {"role": "user", "content": call.user},
        ]
        problem, answer = "", None
        for refusal_count in range(MAX_ASKS):
            request = self._build_request(call, messages, response_schema, refusal_count, problem)
            answer = await self._get_answer(call, request, refusal_count, on_text)
            try:
                return parse_answer(answer, refusal_count == MAX_ASKS - 1)
            except UnreadableAnswer as fault:
                problem = str(fault)
        assert answer is not None
        raise UnusableAnswer(f"{call.role} ({call.purpose}, {call.step})", problem, answer.text)

    def _build_request(
        self,
        call: ModelCall,
        messages: list[dict[str, str]],
        response_schema: type[BaseModel] | None,
        refusal_count: int,
        problem: str,
    ) -> ChatRequest:
        if refusal_count and response_schema is not None:
            retry_note = f"\nYour last answer could not be used: {problem}.\n"
            messages = [
                messages[0],
                {"role": "user", "content": messages[1]["content"] + retry_note},
            ]
        is_prose = response_schema is None
        return ChatRequest(
            role=call.role,
            messages=tuple(messages),
            max_tokens=min(call.max_tokens, self._limit_answer_tokens(call, messages)),
            temperature=self._call_settings.temperature if is_prose else 0.2 + 0.5 * refusal_count,
            seed=self._seed * 1009 + call.sample * 101 + refusal_count,
            response_schema=response_schema,
            extra=self._call_settings.extra if is_prose else {},
            work_id=self._work_id,
        )

    def _limit_answer_tokens(self, call: ModelCall, messages: list[dict[str, str]]) -> int:
        """Return the tokens left for an answer, at most those asked for where there is plenty."""
        available_tokens = self.context_tokens - MARGIN_TOKENS
        if available_tokens - sum(bound_tokens(m["content"]) for m in messages) >= call.max_tokens:
            return call.max_tokens
        prompt_tokens = sum(self.tokenizer.count(m["content"]) for m in messages)
        if available_tokens - prompt_tokens < 16:
            raise UnusableAnswer(
                f"{call.role} ({call.purpose}, {call.step})",
                f"the prompt needs {prompt_tokens} of {self.context_tokens} tokens and leaves"
                " no room for an answer; serve the model with a longer context",
                "",
            )
        return available_tokens - prompt_tokens

    async def _get_answer(
        self,
        call: ModelCall,
        request: ChatRequest,
        refusal_count: int,
        on_text: Callable[[str], None] | None,
    ) -> JournaledAnswer:
        model_name = self._call_settings.endpoints[call.role].model
        key = CallKey(
            step=call.step,
            role=call.role,
            purpose=call.purpose,
            sample=call.sample,
            refused=refusal_count,
            digest=_digest_request(request, model_name),
        )
        answer = self._journal.find_answer(key)
        from_journal = answer is not None
        if answer is None:
            answer = await self._call_model(call, key, request, on_text)
        elif on_text is not None:
            on_text(answer.text)
        self._record_usage(call, answer, from_journal)
        return answer

    async def _call_model(
        self,
        call: ModelCall,
        key: CallKey,
        request: ChatRequest,
        on_text: Callable[[str], None] | None,
    ) -> JournaledAnswer:
        """Return a model's answer, which is in the journal then."""
        model_name = self._call_settings.endpoints[call.role].model
        async with self._lane.hold_slot(call.priority):
            await self._check_limits(call.role)
            reservation = await self._reserve_cost(call.role, request)
            request = replace(request, before_retry=reservation.repeat)
            self.usage.calls += 1
            self._budget.calls += 1
            self._shared_budget.calls += 1
            with self._count_in_flight(), reservation:
                try:
                    answer = await self.transport.complete(request, on_text)
                except ModelUnreachable as fault:
                    self._failures[call.role] += 1
                    self._last_failure[call.role] = str(fault)
                    raise
                except ModelRefused as fault:
                    if not fault.every_call:
                        raise
                    self._access_error = AccessRefused(str(fault))
                    raise self._access_error from fault
                self._journal.store_answer(
                    key, request.messages, answer, requested_model=model_name
                )
                reservation.settle(self._compute_cost(call.role, answer))
        self._lane.record_answer()
        self._failures[call.role] = 0
        return answer

    @contextmanager
    def _count_in_flight(self) -> Iterator[None]:
        self._in_flight += 1
        self._all_journaled.clear()
        try:
            yield
        finally:
            self._in_flight -= 1
            if not self._in_flight:
                self._all_journaled.set()

    async def _check_limits(self, role: Role) -> None:
        """Raise what stops a call from being sent.

        A limit that is used up waits for the calls that used it: raised before they are answered,
        it would end the tasks that wait for them, and what was paid for would be lost.
        """
        if self._access_error is not None:
            raise self._access_error
        if self._failures[role] >= MAX_FAILURES_IN_A_ROW:
            raise ModelUnreachable(
                f"the {role}'s model is given up after {self._failures[role]} calls without an"
                f" answer: {self._last_failure[role]}"
            )
        if limit_error := self._budget.limit_error or self._shared_budget.limit_error:
            await self._all_journaled.wait()
            raise limit_error

    async def _reserve_cost(self, role: Role, request: ChatRequest) -> CostReservation:
        """Set aside what a call can cost at most, as soon as the limits of money have room for it.

        Raises:
            BudgetSpent: they have none, and no call in flight can make it.
        """
        budgets = [b for b in (self._budget, self._shared_budget) if b.limits.max_cost is not None]
        if not budgets:
            return CostReservation((), 0.0)
        price = self._call_settings.prices[self._call_settings.endpoints[role].model]
        texts = [m["content"] for m in request.messages]
        if request.response_schema is not None:
            texts.append(json.dumps(build_json_schema(request.response_schema)))
        prompt_tokens = sum(map(self.tokenizer.count, texts)) + MARGIN_TOKENS
        worst_cost = price.compute_worst_cost(prompt_tokens, request.max_tokens)
        try:
            return await CostReservation.make(budgets, worst_cost)
        except BudgetSpent:
            await self._all_journaled.wait()
            raise

    def _compute_cost(self, role: Role, answer: JournaledAnswer) -> float | None:
        """Return what an answered call costs; None: its price is not known, or its tokens."""
        price = self._call_settings.prices.get(self._call_settings.endpoints[role].model)
        if price is None or not answer.prompt_tokens:
            return None
        return price.compute_cost(
            answer.prompt_tokens, answer.cached_tokens, answer.completion_tokens
        )

    @property
    def is_down(self) -> bool:
        """True when the writer's model no longer answers, so that no section can be written."""
        return self._failures["writer"] >= MAX_FAILURES_IN_A_ROW

    def _record_usage(self, call: ModelCall, answer: JournaledAnswer, from_journal: bool) -> None:
        self.usage.models[call.role] = answer.model
        if from_journal:
            self.usage.from_journal += 1
        else:
            tokens = answer.prompt_tokens + answer.completion_tokens
            self.usage.tokens += tokens
            self._budget.tokens += tokens
            self._shared_budget.tokens += tokens
        self._emit(
            CallAnswered(
                self._work_id,
                call.role,
                call.purpose,
                call.step,
                answer.prompt_tokens,
                answer.cached_tokens,
                answer.completion_tokens,
                answer.seconds,
                from_journal,
            )
        )


def _digest_request(request: ChatRequest, model: str) -> str:
    return digest(
        {
            "messages": list(request.messages),
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "seed": request.seed,
            "schema": digest_schema(request.response_schema),
            "extra": request.extra,
            "model": model,
        }
    )
