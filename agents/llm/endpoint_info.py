"""What an endpoint says about itself, asked over plain HTTP: names served, context, tokenizer."""

import asyncio
import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import httpx

from inkwright.agents.llm.config import Endpoint
from inkwright.memory.errors import ModelRefused, ModelUnreachable
from inkwright.memory.text.addresses import without_secrets

TIMEOUT = httpx.Timeout(15.0, connect=5.0)
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
        listed_models = _list_models(answer)
        own_model = next(
            (m for m in listed_models if m.get("id") == get_served_name(endpoint)), None
        )
        context_length = _positive_int(
            (own_model or (listed_models[0] if len(listed_models) == 1 else {})).get(
                "max_model_len"
            )
        )
        return ServedModel(
            models=tuple(str(m["id"]) for m in listed_models if m.get("id")),
            max_model_len=context_length or await _probe_llama_context(client, base),
            tokenizes=await _count_tokens(client, endpoint, base, "word") is not None,
        )


def _open_client(endpoint: Endpoint, base: str, timeout: httpx.Timeout) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {endpoint.api_key}"}
    is_encrypted = base.startswith("https:")  # reading certificates for nothing takes a while
    return httpx.AsyncClient(headers=headers, timeout=timeout, verify=is_encrypted)


def _origin(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode('ascii')}"


def _list_models(answer: httpx.Response) -> list[dict[str, object]]:
    models = _read_json(answer).get("data")
    return [m for m in models if isinstance(m, dict)] if isinstance(models, list) else []


async def _probe_llama_context(client: httpx.AsyncClient, base: str) -> int | None:
    """Ask llama.cpp's server, which tells its context for one slot in ``/props``."""
    try:
        props = _read_json(await client.get(f"{server_root(base)}/props"))
    except httpx.HTTPError:
        return None
    settings = props.get("default_generation_settings")
    return _positive_int(settings.get("n_ctx")) if isinstance(settings, dict) else None


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
        reply = _read_json(answer)
        tokens = reply.get("tokens")
        count = _positive_int(reply.get("count")) or (
            len(tokens) if isinstance(tokens, list) else 0
        )
        if count:
            return count
    return None


def _read_json(answer: httpx.Response) -> dict[str, object]:
    """Return the body of a good answer; nothing when it is not a JSON object."""
    if answer.status_code != 200:
        return {}
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _positive_int(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def server_root(base: str) -> str:
    """Return the server's root: ``/tokenize`` stands beside ``/v1``, not under it."""
    parts = urlsplit(base)
    return urlunsplit((parts.scheme, parts.netloc, parts.path.removesuffix("/v1"), "", ""))
