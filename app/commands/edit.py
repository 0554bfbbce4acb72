"""What ``inkwright edit`` does: show what an editor would change, and take what is liked of it."""

import re
from collections.abc import Sequence

import typer

from inkwright.agents.revision.instructed_edit import EditorProposal, Hunk
from inkwright.app.api.edit_proposal import shown
from inkwright.app.commands.errors import plainly
from inkwright.app.commands.render import tell_stale
from inkwright.app.commands.sections import section_of
from inkwright.app.commands.write import interactive
from inkwright.app.config import endpoints
from inkwright.app.config.settings import Settings
from inkwright.app.services import engine
from inkwright.app.services.run_options import RunOptions
from inkwright.app.services.signals import run_to_end
from inkwright.memory.errors import BadInput

_STRETCH = re.compile(r"(\d+):(\d+)")


def edit(
    work: str,
    section: str,
    told: str,
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
    chosen = _numbers(accept)
    one, sid = section_of(work, section)
    settings = Settings.load()
    endpoints.named(settings)
    job = RunOptions(settings)
    proposal = plainly(
        lambda: run_to_end(engine.propose(one, sid, told, job, op=op, span=_span(span)))
    )
    for line in (*proposal.notes, *shown(proposal)):
        typer.echo(line)
    if not proposal.hunks:
        typer.echo(f"{sid}: the editor would change nothing")
        return
    if everything:
        chosen = proposal.harmless
    elif chosen is None and not dry_run and interactive():
        chosen = tuple(_asked(proposal.hunks))
    if chosen is None or dry_run:
        typer.echo("nothing is changed; --accept 1,2 takes these hunks, --all every harmless one")
        return
    _take(one, proposal, chosen, job)


def _take(work: str, proposal: EditorProposal, chosen: Sequence[int], job: RunOptions) -> None:
    draft = plainly(lambda: run_to_end(engine.apply(work, proposal, chosen, job)))
    if draft.version == proposal.version:
        typer.echo(f"{proposal.section}: nothing is changed")
        return
    typer.echo(
        f"{draft.section}, version {draft.version}: {len(set(chosen))} of {len(proposal.hunks)}"
        f" hunks taken, {draft.words:,} words"
    )
    tell_stale(work, job)


def _asked(hunks: Sequence[Hunk]) -> list[int]:
    """Ask about each hunk in turn."""
    taken: list[int] = []
    for hunk in hunks:
        answer = typer.prompt(f"take hunk {hunk.number}? [y/n/a(ll)/q]", default="n")
        answer = answer.strip().lower()[:1]
        if answer == "a":
            return [*taken, *(h.number for h in hunks if h.number >= hunk.number)]
        if answer == "q":
            break
        if answer == "y":
            taken.append(hunk.number)
    return taken


def _numbers(accept: str | None) -> tuple[int, ...] | None:
    if accept is None:
        return None
    parts = [part.strip() for part in accept.split(",") if part.strip()]
    if not parts or not all(part.isdecimal() for part in parts):
        raise BadInput(f"--accept takes numbers of hunks, such as 1,3; not {accept!r}")
    return tuple(dict.fromkeys(int(part) for part in parts))


def _span(span: str | None) -> str | tuple[int, int] | None:
    if span is not None and (found := _STRETCH.fullmatch(span)):
        return int(found[1]), int(found[2])
    return span
