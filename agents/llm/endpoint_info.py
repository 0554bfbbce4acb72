"""What an endpoint says about itself, asked over plain HTTP: names served, context, tokenizer."""

import asyncio
import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import httpx

from inkwright.agents.llm.config import Endpoint
from inkwright.memory.errors import ModelRefused, ModelUnreachable
from inkwright.memory.text.addresses import without_secrets

TIMEOUT = httpx.Timeout(15.0, connect=5.0)
SERVERS_BY_OWNER = {
    "vllm": "vllm",
    "sglang": "sglang",
    "llamacpp": "llama.cpp",
    "library": "ollama",
    "organization_owner": "lm studio",
    "koboldcpp": "koboldcpp",
    "tabbyapi": "tabbyapi",
    "deepseek": "deepseek",
    "moonshot": "moonshot",
    "zhipu": "zhipu",
    "z-ai": "zhipu",
}
"""Kinds of servers, by what they call the owner of their models."""
NO_TOKENIZERS = frozenset({"ollama", "lm studio"})
TOKENIZE_TIMEOUT = httpx.Timeout(30.0, connect=5.0)


@dataclass(frozen=True)
class ServedModel:
    """What stands behind an endpoint."""

    models: tuple[str, ...] = ()
    """Names served; empty when the endpoint does not list them."""
    max_model_len: int | None = None
    """Context length in tokens of the endpoint's model. None: it does not say."""
    tokenizes: bool = False
    """True when it counts tokens with the model's own tokenizer."""
    server: str = ""
    """The kind of server, as ``ModelCapabilities`` names it; empty: it does not say."""
    path: str = ""
    """What has to follow the address that is set: ``/v1`` where that was left out."""
    template: str = ""
    """The chat template, where the server shows it."""


async def probe(endpoint: Endpoint) -> ServedModel:
    """Return what every replica of ``endpoint`` serves, with the shortest of their contexts.

    An endpoint without an address of its own (a provider's) is not asked, and says nothing.

    Raises:
        ModelUnreachable: a replica gives no answer.
        ModelRefused: it rejects the key.
    """
    served_models = await asyncio.gather(
        *(_probe_one(endpoint, base) for base in endpoint.api_bases)
    )
    if not served_models:
        return ServedModel()
    lengths = [f.max_model_len for f in served_models if f.max_model_len is not None]
    return ServedModel(
        models=tuple(
            m for m in served_models[0].models if all(m in f.models for f in served_models)
        ),
        max_model_len=min(lengths) if lengths else None,
        tokenizes=all(f.tokenizes for f in served_models),
        server=served_models[0].server,
        path=served_models[0].path,
        template=served_models[0].template,
    )


async def count_tokens(endpoint: Endpoint, texts: Sequence[str]) -> list[int | None]:
    """Return how many tokens the served model makes of each text; None where it does not say."""
    if not endpoint.api_bases:
        return [None] * len(texts)
    base = endpoint.api_bases[0]
    async with _open_client(endpoint, base, TOKENIZE_TIMEOUT) as client:
        return [await _count_tokens(client, endpoint, base, text) for text in texts]


def get_served_name(endpoint: Endpoint) -> str:
    """Return the model's name as the endpoint knows it: LiteLLM's, less the provider."""
    return endpoint.model.partition("/")[2] or endpoint.model


def explain_not_served(endpoint: Endpoint, served_model: ServedModel) -> str | None:
    """Return one line when the endpoint lists its models and this one is not among them."""
    name = get_served_name(endpoint)
    if not served_model.models or name in served_model.models:
        return None
    if endpoint.model in served_model.models:
        return f"{endpoint.where} serves {endpoint.model}: write hosted_vllm/{endpoint.model}"
    close_names = (
        difflib.get_close_matches(name, served_model.models, n=1, cutoff=0.3)
        or served_model.models[:1]
    )
    return (
        f"{endpoint.where} does not serve {name!r}; "
        f"it serves {', '.join(served_model.models[:8])}: set INKWRIGHT_MODEL={close_names[0]}"
    )


async def _probe_one(endpoint: Endpoint, base: str) -> ServedModel:
    at = without_secrets(base)
    async with _open_client(endpoint, base, TIMEOUT) as client:
        try:
            answer = await client.get(f"{base}/models")
        except (httpx.HTTPError, httpx.InvalidURL) as fault:
            reason = endpoint.masked(str(fault)) or type(fault).__name__
            raise ModelUnreachable(
                f"no model answers at {at}: start it, or set INKWRIGHT_API_BASE ({reason})"
            ) from fault
        if answer.status_code in (401, 403):
            raise ModelRefused(f"{at} rejects the key: set INKWRIGHT_API_KEY")
        onward = answer.next_request
        if onward is not None and _origin(onward.url) != _origin(answer.url):
            raise ModelRefused(
                f"{at} redirects to {_origin(onward.url)}, which is not followed: "
                "set INKWRIGHT_API_BASE to the address that answers"
            )
        path, listed_models = "", _list_models(answer)
        if not listed_models and not base.endswith("/v1"):
            path, listed_models = await _find_models_below(client, base)
        name = get_served_name(endpoint)
        own_model = next((m for m in listed_models if m.get("id") == name), None)
        card = own_model or (listed_models[0] if len(listed_models) == 1 else {})
        server = _recognise_server(card)
        props = await _probe_llama_props(client, base) if server in ("", "llama.cpp") else {}
        settings = props.get("default_generation_settings")
        llama_context = settings.get("n_ctx") if isinstance(settings, dict) else None
        parameters = card.get("parameters")
        return ServedModel(
            models=tuple(str(m["id"]) for m in listed_models if m.get("id")),
            max_model_len=read_count(card.get("max_model_len"))
            or read_count(llama_context)
            or read_count(parameters.get("max_seq_len") if isinstance(parameters, dict) else None)
            or await _probe_own_context(client, server, f"{base}{path}", name),
            tokenizes=server not in NO_TOKENIZERS
            and await _count_tokens(client, endpoint, base, "word") is not None,
            server=server or ("llama.cpp" if llama_context else ""),
            path=path,
            template=str(props.get("chat_template") or ""),
        )


async def _find_models_below(
    client: httpx.AsyncClient, base: str
) -> tuple[str, list[dict[str, object]]]:
    """Look below ``/v1`` for the list of models that is not at ``base``."""
    try:
        listed_models = _list_models(await client.get(f"{base}/v1/models"))
    except httpx.HTTPError:
        listed_models = []
    return ("/v1" if listed_models else ""), listed_models


def _recognise_server(card: dict[str, object]) -> str:
    """Return the kind of server from what it says of a model."""
    owner = str(card.get("owned_by") or "").lower()
    if str(card.get("id") or "").startswith("koboldcpp/"):
        return "koboldcpp"
    return SERVERS_BY_OWNER.get(owner, "")


async def _probe_own_context(
    client: httpx.AsyncClient, server: str, base: str, name: str
) -> int | None:
    """Ask a server of a kind that tells the context it really uses in a place of its own."""
    root = server_root(base)
    try:
        match server:
            case "ollama":
                return await _probe_ollama_context(client, root, name)
            case "lm studio":
                body = read_object(await client.get(f"{root}/api/v0/models"))
                cards = body.get("data")
                loaded = (
                    card
                    for card in (cards if isinstance(cards, list) else ())
                    if isinstance(card, dict) and card.get("id") == name
                )
                return next((read_count(c.get("loaded_context_length")) for c in loaded), None)
            case "koboldcpp":
                place = f"{root}/api/extra/true_max_context_length"
                return read_count(read_object(await client.get(place)).get("value"))
    except httpx.HTTPError:
        pass
    return None


async def _probe_ollama_context(client: httpx.AsyncClient, root: str, name: str) -> int | None:
    """Return the context of the model as it runs, or as its own settings fix it."""
    running = read_object(await client.get(f"{root}/api/ps")).get("models")
    cards = [c for c in running if isinstance(c, dict)] if isinstance(running, list) else []
    own_card = next((c for c in cards if name in (c.get("name"), c.get("model"))), {})
    if context := read_count(own_card.get("context_length")):
        return context
    answer = await client.post(f"{root}/api/show", json={"model": name})
    parameters = re.search(r"\bnum_ctx\s+(\d+)", str(read_object(answer).get("parameters") or ""))
    return read_count(int(parameters.group(1))) if parameters else None


def _open_client(endpoint: Endpoint, base: str, timeout: httpx.Timeout) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {endpoint.api_key}"}
    is_encrypted = base.startswith("https:")  # reading certificates for nothing takes a while
    return httpx.AsyncClient(headers=headers, timeout=timeout, verify=is_encrypted)


def _origin(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode('ascii')}"


def _list_models(answer: httpx.Response) -> list[dict[str, object]]:
    models = read_object(answer).get("data")
    return [m for m in models if isinstance(m, dict)] if isinstance(models, list) else []


async def _probe_llama_props(client: httpx.AsyncClient, base: str) -> dict[str, object]:
    """Ask llama.cpp's server for ``/props``: the context of one slot, the chat template."""
    try:
        return read_object(await client.get(f"{server_root(base)}/props"))
    except httpx.HTTPError:
        return {}


async def _count_tokens(
    client: httpx.AsyncClient, endpoint: Endpoint, base: str, text: str
) -> int | None:
    """Ask ``/tokenize``: vLLM reads ``prompt``, llama.cpp ``content``."""
    for field in ("prompt", "content"):
        body = {
            "model": get_served_name(endpoint),
            field: text,
            "add_special_tokens": False,
        }
        try:
            answer = await client.post(f"{server_root(base)}/tokenize", json=body)
        except httpx.HTTPError:
            return None
        if answer.status_code in (404, 405):
            return None
        reply = read_object(answer)
        tokens = reply.get("tokens")
        count = read_count(reply.get("count")) or (len(tokens) if isinstance(tokens, list) else 0)
        if count:
            return count
    return None


def read_object(answer: httpx.Response) -> dict[str, object]:
    """Return the body of a good answer; nothing when it is not a JSON object."""
    if answer.status_code != 200:
        return {}
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def read_count(value: object) -> int | None:
    """Return a count that a server gives; None where it gives none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def server_root(base: str) -> str:
    """Return the server's root: ``/tokenize`` stands beside ``/v1``, not under it."""
    parts = urlsplit(base)
    return urlunsplit((parts.scheme, parts.netloc, parts.path.removesuffix("/v1"), "", ""))
