"""Rows 13 to 15 and 19: servers that refuse a part of the request, or ask for more."""

from typing import Any

from tests.families.fake import FakeServer, Refusal
from tests.families.model import Body


def refuse(status: int, message: str, **more: Any) -> None:
    """Refuse in OpenAI's form."""
    kind = "invalid_request_error"
    raise Refusal(status, {"error": {"message": message, "type": kind, **more}})


# Row 13: no system role


class GemmaOnVllm(FakeServer):
    """vllm #2964: the template raises, and vLLM of that time sends it flat."""

    served = "google/gemma-2-9b-it"

    def check(self, body: Body) -> None:
        if any(message["role"] == "system" for message in body["messages"]):
            message = "System role not supported System role not supported"
            flat = {"object": "error", "message": message, "type": "BadRequestError"}
            raise Refusal(400, flat | {"param": None, "code": 400})


class MistralOnLmStudio(FakeServer):
    """chat-ui #1386, SillyTavern #4349: user and assistant in turn, from the first message on."""

    served = "mistral-7b-instruct-v0.3"

    def card(self) -> dict[str, object]:
        return {}

    def check(self, body: Body) -> None:
        for number, message in enumerate(body["messages"]):
            if message["role"] != ("user", "assistant")[number % 2]:
                words = (
                    'Error rendering prompt with jinja template: "Conversation roles must alternate'
                    ' user/assistant/user/assistant/...". This is usually an issue with the'
                    " model's prompt template."
                )
                raise Refusal(400, {"error": words})


# Row 14: max_tokens and temperature


class Gpt5(FakeServer):
    """opencode #37964, 9router #560: neither ``max_tokens`` nor a temperature."""

    served = "gpt-5-mini"
    owner = "openai"

    def card(self) -> dict[str, object]:
        return {}

    def check(self, body: Body) -> None:
        if "max_tokens" in body:
            refuse(
                400,
                "Unsupported parameter: 'max_tokens' is not supported with this model. Use"
                " 'max_completion_tokens' instead.",
                param="max_tokens",
                code="unsupported_parameter",
            )
        if body.get("temperature", 1) != 1:
            refuse(
                400,
                f"Unsupported value: 'temperature' does not support {body['temperature']} with this"
                " model. Only the default (1) value is supported.",
                param="temperature",
                code="unsupported_value",
            )


class Kimi(FakeServer):
    """VideoAdGuard #34, kimi-code #686: one temperature, and no field says which parameter."""

    served = "kimi-k2.6"
    owner = "moonshot"

    def card(self) -> dict[str, object]:
        return {}

    def check(self, body: Body) -> None:
        if body.get("temperature", 1) != 1:
            refuse(400, "invalid temperature: only 1 is allowed for this model")


# Row 15: seed


class MistralApi(FakeServer):
    """php-mistral #76: an unknown field is 422, named by its place in the body."""

    served = "mistral-small-latest"
    owner = "mistralai"

    def check(self, body: Body) -> None:
        if "seed" in body:
            detail = {"type": "extra_forbidden", "loc": ["body", "seed"], "input": body["seed"]}
            detail["msg"] = "Extra inputs are not permitted"
            told = {"object": "error", "message": {"detail": [detail]}, "code": None}
            raise Refusal(422, told | {"type": "invalid_request_error", "param": None})


class ClaudeBehindProxy(FakeServer):
    """claude-code #4378, litellm #13825: a proxy that hands Anthropic's own words on."""

    served = "claude-haiku-4-5"
    owner = "anthropic"

    def card(self) -> dict[str, object]:
        return {}

    def check(self, body: Body) -> None:
        if "seed" in body:
            error = {
                "type": "invalid_request_error",
                "message": "seed: Extra inputs are not permitted",
            }
            raise Refusal(400, {"type": "error", "error": error})


# Row 19: what only this provider knows


class RoutedByParameters(FakeServer):
    """OpenRouter: a model whose providers must be told to take all parameters."""

    served = "qwen/qwen3-8b"
    owner = "openrouter"

    def check(self, body: Body) -> None:
        if not (body.get("provider") or {}).get("require_parameters"):
            message = "No endpoints found that support the requested parameters."
            raise Refusal(404, {"error": {"message": message, "code": 404}})


class AsksForTenant(FakeServer):
    """A company's gateway that wants to know who asks, in every request."""

    served = "company-chat"
    owner = "gateway"

    def check(self, body: Body) -> None:
        if (body.get("metadata") or {}).get("tenant") != "harbour":
            raise Refusal(400, {"detail": "metadata.tenant is required"})
