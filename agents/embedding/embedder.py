"""Which embedder a work uses: the endpoint's, or MiniLM offline."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inkwright.agents.embedding.vector_search import Embed
from inkwright.agents.llm.config import CallSettings
from inkwright.agents.llm.transport import Transport

NONE = "none"


@dataclass(frozen=True)
class Embedder:
    """Turns texts into vectors; ``embed`` is None when there is none, and ``why_not`` says why."""

    name: str
    embed: Embed | None = None
    why_not: str = ""


def create_embedder(call_settings: CallSettings, transport: Transport | None) -> Embedder:
    """Return the embedder that the settings ask for."""
    if "embedder" in call_settings.endpoints:
        name = call_settings.endpoints["embedder"].model
        return Embedder(name, transport.embed if transport else None)
    from inkwright.agents.embedding.minilm import EmbedderMissing, MiniLM

    try:
        model = MiniLM()
    except EmbedderMissing as fault:
        return Embedder(NONE, why_not=f"vector search is off: {fault}")

    async def embed(texts: Sequence[str]) -> np.ndarray:
        return await asyncio.to_thread(model.embed, texts)

    return Embedder(model.name, embed)
