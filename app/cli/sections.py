"""``inkwright text``, ``edit``, ``lock``, ``history``, ``candidates``, ...: a section's words."""

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from inkwright.agents.revision.instructed_edit import EditorProposal, Hunk
from inkwright.app.api.edit_proposal import format_hunks
from inkwright.app.api.memory import Memory
from inkwright.app.api.outline import WorkOutline
from inkwright.app.api.section import SectionText
from inkwright.app.cli import runs
from inkwright.app.cli.errors import exit_on_error
from inkwright.app.cli.options import AsJson, Section, Work
from inkwright.app.display.formatting import Operation, collapse_lines
from inkwright.app.files.text_files import decode, read_text
from inkwright.app.services import engine
from inkwright.app.services.run_options import RunOptions
from inkwright.app.services.signals import run_to_end
from inkwright.memory.domain.draft import Draft
from inkwright.memory.errors import BadInput
from inkwright.memory.ids import SectionId, WorkId
from inkwright.memory.text.word_diff import DiffSpan

OPENING_CHARS = 160
"""So many characters of a candidate are printed."""
_SPAN = re.compile(r"(\d+):(\d+)")
_MARKS = {"same": "{}", "gone": "[-{}-]", "new": "{{+{}+}}"}
_COLOURS = {"gone": "red", "new": "green"}

commands = typer.Typer(rich_markup_mode=None)


@commands.command()
def text(
    work: Work,
    section: Section,
    file: Annotated[
        Path | None, typer.Option("--from", help="Take this file's words; - reads them here.")
    ] = None,
) -> None:
    """Print a section's text, or replace it: what is new in it is yours, and stays as it is."""
    section_text = _open_section(work, section, taken_out=file is None)
    if file is None:
        typer.echo(section_text.current.text)
        return
    if str(file) == "-":
        new_text = decode(sys.stdin.buffer.read(), "standard input")
    else:
        new_text = read_text(file.expanduser())
    if not new_text.strip():
        raise BadInput("there are no words in it; to drop a section, change the outline")
    _report_edit(section_text, section_text.edit(new_text.strip("\n")))


@commands.command()
def edit(
    work: Work,
    section: Section,
    told: Annotated[
        str, typer.Argument(metavar="[INSTRUCTION]", help="What is to change, in plain words.")
    ] = "",
    op: Annotated[
        Operation | None, typer.Option(help="A ready-made change; an instruction may add to it.")
    ] = None,
    span: Annotated[
        str | None,
        typer.Option(help="Only sentences with these words, or with code points A:B."),
    ] = None,
    accept: Annotated[
        str | None, typer.Option(metavar="N,N", help="Take these hunks, by number.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Take every hunk that breaks no constraint.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the hunks; ask nothing, change nothing.")
    ] = False,
) -> None:
    """Let an editor change a section as you say, and take of its hunks what you like."""
    accepted_numbers = _parse_numbers(accept)
    work_id, section_id = _resolve_section(work, section)
    run_options = runs.load_run_options()
    proposal = exit_on_error(
        lambda: run_to_end(
            engine.propose(work_id, section_id, told, run_options, op=op, span=_parse_span(span))
        )
    )
    for line in (*proposal.notes, *format_hunks(proposal)):
        typer.echo(line)
    if not proposal.hunks:
        typer.echo(f"{section_id}: the editor would change nothing")
        return
    if everything:
        accepted_numbers = proposal.harmless_numbers
    elif accepted_numbers is None and not dry_run and runs.is_interactive():
        accepted_numbers = tuple(_ask_about_hunks(proposal.hunks))
    if accepted_numbers is None or dry_run:
        typer.echo("nothing is changed; --accept 1,2 takes these hunks, --all every harmless one")
        return
    _apply_hunks(work_id, proposal, accepted_numbers, run_options)


@commands.command()
def lock(
    work: Work,
    section: Section,
    words: Annotated[str | None, typer.Argument(help="Words in it; none: all of it.")] = None,
    off: Annotated[bool, typer.Option("--off", help="Unlock them.")] = False,
) -> None:
    """Lock words of a section: no model changes them."""
    section_text = _open_section(work, section)
    draft = section_text.unlock(words) if off else section_text.lock(words)
    locked_count = sum(1 for h in draft.held if h.why == "locked")
    typer.echo(f"{section_text.section}, version {draft.version}: {locked_count} locked stretches")


@commands.command()
def history(
    work: Work,
    of: Annotated[
        str | None, typer.Argument(metavar="[SECTION|ENTRY]", help="A section, or an entry.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say which versions there are, of every section, of one, or of a memory entry."""
    if of is not None:
        try:
            versions = _open_section(work, of, taken_out=True).versions()
        except BadInput as no_section:
            records = _load_entry_versions(work, of, no_section)
        else:
            records = [_describe_version(draft) for draft in versions]
        _print_versions(records, as_json=as_json)
        return
    with WorkOutline(work) as outline:
        versions = [draft for section in outline.versions().values() for draft in section]
        removed_sections = outline.taken_out()
    _print_versions([_describe_version(draft) for draft in versions], as_json=as_json)
    if removed_sections and not as_json:
        typer.echo(
            f"taken out of the outline, texts kept: {', '.join(s.id for s in removed_sections)}"
        )


@commands.command()
def diff(
    work: Work,
    section: Section,
    one: Annotated[int | None, typer.Argument(help="A version; none: the one before.")] = None,
    other: Annotated[int | None, typer.Argument(help="Another; none: the newest.")] = None,
) -> None:
    """Print what became of one version of a section in another, word by word."""
    section_text = _open_section(work, section, taken_out=True)
    compared_version = section_text.current.version if other is None else other
    base_version = max(compared_version - 1, 1) if one is None else one
    spans = section_text.diff(base_version, compared_version)
    typer.echo("".join(_format_span(span) for span in spans))


@commands.command()
def restore(
    work: Work,
    section: Section,
    version: Annotated[int, typer.Argument(help="As `inkwright history` counts them.")],
) -> None:
    """Make an earlier version of a section its newest. It is yours then."""
    section_text = _open_section(work, section)
    _report_edit(section_text, section_text.restore(version))


@commands.command()
def candidates(
    work: Work,
    section: Section,
    note: Annotated[str, typer.Option(help="What they should do otherwise.")] = "",
    count: Annotated[int, typer.Option(help="How many.")] = 3,
) -> None:
    """Draft a section several times over, to choose from; its text stays as it is."""
    work_id, section_id = _resolve_section(work, section)
    run_options = runs.load_run_options()
    candidate_drafts = exit_on_error(
        lambda: run_to_end(
            engine.candidates(work_id, section_id, run_options, note=note, count=count)
        ),
        next_step="the same command goes on",
    )
    for draft in candidate_drafts:
        typer.echo(_format_candidate(draft))
    typer.echo(
        "nothing is changed;"
        f" `inkwright choose {work_id} {section_id} {candidate_drafts[0].version}` takes one"
    )


@commands.command()
def choose(
    work: Work,
    section: Section,
    version: Annotated[int, typer.Argument(help="A candidate, as `inkwright history` counts.")],
) -> None:
    """Make a candidate a section's text; the other candidates stay among its versions."""
    work_id, section_id = _resolve_section(work, section)
    run_options = runs.load_run_options()
    draft = exit_on_error(
        lambda: run_to_end(engine.choose(work_id, section_id, version, run_options))
    )
    typer.echo(f"{section_id}, version {draft.version}: version {version}, {draft.words:,} words")
    runs.print_stale_sections(work_id, run_options.settings)


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
    runs.print_stale_sections(work_id, run_options.settings)


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


def _resolve_section(
    work: str, section: str, *, taken_out: bool = False
) -> tuple[WorkId, SectionId]:
    """Return the whole ids of a work and of the section named by its id, or by its number.

    With ``taken_out``, it may be one that the outline no longer has.
    """
    work_id = runs.resolve_work(work)
    if taken_out and section in [str(s.id) for s in WorkOutline(work_id).taken_out()]:
        return work_id, SectionId(section)
    (section_id,) = runs.resolve_sections(work_id, [section])
    return work_id, section_id


def _open_section(work: str, section: str, *, taken_out: bool = False) -> SectionText:
    return SectionText(*_resolve_section(work, section, taken_out=taken_out))


def _report_edit(section_text: SectionText, draft: Draft) -> None:
    typer.echo(f"{section_text.section}, version {draft.version}: {draft.words:,} words, yours")
    runs.remember_if_model_set(section_text.work, runs.load_reading_options())


def _load_entry_versions(work: str, entry: str, no_section: BadInput) -> list[dict[str, Any]]:
    """Return the versions of a memory entry: what ``no_section`` says is no section's id."""
    try:
        versions = Memory(work).history(entry)
    except BadInput as no_entry:
        raise BadInput(f"{no_section}; {no_entry}") from no_entry
    return [e.model_dump(mode="json") for e in versions]


def _describe_version(draft: Draft) -> dict[str, Any]:
    return {
        "section": draft.section,
        "version": draft.version,
        "stage": draft.stage,
        "author": draft.author,
        "words": draft.words,
        "base": draft.base,
    }


def _print_versions(versions: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(versions, ensure_ascii=False, indent=2))
        return
    for version_record in versions:
        if "statement" in version_record:
            typer.echo(
                f"{version_record['id']}  version {version_record['version']}"
                f"  {version_record['origin']}  {version_record['status']}"
                f": {version_record['statement']}"
            )
        else:
            typer.echo(
                f"{version_record['section']:<6}  version {version_record['version']}"
                f"  {version_record['stage']:<8}  {version_record['author']:<6}"
                f"  {version_record['words']:,} words"
            )


def _format_span(span: DiffSpan) -> str:
    if sys.stdout.isatty():
        return typer.style(span.text, fg=_COLOURS.get(span.kind))
    return _MARKS[span.kind].format(span.text)


def _format_candidate(draft: Draft) -> str:
    broken_count = len(draft.review.broken_findings) if draft.review else 0
    constraint_note = (
        f"{broken_count} constraints broken" if broken_count else "no constraint broken"
    )
    opening = collapse_lines(draft.text)[:OPENING_CHARS]
    return f"version {draft.version}: {draft.words:,} words, {constraint_note}\n  {opening}…"
