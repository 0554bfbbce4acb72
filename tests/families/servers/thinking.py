"""Rows 1 to 5: models that think, and where their thoughts turn up."""

import zlib
from typing import ClassVar

from tests.families import model
from tests.families.fake import THOUGHT, FakeServer, Part, Refusal
from tests.families.model import Body
from tests.simserver.tokens import tokenize

_THOUGHT_TOKENS = len(tokenize(THOUGHT))


class Thinker(FakeServer):
    """Thinks before it answers, unless ``thinks`` says that it does not."""

    thought_tokens: ClassVar[int] = 30

    def think(self, body: Body) -> str:
        return THOUGHT * max(1, self.thought_tokens // _THOUGHT_TOKENS)

    def thinks(self, body: Body) -> bool:
        return True

    @property
    def thoughts(self) -> int:
        """How many whole answers to our prompts were thought about."""
        return sum(
            call.whole and bool(call.prompt) and self.thinks(call.body) for call in self.calls
        )


class InReasoningField(Thinker):
    """A reasoning parser puts thoughts into a field of their own."""

    def compose(self, body: Body, text: str) -> list[Part]:
        thought: list[Part] = [("reasoning", self.think(body))] if self.thinks(body) else []
        return [*thought, ("content", text)]


class InContent(Thinker):
    """Thoughts stand in the content, between marks."""

    opening: ClassVar[str] = "<think>\n"
    closing: ClassVar[str] = "\n</think>\n\n"
    ending: ClassVar[str] = ""

    def compose(self, body: Body, text: str) -> list[Part]:
        thought = f"{self.opening}{self.think(body)}{self.closing}" if self.thinks(body) else ""
        return [("content", f"{thought}{text}{self.ending}")]


def is_switched_off(body: Body) -> bool:
    """True when the chat template is told not to think (Qwen on vLLM and SGLang)."""
    return (body.get("chat_template_kwargs") or {}).get("enable_thinking") is False


# Row 1: the answer itself ends up in the reasoning field


class VllmQwenParser(InReasoningField):
    """vllm #19222, #18255, #50948: guided JSON goes to ``reasoning_content``, content is null."""

    served = "qwen3-8b"

    def thinks(self, body: Body) -> bool:
        return not is_switched_off(body)

    def compose(self, body: Body, text: str) -> list[Part]:
        if model.find_form(body):
            return [("reasoning", text)]
        return super().compose(body, text)


class SglangWithoutEnd(InReasoningField):
    """sglang #37645: its end is never found, so that all of it is ``reasoning``."""

    served = "Qwen/Qwen3-14B"
    owner = "sglang"
    reasoning_field = "reasoning"

    def thinks(self, body: Body) -> bool:
        return not is_switched_off(body)

    def compose(self, body: Body, text: str) -> list[Part]:
        if not self.thinks(body):
            return [("content", text)]
        return [("reasoning", text if model.find_form(body) else self.think(body) + text)]


# Row 2: no parser, so that prose thinks inside the content


class VllmWithoutParser(InContent):
    """vllm #47027: a model that cannot stop thinking; JSON mode has no thoughts."""

    served = "writer"

    def thinks(self, body: Body) -> bool:
        return model.find_form(body) is None


class ThinksTwice(InContent):
    """KoboldCpp with ``encapsulate_thinking`` off (#2099): one block first, one in the middle."""

    served = "koboldcpp/mistral-nemo-tuned"
    owner = "koboldcpp"
    opening = "<think>"
    closing = "</think>"

    def card(self) -> dict[str, object]:
        return {}

    def thinks(self, body: Body) -> bool:
        return model.find_form(body) is None

    def compose(self, body: Body, text: str) -> list[Part]:
        [(_, whole)] = super().compose(body, text)
        half = len(whole) - len(text) // 2
        before, point, after = whole[:half].rpartition(". ")
        thought = f"{self.opening}{THOUGHT}{self.closing}" if self.thinks(body) else ""
        return [("content", f"{before}{point}{thought}{after}{whole[half:]}")]


# Row 3: thoughts use up what the answer may have


class LongThoughts(InReasoningField):
    """covan #112, picoclaw #966: 1,400 tokens of thought where 120 were allowed."""

    served = "helium"
    thought_tokens = 1_400


class ThoughtsOfAnyLength(InContent):
    """immich #967: from 245 tokens on, never the same; the block is not closed when it is cut."""

    served = "qwen3-30b-a3b-thinking"

    def think(self, body: Body) -> str:
        sizes = (245, 900, 2_600)
        asked = str(body["messages"][-1]["content"])
        return THOUGHT * (sizes[zlib.crc32(asked.encode()) % 3] // _THOUGHT_TOKENS)


# Row 4: switches


class QwenOnVllm(InReasoningField):
    """Qwen's chat template: ``chat_template_kwargs.enable_thinking``."""

    served = "qwen3-8b"
    thought_tokens = 600

    def pages(self) -> dict[str, object]:
        return {**super().pages(), "/version": {"version": "0.19.1"}}

    def thinks(self, body: Body) -> bool:
        return not is_switched_off(body)


class GptOss(InReasoningField):
    """gpt-oss and OpenAI: ``reasoning_effort``; what it does not know is refused."""

    served = "openai/gpt-oss-20b"
    reasoning_field = "reasoning"
    thought_tokens = 600

    def check(self, body: Body) -> None:
        for name in ("chat_template_kwargs", "think", "thinking", "enable_thinking"):
            if name in body:
                message = f"Unrecognized request argument supplied: {name}"
                error = {"message": message, "type": "invalid_request_error", "param": None}
                raise Refusal(400, {"error": error | {"code": None}})

    def think(self, body: Body) -> str:
        return THOUGHT if self.is_low(body) else super().think(body)

    @staticmethod
    def is_low(body: Body) -> bool:
        return body.get("reasoning_effort") in ("none", "minimal", "low")


class OllamaThinks(InReasoningField):
    """Ollama: ``think``, and on ``/v1`` ``reasoning_effort: none``."""

    served = "qwen3:8b"
    owner = "library"
    reasoning_field = "reasoning"
    thought_tokens = 600

    def card(self) -> dict[str, object]:
        return {}

    def pages(self) -> dict[str, object]:
        return {
            **super().pages(),
            "/api/version": {"version": "0.32.9"},
            "/api/tags": {"models": [{"name": self.served, "model": self.served}]},
            "/api/ps": {"models": [{"name": self.served, "context_length": 32_768}]},
        }

    def thinks(self, body: Body) -> bool:
        return body.get("think") is not False and body.get("reasoning_effort") != "none"


class DeepSeekThinks(InReasoningField):
    """DeepSeek: ``thinking: {"type": "disabled"}``; anything else is passed over."""

    served = "deepseek-v4-flash"
    owner = "deepseek"
    thought_tokens = 600

    def card(self) -> dict[str, object]:
        return {}

    def thinks(self, body: Body) -> bool:
        return (body.get("thinking") or {}).get("type") != "disabled"


# Row 5: other marks


class Harmony(InContent):
    """gpt-oss behind a server that does not read its channels (mlx-lm #1867, imp #768)."""

    served = "gpt-oss-20b"
    opening = "<|channel|>analysis<|message|>"
    closing = "<|end|><|start|>assistant<|channel|>final<|message|>"
    ending = "<|return|>"


class HarmonyWithoutMarks(InContent):
    """The same, with special tokens dropped on the way (macprovider #743)."""

    served = "mlx-community/gpt-oss-20b-MXFP4-Q8"
    opening = "analysis"
    closing = "assistantfinal"


class Magistral(InContent):
    served = "magistral-small-2509"
    opening = "[THINK]"
    closing = "[/THINK]"


class SeedOss(InContent):
    served = "seed-oss-36b-instruct"
    opening = "<seed:think>"
    closing = "</seed:think>"


class GemmaChannel(InContent):
    """Gemma 4: a channel for thoughts, closed by another mark than it was opened by."""

    served = "gemma-4-12b-it"
    opening = "<|channel>thought\n"
    closing = "<channel|>"


class ThinkingTag(InContent):
    """one-hub #501: a system prompt of somebody's own makes it think like this."""

    opening = "<thinking>\n"
    closing = "\n</thinking>\n"


class ReasoningTag(InContent):
    opening = "<reasoning>"
    closing = "</reasoning>\n\n"


class KimiMarks(InContent):
    served = "kimi-vl-a3b-thinking"
    opening = "◁think▷"
    closing = "◁/think▷"


class OpenedByTemplate(InContent):
    """llama.cpp #15181: the template opens the block, so that only its end is seen."""

    served = "deepseek-r1-distill-llama-8b"
    owner = "llamacpp"
    opening = ""
