"""What the commands on a section's own words do, and what they print."""

import json
import sys
from pathlib import Path
from typing import Any

import typer

from inkwright.app.api.memory import Memory
from inkwright.app.api.outline import WorkOutline
from inkwright.app.api.section import SectionText
from inkwright.app.commands.errors import plainly
from inkwright.app.commands.render import tell_stale
from inkwright.app.config import endpoints
from inkwright.app.config.paths import library_home, library_url
from inkwright.app.config.settings import Settings
from inkwright.app.files.text_files import decode, read_text
from inkwright.app.services import engine
from inkwright.app.services.library_status import sections, work_named
from inkwright.app.services.run_options import RunOptions
from inkwright.app.services.signals import run_to_end
from inkwright.memory.domain.draft import Draft
from inkwright.memory.errors import BadInput
from inkwright.memory.text.word_diff import DiffSpan

_MARKS = {"same": "{}", "gone": "[-{}-]", "new": "{{+{}+}}"}
_COLOURS = {"gone": "red", "new": "green"}


def text(work: str, section: str, file: Path | None) -> None:
    """Print a section's text, or store other words.

    Raises:
        BadInput: the words given are none.
    """
    found = _text(work, section, taken_out=file is None)
    if file is None:
        typer.echo(found.current.text)
        return
    if str(file) == "-":
        given = decode(sys.stdin.buffer.read(), "standard input")
    else:
        given = read_text(file.expanduser())
    if not given.strip():
        raise BadInput("there are no words in it; to drop a section, change the outline")
    _tell_edited(found, found.edit(given.strip("\n")))


def lock(work: str, section: str, words: str | None, *, off: bool) -> None:
    """Lock or unlock words."""
    found = _text(work, section)
    draft = found.unlock(words) if off else found.lock(words)
    held = sum(1 for h in draft.held if h.why == "locked")
    typer.echo(f"{found.section}, version {draft.version}: {held} locked stretches")


def history(work: str, of: str | None, *, as_json: bool) -> None:
    """Print versions."""
    if of is not None and "." in of:
        _tell([e.model_dump(mode="json") for e in Memory(work).history(of)], as_json=as_json)
        return
    memory = Memory(work)
    known = [s.section for s in sections(library_home(), memory.work, library_url()) if s.words]
    wanted = known if of is None else [_text(memory.work, of, taken_out=True).section]
    found = [_told(draft) for sid in wanted for draft in SectionText(memory.work, sid).versions()]
    _tell(found, as_json=as_json)
    if of is None and not as_json and (gone := WorkOutline(memory.work).taken_out()):
        typer.echo(f"taken out of the outline, texts kept: {', '.join(s.id for s in gone)}")


def diff(work: str, section: str, one: int | None, other: int | None) -> None:
    """Print a section's text with what went and what came, in colour on a terminal."""
    found = _text(work, section, taken_out=True)
    newest = found.current.version if other is None else other
    before = max(newest - 1, 1) if one is None else one
    pieces = found.diff(before, newest)
    typer.echo("".join(_shown(piece) for piece in pieces))


def restore(work: str, section: str, version: int) -> None:
    """Make an earlier version the newest."""
    found = _text(work, section)
    _tell_edited(found, found.restore(version))


def section_of(work: str, section: str, *, taken_out: bool = False) -> tuple[str, str]:
    """Return the whole ids of a work and of the section named by its id, or by its number.

    With ``taken_out``, it may be one that the outline no longer has.

    Raises:
        BadInput: there is none.
    """
    one = work_named(library_home(), library_url(), work)
    known = [s.section for s in sections(library_home(), one, library_url())]
    if section not in known and section.isdecimal() and 1 <= int(section) <= len(known):
        section = known[int(section) - 1]
    if taken_out and section not in known:
        known += [s.id for s in WorkOutline(one).taken_out()]
    if section not in known:
        raise BadInput(f"{one} has no section {section!r}; `inkwright status {one}` lists them")
    return one, section


def _text(work: str, section: str, *, taken_out: bool = False) -> SectionText:
    return SectionText(*section_of(work, section, taken_out=taken_out))


def _tell_edited(found: SectionText, draft: Draft) -> None:
    typer.echo(f"{found.section}, version {draft.version}: {draft.words:,} words, yours")
    if endpoints.any_named(Settings.load()):
        from inkwright.agents.llm.config import Limits
        from inkwright.app.commands import transfer

        transfer.remember(found.work, limits=Limits())
    else:
        typer.echo(f"no model is set: `inkwright remember {found.work}` reads it into memory later")


def _told(draft: Draft) -> dict[str, Any]:
    return {
        "section": draft.section,
        "version": draft.version,
        "stage": draft.stage,
        "author": draft.author,
        "words": draft.words,
        "base": draft.base,
    }


def _tell(versions: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(versions, ensure_ascii=False, indent=2))
        return
    for told in versions:
        if "statement" in told:
            line = f"{told['id']}  version {told['version']}  {told['origin']}  {told['status']}"
            typer.echo(f"{line}: {told['statement']}")
        else:
            typer.echo(
                f"{told['section']:<6}  version {told['version']}  {told['stage']:<8}  "
                f"{told['author']:<6}  {told['words']:,} words"
            )


def _shown(piece: DiffSpan) -> str:
    if sys.stdout.isatty():
        return typer.style(piece.text, fg=_COLOURS.get(piece.kind))
    return _MARKS[piece.kind].format(piece.text)


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


def _job() -> RunOptions:
    settings = Settings.load()
    endpoints.named(settings)
    return RunOptions(settings)


def _said(draft: Draft) -> str:
    broken = len(draft.review.broken) if draft.review else 0
    kept = f"{broken} constraints broken" if broken else "no constraint broken"
    opening = " ".join(draft.text.split())[:OPENING]
    return f"version {draft.version}: {draft.words:,} words, {kept}\n  {opening}…"
