"""``/v1/embeddings``: vectors for a batch of texts."""

import asyncio
import hashlib
from typing import Any

from tests.simserver.ask import Refused
from tests.simserver.config import SimConfig
from tests.simserver.dice import Dice
from tests.simserver.faults import GONE, struck_down
from tests.simserver.http import Connection, Request
from tests.simserver.log import Call
from tests.simserver.simulator import Simulator
from tests.simserver.tokens import tokenize
from tests.simserver.vectors import as_base64, embed
from tests.simserver.wire import presented_key, read_json, refuse


async def embed_all(request: Request, connection: Connection, sim: Simulator) -> None:
    """Answer an embedding request, or fail it as the fault rules say, and log what happened."""
    key = presented_key(request)
    call = sim.log.open(kind="embeddings", role="embedder", api_key=key, body=request.digest)
    try:
        await _answer(read_json(request, sim.config), call, connection, sim)
    except Refused as refused:
        call.status = refused.status
        refuse(connection, refused)
    except asyncio.CancelledError:
        call.status = GONE
        raise
    finally:
        sim.log.close(call)


async def _answer(body: Any, call: Call, connection: Connection, sim: Simulator) -> None:
    config = sim.config
    texts = _texts(body, config)
    sizes = [len(tokenize(text)) for text in texts]
    call.model, call.inputs = config.embedding_model, texts if config.log_messages else []
    call.prompt_tokens = sum(sizes)
    if max(sizes, default=0) > config.max_model_len:
        raise Refused(
            400,
            f"This model's maximum context length is {config.max_model_len} tokens. However, you "
            f"requested {max(sizes)} tokens in the input for embedding generation.",
        )
    digest = hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()
    rule = sim.faults.for_embeddings(texts, digest, Dice(digest + config.salt))
    call.fault = rule.fault if rule else None
    if rule and await struck_down(rule, connection):
        call.status = GONE
        return
    sim.log.started(call)
    call.service_s = len(texts) * config.embed_ms_per_text / 1000
    if rule and rule.fault == "hold":
        await sim.hold()
    delay_s = call.service_s + (rule.delay_s if rule and rule.fault == "slow" else 0.0)
    if delay_s:
        await asyncio.sleep(delay_s)
    call.status = 200
    connection.reply_json(200, _vectors(texts, call, config, body.get("encoding_format")))


def _texts(body: Any, config: SimConfig) -> list[str]:
    """Return the texts to embed; raises Refused when there are none, or for another model."""
    if not isinstance(body, dict) or "input" not in body:
        raise Refused(400, "input: Field required")
    if body.get("model") != config.embedding_model:
        message = f"The model `{body.get('model')}` does not exist."
        raise Refused(404, message, "NotFoundError")
    given = body["input"]
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise Refused(400, "input: a string, or a list of strings")
    return texts


def _vectors(texts: list[str], call: Call, config: SimConfig, encoding: str | None) -> Any:
    vectors = [embed(text, config.embedding_dims) for text in texts]
    return {
        "id": f"embd-sim-{call.seq}",
        "object": "list",
        "model": config.embedding_model,
        "data": [
            {
                "object": "embedding",
                "index": index,
                "embedding": as_base64(vector) if encoding == "base64" else vector,
            }
            for index, vector in enumerate(vectors)
        ],
        "usage": {
            "prompt_tokens": call.prompt_tokens,
            "total_tokens": call.prompt_tokens,
            "completion_tokens": 0,
        },
    }
