"""``inkwright serve``."""

from collections.abc import Sequence
from pathlib import Path

import typer

from inkwright.app.commands.errors import Exit
from inkwright.app.serving import vllm
from inkwright.app.serving.server import serve as run
from inkwright.memory.errors import BadInput


def serve(
    model: str,
    flags: Sequence[str],
    *,
    host: str,
    port: int,
    cpu: bool,
    python: Path | None,
    wait_minutes: float,
) -> int:
    """Start vLLM, say how to use it once it is healthy, and stay until it ends."""
    if not cpu and not vllm.has_gpu():
        raise BadInput(vllm.NO_GPU)
    command = vllm.build_command(
        vllm.find_interpreter(python), model, flags, host=host, port=port, cpu=cpu
    )
    typer.echo(" ".join(command), err=True)
    root = f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}"

    def print_usage() -> None:
        typer.echo("vLLM is ready. In another terminal:")
        typer.echo(f"export INKWRIGHT_API_BASE={root}/v1")
        typer.echo(f"export INKWRIGHT_MODEL={vllm.find_served_name(model, flags)}")
        typer.echo("inkwright doctor")

    environment = vllm.build_environment(cpu=cpu)
    code = run(command, environment, root=root, wait_s=wait_minutes * 60, when_ready=print_usage)
    return Exit.COMPLETE if code == 0 else Exit.NO_MODEL
