"""Which model servers run on this machine, of what kind they are, and what they serve.

Only lists and accounts of itself are asked of a server, which cost nothing and load no model.
"""

import asyncio
import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx

from inkwright.agents.llm.endpoint_info import (
    SERVERS_BY_OWNER,
    read_count,
    read_object,
    server_root,
)
from inkwright.memory.errors import ModelRefused, ModelUnreachable
from inkwright.memory.text.addresses import without_secrets

USUAL_PORTS: Mapping[int, str] = {
    11434: "Ollama",
    1234: "LM Studio",
    8000: "vLLM",
    8080: "llama.cpp",
    5001: "KoboldCpp",
    5000: "TabbyAPI",
    30000: "SGLang",
}
"""Where each server listens, unless it is told otherwise. What answers there is asked its kind."""
LOCAL_TIMEOUT = httpx.Timeout(2.0, connect=0.5)
"""On loopback a server that is there accepts at once."""
REMOTE_TIMEOUT = httpx.Timeout(15.0, connect=5.0)
EMBEDDERS = re.compile(r"embed|minilm|\bbge\b|\be5-|\bgte-|rerank|whisper|clip", re.IGNORECASE)
"""Names of models that write nothing."""
KIND_BY_SERVER = {
    "vllm": "vLLM",
    "sglang": "SGLang",
    "llama.cpp": "llama.cpp",
    "ollama": "Ollama",
    "lm studio": "LM Studio",
    "koboldcpp": "KoboldCpp",
    "tabbyapi": "TabbyAPI",
}
"""Kinds as people write them, by what ``ModelCapabilities.server`` calls them."""


@dataclass(frozen=True)
class ListedModel:
    """One model that a server can serve."""

    name: str
    context_tokens: int | None = None
    """Context that a call really gets. None: the server does not say."""
    is_loaded: bool | None = None
    """None: the server does not say; the first call may have to wait for it."""
    is_embedder: bool = False

    def __str__(self) -> str:
        notes = [
            "for embeddings" if self.is_embedder else "",
            f"{self.context_tokens:,} tokens of context" if self.context_tokens else "",
            "loaded" if self.is_loaded else "",
        ]
        notes_text = ", ".join(filter(None, notes))
        return f"{self.name} ({notes_text})" if notes_text else self.name


@dataclass(frozen=True)
class ModelServer:
    """A server that answers, and what it lists."""

    base: str
    """What ``INKWRIGHT_API_BASE`` is set to: with ``/v1``."""
    kind: str
    """Empty: like OpenAI's, of no kind we know."""
    models: tuple[ListedModel, ...] = ()
    needs_key: bool = False
    """True when it lists nothing without a key."""
    version: str = ""

    @property
    def record_name(self) -> str:
        """Its kind as ``ModelCapabilities.server`` names it; empty: it is of no known kind."""
        return next((name for name, kind in KIND_BY_SERVER.items() if kind == self.kind), "")

    @property
    def chat_models(self) -> tuple[ListedModel, ...]:
        return tuple(m for m in self.models if not m.is_embedder)

    @property
    def is_paid(self) -> bool:
        """True unless it stands on this machine or in a private network: calls may cost money."""
        return not is_private(self.base)

    def __str__(self) -> str:
        kind = " ".join(filter(None, (self.kind or "a server like OpenAI's", self.version)))
        at = without_secrets(self.base)
        if self.needs_key:
            return f"{kind} at {at}, which wants a key: set INKWRIGHT_API_KEY"
        if not self.models:
            return f"{kind} at {at} lists no model"
        return f"{kind} at {at}: {'; '.join(map(str, self.models))}"


@dataclass(frozen=True)
class _Account:
    """What a server says of itself beside its list of models."""

    kind: str = ""
    version: str = ""
    context_tokens: int | None = None
    """Of every model it serves."""
    models: Mapping[str, ListedModel] = field(default_factory=dict)


def is_private(address: str) -> bool:
    """True when an address is on this machine, or in a network that nobody else reaches."""
    host = urlsplit(address).hostname or ""
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal", ".lan"))
    return ip.is_loopback or ip.is_private or ip.is_link_local


async def find_servers(ports: Sequence[int] | None = None) -> tuple[ModelServer, ...]:
    """Return the model servers on loopback, in the order of ``ports``: the usual ones.

    No key is sent to them. All are asked side by side; one that does not answer in two seconds
    counts as absent.
    """
    bases = [f"http://127.0.0.1:{port}/v1" for port in (USUAL_PORTS if ports is None else ports)]
    servers = await asyncio.gather(*(_ask_quietly(base) for base in bases))
    return tuple(server for server in servers if server is not None)


async def ask_server(address: str, key: str = "") -> ModelServer:
    """Return the server at an address, which may lack its ``/v1``.

    Raises:
        ModelUnreachable: nothing answers there.
        ModelRefused: what answers there is no model server.
    """
    base = address.rstrip("/")
    timeout = LOCAL_TIMEOUT if is_private(base) else REMOTE_TIMEOUT
    bases = [base] if base.endswith("/v1") else [f"{base}/v1", base]
    fault_text = ""
    for candidate in bases:
        try:
            server = await _ask(candidate, key, timeout)
        except httpx.HTTPError as fault:
            fault_text = str(fault) or type(fault).__name__
            continue
        if server is not None:
            return server
    at = without_secrets(base)
    if fault_text:
        raise ModelUnreachable(f"no model server answers at {at}: start it ({fault_text})")
    raise ModelRefused(f"{at} answers, and lists no models as OpenAI does at {at}/v1/models")


async def _ask_quietly(base: str) -> ModelServer | None:
    """Return the server at a base, if there is one: most of the usual ports are silent."""
    try:
        return await _ask(base, "", LOCAL_TIMEOUT)
    except httpx.HTTPError:
        return None


async def _ask(base: str, key: str, time_limits: httpx.Timeout) -> ModelServer | None:
    """Return the server at ``base``; None: what answers there is no model server."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    is_encrypted = base.startswith("https:")  # reading certificates for nothing takes a while
    async with httpx.AsyncClient(
        headers=headers,
        timeout=time_limits,
        verify=is_encrypted,
        trust_env=not is_private(base),  # no proxy stands between this machine and itself
    ) as client:
        answer = await client.get(f"{base}/models")
        if answer.status_code not in (200, 401, 403):
            return None
        rows = _list_rows(answer)
        if answer.status_code == 200 and rows is None:
            return None
        account = await _ask_account(client, base)
    owners = {str(row.get("owned_by", "")).lower() for row in rows or ()}
    servers = [SERVERS_BY_OWNER[o] for o in sorted(owners) if o in SERVERS_BY_OWNER]
    return ModelServer(
        base=base,
        kind=account.kind or next((KIND_BY_SERVER[s] for s in servers), ""),
        version=account.version,
        models=tuple(_build_model(row, account) for row in rows or () if row.get("id")),
        needs_key=answer.status_code != 200,
    )


def _build_model(row: dict[str, Any], account: _Account) -> ListedModel:
    name = str(row["id"])
    reply = account.models.get(name, ListedModel(name))
    meta = row.get("meta")
    context_tokens = (
        reply.context_tokens
        or account.context_tokens
        or read_count(row.get("max_model_len"))
        or read_count(meta.get("n_ctx") if isinstance(meta, dict) else None)
    )
    return ListedModel(
        name,
        context_tokens=context_tokens,
        is_loaded=reply.is_loaded,
        is_embedder=reply.is_embedder or EMBEDDERS.search(name) is not None,
    )


async def _ask_account(client: httpx.AsyncClient, base: str) -> _Account:
    """Ask for what only one kind of server answers; the first kind that does is the one."""
    root = server_root(base)
    accounts = await asyncio.gather(
        _ask_koboldcpp(client, root),
        _ask_ollama(client, root),
        _ask_lm_studio(client, root),
        _ask_tabbyapi(client, base),
        _ask_llama(client, root),
        _ask_sglang(client, root),
        _ask_vllm(client, root),
    )
    return next((a for a in accounts if a is not None), _Account())


async def _ask_koboldcpp(client: httpx.AsyncClient, root: str) -> _Account | None:
    """KoboldCpp also answers as Ollama does, and for llama.cpp: it is asked before them."""
    reply = await _get_json(client, f"{root}/api/extra/version")
    if "koboldcpp" not in str(reply.get("result", "")).lower():
        return None
    length = await _get_json(client, f"{root}/api/extra/true_max_context_length")
    return _Account("KoboldCpp", str(reply.get("version", "")), read_count(length.get("value")))


async def _ask_ollama(client: httpx.AsyncClient, root: str) -> _Account | None:
    tags = await _get_json(client, f"{root}/api/tags")
    if not isinstance(tags.get("models"), list):
        return None
    version, running = await asyncio.gather(
        _get_json(client, f"{root}/api/version"), _get_json(client, f"{root}/api/ps")
    )
    models = {
        str(row.get("name")): ListedModel(
            str(row.get("name")),
            context_tokens=read_count(row.get("context_length")),
            is_loaded=True,
        )
        for row in _list_dicts(running.get("models"))
    }
    return _Account("Ollama", str(version.get("version", "")), models=models)


async def _ask_lm_studio(client: httpx.AsyncClient, root: str) -> _Account | None:
    reply = await _get_json(client, f"{root}/api/v0/models")
    rows = _list_dicts(reply.get("data"))
    if not any("state" in row for row in rows):
        return None
    models = {
        str(row.get("id")): ListedModel(
            str(row.get("id")),
            context_tokens=read_count(row.get("loaded_context_length")),
            is_loaded=row.get("state") == "loaded",
            is_embedder=row.get("type") == "embeddings",
        )
        for row in rows
    }
    return _Account("LM Studio", models=models)


async def _ask_tabbyapi(client: httpx.AsyncClient, base: str) -> _Account | None:
    """TabbyAPI tells of the loaded model at ``/v1/model``, beside the list of all."""
    reply = await _get_json(client, f"{base}/model")
    parameters = reply.get("parameters")
    if not isinstance(parameters, dict) or "max_seq_len" not in parameters:
        return None
    name = str(reply.get("id", ""))
    model = ListedModel(name, read_count(parameters["max_seq_len"]), is_loaded=True)
    return _Account("TabbyAPI", models={name: model})


async def _ask_llama(client: httpx.AsyncClient, root: str) -> _Account | None:
    props = await _get_json(client, f"{root}/props")
    generation = props.get("default_generation_settings")
    if not isinstance(generation, dict):
        return None
    return _Account(
        "llama.cpp", str(props.get("build_info", "")), read_count(generation.get("n_ctx"))
    )


async def _ask_sglang(client: httpx.AsyncClient, root: str) -> _Account | None:
    reply = await _get_json(client, f"{root}/get_model_info")
    return _Account("SGLang") if "model_path" in reply else None


async def _ask_vllm(client: httpx.AsyncClient, root: str) -> _Account | None:
    reply = await _get_json(client, f"{root}/version")
    return _Account("vLLM", str(reply["version"])) if "version" in reply else None


async def _get_json(client: httpx.AsyncClient, address: str) -> dict[str, Any]:
    """Return the JSON object at an address; empty where there is none."""
    try:
        answer = await client.get(address)
    except httpx.HTTPError:
        return {}
    return read_object(answer)


def _list_rows(answer: httpx.Response) -> list[dict[str, Any]] | None:
    """Return the models of a list as OpenAI gives it; None: it is no such list."""
    try:
        body = answer.json()
    except ValueError:
        return None
    rows = body.get("data") if isinstance(body, dict) else None
    return _list_dicts(rows) if isinstance(rows, list) else None


def _list_dicts(rows: Any) -> list[dict[str, Any]]:
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
