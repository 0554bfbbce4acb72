"""Ways to write a long text from a request: ours, and peers' from their papers."""

from collections.abc import Awaitable, Callable, Mapping

from benchmarks.client import Client
from benchmarks.methods import agentwrite, cogwriter, recurrent, single_shot

Method = Callable[[str, Client], Awaitable[str]]

PEERS: Mapping[str, Method] = {
    "single-shot": single_shot.write,
    "agentwrite": agentwrite.write,
    "recurrent": recurrent.write,
    "cogwriter": cogwriter.write,
}
"""Methods that are a series of calls; ``ours`` runs the application itself."""
METHODS = ("ours", *PEERS)
