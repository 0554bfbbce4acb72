"""``inkwright doctor``, ``connect``, ``demo``, ``trust``, ``serve``, ``ui`` and ``graph``."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inkwright.app.cli.errors import Exit
from inkwright.app.cli.options import Yes
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
from inkwright.memory.text.addresses import without_secrets

if TYPE_CHECKING:
    from inkwright.app.servers.connection import ServedChoice

commands = typer.Typer(rich_markup_mode=None)

Url = Annotated[
    str | None,
    typer.Argument(metavar="[URL]", help="A server's address; else those on this machine."),
]
Model = Annotated[str | None, typer.Option(help="The model that is meant, as it is served.")]

DEMO_EXAMPLE = "lighthouse"
SMALL_MODEL_NOTE = (
    "This model, of 135 million parameters, only shows the machinery. To go on with a real one:"
)
NEXT_STEPS = (
    "  inkwright doctor            finds model servers on this machine, and tries one",
    "  inkwright connect           sets Inkwright to one of them, or to an address you give",
    "  inkwright model get NAME    fetches a small model that can write on a CPU",
    "  inkwright ui                opens the studio in the browser",
)


@commands.command()
def doctor(
    url: Url = None,
    model: Model = None,
    paid: Annotated[
        bool, typer.Option("--paid", help="Send calls to other networks too: they may cost money.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, and ask nothing.")] = False,
) -> None:
    """Say what is missing and how to mend it, find model servers, and try a model."""
    from inkwright.app.cli.runs import is_interactive
    from inkwright.app.services.doctor import run_doctor

    report = run_doctor(
        (lambda _: None) if as_json else typer.echo,
        url=url,
        model=model,
        asks_paid=paid,
        choose=_ask_which if is_interactive() and not as_json else None,
    )
    if as_json:
        typer.echo(json.dumps(report.as_json(), ensure_ascii=False, indent=2))
    raise typer.Exit(report.exit_code)


@commands.command()
def connect(
    url: Url = None,
    model: Model = None,
    write_key: Annotated[
        bool, typer.Option("--write-key", help="Write the key too, in clear.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Write the settings for a served model into the library's inkwright.toml."""
    from inkwright.app.cli.runs import is_interactive
    from inkwright.app.config.settings import Settings
    from inkwright.app.services import doctor_servers

    settings = Settings.load()
    servers = doctor_servers.find_servers(url, settings)
    may_ask = is_interactive() and not yes
    chosen = doctor_servers.choose_model(servers, model, _ask_which if may_ask else None)
    if chosen is None:
        return
    changes = doctor_servers.build_settings(chosen, settings)
    key = doctor_servers.get_key(chosen.server.base, settings, is_named=url is not None)
    if write_key and key:
        changes["api_key"] = key
    typer.echo(f"{settings.home / SETTINGS_FILE}:")
    for line in doctor_servers.format_settings(changes):
        typer.echo(f"  {line}")
    if may_ask and not typer.confirm("Write these lines?", default=True):
        typer.echo("nothing was written")
        return
    doctor_servers.save_settings(settings, changes)
    typer.echo("written; everything else in the file is as it was")
    if key and not write_key:
        typer.echo("the key was not written: it stays in INKWRIGHT_API_KEY, or --write-key")
    for line in doctor_servers.explain_overrides(changes):
        typer.echo(line)
    address = f" {without_secrets(chosen.server.base)}" if url is not None else ""
    next_command = f"inkwright doctor{address} --model {chosen.model.name}"
    typer.echo(f"next: {next_command}   tries what it can do")


@commands.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for the piece and its reports.")] = Path("demo"),
) -> None:
    """Write a short story with the small CPU model, or with a server that runs on this machine.

    Its outline and its constraints are given, so that nothing is asked of the planner.
    """
    from inkwright.agents.llm.config import Ablation
    from inkwright.app.briefs.examples import load_example
    from inkwright.app.cli import runs
    from inkwright.app.config.endpoints import EMBEDDED
    from inkwright.app.config.settings import Settings
    from inkwright.app.services import doctor_servers, engine
    from inkwright.app.services.run_options import RunOptions

    chosen = _offer_local_server() if runs.is_interactive() else None
    settings = (
        Settings.load(model=EMBEDDED)
        if chosen is None
        else doctor_servers.load_settings_for(chosen)
    )
    work = engine.begin_work(load_example(DEMO_EXAMPLE), settings, Ablation(plan="given"))
    exit_code = runs.write_and_print(work.id, RunOptions(settings), out)
    typer.echo(SMALL_MODEL_NOTE if chosen is None else "To go on:")
    for line in NEXT_STEPS:
        typer.echo(line)
    raise typer.Exit(exit_code)


def _offer_local_server() -> "ServedChoice | None":
    """Return a model that runs on this machine, if there is one and the person wants it."""
    from inkwright.app.config.settings import Settings
    from inkwright.app.servers.connection import list_choices
    from inkwright.app.services import doctor_servers

    choices = list_choices(doctor_servers.find_servers(None, Settings.load()))
    if not choices:
        return None
    first = choices[0]
    typer.echo(f"A model server runs on this machine: {first.server}")
    if not typer.confirm("Write the demo with it, instead of the small CPU model?", default=False):
        return None
    return first if len(choices) == 1 else _ask_which(choices)


def _ask_which(choices: Sequence["ServedChoice"]) -> "ServedChoice | None":
    """Let a person choose a model by its number; nothing chooses none."""
    for number, choice in enumerate(choices, 1):
        where = f"{choice.server.kind or 'server'} at {without_secrets(choice.server.base)}"
        typer.echo(f"  {number}  {choice.model}, {where}")
    question = "Which one? Its number, or Enter for none"
    answer = typer.prompt(question, default="", show_default=False)
    number = int(answer) if answer.strip().isdecimal() else 0
    if not 1 <= number <= len(choices):
        typer.echo("none was chosen")
        return None
    return choices[number - 1]


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
