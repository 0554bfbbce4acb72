"""Rows 6 to 8, 10 and 20: servers that do not fill forms as they are asked to."""

import json
import zlib
from typing import ClassVar

from tests.families import model
from tests.families.fake import FakeServer, Refusal
from tests.families.model import Body


def format_of(body: Body) -> str:
    """Return the type of the response format, ``text`` when there is none."""
    return str((body.get("response_format") or {}).get("type", "text"))


def schema_of(body: Body) -> dict[str, object]:
    """Return the schema that the answer is to have; empty when none is sent."""
    return ((body.get("response_format") or {}).get("json_schema") or {}).get("schema") or {}


# Row 6: no json_schema


class OnlyJsonObject(FakeServer):
    """DeepSeek: inspect_ai #4916, litellm #31466; and JSON mode only if the prompt says JSON."""

    served = "deepseek-v4-flash"
    owner = "deepseek"

    def card(self) -> dict[str, object]:
        return {}

    def check(self, body: Body) -> None:
        if format_of(body) == "json_schema":
            self._refuse("This response_format type is unavailable now")
        if format_of(body) == "json_object" and "json" not in json.dumps(body["messages"]).lower():
            self._refuse(
                "Prompt must contain the word 'json' in some form to use 'response_format' of type"
                " 'json_object'."
            )

    def say(self, body: Body) -> str:
        text = super().say(body)
        is_talk = format_of(body) == "json_object" and text == model.TALK
        return json.dumps({"answer": text}) if is_talk else text

    @staticmethod
    def _refuse(message: str) -> None:
        kind = "invalid_request_error"
        error = {"message": message, "type": kind, "param": None, "code": kind}
        raise Refusal(400, {"error": error})


class OnlyText(FakeServer):
    """A proxy before a model without any JSON mode: khoj #1336, litellm #42245."""

    served = "mistral-7b-instruct"

    def check(self, body: Body) -> None:
        if format_of(body) != "text":
            detail = f"response_format of type '{format_of(body)}' is not supported by this model"
            raise Refusal(400, {"detail": detail})

    def say(self, body: Body) -> str:
        text = super().say(body)
        return f"Here it is:\n```json\n{text}\n```\n" if text.startswith("{") else text


# Row 7: LM Studio


class LmStudio(FakeServer):
    """lmstudio-bug-tracker #189, tada #16: ``json_schema`` or ``text``, nothing else."""

    served = "qwen3-8b@q4_k_m"
    owner = "organization_owner"

    def card(self) -> dict[str, object]:
        return {}

    def pages(self) -> dict[str, object]:
        card = {"id": self.served, "type": "llm", "state": "loaded", "max_context_length": 40_960}
        loaded = {"loaded_context_length": self.context_tokens}
        return {**super().pages(), "/api/v0/models": {"object": "list", "data": [card | loaded]}}

    def check(self, body: Body) -> None:
        if format_of(body) not in ("json_schema", "text"):
            words = "'response_format.type' must be 'json_schema' or 'text'"
            raise Refusal(400, {"error": words})


class LmStudioEmpty(LmStudio):
    """lmstudio-bug-tracker #1684: one version answers nothing at all to a schema."""

    served = "qwen3.5-27b"

    def say(self, body: Body) -> str:
        return "" if format_of(body) == "json_schema" else super().say(body)


# Row 8: grammar compilers


class LlamaGrammar(FakeServer):
    """llama.cpp #27087, #25746: 2,000 repetitions and more, inside another rule, do not parse."""

    served = "qwen2.5-3b-instruct-q4_k_m"
    owner = "llamacpp"

    def card(self) -> dict[str, object]:
        return {"meta": {"n_ctx_train": 32_768}}

    def pages(self) -> dict[str, object]:
        props = {"default_generation_settings": {"n_ctx": self.context_tokens}}
        return {**super().pages(), "/props": props | {"build_info": "b10229"}}

    def check(self, body: Body) -> None:
        parts = list(model.walk(schema_of(body)))
        lists = [part for part in parts if part.get("type") == "array"]
        inside = [inner for part in lists for inner in model.walk(part.get("items"))]
        defined = list(model.walk(schema_of(body).get("$defs")))
        if any(_bound(part, "maxLength") >= 2_000 for part in (*inside, *defined)):
            self.refuse()

    def refuse(self) -> None:
        message = "Failed to initialize samplers: failed to parse grammar"
        error = {"code": 400, "message": message, "type": "invalid_request_error"}
        raise Refusal(400, {"error": error})


class StrictGrammar(LlamaGrammar):
    """llama.cpp #26596: what counts is all repetitions of a schema together."""

    most: ClassVar[int] = 500

    def check(self, body: Body) -> None:
        total = sum(_bound(part, "maxLength") for part in model.walk(schema_of(body)))
        if total >= self.most:
            self.refuse()


class Xgrammar(FakeServer):
    """vLLM of 2025: its grammar compiler knows no bounds on strings and lists."""

    served = "Qwen/Qwen2.5-7B-Instruct"

    def check(self, body: Body) -> None:
        known = ("minLength", "maxLength", "minItems", "maxItems", "pattern", "minimum", "maximum")
        if any(name in part for part in model.walk(schema_of(body)) for name in known):
            message = "The provided JSON schema contains features not supported by xgrammar."
            body = {"object": "error", "message": message, "type": "BadRequestError"}
            raise Refusal(400, body | {"param": None, "code": 400})


def _bound(part: dict[str, object], name: str) -> int:
    found = part.get(name)
    return found if isinstance(found, int) else 0


# Row 10: a schema is accepted and ignored


class OllamaIgnoresSchema(FakeServer):
    """ollama #14645, #15260: talk, until the prompt itself says what the form is."""

    served = "gemma3:4b"
    owner = "library"
    obeys_schema = False

    def card(self) -> dict[str, object]:
        return {}

    def pages(self) -> dict[str, object]:
        running = {"name": self.served, "model": self.served, "context_length": 32_768}
        return {
            **super().pages(),
            "/api/version": {"version": "0.32.9"},
            "/api/ps": {"models": [running]},
        }

    def say(self, body: Body) -> str:
        text = super().say(body)
        return f"Sure!\n\n```json\n{text}\n```" if text.startswith("{") else text


class TabbyOtherKeys(FakeServer):
    """tabbyAPI #297, #258: JSON comes, of a shape that the model makes up."""

    served = "qwen3-14b-exl3"
    owner = "tabbyAPI"
    obeys_schema = False

    def card(self) -> dict[str, object]:
        return {"parameters": {"max_seq_len": self.context_tokens}}

    def say(self, body: Body) -> str:
        text = super().say(body)
        return json.dumps({"result": {"note": text}}) if text == model.TALK else text


# Row 20: a weak model spoils a quarter of its forms


class SpoilsForms(FakeServer):
    """waidrin #6: a form breaks off, or is Python's idea of JSON."""

    served = "llama-3.2-3b-instruct"
    ways: ClassVar[tuple[str, str]] = ("cut", "python")

    def say(self, body: Body) -> str:
        text = super().say(body)
        draw = zlib.crc32(json.dumps(body, sort_keys=True).encode())
        if text.startswith("{") and draw % 4 == 0:
            return model.spoil_json(text, self.ways[draw // 4 % 2])
        return text


class SpoilsFormsOtherwise(SpoilsForms):
    """Commas where none belong, and keys of its own."""

    served = "phi-4-mini"
    ways = ("commas", "keys")
