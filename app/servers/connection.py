"""Which model of which server is meant, and the settings that lead there."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from inkwright.agents.llm.config import NO_KEY, Endpoint
from inkwright.app.config.endpoints import PROVIDERS
from inkwright.app.servers.discovery import ListedModel, ModelServer
from inkwright.app.servers.settings_file import Value
from inkwright.memory.errors import BadInput
from inkwright.memory.model_capabilities import ModelCapabilities

LEAST_CONTEXT_TOKENS = 1024


@dataclass(frozen=True)
class ServedChoice:
    """One model of one server."""

    server: ModelServer
    model: ListedModel

    @property
    def setting(self) -> str:
        """What ``INKWRIGHT_MODEL`` is set to.

        A name that begins like a LiteLLM provider's gets the prefix that says it is none.
        """
        is_like_provider = self.model.name.partition("/")[0] in PROVIDERS
        return f"hosted_vllm/{self.model.name}" if is_like_provider else self.model.name

    def build_endpoint(self, key: str = "") -> Endpoint:
        """Return where it is called, as the settings would say."""
        return Endpoint(
            model=f"hosted_vllm/{self.model.name}",
            api_bases=(self.server.base,),
            api_key=key or NO_KEY,
        )

    def build_settings(self, capabilities: ModelCapabilities | None) -> dict[str, Value]:
        """Return the settings that lead to it, with what is known of it.

        The context is among them where a prompt has shown a smaller one than the server tells:
        what it tells, a run finds out by itself.
        """
        settings: dict[str, Value] = {"api_base": self.server.base, "model": self.setting}
        measured_tokens = capabilities.context_tokens if capabilities else None
        is_news = measured_tokens is not None and (
            self.model.context_tokens is None or measured_tokens < self.model.context_tokens
        )
        if measured_tokens is not None and is_news and measured_tokens >= LEAST_CONTEXT_TOKENS:
            settings["context_tokens"] = measured_tokens
        return settings


def list_choices(servers: Sequence[ModelServer]) -> tuple[ServedChoice, ...]:
    """Return every model that writes, server by server."""
    return tuple(ServedChoice(server, m) for server in servers for m in server.chat_models)


def find_choice(servers: Sequence[ModelServer], model: str) -> ServedChoice:
    """Return the first server's model of this name.

    Raises:
        BadInput: none serves it; the message says what they do serve.
    """
    choices = list_choices(servers)
    name = model.removeprefix("hosted_vllm/")
    for choice in choices:
        if choice.model.name == name:
            return choice
    names = [choice.model.name for choice in choices]
    if not names:
        raise BadInput(f"no server here lists a model, so none serves {model!r}")
    close_names = difflib.get_close_matches(name, names, n=1, cutoff=0.3)
    hint = f"; did you mean {close_names[0]!r}?" if close_names else ""
    raise BadInput(f"no server here serves {model!r}: they serve {', '.join(names[:8])}{hint}")
