"""How tests call the simulated server: every role over real HTTP, and few waits."""

from typing import Any

from inkwright.agents.llm.config import ROLES, CallSettings, Endpoint, Role
from tests.simserver.process import SimServer


def calling(sim: SimServer, *, embeds: bool = True, **changes: Any) -> CallSettings:
    """Return how to call ``sim``; ``changes`` are fields of ``CallSettings``.

    Without ``embeds``, vectors come from the offline embedder, not the server.
    """
    served: dict[Role, Endpoint] = {
        role: Endpoint(
            model=f"hosted_vllm/{sim.config.embedding_model if role == 'embedder' else sim.model}",
            api_bases=(sim.base,),
        )
        for role in ROLES
        if embeds or role != "embedder"
    }
    return CallSettings.model_validate({"endpoints": served, "timeout_s": 60, **changes})
