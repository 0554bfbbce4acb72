"""From settings to where each role's model answers; an embedded model is started when asked for."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import SecretStr

from inkwright.agents.llm.config import CHAT_ROLES, ROLES, CallSettings, Endpoint, Role
from inkwright.app.config.model_folder import find_model
from inkwright.app.config.prices import PriceList, find_prices
from inkwright.app.config.settings import Settings
from inkwright.memory.errors import BadInput
from inkwright.memory.text.addresses import without_secrets
from inkwright.prompts.overrides import check_folder
from inkwright.prompts.render import MissingPlaceholder

if TYPE_CHECKING:
    from inkwright.agents.llm.local_server import EmbeddedServer

EMBEDDED = "embedded"
EMBEDDED_CONCURRENCY = 4
EMBEDDED_CONTEXT_TOKENS = 4096
"""For each slot."""
PROVIDERS = frozenset(
    {
        "anthropic", "azure", "azure_ai", "bedrock", "cerebras", "cohere", "custom_openai",
        "databricks", "deepinfra", "deepseek", "fireworks_ai", "gemini", "github", "groq",
        "hosted_vllm", "huggingface", "litellm_proxy", "llamafile", "lm_studio", "mistral",
        "moonshot", "nvidia_nim", "ollama", "ollama_chat", "openai", "openrouter", "perplexity",
        "replicate", "sambanova", "text-completion-openai", "together_ai", "vertex_ai", "vllm",
        "volcengine", "watsonx", "xai",
    }
)  # fmt: skip
"""LiteLLM's names of providers, the common ones: importing LiteLLM to ask takes seconds."""
OLLAMA_PROVIDERS = frozenset({"ollama", "ollama_chat"})
NO_MODEL_SET = (
    "no model is set: set INKWRIGHT_API_BASE (such as http://127.0.0.1:8000/v1) and "
    "INKWRIGHT_MODEL (the name it serves), or INKWRIGHT_MODEL=embedded to try the small CPU model; "
    "`inkwright model list` names models that can write on a CPU"
)


@dataclass(frozen=True)
class NamedModel:
    """A role's model as the settings name it."""

    role: Role
    model: str
    api_bases: tuple[str, ...] = field(repr=False)
    api_key: str = field(repr=False)

    @property
    def embedded_file(self) -> Path | None:
        """The model file to be served here; ``Path("embedded")`` is the packaged one."""
        if self.model == EMBEDDED or self.model.lower().endswith(".gguf"):
            return Path(self.model)
        return None


def resolve_models(settings: Settings) -> tuple[NamedModel, ...]:
    """Return the model of every role that has one. The embedder may have none.

    Raises:
        BadInput: a role that needs a model has none, or one without an address; or a prompt that
            is to replace ours has no place for an input.
    """
    _check_prompts(settings)
    named_models = [_resolve_model(settings, role) for role in ROLES]
    missing_roles = [
        role for role, n in zip(ROLES, named_models, strict=True) if not n and role != "embedder"
    ]
    if len(missing_roles) == len(ROLES) - 1:
        raise BadInput(_describe_missing_model(settings))
    if missing_roles:
        raise BadInput(
            f"the {missing_roles[0]} has no model: set INKWRIGHT_MODEL for every role, "
            f"or INKWRIGHT_{missing_roles[0].upper()}_MODEL"
        )
    return tuple(n for n in named_models if n)


def describe_models(settings: Settings) -> str:
    """Say which model calls go to, and where: the writer's, and every other place."""
    if not has_any_model(settings):
        return "no model set"
    named_models = sorted(resolve_models(settings), key=lambda n: n.role != "writer")
    writer, writer_location = named_models[0], _describe_location(named_models[0])
    writer_text = f"{writer.model} at {writer_location}" if writer.api_bases else writer_location
    other_locations = dict.fromkeys(
        p for p in map(_describe_location, named_models[1:]) if p != writer_location
    )
    return ", and ".join((writer_text, *other_locations))


def _describe_location(named_model: NamedModel) -> str:
    """Return where a model answers; of one at its provider's own address, its name."""
    if named_model.embedded_file is not None:
        is_packaged = named_model.model == EMBEDDED
        name = "the small model" if is_packaged else named_model.embedded_file.stem
        return f"{name} on this machine"
    hosts = (urlsplit(without_secrets(base)).netloc for base in named_model.api_bases[:1])
    return next(hosts, "") or named_model.model


def _check_prompts(settings: Settings) -> None:
    folder = settings.prompts
    if folder is None:
        return
    if not folder.is_dir():
        raise BadInput(f"INKWRIGHT_PROMPTS: {folder} is no folder of prompt templates")
    try:
        check_folder(folder)
    except MissingPlaceholder as fault:
        raise BadInput(f"INKWRIGHT_PROMPTS: {folder / str(fault)}") from fault


def has_any_model(settings: Settings) -> bool:
    """True when some role is set to call a model; else nothing of models is set at all."""
    return any(_resolve_model(settings, role) for role in ROLES if role != "embedder")


@contextmanager
def serve_models(settings: Settings) -> Iterator[CallSettings]:
    """Yield how to call the models, with embedded ones running until the end.

    Raises:
        BadInput: no model is set, or an embedded one is not installed.
        ModelUnreachable: an embedded one does not start.
    """
    named_models = resolve_models(settings)
    endpoint_by_file: dict[Path, Endpoint] = {}
    with ExitStack() as servers:
        for file in {n.embedded_file for n in named_models if n.embedded_file}:
            server = servers.enter_context(_create_embedded_server(file, settings))
            endpoint_by_file[file] = _build_embedded_endpoint(server)
        yield _build_call_settings(
            {
                n.role: endpoint_by_file[n.embedded_file] if n.embedded_file else build_endpoint(n)
                for n in named_models
            },
            settings,
        )


def build_price_list(settings: Settings) -> PriceList:
    """Return what models cost by these settings, whether or not they are fit for a run."""
    try:
        named_models = [n for role in ROLES if (n := _resolve_model(settings, role))]
        return PriceList(
            settings, [build_endpoint(n) for n in named_models if n.embedded_file is None]
        )
    except BadInput:  # a run says what is wrong with them
        return PriceList(settings, ())


def build_simulated_settings(settings: Settings) -> CallSettings:
    """Return how models would be called, without starting an embedded one.

    Raises:
        BadInput: as ``serve_models``.
    """
    named_models = resolve_models(settings)
    call_settings = _build_call_settings(
        {
            n.role: _build_embedded_endpoint(_create_embedded_server(n.embedded_file, settings))
            if n.embedded_file
            else build_endpoint(n)
            for n in named_models
        },
        settings,
    )
    if call_settings.context_tokens is None and any(n.embedded_file for n in named_models):
        return call_settings.model_copy(update={"context_tokens": EMBEDDED_CONTEXT_TOKENS})
    return call_settings


def _build_call_settings(
    endpoints_by_role: dict[Role, Endpoint], settings: Settings
) -> CallSettings:
    embedded_roles = {n.role for n in resolve_models(settings) if n.embedded_file}
    has_embedded = bool(embedded_roles)
    return CallSettings(
        endpoints=endpoints_by_role,
        concurrency=_get_embedded_concurrency(settings) if has_embedded else settings.concurrency,
        context_tokens=settings.context_tokens,
        timeout_s=settings.timeout_s,
        tries=settings.tries,
        temperature=settings.temperature,
        prompts=settings.prompts,
        thinking={
            role: settings.role(role, "thinking") or settings.thinking for role in CHAT_ROLES
        },
        sampling={
            role: fields for role in CHAT_ROLES if (fields := settings.role(role, "sampling"))
        },
        prose_sampling=settings.sampling or {},
        extra_body={
            role: fields
            for role in CHAT_ROLES
            if (
                fields := {
                    **(settings.extra_body or {}),
                    **(settings.role(role, "extra_body") or {}),
                }
            )
        },
        prices=find_prices(
            settings,
            tuple(endpoints_by_role.values()),
            [e for role, e in endpoints_by_role.items() if role in embedded_roles],
        ),
    )


def _create_embedded_server(file: Path, settings: Settings) -> "EmbeddedServer":
    from inkwright.agents.llm.local_server import EmbeddedServer

    return EmbeddedServer(
        None if file == Path(EMBEDDED) else file.expanduser(),
        slots=_get_embedded_concurrency(settings),
        context_tokens=settings.context_tokens or EMBEDDED_CONTEXT_TOKENS,
    )


def _build_embedded_endpoint(server: "EmbeddedServer") -> Endpoint:
    bases = (server.api_base,) if server.api_base else ()
    return Endpoint(model=f"openai/{server.model_name}", api_bases=bases)


def _get_embedded_concurrency(settings: Settings) -> int:
    """Return the streams of an embedded model: few, unless the settings say how many."""
    return (
        settings.concurrency if "concurrency" in settings.model_fields_set else EMBEDDED_CONCURRENCY
    )


def build_endpoint(named_model: NamedModel) -> Endpoint:
    """Return where a role's model answers, named as LiteLLM names it.

    Raises:
        BadInput: a name that no provider's prefix and no address belong to.
    """
    provider = named_model.model.partition("/")[0]
    if provider not in PROVIDERS:
        if not named_model.api_bases:
            raise BadInput(
                f"the {named_model.role}'s model {named_model.model!r} has no address: "
                "set INKWRIGHT_API_BASE, put its provider first, as in openai/NAME, or fetch one "
                "for the CPU: `inkwright model list`"
            )
        return Endpoint(
            model=f"hosted_vllm/{named_model.model}",
            api_bases=named_model.api_bases,
            api_key=named_model.api_key or "EMPTY",
        )
    if provider in OLLAMA_PROVIDERS and (
        wrong_base := next((b for b in named_model.api_bases if b.endswith("/v1")), None)
    ):
        root = without_secrets(wrong_base).removesuffix("/v1")
        name = named_model.model.partition("/")[2]
        raise BadInput(
            f"{provider}/ speaks Ollama's own API, which is not below /v1: set "
            f"INKWRIGHT_API_BASE={root}, or INKWRIGHT_MODEL=openai/{name} for the one that is"
        )
    key = named_model.api_key
    if not key and not named_model.api_bases:
        key = os.environ.get(f"{provider.upper()}_API_KEY", "")
    return Endpoint(
        model=named_model.model, api_bases=named_model.api_bases, api_key=key or "EMPTY"
    )


def _resolve_model(settings: Settings, role: Role) -> NamedModel | None:
    model: str | None = settings.role(role, "model")
    if model is None and role != "embedder":
        model = settings.model
    if not model:
        return None
    key: SecretStr | None = settings.role(role, "api_key")
    own_addresses: tuple[str, ...] = settings.role(role, "api_base")
    if key is None and not own_addresses:
        key = settings.api_key
    for base in own_addresses or settings.api_base:
        if not base.startswith(("http://", "https://")):
            raise BadInput(
                f"the address {without_secrets(base)!r} must begin with http:// or https://"
            )
    api_bases = own_addresses or settings.api_base
    return NamedModel(
        role=role,
        model=_resolve_model_file(model, settings, has_address=bool(api_bases)),
        api_bases=api_bases,
        api_key=key.get_secret_value() if key else "",
    )


def _resolve_model_file(model: str, settings: Settings, *, has_address: bool) -> str:
    """Return the path of a model in the library folder; any other name as it stands.

    A name is the endpoint's where there is one.
    """
    is_file_name = model.lower().endswith(".gguf")
    if model == EMBEDDED or (has_address and not is_file_name):
        return model
    if is_file_name and Path(model).expanduser().exists():
        return model
    model_file = find_model(settings.home, model)
    return str(model_file.path) if model_file else model


def _describe_missing_model(settings: Settings) -> str:
    if settings.api_base:
        return (
            "INKWRIGHT_MODEL is not set: `inkwright doctor` lists what "
            f"{without_secrets(settings.api_base[0])} serves"
        )
    return NO_MODEL_SET
