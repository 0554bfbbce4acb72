"""Rows 11, 12, 16, 17, 21 and 22: what fits, what is counted, and where the server is."""

from typing import Any

from tests.families.fake import FakeServer, Refusal, Reply
from tests.families.model import Body
from tests.simserver.ask import text_of
from tests.simserver.http import Connection, Request
from tests.simserver.tokens import tokenize


class Unannounced(FakeServer):
    """Says nowhere in the list of models how much it reads."""

    def card(self) -> dict[str, object]:
        return {}


# Row 11: Ollama cuts what is too long, and says nothing


class OllamaCuts(Unannounced):
    """ollama #5902, #17889, TradingAgents #168: 2,048 tokens, whatever the model was made for."""

    served = "qwen3:14b"
    owner = "library"
    context_tokens = 2_048

    def pages(self) -> dict[str, object]:
        return {
            **super().pages(),
            "/api/version": {"version": "0.5.7"},
            "/api/ps": {"models": [self.running()]},
        }

    def running(self) -> dict[str, object]:
        return {"name": self.served, "model": self.served}

    async def answer(self, request: Request, path: str, connection: Connection) -> None:
        if (request.method, path) == ("POST", "/api/show"):
            info = {"general.architecture": "qwen3", "qwen3.context_length": 40_960}
            connection.reply_json(200, {"model_info": info, "parameters": "temperature 0.6"})
        else:
            await super().answer(request, path, connection)

    def read(self, body: Body) -> Body:
        """Keep the end of the last message: the rest is gone."""
        room = self.context_tokens // 2 if self.count_prompt(body) > self.context_tokens else 0
        if not room:
            return body
        last = body["messages"][-1]
        return {**body, "messages": [{**last, "content": "".join(tokenize(text_of(last))[-room:])}]}


class OllamaSaysFour(OllamaCuts):
    """Newer: ``/api/ps`` has the context of the running model, 4,096."""

    context_tokens = 4_096

    def running(self) -> dict[str, object]:
        return {**super().running(), "context_length": self.context_tokens}


# Row 12: too long, in other words


class LmStudioOverflow(Unannounced):
    """openclaude #353, openhuman #3560: ``n_keep`` and ``n_ctx``."""

    served = "qwen/qwen3.5-9b"
    context_tokens = 4_096

    def check(self, body: Body) -> None:
        tokens = self.count_prompt(body)
        if tokens >= self.context_tokens:
            self.refuse(tokens)

    def refuse(self, tokens: int) -> None:
        words = (
            "The number of tokens to keep from the initial prompt is greater than the context"
            f" length (n_keep: {tokens}>= n_ctx: {self.context_tokens}). Try to load the model with"
            " a larger context length, or provide a shorter input"
        )
        raise Refusal(400, {"error": words})


class OllamaOverflow(LmStudioOverflow):
    """nano-brain #208: a version of Ollama that refuses instead of cutting."""

    served = "qwen3:14b"

    def refuse(self, tokens: int) -> None:
        message = "the input length exceeds the context length"
        error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
        raise Refusal(400, {"error": error})


# Row 16: Ollama's own paths


class OllamaPaths(Unannounced):
    """Answers ``/v1`` and ``/api/chat``; below ``/v1`` there is no ``/api``."""

    served = "qwen3:8b"
    owner = "library"

    def answer_stray(self, path: str, connection: Connection) -> None:
        connection.reply(404, b"404 page not found", "text/plain")


# Row 17: no usage


class NoUsage(FakeServer):
    """A server that counts nothing."""

    def usage(self, body: Body, reply: Reply) -> None:
        return None


class ZeroUsage(FakeServer):
    """One that has the field, and noughts in it."""

    def usage(self, body: Body, reply: Reply) -> dict[str, Any]:
        return {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}


# Row 21: short contexts


class FourThousand(FakeServer):
    """vLLM with ``--max-model-len 4096``: prompt and answer together."""

    context_tokens = 4_096

    def check(self, body: Body) -> None:
        tokens = self.count_prompt(body)
        limit = body.get("max_completion_tokens") or body.get("max_tokens") or 0
        if tokens + limit > self.context_tokens:
            message = (
                f"This model's maximum context length is {self.context_tokens} tokens. However, you"
                f" requested {tokens + limit} tokens ({tokens} in the messages, {limit} in the"
                " completion). Please reduce the length of the messages or completion."
            )
            error = {"message": message, "type": "BadRequestError", "param": None, "code": 400}
            raise Refusal(400, {"error": error})


class EightThousand(FourThousand):
    """llama.cpp: only ``/props`` has it, and an answer stops where the context ends."""

    served = "qwen2.5-7b-instruct-q4_k_m"
    owner = "llamacpp"
    context_tokens = 8_192

    def card(self) -> dict[str, object]:
        return {"meta": {"n_ctx_train": 32_768}}

    def pages(self) -> dict[str, object]:
        props = {"default_generation_settings": {"n_ctx": self.context_tokens}}
        return {**super().pages(), "/props": props}

    def check(self, body: Body) -> None:
        tokens = self.count_prompt(body)
        if tokens >= self.context_tokens:
            error = {
                "code": 400,
                "message": "the request exceeds the available context size, try increasing it",
                "type": "exceed_context_size_error",
                "n_prompt_tokens": tokens,
                "n_ctx": self.context_tokens,
            }
            raise Refusal(400, {"error": error})


# Row 22: the base path


class BehindGateway(FakeServer):
    """EthanYoQ #100: a gateway that puts the API below a path of its own."""

    path = "/gw/openai/v1"
