"""What ``inkwright candidates`` and ``inkwright choose`` do, and what they print."""

import typer

from inkwright.app import endpoints, engine
from inkwright.app.commands.editing import tell_stale
from inkwright.app.commands.revising import section_of
from inkwright.app.exits import plainly
from inkwright.app.interrupt import run_to_end
from inkwright.app.job import Job
from inkwright.app.settings import Settings
from inkwright.memory.draft import Draft

OPENING = 160
"""So many characters of a candidate are printed."""


def candidates(work: str, section: str, *, note: str, count: int) -> None:
    """Draft candidates for a section and print how each begins.

    Raises:
        BadInput: the section has no text, or has words of a person's.
    """
    one, sid = section_of(work, section)
    job = _job()
    found = plainly(
        lambda: run_to_end(engine.candidates(one, sid, job, note=note, count=count)),
        then="the same command goes on",
    )
    for draft in found:
        typer.echo(_said(draft))
    typer.echo(f"nothing is changed; `inkwright choose {one} {sid} {found[0].version}` takes one")


def choose(work: str, section: str, version: int) -> None:
    """Make a candidate a section's text, and say what became stale.

    Raises:
        BadInput: there is no such candidate.
    """
    one, sid = section_of(work, section)
    job = _job()
    draft = plainly(lambda: run_to_end(engine.choose(one, sid, version, job)))
    typer.echo(f"{sid}, version {draft.version}: version {version}, {draft.words:,} words")
    tell_stale(one, job)


def _job() -> Job:
    settings = Settings.load()
    endpoints.named(settings)
    return Job(settings)


def _said(draft: Draft) -> str:
    broken = len(draft.review.broken) if draft.review else 0
    kept = f"{broken} constraints broken" if broken else "no constraint broken"
    opening = " ".join(draft.text.split())[:OPENING]
    return f"version {draft.version}: {draft.words:,} words, {kept}\n  {opening}…"
