"""What every fake server does; a row's own class changes one thing of it.

A chat request goes ``check`` (is it refused?), ``read`` (what of it does the model see?), ``say``
(what does the model mean?), ``compose`` (in which parts does it come?), ``deliver`` (how is it
sent?). A class of a row overrides one or two of these.
"""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from tests.families import model
from tests.families.model import Body
from tests.simserver.ask import text_of
from tests.simserver.http import Connection, Request
from tests.simserver.tokens import count_words, tokenize

Channel = Literal["content", "reasoning"]
Part = tuple[Channel, str]

THOUGHT = "I must ruminate on what they ask for, and ruminate again before a word is written. "
"""Any text with ``ruminate`` in it is a thought: no prose has the word."""
_TOKENS_A_CHUNK = 4
_FEW_WORDS = 10


class Refusal(Exception):
    """The request is refused, in the server's own words."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"{status} {body}")
        self.status, self.body = status, body


@dataclass
class Call:
    """One chat request, and how it was answered."""

    body: Body
    path: str
    status: int = 0
    whole: bool = False
    """True when an answer was sent to its end."""
    prompt_tokens: int = 0
    text: str = ""
    """Content as sent."""
    useful: bool = True
    """False: an answer of no use to anyone, such as thoughts alone."""

    @property
    def prompt(self) -> str:
        """Name of Inkwright's prompt, or "" for what is none."""
        return model.find_prompt(self.body)

    @property
    def is_prose(self) -> bool:
        return self.prompt in model.PROSE

    @property
    def form(self) -> str | None:
        return model.find_form(self.body)

    @property
    def limit(self) -> int | None:
        """Most tokens of the answer, by whichever name."""
        found = self.body.get("max_completion_tokens") or self.body.get("max_tokens")
        return found if isinstance(found, int) else None

    @property
    def format(self) -> str:
        """Type of the response format: ``text`` when there is none."""
        return str((self.body.get("response_format") or {}).get("type", "text"))


@dataclass
class Reply:
    """An answer before it is sent."""

    parts: list[Part]
    finish: str | None = "stop"
    usage: dict[str, Any] | None = field(default_factory=dict)

    def joined(self, channel: Channel) -> str:
        return "".join(text for kind, text in self.parts if kind == channel)


class FakeServer:
    """An OpenAI-compatible server without any habit: the row's class says what is odd."""

    path: ClassVar[str] = "/v1"
    """What stands between the fake's own root and ``/chat/completions``."""
    served: ClassVar[str] = "llama-3.1-8b-instruct"
    context_tokens: ClassVar[int] = 32_768
    reasoning_field: ClassVar[str] = "reasoning_content"
    obeys_schema: ClassVar[bool] = True
    """False: ``json_schema`` is accepted, and nothing comes of it."""
    owner: ClassVar[str] = "vllm"

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.strays: list[str] = []
        """Paths that were asked for and are not here."""

    # What a row changes

    def pages(self) -> Mapping[str, Any]:
        """Return what GET answers, by path below the fake's root."""
        card = {"id": self.served, "object": "model", "created": 0, "owned_by": self.owner}
        return {
            f"{self.path}/models": {"object": "list", "data": [card | self.card()]},
        }

    def card(self) -> dict[str, Any]:
        """Return what the list of models says of this one beyond its name."""
        return {"max_model_len": self.context_tokens}

    def check(self, body: Body) -> None:
        """Raise Refusal for what the server does not take."""

    def read(self, body: Body) -> Body:
        """Return the request as the model gets it."""
        return body

    def say(self, body: Body) -> str:
        """Return what the model means to say: a form only if schema or prompt says which."""
        form = model.find_form(body)
        if form is None:
            return model.write(body, form=None)
        guided = self.obeys_schema and (body.get("response_format") or {}).get("json_schema")
        if guided or model.is_told_the_form(body):
            return model.write(body, form=form)
        return model.TALK

    def compose(self, body: Body, text: str) -> list[Part]:
        """Return the answer's parts in the order in which they are made."""
        return [("content", text)]

    def finish(self, body: Body, reason: str) -> str | None:
        return reason

    def usage(self, body: Body, reply: Reply) -> dict[str, Any] | None:
        prompt = self.count_prompt(body)
        reasoning = len(tokenize(reply.joined("reasoning")))
        completion = reasoning + len(tokenize(reply.joined("content")))
        return {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
            "completion_tokens_details": {"reasoning_tokens": reasoning},
        }

    async def deliver(self, call: Call, reply: Reply, connection: Connection) -> None:
        """Send the answer as it was asked for."""
        if call.body.get("stream"):
            await self.stream(call, reply, connection)
        else:
            connection.reply_json(200, self.whole(call, reply))
        call.whole = True

    # What all have

    def count_prompt(self, body: Body) -> int:
        """Return the tokens of the messages, with four for each message's template."""
        return sum(len(tokenize(text_of(m))) + 4 for m in body["messages"])

    async def answer(self, request: Request, path: str, connection: Connection) -> None:
        """Answer one request to ``path`` below the fake's root."""
        if request.method == "GET" and path in self.pages():
            connection.reply_json(200, self.pages()[path])
        elif request.method == "POST" and path == f"{self.path}/chat/completions":
            await self.chat(request, path, connection)
        else:
            self.strays.append(f"{request.method} {path}")
            self.answer_stray(path, connection)

    def answer_stray(self, path: str, connection: Connection) -> None:
        connection.reply_json(404, {"detail": "Not Found"})

    async def chat(self, request: Request, path: str, connection: Connection) -> None:
        body: Body = request.json()
        call = Call(body, path, prompt_tokens=self.count_prompt(body))
        self.calls.append(call)
        try:
            self.check(body)
        except Refusal as refusal:
            call.status = refusal.status
            connection.reply_json(refusal.status, refusal.body)
            return
        seen = self.read(body)
        reply = self.cut(seen, self.compose(seen, self.say(seen)))
        reply.usage = self.usage(seen, reply)
        call.status, call.text = 200, reply.joined("content")
        call.useful = is_useful(call, reply)
        await self.deliver(call, reply, connection)

    def cut(self, body: Body, parts: list[Part]) -> Reply:
        """Return the parts, as many tokens of them as may be."""
        limit = body.get("max_completion_tokens") or body.get("max_tokens") or self.context_tokens
        room = min(limit, max(self.context_tokens - self.count_prompt(body), 1))
        kept: list[Part] = []
        for channel, text in parts:
            tokens = tokenize(text)
            kept.append((channel, "".join(tokens[:room])))
            if len(tokens) > room:
                return Reply(kept, self.finish(body, "length"))
            room -= len(tokens)
        return Reply(kept, self.finish(body, "stop"))

    def whole(self, call: Call, reply: Reply) -> dict[str, Any]:
        """Return the answer in one piece."""
        message: dict[str, Any] = {"role": "assistant", "content": reply.joined("content") or None}
        if reasoning := reply.joined("reasoning"):
            message[self.reasoning_field] = reasoning
        choice = {"index": 0, "message": message, "finish_reason": reply.finish}
        usage = {"usage": reply.usage} if reply.usage is not None else {}
        return self.head(call, "chat.completion") | {"choices": [choice]} | usage

    def head(self, call: Call, kind: str) -> dict[str, Any]:
        number = f"chatcmpl-{self.calls.index(call)}"
        return {"id": number, "object": kind, "created": int(time.time()), "model": self.served}

    async def stream(self, call: Call, reply: Reply, connection: Connection) -> None:
        """Send the answer as events, a few tokens each."""
        connection.begin("text/event-stream; charset=utf-8")
        connection.send(self.event(call, {"role": "assistant", "content": ""}))
        for channel, text in reply.parts:
            tokens = tokenize(text)
            name = "content" if channel == "content" else self.reasoning_field
            for start in range(0, len(tokens), _TOKENS_A_CHUNK):
                piece = "".join(tokens[start : start + _TOKENS_A_CHUNK])
                connection.send(self.event(call, {name: piece}))
                await self.pause(call, channel)
        self.close_stream(call, reply, connection)

    async def pause(self, call: Call, channel: Channel) -> None:
        """Wait between two events: not at all, but others get their turn."""
        await asyncio.sleep(0)

    def close_stream(self, call: Call, reply: Reply, connection: Connection) -> None:
        if reply.finish is not None:
            connection.send(self.event(call, {}, reply.finish))
        options = call.body.get("stream_options") or {}
        if reply.usage is not None and options.get("include_usage"):
            head = self.head(call, "chat.completion.chunk")
            connection.send(encode_event(head | {"choices": [], "usage": reply.usage}))
        connection.send(b"data: [DONE]\n\n")
        connection.finish()

    def event(self, call: Call, delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return encode_event(self.head(call, "chat.completion.chunk") | {"choices": [choice]})


def is_useful(call: Call, reply: Reply) -> bool:
    """True when the answer has what was asked for, wherever it stands in it."""
    if call.form is None:
        return count_words(call.text.replace(THOUGHT, "")) >= _FEW_WORDS
    name = next(iter(model.load_schema(call.form)["properties"]))
    return f'"{name}"' in "".join(text for _, text in reply.parts)


def encode_event(body: dict[str, Any]) -> bytes:
    """Return one event of a stream."""
    return b"data: " + json.dumps(body).encode() + b"\n\n"
