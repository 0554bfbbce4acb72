"""What the commands on a section's own words do, and what they print."""

import json
import sys
from pathlib import Path
from typing import Any

import typer

from inkwright.app.api.memory import Memory
from inkwright.app.api.outline import WorkOutline
from inkwright.app.api.section import SectionText
from inkwright.app.commands.errors import exit_on_error
from inkwright.app.commands.render import print_stale_sections
from inkwright.app.config import endpoints
from inkwright.app.config.paths import find_library_home, find_library_url
from inkwright.app.config.settings import Settings
from inkwright.app.files.text_files import decode, read_text
from inkwright.app.services import engine
from inkwright.app.services.library_status import find_work_id, load_section_summaries
from inkwright.app.services.run_options import RunOptions
from inkwright.app.services.signals import run_to_end
from inkwright.memory.domain.draft import Draft
from inkwright.memory.domain.outline import resolve_section_id
from inkwright.memory.errors import BadInput
from inkwright.memory.ids import SectionId, WorkId
from inkwright.memory.text.word_diff import DiffSpan

_MARKS = {"same": "{}", "gone": "[-{}-]", "new": "{{+{}+}}"}
_COLOURS = {"gone": "red", "new": "green"}


def text(work: str, section: str, file: Path | None) -> None:
    """Print a section's text, or store other words.

    Raises:
        BadInput: the words given are none.
    """
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


def lock(work: str, section: str, words: str | None, *, off: bool) -> None:
    """Lock or unlock words."""
    section_text = _open_section(work, section)
    draft = section_text.unlock(words) if off else section_text.lock(words)
    locked_count = sum(1 for h in draft.held if h.why == "locked")
    typer.echo(f"{section_text.section}, version {draft.version}: {locked_count} locked stretches")


def history(work: str, section_or_entry: str | None, *, as_json: bool) -> None:
    """Print versions."""
    memory = Memory(work)
    if section_or_entry is None:
        section_ids = [
            s.section
            for s in load_section_summaries(find_library_home(), memory.work, find_library_url())
            if s.words
        ]
    else:
        try:
            section_ids = [_open_section(memory.work, section_or_entry, taken_out=True).section]
        except BadInput as no_section:
            _print_entry_versions(memory, section_or_entry, no_section, as_json=as_json)
            return
    version_records = [
        _describe_version(draft)
        for section_id in section_ids
        for draft in SectionText(memory.work, section_id).versions()
    ]
    _print_versions(version_records, as_json=as_json)
    if (
        section_or_entry is None
        and not as_json
        and (removed_sections := WorkOutline(memory.work).taken_out())
    ):
        typer.echo(
            f"taken out of the outline, texts kept: {', '.join(s.id for s in removed_sections)}"
        )


def _print_entry_versions(
    memory: Memory, entry: str, no_section: BadInput, *, as_json: bool
) -> None:
    """Print the versions of a memory entry: what ``no_section`` says is no section's id."""
    try:
        versions = memory.history(entry)
    except BadInput as no_entry:
        raise BadInput(f"{no_section}; {no_entry}") from no_entry
    _print_versions([e.model_dump(mode="json") for e in versions], as_json=as_json)


def diff(work: str, section: str, old_version: int | None, new_version: int | None) -> None:
    """Print a section's text with what went and what came, in colour on a terminal."""
    section_text = _open_section(work, section, taken_out=True)
    compared_version = section_text.current.version if new_version is None else new_version
    base_version = max(compared_version - 1, 1) if old_version is None else old_version
    spans = section_text.diff(base_version, compared_version)
    typer.echo("".join(_format_span(span) for span in spans))


def restore(work: str, section: str, version: int) -> None:
    """Make an earlier version the newest."""
    section_text = _open_section(work, section)
    _report_edit(section_text, section_text.restore(version))


def resolve_section(
    work: str, section: str, *, taken_out: bool = False
) -> tuple[WorkId, SectionId]:
    """Return the whole ids of a work and of the section named by its id, or by its number.

    With ``taken_out``, it may be one that the outline no longer has.

    Raises:
        BadInput: there is none.
    """
    work_id = find_work_id(find_library_home(), find_library_url(), work)
    section_ids = [
        s.section for s in load_section_summaries(find_library_home(), work_id, find_library_url())
    ]
    if taken_out and section in [str(s.id) for s in WorkOutline(work_id).taken_out()]:
        return work_id, SectionId(section)
    return work_id, resolve_section_id(section, section_ids)


def _open_section(work: str, section: str, *, taken_out: bool = False) -> SectionText:
    return SectionText(*resolve_section(work, section, taken_out=taken_out))


def _report_edit(section_text: SectionText, draft: Draft) -> None:
    typer.echo(f"{section_text.section}, version {draft.version}: {draft.words:,} words, yours")
    if endpoints.has_any_model(Settings.load()):
        from inkwright.agents.llm.config import Limits
        from inkwright.app.commands import transfer

        transfer.remember(section_text.work, limits=Limits())
    else:
        typer.echo(
            f"no model is set: `inkwright remember {section_text.work}` reads it into memory later"
        )


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


OPENING_CHARS = 160
"""So many characters of a candidate are printed."""


def candidates(work: str, section: str, *, note: str, count: int) -> None:
    """Draft candidates for a section and print how each begins.

    Raises:
        BadInput: the section has no text, or has words of a person's.
    """
    work_id, section_id = resolve_section(work, section)
    run_options = _build_run_options()
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


def choose(work: str, section: str, version: int) -> None:
    """Make a candidate a section's text, and say what became stale.

    Raises:
        BadInput: there is no such candidate.
    """
    work_id, section_id = resolve_section(work, section)
    run_options = _build_run_options()
    draft = exit_on_error(
        lambda: run_to_end(engine.choose(work_id, section_id, version, run_options))
    )
    typer.echo(f"{section_id}, version {draft.version}: version {version}, {draft.words:,} words")
    print_stale_sections(work_id, run_options)


def _build_run_options() -> RunOptions:
    settings = Settings.load()
    endpoints.resolve_models(settings)
    return RunOptions(settings)


def _format_candidate(draft: Draft) -> str:
    broken_count = len(draft.review.broken_findings) if draft.review else 0
    constraint_note = (
        f"{broken_count} constraints broken" if broken_count else "no constraint broken"
    )
    opening = " ".join(draft.text.split())[:OPENING_CHARS]
    return f"version {draft.version}: {draft.words:,} words, {constraint_note}\n  {opening}…"
