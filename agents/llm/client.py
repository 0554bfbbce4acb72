"""The model port: every call is journaled before its answer is used, and comes back typed.

A call whose key is in the journal is answered from it. An answer that cannot be used is asked for
once more, with what was wrong with it; after that the caller gets an ``UnusableAnswer``. Failures
are raised, never returned as text.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TypeVar

from pydantic import BaseModel, JsonValue

from inkwright.agents.llm.budget import CostReservation, UsageBudget
from inkwright.agents.llm.concurrency import ConcurrencyLimiter, Lane
from inkwright.agents.llm.config import CallSettings, Endpoint, Limits, Role
from inkwright.agents.llm.dialect.capability_records import CapabilityRecords
from inkwright.agents.llm.dialect.prompt_check import PromptCheck
from inkwright.agents.llm.dialect.request import (
    ChatRequest,
    bound_call_tokens,
    build_arguments,
)
from inkwright.agents.llm.events import CallAnswered, Watch
from inkwright.agents.llm.parsing import (
    UnreadableAnswer,
    digest_schema,
    is_in_other_script,
    parse_prose,
    parse_structured,
)
from inkwright.agents.llm.schemas import ResponseSchema
from inkwright.agents.llm.tokenizer import estimate_tokens
from inkwright.agents.llm.transport import Transport
from inkwright.memory.base import digest
from inkwright.memory.domain.purpose import Purpose, format_purpose
from inkwright.memory.errors import (
    AccessRefused,
    BudgetSpent,
    ModelRefused,
    ModelUnreachable,
    UnusableAnswer,
)
from inkwright.memory.model_capabilities import ModelCapabilities
from inkwright.memory.store.journal import CallKey, Journal, JournaledAnswer
from inkwright.memory.store.library import Lease, Library
from inkwright.memory.text.tokens import Tokenizer, bound_tokens

F = TypeVar("F", bound=ResponseSchema)
R = TypeVar("R")

MAX_ASKS = 2
"""How often one question is put before its answer counts as unusable."""
MAX_MALFORMED_ASKS = 4
"""The same, as long as no answer was one at all: JSON that is broken, thoughts without an end."""
FORM_MISSES = 2
"""Questions in a row that got a form only when the prompt showed it, before it always does."""
FORM_ALONE_AFTER = 2
"""After so many answers without a form, no schema is sent: the prompt alone says what the form is.
Some servers answer nothing to a schema."""
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
    purpose: Purpose
    system: str
    user: str
    max_tokens: int
    subject: str = ""
    """What it is about, where the step does not say that: a constraint's id, a claim's number."""
    attempt: int = 0
    """Which call of this purpose it is in its step: the round, the batch, the draft's version."""
    sample: int = 0
    priority: float = 0.0
    """Higher goes first when slots are short."""
    model: str = ""
    """Which of the role's models is asked; empty: its usual one."""
    han: bool | None = None
    """Whether the answer's own words must be in Han characters or kana; None: either will do."""

    @property
    def label(self) -> str:
        """What the call is for, as people read it."""
        return format_purpose(self.purpose, self.subject, self.attempt)


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
        capabilities: CapabilityRecords | None = None,
        pinned_capabilities: Mapping[str, ModelCapabilities] | None = None,
        list_names: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        """Bound calls together with those of other works, by ``lane`` and ``shared_budget``.

        ``capabilities`` is what is known of the models by now, ``pinned_capabilities`` what was
        known when the work began: the journal's keys rest on the latter. ``list_names`` gives the
        names that a text may repeat as it likes, whatever samplers there are.
        """
        self.tokenizer, self.context_tokens = tokenizer, context_tokens
        self.transport = transport
        self.usage = RunUsage()
        self._work_id, self._call_settings = lease.work_id, call_settings
        self._journal = Journal(library, lease)
        self._seed, self._emit = seed, watch
        self._lane = lane or ConcurrencyLimiter(call_settings.concurrency).open_lane()
        self._budget = UsageBudget(limits)
        self._shared_budget = shared_budget or UsageBudget(Limits())
        self._capabilities = capabilities or CapabilityRecords()
        self._pinned_capabilities = pinned_capabilities or {}
        self._list_names = list_names
        self._form_misses: Counter[str] = Counter()
        self._prompt_checks: dict[Endpoint, PromptCheck] = {}
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
            _refuse_unfinished(answer)
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
            _refuse_unfinished(answer)
            prompt = f"{call.system}\n{call.user}"
            text = parse_prose(answer.text, prompt, han=call.han, keep_loops=is_last_try)
            return Prose(text, cut_short=answer.finish == "length")

        return await self._ask(call, None, parse_answer, on_text)

    def count_thought_tokens(self) -> int:
        """Return the tokens that prompts have to leave to thoughts, by what is known now."""
        return self._capabilities.count_thought_tokens(self._call_settings, self.context_tokens)

    def count_refusals(self, step: str, role: Role, purpose: Purpose) -> int:
        """Return how many questions of this kind were put in vain, as often as one is put."""
        return self._journal.count_answers(step, role, purpose, refused=MAX_ASKS - 1)

    @property
    def writer_models(self) -> tuple[str, ...]:
        """The writer's models from weak to strong; empty: it has one."""
        return tuple(endpoint.model for endpoint in self._call_settings.writers)

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
        problem, answer, lacks_form, asks, refusal_count = "", None, 0, MAX_MALFORMED_ASKS, 0
        while refusal_count < asks:
            request = self._build_request(call, messages, response_schema, refusal_count, problem)
            request = replace(
                request,
                shows_form=lacks_form > 0,
                is_form_in_words=lacks_form >= FORM_ALONE_AFTER,
            )
            answer = await self._get_answer(call, request, refusal_count, on_text)
            try:
                parsed_answer = parse_answer(answer, refusal_count >= MAX_ASKS - 1)
            except UnreadableAnswer as fault:
                problem = str(fault)
                lacks_form += fault.lacks_form
                if not fault.is_malformed:
                    asks = MAX_ASKS
                refusal_count += 1
            else:
                self._learn_form(call, lacks_form)
                return parsed_answer
        assert answer is not None
        raise UnusableAnswer(f"{call.role} ({call.label}, {call.step})", problem, answer.text)

    def _learn_form(self, call: ModelCall, lacks_form: int) -> None:
        """Remember that a model fills a form only when the prompt shows it.

        One answer without a form may be chance; two questions in a row that got one are not.
        """
        endpoint = self._call_settings.get_endpoint(call.role, call.model)
        if not lacks_form:
            self._form_misses[endpoint.model] = 0
            return
        self._form_misses[endpoint.model] += 1
        if lacks_form >= FORM_ALONE_AFTER:
            line = f"{endpoint.model} answers no schema: the form stands in the prompt instead"
            self._capabilities.learn(endpoint, line, schema_level="prompt")
        elif self._form_misses[endpoint.model] >= FORM_MISSES:
            line = f"{endpoint.model} passes over schemas: the prompt shows the form too"
            self._capabilities.learn(endpoint, line, schema_in_prompt=True)

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
        max_tokens, room_tokens = self._limit_answer_tokens(call, messages)
        return ChatRequest(
            role=call.role,
            model=call.model,
            messages=tuple(messages),
            max_tokens=max_tokens,
            temperature=self._call_settings.temperature
            if is_prose
            else 0.2 + 0.5 * min(refusal_count, 1),
            seed=self._seed * 1009 + call.sample * 101 + refusal_count,
            response_schema=response_schema,
            extra=self._get_sampling(call.role, is_prose=is_prose),
            work_id=self._work_id,
            thinking=self._call_settings.choose_thinking(call.role, is_prose=is_prose),
            is_thinking_set=self._call_settings.get_thinking(call.role) != "auto",
            extra_body=self._call_settings.extra_body.get(call.role, {}),
            room_tokens=room_tokens,
            protected_names=tuple(dict.fromkeys(self._list_names())) if is_prose else (),
        )

    def _get_sampling(self, role: Role, *, is_prose: bool) -> dict[str, JsonValue]:
        """Return the sampling settings that are set for such a call.

        A work that was begun before servers were known has nothing pinned of them: its prose goes
        on as it began.
        """
        general_settings: dict[str, JsonValue] = {}
        if is_prose:
            if not self._pinned_capabilities:
                general_settings.update(self._call_settings.earlier_prose_sampling)
            general_settings.update(self._call_settings.prose_sampling)
        return {**general_settings, **self._call_settings.sampling.get(role, {})}

    def _limit_answer_tokens(
        self, call: ModelCall, messages: list[dict[str, str]]
    ) -> tuple[int, int]:
        """Return the tokens that an answer may have, and those left for it and its thoughts.

        Where there is plenty, the latter are not counted exactly.
        """
        available_tokens = self.context_tokens - MARGIN_TOKENS
        record = self._capabilities.get(self._call_settings.get_endpoint(call.role, call.model))
        wanted_tokens = call.max_tokens + record.thought_tokens
        room_tokens = available_tokens - sum(bound_tokens(m["content"]) for m in messages)
        if room_tokens >= wanted_tokens:
            return call.max_tokens, room_tokens
        prompt_tokens = sum(self.tokenizer.count(m["content"]) for m in messages)
        room_tokens = available_tokens - prompt_tokens
        if room_tokens < 16:
            raise UnusableAnswer(
                f"{call.role} ({call.label}, {call.step})",
                f"the prompt needs {prompt_tokens} of {self.context_tokens} tokens and leaves"
                " no room for an answer; serve the model with a longer context",
                "",
            )
        return min(call.max_tokens, room_tokens), room_tokens

    async def _get_answer(
        self,
        call: ModelCall,
        request: ChatRequest,
        refusal_count: int,
        on_text: Callable[[str], None] | None,
    ) -> JournaledAnswer:
        model_name = self._call_settings.get_endpoint(call.role, call.model).model
        key = CallKey(
            step=call.step,
            role=call.role,
            purpose=call.purpose,
            subject=call.subject,
            attempt=call.attempt,
            sample=call.sample,
            refused=refusal_count,
            digest=_digest_request(request, model_name, self._get_pinned_capabilities(call)),
        )
        answer = self._journal.find_answer(key)
        from_journal = answer is not None
        if answer is None:
            answer = await self._call_model(call, key, request, on_text)
        elif on_text is not None:
            on_text(answer.text)
        self._record_usage(call, answer, from_journal)
        return answer

    def _get_pinned_capabilities(self, call: ModelCall) -> ModelCapabilities:
        """Return what was known of the asked model when the work began."""
        endpoint = self._call_settings.get_endpoint(call.role, call.model)
        usual_endpoint = self._call_settings.endpoints[call.role]
        name = call.role if endpoint == usual_endpoint else endpoint.model
        return self._pinned_capabilities.get(name, ModelCapabilities())

    async def _call_model(
        self,
        call: ModelCall,
        key: CallKey,
        request: ChatRequest,
        on_text: Callable[[str], None] | None,
    ) -> JournaledAnswer:
        """Return a model's answer, which is in the journal then."""
        model_name = self._call_settings.get_endpoint(call.role, call.model).model
        async with self._lane.hold_slot(call.priority):
            await self._check_limits(call.role)
            reservation = await self._reserve_cost(request)
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
                answer = self._complete_usage(call, request, answer)
                self._check_prompt_was_read(call, request, answer)
                self._journal.store_answer(
                    key, request.messages, answer, requested_model=model_name
                )
                reservation.settle(self._compute_cost(call, answer))
        self._lane.record_answer()
        self._failures[call.role] = 0
        return answer

    def _complete_usage(
        self, call: ModelCall, request: ChatRequest, answer: JournaledAnswer
    ) -> JournaledAnswer:
        """Return the answer with token counts: our own, where the server gave none."""
        if answer.prompt_tokens or answer.completion_tokens:
            return answer
        endpoint = self._call_settings.get_endpoint(call.role, call.model)
        line = f"{endpoint.model} gives no token counts: they are estimated"
        self._capabilities.learn(endpoint, line, reports_usage=False)
        prompt_tokens = sum(self.tokenizer.count(m["content"]) for m in request.messages)
        return answer.model_copy(
            update={
                "prompt_tokens": prompt_tokens,
                "completion_tokens": self.tokenizer.count(answer.text) + answer.thought_tokens,
                "usage_estimated": True,
            }
        )

    def _check_prompt_was_read(
        self, call: ModelCall, request: ChatRequest, answer: JournaledAnswer
    ) -> None:
        """Refuse an answer to a prompt of which the server has left something out."""
        endpoint = self._call_settings.get_endpoint(call.role, call.model)
        check = self._prompt_checks.setdefault(endpoint, PromptCheck())
        if answer.usage_estimated:
            return
        own_tokens = estimate_tokens(self.tokenizer, [m["content"] for m in request.messages])
        if check.was_read(own_tokens, answer.prompt_tokens):
            return
        raise ModelRefused(
            f"{endpoint.model} at {endpoint.where or 'its provider'} read {answer.prompt_tokens:,}"
            f" of about {own_tokens:,} prompt tokens and left the rest out without a word: serve it"
            f" with a context of {self.context_tokens:,} tokens (Ollama:"
            f" OLLAMA_CONTEXT_LENGTH={self.context_tokens}), or set INKWRIGHT_CONTEXT_TOKENS to"
            " what it has",
            every_call=True,
        )

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

    async def _reserve_cost(self, request: ChatRequest) -> CostReservation:
        """Set aside what a call can cost at most, as soon as the limits of money have room for it.

        Raises:
            BudgetSpent: they have none, and no call in flight can make it.
        """
        budgets = [b for b in (self._budget, self._shared_budget) if b.limits.max_cost is not None]
        if not budgets:
            return CostReservation((), 0.0)
        endpoint = self._call_settings.get_endpoint(request.role, request.model)
        arguments = build_arguments(request, endpoint, self._capabilities.get(endpoint))
        prompt_tokens, answer_tokens = bound_call_tokens(arguments, self.tokenizer)
        worst_cost = self._call_settings.prices[endpoint.model].compute_worst_cost(
            prompt_tokens + MARGIN_TOKENS, answer_tokens or self.context_tokens
        )
        try:
            return await CostReservation.make(budgets, worst_cost)
        except BudgetSpent:
            await self._all_journaled.wait()
            raise

    def _compute_cost(self, call: ModelCall, answer: JournaledAnswer) -> float | None:
        """Return what an answered call costs; None: its price is not known, or its tokens."""
        endpoint = self._call_settings.get_endpoint(call.role, call.model)
        price = self._call_settings.prices.get(endpoint.model)
        if price is None or answer.usage_estimated:
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
                call.label,
                call.step,
                answer.prompt_tokens,
                answer.cached_tokens,
                answer.completion_tokens,
                answer.seconds,
                from_journal,
                call.model,
                answer.thought_tokens,
            )
        )


def _refuse_unfinished(answer: JournaledAnswer) -> None:
    """Raise UnreadableAnswer for an answer that ended before there was one."""
    if answer.finish == "content_filter":
        raise UnreadableAnswer("the server's content filter stopped it")
    if answer.thoughts and not answer.text.strip():
        if answer.finish == "length":
            raise UnreadableAnswer("its thoughts took all the tokens there were", is_malformed=True)
        raise UnreadableAnswer("it has thoughts and no text", is_malformed=True)


def _digest_request(request: ChatRequest, model: str, pinned: ModelCapabilities) -> str:
    """Return what identifies a request: as it is meant, and where its model is spoken to otherwise
    than any other, how.
    """
    dialect = {
        "served": pinned.list_request_changes(),
        "thinking": request.thinking if request.is_thinking_set else "",
        "extra_body": dict(request.extra_body),
    }
    return digest(
        {
            "messages": list(request.messages),
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "seed": request.seed,
            "schema": digest_schema(request.response_schema),
            "extra": dict(request.extra),
            "model": model,
            **{name: value for name, value in dialect.items() if value},
        }
    )
