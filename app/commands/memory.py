"""``inkwright memory ...``: what each command does, and what it prints."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import typer

from inkwright.app.api.memory import EntryState, Memory
from inkwright.app.briefs.loader import read_memory
from inkwright.app.commands import write
from inkwright.app.reports.memory_json import describe_entry, describe_span
from inkwright.app.services.run_options import UNLIMITED
from inkwright.memory.changes import entry_edits
from inkwright.memory.changes.edit_impact import EditImpact, SectionCheck
from inkwright.memory.changes.entry_edits import EntryEdit
from inkwright.memory.domain.brief import Remembered
from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.outline import word_missing_section
from inkwright.memory.errors import BadInput
from inkwright.memory.ids import EntryId


@dataclass(frozen=True)
class AfterEdit:
    """What follows an edit."""

    preview: bool = False
    settle: bool = False
    as_json: bool = False


def list_entries(
    work: str,
    kind: str | None,
    subject: str | None,
    section: str | None,
    source: str | None,
    *,
    state: EntryState,
    as_json: bool,
) -> None:
    """Print the entries that fit."""
    memory = Memory(work)
    entries = memory.entries(
        kind=kind, subject=subject, section=section, origin=source, standing=state
    )
    if as_json:
        _print_json(memory.exported(entries))
        return
    for entry in entries:
        typer.echo(_format_entry(entry))
    if not entries:
        typer.echo("memory holds nothing of this kind")
    if state == "live":
        for first_entry, second_entry in memory.conflicts():
            typer.echo(
                f"conflict: {first_entry.id} and {second_entry.id} give {first_entry.subject}"
                " two values"
            )


def show(work: str, entry: str, *, as_json: bool) -> None:
    """Print all about one entry."""
    memory = Memory(work)
    entry_history, history = memory.entry(entry), memory.history(entry)
    if as_json:
        _print_json(
            describe_entry(entry_history.entry)
            | {
                "standing": entry_history.state,
                "words": entry_history.words,
                "span": entry_history.entry.span.model_dump() if entry_history.entry.span else None,
                "sources": [
                    describe_span(s) | {"quote": words} for s, words in entry_history.sources
                ],
                "supersedes": entry_history.entry.supersedes,
                "shown_to": entry_history.shown_to,
                "versions": [describe_entry(e) for e in history],
            }
        )
        return
    typer.echo(_format_entry(entry_history.entry))
    typer.echo(f"  stands: {entry_history.state}; from: {_describe_origin(entry_history.entry)}")
    if entry_history.words:
        typer.echo(f"  in the text: “{entry_history.words}”")
    for span, words in entry_history.sources:
        page = f", p. {span.page}" if span.page else ""
        typer.echo(f"  rests on: [@{span.key}{page}] “{' '.join(words.split())}”")
    if entry_history.entry.supersedes:
        typer.echo(f"  in place of: {entry_history.entry.supersedes}")
    shown_sections = ", ".join(
        f"{section_id} (version {n})" for section_id, n in entry_history.shown_to.items()
    )
    typer.echo(f"  shown to: {shown_sections or 'no section yet'}")
    for version in history:
        typer.echo(f"  version {version.version}, {version.status}: {version.statement}")


def build_entries(
    subject: str,
    statement: str,
    attribute: str,
    kind: Any,
    aliases: Sequence[str],
    story_time: str | None,
    *,
    pin: bool,
    file: Path | None,
) -> tuple[Remembered, ...]:
    """Return the entries that a command line gives.

    Raises:
        BadInput: there are none.
    """
    if file is not None:
        return read_memory(file.expanduser())
    if not subject.strip() or not statement.strip():
        raise BadInput("give a subject and a statement, or --from FILE with entries")
    return (
        Remembered(
            subject=subject.strip(),
            statement=statement.strip(),
            attribute=attribute.strip(),
            kind=kind,
            aliases=tuple(aliases),
            story_time=story_time,
            pinned=pin,
        ),
    )


def add(
    work: str, entries: Sequence[Remembered], since: str | None, *, after_edit: AfterEdit
) -> None:
    """Add entries."""
    if since is not None:
        _check_section(work, since)
    _apply_edit(work, entry_edits.build_addition(entries, from_section=since), after_edit)


def edit(work: str, entry: str, changes: dict[str, Any], *, after_edit: AfterEdit) -> None:
    """Change one entry.

    Raises:
        BadInput: nothing is to be changed.
    """
    if not changes:
        raise BadInput(f"say what {entry} is to say: a statement, or one of the options")
    if "from_section" in changes:
        _check_section(work, changes["from_section"])
    _apply_edit(work, entry_edits.build_change(EntryId(entry), **changes), after_edit)


def pin(work: str, entries: Sequence[str], *, pinned: bool, after_edit: AfterEdit) -> None:
    """Pin or unpin entries."""
    _apply_edit(
        work, entry_edits.build_pinning([EntryId(e) for e in entries], pinned=pinned), after_edit
    )


def retract(work: str, entries: Sequence[str], *, after_edit: AfterEdit) -> None:
    """Retract entries."""
    _apply_edit(work, entry_edits.build_retraction([EntryId(e) for e in entries]), after_edit)


def merge(work: str, subject: str, other_subject: str, *, after_edit: AfterEdit) -> None:
    """Join two subjects."""
    _apply_edit(work, entry_edits.build_subject_merge(subject, other_subject), after_edit)


def answer(work: str, entries: Sequence[str], *, accepted: bool, after_edit: AfterEdit) -> None:
    """Accept or decline proposals."""
    _apply_edit(
        work,
        (entry_edits.build_acceptance if accepted else entry_edits.build_rejection)(
            [EntryId(e) for e in entries]
        ),
        after_edit,
    )


def restore(work: str, entry: str, version: int, *, after_edit: AfterEdit) -> None:
    """Restore an earlier version of an entry."""
    _apply_edit(work, entry_edits.build_restoration(EntryId(entry), version), after_edit)


def list_findings(work: str, *, dismissed: bool, as_json: bool) -> None:
    """Print where the person's sentences contradict memory."""
    memory = Memory(work)
    findings = memory.findings(dismissed=dismissed)
    if as_json:
        _print_json([finding.model_dump(exclude={"stamp"}) for finding in findings])
        return
    for finding in findings:
        note = " (dismissed)" if finding.dismissed else ""
        typer.echo(f"{finding.number}  {finding.section}: “{finding.evidence}”{note}")
        typer.echo(f"   against memory {finding.line.removeprefix('- ')}")
    if not findings:
        typer.echo("no sentence of yours is known to contradict memory")


def dismiss(work: str, numbers: Sequence[int]) -> None:
    """Dismiss findings."""
    Memory(work).dismiss(*numbers)
    typer.echo(f"dismissed: {', '.join(str(n) for n in numbers)}")


def _check_section(work: str, section: str) -> None:
    memory = Memory(work)
    section_ids = list(memory.sections())
    if section not in section_ids:
        raise BadInput(word_missing_section(section, section_ids))


def _apply_edit(work: str, edit: EntryEdit, after_edit: AfterEdit) -> None:
    memory = Memory(work)
    impact = memory.preview(edit)
    if after_edit.preview:
        _print_preview(impact, as_json=after_edit.as_json)
        return
    new_entries = memory.apply(edit)
    if after_edit.as_json:
        _print_json([describe_entry(e) for e in new_entries])
    else:
        for entry in new_entries:
            typer.echo(_format_entry(entry))
        if not new_entries:
            typer.echo("memory says so already")
    if after_edit.settle:
        exit_code = write.settle(memory.work, out=None, limits=UNLIMITED, only=impact.sections)
        raise typer.Exit(exit_code)
    if impact.certain and not after_edit.as_json:
        certain_sections = ", ".join(c.section for c in impact.certain)
        typer.echo(f"to be checked: {certain_sections}; `inkwright settle {memory.work}` does it")


def _print_preview(impact: EditImpact, *, as_json: bool) -> None:
    if as_json:
        _print_json(
            {
                "adds": [describe_entry(e) for e in impact.new_entries],
                "certain": [asdict(c) for c in impact.certain],
                "possible": [asdict(c) for c in impact.possible],
            }
        )
        return
    for name, checks in (("will be checked", impact.certain), ("may follow", impact.possible)):
        typer.echo(f"{name}: {_format_cost(checks)}")
        for check in checks:
            typer.echo(f"  {check.section}  {check.title}: {'; '.join(check.reasons)}")
    typer.echo("nothing was changed")


def _format_cost(checks: Sequence[SectionCheck]) -> str:
    """Say what the checks take, and what they take at most, where everything contradicts."""
    if not checks:
        return "no section"
    usual_tokens, most_tokens = sum(c.tokens for c in checks), sum(c.most_tokens for c in checks)
    section_count = f"{len(checks)} section{'s' if len(checks) > 1 else ''}"
    seconds = [(c.seconds, c.most_seconds) for c in checks]
    known_seconds = [(a, b) for a, b in seconds if a is not None and b is not None]
    time = ""
    if known_seconds:
        time = f", about {sum(a for a, _ in known_seconds):.0f} s one by one"
        time += f" (up to {sum(b for _, b in known_seconds):.0f} s)"
    return (
        f"{section_count}, about {usual_tokens:,} tokens (up to {most_tokens:,} with patches){time}"
    )


def _format_entry(entry: Entry) -> str:
    marks = [
        m
        for m, is_shown in (("pinned", entry.pinned), (entry.status, entry.status != "live"))
        if is_shown
    ]
    if entry.story_time:
        marks.append(f"at {entry.story_time}")
    return f"{entry.kind:<9} {entry.line.removeprefix('- ')}  {_describe_origin(entry)}" + (
        f" ({', '.join(marks)})" if marks else ""
    )


def _describe_origin(entry: Entry) -> str:
    if entry.span is not None:
        author_note = ", yours" if entry.origin == "person" else ""
        return f"{entry.span.section}, version {entry.span.draft}{author_note}"
    since_note = f" since {entry.from_section}" if entry.from_section else ""
    return {"person": "yours", "plan": "the plan", "source": "a source"}.get(
        entry.origin, entry.origin
    ) + since_note


def _print_json(content: Any) -> None:
    typer.echo(json.dumps(content, ensure_ascii=False, indent=2))
