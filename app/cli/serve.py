"""``inkwright serve`` and ``inkwright ui``: a model and the studio, served on this machine."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from inkwright.app.cli.errors import Exit
from inkwright.app.config.paths import find_library_home, load_file_settings
from inkwright.app.serving import vllm
from inkwright.app.serving.server import serve as run_server
from inkwright.app.ui import server
from inkwright.memory.errors import BadInput

commands = typer.Typer(rich_markup_mode=None)


@commands.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def serve(
    ctx: typer.Context,
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="A folder, or a hub name that can be reached.")
    ],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    cpu: Annotated[bool, typer.Option("--cpu", help="Serve without a GPU, slowly.")] = False,
    python: Annotated[Path | None, typer.Option(help="The Python that has vLLM.")] = None,
    wait_minutes: Annotated[float, typer.Option(help="Time it has until it is ready.")] = 30.0,
) -> None:
    """Start vLLM with settings for this load; any other option goes to it as it stands."""
    if not cpu and not vllm.has_gpu():
        raise BadInput(vllm.NO_GPU)
    command = vllm.build_command(
        vllm.find_interpreter(python), model, ctx.args, host=host, port=port, cpu=cpu
    )
    typer.echo(" ".join(command), err=True)
    root = f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}"

    def print_usage() -> None:
        typer.echo("vLLM is ready. In another terminal:")
        typer.echo(f"export INKWRIGHT_API_BASE={root}/v1")
        typer.echo(f"export INKWRIGHT_MODEL={vllm.find_served_name(model, ctx.args)}")
        typer.echo("inkwright doctor")

    environment = vllm.build_environment(cpu=cpu)
    code = run_server(
        command, environment, root=root, wait_s=wait_minutes * 60, when_ready=print_usage
    )
    raise typer.Exit(Exit.COMPLETE if code == 0 else Exit.NO_MODEL)


@commands.command()
def ui(
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port; else the first free from 8501 on.")
    ] = None,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open it in the browser.")
    ] = True,
) -> None:
    """Open the writing studio in the browser, on this machine alone."""
    server.check_installed()
    load_file_settings()  # a file that is not trusted is asked about here, not in the server
    free_port = server.find_free_port(port)
    address = f"http://{server.ADDRESS}:{free_port}"
    typer.echo(f"studio: {address}  (library: {find_library_home()}; Ctrl-C ends it)")
    sys.stdout.flush()
    server.become_server(free_port, browser=browser)
