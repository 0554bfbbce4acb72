"""``inkwright doctor``, ``trust``, ``serve``, ``ui`` and ``graph``: this machine, made ready."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from inkwright.app.cli.errors import Exit
from inkwright.app.config.paths import (
    SETTINGS_FILE,
    find_library_home,
    load_file_settings,
    parsed,
    read_toml_file,
)
from inkwright.app.config.trust import forget as forget_file
from inkwright.app.config.trust import lines, remember, visible
from inkwright.app.serving import vllm
from inkwright.app.serving.server import serve as run_server
from inkwright.app.ui import server
from inkwright.memory.errors import BadInput

commands = typer.Typer(rich_markup_mode=None)


@commands.command()
def doctor() -> None:
    """Check models, library and index, and say how to mend what is missing."""
    from inkwright.app.services.doctor import run_doctor

    raise typer.Exit(run_doctor(typer.echo))


@commands.command()
def trust(
    folder: Annotated[
        Path, typer.Argument(metavar="[FOLDER]", help="With an inkwright.toml of its own.")
    ] = Path(),
    forget: Annotated[bool, typer.Option("--forget", help="Trust it no longer.")] = False,
) -> None:
    """Let a folder's inkwright.toml, as it is now, set addresses, keys, models and paths."""
    path = folder.resolve() / SETTINGS_FILE
    if forget:
        if not forget_file(path):
            raise BadInput(f"{visible(str(path))} is not trusted")
        typer.echo(f"no longer trusted: {visible(str(path))}")
        return
    if not path.exists():
        raise BadInput(f"{visible(str(path))}: no such file")
    content = read_toml_file(path)
    settings = parsed(content, path)
    remember(path, content)
    typer.echo(f"trusted until it changes: {visible(str(path))}")
    for line in lines(settings):
        typer.echo(f"  {line}")


@commands.command()
def graph() -> None:
    """Print the work graph and the section graph as Mermaid."""
    from inkwright.agents.orchestration.diagram import draw_graphs

    typer.echo(draw_graphs())


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
    host: Annotated[
        str,
        typer.Option(
            help="Address to listen on. In a container 0.0.0.0, with its port published to "
            "127.0.0.1: the studio has no password."
        ),
    ] = server.ADDRESS,
) -> None:
    """Open the writing studio in the browser, on this machine alone."""
    server.check_installed()
    load_file_settings()  # a file that is not trusted is asked about here, not in the server
    free_port = server.find_free_port(host, port)
    address = f"http://{server.ADDRESS}:{free_port}"
    typer.echo(f"studio: {address}  (library: {find_library_home()}; Ctrl-C ends it)")
    sys.stdout.flush()
    server.become_server(free_port, browser=browser, host=host)
