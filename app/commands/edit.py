"""What ``inkwright edit`` does: show what an editor would change, and take what is liked of it."""

import re
from collections.abc import Sequence

import typer

from inkwright.agents.revision.instructed_edit import EditorProposal, Hunk
from inkwright.app.api.edit_proposal import format_hunks
from inkwright.app.commands.errors import exit_on_error
from inkwright.app.commands.render import print_stale_sections
from inkwright.app.commands.sections import resolve_section
from inkwright.app.commands.write import is_interactive
from inkwright.app.config import endpoints
from inkwright.app.config.settings import Settings
from inkwright.app.services import engine
from inkwright.app.services.run_options import RunOptions
from inkwright.app.services.signals import run_to_end
from inkwright.memory.errors import BadInput
from inkwright.memory.ids import WorkId

_SPAN = re.compile(r"(\d+):(\d+)")


def edit(
    work: str,
    section: str,
    instruction_text: str,
    *,
    op: str | None,
    span: str | None,
    accept: str | None,
    everything: bool,
    dry_run: bool,
) -> None:
    """Propose a change to a section, and store the hunks that are taken.

    Raises:
        BadInput: what was asked for is not there; nothing is changed.
    """
    accepted_numbers = _parse_numbers(accept)
    work_id, section_id = resolve_section(work, section)
    settings = Settings.load()
    endpoints.resolve_models(settings)
    run_options = RunOptions(settings)
    proposal = exit_on_error(
        lambda: run_to_end(
            engine.propose(
                work_id, section_id, instruction_text, run_options, op=op, span=_parse_span(span)
            )
        )
    )
    for line in (*proposal.notes, *format_hunks(proposal)):
        typer.echo(line)
    if not proposal.hunks:
        typer.echo(f"{section_id}: the editor would change nothing")
        return
    if everything:
        accepted_numbers = proposal.harmless_numbers
    elif accepted_numbers is None and not dry_run and is_interactive():
        accepted_numbers = tuple(_ask_about_hunks(proposal.hunks))
    if accepted_numbers is None or dry_run:
        typer.echo("nothing is changed; --accept 1,2 takes these hunks, --all every harmless one")
        return
    _apply_hunks(work_id, proposal, accepted_numbers, run_options)


def _apply_hunks(
    work_id: WorkId,
    proposal: EditorProposal,
    accepted_numbers: Sequence[int],
    run_options: RunOptions,
) -> None:
    draft = exit_on_error(
        lambda: run_to_end(engine.apply(work_id, proposal, accepted_numbers, run_options))
    )
    if draft.version == proposal.version:
        typer.echo(f"{proposal.section}: nothing is changed")
        return
    typer.echo(
        f"{draft.section}, version {draft.version}: {len(set(accepted_numbers))} of"
        f" {len(proposal.hunks)} hunks taken, {draft.words:,} words"
    )
    print_stale_sections(work_id, run_options)


def _ask_about_hunks(hunks: Sequence[Hunk]) -> list[int]:
    """Ask about each hunk in turn."""
    accepted_numbers: list[int] = []
    for hunk in hunks:
        answer = typer.prompt(f"take hunk {hunk.number}? [y/n/a(ll)/q]", default="n")
        answer = answer.strip().lower()[:1]
        if answer == "a":
            return [*accepted_numbers, *(h.number for h in hunks if h.number >= hunk.number)]
        if answer == "q":
            break
        if answer == "y":
            accepted_numbers.append(hunk.number)
    return accepted_numbers


def _parse_numbers(accept: str | None) -> tuple[int, ...] | None:
    if accept is None:
        return None
    parts = [part.strip() for part in accept.split(",") if part.strip()]
    if not parts or not all(part.isdecimal() for part in parts):
        raise BadInput(f"--accept takes numbers of hunks, such as 1,3; not {accept!r}")
    return tuple(dict.fromkeys(int(part) for part in parts))


def _parse_span(span: str | None) -> str | tuple[int, int] | None:
    if span is not None and (match := _SPAN.fullmatch(span)):
        return int(match[1]), int(match[2])
    return span
