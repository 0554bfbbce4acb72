"""``inkwright write``, ``plan``, ``resume``, ``settle`` and ``redraft``.

What takes long to import is imported inside the commands, so that their help answers at once.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inkwright.app.cli.options import (
    Brief,
    Continuity,
    DryRun,
    Fresh,
    MemoryArm,
    Out,
    Outline,
    PlanArm,
    ReviewArm,
    Seed,
    Words,
    Work,
    Yes,
    limited,
)

if TYPE_CHECKING:
    from inkwright.agents.llm.config import Limits
    from inkwright.app.services.run_options import RunOptions
    from inkwright.memory.ids import WorkId

commands = typer.Typer(rich_markup_mode=None)


@commands.command()
@limited
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
    *,
    limits: "Limits",
    plan: PlanArm = "full",
    memory: MemoryArm = "full",
    review: ReviewArm = "full",
) -> None:
    """Write a piece: plan, draft, settle, review, assemble. Run it again to go on.

    With a work's id, or enough of its beginning, go on with that work, as `resume` does.
    """
    from inkwright.app.cli import runs
    from inkwright.app.config.settings import Settings
    from inkwright.app.files import output_folder
    from inkwright.app.services import engine

    piece = runs.PieceOptions(brief, outline, words, continuity, seed, plan, memory, review)
    settings = Settings.load()
    named_work_id = piece.find_work(
        settings, outline=outline is not None, fresh=fresh, dry_run=dry_run
    )
    if named_work_id is not None:
        runs.write(named_work_id, runs.load_run_options(limits), out)
    loaded_brief = piece.load_brief()
    if dry_run:
        from inkwright.app.estimates.estimate import estimate

        for line in estimate(loaded_brief, settings, piece.ablation, fresh=fresh).format_lines():
            typer.echo(line)
        return
    run_options = runs.load_run_options(limits)
    output_folder.prepare_folder(out or Path.cwd())
    work = engine.begin_work(loaded_brief, settings, piece.ablation, fresh=fresh)
    if not yes and not work.approved and runs.is_interactive():
        _plan_and_print(work.id, run_options)
        if not typer.confirm("\nWrite it?", default=True):
            typer.echo(f"the outline is kept; `inkwright resume {work.id}` writes it")
            return
    runs.write(work.id, run_options, out)


@commands.command()
@limited
def plan(
    brief: Brief,
    words: Words = None,
    continuity: Continuity = None,
    outline: Outline = None,
    seed: Seed = None,
    fresh: Fresh = False,
    *,
    limits: "Limits",
    plan: PlanArm = "full",
    memory: MemoryArm = "full",
    review: ReviewArm = "full",
) -> None:
    """Make the outline, print which section carries which constraint, and stop.

    With the id of a planned work, or enough of its beginning, its plan is shown; --outline then
    gives it another outline.
    """
    from inkwright.app.cli import runs
    from inkwright.app.config.settings import Settings
    from inkwright.app.services import engine
    from inkwright.app.services.run_options import RunOptions

    piece = runs.PieceOptions(brief, outline, words, continuity, seed, plan, memory, review)
    settings = Settings.load()
    work_id = piece.find_work(settings, fresh=fresh)
    if work_id is not None:
        _show_or_replan(work_id, outline)
    else:
        work_id = engine.begin_work(piece.load_brief(), settings, piece.ablation, fresh=fresh).id
        _plan_and_print(work_id, RunOptions(settings, limits))
    typer.echo(f"\n`inkwright resume {work_id}` writes it")


@commands.command()
@limited
def resume(work: Work, out: Out = None, *, limits: "Limits") -> None:
    """Go on with a work; what is written is not written again."""
    from inkwright.app.cli import runs

    work_id = runs.resolve_work(work)
    runs.write(work_id, runs.load_run_options(limits), out)


@commands.command()
@limited
def settle(work: Work, out: Out = None, *, limits: "Limits") -> None:
    """Check every stale section against what changed, and patch what contradicts it."""
    from inkwright.app.cli import runs

    runs.settle(work, out, limits)


@commands.command()
@limited
def redraft(
    work: Work,
    sections: Annotated[
        list[str], typer.Argument(metavar="SECTION...", help="Section ids, or their numbers.")
    ],
    note: Annotated[str, typer.Option(help="What the new draft should do otherwise.")] = "",
    out: Out = None,
    *,
    limits: "Limits",
) -> None:
    """Write sections anew; the old drafts are kept in the library."""
    from inkwright.app.cli import runs
    from inkwright.app.services import engine

    work_id, run_options = runs.resolve_work(work), runs.load_run_options(limits)
    section_ids = runs.resolve_sections(work_id, sections)
    runs.run_to_manuscript(
        work_id,
        run_options,
        out,
        lambda options, folder: engine.redraft(
            work_id, section_ids, options, note=note, out=folder
        ),
    )


def _plan_and_print(work_id: "WorkId", run_options: "RunOptions") -> None:
    from inkwright.app.cli import runs
    from inkwright.app.cli.render import print_plan
    from inkwright.app.services import engine

    planned_work = runs.run_with_progress(
        work_id, run_options, lambda options: engine.plan(work_id, options)
    )
    print_plan(planned_work)


def _show_or_replan(work_id: "WorkId", outline: Path | None) -> None:
    """Print the plan of a planned work; a new outline is taken up first, and what moved is said."""
    from inkwright.app.cli.render import print_plan, render_replan
    from inkwright.app.config.settings import Settings
    from inkwright.app.services import engine
    from inkwright.app.services.replan import replan
    from inkwright.memory.store import plans

    with engine.open_library(Settings.load()) as library:
        replan_result = replan(library, work_id, outline) if outline else None
        current_plan = replan_result.plan if replan_result else plans.require(library, work_id)
        planned_work = engine.describe_planned_work(library, work_id, current_plan)
    print_plan(planned_work)
    if replan_result is not None:
        for line in render_replan(replan_result):
            typer.echo(line)
