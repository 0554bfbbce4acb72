"""The command line. What a command does is imported when it runs, so that help answers at once."""

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from inkwright.app.cli.export import export_commands
from inkwright.app.cli.memory import memory as memory_commands
from inkwright.app.cli.model import model_commands
from inkwright.app.cli.sections import text_commands
from inkwright.app.cli.setup import setup_commands
from inkwright.app.cli.sources import sources as source_commands
from inkwright.app.commands.errors import Exit, exit_on_error
from inkwright.app.commands.trust import at_the_terminal
from inkwright.app.config.trust import deciding
from inkwright.memory.errors import BadInput


class _Commands(TyperGroup):
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        exit_on_error(lambda: _check_text(args))
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        invoke = super().invoke
        with deciding(at_the_terminal()):
            return exit_on_error(lambda: invoke(ctx))


app = typer.Typer(
    cls=_Commands,
    help="Write long pieces from a brief: planned, drafted in parallel, reviewed, resumable.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Brief = Annotated[
    str, typer.Argument(metavar="BRIEF", help="A sentence, or a .txt, .md, .yaml or .json file.")
]
Work = Annotated[
    str, typer.Argument(metavar="WORK", help="A work's id, or enough of its beginning.")
]
Out = Annotated[
    Path | None,
    typer.Option(help="Folder for manuscript.md, report.md, report.json and memory.json."),
]
Words = Annotated[int | None, typer.Option(help="Length of the whole piece, about.")]
Continuity = Annotated[
    Literal["strict", "chapter", "free"] | None,
    typer.Option(help="What waits for what: one chain, a chain in each chapter, or nothing."),
]
Outline = Annotated[
    Path | None, typer.Option(help="Your own outline: YAML, JSON or Markdown headings.")
]
Seed = Annotated[int | None, typer.Option(help="Another seed is another piece.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Begin again, beside what is there.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print calls, tokens, time and money; send nothing.")
]
MaxCalls = Annotated[int | None, typer.Option(min=1, help="Stop after this many model calls.")]
MaxTokens = Annotated[int | None, typer.Option(min=1, help="Stop after this many tokens.")]
MaxMinutes = Annotated[float | None, typer.Option(help="Stop after this many minutes.")]
MaxCost = Annotated[
    float | None, typer.Option(help="Stop before more money is spent: USD, or the set currency.")
]
PlanArm = Annotated[
    Literal["none", "given", "full"], typer.Option("--plan", help="How much is planned.")
]
MemoryArm = Annotated[
    Literal["none", "last", "rolling", "vector", "full"],
    typer.Option("--memory", help="What sections are shown of others."),
]
ReviewArm = Annotated[
    Literal["off", "rules", "full"], typer.Option("--review", help="How drafts are reviewed.")
]


@app.callback(invoke_without_command=True)
def _print_version(
    ctx: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        from inkwright.app.config.version import VERSION

        typer.echo(f"inkwright {VERSION}")
        raise typer.Exit(0)


@app.command()
def write(
    brief: Brief,
    out: Out = None,
    words: Words = None,
    continuity: Continuity = None,
    outline: Outline = None,
    seed: Seed = None,
    fresh: Fresh = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    max_calls: MaxCalls = None,
    max_tokens: MaxTokens = None,
    max_minutes: MaxMinutes = None,
    max_cost: MaxCost = None,
    plan: PlanArm = "full",
    memory: MemoryArm = "full",
    review: ReviewArm = "full",
) -> None:
    """Write a piece: plan, draft, settle, review, assemble. Run it again to go on.

    With a work's id, or enough of its beginning, go on with that work, as `resume` does.
    """
    from inkwright.app.commands import write

    _exit_with(
        write.write(
            write.PieceOptions(brief, outline, words, continuity, seed, plan, memory, review),
            out=out,
            limits=write.build_limits(max_calls, max_tokens, max_minutes, max_cost),
            fresh=fresh,
            dry_run=dry_run,
            ask=not yes,
        )
    )


@app.command()
def plan(
    brief: Brief,
    words: Words = None,
    continuity: Continuity = None,
    outline: Outline = None,
    seed: Seed = None,
    fresh: Fresh = False,
    max_calls: MaxCalls = None,
    max_tokens: MaxTokens = None,
    max_minutes: MaxMinutes = None,
    max_cost: MaxCost = None,
    plan: PlanArm = "full",
    memory: MemoryArm = "full",
    review: ReviewArm = "full",
) -> None:
    """Make the outline, print which section carries which constraint, and stop.

    With the id of a planned work, or enough of its beginning, its plan is shown; --outline then
    gives it another outline.
    """
    from inkwright.app.commands import write

    _exit_with(
        write.plan(
            write.PieceOptions(brief, outline, words, continuity, seed, plan, memory, review),
            limits=write.build_limits(max_calls, max_tokens, max_minutes, max_cost),
            fresh=fresh,
        )
    )


@app.command()
def resume(
    work: Work,
    out: Out = None,
    max_calls: MaxCalls = None,
    max_tokens: MaxTokens = None,
    max_minutes: MaxMinutes = None,
    max_cost: MaxCost = None,
) -> None:
    """Go on with a work; what is written is not written again."""
    from inkwright.app.commands import write

    limits = write.build_limits(max_calls, max_tokens, max_minutes, max_cost)
    _exit_with(write.resume(work, out=out, limits=limits))


def _print_results_schema(is_requested: bool) -> None:
    if is_requested:
        from inkwright.app.commands import batch

        typer.echo(batch.format_schema())
        raise typer.Exit


@app.command()
def batch(
    briefs: Annotated[
        Path, typer.Argument(metavar="IN.jsonl", help="One brief a line, as a JSON object.")
    ],
    out: Annotated[Path, typer.Option(help="File for the results, one line each.")],
    concurrency: Annotated[
        int | None, typer.Option(min=1, max=1024, help="Model calls in flight, over all works.")
    ] = None,
    defaults: Annotated[
        Path | None, typer.Option(help="YAML with the keys of a brief that all lines share.")
    ] = None,
    prompt_field: Annotated[
        str | None, typer.Option(help="Field of a line that holds the request.")
    ] = None,
    id_field: Annotated[str | None, typer.Option(help="Field of a line that is its id.")] = None,
    retry: Annotated[
        list[str] | None,
        typer.Option(help="flagged or failed (partial ones too): take these up again."),
    ] = None,
    plan_only: Annotated[
        bool, typer.Option("--plan-only", help="Make the outlines, and stop.")
    ] = False,
    approved: Annotated[
        bool, typer.Option("--approved", help="Write the outlines made with --plan-only.")
    ] = False,
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format", help="docx, epub, pdf, md: manuscripts as files beside the lines."
        ),
    ] = None,
    engine: Annotated[
        Literal["local", "ray"],
        typer.Option(help="ray: works are written by processes all over a Ray cluster."),
    ] = "local",
    workers: Annotated[
        int | None, typer.Option(min=1, max=1024, help="Of --engine ray: processes that write.")
    ] = None,
    dry_run: DryRun = False,
    schema: Annotated[
        bool,
        typer.Option(
            "--schema",
            callback=_print_results_schema,
            is_eager=True,
            help="Print the JSON schema of a line of the results, and stop.",
        ),
    ] = False,
    max_calls: Annotated[int | None, typer.Option(min=1, help="Calls for the batch.")] = None,
    max_tokens: Annotated[int | None, typer.Option(min=1, help="Tokens for the batch.")] = None,
    max_minutes: Annotated[float | None, typer.Option(help="Minutes for this run.")] = None,
    max_cost: Annotated[float | None, typer.Option(help="Money for the batch.")] = None,
    each_max_calls: Annotated[int | None, typer.Option(min=1, help="Calls for each brief.")] = None,
    each_max_tokens: Annotated[
        int | None, typer.Option(min=1, help="Tokens for each brief.")
    ] = None,
    each_max_minutes: Annotated[float | None, typer.Option(help="Minutes for each brief.")] = None,
    each_max_cost: Annotated[float | None, typer.Option(help="Money for each brief.")] = None,
    plan: PlanArm = "full",
    memory: MemoryArm = "full",
    review: ReviewArm = "full",
) -> None:
    """Write many pieces: one line in, one line out as each finishes. Run it again to go on."""
    from inkwright.app.commands import batch, write

    _exit_with(
        batch.batch(
            batch.BatchInput(briefs, prompt_field, id_field, defaults),
            batch.build_options(
                (plan, memory, review),
                batch_limits=write.build_limits(max_calls, max_tokens, max_minutes, max_cost),
                brief_limits=write.build_limits(
                    each_max_calls, each_max_tokens, each_max_minutes, each_max_cost
                ),
                retry=retry or [],
                plan_only=plan_only,
                approved=approved,
                formats=formats or [],
                engine=engine,
                workers=workers,
            ),
            out=out,
            concurrency=concurrency,
            dry_run=dry_run,
        )
    )


@app.command()
def settle(
    work: Work,
    out: Out = None,
    max_calls: MaxCalls = None,
    max_tokens: MaxTokens = None,
    max_minutes: MaxMinutes = None,
    max_cost: MaxCost = None,
) -> None:
    """Check every stale section against what changed, and patch what contradicts it."""
    from inkwright.app.commands import write

    limits = write.build_limits(max_calls, max_tokens, max_minutes, max_cost)
    _exit_with(write.settle(work, out=out, limits=limits))


@app.command()
def redraft(
    work: Work,
    sections: Annotated[
        list[str], typer.Argument(metavar="SECTION...", help="Section ids, or their numbers.")
    ],
    note: Annotated[str, typer.Option(help="What the new draft should do otherwise.")] = "",
    out: Out = None,
    max_calls: MaxCalls = None,
    max_tokens: MaxTokens = None,
    max_minutes: MaxMinutes = None,
    max_cost: MaxCost = None,
) -> None:
    """Write sections anew; the old drafts are kept in the library."""
    from inkwright.app.commands import write

    limits = write.build_limits(max_calls, max_tokens, max_minutes, max_cost)
    _exit_with(write.redraft(work, sections, note=note, out=out, limits=limits))


@app.command()
def status(
    work: Annotated[str | None, typer.Argument(metavar="[WORK]")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    stale: Annotated[
        bool, typer.Option("--stale", help="Say also which sections are stale, and why.")
    ] = False,
) -> None:
    """Say where works stand; of one work, where its sections do."""
    from inkwright.app.commands import status

    status.status(work, as_json=as_json, stale=stale)


@app.command("import")
def import_(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="A .md, .txt or .docx manuscript, or a .zip archive."),
    ],
    title: Annotated[str | None, typer.Option(help="What the work is called.")] = None,
    language: Annotated[str | None, typer.Option(help="Its language: en, zh...")] = None,
    continuity: Continuity = None,
    depth: Annotated[
        int, typer.Option(min=1, max=6, help="Deeper headings than this stay text.")
    ] = 6,
    out: Out = None,
    max_calls: MaxCalls = None,
    max_tokens: MaxTokens = None,
    max_minutes: MaxMinutes = None,
    max_cost: MaxCost = None,
) -> None:
    """Make a work of what you have written: headings become the outline, the text stays yours."""
    from inkwright.app.commands import transfer, write
    from inkwright.app.manuscripts.import_file import ImportOptions

    _exit_with(
        transfer.import_file(
            file,
            ImportOptions(title, language, continuity, depth),
            out=out,
            limits=write.build_limits(max_calls, max_tokens, max_minutes, max_cost),
        )
    )


@app.command()
def sync(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="With manuscript.md and its report.json.")
    ],
    titles: Annotated[
        bool, typer.Option("--titles", help="Take new words of a heading as its new title.")
    ] = False,
    max_calls: MaxCalls = None,
    max_tokens: MaxTokens = None,
    max_minutes: MaxMinutes = None,
    max_cost: MaxCost = None,
) -> None:
    """Take back what you changed in an exported manuscript: those sections, and no others."""
    from inkwright.app.commands import transfer, write

    limits = write.build_limits(max_calls, max_tokens, max_minutes, max_cost)
    _exit_with(transfer.sync(folder, take_titles=titles, limits=limits))


@app.command()
def remember(
    work: Work,
    max_calls: MaxCalls = None,
    max_tokens: MaxTokens = None,
    max_minutes: MaxMinutes = None,
    max_cost: MaxCost = None,
) -> None:
    """Read into memory what you have written and no model has read yet."""
    from inkwright.app.commands import transfer, write

    limits = write.build_limits(max_calls, max_tokens, max_minutes, max_cost)
    _exit_with(transfer.remember(work, limits=limits))


@app.command()
def purge(work: Work, yes: Yes = False) -> None:
    """Remove a work from the library, its journal, index and temporary files."""
    from inkwright.app.commands import status

    status.purge(work, ask=not yes)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
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
    from inkwright.app.commands import serve

    _exit_with(
        serve.serve(
            model,
            ctx.args,
            host=host,
            port=port,
            cpu=cpu,
            python=python,
            wait_minutes=wait_minutes,
        )
    )


@app.command()
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
    ] = "127.0.0.1",
) -> None:
    """Open the writing studio in the browser, on this machine alone."""
    from inkwright.app.commands import ui

    ui.ui(port, browser=browser, host=host)


@app.command()
def trust(
    folder: Annotated[
        Path, typer.Argument(metavar="[FOLDER]", help="With an inkwright.toml of its own.")
    ] = Path(),
    forget: Annotated[bool, typer.Option("--forget", help="Trust it no longer.")] = False,
) -> None:
    """Let a folder's inkwright.toml, as it is now, set addresses, keys, models and paths."""
    from inkwright.app.commands import trust as trusting

    trusting.trust(folder, forget=forget)


@app.command()
def graph() -> None:
    """Print the work graph and the section graph as Mermaid."""
    from inkwright.agents.orchestration.diagram import draw_graphs

    typer.echo(draw_graphs())


app.add_typer(setup_commands)
app.add_typer(text_commands)
app.add_typer(export_commands)
app.add_typer(memory_commands, name="memory")
app.add_typer(source_commands, name="sources")
app.add_typer(model_commands, name="model")


def _check_text(args: list[str]) -> None:
    """Refuse what is not text in the encoding of this terminal.

    Raises:
        BadInput: naming the argument.
    """
    for argument in args:
        try:
            argument.encode()
        except UnicodeEncodeError as fault:
            raise BadInput(
                f"not UTF-8 text: {argument[:60]!a}; type it again, or rename the file"
            ) from fault


def _exit_with(exit_code: int) -> None:
    raise typer.Exit(int(exit_code))


def main() -> None:
    """Run the command line."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(Exit.INTERRUPTED)
