"""Rows 9, 18 and 23 to 25: answers that break off, say nothing for long, or are no text."""

import asyncio
import dataclasses
from collections import Counter
from typing import ClassVar

from tests.families import model
from tests.families.fake import Call, Channel, FakeServer, Refusal, Reply, encode_event
from tests.families.model import Body
from tests.families.servers.thinking import InReasoningField
from tests.simserver import habits
from tests.simserver.ask import Ask, text_of
from tests.simserver.config import Habit
from tests.simserver.http import Connection


def is_about(body: Body, section: str) -> bool:
    """True when the writer is asked for this section."""
    text = "\n".join(text_of(message) for message in body["messages"])
    return model.find_prompt(body) in model.PROSE and f"\nSection: {section}" in text


# Row 9: streams that close cleanly, too early


class EndsAtHalf(FakeServer):
    """earendil pi #8460: ``[DONE]`` comes in the middle, and nothing says why it ended."""

    share: ClassVar[float] = 0.5

    def __init__(self) -> None:
        super().__init__()
        self.cut_short: list[Call] = []

    async def stream(self, call: Call, reply: Reply, connection: Connection) -> None:
        earlier = [c.body["messages"] for c in self.cut_short]
        if call.is_prose and call.body["messages"] not in earlier:
            self.cut_short.append(call)
            text = reply.joined("content")
            reply = Reply([("content", text[: int(len(text) * self.share)])], None, None)
        await super().stream(call, reply, connection)


class EndsWithoutDone(EndsAtHalf):
    """opencode #39968: the body just ends, as HTTP says it may, near the answer's own end."""

    share = 0.9

    def close_stream(self, call: Call, reply: Reply, connection: Connection) -> None:
        if call in self.cut_short:
            connection.finish()
        else:
            super().close_stream(call, reply, connection)


class NeverSaysWhy(FakeServer):
    """OmniRoute #7800: whole answers, of which none has a finish reason when it is streamed."""

    async def stream(self, call: Call, reply: Reply, connection: Connection) -> None:
        await super().stream(call, dataclasses.replace(reply, finish=None), connection)


# Row 18: 200, and an error inside


class ErrorInside(FakeServer):
    """OmniRoute #8210, langchainjs #11418: now and then a provider's failure comes as 200."""

    served = "nvidia/nemotron-3-ultra-550b-a55b:free"
    owner = "openrouter"

    def __init__(self) -> None:
        super().__init__()
        self.seen: Counter[str] = Counter()

    async def deliver(self, call: Call, reply: Reply, connection: Connection) -> None:
        asked = str(call.body["messages"][-1]["content"])
        self.seen[asked] += 1
        if self.seen[asked] == 1 and len(self.seen) % 3 == 1:
            raw = "Worker local total request limit reached (33/32)"
            metadata = {"raw": raw, "provider_name": "Nvidia", "error_type": "provider_unavailable"}
            error = {"message": "Provider returned error", "code": 502, "metadata": metadata}
            await self.fail(call, error, connection)
        else:
            await super().deliver(call, reply, connection)

    async def fail(self, call: Call, error: dict[str, object], connection: Connection) -> None:
        if not call.body.get("stream"):
            connection.reply_json(200, {"error": error, "user_id": "user_1"})
            return
        connection.begin("text/event-stream")
        connection.send(b": OPENROUTER PROCESSING\n\n")
        head = self.head(call, "chat.completion.chunk") | {"error": error, "choices": []}
        connection.send(encode_event(head) + b"data: [DONE]\n\n")
        connection.finish()


class NoCredits(ErrorInside):
    """inspect_ai #1534, openai-agents #604: every answer is an error, and none has choices."""

    served = "qwen/qwen3-235b-a22b"

    async def deliver(self, call: Call, reply: Reply, connection: Connection) -> None:
        message = "Insufficient credits. Add more at https://openrouter.ai/settings/credits"
        await self.fail(call, {"message": message, "code": 402}, connection)


class NoChoices(ErrorInside):
    """dify #9249: a provider that warms up, ``choices`` is null and nothing says why."""

    served = "google/gemini-2.5-flash"

    async def fail(self, call: Call, error: dict[str, object], connection: Connection) -> None:
        head = self.head(call, "chat.completion") | {"choices": None}
        if call.body.get("stream"):
            connection.begin("text/event-stream")
            connection.send(encode_event(head | {"choices": []}) + b"data: [DONE]\n\n")
            connection.finish()
        else:
            connection.reply_json(200, head)


# Row 23: the first token comes late


class SlowThoughts(InReasoningField):
    """1667 #103: a thought of minutes (here seconds) before the first word, piece by piece."""

    thought_tokens = 48
    pause_s: ClassVar[float] = 0.5

    def thinks(self, body: Body) -> bool:
        return model.find_form(body) is None

    async def pause(self, call: Call, channel: Channel) -> None:
        await asyncio.sleep(self.pause_s if channel == "reasoning" else 0)

    async def deliver(self, call: Call, reply: Reply, connection: Connection) -> None:
        if call.is_prose and not call.body.get("stream"):
            await asyncio.sleep(12 * self.pause_s)
        await super().deliver(call, reply, connection)


class SlowWithComments(FakeServer):
    """openai-go #227: a router sends comments while the provider thinks."""

    served = "qwen/qwen3-max"
    owner = "openrouter"
    pause_s: ClassVar[float] = 0.5

    async def stream(self, call: Call, reply: Reply, connection: Connection) -> None:
        if not call.is_prose:
            await super().stream(call, reply, connection)
            return
        connection.begin("text/event-stream; charset=utf-8")
        for _ in range(12):
            connection.send(b": OPENROUTER PROCESSING\n\n")
            await asyncio.sleep(self.pause_s)
        connection.send(self.event(call, {"role": "assistant", "content": reply.joined("content")}))
        self.close_stream(call, reply, connection)

    async def deliver(self, call: Call, reply: Reply, connection: Connection) -> None:
        if call.is_prose and not call.body.get("stream"):
            await asyncio.sleep(12 * self.pause_s)
        await super().deliver(call, reply, connection)


class Silent(FakeServer):
    """The same waiting, but nothing ever comes."""

    async def deliver(self, call: Call, reply: Reply, connection: Connection) -> None:
        if call.is_prose:
            await asyncio.Event().wait()
        await super().deliver(call, reply, connection)


# Row 24: filters


class FiltersHalf(FakeServer):
    """litellm #8953: the second section is stopped in the middle, whenever it is asked for."""

    def finish(self, body: Body, reason: str) -> str | None:
        return "content_filter" if is_about(body, "s2") else reason

    def say(self, body: Body) -> str:
        text = super().say(body)
        return text[: len(text) // 2] if is_about(body, "s2") else text


class FiltersPrompt(FakeServer):
    """Azure: 400, for what the prompt might bring about."""

    served = "gpt-4.1"
    owner = "azure"

    def check(self, body: Body) -> None:
        if is_about(body, "s2"):
            message = (
                "The response was filtered due to the prompt triggering Azure OpenAI's content"
                " management policy. Please modify your prompt and retry."
            )
            error = {"message": message, "type": None, "param": "prompt", "code": "content_filter"}
            raise Refusal(400, {"error": error | {"status": 400}})


class FiltersOnce(FakeServer):
    """curator #261: nothing at all, once; another try gets through."""

    def __init__(self) -> None:
        super().__init__()
        self.filtered = False

    def finish(self, body: Body, reason: str) -> str | None:
        return "content_filter" if self.filtered else reason

    def say(self, body: Body) -> str:
        earlier = any(is_about(call.body, "s2") and call.whole for call in self.calls)
        self.filtered = is_about(body, "s2") and not earlier
        return "" if self.filtered else super().say(body)


# Row 25: what is no text


class ControlCharacters(FakeServer):
    """agent-zero #1773: NUL and escape characters, in prose and in forms."""

    habit: ClassVar[Habit] = "nul"

    def say(self, body: Body) -> str:
        text = super().say(body)
        form = model.find_form(body)
        return habits.put(text, Ask.read(_with_schema(body, form), ""), self.habit)


class HalfEmoji(ControlCharacters):
    """aider #3693: a lone surrogate, which no database takes."""

    habit = "surrogate"


def _with_schema(body: Body, form: str | None) -> Body:
    if form is None:
        return {**body, "response_format": None}
    told = {"name": form, "schema": model.load_schema(form)}
    return {**body, "response_format": {"type": "json_schema", "json_schema": told}}
