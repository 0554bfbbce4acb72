"""Single shot: the request as it stands, one call."""

from benchmarks.client import Client


async def write(request: str, client: Client) -> str:
    """Return what the model answers to the request itself."""
    return await client.prose(request)
