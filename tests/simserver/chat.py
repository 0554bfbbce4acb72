"""``/v1/chat/completions``: one request from its body to the last byte of its answer."""

import asyncio
import time
from collections.abc import Sequence

from tests.simserver.ask import Ask, Refused
from tests.simserver.config import FaultRule, SimConfig
from tests.simserver.engine import Service
from tests.simserver.faults import GONE, struck_down
from tests.simserver.http import Connection, Request
from tests.simserver.log import Call
from tests.simserver.malform import malformed
from tests.simserver.script import answer
from tests.simserver.simulator import Simulator
from tests.simserver.tokens import tokenize
from tests.simserver.wire import Completion, presented_key, read_json, refuse

_DROPPED_AT = 0.5
_SHORTEST_SLEEP_S = 0.001


async def complete(request: Request, connection: Connection, sim: Simulator) -> None:
    """Answer a chat request, or fail it as the fault rules say, and log what happened."""
    key = presented_key(request)
    try:
        ask = Ask.read(read_json(request, sim.config), sim.config.salt)
    except Refused as refused:
        call = sim.log.open(kind="chat", api_key=key, status=refused.status)
        sim.log.close(call)
        refuse(connection, refused)
        return
    call = _open(ask, key, sim)
    call.body = request.digest
    try:
        await Exchange(ask, call, connection, sim).run()
    except Refused as refused:
        call.status = refused.status
        refuse(connection, refused)
    except asyncio.CancelledError:
        call.status = GONE
        raise
    finally:
        sim.log.close(call)


def _open(ask: Ask, key: str | None, sim: Simulator) -> Call:
    return sim.log.open(
        kind="chat",
        role=ask.role,
        schema_name=ask.schema_name,
        section=ask.prompt.section,
        model=ask.model,
        messages=ask.messages if sim.config.log_messages else [],
        seed=ask.seed,
        max_tokens=ask.max_tokens,
        stream=ask.stream,
        api_key=key,
    )


class Exchange:
    """One request and its answer."""

    def __init__(self, ask: Ask, call: Call, connection: Connection, sim: Simulator) -> None:
        self._ask, self._call, self._connection, self._sim = ask, call, connection, sim
        self._config: SimConfig = sim.config.for_model(ask.model)
        self._rule: FaultRule | None = sim.faults.for_chat(ask)
        call.fault = self._rule.fault if self._rule else None

    async def run(self) -> None:
        """Answer in the end, or raise Refused, or leave the client without an answer."""
        if self._rule and await struck_down(self._rule, self._connection):
            self._call.status = GONE
            return
        prompt = self._ask.prompt_tokens()
        self._call.prompt_tokens = len(prompt)
        room = self._room(len(prompt))
        tokens, finish_reason = self._answer(room)
        async with self._sim.engine.serve(self._call, prompt, tokens) as service:
            await self._serve(service, tokens, finish_reason)

    def _room(self, prompt_tokens: int) -> int:
        """Return the most tokens the answer may have; raises Refused when it cannot have them."""
        ask, limit = self._ask, self._config.max_model_len
        if ask.model not in self._config.models:
            raise Refused(404, f"The model `{ask.model}` does not exist.", "NotFoundError")
        if prompt_tokens >= limit:
            raise Refused(
                400,
                f"This model's maximum context length is {limit} tokens. However, your request has "
                f"{prompt_tokens} input tokens. Please reduce the length of the input messages.",
            )
        room = limit - prompt_tokens
        if ask.max_tokens and ask.max_tokens > room:
            raise Refused(
                400,
                f"'max_tokens' or 'max_completion_tokens' is too large: {ask.max_tokens}. This "
                f"model's maximum context length is {limit} tokens and your request has "
                f"{prompt_tokens} input tokens ({ask.max_tokens} > {limit} - {prompt_tokens}).",
            )
        return ask.max_tokens or room

    def _answer(self, room: int) -> tuple[list[str], str]:
        """Return the tokens of the answer, cut to ``room``, and why they end."""
        text, reason = answer(self._ask, self._config), "stop"
        if self._rule:
            text, reason = malformed(text, self._rule, self._ask, self._config)
        for stop in self._ask.stop:
            text = text.partition(stop)[0]
        tokens = tokenize(text)
        return (tokens[:room], "length") if len(tokens) > room else (tokens, reason)

    async def _serve(self, service: Service, tokens: list[str], finish_reason: str) -> None:
        """Take the time it takes, and send the answer, or the part that gets through."""
        fault = self._rule.fault if self._rule else None
        if fault == "hold":
            await self._sim.hold()
        if self._rule and fault == "slow":
            await asyncio.sleep(self._rule.delay_s)
        call = self._call
        call.completion_tokens, call.answer = len(tokens), "".join(tokens)
        call.finish_reason, call.status = finish_reason, 200
        completion = Completion(self._ask, call, finish_reason)
        if self._ask.stream:
            await self._stream(completion, service, tokens, cut=fault == "drop")
        else:
            await _sleep(call.service_s)
            if fault == "drop":
                self._connection.reply_in_part(200, completion.whole(), _DROPPED_AT)
            else:
                self._connection.reply(200, completion.whole())
        if fault == "drop":
            call.status = GONE

    async def _stream(
        self, completion: Completion, service: Service, tokens: Sequence[str], *, cut: bool
    ) -> None:
        """Send the answer event by event, each when it is due; those due together, together."""
        self._connection.begin("text/event-stream; charset=utf-8")
        began, size = time.monotonic(), self._config.tokens_per_chunk
        ready = [completion.opening()]
        shown = int(len(tokens) * _DROPPED_AT) if cut else len(tokens)
        for start in range(0, shown, size):
            chunk = tokens[start : min(start + size, shown)]
            due = began + service.prefill_s + (start + len(chunk)) * service.token_s
            wait = due - time.monotonic()
            if wait > _SHORTEST_SLEEP_S:
                self._connection.send(b"".join(ready))
                ready = []
                await asyncio.sleep(wait)
            ready.append(completion.piece("".join(chunk)))
        if cut:
            self._connection.send(b"".join(ready))
            self._connection.drop()
        else:
            self._connection.send(b"".join((*ready, completion.closing())))
            self._connection.finish()


async def _sleep(seconds: float) -> None:
    if seconds > 0:
        await asyncio.sleep(seconds)
