"""The model port: every call is journaled before its answer is used, and comes back typed.

A call whose key is in the journal is answered from it. An answer that cannot be used is asked for
once more, with what was wrong with it; after that the caller gets an ``UnusableAnswer``. Failures
are raised, never returned as text.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import BaseModel

from inkwright.agents.llm.budget import UsageBudget
from inkwright.agents.llm.concurrency import ConcurrencyLimiter, Lane
from inkwright.agents.llm.config import CallSettings, Limits, Role
from inkwright.agents.llm.events import CallAnswered, Watch
from inkwright.agents.llm.parsing import (
    UnreadableAnswer,
    form_digest,
    in_other_script,
    read_form,
    read_prose,
)
from inkwright.agents.llm.schemas import ResponseSchema
from inkwright.agents.llm.transport import ChatRequest, Transport
from inkwright.memory.base import digest
from inkwright.memory.errors import (
    AccessRefused,
    ModelRefused,
    ModelUnreachable,
    UnusableAnswer,
)
from inkwright.memory.store.journal import CallKey, Journal, JournaledAnswer
from inkwright.memory.store.library import Lease, Library
from inkwright.memory.text.tokens import Tokenizer, most_tokens
from inkwright.memory.text.words import count_words
from inkwright.prompts.render import only_repeats, unfenced

F = TypeVar("F", bound=ResponseSchema)
R = TypeVar("R")

ASKS = 2
"""How often one question is put before its answer counts as unusable."""
FAILURES_IN_A_ROW = 3
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
        calling: CallSettings,
        context_tokens: int,
        limits: Limits,
        seed: int,
        watch: Watch,
        share: Lane | None = None,
        shared: UsageBudget | None = None,
    ) -> None:
        """With ``share`` and ``shared``, calls are bounded together with those of other works."""
        self.tokenizer, self.context_tokens = tokenizer, context_tokens
        self.transport = transport
        self.spent = RunUsage()
        self._work, self._calling = lease.work, calling
        self._journal = Journal(library, lease)
        self._seed, self._watch = seed, watch
        self._share = share or ConcurrencyLimiter(calling.concurrency).share()
        self._purse, self._shared = UsageBudget(limits), shared or UsageBudget(Limits())
        self._failures: Counter[Role] = Counter()
        self._last_failure: dict[Role, str] = {}
        self._refused: AccessRefused | None = None
        self._sent = 0
        self._all_kept = asyncio.Event()
        self._all_kept.set()

    async def form(
        self, ask: ModelCall, form: type[F], fault: Callable[[F], str | None] = lambda _: None
    ) -> F:
        """Return the answer as ``form``.

        ``fault`` says what else is to be wished of an answer, if anything: it is asked for once
        more then, and taken as it is the second time.

        Raises:
            UnusableAnswer: it could not be read, or is in the wrong language, twice.
        """

        def read(answer: JournaledAnswer, last: bool) -> F:
            found = read_form(answer.text, answer.finish, form)
            if ask.han is not None and in_other_script(found.wording(), han=ask.han):
                raise UnreadableAnswer("it is in the wrong language")
            if (said := fault(found)) and not last:
                raise UnreadableAnswer(said)
            return found

        return await self._asked(ask, form, read, None)

    async def prose(
        self,
        ask: ModelCall,
        *,
        on_text: Callable[[str], None] | None = None,
    ) -> Prose:
        """Return the answer as text; with ``on_text``, send it there as it comes.

        Raises:
            UnusableAnswer: empty, a refusal, an error message, a copy of its prompt or the wrong
                language, twice.
        """

        def read(answer: JournaledAnswer, last: bool) -> Prose:
            said = read_prose(answer.text, han=ask.han, keep_loops=last)
            prompt = f"{ask.system}\n{ask.user}"
            text = unfenced(said, prompt)
            if only_repeats(said, prompt) or not count_words(text):
                raise UnreadableAnswer("it only repeats its prompt")
            return Prose(text, cut_short=answer.finish == "length")

        return await self._asked(ask, None, read, on_text)

    def refusals(self, step: str, role: Role, purpose: str) -> int:
        """Return how many questions of this kind were put in vain, as often as one is put."""
        return self._journal.count(step, role, purpose, refused=ASKS - 1)

    def room(self, ask_tokens: int) -> int:
        """Return the tokens a prompt may have when its answer may have ``ask_tokens``."""
        return self.context_tokens - ask_tokens - MARGIN_TOKENS

    async def _asked(
        self,
        ask: ModelCall,
        form: type[BaseModel] | None,
        read: Callable[[JournaledAnswer, bool], R],
        on_text: Callable[[str], None] | None,
    ) -> R:
        messages = [
            {"role": "system", "content": ask.system},
            {"role": "user", "content": ask.user},
        ]
        problem, answer = "", None
        for refused in range(ASKS):
            request = self._request(ask, messages, form, refused, problem)
            answer = await self._answer(ask, request, refused, on_text)
            try:
                return read(answer, refused == ASKS - 1)
            except UnreadableAnswer as fault:
                problem = str(fault)
        assert answer is not None
        raise UnusableAnswer(f"{ask.role} ({ask.purpose}, {ask.step})", problem, answer.text)

    def _request(
        self,
        ask: ModelCall,
        messages: list[dict[str, str]],
        form: type[BaseModel] | None,
        refused: int,
        problem: str,
    ) -> ChatRequest:
        if refused and form is not None:
            again = f"\nYour last answer could not be used: {problem}.\n"
            messages = [
                messages[0],
                {"role": "user", "content": messages[1]["content"] + again},
            ]
        prose = form is None
        return ChatRequest(
            role=ask.role,
            messages=tuple(messages),
            max_tokens=min(ask.max_tokens, self._room(ask, messages)),
            temperature=self._calling.temperature if prose else 0.2 + 0.5 * refused,
            seed=self._seed * 1009 + ask.sample * 101 + refused,
            form=form,
            extra=self._calling.extra if prose else {},
            work=self._work,
        )

    def _room(self, ask: ModelCall, messages: list[dict[str, str]]) -> int:
        """Return the tokens left for an answer, at most those asked for where there is plenty."""
        left = self.context_tokens - MARGIN_TOKENS
        if left - sum(most_tokens(m["content"]) for m in messages) >= ask.max_tokens:
            return ask.max_tokens
        prompt = sum(self.tokenizer.count(m["content"]) for m in messages)
        if left - prompt < 16:
            raise UnusableAnswer(
                f"{ask.role} ({ask.purpose}, {ask.step})",
                f"the prompt needs {prompt} of {self.context_tokens} tokens and leaves no room"
                " for an answer; serve the model with a longer context",
                "",
            )
        return left - prompt

    async def _answer(
        self,
        ask: ModelCall,
        request: ChatRequest,
        refused: int,
        on_text: Callable[[str], None] | None,
    ) -> JournaledAnswer:
        asked_for = self._calling.endpoints[ask.role].model
        key = CallKey(
            step=ask.step,
            role=ask.role,
            purpose=ask.purpose,
            sample=ask.sample,
            refused=refused,
            digest=_digest(request, asked_for),
        )
        answer = self._journal.find(key)
        from_journal = answer is not None
        if answer is None:
            answer = await self._called(ask, key, request, on_text)
        elif on_text is not None:
            on_text(answer.text)
        self._account(ask, answer, from_journal)
        return answer

    async def _called(
        self,
        ask: ModelCall,
        key: CallKey,
        request: ChatRequest,
        on_text: Callable[[str], None] | None,
    ) -> JournaledAnswer:
        """Return a model's answer, which is in the journal then."""
        asked_for = self._calling.endpoints[ask.role].model
        async with self._share.hold(ask.priority):
            await self._check_limits(ask.role)
            self.spent.calls += 1
            self._purse.calls += 1
            self._shared.calls += 1
            with self._under_way():
                try:
                    answer = await self.transport.complete(request, on_text)
                except ModelUnreachable as fault:
                    self._failures[ask.role] += 1
                    self._last_failure[ask.role] = str(fault)
                    raise
                except ModelRefused as fault:
                    if not fault.every_call:
                        raise
                    self._refused = AccessRefused(str(fault))
                    raise self._refused from fault
                self._journal.keep(key, request.messages, answer, asked_for=asked_for)
        self._share.answered()
        self._failures[ask.role] = 0
        return answer

    @contextmanager
    def _under_way(self) -> Iterator[None]:
        self._sent += 1
        self._all_kept.clear()
        try:
            yield
        finally:
            self._sent -= 1
            if not self._sent:
                self._all_kept.set()

    async def _check_limits(self, role: Role) -> None:
        """Raise what stops a call from being sent.

        A limit that is used up waits for the calls that used it: raised before they are answered,
        it would end the tasks that wait for them, and what was paid for would be lost.
        """
        if self._refused is not None:
            raise self._refused
        if self._failures[role] >= FAILURES_IN_A_ROW:
            raise ModelUnreachable(
                f"the {role}'s model is given up after {self._failures[role]} calls without an"
                f" answer: {self._last_failure[role]}"
            )
        if spent := self._purse.spent or self._shared.spent:
            await self._all_kept.wait()
            raise spent

    @property
    def down(self) -> bool:
        """True when the writer's model no longer answers, so that no section can be written."""
        return self._failures["writer"] >= FAILURES_IN_A_ROW

    def _account(self, ask: ModelCall, answer: JournaledAnswer, from_journal: bool) -> None:
        self.spent.models[ask.role] = answer.model
        if from_journal:
            self.spent.from_journal += 1
        else:
            tokens = answer.prompt_tokens + answer.completion_tokens
            self.spent.tokens += tokens
            self._purse.tokens += tokens
            self._shared.tokens += tokens
        self._watch(
            CallAnswered(
                self._work,
                ask.role,
                ask.purpose,
                ask.step,
                answer.prompt_tokens,
                answer.cached_tokens,
                answer.completion_tokens,
                answer.seconds,
                from_journal,
            )
        )


def _digest(request: ChatRequest, model: str) -> str:
    return digest(
        {
            "messages": list(request.messages),
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "seed": request.seed,
            "schema": form_digest(request.form),
            "extra": request.extra,
            "model": model,
        }
    )
